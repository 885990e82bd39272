//! A wrong value of the agreed header is refused.
//!
//! # What is required
//!
//! The value of the agreed header is the agreed value, all of it and nothing more.
//!
//! # Why
//!
//! Comparisons by prefix, by length or by "contains" let through whoever knows or guesses a part.
//!
//! # How it is judged
//!
//! Five probes: another value, one character changed at the same length, a prefix, a suffix added,
//! and a value as another provider would have it. Expected is 401. FAIL where a probe is accepted
//! (2xx), answered with 5xx or 3xx, left without an answer for longer than the platform waits, or
//! refused and yet had an effect. Another 4xx than the one that is expected is WARN. A refusal
//! counts only in a block whose controls were accepted before and after.
//!
//! Compare all bytes in constant time: Java `MessageDigest.isEqual`, .NET
//! `CryptographicOperations.FixedTimeEquals`, Node `crypto.timingSafeEqual` (of digests, so that
//! lengths agree), Python `hmac.compare_digest`, Go `subtle.ConstantTimeCompare`.
//!
//! # An example that conforms
//!
//! The agreed value with its last character changed is answered with 401.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/setup` (a provider that supports the notification
//! endpoint validates the API-key header and the Sage ID token).

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
    negative("one-character-changed", Expectation::Refused),
    negative("prefix", Expectation::Refused),
    negative("suffix-added", Expectation::Refused),
    negative("of-another-provider", Expectation::Refused),
];

/// NP-02.
pub const CHECK: Check = Check {
    id: "NP-02",
    family: FAMILY,
    title: "A wrong value of the agreed header is refused",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    // What an endpoint answers is the same wherever it is read.
    vantages: &Vantage::ALL,
    provenance: stated,
    severest: Level::Fail,
    flips_if: STATED_ALREADY,
    source: include_str!("header_value.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    judge(CHECK.id, PROBES, evidence)
}
