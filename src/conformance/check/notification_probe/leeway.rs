//! The leeway of an expiry is a few minutes at most.
//!
//! # What is required
//!
//! A token is not accepted more than five minutes after its end.
//!
//! # Why
//!
//! Clocks differ by seconds; a leeway of hours is a longer life.
//!
//! # How it is judged
//!
//! Five probes: expired 1, 5, 30, 120 and 330 s ago. The leeway found is a parameter of the
//! finding, and says nothing against anybody; FAIL where the last one is accepted. The limit is the
//! profile's `probe.longest-leeway`.
//!
//! # An example that conforms
//!
//! Accepted 5 s after the end, refused 30 s after it: a leeway of 5 to 30 s.
//!
//! # Sources
//!
//! RFC 7519 §4.1.4 ("some small leeway, usually no more than a few minutes");
//! `/payments-out/provider-api/get-started/setup` (a provider that supports the notification
//! endpoint validates the API-key header and the Sage ID token).

use super::probe::{Probe, negative, positive};
use super::probed::Block;
use super::rule::{FAMILY, judge};
use crate::conformance::check::Check;
use crate::conformance::{Evidence, Level, Ruling};
use crate::event::{Expectation, Subject};
use crate::exchange::Vantage;
use crate::profile::Profile;

/// Its probes.
pub(super) const PROBES: &[Probe] = &[
    positive("1s", Expectation::AcceptedOrRefused),
    positive("5s", Expectation::AcceptedOrRefused),
    positive("30s", Expectation::AcceptedOrRefused),
    positive("120s", Expectation::AcceptedOrRefused),
    negative("beyond", Expectation::Refused),
];

/// NP-31.
pub const CHECK: Check = Check {
    id: "NP-31",
    family: FAMILY,
    title: "The leeway of an expiry is a few minutes at most",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    // What an endpoint answers is the same wherever it is read.
    vantages: &Vantage::ALL,
    provenance: |profile| profile.probe.longest_leeway.provenance,
    severest: Level::Fail,
    flips_if: "the platform names the leeway that it allows",
    source: include_str!("leeway.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let ruling = judge(CHECK.id, PROBES, evidence);
    let block = Block::of(evidence);
    let accepted: Vec<&str> = block
        .of_check(CHECK.id)
        .filter(|probed| probed.calls.last().is_some_and(|call| call.succeeded()))
        .map(|probed| probed.start.probe.as_str())
        .collect();
    let found = PROBES
        .iter()
        .rev()
        .find(|probe| accepted.contains(&probe.name))
        .map_or("less than 1s", |probe| probe.name);
    let longest = profile.probe.longest_leeway.value.as_secs();
    ruling
        .with("leeway found", found)
        .with("longest leeway", format!("{longest} s"))
}
