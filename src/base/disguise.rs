//! The forms in which a text hides inside another.
//!
//! Two means together find them. *Patterns* are spelled out for each secret: its bytes, their
//! UTF-16 forms, hexadecimal, and base64 at the three alignments at which it can stand inside a
//! longer encoded text. *Views* undo, without knowing any secret, what an encoder may do to single
//! characters of its own choice: percent-encoding, JSON escapes, HTML entities, arrays of byte
//! numbers. A view remembers which bytes of the source each of its bytes came from.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// One spelling of a secret.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    /// The bytes to look for.
    pub(super) bytes: Vec<u8>,
    /// Where the neighbours hold a few bits of the secret too.
    pub(super) edges: Edges,
}

/// Which neighbouring characters share bits with the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edges {
    /// None.
    Clean,
    /// Base64 characters: the one before the match when `before`, and the one after it when
    /// `after`, then padding.
    Base64 {
        /// The first byte of the secret begins inside the character before.
        before: bool,
        /// Its last byte ends inside the character after.
        after: bool,
    },
}

/// All spellings of `value`.
pub(super) fn patterns(value: &str) -> Vec<Pattern> {
    let little: Vec<u8> = value.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = value.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let mut patterns = Vec::new();
    for bytes in [value.as_bytes(), &little, &big] {
        let mut add = |bytes: Vec<u8>, edges| {
            let pattern = Pattern { bytes, edges };
            if !patterns.contains(&pattern) {
                patterns.push(pattern);
            }
        };
        add(bytes.to_vec(), Edges::Clean);
        add(hexadecimal(bytes, b"0123456789abcdef"), Edges::Clean);
        add(hexadecimal(bytes, b"0123456789ABCDEF"), Edges::Clean);
        for lead in 0..3 {
            let mut aligned = vec![0; lead];
            aligned.extend_from_slice(bytes);
            // Of the encoded text only the characters that hold nothing but bits of the secret.
            let first = (lead * 8).div_ceil(6);
            let last = aligned.len() * 8 / 6;
            let edges = Edges::Base64 {
                before: lead != 0,
                after: !(aligned.len() * 8).is_multiple_of(6),
            };
            for encoded in [
                STANDARD_NO_PAD.encode(&aligned),
                URL_SAFE_NO_PAD.encode(&aligned),
            ] {
                add(encoded.as_bytes()[first..last].to_vec(), edges);
            }
        }
    }
    patterns
}

fn hexadecimal(bytes: &[u8], digits: &[u8; 16]) -> Vec<u8> {
    bytes
        .iter()
        .flat_map(|byte| {
            [
                digits[usize::from(byte >> 4)],
                digits[usize::from(byte & 15)],
            ]
        })
        .collect()
}

/// What an encoder may have done to single characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escaping {
    /// `%2F` (RFC 3986 §2.1).
    Percent,
    /// `%2F`, and `+` for a space (the form encoding of the URL standard).
    Form,
    /// `\"`, `\/`, `\u002f` (RFC 8259 §7) and JavaScript's `\x2f`.
    Json,
    /// `&amp;`, `&#47;`, `&#x2f;`.
    Html,
    /// `47, 32`: an array of byte numbers, as a serialized buffer has it.
    Numbers,
}

/// A text with one kind of escaping undone.
pub(super) struct View {
    /// The decoded bytes.
    pub(super) bytes: Vec<u8>,
    segments: Vec<Segment>,
}

struct Segment {
    decoded: usize,
    source: usize,
    form: Form,
}

#[derive(Clone, Copy)]
enum Form {
    /// Byte for byte.
    Verbatim,
    /// One escape of this length that stands for all bytes of the segment.
    Escape(usize),
}

impl View {
    /// `source` with `escaping` undone; nothing when there was nothing to undo.
    pub(super) fn of(source: &[u8], escaping: Escaping) -> Option<Self> {
        if escaping == Escaping::Numbers {
            return Self::of_numbers(source);
        }
        let mut view = Self {
            bytes: Vec::new(),
            segments: Vec::new(),
        };
        let mut at = 0;
        let mut copied = 0;
        while let Some(skip) = source[at..]
            .iter()
            .position(|byte| begins_escape(*byte, escaping))
        {
            at += skip;
            let mut buffer = [0; 4];
            let Some((length, decoded)) = unescape(&source[at..], escaping, &mut buffer) else {
                at += 1;
                continue;
            };
            view.copy(&source[copied..at], copied);
            view.replace(&buffer[..decoded], at, length);
            at += length;
            copied = at;
        }
        if view.segments.is_empty() {
            return None;
        }
        view.copy(&source[copied..], copied);
        Some(view)
    }

