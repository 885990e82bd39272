//! An expired token is refused.
//!
//! # What is required
//!
//! `exp` is required, is a number, and lies ahead, but for some leeway.
//!
//! # Why
//!
//! A token that never ends is a password that nobody can change.
//!
//! # How it is judged
//!
//! Five probes: expired 61 s, 10 min and a day ago, without `exp`, and `exp` as a text. Expected is
//! 401. FAIL where a probe is accepted (2xx), answered with 5xx or 3xx, left without an answer for
//! longer than the platform waits, or refused and yet had an effect. Another 4xx than the one that
//! is expected is WARN. A refusal counts only in a block whose controls were accepted before and
//! after. A token that expired 61 s ago and is accepted is WARN only: RFC 7519 allows a leeway of a
//! few minutes, and .NET takes five by default (`ClockSkew`); one minute is plenty.
//!
//! # An example that conforms
//!
//! All five are answered with 401.
//!
//! # Sources
//!
//! RFC 7519 §4.1.4, RFC 9068 §4; `/payments-out/provider-api/get-started/setup` (a provider that
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
    negative("a-minute", Expectation::RefusedIdeally),
    negative("ten-minutes", Expectation::Refused),
    negative("a-day", Expectation::Refused),
    negative("absent", Expectation::Refused),
    negative("text", Expectation::Refused),
];

/// NP-30.
pub const CHECK: Check = Check {
    id: "NP-30",
    family: FAMILY,
    title: "An expired token is refused",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    // What an endpoint answers is the same wherever it is read.
    vantages: &Vantage::ALL,
    provenance: stated,
    severest: Level::Fail,
    flips_if: STATED_ALREADY,
    source: include_str!("expired.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    judge(CHECK.id, PROBES, evidence)
}
