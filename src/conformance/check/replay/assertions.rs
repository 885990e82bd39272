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
//! assertions, and each operation of an item whose last attempt got no answer, the redirects that
//! it followed included. A `pm.sendRequest` that gets no answer is its script's to handle: what the
//! script makes of it, in an assertion or an error, counts. Skipped assertions are told.
//! NOT_EXERCISED where nothing was asserted.
//!
//! # An example that conforms
//!
//! 61 assertions passed; one request was cut once and answered on its second attempt.
//!
//! # Sources
//!
//! The collections that were replayed.

use std::collections::BTreeMap;

use crate::base::Timestamp;
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::{AssertionOutcome, Origin, Subject};
use crate::exchange::{FailureKind, Outcome, Vantage};
use crate::history::Call;
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
    severest: Level::Fail,
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
                *sequence,
                *at,
                format!("{}: {}: {message}", name(record.step), record.name),
            )),
        }
    }
    for (sequence, at, step, message) in evidence.script_failures() {
        failures.push((*sequence, *at, format!("{}: {message}", name(*step))));
    }
    for call in concluding(evidence) {
        if let Outcome::Failure(failure) = &call.exchange.outcome
            // Ctrl-C is nobody's failure; how the run ended stands in the verdict.
            && failure.kind != FailureKind::Interrupted
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

/// The last attempt of each operation that an item is answered by: those of its scripts are left
/// out, with the redirects that they led to.
fn concluding<'e>(evidence: &'e Evidence<'_>) -> impl Iterator<Item = &'e Call<'e>> {
    let mut groups: BTreeMap<u64, &'e Call<'e>> = BTreeMap::new();
    // Who sent the request that was answered with a redirect last, by step.
    let mut redirected: BTreeMap<u64, Origin> = BTreeMap::new();
    for call in evidence.calls() {
        let sender = match call.origin {
            Origin::Redirect => redirected.get(&call.step).copied().unwrap_or(Origin::Item),
            Origin::Item
            | Origin::Script
            | Origin::Connector
            | Origin::Platform
            | Origin::Product
            | Origin::Probe => call.origin,
        };
        if matches!(call.status(), Some(300..=399)) {
            redirected.insert(call.step, sender);
        }
        if sender != Origin::Script {
            groups.insert(call.attempt.group, call);
        }
    }
    groups.into_values()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::conformance::fixture::{PROVIDER, found};
    use crate::event::{EventKind, Listen};
    use crate::exchange::Failure;
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
    fn a_redirect_that_leads_nowhere_is_a_failure_and_what_a_script_asked_for_is_its_own() {
        // Who sent the request, whether a redirect was followed, the level where that was cut.
        let table = [
            (Origin::Item, false, Level::Fail),
            (Origin::Item, true, Level::Fail),
            (Origin::Script, false, Level::Pass),
            (Origin::Script, true, Level::Pass),
        ];
        for (sender, is_redirected, level) in table {
            let mut run = Composer::replay();
            run.step("Ask")
                .assertion("before", AssertionOutcome::Passed);
            if is_redirected {
                run.send("GET", PROVIDER, Value::Null, 302, Value::Null)
                    .sent_by(sender)
                    .get_provider_again()
                    .cut()
                    .sent_by(Origin::Redirect);
            } else {
                run.get_provider_again().cut().sent_by(sender);
            }
            let finding = found(&CHECK, &mut run);
            assert_eq!(finding.raw, level, "{sender:?} {is_redirected}");
        }
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
    fn a_request_that_fails_without_an_exchange_is_a_failure() {
        let mut run = Composer::replay();
        run.step("Round in circles")
            .assertion("before", AssertionOutcome::Passed)
            .emit(EventKind::RequestFailed {
                step: 1,
                failure: Failure {
                    kind: FailureKind::Redirects,
                    message: "Exceeded maxRedirects".into(),
                },
            });
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.raw, Level::Fail);
        assert!(finding.message.contains("Exceeded maxRedirects"));
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
