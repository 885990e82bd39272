//! A header that comes twice does not smuggle a wrong value in.
//!
//! # What is required
//!
//! A notification with two values of the agreed header, of which one is wrong, is refused.
//!
//! # Why
//!
//! Where a gateway looks at the first value and the endpoint at the last, whoever sends both passes
//! one check with each.
//!
//! # How it is judged
//!
//! Three probes: right then wrong, wrong then right, and both joined by a comma as a gateway joins
//! them. Expected is 400 or 401. FAIL where a probe is accepted (2xx), answered with 5xx or 3xx,
//! left without an answer for longer than the platform waits, or refused and yet had an effect.
//! Another 4xx than the one that is expected is WARN. A refusal counts only in a block whose
//! controls were accepted before and after.
//!
//! # An example that conforms
//!
//! `x-notify-key: right` followed by `x-notify-key: wrong` is answered with 400.
//!
//! # Sources
//!
//! RFC 9110 §5.3 (a header that is no list comes once);
//! `/payments-out/provider-api/get-started/setup` (a provider that supports the notification
//! endpoint validates the API-key header and the Sage ID token).

use super::probe::{Probe, negative};
use super::rule::{FAMILY, STATED_ALREADY, judge, stated};
use crate::conformance::check::Check;
use crate::conformance::{Evidence, Level, Ruling};
use crate::event::{Expectation, Subject};
use crate::exchange::Vantage;
use crate::profile::Profile;

/// Its probes.
pub(super) const PROBES: &[Probe] = &[
    negative("right-then-wrong", Expectation::RefusedOrMalformed),
    negative("wrong-then-right", Expectation::RefusedOrMalformed),
    negative("joined", Expectation::RefusedOrMalformed),
];

/// NP-05.
pub const CHECK: Check = Check {
    id: "NP-05",
    family: FAMILY,
    title: "A header that comes twice does not smuggle a wrong value in",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    // What an endpoint answers is the same wherever it is read.
    vantages: &Vantage::ALL,
    provenance: stated,
    severest: Level::Fail,
    flips_if: STATED_ALREADY,
    source: include_str!("header_twice.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    judge(CHECK.id, PROBES, evidence)
}
