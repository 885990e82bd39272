//! A token whose signature does not fit is refused.
//!
//! # What is required
//!
//! The signature is verified, over exactly the header and the claims that came.
//!
//! # Why
//!
//! A decoded token looks right whoever made it. `decode` is not `verify` in any library.
//!
//! # How it is judged
//!
//! Three probes: one bit of the signature changed, the signature removed with its algorithm kept,
//! and a claim changed under the old signature. Expected is 401. FAIL where a probe is accepted
//! (2xx), answered with 5xx or 3xx, left without an answer for longer than the platform waits, or
//! refused and yet had an effect. Another 4xx than the one that is expected is WARN. A refusal
//! counts only in a block whose controls were accepted before and after.
//!
//! # An example that conforms
//!
//! A token whose `sub` was edited is answered with 401.
//!
//! # Sources
//!
//! RFC 8725 §3.3, RFC 7515 §5.2; `/payments-out/provider-api/get-started/setup` (a provider that
//! supports the notification endpoint validates the API-key header and the Sage ID token).

use super::probe::{Probe, negative};
use super::rule::{FAMILY, STATED_ALREADY, judge, stated};
use crate::conformance::check::Check;
use crate::conformance::{Evidence, Level, Ruling};
use crate::event::{Expectation, Subject};
use crate::exchange::Vantage;
use crate::profile::Profile;

/// Its probes.
pub(super) const PROBES: &[Probe] = &[
    negative("bit-changed", Expectation::Refused),
    negative("removed", Expectation::Refused),
    negative("claims-changed", Expectation::Refused),
];

/// NP-21.
pub const CHECK: Check = Check {
    id: "NP-21",
    family: FAMILY,
    title: "A token whose signature does not fit is refused",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    // What an endpoint answers is the same wherever it is read.
    vantages: &Vantage::ALL,
    provenance: stated,
    severest: Level::Fail,
    flips_if: STATED_ALREADY,
    source: include_str!("signature_changed.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    judge(CHECK.id, PROBES, evidence)
}