    /// Only the arrays, each followed by a byte that no UTF-8 text holds.
    fn of_numbers(source: &[u8]) -> Option<Self> {
        let mut view = Self {
            bytes: Vec::new(),
            segments: Vec::new(),
        };
        let mut at = 0;
        while at < source.len() {
            if !source[at].is_ascii_digit() {
                at += 1;
                continue;
            }
            let start = at;
            let mut run: Vec<(u8, usize, usize)> = Vec::new();
            while let Some((value, length)) = byte_number(&source[at..]) {
                run.push((value, at, length));
                at += length;
                let Some(next) = after_comma(&source[at..]) else {
                    break;
                };
                at += next;
            }
            if run.len() >= 6 {
                for (value, place, length) in &run {
                    view.replace(&[*value], *place, *length);
                }
                view.replace(&[0xff], at, 0);
            }
            if at == start {
                // A number that is no byte: past its digits.
                at += source[at..]
                    .iter()
                    .take_while(|byte| byte.is_ascii_digit())
                    .count();
            }
        }
        (!view.segments.is_empty()).then_some(view)
    }

    fn copy(&mut self, bytes: &[u8], source: usize) {
        if !bytes.is_empty() {
            self.segments.push(Segment {
                decoded: self.bytes.len(),
                source,
                form: Form::Verbatim,
            });
            self.bytes.extend_from_slice(bytes);
        }
    }

    fn replace(&mut self, bytes: &[u8], source: usize, length: usize) {
        self.segments.push(Segment {
            decoded: self.bytes.len(),
            source,
            form: Form::Escape(length),
        });
        self.bytes.extend_from_slice(bytes);
    }

    /// The bytes of the source from which the decoded `range`, which is not empty, came.
    pub(super) fn source(&self, range: Range<usize>) -> Range<usize> {
        let first = self.segment(range.start);
        let start = match first.form {
            Form::Verbatim => first.source + (range.start - first.decoded),
            Form::Escape(_) => first.source,
        };
        let last = self.segment(range.end - 1);
        let end = match last.form {
            Form::Verbatim => last.source + (range.end - last.decoded),
            Form::Escape(length) => last.source + length,
        };
        start..end
    }

    fn segment(&self, at: usize) -> &Segment {
        let after = self
            .segments
            .partition_point(|segment| segment.decoded <= at);
        // A view has segments, and the first begins at 0.
        &self.segments[after.saturating_sub(1)]
    }
}

fn begins_escape(byte: u8, escaping: Escaping) -> bool {
    match escaping {
        Escaping::Percent => byte == b'%',
        Escaping::Form => byte == b'%' || byte == b'+',
        Escaping::Json => byte == b'\\',
        Escaping::Html => byte == b'&',
        Escaping::Numbers => byte.is_ascii_digit(),
    }
}

/// The length of the escape at the start of `text` and of what it stands for.
fn unescape(text: &[u8], escaping: Escaping, into: &mut [u8; 4]) -> Option<(usize, usize)> {
    match escaping {
        Escaping::Form if text[0] == b'+' => {
            into[0] = b' ';
            Some((1, 1))
        }
        Escaping::Percent | Escaping::Form => {
            into[0] = u8::try_from(digits(text.get(1..3)?, 16)?).ok()?;
            Some((3, 1))
        }
        Escaping::Json => unescape_json(text, into),
        Escaping::Html => unescape_html(text, into),
        Escaping::Numbers => None,
    }
}

fn unescape_json(text: &[u8], into: &mut [u8; 4]) -> Option<(usize, usize)> {
    let simple = |byte| Some((2, byte));
    let (length, byte) = match text.get(1)? {
        plain @ (b'"' | b'\\' | b'/' | b'\'' | b'`') => simple(*plain)?,
        b'b' => simple(8)?,
        b'f' => simple(12)?,
        b'n' => simple(b'\n')?,
        b'r' => simple(b'\r')?,
        b't' => simple(b'\t')?,
        b'x' => {
            let character = char::from_u32(digits(text.get(2..4)?, 16)?)?;
            return Some((4, character.encode_utf8(into).len()));
        }
        b'u' => {
            let first = digits(text.get(2..6)?, 16)?;
            if let Some(character) = char::from_u32(first) {
                return Some((6, character.encode_utf8(into).len()));
            }
            if text.get(6..8)? != b"\\u" {
                return None;
            }
            let second = digits(text.get(8..12)?, 16)?;
            let units = [u16::try_from(first).ok()?, u16::try_from(second).ok()?];
            let character = char::decode_utf16(units).next()?.ok()?;
            return Some((12, character.encode_utf8(into).len()));
        }
        _ => return None,
    };
    into[0] = byte;
    Some((length, 1))
}

