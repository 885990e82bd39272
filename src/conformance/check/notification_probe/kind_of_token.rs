//! A token of another kind is refused.
//!
//! # What is required
//!
//! Only access tokens count: no ID token, and no `typ` of something else.
//!
//! # Why
//!
//! An issuer signs many kinds of statement with one key. One that says who a user is does not say
//! who may speak.
//!
//! # How it is judged
//!
//! Two probes, each signed by the right key: an ID token (`nonce`, `at_hash`), and a header with
//! `typ: logout+jwt`. Expected is 401. FAIL where a probe is accepted (2xx), answered with 5xx or
//! 3xx, left without an answer for longer than the platform waits, or refused and yet had an
//! effect. Another 4xx than the one that is expected is WARN. A refusal counts only in a block
//! whose controls were accepted before and after. What kinds the platform's identity service issues
//! is not public, so this is reported as INFO at most.
//!
//! # An example that conforms
//!
//! Both are answered with 401.
//!
//! # Sources
//!
//! RFC 8725 §3.11, §3.12, RFC 9068 §4.

use super::probe::{Probe, negative};
use super::rule::{FAMILY, judge};
use crate::conformance::check::Check;
use crate::conformance::{Evidence, Level, Ruling};
use crate::event::{Expectation, Subject};
use crate::exchange::Vantage;
use crate::profile::{Profile, Provenance};

/// Its probes.
pub(super) const PROBES: &[Probe] = &[
    negative("identity", Expectation::Refused),
    negative("type", Expectation::Refused),
];

/// NP-42.
pub const CHECK: Check = Check {
    id: "NP-42",
    family: FAMILY,
    title: "A token of another kind is refused",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    // What an endpoint answers is the same wherever it is read.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Assumed,
    severest: Level::Fail,
    flips_if: "the platform says of which type its tokens are",
    source: include_str!("kind_of_token.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    judge(CHECK.id, PROBES, evidence)
}
