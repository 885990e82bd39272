//! What is no notification is refused, after its sender was checked.
//!
//! # What is required
//!
//! Another method, another content type, a body that is too large or no JSON is refused with a
//! status that says so; and nobody's body is read before it is known who sent it.
//!
//! # Why
//!
//! Parsers are the largest surface of an endpoint. An unauthenticated body that reaches one is an
//! open door; a crash on garbage is a way to put the endpoint out of service.
//!
//! # How it is judged
//!
//! Six probes: `GET` (405), `PUT` (405), `text/plain` (415), a body of 10 MB (413, 400, or the
//! connection is closed), broken JSON with right credentials (400), and broken JSON with a wrong
//! token (401, because credentials come first). FAIL where one is accepted, answered with 5xx or
//! not at all, and where the last is answered otherwise than with 401 or 403. Another 4xx is WARN.
//! None of it is stated by the platform, so a FAIL is reported as REVIEW, unless a stranger was let
//! in.
//!
//! # An example that conforms
//!
//! 405, 405, 415, 413, 400 and 401.
//!
//! # Sources
//!
//! RFC 9110 §15.5.6, §15.5.14, §15.5.16, §15.5.1; `/payments-out/provider-api/get-started/setup` (a
//! provider that supports the notification endpoint validates the API-key header and the Sage ID
//! token).

use super::probe::{Probe, negative};
use super::probed::Block;
use super::rule::{FAMILY, judge};
use crate::conformance::check::Check;
use crate::conformance::{Evidence, Level, Ruling};
use crate::event::{Expectation, Subject};
use crate::exchange::Vantage;
use crate::profile::{Profile, Provenance};

/// Its probes.
pub(super) const PROBES: &[Probe] = &[
    negative("get", Expectation::MethodNotAllowed),
    negative("put", Expectation::MethodNotAllowed),
    negative("content-type", Expectation::UnsupportedMediaType),
    negative("large", Expectation::TooLarge),
    negative("broken", Expectation::BadRequest),
    negative("broken-stranger", Expectation::RefusedUnread),
];

/// NP-60.
pub const CHECK: Check = Check {
    id: "NP-60",
    family: FAMILY,
    title: "What is no notification is refused, after its sender was checked",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    // What an endpoint answers is the same wherever it is read.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Inferred,
    severest: Level::Fail,
    flips_if: "the platform says how a request that is no notification has to be answered",
    source: include_str!("another_request.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    let ruling = judge(CHECK.id, PROBES, evidence);
    let let_in = Block::of(evidence).of_check(CHECK.id).any(|probed| {
        probed.start.probe == "broken-stranger"
            && probed.calls.last().is_some_and(|call| call.succeeded())
    });
    if let_in {
        ruling.resting_on(Provenance::Stated)
    } else {
        ruling
    }
}
