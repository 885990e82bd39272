//! Scripted answers: what the platform says to the next requests of an operation, whatever they
//! ask, and the proof that it did.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use thiserror::Error;

use super::answer::http_date;
use crate::base::Timestamp;
use crate::event::FaultProof;

/// One scripted answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
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
    /// The connection breaks before the request has any effect.
    Cut,
    /// The request has its effect, then the connection breaks.
    CutAfterEffect,
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

impl Fault {
    /// Whether it is a 429.
    #[must_use]
    pub fn is_429(&self) -> bool {
        match self {
            Self::Status { status, .. } => *status == 429,
            Self::Delay(_) | Self::Cut | Self::CutAfterEffect => false,
        }
    }
}

impl Hint {
    /// The value of the header at `now`. A date is rounded up to the second, so that the wait is
    /// never shorter than what was scripted.
    pub(super) fn value(&self, now: Timestamp) -> String {
        match self {
            Self::Seconds(seconds) => seconds.to_string(),
            Self::Date(seconds) => http_date(second_from(now, *seconds)),
            Self::Malformed(text) => text.clone(),
        }
    }
}

/// The first whole second that is at least `seconds` after `now`.
pub(super) fn second_from(now: Timestamp, seconds: i64) -> Timestamp {
    let begun = now.as_second() + i64::from(now.subsec_nanosecond() > 0);
    Timestamp::from_second(begun.saturating_add(seconds)).unwrap_or(Timestamp::MAX)
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
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
                Ok(())
            }
            Self::Delay(delay) => write!(formatter, "the usual answer after {delay:?}"),
            Self::Cut => formatter.write_str("a broken connection"),
            Self::CutAfterEffect => formatter.write_str("a broken connection after the effect"),
        }
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

/// A text is not a scripted answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "the scripted answer `{text}` cannot be read: {reason}; write, for example, `429 retry-after=7`, `429 retry-after=date+7`, `503 retry-after=2 delay=1s`, `429`, `delay=2s`, `cut` or `cut-after-effect`"
)]
pub struct FaultError {
    text: String,
    reason: String,
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        read(text).map_err(|reason| FaultError {
            text: text.to_owned(),
            reason,
        })
    }
}

fn read(text: &str) -> Result<Fault, String> {
    let mut words = text.split_whitespace();
    let first = words.next().ok_or("it is empty")?;
    let fault = match first {
        "cut" => Fault::Cut,
        "cut-after-effect" => Fault::CutAfterEffect,
        word if word.starts_with("delay=") => Fault::Delay(delay(word)?),
        word => {
            let status = word
                .parse()
                .ok()
                .filter(|status| (400..600).contains(status))
                .ok_or_else(|| format!("`{word}` is not a status from 400 to 599"))?;
            let mut hints = Vec::new();
            let mut late = Duration::ZERO;
            for word in words.by_ref() {
                if let Some(value) = word.strip_prefix("retry-after=") {
                    hints.push(hint(value)?);
                } else if word.starts_with("delay=") {
                    late = delay(word)?;
                } else {
                    return Err(format!("`{word}` is neither `retry-after=` nor `delay=`"));
                }
            }
            Fault::Status {
                status,
                hints,
                delay: late,
            }
        }
    };
    match words.next() {
        None => Ok(fault),
        Some(word) => Err(format!("nothing may follow, but `{word}` does")),
    }
}

fn hint(value: &str) -> Result<Hint, String> {
    if let Ok(seconds) = value.parse() {
        return Ok(Hint::Seconds(seconds));
    }
    if let Some(offset) = value.strip_prefix("date") {
        return offset
            .parse()
            .map(Hint::Date)
            .map_err(|_| format!("`{value}` does not say how many seconds: `date+7`"));
    }
    if value.is_ascii() {
        Ok(Hint::Malformed(value.to_owned()))
    } else {
        Err(format!("`{value}` cannot stand in a header"))
    }
}

fn delay(word: &str) -> Result<Duration, String> {
    word.strip_prefix("delay=")
        .and_then(|delay| delay.parse::<SignedDuration>().ok())
        .and_then(|delay| Duration::try_from(delay).ok())
        .ok_or_else(|| format!("`{word}` is not a delay such as `delay=2s`"))
}

/// The queues of scripted answers of one platform.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    queues: Vec<Queue>,
}

#[derive(Clone, Debug)]
struct Queue {
    proof: FaultProof,
    waiting: VecDeque<Fault>,
}

