//! A token from the future is refused.
//!
//! # What is required
//!
//! `nbf` does not lie ahead, but for some leeway; `iat` neither.
//!
//! # Why
//!
//! A token that is not valid yet was made for another moment, or by somebody whose clock cannot be
//! trusted.
//!
//! # How it is judged
//!
//! Three probes: `nbf` 10 min ahead, `iat` 10 min ahead, and `iat` a week ago with `exp` still
//! ahead. Expected is 401. FAIL where a probe is accepted (2xx), answered with 5xx or 3xx, left
//! without an answer for longer than the platform waits, or refused and yet had an effect. Another
//! 4xx than the one that is expected is WARN. A refusal counts only in a block whose controls were
//! accepted before and after. `iat` ahead is reported as WARN at most, because RFC 7519 asks nobody
//! to look at it and most libraries do not (PyJWT does); the old token that is accepted is WARN.
//!
//! # An example that conforms
//!
//! All three are answered with 401.
//!
//! # Sources
//!
//! RFC 7519 §4.1.5, §4.1.6; `/payments-out/provider-api/get-started/setup` (a provider that
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
    negative("not-before-ahead", Expectation::Refused),
    negative("issued-ahead", Expectation::Refused),
    negative("issued-long-ago", Expectation::RefusedIdeally),
];

/// NP-32.
pub const CHECK: Check = Check {
    id: "NP-32",
    family: FAMILY,
    title: "A token from the future is refused",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    // What an endpoint answers is the same wherever it is read.
    vantages: &Vantage::ALL,
    provenance: stated,
    severest: Level::Fail,
    flips_if: STATED_ALREADY,
    source: include_str!("not_yet_valid.rs"),
    rule,
};

/// What becomes of `iat` is nobody's must.
const FLIPS_IF: &str = "the platform says that tokens from the future have to be refused";

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    let strict: Vec<Probe> = PROBES
        .iter()
        .filter(|probe| probe.name != "issued-ahead")
        .copied()
        .collect();
    let ruling = judge(CHECK.id, PROBES, evidence);
    let without = judge(CHECK.id, &strict, evidence);
    match (ruling.level, without.level) {
        (Level::Fail, Level::Fail) => without,
        (Level::Fail, _) => ruling.at_most(Level::Warn, FLIPS_IF),
        _ => ruling,
    }
}
