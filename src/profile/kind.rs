//! The kinds of value that a setting may have: what is expected, an example, and how it is read.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::SignedDuration;
use toml::de::DeValue;

use super::layer::{number, whole};
use super::{
    Afterwards, ClientAuthentication, DefaultStatus, Presence, RetryAfterHint, ThrottleScope,
    TokenThrottle, Treatment,
};

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

pub(super) const NUMBER: Kind<f64> = Kind {
    expected: "a number above zero",
    example: "1.5",
    parse: RATE.parse,
};

pub(super) const SHARE: Kind<f64> = Kind {
    expected: "a share: a number above zero, at most 1",
    example: "0.2",
    parse: |value| number(value).filter(|share| *share > 0.0 && *share <= 1.0),
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

pub(super) const DURATIONS: Kind<Vec<Duration>> = Kind {
    expected: "a list of at most 20 durations",
    example: r#"["1s", "5s"]"#,
    parse: |value| {
        let list = value.as_array().filter(|list| list.len() <= 20)?;
        list.iter()
            .map(|wait| (DURATION.parse)(wait.get_ref()))
            .collect()
    },
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

pub(super) const SCOPES: Kind<BTreeSet<ThrottleScope>> = Kind {
    expected: "one or a list of \"credential\", \"provider\", \"address\" and \"endpoint-group\"",
    example: r#""credential" or ["credential", "address"]"#,
    parse: |value| match value.as_array() {
        None => Some(BTreeSet::from([scope(value)?])),
        Some(items) if items.is_empty() => None,
        Some(items) => items.iter().map(|item| scope(item.get_ref())).collect(),
    },
};

fn scope(value: &DeValue<'_>) -> Option<ThrottleScope> {
    match value.as_str()? {
        "credential" => Some(ThrottleScope::Credential),
        "provider" => Some(ThrottleScope::Provider),
        "address" => Some(ThrottleScope::Address),
        "endpoint-group" => Some(ThrottleScope::EndpointGroup),
        _ => None,
    }
}

pub(super) const TOKEN_THROTTLE: Kind<TokenThrottle> = Kind {
    expected: "\"exempt\" or \"throttled\"",
    example: r#""exempt""#,
    parse: |value| match value.as_str()? {
        "exempt" => Some(TokenThrottle::Exempt),
        "throttled" => Some(TokenThrottle::Throttled),
        _ => None,
    },
};

pub(super) const OPTIONAL_RATE: Kind<Option<f64>> = Kind {
    expected: "a number above zero (requests a second), or \"agreed\"",
    example: r#"10.0 or "agreed""#,
    parse: |value| match value.as_str() {
        Some("agreed") => Some(None),
        Some(_) => None,
        None => (RATE.parse)(value).map(Some),
    },
};

pub(super) const OPTIONAL_COUNT: Kind<Option<u32>> = Kind {
    expected: "a whole number from 1, or \"agreed\"",
    example: r#"10 or "agreed""#,
    parse: |value| match value.as_str() {
        Some("agreed") => Some(None),
        Some(_) => None,
        None => (COUNT.parse)(value).map(Some),
    },
};

pub(super) const CLIENT_AUTHENTICATION: Kind<ClientAuthentication> = Kind {
    expected: "\"body\", \"basic\" or \"either\"",
    example: r#""body""#,
    parse: |value| {
        let word = value.as_str()?;
        let mut all = ClientAuthentication::ALL.into_iter();
        all.find(|way| way.name() == word)
    },
};

pub(super) const PRESENCE: Kind<Presence> = Kind {
    expected: "\"required\" or \"optional\"",
    example: r#""required""#,
    parse: |value| match value.as_str()? {
        "required" => Some(Presence::Required),
        "optional" => Some(Presence::Optional),
        _ => None,
    },
};

pub(super) const DEFAULT_STATUS: Kind<DefaultStatus> = Kind {
    expected: "\"others\" or \"all\"",
    example: r#""others""#,
    parse: |value| match value.as_str()? {
        "others" => Some(DefaultStatus::Others),
        "all" => Some(DefaultStatus::All),
        _ => None,
    },
};

pub(super) const SUCCESS: Kind<u16> = Kind {
    expected: "a status from 200 to 299",
    example: "201",
    parse: |value| status(value).filter(|status| (200..300).contains(status)),
};

/// Neither 401, which is about tokens, nor 429, which is about the rate.
pub(super) const REFUSAL: Kind<u16> = Kind {
    expected: "a status from 400 to 499 other than 401 and 429",
    example: "409",
    parse: |value| {
        status(value).filter(|status| (400..500).contains(status) && ![401, 429].contains(status))
    },
};

fn status(value: &DeValue<'_>) -> Option<u16> {
    whole(value).and_then(|status| u16::try_from(status).ok())
}

pub(super) const AFTERWARDS: Kind<Afterwards> = Kind {
    expected: "\"not-found\" or \"gone\"",
    example: r#""not-found""#,
    parse: |value| match value.as_str()? {
        "not-found" => Some(Afterwards::NotFound),
        "gone" => Some(Afterwards::Gone),
        _ => None,
    },
};

pub(super) const TEXT: Kind<String> = Kind {
    expected: "a text with something in it",
    example: r#""required""#,
    parse: |value| {
        value
            .as_str()
            .filter(|text| !text.trim().is_empty())
            .map(str::to_owned)
    },
};

pub(super) const TEXTS: Kind<Vec<String>> = Kind {
    expected: "a list of texts",
    example: r#"["Creditors"]"#,
    parse: |value| {
        value
            .as_array()?
            .iter()
            .map(|item| (TEXT.parse)(item.get_ref()))
            .collect()
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
    fn a_share_is_above_zero_and_at_most_one() {
        for (text, expected) in [
            ("0.2", Some(0.2)),
            ("1", Some(1.0)),
            ("0", None),
            ("1.01", None),
            ("-0.5", None),
            ("nan", None),
        ] {
            let value = DeValue::parse(text).unwrap();
            assert_eq!((SHARE.parse)(value.get_ref()), expected, "{text}");
        }
    }

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
