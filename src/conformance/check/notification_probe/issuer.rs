//! A token of another issuer is refused.
//!
//! # What is required
//!
//! `iss` is exactly the issuer that was agreed.
//!
//! # Why
//!
//! One key set can serve several issuers, and a sandbox and a production often share one. A token
//! of the wrong one is genuine, and not for here.
//!
//! # How it is judged
//!
//! Four probes, each signed by the right key: another issuer, none, the right one with its last
//! slash added or removed, and the one of the other environment. Expected is 401. FAIL where a
//! probe is accepted (2xx), answered with 5xx or 3xx, left without an answer for longer than the
//! platform waits, or refused and yet had an effect. Another 4xx than the one that is expected is
//! WARN. A refusal counts only in a block whose controls were accepted before and after.
//!
//! # An example that conforms
//!
//! A token with `iss` without its slash is answered with 401.
//!
//! # Sources
//!
//! RFC 8725 §3.8, RFC 7519 §4.1.1; `/payments-out/provider-api/get-started/setup` (a provider that
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
    negative("another", Expectation::Refused),
    negative("absent", Expectation::Refused),
    negative("slash", Expectation::Refused),
    negative("other-environment", Expectation::Refused),
];

/// NP-40.
pub const CHECK: Check = Check {
    id: "NP-40",
    family: FAMILY,
    title: "A token of another issuer is refused",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    // What an endpoint answers is the same wherever it is read.
    vantages: &Vantage::ALL,
    provenance: stated,
    severest: Level::Fail,
    flips_if: STATED_ALREADY,
    source: include_str!("issuer.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    judge(CHECK.id, PROBES, evidence)
}
