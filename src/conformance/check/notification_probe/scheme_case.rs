//! The scheme of the token has no case.
//!
//! # What is required
//!
//! `bearer` and `BEARER` mean `Bearer`.
//!
//! # Why
//!
//! Scheme names are case-insensitive; how the platform writes it is not promised.
//!
//! # How it is judged
//!
//! Two probes with a right token. Expected is 2xx; a refusal is WARN.
//!
//! # An example that conforms
//!
//! `Authorization: bearer eyJ…` is answered with 201.
//!
//! # Sources
//!
//! RFC 9110 §11.1; `/payments-out/provider-api/get-started/setup` (a provider that supports the
//! notification endpoint validates the API-key header and the Sage ID token).

use super::probe::{Probe, positive};
use super::rule::{FAMILY, STATED_ALREADY, judge, stated};
use crate::conformance::check::Check;
use crate::conformance::{Evidence, Level, Ruling};
use crate::event::{Expectation, Subject};
use crate::exchange::Vantage;
use crate::profile::Profile;

/// Its probes.
pub(super) const PROBES: &[Probe] = &[
    positive("lower", Expectation::AcceptedIdeally),
    positive("upper", Expectation::AcceptedIdeally),
];

/// NP-11.
pub const CHECK: Check = Check {
    id: "NP-11",
    family: FAMILY,
    title: "The scheme of the token has no case",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    // What an endpoint answers is the same wherever it is read.
    vantages: &Vantage::ALL,
    provenance: stated,
    severest: Level::Warn,
    flips_if: STATED_ALREADY,
    source: include_str!("scheme_case.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    judge(CHECK.id, PROBES, evidence)
}
