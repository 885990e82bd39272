//! Numbers, times and texts as people read them, none of them longer than there is room for.

use std::borrow::Cow;
use std::time::Duration;

use maud::{Markup, html};

use crate::base::{Timestamp, nearest_rank, plural};

/// A length of time: `312 ms`, `4.21 s`, `3 s`, `31 min 4 s`, `8 h 2 min`.
pub(super) fn span(length: Duration) -> String {
    let seconds = length.as_secs();
    match seconds {
        0 => match length.as_micros() {
            0 => "0 ms".to_owned(),
            micros @ 1..1000 => format!("{micros} µs"),
            _ => format!("{} ms", length.as_millis()),
        },
        1..60 => match length.subsec_millis() / 10 {
            0 => format!("{seconds} s"),
            hundredths => format!("{seconds}.{hundredths:02} s"),
        },
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// A moment, to the millisecond, in UTC.
pub(super) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S%.3f UTC").to_string()
}

/// `1 exchange`, `12,400 exchanges`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    format!("{} {}", grouped(count), plural(count, noun))
}

/// A number with a comma between thousands.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `text` as far as there is room for `most` characters.
pub(super) fn cut(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
    }
}

/// The line below a list that shows `shown` of `all` things.
pub(super) fn more(all: usize, shown: usize, noun: &str) -> Markup {
    html! {
        @if all > shown {
            p.more { (counted(all - shown, noun)) " more, see " code { "history.ndjson" } "." }
        }
    }
}

/// The line of a section that shows nothing.
pub(super) fn nothing(why: &str) -> Markup {
    html! { p.nothing { (why) } }
}

/// Percentiles by nearest rank: values that were measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spread {
    /// How many were measured.
    pub(super) count: usize,
    /// Half of them are no longer.
    pub(super) median: Duration,
    /// 95 of 100 are no longer.
    pub(super) p95: Duration,
    /// 99 of 100 are no longer.
    pub(super) p99: Duration,
    /// The longest.
    pub(super) most: Duration,
}

impl Spread {
    /// That of `lengths`, which are put in order; none where there are none.
    pub(super) fn of(lengths: &mut [Duration]) -> Option<Self> {
        lengths.sort_unstable();
        let rank = |percent| nearest_rank(lengths, percent).copied();
        Some(Self {
            count: lengths.len(),
            median: rank(50)?,
            p95: rank(95)?,
            p99: rank(99)?,
            most: rank(100)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_at_a_glance() {
        let table = [
            (Duration::ZERO, "0 ms"),
            (Duration::from_micros(250), "250 µs"),
            (Duration::from_millis(312), "312 ms"),
            (Duration::from_millis(4217), "4.21 s"),
            (Duration::from_millis(3009), "3 s"),
            (Duration::from_secs(1864), "31 min 4 s"),
            (Duration::from_mins(482), "8 h 2 min"),
        ];
        for (length, text) in table {
            assert_eq!(span(length), text);
        }
    }

    #[test]
    fn numbers_and_texts_have_their_bounds() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(105_231), "105,231");
        assert_eq!(counted(1, "entry"), "1 entry");
        assert_eq!(counted(2, "entry"), "2 entries");
        assert_eq!(counted(1200, "exchange"), "1,200 exchanges");
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut("äöü", 2), "äö…");
    }

    #[test]
    fn a_percentile_is_a_value_that_was_measured() {
        let mut lengths: Vec<Duration> = (1..=20).rev().map(Duration::from_secs).collect();
        let spread = Spread::of(&mut lengths).unwrap();
        let seconds = [spread.median, spread.p95, spread.p99, spread.most];
        assert_eq!(seconds.map(|it| it.as_secs()), [10, 19, 20, 20]);
        assert_eq!(Spread::of(&mut []), None);
    }
}
