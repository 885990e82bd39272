//! When an attempt is repeated, and after how long.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::base::{Random, Timestamp};
use crate::event::WaitReason;
use crate::exchange::{Response, RetryAfter};

/// A hint longer than this is not waited for: the response is taken as it is.
const LONGEST_HINT: Duration = Duration::from_mins(15);

/// What the runner does on 429 and 503.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backoff {
    /// Waits as long as `Retry-After` asks; exponentially where it does not ask.
    Honour,
    /// Waits exponentially, whatever the platform asks.
    Exponential,
    /// Always waits the same time, whatever the platform asks.
    Fixed(Duration),
    /// Takes the response as it is.
    None,
}

impl fmt::Display for Backoff {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Honour => formatter.write_str("honour"),
            Self::Exponential => formatter.write_str("exponential"),
            Self::Fixed(wait) => write!(formatter, "fixed:{}ms", wait.as_millis()),
            Self::None => formatter.write_str("none"),
        }
    }
}

/// `--backoff` cannot be understood.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("«{0}» should be honour, exponential, fixed:<time> (fixed:1s, fixed:250ms) or none")]
pub struct BackoffError(String);

impl FromStr for Backoff {
    type Err = BackoffError;

    fn from_str(text: &str) -> Result<Self, BackoffError> {
        match text {
            "honour" | "honor" => Ok(Self::Honour),
            "exponential" => Ok(Self::Exponential),
            "none" => Ok(Self::None),
            other => other
                .strip_prefix("fixed:")
                .and_then(|time| time.parse::<jiff::SignedDuration>().ok())
                .and_then(|time| Duration::try_from(time).ok())
                .map(Self::Fixed)
                .ok_or_else(|| BackoffError(text.to_owned())),
        }
    }
}

/// The retry policy of a run.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// How the wait is found.
    pub backoff: Backoff,
    /// How often one request is sent at most, the first attempt included.
    pub maximum_attempts: u32,
    /// The first exponential wait.
    pub base: Duration,
    /// The longest exponential wait.
    pub cap: Duration,
    /// The shortest wait: full jitter must not become an immediate retry.
    pub minimum: Duration,
}

/// A wait before the next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// How long.
    pub duration: Duration,
    /// Whose idea it is.
    pub reason: WaitReason,
}

impl RetryPolicy {
    /// The wait before the attempt after number `attempt` (from 1), which `response` answered;
    /// `received` is when it had come. `None` where there is to be no other.
    ///
    /// Without a hint the wait is exponential with full jitter: a draw from zero to
    /// `min(cap, base · 2^(attempt − 1))`, but at least `minimum`.
    pub fn wait(
        &self,
        attempt: u32,
        response: &Response,
        received: Timestamp,
        chance: &mut Random,
    ) -> Option<Wait> {
        if !matches!(response.status, 429 | 503) || attempt >= self.maximum_attempts {
            return None;
        }
        match self.backoff {
            Backoff::None => None,
            Backoff::Fixed(duration) => Some(Wait {
                duration,
                reason: WaitReason::Backoff,
            }),
            Backoff::Exponential => Some(self.exponential(attempt, chance)),
            Backoff::Honour => {
                match RetryAfter::of(&response.headers, received).map(|asked| asked.wait) {
                    Some(duration) if duration > LONGEST_HINT => None,
                    Some(duration) => Some(Wait {
                        duration,
                        reason: WaitReason::RetryAfter,
                    }),
                    None => Some(self.exponential(attempt, chance)),
                }
            }
        }
    }

