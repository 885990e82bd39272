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
use crate::exchange::Outcome;
use crate::profile::{Profile, Provenance};

/// RP-01.
pub const CHECK: Check = Check {
    id: "RP-01",
    family: Family::Replay,
    title: "The collections' own assertions hold",
    clauses: &["PO-COLLECTIONS"],
    subjects: &[Subject::Replay],
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
