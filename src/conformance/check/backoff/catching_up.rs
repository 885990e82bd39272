//! What has queued up is not sent all at once.
//!
//! # What is required
//!
//! When throttling is over, the work that has queued up is sent at the agreed rate.
//!
//! # Why
//!
//! Everybody's queues are full when a platform comes back. If all are emptied at once it is gone
//! again.
//!
//! # How it is judged
//!
//! As BK-15, over the time `catching-up` from the first success after each scripted throttling:
//! FAIL where a request comes before its turn. NOT_EXERCISED where fewer requests came in that time
//! than ten seconds' worth of the agreed rate.
//!
//! # An example that conforms
//!
//! Throttling ends with thirty batches waiting; their 150 requests are sent within 16 s.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/setup` (10 requests a second). The size of a burst is not
//! public: one second's worth is taken.

use super::agreed_rate::{Excess, excesses};
use super::scope::limit;
use super::seconds::seconds;
use super::spell::Spell;
use crate::base::{Timestamp, later, time_of_day};
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::history::Call;
use crate::profile::Profile;

/// BK-14.
pub const CHECK: Check = Check {
    id: "BK-14",
    family: Family::Backoff,
    title: "What has queued up is not sent all at once",
    clauses: &["PO-RATE", "PO-BACKOFF"],
    subjects: &[Subject::Connector],
    // As BK-15.
    vantages: &[Vantage::Mock, Vantage::Client],
    provenance: |profile| profile.rate.provenance,
    severest: Level::Fail,
    flips_if: "the commercial team confirms this rate",
    source: include_str!("catching_up.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let (rate, burst) = (profile.rate.value, profile.burst.value);
    let tolerance = profile.tolerances.rate_bunching.value;
    let watched = profile.backoff.catching_up.value;
    let needed = (10.0 * rate).ceil();
    let queues: Vec<Vec<&Call<'_>>> = Spell::all(evidence)
        .iter()
        .filter_map(|spell| after(evidence, profile, spell))
        .map(|(from, calls)| {
            let until = later(from, watched);
            let in_time = |call: &&Call<'_>| call.began() >= from && call.began() <= until;
            calls.into_iter().filter(in_time).collect()
        })
        .collect();
    let most = queues.iter().map(Vec::len).max().unwrap_or_default();
    let over: Vec<Excess<'_>> = queues
        .iter()
        .flat_map(|calls| excesses(calls, rate, burst, tolerance.as_secs_f64()))
        .collect();
    let ruling = match over.iter().max_by_key(|excess| excess.early_by()) {
        Some(worst) => Ruling::new(
            Level::Fail,
            format!(
                "{} in excess of {rate} a second with a burst of {burst} within {} after \
                 throttling; the worst came {} ms before its turn.",
                counted(over.len(), "request"),
                seconds(watched),
                worst.early_by().as_millis()
            ),
        )
        .shown_by(Witness::of([worst.call.place()]).with_margin(format!(
            "{} ms early; its turn was {}",
            worst.early_by().as_millis(),
            time_of_day(worst.turn)
        ))),
        None if (most as f64) < needed => Ruling::new(
            Level::NotExercised,
            format!(
                "{} within {} after throttling; {needed} are needed to show that the rate is kept.",
                counted(most, "request"),
                seconds(watched)
            ),
        ),
        None => Ruling::new(
            Level::Pass,
            format!(
                "{} within {} after throttling, at no more than {rate} a second.",
                counted(most, "request"),
                seconds(watched)
            ),
        ),
    };
    ruling
        .with(
            "rate",
            format!("{rate} a second ({})", profile.rate.provenance),
        )
        .with("burst", format!("{burst} ({})", profile.burst.provenance))
        .with(
            "bunching tolerance",
            format!("{} ms", tolerance.as_millis()),
        )
}

/// When the first request after a spell succeeded, and the requests against the same limit.
fn after<'e>(
    evidence: &'e Evidence<'_>,
    profile: &Profile,
    spell: &Spell,
) -> Option<(Timestamp, Vec<&'e Call<'e>>)> {
    let first = evidence
        .provider_calls()
        .filter(|call| call.endpoint.operation == spell.operation)
        .filter(|call| call.began() >= spell.end && call.succeeded())
        .min_by_key(|call| (call.began(), call.sequence))?;
    let calls = evidence
        .provider_calls()
        .filter(|call| limit(call, profile) == limit(first, profile));
    Some((first.began(), calls.collect()))
}
