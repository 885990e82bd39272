//! What `Retry-After` asks for.

use std::time::{Duration, SystemTime};

use super::Headers;
use crate::base::Timestamp;

/// What `Retry-After` asks for (RFC 9110 §10.2.3). Whoever waits and whoever judges the wait read
/// it here, so that they cannot disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryAfter {
    /// How long to wait from the end of the response; never zero.
    pub wait: Duration,
    /// What its form cannot say more exactly: dates have whole seconds.
    pub coarseness: Duration,
}

impl RetryAfter {
    /// What the response with `headers`, which ended at `received`, asks for.
    ///
    /// A date counts against the response's own `Date`, so that two clocks need not agree, and
    /// against `received` where there is none. What is malformed, negative, empty, zero or given
    /// twice asks for nothing.
    #[must_use]
    pub fn of(headers: &Headers, received: Timestamp) -> Option<Self> {
        let mut values = headers.all("retry-after");
        let (value, None) = (values.next()?.trim(), values.next()) else {
            return None;
        };
        let asked = if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
            Self {
                wait: Duration::from_secs(value.parse().ok()?),
                coarseness: Duration::ZERO,
            }
        } else {
            let date = httpdate::parse_http_date(value).ok()?;
            let from = headers
                .get("date")
                .and_then(|date| httpdate::parse_http_date(date.trim()).ok())
                .unwrap_or_else(|| SystemTime::from(received));
            Self {
                wait: date.duration_since(from).ok()?,
                coarseness: Duration::from_secs(1),
            }
        };
        (!asked.wait.is_zero()).then_some(asked)
    }

    /// Whether it was a date.
    #[must_use]
    pub fn is_date(&self) -> bool {
        !self.coarseness.is_zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Clock;

    #[test]
    fn it_is_read_in_both_forms_and_anything_else_asks_for_nothing() {
        let date = "Thu, 01 Jan 2026 00:00:10 GMT";
        let seconds = |wait, coarseness| {
            Some(RetryAfter {
                wait: Duration::from_secs(wait),
                coarseness: Duration::from_secs(coarseness),
            })
        };
        // The response ended at midnight.
        let table: &[(&[(&str, &str)], _)] = &[
            (&[("Retry-After", "7")], seconds(7, 0)),
            (&[("retry-after", " 2 ")], seconds(2, 0)),
            (
                &[
                    ("Retry-After", date),
                    ("Date", "Thu, 01 Jan 2026 00:00:03 GMT"),
                ],
                seconds(7, 1),
            ),
            (&[("Retry-After", date)], seconds(10, 1)),
            (&[("Retry-After", date), ("Date", "today")], seconds(10, 1)),
            (&[("Retry-After", date), ("Date", date)], None),
            (&[("Retry-After", "Wed, 31 Dec 2025 00:00:00 GMT")], None),
            (&[("Retry-After", "Thu, 01 Jan 2026 00:00:00 GMT")], None),
            (&[], None),
            (&[("Retry-After", "")], None),
            (&[("Retry-After", "0")], None),
            (&[("Retry-After", "abc")], None),
            (&[("Retry-After", "-1")], None),
            (&[("Retry-After", "1.5")], None),
            (&[("Retry-After", "99999999999999999999")], None),
            (&[("Retry-After", "2"), ("Retry-After", "7")], None),
        ];
        for (headers, expected) in table {
            let headers = headers.iter().copied().collect();
            assert_eq!(
                RetryAfter::of(&headers, Clock::logical_start()),
                *expected,
                "{headers:?}"
            );
        }
    }
}
