//! How the answer to one probe is held against what was expected.

use crate::conformance::Level;
use crate::event::{Expectation, Noticed};
use crate::exchange::{FailureKind, Outcome, Response};

use super::probed::Probed;

/// What the answer to a probe comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Weighed {
    /// PASS, WARN, FAIL, INCONCLUSIVE or ERROR.
    pub(super) level: Level,
    /// What happened, as in "the probe …".
    pub(super) said: String,
}

/// What is made of an answer that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answered {
    /// 2xx.
    Taken,
    /// 4xx.
    Refused(u16),
}

/// Holds the last answer to `probed` against `expect`.
///
/// | expected | PASS | WARN | FAIL |
/// |---|---|---|---|
/// | created | 201 | other 2xx | 4xx |
/// | accepted | 2xx | | 4xx |
/// | accepted ideally | 2xx | 4xx | |
/// | refused in some way | the 4xx that are named | other 4xx | 2xx |
/// | refused ideally | 401 | other 4xx, 2xx | |
/// | refused unread | 401, 403 | | 2xx, other 4xx |
/// | shown | all | | |
///
/// 5xx, 3xx, an answer that is none and no answer at all are FAIL for whatever is expected to be
/// answered; 429 and a connection that did not come about are INCONCLUSIVE.
pub(super) fn weigh(probed: &Probed<'_>, expect: Expectation) -> Weighed {
    let Some(call) = probed.calls.last() else {
        return match (probed.noticed, expect) {
            (Some(Noticed::HandshakeRefused), Expectation::NotServed) => pass("was broken off"),
            (Some(Noticed::HandshakeAccepted), Expectation::NotServed) => {
                weighed(Level::Fail, "was gone on with")
            }
            _ => weighed(Level::Inconclusive, "has no answer in the history"),
        };
    };
    let repeated = probed.calls.len() > 1;
    match &call.exchange.outcome {
        Outcome::Response(response) => weigh_response(response, expect),
        Outcome::Failure(failure) => match (expect, failure.kind) {
            (Expectation::Shown, _)
            | (
                Expectation::NotServed,
                FailureKind::Connect
                | FailureKind::Tls
                | FailureKind::Timeout
                | FailureKind::Cut
                | FailureKind::Protocol,
            )
            | (Expectation::TooLarge, FailureKind::Cut) => pass("was not answered"),
            (_, FailureKind::Address | FailureKind::Refused | FailureKind::Interrupted) => {
                weighed(Level::Error, format!("could not be sent: {failure}"))
            }
            (_, FailureKind::Timeout) if repeated => {
                weighed(Level::Fail, "was left without an answer, twice")
            }
            (_, FailureKind::Cut) if repeated => weighed(
                Level::Fail,
                "was answered by a broken connection, twice: that looks like a crash",
            ),
            (_, FailureKind::Protocol) if repeated => {
                weighed(Level::Fail, "was answered with something that is not HTTP")
            }
            (
                _,
                FailureKind::Timeout
                | FailureKind::Cut
                | FailureKind::Protocol
                | FailureKind::Connect
                | FailureKind::Resolve
                | FailureKind::Tls
                | FailureKind::Redirects,
            ) => weighed(
                Level::Inconclusive,
                format!("could not be delivered: {failure}"),
            ),
        },
    }
}

fn weigh_response(response: &Response, expect: Expectation) -> Weighed {
    let status = response.status;
    let answered = match (expect, status) {
        (Expectation::Shown, _) => return pass(format!("was answered with {status}")),
        (Expectation::NotServed, 200..=299) => {
            return weighed(Level::Fail, format!("was served with {status}"));
        }
        (Expectation::NotServed, _) => {
            return pass(format!("was answered with {status}"));
        }
        (_, 200..=299) => Answered::Taken,
        (_, 429) => {
            return weighed(
                Level::Inconclusive,
                "was throttled (429), and throttled again",
            );
        }
        (_, 400..=499) => Answered::Refused(status),
        (_, 300..=399) => {
            return weighed(
                Level::Fail,
                format!("was redirected ({status}); an endpoint answers itself"),
            );
        }
        _ => {
            return weighed(
                Level::Fail,
                format!("was answered with {status}: that looks like a crash"),
            );
        }
    };
    match answered {
        Answered::Taken => weigh_acceptance(status, expect),
        Answered::Refused(status) => weigh_refusal(status, response, expect),
    }
}

