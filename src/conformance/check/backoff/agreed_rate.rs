//! Requests keep to the agreed rate.
//!
//! # What is required
//!
//! A credential does not send more requests to the Provider API than was agreed: 10 a second
//! unless the commercial team agreed otherwise.
//!
//! # Why
//!
//! Above the rate the platform throttles; a client that leaves it to the platform to say so spends
//! its own time on being refused.
//!
//! # How it is judged
//!
//! The exact generic cell rate algorithm over the beginnings of the requests of each credential,
//! rate and burst from the profile: a request is in excess if it comes more than the tolerance
//! `rate-bunching` before its turn. FAIL if any is, with the worst as witness; how many would be in
//! excess if nothing at all might come at once is told as a parameter. Exchanges of steps that
//! exceed the rate on purpose are left out. NOT_EXERCISED where no credential sent ten seconds' worth
//! of the rate: fewer do not show that the rate is kept.
//!
//! # An example that conforms
//!
//! 150 requests, none earlier than 100 ms after the one before.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/setup` (10 requests a second); the algorithm is that of
//! ITU-T I.371. The size of a burst is not public: one second's worth is taken.

use std::collections::BTreeMap;

use crate::base::{Timestamp, time_of_day};
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{counted, left_out};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::{Provocation, Subject};
use crate::exchange::{Vantage, between};
use crate::history::Call;
use crate::profile::Profile;

/// BK-15.
pub const CHECK: Check = Check {
    id: "BK-15",
    family: Family::Backoff,
    title: "Requests keep to the agreed rate",
    clauses: &["PO-RATE"],
    subjects: &[Subject::Replay, Subject::Connector],
    // A proxy may hold requests back and bunch them; for the network there is the tolerance.
    vantages: &[Vantage::Mock, Vantage::Client],
    provenance: |profile| profile.rate.provenance,
    severest: Level::Fail,
    flips_if: "the commercial team confirms this rate",
    source: include_str!("agreed_rate.rs"),
    rule,
};

/// A request that came before its turn.
#[derive(Clone, Copy)]
pub(super) struct Excess<'c> {
    pub(super) call: &'c Call<'c>,
    /// The earliest time at which it would have been within the rate.
    pub(super) turn: Timestamp,
}

impl Excess<'_> {
    pub(super) fn early_by(&self) -> std::time::Duration {
        between(self.call.began(), self.turn)
    }
}

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let rate = profile.rate.value;
    let burst = profile.burst.value;
    let mut credentials: BTreeMap<&str, Vec<&Call<'_>>> = BTreeMap::new();
    let mut left = 0;
    for call in evidence.provider_calls() {
        if call.is_provoking(Provocation::Throttle) {
            left += 1;
            continue;
        }
        let key = call.header(&profile.headers.api_key.value);
        let credential = key.or(call.bearer()).unwrap_or_default();
        credentials.entry(credential).or_default().push(call);
    }
    let judged: usize = credentials.values().map(Vec::len).sum();
    let largest = credentials.values().map(Vec::len).max().unwrap_or_default();
    let tolerance = profile.tolerances.rate_bunching.value;
    let excesses = |burst: u32| -> Vec<Excess<'_>> {
        credentials
            .values()
            .flat_map(|calls| excesses(calls, rate, burst, tolerance.as_secs_f64()))
            .collect()
    };
    let over = excesses(burst);
    let needed = (10.0 * rate).ceil();
    let ruling = match over.iter().max_by_key(|excess| excess.early_by()) {
        Some(worst) => Ruling::new(
            Level::Fail,
            format!(
                "{} of {} in excess of {rate} a second with a burst of {burst}; the worst came \
                 {} ms before its turn.",
                over.len(),
                counted(judged, "request"),
                worst.early_by().as_millis()
            ),
        )
        .shown_by(Witness::of([worst.call.place()]).with_margin(format!(
            "{} ms early; its turn was {}",
            worst.early_by().as_millis(),
            time_of_day(worst.turn)
        ))),
        None if (largest as f64) < needed => Ruling::new(
            Level::NotExercised,
            format!(
                "{} to the Provider API with one credential; {needed} are needed to show that the \
                 rate is kept.",
                counted(largest, "request")
            ),
        ),
        None => Ruling::new(
            Level::Pass,
            format!(
                "{} within {rate} a second with a burst of {burst}.",
                counted(judged, "request")
            ),
        ),
    };
    ruling
        .and_says(left_out(left, Provocation::Throttle))
        .with(
            "rate",
            format!("{rate} a second ({})", profile.rate.provenance),
        )
        .with("burst", format!("{burst} ({})", profile.burst.provenance))
        .with(
            "bunching tolerance",
            format!("{} ms", tolerance.as_millis()),
        )
        .with("in excess with a burst of 1", excesses(1).len())
}

