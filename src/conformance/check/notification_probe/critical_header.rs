//! A critical header that is not understood refuses the token.
//!
//! # What is required
//!
//! A token whose `crit` names an extension that the endpoint does not know is refused.
//!
//! # Why
//!
//! `crit` is how an issuer says that a token means something else to whoever does not know the
//! extension.
//!
//! # How it is judged
//!
//! One probe: a right signature over a header with `crit` and an extension that does not exist.
//! Expected is 401. FAIL where a probe is accepted (2xx), answered with 5xx or 3xx, left without an
//! answer for longer than the platform waits, or refused and yet had an effect. Another 4xx than
//! the one that is expected is WARN. A refusal counts only in a block whose controls were accepted
//! before and after.
//!
//! Some libraries leave `crit` to the caller (older golang-jwt and jsonwebtoken): refuse any token
//! that has it.
//!
//! # An example that conforms
//!
//! `"crit":["urn:example:unknown"]` is answered with 401.
//!
//! # Sources
//!
//! RFC 7515 §4.1.11; `/payments-out/provider-api/get-started/setup` (a provider that supports the
//! notification endpoint validates the API-key header and the Sage ID token).

use super::probe::{Probe, negative};
use super::rule::{FAMILY, STATED_ALREADY, judge, stated};
use crate::conformance::check::Check;
use crate::conformance::{Evidence, Level, Ruling};
use crate::event::{Expectation, Subject};
use crate::exchange::Vantage;
use crate::profile::Profile;

/// Its probes.
pub(super) const PROBES: &[Probe] = &[negative("unknown-extension", Expectation::Refused)];

/// NP-25.
pub const CHECK: Check = Check {
    id: "NP-25",
    family: FAMILY,
    title: "A critical header that is not understood refuses the token",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    // What an endpoint answers is the same wherever it is read.
    vantages: &Vantage::ALL,
    provenance: stated,
    severest: Level::Fail,
    flips_if: STATED_ALREADY,
    source: include_str!("critical_header.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    judge(CHECK.id, PROBES, evidence)
}
