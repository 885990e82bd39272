//! Old and new key count while keys are changed.
//!
//! # What is required
//!
//! Where bodies are signed, one of two signatures suffices during a rotation.
//!
//! # Why
//!
//! Nobody changes a key on both sides in one moment.
//!
//! # How it is judged
//!
//! NOT_APPLICABLE: the platform was not seen to sign bodies.
//!
//! # An example that conforms
//!
//! There is none to show.
//!
//! # Sources
//!
//! Standard Webhooks; `spec/provider-api.md` (no body signature seen).

use super::rule::{FAMILY, STATED_ALREADY};
use crate::conformance::check::Check;
use crate::conformance::{Evidence, Level, Ruling};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::{Profile, Provenance};

/// NP-55.
pub const CHECK: Check = Check {
    id: "NP-55",
    family: FAMILY,
    title: "Old and new key count while keys are changed",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Assumed,
    severest: Level::NotApplicable,
    flips_if: STATED_ALREADY,
    source: include_str!("two_signatures.rs"),
    rule,
};

fn rule(_: &Evidence<'_>, _: &Profile) -> Ruling {
    Ruling::new(Level::NotApplicable, "The platform signs no bodies.")
}
