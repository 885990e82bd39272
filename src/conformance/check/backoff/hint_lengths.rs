//! Hints of every length are obeyed.
//!
//! # What is required
//!
//! A client waits as long as `Retry-After` asks, whether it asks for two seconds or for five
//! minutes.
//!
//! # Why
//!
//! Many clients shorten hints on purpose: some SDKs to five seconds more than their own wait, some
//! programs to a second where the hint is above five minutes. A test with one short hint does not
//! see that.
//!
//! # How it is judged
//!
//! For each length that the profile names (`hints` and `long-hints`): FAIL where an operation that
//! was refused with 429 and such a hint, in seconds, is tried again more than the tolerance `early`
//! before its time; the longest wait after a hint that was cut is told as the clamp. PASS asks for a
//! retry after each of `hints`; `long-hints` that did not come are told. NOT_EXERCISED where one of
//! `hints` was not delivered, or not followed by a retry.
//!
//! Where the clamp sits: Java, Resilience4j `intervalFunction` ignores the header, so read it in
//! `retryOnResult`; .NET, Polly `DelayGenerator` with `MaxDelay` cuts it; Node, `got` has
//! `retry.maxRetryAfter`; Python, urllib3 `Retry(respect_retry_after_header=True)` does not cut;
//! Go, `hashicorp/go-retryablehttp` takes the header as it is on 429 and 503.
//!
//! # An example that conforms
//!
//! `429` with `Retry-After: 12` ends at 10:02:00; the next attempt starts at 10:02:12.1.
//!
//! # Sources
//!
//! RFC 9110 §10.2.3; smithy-rs retries (the clamp), s3ql#17. That the platform sends `Retry-After`
//! is not public.

use std::collections::BTreeSet;
use std::time::Duration;

use super::hinted::{HintedWaits, shown};
use super::seconds::seconds;
use crate::conformance::check::{Check, Family};
use crate::conformance::wait::HintedWait;
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::Profile;

/// BK-05.
pub const CHECK: Check = Check {
    id: "BK-05",
    family: Family::Backoff,
    title: "Hints of every length are obeyed",
    clauses: &["PO-BACKOFF"],
    subjects: &[Subject::Connector],
    // At the client both ends of the wait are its own; on the way the network only lengthens it.
    vantages: &Vantage::ALL,
    provenance: |profile| profile.throttle.retry_after.provenance,
    severest: Level::Fail,
    flips_if: "the platform confirms that it sends Retry-After",
    source: include_str!("hint_lengths.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let tolerance = profile.tolerances.early.value;
    let short = &profile.backoff.hints.value;
    let long = &profile.backoff.long_hints.value;
    let lengths: BTreeSet<Duration> = short.iter().chain(long).copied().collect();
    let found = HintedWaits::of(evidence, |call, hint| {
        call.status() == Some(429) && hint.coarseness.is_zero() && lengths.contains(&hint.wait)
    });
    let seen: BTreeSet<Duration> = found.waits.iter().map(|wait| wait.hint.wait).collect();
    let missing = |wanted: &[Duration]| -> Vec<String> {
        let missing = wanted.iter().filter(|length| !seen.contains(length));
        missing.map(|length| seconds(*length)).collect()
    };
    let early: Vec<&HintedWait<'_>> = found
        .waits
        .iter()
        .filter(|wait| wait.is_early(tolerance))
        .collect();
    let cut: BTreeSet<Duration> = early.iter().map(|wait| wait.hint.wait).collect();
    let names: Vec<String> = cut.iter().map(|length| seconds(*length)).collect();
    let ruling = match early.iter().max_by_key(|wait| wait.early_by()) {
        Some(worst) => {
            let clamp = early.iter().map(|wait| wait.wait.length).max();
            Ruling::new(
                Level::Fail,
                format!(
                    "{} not obeyed: {}. The longest wait after one of them was {}.",
                    counted(names.len(), "hint length"),
                    names.join(", "),
                    seconds(clamp.unwrap_or_default()),
                ),
            )
            .shown_by(shown(worst))
            .with("clamp found", seconds(clamp.unwrap_or_default()))
        }
        None if !missing(short).is_empty() => Ruling::new(
            Level::NotExercised,
            format!("No retry after a hint of {}.", missing(short).join(", ")),
        ),
        None => Ruling::new(
            Level::Pass,
            format!(
                "{} obeyed: hints of {}.",
                counted(found.waits.len(), "hint"),
                seen.iter()
                    .map(|it| seconds(*it))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        ),
    };
    let untried = missing(long);
    let untried = if untried.is_empty() {
        "none".to_owned()
    } else {
        untried.join(", ")
    };
    ruling
        .with("early tolerance", format!("{} ms", tolerance.as_millis()))
        .with("long hints that did not come", untried)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;

    #[test]
    fn the_lengths_that_did_not_come_are_named_and_the_clamp_is_told() {
        let mut run = Composer::of(Subject::Connector);
        run.throttled("2", Duration::from_secs(2));
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.raw, Level::NotExercised);
        assert_eq!(finding.message, "No retry after a hint of 7 s, 12 s.");
        run.throttled("305", Duration::from_mins(1));
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.raw, Level::Fail);
        assert_eq!(finding.parameters["clamp found"], "60 s");
        assert_eq!(finding.parameters["long hints that did not come"], "65 s");
    }
}
