//! What a response says of the wait before the next attempt.

use std::time::{Duration, SystemTime};

use crate::base::Timestamp;
use crate::exchange::Headers;

/// What `Retry-After` asks for (RFC 9110 §10.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hint {
    /// How long to wait from the end of the response.
    pub wait: Duration,
    /// What the form of the hint cannot say more exactly: dates have whole seconds.
    pub coarseness: Duration,
}

impl Hint {
    /// The hint of a response that ended at `received`. None where it has none, or one that is
    /// malformed, negative or given twice.
    pub(super) fn of(headers: &Headers, received: Timestamp) -> Option<Self> {
        let mut values = headers.all("retry-after");
        let (value, None) = (values.next()?.trim(), values.next()) else {
            return None;
        };
        if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Self {
                wait: Duration::from_secs(value.parse().ok()?),
                coarseness: Duration::ZERO,
            });
        }
        let date = httpdate::parse_http_date(value).ok()?;
        // From the server's own `Date`, so that the skew of the clocks cancels.
        let from = headers
            .get("date")
            .and_then(|date| httpdate::parse_http_date(date.trim()).ok())
            .unwrap_or_else(|| SystemTime::from(received));
        Some(Self {
            wait: date.duration_since(from).unwrap_or_default(),
            coarseness: Duration::from_secs(1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Clock;

    #[test]
    fn a_hint_is_read_in_both_forms_and_anything_else_is_none() {
        let date = "Thu, 01 Jan 2026 00:00:10 GMT";
        let seconds = |wait, coarseness| {
            Some(Hint {
                wait: Duration::from_secs(wait),
                coarseness: Duration::from_secs(coarseness),
            })
        };
        let table: &[(&[(&str, &str)], _)] = &[
            (&[("Retry-After", "7")], seconds(7, 0)),
            (&[("retry-after", " 0 ")], seconds(0, 0)),
            (
                &[
                    ("Retry-After", date),
                    ("Date", "Thu, 01 Jan 2026 00:00:03 GMT"),
                ],
                seconds(7, 1),
            ),
            (&[("Retry-After", date)], seconds(10, 1)),
            (
                &[("Retry-After", "Wed, 31 Dec 2025 00:00:00 GMT")],
                seconds(0, 1),
            ),
            (&[], None),
            (&[("Retry-After", "")], None),
            (&[("Retry-After", "abc")], None),
            (&[("Retry-After", "-1")], None),
            (&[("Retry-After", "1.5")], None),
            (&[("Retry-After", "99999999999999999999")], None),
            (&[("Retry-After", "2"), ("Retry-After", "7")], None),
        ];
        for (headers, expected) in table {
            let headers = headers.iter().copied().collect();
            assert_eq!(
                Hint::of(&headers, Clock::logical_start()),
                *expected,
                "{headers:?}"
            );
        }
    }
}
