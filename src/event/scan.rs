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

    /// A moment in UTC from 1970 on, with up to nine digits of a second.
    pub(super) fn moment(&mut self) -> Option<Timestamp> {
        let text = self.rest.strip_prefix('"')?.as_bytes();
        let moment = text.first_chunk::<19>()?;
        let number = |from: usize, digits: usize| {
            moment[from..from + digits]
                .iter()
                .try_fold(0, |number: u16, digit| {
                    let digit = digit.wrapping_sub(b'0');
                    (digit < 10).then(|| number * 10 + u16::from(digit))
                })
        };
        let [
            _,
            _,
            _,
            _,
            b'-',
            _,
            _,
            b'-',
            _,
            _,
            b'T',
            _,
            _,
            b':',
            _,
            _,
            b':',
            _,
            _,
        ] = moment
        else {
            return None;
        };
        let (year, month, day) = (number(0, 4)?, number(5, 2)?, number(8, 2)?);
        let (hour, minute, second) = (number(11, 2)?, number(14, 2)?, number(17, 2)?);
        let is_one = year >= 1970
            && (1..=12).contains(&month)
            && (1..=last_day(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            && second < 60;
        if !is_one {
            return self.any_moment();
        }
        let mut end = 19;
        let mut nanoseconds = 0;
        if text.get(end) == Some(&b'.') {
            let digits = text[end + 1..].iter().take_while(|it| it.is_ascii_digit());
            let mut unit = 1_000_000_000;
            for digit in digits {
                unit /= 10;
                if unit == 0 {
                    return None;
                }
                nanoseconds += i32::from(digit - b'0') * unit;
                end += 1;
            }
            if nanoseconds == 0 && unit == 1_000_000_000 {
                return None;
            }
            end += 1;
        }
        if text.get(end..end + 2) != Some(b"Z\"") {
            return None;
        }
        // The opening quote, what was read, and `Z"`.
        self.rest = &self.rest[end + 3..];
        let days = days_before(year, month) + i64::from(day) - 1;
        let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
        Timestamp::new(days * 86_400 + seconds, nanoseconds).ok()
    }

    /// A moment in any form.
    fn any_moment(&mut self) -> Option<Timestamp> {
        let Cow::Borrowed(text) = self.text()? else {
            return None;
        };
        text.parse().ok()
    }
}

fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

/// The last day of a month.
fn last_day(year: u16, month: u16) -> u16 {
    match month {
        2 => 28 + u16::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// How many days lie between 1970 and the beginning of a month of a year from then on.
fn days_before(year: u16, month: u16) -> i64 {
    const DAYS: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let before = i64::from(year) - 1;
    let leaps = before / 4 - before / 100 + before / 400;
    let years = i64::from(year) - 1970;
    // Up to 1969 there were 477 of them.
    years * 365 + leaps - 477 + DAYS[usize::from(month) - 1] + i64::from(is_leap(year) && month > 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_moment_is_read_as_it_is_otherwise_or_not_at_all() {
        for text in [
            "1970-01-01T00:00:00Z",
            "1969-12-31T23:59:59.5Z",
            "2000-02-29T12:00:00.000000001Z",
            "2024-03-01T00:00:00.123456789Z",
            "2024-02-30T00:00:00Z",
            "2100-02-28T23:59:59.9Z",
            "2100-03-01T00:00:00Z",
            "2026-12-31T23:59:60Z",
            "2026-13-01T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00.1234567890Z",
            "2026-01-01T00:00:00+02:00",
            "2026-01-01t00:00:00z",
            "2026-01-01 00:00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-0AT00:00:00Z",
            "9999-12-28T23:59:59.999999999Z",
            "",
        ] {
            let quoted = format!("\"{text}\"x");
            let mut scan = Scan::of(&quoted);
            if let Some(moment) = scan.moment() {
                assert_eq!(text.parse::<Timestamp>().ok(), Some(moment), "{text}");
                assert_eq!(scan.rest, "x");
            }
        }
    }

    proptest! {
        #[test]
        fn what_a_recorder_writes_of_a_moment_is_read(
            second in 0_i64..253_402_207_200,
            nanosecond in prop_oneof![Just(0), Just(500_000_000), 0_i32..1_000_000_000],
        ) {
            let moment = Timestamp::new(second, nanosecond).unwrap();
            let quoted = format!("\"{moment}\"");
            let mut scan = Scan::of(&quoted);
            prop_assert_eq!(scan.moment(), Some(moment));
            prop_assert!(scan.is_at_end());
        }

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
