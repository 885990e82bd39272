//! A retry does not come before the time that `Retry-After` names.
//!
//! # What is required
//!
//! After a 429 with `Retry-After` the same operation is not tried again earlier than asked.
//!
//! # Why
//!
//! Whoever comes back early is refused again, and keeps the platform busy with refusing.
//!
//! # How it is judged
//!
//! The earliest allowed time is the end of the 429 plus the seconds of `Retry-After`; for a date,
//! plus the date less the response's own `Date` (less the end of the 429 where it has none), with one
//! second allowed because dates have whole seconds. FAIL, with the 429 and the retry as witness, where the next attempt of the same
//! operation starts more than the tolerance `early` before that. Waiting longer is never a fault. A
//! hint that is malformed, negative, zero or given twice counts as absent. NOT_EXERCISED where no
//! 429 with a hint came, or none of those operations was tried again.
//!
//! # An example that conforms
//!
//! `429` with `Retry-After: 7` ends at 10:02:00.418; the next attempt starts at 10:02:07.500.
//!
//! # Sources
//!
//! RFC 9110 §10.2.3, RFC 6585 §4; `/payments-out/provider-api/get-started/setup` (the provider
//! backs off appropriately). That the platform sends `Retry-After` is not public.

use std::time::Duration;

use crate::base::{Timestamp, later};
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{counted, time_of_day};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::{RetryAfter, Vantage, between};
use crate::history::Call;
use crate::profile::Profile;

/// BK-02.
pub const CHECK: Check = Check {
    id: "BK-02",
    family: Family::Backoff,
    title: "A retry does not come before the time that Retry-After names",
    clauses: &["PO-BACKOFF"],
    subjects: &[Subject::Replay, Subject::Connector],
    // At the client both ends of the wait are its own; on the way the network only lengthens it.
    vantages: &Vantage::ALL,
    provenance: |profile| profile.throttle.retry_after.provenance,
    severest: Level::Fail,
    flips_if: "the platform confirms that it sends Retry-After",
    source: include_str!("hint_obeyed.rs"),
    rule,
};

/// A 429 with a hint and the attempt that follows it.
struct Retry<'c> {
    refused: &'c Call<'c>,
    next: &'c Call<'c>,
    hint: RetryAfter,
    earliest: Timestamp,
}

impl Retry<'_> {
    /// By how much the retry was too early.
    fn early_by(&self) -> Duration {
        between(self.next.began(), self.earliest)
    }
}

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let tolerance = profile.tolerances.early.value;
    let groups = evidence.groups();
    let mut hints = 0;
    let mut retries = Vec::new();
    for group in &groups {
        for (index, refused) in group.iter().enumerate() {
            let Some(hint) = hint_of(refused) else {
                continue;
            };
            hints += 1;
            if let Some(next) = group.get(index + 1) {
                let earliest = later(refused.ended(), hint.wait);
                retries.push(Retry {
                    refused,
                    next,
                    hint,
                    earliest,
                });
            }
        }
    }
    let early: Vec<&Retry<'_>> = retries
        .iter()
        .filter(|retry| retry.early_by() > tolerance + retry.hint.coarseness)
        .collect();
    let ruling = match early.iter().max_by_key(|retry| retry.early_by()) {
        Some(worst) => Ruling::new(
            Level::Fail,
            format!(
                "{} of {} too early; the worst: {} was tried again {} ms before the time that \
                 Retry-After names.",
                early.len(),
                counted(retries.len(), "hinted wait"),
                worst.next.endpoint.operation,
                worst.early_by().as_millis()
            ),
        )
        .shown_by(
            Witness::of([
                (worst.refused.sequence, worst.refused.ended()),
                worst.next.place(),
            ])
            .with_margin(format!(
                "{} ms early; earliest allowed {}",
                worst.early_by().as_millis(),
                time_of_day(worst.earliest)
            )),
        ),
        None if hints == 0 => {
            Ruling::new(Level::NotExercised, "No 429 with Retry-After was received.")
        }
        None if retries.is_empty() => Ruling::new(
            Level::NotExercised,
            format!(
                "{} with Retry-After; none of those operations was tried again.",
                counted(hints, "429")
            ),
        ),
        None => Ruling::new(
            Level::Pass,
            format!("{} obeyed.", counted(retries.len(), "hint")),
        ),
    };
    ruling.with("early tolerance", format!("{} ms", tolerance.as_millis()))
}

/// The hint of a call that was throttled.
fn hint_of(call: &Call<'_>) -> Option<RetryAfter> {
    call.hint().filter(|_| call.status() == Some(429))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::conformance::fixture::{PROVIDER, found};
    use crate::history::composer::Composer;

    fn throttled(hint: &str, wait: u64) -> Level {
        let mut run = Composer::replay();
        run.throttled(hint, Duration::from_millis(wait));
        found(&CHECK, &mut run).raw
    }

    #[test]
    fn a_retry_may_be_early_by_the_tolerance_and_late_by_anything() {
        let table = [
            ("2", 1_949, Level::Fail),
            ("2", 1_950, Level::Pass),
            ("2", 2_000, Level::Pass),
            ("2", 3_600_000, Level::Pass),
            ("0", 40, Level::NotExercised),
            // The clock of the composed runs starts at midnight; the answer ends 60 ms later.
            ("Thu, 01 Jan 2026 00:00:05 GMT", 3_889, Level::Fail),
            ("Thu, 01 Jan 2026 00:00:05 GMT", 3_890, Level::Pass),
            ("abc", 40, Level::NotExercised),
            ("-1", 40, Level::NotExercised),
        ];
        for (hint, wait, level) in table {
            assert_eq!(throttled(hint, wait), level, "{hint} {wait}");
        }
    }

    #[test]
    fn the_margin_is_told_in_words() {
        let mut run = Composer::replay();
        run.throttled("7", Duration::from_millis(6_688));
        let finding = found(&CHECK, &mut run);
        assert_eq!(
            finding.witness.margin.as_deref(),
            Some("312 ms early; earliest allowed 00:00:07.060")
        );
        assert_eq!(finding.reported, Level::Review);
        assert_eq!(
            finding.would_flip.as_deref(),
            Some("becomes FAIL if the platform confirms that it sends Retry-After")
        );
    }

    #[test]
    fn a_hint_that_was_never_put_to_the_test_is_not_exercised() {
        let mut run = Composer::replay();
        run.step("Once")
            .send("GET", PROVIDER, Value::Null, 429, Value::Null)
            .answered_with("Retry-After", "2")
            .get_provider();
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.raw, Level::NotExercised);
        assert!(
            finding
                .message
                .contains("none of those operations was tried again")
        );
    }

    #[test]
    fn another_operation_in_between_is_no_retry_and_a_503_no_429() {
        let mut run = Composer::replay();
        run.step("Unavailable")
            .send("GET", PROVIDER, Value::Null, 503, Value::Null)
            .answered_with("Retry-After", "9")
            .again("GET", PROVIDER, Value::Null, 200, Value::Null);
        assert_eq!(found(&CHECK, &mut run).raw, Level::NotExercised);
    }
}
