//! An answer follows its question within the declared time.
//!
//! # What is required
//!
//! The provider answers in near real time: as soon as its work is done, within the time that it
//! declares for its updates.
//!
//! # Why
//!
//! A user who enrols a vendor waits in front of a screen.
//!
//! # How it is judged
//!
//! For each answered question the time from the acknowledgement of its first delivery to the begin of
//! the first attempt of its answer. Left out, and counted, are those during which the platform refused
//! or failed something of the connector (401, 429, 5xx, a broken connection): that delays everything.
//! WARN where 95 of 100 answers (by nearest rank) take longer than the declared `latency-target`, or
//! than that of the profile where one is agreed. Without a target: INFO with the percentiles, because
//! no page gives a number. Whether the work was done before the answer cannot be seen from outside.
//! NOT_EXERCISED where no question was answered.
//!
//! # An example that conforms
//!
//! Declared are 5 s; 100 answers, of which 99 took less than 2 s and one 7 s.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/setup` (updates in near real time).

use std::time::Duration;

use super::conversation::Conversation;
use crate::base::{Timestamp, nearest_rank};
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::{Vantage, between};
use crate::profile::{Profile, Provenance};

/// MG-03.
pub const CHECK: Check = Check {
    id: "MG-03",
    family: Family::Messaging,
    title: "An answer follows its question within the declared time",
    clauses: &["PO-MESSAGES"],
    subjects: &[Subject::Connector],
    // Times of a provider's work are long beside the latency.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Inferred,
    severest: Level::Warn,
    flips_if: "the platform agrees to a number",
    source: include_str!("in_time.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let conversation = Conversation::of(evidence, profile);
    let mut disturbed = 0;
    let mut lags: Vec<_> = conversation
        .questions
        .iter()
        .filter_map(|question| {
            let answer = question.answer?;
            let first = evidence.calls().iter().find(|call| {
                call.attempt.group == answer.attempt.group
                    && call.endpoint.operation == answer.endpoint.operation
            });
            let (since, until) = (question.delivered?, first.unwrap_or(answer).began());
            if is_disturbed(evidence, since, until) {
                disturbed += 1;
                return None;
            }
            Some((between(since, until), question.asked, answer))
        })
        .collect();
    lags.sort_by_key(|(lag, ..)| *lag);
    if lags.is_empty() {
        return Ruling::new(
            Level::NotExercised,
            format!(
                "No question was answered while nothing delayed it; {} left out.",
                counted(disturbed, "answer")
            ),
        );
    }
    let declared = evidence.declaration().latency_target;
    let target = declared.or(profile.latency_target.value);
    let (worst, asked, answer) = *nearest_rank(&lags, 95).expect("there are some");
    let said = counted(lags.len(), "answer");
    let ruling = match target {
        None => Ruling::new(
            Level::Info,
            format!(
                "{said}, 95 % of them within {} ms; no target is declared.",
                worst.as_millis()
            ),
        ),
        Some(target) if worst > target => {
            Ruling::new(
                Level::Warn,
                format!(
                    "{said}, 95 % of them within {} ms; the target is {} ms.",
                    worst.as_millis(),
                    target.as_millis()
                ),
            )
            .shown_by(Witness::of([asked.place(), answer.place()]).with_margin(
                format!("{} ms over", worst.saturating_sub(target).as_millis()),
            ))
        }
        Some(_) => Ruling::new(
            Level::Pass,
            format!("{said}, 95 % of them within {} ms.", worst.as_millis()),
        ),
    };
    let shown = |lag: Duration| format!("{} ms", lag.as_millis());
    let ranked =
        |percent| nearest_rank(&lags, percent).map_or_else(String::new, |(lag, ..)| shown(*lag));
    ruling
        .with("p50", ranked(50))
        .with("p95", ranked(95))
        .with("p99", ranked(99))
        .with("longest", ranked(100))
        .with("left out: delayed by the platform", disturbed)
        .with("target", target.map_or_else(|| "none".to_owned(), shown))
}

/// Whether the platform refused or failed something of the connector that was under way then.
fn is_disturbed(evidence: &Evidence<'_>, since: Timestamp, until: Timestamp) -> bool {
    evidence.calls().iter().any(|call| {
        call.began() <= until
            && call.ended() >= since
            && !matches!(call.status(), Some(200..=400 | 402..=428 | 430..=499))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::check::messaging::fixture::answered_after;
    use crate::profile::Declaration;

    #[test]
    fn the_time_is_held_against_the_declared_target_and_only_told_without_one() {
        for (target, level) in [
            (None, Level::Info),
            (Some(1), Level::Warn),
            (Some(10), Level::Pass),
        ] {
            let profile = Profile::built_in();
            let history = answered_after(Duration::from_secs(3)).history();
            let declaration = Declaration {
                latency_target: target.map(Duration::from_secs),
                ..Declaration::default()
            };
            let evidence = Evidence::of(&history, &profile).declared(declaration);
            let finding = CHECK.judge(&evidence, &profile);
            assert_eq!(finding.raw, level, "{}", finding.message);
            assert!(finding.parameters["p95"].starts_with('3'));
        }
    }
}
