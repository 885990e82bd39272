//! A token for somebody else is refused.
//!
//! # What is required
//!
//! `aud` names this endpoint, alone or among others.
//!
//! # Why
//!
//! Whoever is sent a token could send it on: without an audience, every other recipient of the
//! platform's tokens can speak in its name.
//!
//! # How it is judged
//!
//! Four probes, each signed by the right key: another audience, none, a list without this endpoint,
//! and a list with it. Expected is 401, for the last 2xx. FAIL where a probe is accepted (2xx),
//! answered with 5xx or 3xx, left without an answer for longer than the platform waits, or refused
//! and yet had an effect. Another 4xx than the one that is expected is WARN. A refusal counts only
//! in a block whose controls were accepted before and after.
//!
//! A list is a list: compare its members, never its text.
//!
//! # An example that conforms
//!
//! `"aud":["someone","else"]` is answered with 401, `"aud":["someone","us"]` with 201.
//!
//! # Sources
//!
//! RFC 8725 §3.9, RFC 7519 §4.1.3; `/payments-out/provider-api/get-started/setup` (a provider that
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
    negative("another", Expectation::Refused),
    negative("absent", Expectation::Refused),
    negative("list-without", Expectation::Refused),
    positive("list-with", Expectation::Accepted),
];

/// NP-41.
pub const CHECK: Check = Check {
    id: "NP-41",
    family: FAMILY,
    title: "A token for somebody else is refused",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    // What an endpoint answers is the same wherever it is read.
    vantages: &Vantage::ALL,
    provenance: stated,
    severest: Level::Fail,
    flips_if: STATED_ALREADY,
    source: include_str!("audience.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    judge(CHECK.id, PROBES, evidence)
}
