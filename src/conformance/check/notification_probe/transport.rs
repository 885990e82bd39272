//! The endpoint speaks TLS 1.2 or later, and nothing else.
//!
//! # What is required
//!
//! A notification over plain HTTP is not served, and a handshake under TLS 1.1 is broken off.
//!
//! # Why
//!
//! Header and token are bearer credentials: whoever reads them has them.
//!
//! # How it is judged
//!
//! Two probes of an `https` endpoint: the same request to the same port without TLS, and the
//! greeting of a client that speaks TLS 1.1 at most. FAIL where the first is answered with 2xx or
//! the server goes on with the second. NOT_APPLICABLE for an endpoint on this machine without TLS.
//! That notifications come over TLS is not stated, so this is INFO at most.
//!
//! # An example that conforms
//!
//! The plain request is answered with 400, the handshake with the alert `protocol_version`.
//!
//! # Sources
//!
//! RFC 8996 (TLS 1.1 is deprecated), RFC 6750 §5.3.

use super::probe::{Probe, negative};
use super::rule::{FAMILY, judge};
use crate::conformance::check::Check;
use crate::conformance::{Evidence, Level, Ruling};
use crate::event::{Expectation, Subject};
use crate::exchange::Vantage;
use crate::profile::{Profile, Provenance};

/// Its probes.
pub(super) const PROBES: &[Probe] = &[
    negative("plain", Expectation::NotServed),
    negative("tls-1.1", Expectation::NotServed),
];

/// NP-61.
pub const CHECK: Check = Check {
    id: "NP-61",
    family: FAMILY,
    title: "The endpoint speaks TLS 1.2 or later, and nothing else",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    // What an endpoint answers is the same wherever it is read.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Assumed,
    severest: Level::Fail,
    flips_if: "the platform says which versions of TLS are required",
    source: include_str!("transport.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    judge(CHECK.id, PROBES, evidence)
}