fn weigh_acceptance(status: u16, expect: Expectation) -> Weighed {
    let level = match expect {
        Expectation::Created if status != 201 => Level::Warn,
        Expectation::Created
        | Expectation::Accepted
        | Expectation::AcceptedIdeally
        | Expectation::AcceptedOrRefused
        | Expectation::TakenOnce
        | Expectation::NothingNew
        | Expectation::Shown => Level::Pass,
        Expectation::RefusedIdeally => Level::Warn,
        Expectation::Refused
        | Expectation::Challenged
        | Expectation::RefusedOrMalformed
        | Expectation::Forbidden
        | Expectation::RefusedOrForbidden
        | Expectation::MethodNotAllowed
        | Expectation::UnsupportedMediaType
        | Expectation::TooLarge
        | Expectation::BadRequest
        | Expectation::RefusedUnread
        | Expectation::NotServed => Level::Fail,
    };
    weighed(level, format!("was accepted with {status}"))
}

fn weigh_refusal(status: u16, response: &Response, expect: Expectation) -> Weighed {
    let otherwise = |right: &[u16], otherwise| {
        if right.contains(&status) {
            Level::Pass
        } else {
            otherwise
        }
    };
    let level = match expect {
        Expectation::Created | Expectation::Accepted => Level::Fail,
        Expectation::AcceptedIdeally => Level::Warn,
        Expectation::Refused | Expectation::RefusedIdeally | Expectation::AcceptedOrRefused => {
            otherwise(&[401], Level::Warn)
        }
        Expectation::Challenged => {
            if status == 401 && !response.headers.contains("www-authenticate") {
                return weighed(Level::Warn, "was refused with 401 without WWW-Authenticate");
            }
            otherwise(&[401], Level::Warn)
        }
        Expectation::RefusedOrMalformed => otherwise(&[400, 401], Level::Warn),
        Expectation::Forbidden => otherwise(&[403], Level::Warn),
        Expectation::RefusedOrForbidden => otherwise(&[401, 403], Level::Warn),
        Expectation::TakenOnce => otherwise(&[409], Level::Warn),
        Expectation::MethodNotAllowed => otherwise(&[405], Level::Warn),
        Expectation::UnsupportedMediaType => otherwise(&[415], Level::Warn),
        Expectation::TooLarge => otherwise(&[413, 400], Level::Warn),
        Expectation::BadRequest => otherwise(&[400], Level::Warn),
        Expectation::RefusedUnread => otherwise(&[401, 403], Level::Fail),
        Expectation::NothingNew | Expectation::NotServed | Expectation::Shown => Level::Pass,
    };
    weighed(level, format!("was refused with {status}"))
}

fn pass(said: impl Into<String>) -> Weighed {
    weighed(Level::Pass, said)
}

fn weighed(level: Level, said: impl Into<String>) -> Weighed {
    let said = said.into();
    Weighed { level, said }
}

/// What is expected, as in "expected …".
pub(super) fn wanted(expect: Expectation) -> &'static str {
    match expect {
        Expectation::Created => "201",
        Expectation::Accepted | Expectation::AcceptedIdeally => "2xx",
        Expectation::Refused | Expectation::RefusedIdeally => "401",
        Expectation::Challenged => "401 with WWW-Authenticate",
        Expectation::RefusedOrMalformed => "400 or 401",
        Expectation::Forbidden => "403",
        Expectation::RefusedOrForbidden | Expectation::RefusedUnread => "401 or 403",
        Expectation::AcceptedOrRefused => "2xx or 401",
        Expectation::TakenOnce => "2xx or 409, and one effect",
        Expectation::NothingNew => "a refusal, or no second effect",
        Expectation::MethodNotAllowed => "405",
        Expectation::UnsupportedMediaType => "415",
        Expectation::TooLarge => "413 or 400",
        Expectation::BadRequest => "400",
        Expectation::NotServed => "no service",
        Expectation::Shown => "anything",
    }
}
