//! A token of another client is refused.
//!
//! # What is required
//!
//! `sub` is the client that the platform itself uses.
//!
//! # Why
//!
//! Other providers and products are clients of the same issuer and get tokens of it. Without a look
//! at the subject every one of them can notify.
//!
//! # How it is judged
//!
//! Two probes, each signed by the right key: the subject of another provider, and none. Expected is
//! 403 or 401. FAIL where a probe is accepted (2xx), answered with 5xx or 3xx, left without an
//! answer for longer than the platform waits, or refused and yet had an effect. Another 4xx than
//! the one that is expected is WARN. A refusal counts only in a block whose controls were accepted
//! before and after. Which subject the platform has is not public, so this is reported as far as
//! the profile's `token.platform-subject` is known.
//!
//! # An example that conforms
//!
//! A token of another provider is answered with 403.
//!
//! # Sources
//!
//! RFC 8725 §3.8; the profile's `token.platform-subject`.

use super::probe::{Probe, negative};
use super::rule::{FAMILY, judge};
use crate::conformance::check::Check;
use crate::conformance::{Evidence, Level, Ruling};
use crate::event::{Expectation, Subject};
use crate::exchange::Vantage;
use crate::profile::Profile;

/// Its probes.
pub(super) const PROBES: &[Probe] = &[
    negative("another", Expectation::RefusedOrForbidden),
    negative("absent", Expectation::RefusedOrForbidden),
];

/// NP-44.
pub const CHECK: Check = Check {
    id: "NP-44",
    family: FAMILY,
    title: "A token of another client is refused",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    // What an endpoint answers is the same wherever it is read.
    vantages: &Vantage::ALL,
    provenance: |profile| profile.token.platform_subject.provenance,
    severest: Level::Fail,
    flips_if: "the platform says which subject its tokens have",
    source: include_str!("subject.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    judge(CHECK.id, PROBES, evidence)
}
