//! The first state of a subscription, a batch or a payment is an initial one.
//!
//! # What is required
//!
//! A resource begins its life in an initial state of its flow (`Received`).
//!
//! # Why
//!
//! Whoever enters a flow in the middle has skipped the states in which the platform, the product
//! or the user still had a say.
//!
//! # How it is judged
//!
//! *Of a connector*, which creates nothing: the first update that it sends of a resource in an
//! initial state, accepted or refused with 409, has to be a step that leads out of that state. FAIL
//! otherwise: it enters the flow in the middle.
//!
//! *Of a replay*: the state that the answer to a creation shows has to be initial. Where the creation was not
//! seen, the first read has to show an initial state to count; a resource that was already under
//! way when the history began is left out, and so is one whose first mention is an update. FAIL
//! for any other first state.
//!
//! NOT_EXERCISED where no beginning was seen. Steps that ask for an
//! illegal transition on purpose are left out.
//!
//! # An example that conforms
//!
//! `POST /v3/batchpayments` is answered with 201 and `"status": "Received"`.
//!
//! # Sources
//!
//! `/payments-out/guides/consumer/retrieve-subscription-details` (`Received` is set on creation);
//! the flows of the profile.

use super::stride::{FLIPS_IF, Stride, provenance, provoked};
use super::violation::Violations;
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{and_more, counted, left_out};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::{Provocation, Subject};
use crate::exchange::Vantage;
use crate::history::{Answer, NoteKind};
use crate::profile::Profile;

/// ST-01.
pub const CHECK: Check = Check {
    id: "ST-01",
    family: Family::StatusFlow,
    title: "The first state is an initial one",
    clauses: &["PO-STATUS-FLOW"],
    subjects: &[Subject::Replay, Subject::Connector],
    // What is said of a state is the same everywhere.
    vantages: &Vantage::ALL,
    provenance,
    severest: Level::Fail,
    flips_if: FLIPS_IF,
    source: include_str!("first_state.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    match evidence.subject() {
        Subject::Connector => first_step(evidence, profile),
        Subject::Replay | Subject::Endpoint => first_mention(evidence, profile),
    }
}

/// Whether a connector enters each flow at its beginning.
fn first_step(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let mut began = 0;
    let mut violations = Violations::default();
    for walk in evidence.walks() {
        let flow = walk.flow(profile);
        let strides = Stride::all(walk, flow);
        let first = strides.iter().find(|stride| {
            matches!(
                stride.note.kind,
                NoteKind::Asked(Answer::Accepted | Answer::Refused)
            )
        });
        let Some(first) = first.filter(|stride| !stride.note.provoked) else {
            continue;
        };
        let [before] = first.before.as_slice() else {
            continue;
        };
        if !flow.is_initial(before) || !first.perhaps.is_empty() || first.is_repeat() {
            continue;
        }
        if first.is_allowed(flow) {
            began += 1;
        } else {
            let message = format!("A {} was begun with the step {}", walk.kind, first.step());
            violations.add(message, first.witness());
        }
    }
    violations.ruling(Level::Fail).unwrap_or_else(|| {
        if began == 0 {
            return Ruling::new(Level::NotExercised, "No beginning was seen.");
        }
        let message = format!("{} begun at the beginning.", counted(began, "flow"));
        Ruling::new(Level::Pass, message)
    })
}

/// Whether what a replay creates is in an initial state.
fn first_mention(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let mut began = 0;
    let mut under_way = 0;
    let mut wrong = Vec::new();
    for walk in evidence.walks() {
        let Some(first) = walk.notes.iter().find(|note| !note.provoked) else {
            continue;
        };
        let flow = walk.flow(profile);
        match first.kind {
            NoteKind::Created | NoteKind::Observed if flow.is_initial(&first.status) => began += 1,
            NoteKind::Created => wrong.push((walk, first)),
            NoteKind::Observed | NoteKind::Asked(_) => under_way += 1,
        }
    }
    let left = left_out(provoked(evidence.walks()), Provocation::IllegalTransition);
    let under_way = (under_way > 0).then(|| {
        format!(
            "{} whose beginning was not seen: left out.",
            counted(under_way, "resource")
        )
    });
    let ruling = match wrong.as_slice() {
        [] if began == 0 => Ruling::new(Level::NotExercised, "No beginning was seen."),
        [] => Ruling::new(
            Level::Pass,
            format!("{} began in an initial state.", counted(began, "resource")),
        ),
        [(walk, first), rest @ ..] => Ruling::new(
            Level::Fail,
            format!(
                "A {} was created in the state {}, which is not initial{}.",
                walk.kind,
                first.status,
                and_more(rest.len())
            ),
        )
        .shown_by(
            Witness::of([(first.sequence, first.began)])
                .with_margin(format!("first state {}", first.status)),
        ),
    };
    ruling.and_says(under_way).and_says(left)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::conformance::fixture::{BATCH, batch, found};
    use crate::history::composer::Composer;

    #[test]
    fn a_resource_that_was_under_way_is_left_out_and_told() {
        let finding = found(&CHECK, Composer::replay().get_batch("Processing"));
        assert_eq!(finding.raw, Level::NotExercised);
        assert_eq!(
            finding.message,
            "No beginning was seen. 2 resources whose beginning was not seen: left out."
        );
        let finding = found(&CHECK, Composer::replay().patch_batch("Completed"));
        assert_eq!(finding.raw, Level::NotExercised);
        // An update says what was asked for, not where the resource was.
        let finding = found(&CHECK, Composer::replay().patch_batch("Received"));
        assert_eq!(finding.raw, Level::NotExercised);
        assert!(finding.message.contains("2 resources whose beginning"));
        let finding = found(&CHECK, Composer::replay().get_batch("Received"));
        assert_eq!(finding.raw, Level::Pass);
    }

    #[test]
    fn a_connector_begins_with_what_follows_the_initial_state() {
        for (status, answer, level) in [
            ("Processing", 204, Level::Pass),
            ("Received", 204, Level::NotExercised),
            ("Completed", 409, Level::Fail),
            ("Completed", 204, Level::Fail),
            ("Completed", 500, Level::NotExercised),
        ] {
            let mut run = Composer::of(Subject::Connector);
            run.submit("b-1", &[])
                .set("b-1", json!({"status": status}), answer);
            assert_eq!(found(&CHECK, &mut run).raw, level, "{status} {answer}");
        }
    }

    #[test]
    fn a_provoked_creation_is_left_out_and_told() {
        let mut run = Composer::replay();
        run.provoking("On purpose", &[Provocation::IllegalTransition])
            .send("POST", "/v3/batchpayments", json!({}), 201, batch("Failed"));
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.raw, Level::NotExercised);
        assert!(
            finding.message.contains("Left out: 1 exchange"),
            "{}",
            finding.message
        );
    }

    #[test]
    fn an_answer_without_a_state_says_nothing() {
        let mut run = Composer::replay();
        run.step("Read")
            .send("GET", BATCH, Value::Null, 200, json!({"data": {}}));
        assert_eq!(found(&CHECK, &mut run).message, "No beginning was seen.");
    }
}
