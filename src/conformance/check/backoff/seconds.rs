//! How this family words a time.

use std::time::Duration;

/// `7 s`, `1.25 s`, `312 ms`.
pub(super) fn seconds(time: Duration) -> String {
    let milliseconds = time.as_millis();
    if milliseconds < 1_000 {
        return format!("{milliseconds} ms");
    }
    let text = format!("{:.2}", time.as_secs_f64());
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text} s")
}

/// A sentence on `short` waits below `least`, which are too few for a rule; nothing where there are
/// none.
pub(super) fn few_below(short: usize, least: Duration) -> String {
    match short {
        0 => String::new(),
        short => format!(
            " {short} of them below {}: too few to convict.",
            seconds(least)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_as_many_digits_as_it_needs() {
        let told = [0, 312, 1_000, 1_250, 7_000, 10_000, 12_345]
            .map(|milliseconds| seconds(Duration::from_millis(milliseconds)));
        let expected = ["0 ms", "312 ms", "1 s", "1.25 s", "7 s", "10 s", "12.35 s"];
        assert_eq!(told, expected.map(str::to_owned));
    }
}
