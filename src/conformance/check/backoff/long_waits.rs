//! How long the longest wait is.
//!
//! # What is required
//!
//! Nothing: no single wait is a fault for being long. Whether the work goes on is BK-13's question.
//!
//! # Why
//!
//! A hint is a lower bound, and load on a machine only makes waits longer. Harnesses that failed a
//! client for waiting too long failed it for being busy.
//!
//! # How it is judged
//!
//! INFO only: the longest wait after a hint beyond what it asked for, and the longest wait without
//! one.
//!
//! # An example that conforms
//!
//! `Retry-After: 2`, and the next attempt 2.4 s later.
//!
//! # Sources
//!
//! RFC 9110 §10.2.3; modelcontextprotocol/conformance#375, which took the late side out of its own
//! rule.

use std::time::Duration;

use super::hinted::HintedWaits;
use super::seconds::seconds;
use crate::conformance::check::{Check, Family};
use crate::conformance::wait::Wait;
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling};
use crate::event::Subject;
use crate::exchange::{Vantage, between};
use crate::profile::{Profile, Provenance};

/// BK-18.
pub const CHECK: Check = Check {
    id: "BK-18",
    family: Family::Backoff,
    title: "How long the longest wait is",
    clauses: &["PO-BACKOFF"],
    subjects: &[Subject::Connector],
    // It measures.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Assumed,
    severest: Level::Info,
    flips_if: "it never does: it only measures",
    source: include_str!("long_waits.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _profile: &Profile) -> Ruling {
    let hinted = HintedWaits::of(evidence, |call, _| call.is_throttled());
    let beyond = hinted
        .waits
        .iter()
        .map(|wait| between(wait.earliest, wait.wait.next.began()))
        .max();
    let groups = evidence.groups();
    let own: Vec<Duration> = groups
        .iter()
        .flat_map(|group| (0..group.len()).filter_map(|place| Wait::after(group, place)))
        .filter(|wait| wait.refused.status() == Some(429) && wait.refused.hint().is_none())
        .map(|wait| wait.length)
        .collect();
    let told = |longest: Option<Duration>| longest.map_or("none".to_owned(), seconds);
    Ruling::new(
        Level::Info,
        format!(
            "{} with a hint, {} without.",
            counted(hinted.waits.len(), "wait"),
            own.len()
        ),
    )
    .with("longest beyond its hint", told(beyond))
    .with("longest without a hint", told(own.iter().copied().max()))
}
