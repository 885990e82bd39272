//! Pushed and polled states agree.
//!
//! # What is required
//!
//! A poll that begins after a pushed state was acknowledged never shows an earlier one.
//!
//! # Why
//!
//! Where a system pushes its states and answers polls as well, the two come from different stores and
//! contradict each other under load.
//!
//! # How it is judged
//!
//! Not at all: NOT_APPLICABLE. On this platform the provider only pushes, by PATCH, and it is the
//! platform that answers reads, of provider and product alike. A read that shows an earlier state
//! than the one that was accepted contradicts the platform's own store, not the connector; ST-13 looks
//! at that. The provider has no endpoint at which the platform polls states.
//!
//! # An example that conforms
//!
//! Whatever a connector does.
//!
//! # Sources
//!
//! `/payments-out/guides/provider-api-update-batch-payments`,
//! `/payments-out/guides/provider-api-retrieve-payments-batch`; `spec/judging.md` 5.6.

use super::stride::{FLIPS_IF, SERVING, provenance};
use crate::conformance::check::{Check, Family};
use crate::conformance::{Evidence, Level, Ruling};
use crate::event::Subject;
use crate::profile::Profile;

/// ST-12.
pub const CHECK: Check = Check {
    id: "ST-12",
    family: Family::StatusFlow,
    title: "Pushed and polled states agree",
    clauses: &["PO-STATUS-FLOW"],
    subjects: &[Subject::Connector],
    // Who serves the requests sees them arrive; so does a proxy.
    vantages: &SERVING,
    provenance,
    severest: Level::NotApplicable,
    flips_if: FLIPS_IF,
    source: include_str!("push_and_poll.rs"),
    rule,
};

fn rule(_evidence: &Evidence<'_>, _profile: &Profile) -> Ruling {
    Ruling::new(
        Level::NotApplicable,
        "The provider pushes states and is never polled: the platform answers all reads.",
    )
}
