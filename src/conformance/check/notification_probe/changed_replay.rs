//! A notification of the same thing with another body has no second effect.
//!
//! # What is required
//!
//! A second notification of the creation of a resource, with another body, is refused or does
//! nothing more.
//!
//! # Why
//!
//! A resource is created once. Who tells apart by the bytes of the body instead of by what it is
//! about creates it twice.
//!
//! # How it is judged
//!
//! Two probes: a notification, and one of the same resource with a field more. FAIL where the
//! second is answered with 5xx, or where it had an effect of its own. REVIEW at most, because how
//! the platform redelivers is not public; INFO where effects cannot be seen, which takes a
//! read-back in the declaration.
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
    positive("changed", Expectation::NothingNew),
];

/// NP-53.
pub const CHECK: Check = Check {
    id: "NP-53",
    family: FAMILY,
    title: "A notification of the same thing with another body has no second effect",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    // What an endpoint answers is the same wherever it is read.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Inferred,
    severest: Level::Fail,
    flips_if: "the platform says how it redelivers",
    source: include_str!("changed_replay.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    second_effect(judge(CHECK.id, PROBES, evidence), CHECK.id, evidence)
}
