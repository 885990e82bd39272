//! How long a wrong value is compared.
//!
//! # What is required
//!
//! Nothing: this measures.
//!
//! # Why
//!
//! A comparison that stops at the first wrong character tells by its time how far a guess was
//! right.
//!
//! # How it is judged
//!
//! INFO: the medians of the answers to 50 values whose first character is wrong, and 50 whose last
//! one is. Over a network a difference below a millisecond says nothing; compare in constant time
//! all the same (NP-02 says how).
//!
//! # An example that conforms
//!
//! 1.21 ms and 1.20 ms.
//!
//! # Sources
//!
//! RFC 8725 §3.2 by analogy; `/payments-out/provider-api/get-started/setup` (a provider that
//! supports the notification endpoint validates the API-key header and the Sage ID token).

use super::probe::{Probe, negative};
use super::probed::Block;
use super::rule::{FAMILY, judge};
use crate::conformance::check::Check;
use crate::conformance::{Evidence, Level, Ruling};
use crate::event::{Expectation, Subject};
use crate::exchange::Vantage;
use crate::profile::{Profile, Provenance};

/// Its probes.
pub(super) const PROBES: &[Probe] = &[
    negative("first-wrong", Expectation::Shown),
    negative("last-wrong", Expectation::Shown),
];

/// NP-62.
pub const CHECK: Check = Check {
    id: "NP-62",
    family: FAMILY,
    title: "How long a wrong value is compared",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    // What an endpoint answers is the same wherever it is read.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Assumed,
    severest: Level::Info,
    flips_if: "it only measures",
    source: include_str!("timing.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    let block = Block::of(evidence);
    let (Some(first), Some(last)) = (median(&block, "first-wrong"), median(&block, "last-wrong"))
    else {
        // Says why there are none.
        return judge(CHECK.id, PROBES, evidence);
    };
    let message = format!(
        "A value that is wrong at its first character is refused in {first} µs, one that is wrong \
         at its last in {last} µs (medians)."
    );
    Ruling::new(Level::Info, message)
        .with("first character wrong", format!("{first} µs"))
        .with("last character wrong", format!("{last} µs"))
        .with("samples", block.of_check(CHECK.id).count())
}

/// The median time to the answer, in microseconds.
fn median(block: &Block<'_>, probe: &str) -> Option<i128> {
    let mut times: Vec<i128> = block
        .of_check(CHECK.id)
        .filter(|probed| probed.start.probe == probe)
        .filter_map(|probed| {
            let timing = &probed.calls.last()?.exchange.timing;
            let time = timing.response_first.duration_since(timing.request_first);
            Some(time.as_micros())
        })
        .collect();
    times.sort_unstable();
    times.get(times.len() / 2).copied()
}