/// The entities that encoders really write, besides numeric ones.
const ENTITIES: [(&str, char); 14] = [
    ("amp", '&'),
    ("apos", '\''),
    ("colon", ':'),
    ("equals", '='),
    ("grave", '`'),
    ("gt", '>'),
    ("lt", '<'),
    ("nbsp", '\u{a0}'),
    ("num", '#'),
    ("percnt", '%'),
    ("period", '.'),
    ("plus", '+'),
    ("quot", '"'),
    ("sol", '/'),
];

fn unescape_html(text: &[u8], into: &mut [u8; 4]) -> Option<(usize, usize)> {
    let end = text.iter().take(12).position(|byte| *byte == b';')?;
    let name = std::str::from_utf8(&text[1..end]).ok()?;
    let character = if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hexadecimal) => digits(hexadecimal.as_bytes(), 16)?,
            None => digits(number.as_bytes(), 10)?,
        };
        char::from_u32(code)?
    } else {
        ENTITIES
            .iter()
            .find(|(entity, _)| *entity == name)
            .map(|(_, character)| *character)?
    };
    Some((end + 1, character.encode_utf8(into).len()))
}

/// `text` as a number; nothing for anything but one to eight digits.
fn digits(text: &[u8], radix: u32) -> Option<u32> {
    if text.is_empty() || text.len() > 8 {
        return None;
    }
    text.iter().try_fold(0_u32, |number, digit| {
        number
            .checked_mul(radix)?
            .checked_add(char::from(*digit).to_digit(radix)?)
    })
}

/// The number from 0 to 255 at the start of `text`, and its length.
fn byte_number(text: &[u8]) -> Option<(u8, usize)> {
    let length = text
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .take(4)
        .count();
    let number = digits(&text[..length], 10)?;
    Some((u8::try_from(number).ok()?, length))
}

/// How far the next number is behind a comma; nothing when there is none.
fn after_comma(text: &[u8]) -> Option<usize> {
    let blank = |text: &[u8]| text.iter().take_while(|b| b.is_ascii_whitespace()).count();
    let comma = blank(text);
    if text.get(comma) != Some(&b',') {
        return None;
    }
    let next = comma + 1 + blank(&text[comma + 1..]);
    text.get(next)?.is_ascii_digit().then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_decodes_and_knows_where_each_byte_came_from() {
        // escaping, source, decoded, a decoded range, its source
        let table: [(Escaping, &str, &str, Range<usize>, &str); 7] = [
            (Escaping::Percent, "a%2Fb%zz", "a/b%zz", 1..2, "%2F"),
            (Escaping::Form, "a+b%20c", "a b c", 3..4, "%20"),
            (Escaping::Json, r#"x\"yéz"#, "x\"yéz", 0..3, r#"x\"y"#),
            (
                Escaping::Json,
                r"\ud83d\ude00!",
                "😀!",
                1..4,
                r"\ud83d\ude00",
            ),
            (Escaping::Json, r"\x41\/", "A/", 0..1, r"\x41"),
            (
                Escaping::Html,
                "a&quot;b&#39;&nope;",
                "a\"b'&nope;",
                1..3,
                "&quot;b",
            ),
            (Escaping::Html, "&#x2F;&amp", "/&amp", 0..1, "&#x2F;"),
        ];
        for (escaping, source, decoded, range, origin) in table {
            let view = View::of(source.as_bytes(), escaping).unwrap();
            assert_eq!(String::from_utf8_lossy(&view.bytes), decoded, "{source}");
            assert_eq!(&source[view.source(range)], origin, "{source}");
        }
    }

    #[test]
    fn an_array_of_numbers_is_a_text() {
        let source = "[1000, 115,101 ,\n  99, 114,101,116] 7";
        let view = View::of(source.as_bytes(), Escaping::Numbers).unwrap();
        assert_eq!(&view.bytes[..6], b"secret");
        assert_eq!(&source[view.source(0..3)], "115,101 ,\n  99");
        assert!(View::of(b"1,2,3", Escaping::Numbers).is_none(), "too few");
        assert!(View::of(b"256,257,1000,1,2,999", Escaping::Numbers).is_none());
    }

    #[test]
    fn a_text_without_escapes_has_no_view() {
        for escaping in [
            Escaping::Percent,
            Escaping::Form,
            Escaping::Json,
            Escaping::Html,
            Escaping::Numbers,
        ] {
            assert!(View::of(b"plain text", escaping).is_none());
        }
    }

    #[test]
    fn base64_patterns_stand_at_every_alignment() {
        for lead in ["", "a", "ab", "abc"] {
            for tail in ["", "x", "xy"] {
                let encoded = STANDARD_NO_PAD.encode(format!("{lead}hunter2?>{tail}"));
                assert!(
                    patterns("hunter2?>").iter().any(|pattern| encoded
                        .as_bytes()
                        .windows(pattern.bytes.len())
                        .any(|window| window == pattern.bytes)),
                    "{encoded}"
                );
            }
        }
    }
}
