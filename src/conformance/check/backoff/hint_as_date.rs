//! A date in `Retry-After` is obeyed as seconds are.
//!
//! # What is required
//!
//! Where a 429 names an HTTP date in `Retry-After`, the operation is not tried again before it.
//!
//! # Why
//!
//! The header has two forms, and gateways in front of an API choose the one they like. Clients that
//! read only a number take a date for nothing and come back at once.
//!
//! # How it is judged
//!
//! As BK-02, for hints that are dates alone, of a 429 or a 503. The wait is the date less the response's own `Date`, so
//! that two clocks need not agree; a second is allowed because dates have whole seconds. At most
//! WARN is reported until the platform says that it sends dates. NOT_EXERCISED where no date came,
//! or none of those operations was tried again.
//!
//! Java: `DateTimeFormatter.RFC_1123_DATE_TIME`; .NET: `RetryConditionHeaderValue.Date`; Node:
//! `Date.parse`; Python: `email.utils.parsedate_to_datetime`; Go: `http.ParseTime`.
//!
//! # An example that conforms
//!
//! `Date: …10:02:00 GMT`, `Retry-After: …10:02:07 GMT`; the next attempt starts 7.1 s after the end
//! of the answer.
//!
//! # Sources
//!
//! RFC 9110 §10.2.3. Known from livery#47 and multiurl#37. Whether the platform sends dates is not
//! public.

use super::hinted::HintedWaits;
use crate::conformance::check::{Check, Family};
use crate::conformance::{Evidence, Level, Ruling};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::Profile;

/// BK-06.
pub const CHECK: Check = Check {
    id: "BK-06",
    family: Family::Backoff,
    title: "A date in Retry-After is obeyed as seconds are",
    clauses: &["PO-BACKOFF"],
    subjects: &[Subject::Connector],
    // As BK-02.
    vantages: &Vantage::ALL,
    provenance: |profile| profile.throttle.retry_after.provenance,
    severest: Level::Fail,
    flips_if: "the platform confirms that it sends Retry-After",
    source: include_str!("hint_as_date.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let found = HintedWaits::of(evidence, |call, hint| call.is_throttled() && hint.is_date());
    let ruling = found.judge(profile.tolerances.early.value, "429 or 503 with a date");
    if profile.throttle.sends_dates() {
        ruling
    } else {
        ruling.at_most(
            Level::Warn,
            "the platform confirms that it sends dates in Retry-After",
        )
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::conformance::Evidence;
    use crate::history::composer::Composer;

    #[test]
    fn until_the_platform_says_that_it_sends_dates_a_warning_is_the_most() {
        let mut run = Composer::of(Subject::Connector);
        run.throttled("Thu, 01 Jan 2026 00:00:09 GMT", Duration::from_secs(1));
        let history = run.history();
        let table = [
            ("", Level::Warn),
            (
                "throttle.retry-after = { value = \"date\", provenance = \"stated\", source = \"a page\" }",
                Level::Fail,
            ),
        ];
        for (text, reported) in table {
            let profile = Profile::with_override(text, "own.toml").unwrap();
            let finding = CHECK.judge(&Evidence::of(&history, &profile), &profile);
            assert_eq!((finding.raw, finding.reported), (Level::Fail, reported));
        }
    }

    #[test]
    fn seconds_are_not_its_business() {
        let mut run = Composer::of(Subject::Connector);
        run.throttled("7", Duration::from_secs(1));
        let finding = crate::conformance::fixture::found(&CHECK, &mut run);
        assert_eq!(finding.raw, Level::NotExercised);
    }
}
