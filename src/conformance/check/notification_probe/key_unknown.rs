//! A token that another key signed is refused.
//!
//! # What is required
//!
//! The key is one that the issuer publishes, and the one that the token names.
//!
//! # Why
//!
//! Anybody can make a key pair and give it the name of the issuer's.
//!
//! # How it is judged
//!
//! Three probes: signed by a stranger under the name of a published key, under a name that nobody
//! published, and signed by the issuer without a name while two keys are published. Expected is
//! 401; the last may be accepted too. FAIL where a probe is accepted (2xx), answered with 5xx or
//! 3xx, left without an answer for longer than the platform waits, or refused and yet had an
//! effect. Another 4xx than the one that is expected is WARN. A refusal counts only in a block
//! whose controls were accepted before and after.
//!
//! # An example that conforms
//!
//! A token with an unknown `kid` is answered with 401 after the key set was looked at once more.
//!
//! # Sources
//!
//! RFC 8725 §3.3, RFC 7515 §4.1.4; `/payments-out/provider-api/get-started/setup` (a provider that
//! supports the notification endpoint validates the API-key header and the Sage ID token).

use super::probe::{Probe, negative, positive};
use super::rule::{FAMILY, STATED_ALREADY, judge, stated};
use crate::conformance::check::Check;
use crate::conformance::{Evidence, Level, Ruling};
use crate::event::{Expectation, Subject};
use crate::exchange::Vantage;
use crate::profile::Profile;

/// Its probes.
pub(super) const PROBES: &[Probe] = &[
    negative("another-key", Expectation::Refused),
    negative("unknown-name", Expectation::Refused),
    positive("nameless", Expectation::AcceptedOrRefused),
];

/// NP-22.
pub const CHECK: Check = Check {
    id: "NP-22",
    family: FAMILY,
    title: "A token that another key signed is refused",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    // What an endpoint answers is the same wherever it is read.
    vantages: &Vantage::ALL,
    provenance: stated,
    severest: Level::Fail,
    flips_if: STATED_ALREADY,
    source: include_str!("key_unknown.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    judge(CHECK.id, PROBES, evidence)
}
