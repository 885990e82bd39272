//! An old notification is refused.
//!
//! # What is required
//!
//! Where notifications carry a signed timestamp, one that is older than the tolerance is refused.
//!
//! # Why
//!
//! A signature without a moment can be replayed for ever.
//!
//! # How it is judged
//!
//! NOT_APPLICABLE: the platform's notifications were not seen to carry a timestamp or a signature
//! of their own.
//!
//! # An example that conforms
//!
//! There is none to show.
//!
//! # Sources
//!
//! Standard Webhooks (signed timestamps); `spec/provider-api.md` (no body signature seen).

use super::rule::{FAMILY, STATED_ALREADY};
use crate::conformance::check::Check;
use crate::conformance::{Evidence, Level, Ruling};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::{Profile, Provenance};

/// NP-51.
pub const CHECK: Check = Check {
    id: "NP-51",
    family: FAMILY,
    title: "An old notification is refused",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Assumed,
    severest: Level::NotApplicable,
    flips_if: STATED_ALREADY,
    source: include_str!("stale_timestamp.rs"),
    rule,
};

fn rule(_: &Evidence<'_>, _: &Profile) -> Ruling {
    Ruling::new(Level::NotApplicable, "The platform signs no timestamp.")
}
