//! Nothing follows a terminal state.
//!
//! # What is required
//!
//! Once a resource is in a terminal state it stays in it; an identical repeat is no change.
//!
//! # Why
//!
//! In real payment systems late messages overwrite what was final: a paid order becomes failed, a
//! failed payout becomes pending again. Of all rules on states this one costs the most when it is
//! broken.
//!
//! # How it is judged
//!
//! FAIL, with the two exchanges as witness, where a resource in a terminal state is updated to
//! another state, whether the platform accepts that (2xx) or refuses it (409), and where a read
//! shows another state. A step that asks for an illegal transition on purpose is left out while the
//! platform refuses it; where it is accepted, or where a read shows another state all the same, the
//! resource really left its end. For a PASS a resource has to be mentioned again after its end, by a
//! read, an accepted update or one that was refused with 409; an answer that says nothing of the
//! state (401, 403, 429, none) shows nothing. Otherwise the rule is NOT_EXERCISED.
//!
//! # An example that conforms
//!
//! A payment is updated to `Completed` (204), and every later read shows `Completed`.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/setup` (updates follow the status flows); the terminal
//! states of the profile. Known from juspay/hyperswitch#10340.

use std::collections::BTreeSet;

use super::stride::{FLIPS_IF, Stride, provenance, provoked};
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{and_more, counted, left_out};
use crate::conformance::{Evidence, Level, Ruling};
use crate::event::{Provocation, Subject};
use crate::exchange::Vantage;
use crate::history::{Answer, NoteKind};
use crate::profile::Profile;

