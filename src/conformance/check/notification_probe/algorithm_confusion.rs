//! A published key is no shared secret.
//!
//! # What is required
//!
//! A token under `HS256` is refused, whatever its secret.
//!
//! # Why
//!
//! A library that takes the algorithm from the token and the key from the configuration verifies an
//! HMAC whose secret is the public key, which everybody knows.
//!
//! # How it is judged
//!
//! Two probes: `HS256` with the text of the issuer's public key (PEM) as the secret, and with its
//! modulus as in the key set. Expected is 401. FAIL where a probe is accepted (2xx), answered with
//! 5xx or 3xx, left without an answer for longer than the platform waits, or refused and yet had an
//! effect. Another 4xx than the one that is expected is WARN. A refusal counts only in a block
//! whose controls were accepted before and after.
//!
//! # An example that conforms
//!
//! Both are answered with 401.
//!
//! # Sources
//!
//! RFC 8725 §2.1, §3.1; `/payments-out/provider-api/get-started/setup` (a provider that supports
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
    negative("pem", Expectation::Refused),
    negative("modulus", Expectation::Refused),
];

/// NP-23.
pub const CHECK: Check = Check {
    id: "NP-23",
    family: FAMILY,
    title: "A published key is no shared secret",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    // What an endpoint answers is the same wherever it is read.
    vantages: &Vantage::ALL,
    provenance: stated,
    severest: Level::Fail,
    flips_if: STATED_ALREADY,
    source: include_str!("algorithm_confusion.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    judge(CHECK.id, PROBES, evidence)
}
