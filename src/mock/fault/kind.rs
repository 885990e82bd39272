//! What can be scripted, and how it is shown.

use std::fmt;
use std::time::Duration;

use crate::base::Timestamp;
use crate::mock::answer::http_date;

/// A scripted answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What becomes of a request.
    pub kind: FaultKind,
    /// For how long it becomes of every request, from the first on; of one alone where it is none.
    pub period: Option<Duration>,
}

/// What becomes of a request by script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// An error of this status; the request has no effect.
    Status {
        /// 400 to 599.
        status: u16,
        /// What `Retry-After` says; more than one makes more than one header.
        hints: Vec<Hint>,
        /// How long the answer takes.
        delay: Duration,
    },
    /// The usual answer, late.
    Delay(Duration),
    /// The usual answer, its body dripping over this time.
    SlowBody(Duration),
    /// The connection is closed before the request has any effect.
    Cut,
    /// The request has its effect, then the connection is closed.
    CutAfterEffect,
    /// The connection is reset before the request has any effect.
    Reset,
    /// The request has its effect, then the connection is reset.
    ResetAfterEffect,
    /// The request has its effect; in the middle of its answer the connection is reset.
    ResetMidAnswer,
    /// The request has its effect; in the middle of its answer the connection is closed.
    Truncated,
    /// The token of the request is revoked, and the request refused for it.
    Revoke,
}

/// What a scripted `Retry-After` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// So many seconds; zero is allowed.
    Seconds(u64),
    /// The date so many seconds from now; a date in the past when negative.
    Date(i64),
    /// Something that is neither (RFC 9110 §10.2.3).
    Malformed(String),
}

impl From<FaultKind> for Fault {
    fn from(kind: FaultKind) -> Self {
        Self { kind, period: None }
    }
}

impl FaultKind {
    /// Whether it is a 429.
    #[must_use]
    pub fn is_429(&self) -> bool {
        match self {
            Self::Status { status, .. } => *status == 429,
            Self::Delay(_)
            | Self::SlowBody(_)
            | Self::Cut
            | Self::CutAfterEffect
            | Self::Reset
            | Self::ResetAfterEffect
            | Self::ResetMidAnswer
            | Self::Truncated
            | Self::Revoke => false,
        }
    }
}

impl Hint {
    /// The value of the header at `now`. A date is rounded up to the second, so that the wait is
    /// never shorter than what was scripted.
    pub(in crate::mock) fn value(&self, now: Timestamp) -> String {
        match self {
            Self::Seconds(seconds) => seconds.to_string(),
            Self::Date(seconds) => http_date(second_from(now, *seconds)),
            Self::Malformed(text) => text.clone(),
        }
    }
}

/// The first whole second that is at least `seconds` after `now`.
pub(in crate::mock) fn second_from(now: Timestamp, seconds: i64) -> Timestamp {
    let begun = now.as_second() + i64::from(now.subsec_nanosecond() > 0);
    Timestamp::from_second(begun.saturating_add(seconds)).unwrap_or(Timestamp::MAX)
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(formatter)?;
        match self.period {
            Some(period) => write!(formatter, ", for {period:?}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::Status {
                status,
                hints,
                delay,
            } => {
                write!(formatter, "{status}")?;
                for hint in hints {
                    write!(formatter, " Retry-After: {hint}")?;
                }
                if !delay.is_zero() {
                    write!(formatter, " after {delay:?}")?;
                }
                return Ok(());
            }
            Self::Delay(delay) => return write!(formatter, "the usual answer after {delay:?}"),
            Self::SlowBody(time) => return write!(formatter, "the usual answer within {time:?}"),
            Self::Cut => "a broken connection",
            Self::CutAfterEffect => "a broken connection after the effect",
            Self::Reset => "a reset",
            Self::ResetAfterEffect => "a reset after the effect",
            Self::ResetMidAnswer => "a reset in the middle of the answer",
            Self::Truncated => "a truncated answer",
            Self::Revoke => "the token is revoked",
        };
        formatter.write_str(words)
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seconds(seconds) => write!(formatter, "{seconds}"),
            Self::Date(seconds) => write!(formatter, "date{seconds:+}"),
            Self::Malformed(text) => write!(formatter, "{text:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_never_sooner_than_scripted() {
        let now: Timestamp = "2026-01-01T00:00:00.250Z".parse().unwrap();
        assert_eq!(Hint::Date(7).value(now), "Thu, 01 Jan 2026 00:00:08 GMT");
    }
}
