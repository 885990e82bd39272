//! The collections' own assertions hold.
//!
//! # What is required
//!
//! Every assertion of the replayed collections holds, none of their scripts fails, and every
//! request gets an answer.
//!
//! # Why
//!
//! The collections say what the platform promises and what a provider may rely on. Nothing that is
//! judged beside them counts if they fail.
//!
//! # How it is judged
//!
//! FAIL, with the first as witness, for each failed assertion, each script that fails outside its
//! assertions, and each operation whose last attempt got no answer. Skipped assertions are told.
//! NOT_EXERCISED where nothing was asserted.
//!
//! # An example that conforms
//!
//! 61 assertions passed; one request was cut once and answered on its second attempt.
//!
//! # Sources
//!
//! The collections that were replayed.

use crate::base::Timestamp;
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::{AssertionOutcome, Subject};
use crate::exchange::{Outcome, Vantage};
use crate::profile::{Profile, Provenance};

/// RP-01.
pub const CHECK: Check = Check {
    id: "RP-01",
    family: Family::Replay,
    title: "The collections' own assertions hold",
    clauses: &["PO-COLLECTIONS"],
    subjects: &[Subject::Replay],
    // Whether an answer arrived is seen at the client only.
    vantages: &[Vantage::Client],
    provenance: |_| Provenance::Stated,
    flips_if: "it rests on what is stated already",
    source: include_str!("assertions.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _profile: &Profile) -> Ruling {
    let names = evidence.step_names();
    let name = |step: u64| {
        names
            .get(&step)
            .cloned()
            .unwrap_or_else(|| format!("step {step}"))
    };
    let mut passed = 0;
    let mut skipped = 0;
    let mut failures: Vec<(u64, Timestamp, String)> = Vec::new();
    for (sequence, at, record) in evidence.assertions() {
        match &record.outcome {
            AssertionOutcome::Passed => passed += 1,
            AssertionOutcome::Skipped => skipped += 1,
            AssertionOutcome::Failed { message } => failures.push((
                sequence,
                at,
                format!("{}: {}: {message}", name(record.step), record.name),
            )),
        }
    }
    for (sequence, at, step, message) in evidence.script_failures() {
        failures.push((sequence, at, format!("{}: {message}", name(step))));
    }
    for group in evidence.groups() {
        if let Some(call) = group.last()
            && let Outcome::Failure(failure) = &call.exchange.outcome
        {
            let message = format!("{}: no answer: {failure}", name(call.step));
            failures.push((call.sequence, call.began(), message));
        }
    }
    failures.sort_by_key(|(sequence, _, _)| *sequence);
    let told = (skipped > 0).then(|| format!("{} skipped.", counted(skipped, "assertion")));
    let ruling = match failures.first() {
        Some((_, _, first)) => Ruling::new(
            Level::Fail,
            format!(
                "{}; the first: {first}.",
                counted(failures.len(), "failure")
            ),
        )
        .shown_by(
            Witness::of(failures.iter().map(|(sequence, at, _)| (*sequence, *at)))
                .with_margin(format!("{passed} passed, {} failed", failures.len())),
        ),
        None if passed == 0 => Ruling::new(Level::NotExercised, "Nothing was asserted."),
        None => Ruling::new(
            Level::Pass,
            format!("{} passed.", counted(passed, "assertion")),
        ),
    };
    ruling.and_says(told)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::conformance::fixture::{PROVIDER, found};
    use crate::event::{EventKind, Listen};
    use crate::history::composer::Composer;

    #[test]
    fn what_gets_no_answer_fails_unless_a_later_attempt_does() {
        let mut run = Composer::replay();
        run.get_provider()
            .cut()
            .again("GET", PROVIDER, Value::Null, 200, Value::Null)
            .assertion("Status code is 200", AssertionOutcome::Passed);
        assert_eq!(found(&CHECK, &mut run).raw, Level::Pass);
        run.get_provider().cut();
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.raw, Level::Fail);
        assert!(finding.message.contains(
            "Composed / Get the configuration: no answer: connection closed before the response"
        ));
    }

    #[test]
    fn a_script_that_fails_is_a_failure() {
        let mut run = Composer::replay();
        run.step("Broken")
            .assertion("before", AssertionOutcome::Passed)
            .emit(EventKind::ScriptFailed {
                step: 1,
                listen: Listen::Test,
                message: "TypeError: x is undefined".into(),
            });
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.raw, Level::Fail);
        assert_eq!(finding.witness.sequences, [4]);
    }

    #[test]
    fn every_failure_is_a_witness() {
        let failed = || AssertionOutcome::Failed {
            message: "AssertionError: no".into(),
        };
        let mut run = Composer::replay();
        run.step("Two")
            .assertion("one", failed())
            .assertion("two", failed());
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.witness.sequences, [3, 4]);
        assert_eq!(
            finding.witness.margin.as_deref(),
            Some("0 passed, 2 failed")
        );
    }

    #[test]
    fn only_skipped_is_not_exercised() {
        let mut run = Composer::replay();
        run.step("Skip")
            .assertion("later", AssertionOutcome::Skipped);
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.raw, Level::NotExercised);
        assert_eq!(
            finding.message,
            "Nothing was asserted. 1 assertion skipped."
        );
    }
}
