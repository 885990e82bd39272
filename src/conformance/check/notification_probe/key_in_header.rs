//! A key that comes with the token is not believed.
//!
//! # What is required
//!
//! The headers `jwk`, `jku` and `x5u` of a token change nothing, and no address in them is called.
//!
//! # Why
//!
//! Who may name the key may sign. Who may name an address may have the endpoint call whom they
//! like, inside its own network too.
//!
//! # How it is judged
//!
//! Three probes, each signed by a stranger: the public key in `jwk`, a key set of ours at `jku`,
//! one at `x5u`. Expected is 401, and no request to those addresses. FAIL where a probe is accepted
//! (2xx), answered with 5xx or 3xx, left without an answer for longer than the platform waits, or
//! refused and yet had an effect. Another 4xx than the one that is expected is WARN. A refusal
//! counts only in a block whose controls were accepted before and after. They need no key of the
//! platform.
//!
//! # An example that conforms
//!
//! All are answered with 401, and the listener behind `jku` hears nothing.
//!
//! # Sources
//!
//! RFC 8725 §3.10, RFC 7515 §4.1.2 to §4.1.5; `/payments-out/provider-api/get-started/setup` (a
//! provider that supports the notification endpoint validates the API-key header and the Sage ID
//! token).

use super::probe::{Probe, negative};
use super::rule::{FAMILY, STATED_ALREADY, judge, stated};
use crate::conformance::check::Check;
use crate::conformance::{Evidence, Level, Ruling};
use crate::event::{Expectation, Subject};
use crate::exchange::Vantage;
use crate::profile::Profile;

/// Its probes.
pub(super) const PROBES: &[Probe] = &[
    negative("jwk", Expectation::Refused),
    negative("jku", Expectation::Refused),
    negative("x5u", Expectation::Refused),
];

/// NP-24.
pub const CHECK: Check = Check {
    id: "NP-24",
    family: FAMILY,
    title: "A key that comes with the token is not believed",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    // What an endpoint answers is the same wherever it is read.
    vantages: &Vantage::ALL,
    provenance: stated,
    severest: Level::Fail,
    flips_if: STATED_ALREADY,
    source: include_str!("key_in_header.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    judge(CHECK.id, PROBES, evidence)
}