/// ST-03.
pub const CHECK: Check = Check {
    id: "ST-03",
    family: Family::StatusFlow,
    title: "Nothing follows a terminal state",
    clauses: &["PO-STATUS-FLOW"],
    subjects: &[Subject::Replay, Subject::Connector],
    // What is said of a state is the same everywhere.
    vantages: &Vantage::ALL,
    provenance,
    severest: Level::Fail,
    flips_if: FLIPS_IF,
    source: include_str!("final_state.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let mut ended = 0;
    let mut mentioned_again = 0;
    let mut violations = Vec::new();
    let mut judged_provocations = BTreeSet::new();
    for walk in evidence.walks() {
        let flow = walk.flow(profile);
        let strides = Stride::all(walk, flow);
        let reached = walk.notes.iter().any(|note| {
            flow.is_terminal(&note.status)
                && matches!(
                    note.kind,
                    NoteKind::Created | NoteKind::Observed | NoteKind::Asked(Answer::Accepted)
                )
        });
        ended += usize::from(reached);
        let mut again = false;
        for stride in strides {
            if !stride.is_after_the_end(flow) {
                continue;
            }
            // Only a refusal is excused by having been asked for on purpose.
            let excused = match stride.note.kind {
                NoteKind::Created | NoteKind::Observed | NoteKind::Asked(Answer::Accepted) => false,
                NoteKind::Asked(Answer::Refused) => stride.note.provoked,
                NoteKind::Asked(
                    Answer::AcceptedByDefault | Answer::Declined(_) | Answer::Unknown,
                ) => continue,
            };
            again = true;
            if !excused && !stride.is_repeat() {
                if stride.note.provoked {
                    judged_provocations.insert(stride.note.sequence);
                }
                violations.push((
                    format!("A {} went {} after its end", walk.kind, stride.step()),
                    stride.witness(),
                ));
            }
        }
        mentioned_again += usize::from(again);
    }
    violations.sort_by_key(|(_, witness)| witness.sequences.last().copied());
    let mut violations = violations.into_iter();
    let ruling = match violations.next() {
        Some((message, witness)) => Ruling::new(
            Level::Fail,
            format!("{message}{}.", and_more(violations.count())),
        )
        .shown_by(witness),
        None if ended == 0 => {
            Ruling::new(Level::NotExercised, "No resource reached a terminal state.")
        }
        None if mentioned_again == 0 => Ruling::new(
            Level::NotExercised,
            format!(
                "{} reached a terminal state; none was mentioned afterwards.",
                counted(ended, "resource")
            ),
        ),
        None => Ruling::new(
            Level::Pass,
            format!(
                "{} reached a terminal state; {mentioned_again} mentioned afterwards, unchanged.",
                counted(ended, "resource")
            ),
        ),
    };
    ruling.and_says(left_out(
        provoked(evidence.walks()) - judged_provocations.len(),
        Provocation::IllegalTransition,
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::conformance::fixture::{BATCH, batch, found, update};
    use crate::history::composer::Composer;

    #[test]
    fn an_end_that_nobody_looked_at_again_proves_nothing() {
        let finding = found(&CHECK, Composer::replay().get_batch("Completed"));
        assert_eq!(finding.raw, Level::NotExercised);
        assert!(finding.message.contains("none was mentioned afterwards"));
        let finding = found(&CHECK, Composer::replay().get_batch("Processing"));
        assert_eq!(finding.message, "No resource reached a terminal state.");
    }

    #[test]
    fn a_late_update_on_purpose_that_is_refused_proves_it() {
        let mut run = Composer::replay();
        run.get_batch("Completed")
            .provoking("Too late", &[Provocation::IllegalTransition])
            .send("PATCH", BATCH, update("Processing"), 409, Value::Null);
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.raw, Level::Pass);
        assert!(finding.message.ends_with("provokes illegal-transition."));
    }

    #[test]
    fn a_late_update_on_purpose_that_is_accepted_is_a_failure_and_so_is_what_is_read_then() {
        let mut run = Composer::replay();
        run.get_batch("Completed")
            .provoking("Too late", &[Provocation::IllegalTransition])
            .send("PATCH", BATCH, update("Processing"), 204, Value::Null);
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.raw, Level::Fail);
        assert_eq!(finding.witness.sequences, [3, 5], "the pair");
        assert!(!finding.message.contains("Left out"), "{}", finding.message);

        let mut run = Composer::replay();
        run.get_batch("Completed")
            .provoking("Too late", &[Provocation::IllegalTransition])
            .send("PATCH", BATCH, update("Processing"), 409, Value::Null)
            .send("GET", BATCH, Value::Null, 200, batch("Processing"));
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.raw, Level::Fail);
        assert_eq!(finding.witness.sequences, [3, 6], "the end and the read");
        assert!(
            finding.message.contains("Left out: 1 exchange"),
            "the refusal: {}",
            finding.message
        );
    }

    #[test]
    fn an_answer_that_says_nothing_of_the_state_is_no_mention() {
        let table = [
            (409, Level::Pass),
            (400, Level::NotExercised),
            (401, Level::NotExercised),
            (403, Level::NotExercised),
            (429, Level::NotExercised),
            (500, Level::NotExercised),
        ];
        for (status, level) in table {
            let mut run = Composer::replay();
            run.get_batch("Completed")
                .provoking("Too late", &[Provocation::IllegalTransition])
                .send("PATCH", BATCH, update("Processing"), status, Value::Null);
            assert_eq!(found(&CHECK, &mut run).raw, level, "{status}");
        }
        let mut run = Composer::replay();
        run.get_batch("Completed").patch_batch("Completed").cut();
        assert_eq!(found(&CHECK, &mut run).raw, Level::NotExercised, "cut");
    }

    #[test]
    fn a_late_update_and_a_changed_read_are_failures() {
        let mut run = Composer::replay();
        run.get_batch("Completed").step("Late").send(
            "PATCH",
            BATCH,
            update("Failed"),
            409,
            Value::Null,
        );
        assert_eq!(found(&CHECK, &mut run).raw, Level::Fail, "refused");
        let mut run = Composer::replay();
        run.get_batch("Completed").get_batch("Processing");
        assert_eq!(found(&CHECK, &mut run).raw, Level::Fail, "read");
        let mut run = Composer::replay();
        run.get_batch("Completed").patch_batch("Completed");
        assert_eq!(found(&CHECK, &mut run).raw, Level::Pass, "a repeat");
    }
}