impl Faults {
    pub(super) fn queue(&mut self, scenario: &str, operation: &str, answers: Vec<Fault>) {
        self.queues.push(Queue {
            proof: FaultProof {
                scenario: scenario.to_owned(),
                operation: operation.to_owned(),
                answers: answers.iter().map(ToString::to_string).collect(),
                delivered: 0,
            },
            waiting: answers.into(),
        });
    }

    /// The next scripted answer to `operation` that `may` be delivered; it counts as delivered.
    pub(super) fn next(&mut self, operation: &str, may: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let queue = self
            .queues
            .iter_mut()
            .find(|queue| queue.proof.operation == operation && !queue.waiting.is_empty())?;
        if !queue.waiting.front().is_some_and(may) {
            return None;
        }
        queue.proof.delivered += 1;
        queue.waiting.pop_front()
    }

    /// How much of each queue was delivered.
    pub(super) fn proofs(&self) -> Vec<FaultProof> {
        self.queues
            .iter()
            .map(|queue| queue.proof.clone())
            .collect()
    }

    /// As [`Faults::proofs`]; what was not delivered never will be.
    pub(super) fn take_proofs(&mut self) -> Vec<FaultProof> {
        std::mem::take(&mut self.queues)
            .into_iter()
            .map(|queue| queue.proof)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripted_answers_are_read_and_shown() {
        // text, shown
        let table = [
            ("429 retry-after=7", "429 Retry-After: 7"),
            ("429", "429"),
            ("429 retry-after=0", "429 Retry-After: 0"),
            ("429 retry-after=date+7", "429 Retry-After: date+7"),
            ("429 retry-after=date-5", "429 Retry-After: date-5"),
            ("429 retry-after=abc", "429 Retry-After: \"abc\""),
            ("429 retry-after=-1", "429 Retry-After: \"-1\""),
            ("429 retry-after=", "429 Retry-After: \"\""),
            (
                "429 retry-after=2 retry-after=3",
                "429 Retry-After: 2 Retry-After: 3",
            ),
            ("503 retry-after=2 delay=1s", "503 Retry-After: 2 after 1s"),
            ("500", "500"),
            ("delay=250ms", "the usual answer after 250ms"),
            ("cut", "a broken connection"),
            ("cut-after-effect", "a broken connection after the effect"),
        ];
        for (text, shown) in table {
            assert_eq!(text.parse::<Fault>().unwrap().to_string(), shown, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_its_reason() {
        // text, reason
        let table = [
            ("", "it is empty"),
            ("200", "`200` is not a status from 400 to 599"),
            ("429 soon", "`soon` is neither `retry-after=` nor `delay=`"),
            (
                "429 retry-after=date",
                "`date` does not say how many seconds: `date+7`",
            ),
            ("429 retry-after=ü", "`ü` cannot stand in a header"),
            (
                "delay=soon",
                "`delay=soon` is not a delay such as `delay=2s`",
            ),
            ("cut now", "nothing may follow, but `now` does"),
        ];
        for (text, reason) in table {
            let error = text.parse::<Fault>().unwrap_err().to_string();
            assert!(
                error.starts_with(&format!(
                    "the scripted answer `{text}` cannot be read: {reason};"
                )),
                "{error}"
            );
        }
    }

    #[test]
    fn a_date_is_never_sooner_than_scripted() {
        let now: Timestamp = "2026-01-01T00:00:00.250Z".parse().unwrap();
        assert_eq!(Hint::Date(7).value(now), "Thu, 01 Jan 2026 00:00:08 GMT");
    }

    #[test]
    fn queues_of_one_operation_are_served_in_order_and_prove_their_delivery() {
        let mut faults = Faults::default();
        faults.queue("one", "GET /x", vec![Fault::Cut]);
        faults.queue("two", "GET /x", vec!["500".parse().unwrap(), Fault::Cut]);
        assert_eq!(faults.next("GET /y", |_| true), None);
        assert_eq!(faults.next("GET /x", |_| true), Some(Fault::Cut));
        assert_eq!(faults.next("GET /x", |_| false), None);
        assert_eq!(
            faults.next("GET /x", |_| true),
            Some("500".parse().unwrap())
        );
        let delivered: Vec<_> = faults
            .take_proofs()
            .into_iter()
            .map(|proof| (proof.scenario, proof.delivered, proof.answers.len()))
            .collect();
        assert_eq!(delivered, [("one".into(), 1, 1), ("two".into(), 1, 2)]);
        assert_eq!(
            faults.next("GET /x", |_| true),
            None,
            "taken with the proof"
        );
    }
}