/// The requests in excess, by the generic cell rate algorithm. Times are seconds after the first
/// request. A request in excess does not move the theoretical arrival time, so that the count is
/// the excess.
pub(super) fn excesses<'c>(
    calls: &[&'c Call<'c>],
    rate: f64,
    burst: u32,
    tolerance: f64,
) -> Vec<Excess<'c>> {
    let mut calls = calls.to_vec();
    calls.sort_by_key(|call| (call.began(), call.sequence));
    let Some(start) = calls.first().map(|call| call.began()) else {
        return Vec::new();
    };
    let reserve = f64::from(burst - 1) / rate;
    let mut arrival: f64 = 0.0;
    let mut over = Vec::new();
    for call in calls {
        let now = between(start, call.began()).as_secs_f64();
        let turn = arrival - reserve;
        // A nanosecond for the rounding of binary fractions.
        if now < turn - tolerance - 1e-9 {
            let wait = std::time::Duration::try_from_secs_f64(turn).unwrap_or_default();
            over.push(Excess {
                call,
                turn: start.checked_add(wait).unwrap_or(Timestamp::MAX),
            });
        } else {
            arrival = arrival.max(now) + 1.0 / rate;
        }
    }
    over
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;

    /// `count` requests that begin `gap` milliseconds apart.
    fn requests(run: &mut Composer, count: usize, gap: u64) {
        for _ in 0..count {
            // An exchange and its pause take 100 ms.
            run.get_provider()
                .back(Duration::from_millis(100))
                .wait(Duration::from_millis(gap));
        }
    }

    fn level(count: usize, gap: u64) -> Level {
        let mut run = Composer::replay();
        requests(&mut run, count, gap);
        found(&CHECK, &mut run).raw
    }

    #[test]
    fn a_burst_of_one_seconds_worth_is_within_the_rate_and_one_more_is_not() {
        // The tolerance of 100 ms is worth one request.
        assert_eq!(level(11, 0), Level::NotExercised);
        assert_eq!(level(12, 0), Level::Fail);
    }

    #[test]
    fn too_few_requests_show_nothing() {
        assert_eq!(level(99, 100), Level::NotExercised);
        assert_eq!(level(100, 100), Level::Pass);
    }

    #[test]
    fn what_exceeds_the_rate_on_purpose_is_left_out_and_told() {
        let mut run = Composer::replay();
        requests(&mut run, 100, 100);
        run.provoking("Exceed the rate", &[Provocation::Throttle]);
        for _ in 0..40 {
            run.send(
                "GET",
                "/api-provider-v1/providers/p",
                serde_json::Value::Null,
                429,
                serde_json::Value::Null,
            )
            .back(Duration::from_millis(100));
        }
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.raw, Level::Pass);
        assert!(
            finding
                .message
                .ends_with("Left out: 40 exchanges of steps that provoke throttle."),
            "{}",
            finding.message
        );
    }

    #[test]
    fn each_credential_has_its_own_rate() {
        let mut run = Composer::replay();
        for number in 0..24 {
            run.get_provider()
                .with(|exchange| {
                    exchange
                        .request
                        .headers
                        .set("x-api-key", format!("[secret:{}]", number % 3));
                })
                .back(Duration::from_millis(100));
        }
        assert_eq!(found(&CHECK, &mut run).raw, Level::NotExercised);
    }

    #[test]
    fn the_requests_of_two_credentials_together_do_not_show_that_the_rate_is_kept() {
        let mut run = Composer::replay();
        for number in 0..110 {
            run.get_provider().with(|exchange| {
                let key = format!("[secret:{}]", number % 2);
                exchange.request.headers.set("x-api-key", key);
            });
        }
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.raw, Level::NotExercised);
        assert!(
            finding.message.starts_with("55 requests"),
            "{}",
            finding.message
        );
    }

    #[test]
    fn what_would_be_in_excess_without_a_burst_is_told() {
        let mut run = Composer::replay();
        requests(&mut run, 10, 0);
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.parameters["in excess with a burst of 1"], "8");
    }

    proptest! {
        /// Whoever keeps to the rate is never in excess, however the gaps fall beyond it.
        #[test]
        fn no_client_that_keeps_to_the_rate_is_failed(
            gaps in prop::collection::vec(100_u64..400, 100..140),
        ) {
            let mut run = Composer::replay();
            for gap in gaps {
                requests(&mut run, 1, gap);
            }
            prop_assert_eq!(found(&CHECK, &mut run).raw, Level::Pass);
        }

        /// No window may hold more than the rate, the burst and the tolerance admit.
        #[test]
        fn whoever_is_passed_kept_every_window(
            gaps in prop::collection::vec(0_u64..200, 100..160),
        ) {
            let mut run = Composer::replay();
            let mut times = vec![0];
            for gap in &gaps {
                requests(&mut run, 1, *gap);
                times.push(times.last().unwrap() + gap);
            }
            times.pop();
            let passed = found(&CHECK, &mut run).raw == Level::Pass;
            let kept = (0..times.len()).all(|from| (from..times.len()).all(|to| {
                let span = times[to] - times[from];
                // count ≤ burst + (span + tolerance) · rate
                ((to - from + 1) as u64 * 100) <= 1_000 + span + 100
            }));
            prop_assert_eq!(passed, kept);
        }
    }
}
