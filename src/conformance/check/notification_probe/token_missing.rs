//! A notification without a bearer token is refused with a challenge.
//!
//! # What is required
//!
//! The token in `Authorization` is required; a refusal names the scheme in `WWW-Authenticate`.
//!
//! # Why
//!
//! Header and token are two proofs. An endpoint that asks for the token only where there is one
//! asks for none.
//!
//! # How it is judged
//!
//! Four probes with the right header: no `Authorization`, `Bearer` without a token, the scheme
//! `Basic`, and a token that is no token. Expected is 401 with `WWW-Authenticate`; WARN without the
//! challenge. FAIL where a probe is accepted (2xx), answered with 5xx or 3xx, left without an
//! answer for longer than the platform waits, or refused and yet had an effect. Another 4xx than
//! the one that is expected is WARN. A refusal counts only in a block whose controls were accepted
//! before and after. These need no token of the platform, so they are sent to an endpoint that
//! trusts no test issuer too.
//!
//! # An example that conforms
//!
//! A request without `Authorization` is answered with 401 and `WWW-Authenticate: Bearer`.
//!
//! # Sources
//!
//! RFC 6750 §3, RFC 9110 §15.5.2; `/payments-out/provider-api/get-started/setup` (a provider that
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
    negative("missing", Expectation::Challenged),
    negative("empty", Expectation::Challenged),
    negative("basic", Expectation::Challenged),
    negative("garbage", Expectation::Challenged),
];

/// NP-10.
pub const CHECK: Check = Check {
    id: "NP-10",
    family: FAMILY,
    title: "A notification without a bearer token is refused with a challenge",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    // What an endpoint answers is the same wherever it is read.
    vantages: &Vantage::ALL,
    provenance: stated,
    severest: Level::Fail,
    flips_if: STATED_ALREADY,
    source: include_str!("token_missing.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    judge(CHECK.id, PROBES, evidence)
}
