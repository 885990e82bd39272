//! Refused strangers do not lock the platform out.
//!
//! # What is required
//!
//! After hundreds of refused requests within the agreed rate a valid notification is accepted.
//!
//! # Why
//!
//! Who locks an endpoint after failed attempts gives a stranger the means to lock it.
//!
//! # How it is judged
//!
//! 500 requests with a wrong value, at the agreed rate, then a valid one. FAIL where that is not
//! accepted. How the wrong ones are answered is not judged here. The platform states nothing of it,
//! so a FAIL is reported as REVIEW.
//!
//! # An example that conforms
//!
//! 500 times 401, then 201.
//!
//! # Sources
//!
//! OWASP Authentication Cheat Sheet (account lockout as denial of service).

use super::probe::{Probe, negative, positive};
use super::probed::Block;
use super::rule::{FAMILY, judge};
use crate::conformance::check::Check;
use crate::conformance::{Evidence, Level, Ruling};
use crate::event::{Expectation, Subject};
use crate::exchange::Vantage;
use crate::profile::{Profile, Provenance};

/// Its probes.
pub(super) const PROBES: &[Probe] = &[
    negative("wrong", Expectation::Shown),
    positive("valid-afterwards", Expectation::Accepted),
];

/// NP-63.
pub const CHECK: Check = Check {
    id: "NP-63",
    family: FAMILY,
    title: "Refused strangers do not lock the platform out",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    // What an endpoint answers is the same wherever it is read.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Inferred,
    severest: Level::Fail,
    flips_if: "the platform says that an endpoint has to stay available",
    source: include_str!("lock_out.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    let block = Block::of(evidence);
    let wrong = block
        .of_check(CHECK.id)
        .filter(|probed| probed.start.probe == "wrong");
    judge(CHECK.id, PROBES, evidence).with("wrong requests before", wrong.count())
}
