//! Words for people that every report needs.

use std::borrow::Cow;

use super::Timestamp;

/// `noun` for `count` of it: `check`, `checks`, `batches`, `entries`.
#[must_use]
pub fn plural(count: usize, noun: &str) -> Cow<'_, str> {
    match (count, noun.strip_suffix('y')) {
        (1, _) => noun.into(),
        (_, Some(stem)) => format!("{stem}ies").into(),
        (_, None) if noun.ends_with("ch") => format!("{noun}es").into(),
        (_, None) => format!("{noun}s").into(),
    }
}

/// The time of day in UTC, to the millisecond.
#[must_use]
pub fn time_of_day(at: Timestamp) -> String {
    at.strftime("%H:%M:%S%.3f").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_have_their_plural() {
        for (count, noun, expected) in [
            (1, "entry", "entry"),
            (0, "entry", "entries"),
            (2, "batch", "batches"),
            (3, "check", "checks"),
        ] {
            assert_eq!(plural(count, noun), expected);
        }
    }
}
