//! A token without the scope is refused.
//!
//! # What is required
//!
//! Where tokens of the platform have a scope, a token without it is answered with 403.
//!
//! # Why
//!
//! A token for another purpose is genuine, in time, and of the right issuer; only its scope tells.
//!
//! # How it is judged
//!
//! Two probes, each signed by the right key: no scope, and another. Expected is 403
//! (`insufficient_scope`); another 4xx is WARN. FAIL where a probe is accepted (2xx), answered with
//! 5xx or 3xx, left without an answer for longer than the platform waits, or refused and yet had an
//! effect. Another 4xx than the one that is expected is WARN. A refusal counts only in a block
//! whose controls were accepted before and after. The scope is the profile's `token.scope`; where
//! it names none this is NOT_APPLICABLE.
//!
//! # An example that conforms
//!
//! A token with `scope: read` where `notify` is asked for is answered with 403.
//!
//! # Sources
//!
//! RFC 6750 §3.1.

use super::probe::{Probe, negative};
use super::rule::{FAMILY, judge};
use crate::conformance::check::Check;
use crate::conformance::{Evidence, Level, Ruling};
use crate::event::{Expectation, Subject};
use crate::exchange::Vantage;
use crate::profile::Profile;

/// Its probes.
pub(super) const PROBES: &[Probe] = &[
    negative("absent", Expectation::Forbidden),
    negative("another", Expectation::Forbidden),
];

/// NP-43.
pub const CHECK: Check = Check {
    id: "NP-43",
    family: FAMILY,
    title: "A token without the scope is refused",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    // What an endpoint answers is the same wherever it is read.
    vantages: &Vantage::ALL,
    provenance: |profile| profile.token_scope.provenance,
    severest: Level::Fail,
    flips_if: "the platform says which scope its tokens have",
    source: include_str!("scope.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    judge(CHECK.id, PROBES, evidence)
}
