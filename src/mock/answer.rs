//! What the platform gives back for a request.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;

use crate::base::Timestamp;
use crate::exchange::{Body, Failure, FailureKind, Headers, Outcome, Response};

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It is answered.
    Answer(Answer),
    /// The connection ends without an answer.
    Cut {
        /// The modelled latency, spent on the logical clock only.
        latency: Duration,
        /// How it ends.
        ending: Ending,
    },
}

/// An answer, and how it leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The response, with its `Date`.
    pub response: Response,
    /// The modelled latency of the exchange (profile, seeded), spent on the logical clock only.
    pub latency: Duration,
    /// A scripted delay, spent on any clock.
    pub delay: Duration,
    /// How much of it leaves, and how fast.
    pub delivery: Delivery,
}

/// How much of an answer leaves, and how fast.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Delivery {
    /// All of it, at once.
    #[default]
    Whole,
    /// All of it; the body drips over this time. An answer without a body is that late.
    Slow(Duration),
    /// Head and half of the body, then the connection ends. Of an answer without a body half of
    /// the head leaves.
    Half(Ending),
}

/// How a connection ends before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It is closed (FIN).
    Closed,
    /// It is reset (RST).
    Reset,
}

impl Reply {
    /// The response, if there is one; a client may not get all of it.
    #[must_use]
    pub fn response(&self) -> Option<&Response> {
        match self {
            Self::Answer(answer) => Some(&answer.response),
            Self::Cut { .. } => None,
        }
    }

    /// What a client that waits long enough meets: the response where all of it leaves.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let broken = |ending: Ending, place| {
            let how = match ending {
                Ending::Closed => "closed",
                Ending::Reset => "reset",
            };
            Outcome::Failure(Failure {
                kind: FailureKind::Cut,
                message: format!("the connection was {how} {place} the answer, as scripted"),
            })
        };
        match self {
            Self::Answer(answer) => match answer.delivery {
                Delivery::Whole | Delivery::Slow(_) => Outcome::Response(answer.response.clone()),
                Delivery::Half(ending) => broken(ending, "in the middle of"),
            },
            Self::Cut { ending, .. } => broken(*ending, "before"),
        }
    }

    /// By how much the exchange advances the logical clock.
    #[must_use]
    pub fn cost(&self) -> Duration {
        match self {
            Self::Answer(answer) => {
                let dripping = match answer.delivery {
                    Delivery::Slow(time) => time,
                    Delivery::Whole | Delivery::Half(_) => Duration::ZERO,
                };
                answer.latency + answer.delay + dripping
            }
            Self::Cut { latency, .. } => *latency,
        }
    }
}

/// A response with `status` and a JSON body.
pub(super) fn json(status: u16, body: &impl Serialize) -> Response {
    let mut response = empty(status);
    response
        .headers
        .push("content-type", "application/json; charset=utf-8");
    response.body =
        Body::from(serde_json::to_vec(body).expect("what the platform shows always makes JSON"));
    response
}

/// A response with `status` whose JSON body has `data` as its member of that name.
pub(super) fn data(status: u16, data: &impl Serialize) -> Response {
    #[derive(Serialize)]
    struct Wrapped<'a, T> {
        data: &'a T,
    }
    json(status, &Wrapped { data })
}

/// A response with `status` and no body.
pub(super) fn empty(status: u16) -> Response {
    Response {
        status,
        reason: http::StatusCode::from_u16(status)
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or_default()
            .to_owned(),
        headers: Headers::new(),
        body: Body::default(),
    }
}

/// `moment` as an HTTP date (RFC 9110 §5.6.7); the second that has begun.
pub(super) fn http_date(moment: Timestamp) -> String {
    let seconds = u64::try_from(moment.as_second()).unwrap_or(0);
    let moment: SystemTime = UNIX_EPOCH + Duration::from_secs(seconds);
    httpdate::fmt_http_date(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_the_second_that_has_begun() {
        let moment: Timestamp = "2026-01-01T00:00:07.999Z".parse().unwrap();
        assert_eq!(http_date(moment), "Thu, 01 Jan 2026 00:00:07 GMT");
    }

    #[test]
    fn what_a_client_meets_and_what_it_costs_follow_from_how_the_answer_leaves() {
        let latency = Duration::from_millis(40);
        let answer = |delivery| {
            Reply::Answer(Answer {
                response: empty(204),
                latency,
                delay: Duration::from_secs(1),
                delivery,
            })
        };
        let cut = |ending| Reply::Cut { latency, ending };
        // reply, milliseconds, message
        let table = [
            (answer(Delivery::Whole), 1040, None),
            (answer(Delivery::Slow(Duration::from_secs(5))), 6040, None),
            (
                answer(Delivery::Half(Ending::Reset)),
                1040,
                Some("the connection was reset in the middle of the answer, as scripted"),
            ),
            (
                cut(Ending::Closed),
                40,
                Some("the connection was closed before the answer, as scripted"),
            ),
        ];
        for (reply, milliseconds, message) in table {
            assert_eq!(reply.cost().as_millis(), milliseconds, "{reply:?}");
            let met = match reply.outcome() {
                Outcome::Response(_) => None,
                Outcome::Failure(failure) => Some(failure.message),
            };
            assert_eq!(met.as_deref(), message, "{reply:?}");
        }
    }
}
