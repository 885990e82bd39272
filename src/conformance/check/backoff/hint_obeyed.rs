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
//! second allowed because dates have whole seconds. FAIL, with the 429 and the retry as witness, where
//! the next attempt of the same operation starts more than the tolerance `early` before that. Waiting
//! longer is never a fault. A hint that is malformed, negative, zero or given twice counts as absent;
//! a connector's dates are left to BK-06 until the platform says that it sends any. NOT_EXERCISED
//! where no 429 with such a hint came, or none of those operations was tried again.
//!
//! # An example that conforms
//!
//! `429` with `Retry-After: 7` ends at 10:02:00.418; the next attempt starts at 10:02:07.500.
//!
//! # Sources
//!
//! RFC 9110 §10.2.3, RFC 6585 §4; `/payments-out/provider-api/get-started/setup` (the provider
//! backs off appropriately). That the platform sends `Retry-After` is not public.

use super::hinted::{HintedWaits, is_expected};
use crate::conformance::check::{Check, Family};
use crate::conformance::{Evidence, Level, Ruling};
use crate::event::Subject;
use crate::exchange::Vantage;
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

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let what = match evidence.subject() {
        Subject::Connector if !profile.throttle.sends_dates() => "429 with seconds in Retry-After",
        Subject::Connector | Subject::Replay | Subject::Endpoint => "429 with Retry-After",
    };
    HintedWaits::of(evidence, |call, hint| {
        call.status() == Some(429) && is_expected(hint, evidence, profile)
    })
    .judge(profile.tolerances.early.value, what)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
    fn a_connectors_dates_are_left_to_their_own_rule_until_the_platform_sends_any() {
        let mut run = Composer::of(Subject::Connector);
        run.throttled("Thu, 01 Jan 2026 00:00:09 GMT", Duration::from_secs(1));
        let history = run.history();
        let stated = "throttle.retry-after = { value = \"date\", provenance = \"stated\", source = \"a page\" }";
        for (text, level) in [("", Level::NotExercised), (stated, Level::Fail)] {
            let profile = Profile::with_override(text, "own.toml").unwrap();
            let finding = CHECK.judge(&Evidence::of(&history, &profile), &profile);
            assert_eq!(finding.raw, level, "{text}");
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
