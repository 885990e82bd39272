//! A token without a signature is refused.
//!
//! # What is required
//!
//! `alg: none` is no algorithm, however it is spelled.
//!
//! # Why
//!
//! The oldest hole of JWT libraries: a token that says of itself that it is unsigned is believed.
//!
//! # How it is judged
//!
//! Four probes: `none`, `None`, `nOnE`, each with an empty signature, and `RS256` with an empty
//! signature. Expected is 401. FAIL where a probe is accepted (2xx), answered with 5xx or 3xx, left
//! without an answer for longer than the platform waits, or refused and yet had an effect. Another
//! 4xx than the one that is expected is WARN. A refusal counts only in a block whose controls were
//! accepted before and after. They need no key of the platform.
//!
//! Name the algorithm that is accepted rather than those that are not: jose4j
//! `setJwsAlgorithmConstraints`, Nimbus `JWSVerificationKeySelector(RS256, …)`, .NET
//! `ValidAlgorithms`, jsonwebtoken `{algorithms: ["RS256"]}`, PyJWT `algorithms=["RS256"]`,
//! golang-jwt `WithValidMethods`.
//!
//! # An example that conforms
//!
//! Each is answered with 401.
//!
//! # Sources
//!
//! RFC 8725 §3.1, §3.2; `/payments-out/provider-api/get-started/setup` (a provider that supports
//! the notification endpoint validates the API-key header and the Sage ID token).

use super::probe::{Probe, negative};
use super::rule::{FAMILY, STATED_ALREADY, judge, stated};
use crate::conformance::check::Check;
use crate::conformance::{Evidence, Level, Ruling};
use crate::event::{Expectation, Subject};
use crate::exchange::Vantage;
use crate::profile::Profile;

/// Its probes.
pub(super) const PROBES: &[Probe] = &[
    negative("none", Expectation::Refused),
    negative("capitalised", Expectation::Refused),
    negative("mixed", Expectation::Refused),
    negative("empty-signature", Expectation::Refused),
];

/// NP-20.
pub const CHECK: Check = Check {
    id: "NP-20",
    family: FAMILY,
    title: "A token without a signature is refused",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    // What an endpoint answers is the same wherever it is read.
    vantages: &Vantage::ALL,
    provenance: stated,
    severest: Level::Fail,
    flips_if: STATED_ALREADY,
    source: include_str!("algorithm_none.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    judge(CHECK.id, PROBES, evidence)
}
