//! The kinds of value that a setting may have: what is expected, an example, and how it is read.

use std::time::Duration;

use jiff::SignedDuration;
use toml::de::DeValue;

use super::layer::{number, whole};
use super::{RetryAfterHint, ThrottleScope, Treatment};

/// A kind of value.
pub(super) struct Kind<T> {
    /// As in "expected …".
    pub(super) expected: &'static str,
    /// As in "write …".
    pub(super) example: &'static str,
    pub(super) parse: fn(&DeValue<'_>) -> Option<T>,
}

pub(super) const RATE: Kind<f64> = Kind {
    expected: "a number above zero (requests a second)",
    example: "10.0",
    parse: |value| number(value).filter(|rate| rate.is_finite() && *rate > 0.0),
};

pub(super) const COUNT: Kind<u32> = Kind {
    expected: "a whole number from 1",
    example: "10",
    parse: |value| {
        whole(value)
            .and_then(|count| u32::try_from(count).ok())
            .filter(|count| *count > 0)
    },
};

pub(super) const BYTES: Kind<usize> = Kind {
    expected: "a number of bytes from 1",
    example: "5_000_000",
    parse: |value| {
        whole(value)
            .and_then(|count| usize::try_from(count).ok())
            .filter(|count| *count > 0)
    },
};

pub(super) const DURATION: Kind<Duration> = Kind {
    expected: "a duration",
    example: r#""1s", "50ms" or "8h""#,
    parse: |value| value.as_str().and_then(duration),
};

pub(super) const OPTIONAL_DURATION: Kind<Option<Duration>> = Kind {
    expected: "a duration, or \"none\"",
    example: r#""2s" or "none""#,
    parse: |value| match value.as_str()? {
        "none" => Some(None),
        text => duration(text).map(Some),
    },
};

pub(super) const OPTIONAL_TEXT: Kind<Option<String>> = Kind {
    expected: "a text, or \"none\"",
    example: r#""none""#,
    parse: |value| match value.as_str()? {
        "none" => Some(None),
        text => Some(Some(text.to_owned())),
    },
};

pub(super) const HOSTS: Kind<Vec<String>> = Kind {
    expected: "a list of host names",
    example: r#"["api-payout.sage.com"]"#,
    parse: |value| {
        value
            .as_array()?
            .iter()
            .map(|host| {
                host.get_ref()
                    .as_str()
                    .filter(|host| !host.is_empty() && !host.contains(['/', ':', ' ']))
                    .map(str::to_ascii_lowercase)
            })
            .collect()
    },
};

pub(super) const PATH: Kind<String> = Kind {
    expected: "a path that begins with \"/\" and does not end with one",
    example: r#""/api-provider-v1""#,
    parse: |value| {
        value
            .as_str()
            .filter(|path| {
                path.len() > 1
                    && path.starts_with('/')
                    && !path.ends_with('/')
                    && !path.contains(['?', '#', ' '])
            })
            .map(str::to_owned)
    },
};

pub(super) const HEADER_NAME: Kind<String> = Kind {
    expected: "the name of a header",
    example: r#""x-api-key""#,
    parse: |value| {
        value
            .as_str()
            .and_then(|name| http::HeaderName::from_bytes(name.as_bytes()).ok())
            .map(|name| name.as_str().to_owned())
    },
};

pub(super) const TREATMENT: Kind<Treatment> = Kind {
    expected: "\"accepted\" or \"refused\"",
    example: r#""accepted""#,
    parse: |value| match value.as_str()? {
        "accepted" => Some(Treatment::Accepted),
        "refused" => Some(Treatment::Refused),
        _ => None,
    },
};

pub(super) const SCOPE: Kind<ThrottleScope> = Kind {
    expected: "\"credential\" or \"provider\"",
    example: r#""credential""#,
    parse: |value| match value.as_str()? {
        "credential" => Some(ThrottleScope::Credential),
        "provider" => Some(ThrottleScope::Provider),
        _ => None,
    },
};

pub(super) const HINT: Kind<RetryAfterHint> = Kind {
    expected: "\"seconds\", \"date\" or \"absent\"",
    example: r#""seconds""#,
    parse: |value| match value.as_str()? {
        "seconds" => Some(RetryAfterHint::Seconds),
        "date" => Some(RetryAfterHint::Date),
        "absent" => Some(RetryAfterHint::Absent),
        _ => None,
    },
};

/// A duration of zero or more, as jiff reads it: `1s`, `50ms`, `1m 30s`, `PT8H`.
fn duration(text: &str) -> Option<Duration> {
    Duration::try_from(text.parse::<SignedDuration>().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_with_their_units() {
        let table = [
            ("8h", Some(Duration::from_hours(8))),
            ("50ms", Some(Duration::from_millis(50))),
            ("1m 30s", Some(Duration::from_secs(90))),
            ("-1s", None),
            ("5", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(duration(text), expected, "{text}");
        }
    }
}
