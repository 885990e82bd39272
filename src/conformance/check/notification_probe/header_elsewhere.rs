//! The value counts in its header only.
//!
//! # What is required
//!
//! The agreed value is looked for in the agreed header, not in the query and not in cookies.
//!
//! # Why
//!
//! URLs stand in the logs of every proxy; cookies are sent by browsers without being asked. A value
//! that counts there leaks there.
//!
//! # How it is judged
//!
//! Two probes without the header: the value as a query parameter of its name, and as a cookie of
//! its name. Expected is 401. FAIL where a probe is accepted (2xx), answered with 5xx or 3xx, left
//! without an answer for longer than the platform waits, or refused and yet had an effect. Another
//! 4xx than the one that is expected is WARN. A refusal counts only in a block whose controls were
//! accepted before and after.
//!
//! Frameworks that bind parameters by name from wherever they find them are the usual cause.
//!
//! # An example that conforms
//!
//! `POST /notifications?x-notify-key=…` without the header is answered with 401.
//!
//! # Sources
//!
//! RFC 6750 §2.3 by analogy; `/payments-out/provider-api/get-started/setup` (a provider that
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
    negative("query", Expectation::Refused),
    negative("cookie", Expectation::Refused),
];

/// NP-06.
pub const CHECK: Check = Check {
    id: "NP-06",
    family: FAMILY,
    title: "The value counts in its header only",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    // What an endpoint answers is the same wherever it is read.
    vantages: &Vantage::ALL,
    provenance: stated,
    severest: Level::Fail,
    flips_if: STATED_ALREADY,
    source: include_str!("header_elsewhere.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    judge(CHECK.id, PROBES, evidence)
}