    fn exponential(&self, attempt: u32, chance: &mut Random) -> Wait {
        let doubled = self.base.saturating_mul(2_u32.saturating_pow(attempt - 1));
        let drawn = doubled.min(self.cap).mul_f64(chance.unit());
        // Whole milliseconds read better in a history.
        let drawn = Duration::from_millis(u64::try_from(drawn.as_millis()).unwrap_or(u64::MAX));
        Wait {
            duration: drawn.max(self.minimum),
            reason: WaitReason::Backoff,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Clock, Seed};
    use crate::exchange::{Body, Headers};

    fn policy(backoff: Backoff) -> RetryPolicy {
        RetryPolicy {
            backoff,
            maximum_attempts: 5,
            base: Duration::from_secs(1),
            cap: Duration::from_secs(4),
            minimum: Duration::from_millis(200),
        }
    }

    fn wait(backoff: Backoff, attempt: u32, status: u16, headers: &[(&str, &str)]) -> Option<Wait> {
        let headers = headers.iter().copied().collect();
        let response = Response {
            status,
            reason: String::new(),
            headers,
            body: Body::default(),
        };
        let received = Clock::logical_start();
        policy(backoff).wait(
            attempt,
            &response,
            received,
            &mut Random::from_seed(Seed(1)),
        )
    }

    #[test]
    fn a_hint_is_honoured_as_seconds_and_as_date() {
        let date = ("Date", "Thu, 01 Jan 2026 00:00:00 GMT");
        let table: &[(&[(&str, &str)], u64)] = &[
            (&[("Retry-After", "7")], 7),
            (&[("retry-after", " 2 ")], 2),
            (
                &[date, ("Retry-After", "Thu, 01 Jan 2026 00:01:05 GMT")],
                65,
            ),
            // Without `Date` it counts from when the response had come: at midnight.
            (&[("Retry-After", "Thu, 01 Jan 2026 00:00:09 GMT")], 9),
        ];
        for (headers, seconds) in table {
            let expected = Wait {
                duration: Duration::from_secs(*seconds),
                reason: WaitReason::RetryAfter,
            };
            assert_eq!(wait(Backoff::Honour, 1, 429, headers), Some(expected));
            assert_eq!(wait(Backoff::Honour, 1, 503, headers), Some(expected));
        }
    }

    #[test]
    fn a_useless_hint_leaves_the_policy_of_our_own() {
        for hint in ["", "abc", "-1", "1.5", "0"] {
            let wait = wait(Backoff::Honour, 1, 429, &[("Retry-After", hint)]).unwrap();
            assert_eq!(wait.reason, WaitReason::Backoff, "{hint}");
            assert!(wait.duration >= Duration::from_millis(200), "{hint}");
        }
        let two = wait(
            Backoff::Honour,
            1,
            429,
            &[("Retry-After", "1"), ("Retry-After", "2")],
        );
        assert_eq!(two.unwrap().reason, WaitReason::Backoff);
    }

    #[test]
    fn exponential_waits_stay_between_minimum_and_cap() {
        let response = Response {
            status: 429,
            reason: String::new(),
            headers: Headers::new(),
            body: Body::default(),
        };
        let mut chance = Random::from_seed(Seed(3));
        for attempt in 1..5 {
            for _ in 0..200 {
                let wait = policy(Backoff::Exponential).wait(
                    attempt,
                    &response,
                    Clock::logical_start(),
                    &mut chance,
                );
                let wait = wait.unwrap().duration;
                assert!(wait >= Duration::from_millis(200) && wait <= Duration::from_secs(4));
            }
        }
    }

    #[test]
    fn nothing_else_is_repeated_and_nothing_for_ever() {
        assert_eq!(wait(Backoff::Honour, 1, 500, &[("Retry-After", "1")]), None);
        assert_eq!(wait(Backoff::Honour, 5, 429, &[("Retry-After", "1")]), None);
        assert_eq!(wait(Backoff::None, 1, 429, &[("Retry-After", "1")]), None);
        assert_eq!(
            wait(Backoff::Honour, 1, 429, &[("Retry-After", "86400")]),
            None
        );
    }

    #[test]
    fn policies_are_read_from_the_command_line() {
        assert_eq!("honour".parse(), Ok(Backoff::Honour));
        assert_eq!(
            "fixed:1s".parse(),
            Ok(Backoff::Fixed(Duration::from_secs(1)))
        );
        assert_eq!(
            "fixed:250ms".parse(),
            Ok(Backoff::Fixed(Duration::from_millis(250)))
        );
        for wrong in ["fixed", "fixed:", "fixed:-1s", "sometimes"] {
            assert!(wrong.parse::<Backoff>().is_err(), "{wrong}");
        }
    }
}
