//! Each change of state is a step that the flow allows.
//!
//! # What is required
//!
//! An update moves a resource from the state it is in to one that may directly follow it.
//!
//! # Why
//!
//! Products act on each state. A skipped or reversed one makes them pay twice, or not at all.
//!
//! # How it is judged
//!
//! Each accepted update (2xx) has to be a direct step of the flow, or repeat the state. A read that
//! follows another read may have missed states in between: a path suffices. FAIL, with the two
//! exchanges as witness, for a step that the flow lacks, for a state that it does not know, and
//! for an update that the platform refused with 409: it was asked for all the same. Steps that ask
//! for an illegal transition on purpose are left out, unless the platform *accepted* one: then the
//! flow really was violated. `defaultStatus` is judged on the batch; which payments it reaches is
//! not public. After an update whose outcome is unknown (5xx, cut, timed out) the resource may be in
//! either state: what either allows is allowed, and a retry that is refused because the first took
//! effect after all is no violation. Proof of exercise is step by step: those of the
//! flow that were never walked are NOT_EXERCISED, one by one, and listed among the parameters; some of
//! them nobody can provoke.
//! NOT_EXERCISED where no update was judged.
//!
//! # An example that conforms
//!
//! A batch that is read as `Received` is updated to `Processing` (204) and then to `Completed`
//! (204).
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/setup` (updates follow the status flows); the flows of
//! the profile.

use std::collections::BTreeSet;

use super::stride::{FLIPS_IF, Stride, provenance, provoked};
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{and_more, counted, left_out};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::{Provocation, Subject};
use crate::exchange::Vantage;
use crate::history::{Answer, NoteKind, ResourceKind};
use crate::profile::{Flow, Profile};

/// ST-02.
pub const CHECK: Check = Check {
    id: "ST-02",
    family: Family::StatusFlow,
    title: "Each change of state is a step that the flow allows",
    clauses: &["PO-STATUS-FLOW"],
    subjects: &[Subject::Replay, Subject::Connector],
    // What is said of a state is the same everywhere.
    vantages: &Vantage::ALL,
    provenance,
    severest: Level::Fail,
    flips_if: FLIPS_IF,
    source: include_str!("allowed_step.rs"),
    rule,
};

/// What one stride says.
enum Step {
    /// Nothing of this rule.
    Silent,
    /// An update that was judged and is allowed.
    Allowed,
    /// A violation, and how it is told.
    Violated(String),
}

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let mut judged = 0;
    let mut accepted_provocations = BTreeSet::new();
    let mut walked = BTreeSet::new();
    let mut violations: Vec<(u64, String, Witness)> = Vec::new();
    for walk in evidence.walks() {
        let flow = walk.flow(profile);
        for stride in Stride::all(walk, flow) {
            match judge(&stride, walk.kind, flow) {
                Step::Silent => {}
                Step::Allowed => {
                    judged += 1;
                    if let [before] = stride.before.as_slice() {
                        walked.insert((
                            walk.kind,
                            (*before).to_owned(),
                            stride.note.status.to_string(),
                        ));
                    }
                }
                Step::Violated(message) => {
                    judged += 1;
                    if stride.note.provoked {
                        accepted_provocations.insert(stride.note.sequence);
                    }
                    violations.push((stride.note.sequence, message, stride.witness()));
                }
            }
        }
    }
    violations.sort_by_key(|(sequence, _, _)| *sequence);
    // One refused update may mention several resources; it is one violation.
    violations.dedup_by_key(|(sequence, _, _)| *sequence);
    let mut violations = violations.into_iter();
    let ruling = match violations.next() {
        None if judged == 0 => Ruling::new(Level::NotExercised, "No update of a state was seen."),
        None => Ruling::new(
            Level::Pass,
            format!("{} allowed.", counted(judged, "update")),
        ),
        Some((_, message, witness)) => Ruling::new(
            Level::Fail,
            format!("{message}{}.", and_more(violations.count())),
        )
        .shown_by(witness),
    };
    let left = provoked(evidence.walks()) - accepted_provocations.len();
    let (seen, unseen) = edges(profile, &walked);
    ruling
        .and_says(left_out(left, Provocation::IllegalTransition))
        .with("steps walked", seen)
        .with("steps NOT_EXERCISED", unseen)
}

fn judge(stride: &Stride<'_>, kind: ResourceKind, flow: &Flow) -> Step {
    let note = stride.note;
    let known = flow.is_known(&note.status);
    let strange = || {
        format!(
            "A {kind} was set to {}, a state that the flow does not know",
            note.status
        )
    };
    match note.kind {
        NoteKind::Asked(Answer::Accepted) => {
            let ends = if note.provoked {
                "; it was asked for on purpose, and the platform accepted it"
            } else {
                ""
            };
            match stride.known_from {
                _ if stride.is_repeat() => Step::Silent,
                _ if !known => Step::Violated(strange() + ends),
                None => Step::Silent,
                Some(_) if stride.is_allowed(flow) => {
                    if note.provoked {
                        Step::Silent
                    } else {
                        Step::Allowed
                    }
                }
                Some(_) => Step::Violated(format!(
                    "A {kind} went {}, which the flow does not allow{ends}",
                    stride.step()
                )),
            }
        }
        NoteKind::Asked(Answer::Refused) if stride.is_refused_for_the_unknown(flow) => Step::Silent,
        NoteKind::Asked(Answer::Refused) if !note.provoked => Step::Violated(format!(
            "An update of a {kind} ({}) was refused with 409",
            stride.step()
        )),
        NoteKind::Created | NoteKind::Observed => {
            let after_a_read = stride
                .known_from
                .is_some_and(|from| !matches!(from.kind, NoteKind::Asked(_)));
            if !note.provoked && after_a_read && !stride.is_reachable(flow) {
                Step::Violated(format!(
                    "A {kind} was read as {}, to which the flow has no path",
                    stride.step()
                ))
            } else {
                Step::Silent
            }
        }
        NoteKind::Asked(
            Answer::Refused | Answer::AcceptedByDefault | Answer::Declined(_) | Answer::Unknown,
        ) => Step::Silent,
    }
}

/// How many steps of the flows were walked, and which were not.
fn edges(profile: &Profile, walked: &BTreeSet<(ResourceKind, String, String)>) -> (String, String) {
    let mut all = 0;
    let mut unseen = Vec::new();
    for kind in [
        ResourceKind::Subscription,
        ResourceKind::Batch,
        ResourceKind::Payment,
    ] {
        for edge in kind.flow(profile).edges() {
            all += 1;
            if !walked.contains(&(kind, edge.from.clone(), edge.to.clone())) {
                unseen.push(format!("{kind} {} → {}", edge.from, edge.to));
            }
        }
    }
    let seen = format!("{} of {all}", all - unseen.len());
    (seen, unseen.join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::conformance::fixture::{BATCH, found, update};
    use crate::history::composer::Composer;

    fn provoked(run: &mut Composer, status: &str, code: u16) {
        run.provoking("On purpose", &[Provocation::IllegalTransition])
            .send("PATCH", BATCH, update(status), code, Value::Null);
    }

    #[test]
    fn an_illegal_step_on_purpose_is_left_out_while_the_platform_refuses_it() {
        let mut run = Composer::replay();
        run.get_batch("Received").patch_batch("Processing");
        provoked(&mut run, "Received", 409);
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.raw, Level::Pass);
        assert_eq!(
            finding.message,
            "2 updates allowed. Left out: 1 exchange of a step that provokes illegal-transition."
        );
    }

    #[test]
    fn an_illegal_step_on_purpose_that_the_platform_accepts_is_a_failure() {
        let mut run = Composer::replay();
        run.get_batch("Completed");
        provoked(&mut run, "Processing", 204);
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.raw, Level::Fail);
        assert_eq!(finding.witness.sequences, [3, 5], "the pair");
        assert!(
            finding
                .message
                .contains("on purpose, and the platform accepted it")
        );
        assert!(!finding.message.contains("Left out"), "{}", finding.message);
    }

    #[test]
    fn a_refused_update_was_asked_for_all_the_same() {
        let mut run = Composer::replay();
        run.get_batch("Received").step("Too soon").send(
            "PATCH",
            BATCH,
            update("Completed"),
            409,
            Value::Null,
        );
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.raw, Level::Fail);
        assert_eq!(
            finding.message,
            "An update of a batch (Received → Completed) was refused with 409."
        );
    }

    #[test]
    fn a_repeat_is_no_step() {
        let mut run = Composer::replay();
        run.get_batch("Completed").patch_batch("Completed");
        assert_eq!(found(&CHECK, &mut run).raw, Level::NotExercised);
    }

    #[test]
    fn a_state_that_the_flow_does_not_know_is_a_failure_wherever_it_comes_from() {
        let finding = found(&CHECK, Composer::replay().patch_batch("Done"));
        assert_eq!(finding.raw, Level::Fail);
        assert!(
            finding
                .message
                .starts_with("A batch was set to Done, a state that the flow does not"),
            "{}",
            finding.message
        );
    }

    #[test]
    fn reads_may_miss_states_but_not_go_back() {
        let mut run = Composer::replay();
        run.get_batch("Received").get_batch("Completed");
        assert_eq!(found(&CHECK, &mut run).raw, Level::NotExercised);
        run.get_batch("Received");
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.raw, Level::Fail);
        assert!(finding.message.contains("was read as Completed → Received"));
    }

    #[test]
    fn after_a_timeout_a_step_is_allowed_from_either_state() {
        let mut run = Composer::replay();
        run.get_batch("Received")
            .patch_batch("Processing")
            .cut()
            .patch_batch("Completed");
        assert_eq!(found(&CHECK, &mut run).raw, Level::Pass);
        let mut run = Composer::replay();
        run.get_batch("Received")
            .patch_batch("Processing")
            .cut()
            .patch_batch("Processing");
        assert_eq!(found(&CHECK, &mut run).raw, Level::NotExercised, "a repeat");
    }

    #[test]
    fn a_retry_that_is_refused_because_the_first_took_effect_is_no_violation() {
        let refused = |run: &mut Composer, status: &str| {
            run.again("PATCH", BATCH, update(status), 409, Value::Null);
            found(&CHECK, run).raw
        };
        let mut run = Composer::replay();
        run.get_batch("Received").patch_batch("Processing").cut();
        assert_eq!(refused(&mut run, "Processing"), Level::NotExercised);
        let mut run = Composer::replay();
        run.patch_batch("Processing").cut();
        assert_eq!(
            refused(&mut run, "Processing"),
            Level::NotExercised,
            "the state before is not known"
        );
        let mut run = Composer::replay();
        run.get_batch("Received").patch_batch("Processing").cut();
        assert_eq!(
            refused(&mut run, "Completed"),
            Level::NotExercised,
            "legal if the first took effect"
        );
        let mut run = Composer::replay();
        run.get_batch("Received").patch_batch("Completed").cut();
        assert_eq!(
            refused(&mut run, "Completed"),
            Level::Fail,
            "illegal either way"
        );
        let mut run = Composer::replay();
        run.get_batch("Received")
            .patch_batch("Processing")
            .cut()
            .get_batch("Processing");
        assert_eq!(
            refused(&mut run, "Received"),
            Level::Fail,
            "the read made it certain"
        );
    }

    #[test]
    fn a_throttled_update_did_not_happen() {
        let mut run = Composer::replay();
        run.get_batch("Received")
            .step("Throttled")
            .send("PATCH", BATCH, update("Processing"), 429, Value::Null)
            .patch_batch("Completed");
        assert_eq!(found(&CHECK, &mut run).raw, Level::Fail);
    }

    #[test]
    fn the_default_status_is_judged_on_the_batch_and_followed_on_its_payments() {
        let mut run = Composer::replay();
        run.get_batch("Received")
            .step("Start")
            .send(
                "PATCH",
                BATCH,
                json!({"data": {"defaultStatus": "Processing"}}),
                204,
                Value::Null,
            )
            .patch_batch("Completed");
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.raw, Level::Pass, "{}", finding.message);
        assert!(
            finding.message.starts_with("3 updates"),
            "batch twice, payment once"
        );

        let mut run = Composer::replay();
        run.get_batch("Completed").step("Start again").send(
            "PATCH",
            BATCH,
            json!({"data": {"defaultStatus": "Processing"}}),
            409,
            Value::Null,
        );
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.raw, Level::Fail);
        assert_eq!(finding.witness.sequences, [3, 5]);
        assert!(
            !finding.message.contains("more like it"),
            "{}",
            finding.message
        );
    }

    #[test]
    fn what_was_never_walked_is_told() {
        let mut run = Composer::replay();
        run.get_batch("Received").patch_batch("Processing");
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.parameters["steps walked"], "2 of 21");
        let unseen = &finding.parameters["steps NOT_EXERCISED"];
        assert!(unseen.contains("batch Processing → Failed"), "{unseen}");
        assert!(!unseen.contains("batch Received → Processing"), "{unseen}");
    }

    #[test]
    fn each_resource_walks_for_itself() {
        let other = "/api-provider-v1/batchpayments/b-2";
        let mut run = Composer::replay();
        run.get_batch("Received").step("Another").send(
            "PATCH",
            other,
            json!({"data": {"status": "Completed"}}),
            204,
            Value::Null,
        );
        assert_eq!(found(&CHECK, &mut run).raw, Level::NotExercised);
    }
}
