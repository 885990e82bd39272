//! What happens at one resource happens in one order.
//!
//! # What is required
//!
//! A connector waits for the answer to an update before it sends the next one of the same resource;
//! and notifications that arrive in another order than they were made in change nothing of what it
//! does.
//!
//! # Why
//!
//! Of two updates that are under way together nobody knows which takes effect last: `Processing`
//! overtakes `Completed` and stays. And whoever takes what arrives late for old news never begins
//! with it.
//!
//! # How it is judged
//!
//! The platform numbers neither updates nor notifications and promises no order. So the order of
//! emission is that in which requests began, and FAIL is given where two updates that ask for
//! different states of one resource were under way at the same time, by more than the early
//! tolerance of the profile; payments of one batch are resources of their own, and may be updated
//! side by side. A resource that was made before another and told of after it was *overtaken*: FAIL
//! where it was never updated although the other was, and `status.first-within` has gone by since the
//! provider took its notification. NOT_EXERCISED where no notification was overtaken.
//!
//! # An example that conforms
//!
//! Batch A is submitted before batch B; the notification of B comes first. Both come to their end, and
//! each update begins after the answer to the one before.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/setup` (updates follow the status flows); ordering of
//! notifications is not public (`spec/judging.md`, 5.4).

use std::collections::BTreeSet;
use std::time::Duration;

use super::stride::{SERVING, provenance};
use super::violation::{Violations, place};
use crate::base::Timestamp;
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{counted, lasting};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::between;
use crate::history::{Answer, Note, NoteKind, ResourceKind, Walk};
use crate::profile::Profile;

/// ST-06.
pub const CHECK: Check = Check {
    id: "ST-06",
    family: Family::StatusFlow,
    title: "What happens at one resource happens in one order",
    clauses: &["PO-STATUS-FLOW"],
    subjects: &[Subject::Connector],
    // Who serves the requests sees them arrive; so does a proxy.
    vantages: &SERVING,
    provenance,
    severest: Level::Fail,
    flips_if: "the platform says that it takes updates in the order of their arrival",
    source: include_str!("order.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let tolerance = profile.tolerances.early.value;
    let mut violations = Violations::default();
    for walk in evidence.walks() {
        overlaps(walk, tolerance, &mut violations);
    }
    let overtaken = overtaken(evidence, profile, &mut violations);
    violations
        .ruling(Level::Fail)
        .unwrap_or_else(|| match overtaken {
            0 => Ruling::new(Level::NotExercised, "No notification overtook another."),
            _ => Ruling::new(
                Level::Pass,
                format!(
                    "Told of after something newer: {}; each was attended to in time, and no two \
                     updates of one resource were under way together.",
                    counted(overtaken, "resource")
                ),
            ),
        })
        .with("notifications overtaken", overtaken)
}

/// Adds the updates of `walk` that were under way together and ask for different states.
fn overlaps(walk: &Walk, tolerance: Duration, violations: &mut Violations) {
    // The update that is under way longest.
    let mut before: Option<&Note> = None;
    let mut asked: Vec<&Note> = walk
        .notes
        .iter()
        .filter(|note| is_an_update(note))
        .collect();
    asked.sort_by_key(|note| note.began);
    for note in asked {
        if let Some(before) = before
            && before.status != note.status
            && before.sequence != note.sequence
            && between(note.began, before.ended) > tolerance
        {
            violations.add(
                format!(
                    "A {} was asked to become {} while the update to {} was under way",
                    walk.kind, note.status, before.status
                ),
                Witness::of([place(before), place(note)]).with_margin(format!(
                    "{} together",
                    lasting(between(note.began, before.ended))
                )),
            );
        }
        if before.is_none_or(|before| before.ended <= note.ended) {
            before = Some(note);
        }
    }
}

fn is_an_update(note: &Note) -> bool {
    match note.kind {
        NoteKind::Asked(
            Answer::Accepted | Answer::AcceptedByDefault | Answer::Refused | Answer::Unknown,
        ) => true,
        NoteKind::Asked(Answer::Declined(_)) | NoteKind::Created | NoteKind::Observed => false,
    }
}

/// A resource that was made and told of.
struct Told<'w> {
    walk: &'w Walk,
    /// When its making was asked for, and when it was done.
    made: [Timestamp; 2],
    taken: (u64, Timestamp),
}

