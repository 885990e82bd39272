//! A notification that comes again has one effect.
//!
//! # What is required
//!
//! The same notification, byte for byte, is answered with 2xx or 409 the second time and does
//! nothing more.
//!
//! # Why
//!
//! Whoever delivers at least once delivers twice one day, and whoever listens in can send again.
//!
//! # How it is judged
//!
//! Two probes: a notification, and the same bytes again. FAIL where the second is answered with
//! 5xx, or where it had an effect of its own: the endpoint's software asked for the resource again
//! as it had before, or the read-back of the resource changed. REVIEW at most, because how the
//! platform redelivers is not public; INFO where effects cannot be seen, which takes a read-back in
//! the declaration.
//!
//! # An example that conforms
//!
//! Both are answered with 201, and the subscription is read once.
//!
//! # Sources
//!
//! `spec/provider-api.md` (redelivery is UNKNOWN).

use super::effect::second_effect;
use super::probe::{Probe, positive};
use super::rule::{FAMILY, judge};
use crate::conformance::check::Check;
use crate::conformance::{Evidence, Level, Ruling};
use crate::event::{Expectation, Subject};
use crate::exchange::Vantage;
use crate::profile::{Profile, Provenance};

/// Its probes.
pub(super) const PROBES: &[Probe] = &[
    positive("first", Expectation::Accepted),
    positive("again", Expectation::TakenOnce),
];

/// NP-50.
pub const CHECK: Check = Check {
    id: "NP-50",
    family: FAMILY,
    title: "A notification that comes again has one effect",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    // What an endpoint answers is the same wherever it is read.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Inferred,
    severest: Level::Fail,
    flips_if: "the platform says how it redelivers",
    source: include_str!("replay.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    second_effect(judge(CHECK.id, PROBES, evidence), CHECK.id, evidence)
}
