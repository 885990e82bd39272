//! Reads a line from left to right, in the one form in which a recorder writes it.

use std::borrow::Cow;

use memchr::memchr2;

use crate::base::Timestamp;

/// What is left of a line. Whoever is told of nothing gives the line up: how far it was read by then
/// does not matter.
pub(super) struct Scan<'l> {
    rest: &'l str,
}

impl<'l> Scan<'l> {
    /// All of `line`, in which no text has control characters.
    pub(super) fn of(line: &'l str) -> Self {
        Self { rest: line }
    }

    /// Goes on behind `expected`, where that is next.
    #[inline]
    pub(super) fn skip(&mut self, expected: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(expected)?;
        Some(())
    }

    /// Whether nothing is left.
    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// A whole number, as it is written without need for anything else.
    pub(super) fn number(&mut self) -> Option<u64> {
        let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = self.rest.split_at(digits);
        if number.len() > 1 && number.starts_with('0') {
            return None;
        }
        self.rest = rest;
        number.parse().ok()
    }

    /// A text; not copied where it has no escapes.
    pub(super) fn text(&mut self) -> Option<Cow<'l, str>> {
        let text = self.rest.strip_prefix('"')?;
        let end = memchr2(b'"', b'\\', text.as_bytes())?;
        if text.as_bytes()[end] == b'"' {
            self.rest = &text[end + 1..];
            return Some(Cow::Borrowed(&text[..end]));
        }
        self.escaped(text, end)
    }

    /// The text at whose `place` the first escape is.
    fn escaped(&mut self, text: &'l str, mut place: usize) -> Option<Cow<'l, str>> {
        let mut whole = String::with_capacity(text.len().min(1024));
        let mut from = 0;
        loop {
            whole.push_str(&text[from..place]);
            if text.as_bytes()[place] == b'"' {
                self.rest = &text[place + 1..];
                return Some(Cow::Owned(whole));
            }
            let meant = match text.as_bytes().get(place + 1)? {
                b'"' => '"',
                b'\\' => '\\',
                b'/' => '/',
                b'b' => '\u{8}',
                b'f' => '\u{c}',
                b'n' => '\n',
                b'r' => '\r',
                b't' => '\t',
                b'u' => return self.escaped_oddly(),
                _ => return None,
            };
            whole.push(meant);
            from = place + 2;
            place = from + memchr2(b'"', b'\\', &text.as_bytes()[from..])?;
        }
    }

    /// A text with characters that are written as numbers.
    fn escaped_oddly(&mut self) -> Option<Cow<'l, str>> {
        let mut texts = serde_json::Deserializer::from_str(self.rest).into_iter::<String>();
        let text = texts.next()?.ok()?;
        self.rest = &self.rest[texts.byte_offset()..];
        Some(Cow::Owned(text))
    }

    /// A moment.
    pub(super) fn moment(&mut self) -> Option<Timestamp> {
        let Cow::Borrowed(text) = self.text()? else {
            return None;
        };
        text.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_of_a_text_is_read(text in "\\PC*|[\"\\\\\n\r\t\u{8}\u{c}\u{0}\u{1f}/aü]*") {
            let quoted = serde_json::to_string(&text).unwrap();
            let mut scan = Scan::of(&quoted);
            let read = scan.text().unwrap();
            prop_assert_eq!(read.as_ref(), text.as_str());
            prop_assert!(scan.is_at_end());
        }
    }
}
