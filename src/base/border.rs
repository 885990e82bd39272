//! Where a text may be cut, and how far a secret that was found in it reaches.

use std::ops::Range;

use super::disguise::Edges;

/// The last place at or before `at` where no escape sequence can be cut in two; `at` itself when
/// there is none near.
pub(super) fn calm_place(text: &[u8], at: usize) -> usize {
    (at / 2..=at)
        .rev()
        .find(|place| {
            let before = &text[place.saturating_sub(12)..*place];
            !before
                .iter()
                .any(|byte| matches!(byte, b'\\' | b'%' | b'&'))
                && text.get(*place).is_none_or(|byte| byte & 0xc0 != 0x80)
                && !(before.last().is_some_and(u8::is_ascii_digit)
                    && text.get(*place).is_some_and(u8::is_ascii_digit))
        })
        .unwrap_or(at)
        .max(1)
}

/// `range` with the neighbours that hold bits of the secret, and the padding.
pub(super) fn widen(text: &[u8], range: Range<usize>, edges: Edges) -> Range<usize> {
    let Edges::Base64 { before, after } = edges else {
        return range;
    };
    let digit = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
    let mut range = range;
    if before && range.start > 0 && digit(&text[range.start - 1]) {
        range.start -= 1;
    }
    if after && text.get(range.end).is_some_and(digit) {
        range.end += 1;
    }
    for _ in 0..2 {
        if after && text.get(range.end) == Some(&b'=') {
            range.end += 1;
        }
    }
    range
}

/// `range` moved outwards to the borders of UTF-8 characters.
pub(super) fn whole_characters(text: &[u8], range: Range<usize>) -> Range<usize> {
    let inside = |at: usize| text.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
    let mut range = range;
    for _ in 0..3 {
        if range.start > 0 && inside(range.start) {
            range.start -= 1;
        }
        if inside(range.end) {
            range.end += 1;
        }
    }
    range
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_neither_in_an_escape_nor_in_a_number_nor_in_a_character() {
        // text, the wanted place, the place that is given
        let table = [
            ("plain text here", 9, 9),
            ("plain te%20xt and much more text", 10, 8),
            ("a text of some length, 1234567", 26, 23),
            ("a text of some length ü", 23, 22),
        ];
        for (text, at, expected) in table {
            assert_eq!(calm_place(text.as_bytes(), at), expected, "{text}");
        }
    }

    #[test]
    fn what_was_found_reaches_to_whole_characters() {
        let text = "aüb".as_bytes();
        assert_eq!(whole_characters(text, 2..3), 1..3);
        assert_eq!(whole_characters(text, 0..2), 0..3);
        assert_eq!(whole_characters(text, 3..4), 3..4);
    }

    #[test]
    fn base64_reaches_to_its_neighbours_and_its_padding() {
        let edges = Edges::Base64 {
            before: true,
            after: true,
        };
        assert_eq!(widen(b"aXXXXb== c", 1..5, edges), 0..8);
        assert_eq!(widen(b" XXXX.", 1..5, edges), 1..5);
        assert_eq!(widen(b"aXXXXb", 1..5, Edges::Clean), 1..5);
    }
}
