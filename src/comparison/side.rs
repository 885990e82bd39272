//! One of the two bundles.

use crate::base::Sha256Hex;
use crate::conformance::{GateOutcome, Scope, Verdict};
use crate::history::History;
use crate::profile::Profile;

/// A bundle that was verified, as far as it is compared.
#[derive(Clone, Copy, Debug)]
pub struct Side<'s> {
    /// How its file was named.
    pub name: &'s str,
    /// The version of preflight that made it.
    pub harness: &'s str,
    /// The digest that stands for it.
    pub manifest: &'s Sha256Hex,
    /// The verdict.
    pub verdict: &'s Verdict,
    /// What it comes to.
    pub outcome: &'s GateOutcome,
    /// What it was judged by.
    pub profile: &'s Profile,
    /// Which attempt at its target it is; none where nobody counted.
    pub attempt: Option<u64>,
    /// What was judged, in the order of the verdict's runs.
    pub runs: &'s [(History, Scope)],
}
