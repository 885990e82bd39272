//! What the platform gives back for a request.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::base::Timestamp;
use crate::exchange::{Body, Headers, Response};

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It is answered.
    Answer(Answer),
    /// The connection is closed without an answer.
    Cut {
        /// The modelled latency, spent on the logical clock only.
        latency: Duration,
    },
}

/// An answer, and when it leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The response, with its `Date`.
    pub response: Response,
    /// The modelled latency of the exchange (profile, seeded), spent on the logical clock only.
    pub latency: Duration,
    /// A scripted delay, spent on any clock.
    pub delay: Duration,
}

impl Reply {
    /// The response, if there is one.
    #[must_use]
    pub fn response(&self) -> Option<&Response> {
        match self {
            Self::Answer(answer) => Some(&answer.response),
            Self::Cut { .. } => None,
        }
    }

    /// By how much the exchange advances the logical clock.
    #[must_use]
    pub fn cost(&self) -> Duration {
        match self {
            Self::Answer(answer) => answer.latency + answer.delay,
            Self::Cut { latency } => *latency,
        }
    }
}

/// A response with `status` and a JSON body.
pub(super) fn json(status: u16, body: &Value) -> Response {
    let mut response = empty(status);
    response
        .headers
        .push("content-type", "application/json; charset=utf-8");
    response.body = Body::from(body.to_string());
    response
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
}
