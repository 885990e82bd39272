//! A body that was written anew under an old signature is refused.
//!
//! # What is required
//!
//! Where bodies are signed, their raw bytes are.
//!
//! # Why
//!
//! Who verifies what a parser made of the body verifies something else than was signed.
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

/// NP-54.
pub const CHECK: Check = Check {
    id: "NP-54",
    family: FAMILY,
    title: "A body that was written anew under an old signature is refused",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Assumed,
    severest: Level::NotApplicable,
    flips_if: STATED_ALREADY,
    source: include_str!("body_signature.rs"),
    rule,
};

fn rule(_: &Evidence<'_>, _: &Profile) -> Ruling {
    Ruling::new(Level::NotApplicable, "The platform signs no bodies.")
}
