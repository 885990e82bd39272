//! The name of the agreed header has no case.
//!
//! # What is required
//!
//! The header is found however its name is spelled.
//!
//! # Why
//!
//! Header names are case-insensitive, HTTP/2 sends them in lower case, and gateways rewrite them.
//! An endpoint that looks for one spelling works until somebody puts a proxy in front of it.
//!
//! # How it is judged
//!
//! Three probes: the name in lower, upper and mixed case. Expected is 2xx; FAIL where one is
//! refused. Over HTTP the request is written byte by byte, because HTTP libraries normalise names.
//!
//! Use the look-up of the framework rather than a map of one's own: `request.getHeader` (Java),
//! `Request.Headers["…"]` (.NET), `req.get("…")` (Node: `req.headers` has lower-case keys),
//! `r.Header.Get` (Go).
//!
//! # An example that conforms
//!
//! `X-Notify-Key`, `x-notify-key` and `X-NOTIFY-KEY` with the right value are answered with 201.
//!
//! # Sources
//!
//! RFC 9110 §5.1, RFC 9113 §8.2; `/payments-out/provider-api/get-started/setup` (a provider that
//! supports the notification endpoint validates the API-key header and the Sage ID token).

use super::probe::{Probe, positive};
use super::rule::{FAMILY, STATED_ALREADY, judge, stated};
use crate::conformance::check::Check;
use crate::conformance::{Evidence, Level, Ruling};
use crate::event::{Expectation, Subject};
use crate::exchange::Vantage;
use crate::profile::Profile;

/// Its probes.
pub(super) const PROBES: &[Probe] = &[
    positive("lower", Expectation::Accepted),
    positive("upper", Expectation::Accepted),
    positive("mixed", Expectation::Accepted),
];

/// NP-04.
pub const CHECK: Check = Check {
    id: "NP-04",
    family: FAMILY,
    title: "The name of the agreed header has no case",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    // What an endpoint answers is the same wherever it is read.
    vantages: &Vantage::ALL,
    provenance: stated,
    severest: Level::Fail,
    flips_if: STATED_ALREADY,
    source: include_str!("header_name_case.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    judge(CHECK.id, PROBES, evidence)
}
