//! A notification without the agreed header is refused.
//!
//! # What is required
//!
//! The header whose name and value the provider chose is there, and says something.
//!
//! # Why
//!
//! Name and value are what the provider itself asked for to tell the platform from anybody else. An
//! endpoint that does not miss them has no key at its door.
//!
//! # How it is judged
//!
//! Three probes: the header left out, empty, and a value of spaces. Expected is 401. FAIL where a
//! probe is accepted (2xx), answered with 5xx or 3xx, left without an answer for longer than the
//! platform waits, or refused and yet had an effect. Another 4xx than the one that is expected is
//! WARN. A refusal counts only in a block whose controls were accepted before and after.
//!
//! A common cause of a FAIL is a comparison that both sides lose: `expected.equals(given)` with an
//! unset configuration value is true for an empty header. Refuse to start without a configured
//! value.
//!
//! # An example that conforms
//!
//! `POST /notifications` without `x-notify-key` is answered with 401, an empty body, and nothing is
//! stored.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/setup` (a provider that supports the notification
//! endpoint validates the API-key header and the Sage ID token); RFC 9110 §15.5.2.

use super::probe::{Probe, negative};
use super::rule::{FAMILY, STATED_ALREADY, judge, stated};
use crate::conformance::check::Check;
use crate::conformance::{Evidence, Level, Ruling};
use crate::event::{Expectation, Subject};
use crate::exchange::Vantage;
use crate::profile::Profile;

/// Its probes.
pub(super) const PROBES: &[Probe] = &[
    negative("missing", Expectation::Refused),
    negative("empty", Expectation::Refused),
    negative("spaces", Expectation::Refused),
];

/// NP-01.
pub const CHECK: Check = Check {
    id: "NP-01",
    family: FAMILY,
    title: "A notification without the agreed header is refused",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    // What an endpoint answers is the same wherever it is read.
    vantages: &Vantage::ALL,
    provenance: stated,
    severest: Level::Fail,
    flips_if: STATED_ALREADY,
    source: include_str!("header_missing.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    judge(CHECK.id, PROBES, evidence)
}
