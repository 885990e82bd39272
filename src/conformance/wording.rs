//! How rules word what they found.

use std::time::Duration;

use crate::base::plural;
use crate::event::Provocation;

/// The sentence that owns up to what a rule left out; none where it left out nothing.
pub(super) fn left_out(exchanges: usize, provocation: Provocation) -> Option<String> {
    let word = match provocation {
        Provocation::Throttle => "throttle",
        Provocation::IllegalTransition => "illegal-transition",
        Provocation::BadToken => "bad-token",
        Provocation::BadKey => "bad-key",
        Provocation::ForeignId => "foreign-id",
        Provocation::BadInteractionId => "bad-interaction-id",
        Provocation::BadBody => "bad-body",
    };
    match exchanges {
        0 => None,
        1 => Some(format!(
            "Left out: 1 exchange of a step that provokes {word}."
        )),
        many => Some(format!(
            "Left out: {many} exchanges of steps that provoke {word}."
        )),
    }
}

/// A length of time as people say it: `312 ms`, `4.2 s`, `31 min 4 s`, `8 h 2 min`.
pub(super) fn lasting(length: Duration) -> String {
    let seconds = length.as_secs();
    match seconds {
        0 => format!("{} ms", length.as_millis()),
        1..60 => format!("{}.{} s", seconds, length.subsec_millis() / 100),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// `count` of `noun`, with its plural.
pub(super) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {}", plural(count, noun))
}

/// `; 2 more like it`.
pub(super) fn and_more(count: usize) -> String {
    match count {
        0 => String::new(),
        more => format!("; {more} more like it"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_left_out_is_not_mentioned() {
        assert_eq!(left_out(0, Provocation::Throttle), None);
        assert_eq!(
            left_out(2, Provocation::BadToken).unwrap(),
            "Left out: 2 exchanges of steps that provoke bad-token."
        );
    }

    #[test]
    fn a_length_of_time_is_told_in_two_units_at_most() {
        let table = [
            (0, "0 ms"),
            (312, "312 ms"),
            (4_250, "4.2 s"),
            (1_864_000, "31 min 4 s"),
            (28_920_000, "8 h 2 min"),
        ];
        for (milliseconds, expected) in table {
            assert_eq!(lasting(Duration::from_millis(milliseconds)), expected);
        }
    }

    #[test]
    fn a_count_agrees_with_its_noun() {
        assert_eq!(counted(1, "batch"), "1 batch");
        assert_eq!(counted(2, "batch"), "2 batches");
        assert_eq!(counted(0, "retry-after hint"), "0 retry-after hints");
    }
}