/// How many resources were overtaken; those that were forgotten are violations. What was made, or told
/// of, at the same time is in no order.
fn overtaken(evidence: &Evidence<'_>, profile: &Profile, violations: &mut Violations) -> usize {
    let mut told: Vec<Told<'_>> = evidence
        .walks()
        .iter()
        .filter(|walk| walk.kind != ResourceKind::Payment)
        .filter_map(|walk| {
            let made = walk
                .notes
                .first()
                .filter(|note| note.kind == NoteKind::Created)?;
            let taken = evidence.taken(evidence.notified_of(walk)?)?;
            Some(Told {
                walk,
                made: [made.began, made.ended],
                taken: taken.place(),
            })
        })
        .collect();
    told.sort_by_key(|told| (told.taken.1, told.taken.0));
    let updated: BTreeSet<&str> = updated_ids(evidence.walks());
    let mut before = told
        .iter()
        .filter(|told| updated.contains(told.walk.id.as_str()))
        .peekable();
    // The latest made of those that came before and were attended to.
    let mut newest: Option<&Told<'_>> = None;
    let mut overtaken = 0;
    for one in &told {
        while let Some(other) = before.next_if(|other| other.taken.1 < one.taken.1) {
            if newest.is_none_or(|newest| newest.made[0] < other.made[0]) {
                newest = Some(other);
            }
        }
        if let Some(other) = newest.filter(|other| other.made[0] >= one.made[1]) {
            overtaken += 1;
            let waited = between(one.taken.1, evidence.ends_at());
            let limit = one.walk.profile(profile).status.first_within.value;
            if !updated.contains(one.walk.id.as_str()) && waited > limit {
                violations.add(
                    format!(
                        "A {} whose notification came after that of a newer one was never \
                         attended to",
                        one.walk.kind
                    ),
                    Witness::of([other.taken, one.taken]),
                );
            }
        }
    }
    overtaken
}

/// The subscriptions and batches that were updated, themselves or in one of their payments.
fn updated_ids(walks: &[Walk]) -> BTreeSet<&str> {
    walks
        .iter()
        .filter(|walk| walk.notes.iter().any(is_an_update))
        .map(|walk| walk.batch.as_deref().unwrap_or(&walk.id))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;

    fn overtaking() -> Composer {
        let mut run = Composer::of(Subject::Connector);
        run.submit("b-1", &["p-1"])
            .submit("b-2", &["p-2"])
            .notify_batch("b-2", 201)
            .notify_batch("b-1", 201)
            .set("b-2", json!({"defaultStatus": "Processing"}), 204);
        run
    }

    #[test]
    fn what_was_overtaken_has_to_be_attended_to() {
        let mut run = overtaking();
        run.wait(Duration::from_mins(10)).get_provider();
        assert_eq!(
            found(&CHECK, &mut run).raw,
            Level::Pass,
            "it is not too late"
        );
        run.wait(Duration::from_mins(10)).get_provider();
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.raw, Level::Fail);
        assert_eq!(finding.witness.sequences, [4, 5]);
        let mut run = overtaking();
        run.set("b-1", json!({"defaultStatus": "Processing"}), 204)
            .wait(Duration::from_mins(20))
            .get_provider();
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.raw, Level::Pass);
        assert!(
            finding
                .message
                .starts_with("Told of after something newer: 1 resource;"),
            "{}",
            finding.message
        );
    }

    #[test]
    fn what_is_made_or_told_of_together_overtakes_nothing() {
        let mut run = Composer::of(Subject::Connector);
        run.submit("b-1", &["p-1"])
            .back(Duration::from_millis(100))
            .submit("b-2", &["p-2"])
            .notify_batch("b-2", 201)
            .notify_batch("b-1", 201)
            .set("b-2", json!({"defaultStatus": "Processing"}), 204);
        assert_eq!(found(&CHECK, &mut run).raw, Level::NotExercised, "made");
        let mut run = Composer::of(Subject::Connector);
        run.submit("b-1", &["p-1"])
            .submit("b-2", &["p-2"])
            .notify_batch("b-2", 201)
            .back(Duration::from_millis(100))
            .notify_batch("b-1", 201)
            .set("b-2", json!({"defaultStatus": "Processing"}), 204);
        assert_eq!(found(&CHECK, &mut run).raw, Level::NotExercised, "told of");
    }

    #[test]
    fn two_updates_of_one_resource_are_not_under_way_together() {
        let together = |first: &str, second: &str| {
            let mut run = overtaking();
            run.set("b-1", json!({"status": first}), 204)
                .back(Duration::from_millis(100))
                .set("b-1", json!({"status": second}), 204);
            found(&CHECK, &mut run).raw
        };
        assert_eq!(together("Processing", "Completed"), Level::Fail);
        assert_eq!(
            together("Processing", "Processing"),
            Level::Pass,
            "a repetition"
        );
        let mut run = overtaking();
        for payment in ["p-1", "p-3"] {
            let update = json!([{"paymentId": payment, "status": "Processing"}]);
            run.set("b-1", json!({"payments": update}), 204)
                .back(Duration::from_millis(100));
        }
        assert_eq!(found(&CHECK, &mut run).raw, Level::Pass, "each for itself");
    }
}
