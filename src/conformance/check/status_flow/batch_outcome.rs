//! A batch ends after its payments, and as they did.
//!
//! # What is required
//!
//! A batch is not told to be final before each of its payments is, and its final state follows from
//! theirs: succeeded, failed, or partly.
//!
//! # Why
//!
//! The product takes the end of a batch for the end of its payments, and stops looking. Whatever is
//! told afterwards is told to nobody.
//!
//! # How it is judged
//!
//! For each accepted update to a terminal state of a batch the payments of that batch are looked at as
//! they had been told until then, by updates that began before it or by the update itself; what
//! `defaultStatus` or an update of unknown outcome may have set counts as set. FAIL where a payment
//! was not in a terminal state; the platform does not say so, which is why that is reported as
//! REVIEW. FAIL where the state of the batch is not one that the profile's `status.batch-outcomes`
//! allows for the states of its payments; which one the platform expects of a mixture is not public,
//! so that this is reported as INFO, with its witness. A mixture of which the profile says nothing is
//! counted. A batch has neither a count nor a sum of its own on this platform: there is nothing to
//! add up. NOT_EXERCISED where no batch with payments came to an end.
//!
//! # An example that conforms
//!
//! Three payments are set to `Completed`, one to `Failed`; then the batch is set to
//! `PartiallyCompleted`.
//!
//! # Sources
//!
//! `/payments-out/guides/provider-api-update-batch-payments`; mixed outcomes are not public
//! (`spec/judging.md`, 5.6).

use std::collections::{BTreeMap, BTreeSet};

use super::stride::{FLIPS_IF, SERVING, provenance};
use super::violation::{Violations, place};
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::history::{Answer, Note, NoteKind, ResourceKind, Walk};
use crate::profile::{Profile, Provenance};

/// ST-11.
pub const CHECK: Check = Check {
    id: "ST-11",
    family: Family::StatusFlow,
    title: "A batch ends after its payments, and as they did",
    clauses: &["PO-STATUS-FLOW"],
    subjects: &[Subject::Connector],
    // Who serves the requests sees them arrive; so does a proxy.
    vantages: &SERVING,
    provenance: |profile| provenance(profile).min(profile.status.batch_outcomes.provenance),
    severest: Level::Fail,
    flips_if: FLIPS_IF,
    source: include_str!("batch_outcome.rs"),
    rule,
};

const UNTIL: &str = "the platform says in which state a batch of mixed outcomes ends";

/// What was seen of batches that came to their end.
#[derive(Default)]
struct Count {
    ended: usize,
    mixtures: BTreeSet<String>,
    unnamed: usize,
    ahead: Violations,
    unlike: Violations,
}

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let mut payments: BTreeMap<&str, Vec<&Walk>> = BTreeMap::new();
    for walk in evidence.walks() {
        if let Some(batch) = &walk.batch {
            payments.entry(batch).or_default().push(walk);
        }
    }
    let mut count = Count::default();
    for walk in evidence.walks() {
        let Some(payments) = payments.get(walk.id.as_str()) else {
            continue;
        };
        let flow = walk.flow(profile);
        let end = walk.notes.iter().find(|note| {
            note.kind == NoteKind::Asked(Answer::Accepted) && flow.is_terminal(&note.status)
        });
        if let Some(end) = end.filter(|_| walk.kind == ResourceKind::Batch) {
            count.end(end, payments, walk, profile);
        }
    }
    let Count {
        ended,
        mixtures,
        unnamed,
        ahead,
        unlike,
    } = count;
    let mixtures: Vec<String> = mixtures.into_iter().collect();
    let is_assumed = profile.status.batch_outcomes.provenance == Provenance::Assumed;
    let ruling = match (ahead.ruling(Level::Fail), unlike.ruling(Level::Fail)) {
        (Some(ahead), _) => ahead,
        (None, Some(unlike)) if is_assumed => unlike.at_most(Level::Info, UNTIL),
        (None, Some(unlike)) => unlike,
        (None, None) if ended == 0 => Ruling::new(
            Level::NotExercised,
            "No batch whose payments are known came to an end.",
        ),
        (None, None) => Ruling::new(
            Level::Pass,
            format!(
                "{} ended after the payments, and as they did.",
                counted(ended, "batch")
            ),
        ),
    };
    ruling
        .with("mixtures seen", mixtures.join("; "))
        .with("batches whose mixture the profile does not name", unnamed)
}

impl Count {
    /// Looks at the payments of a batch as they were when `end` was asked for.
    fn end(&mut self, end: &Note, payments: &[&Walk], batch: &Walk, profile: &Profile) {
        self.ended += 1;
        let flow = payments[0].flow(profile);
        let mut states = BTreeSet::new();
        let mut open = None;
        let mut is_certain = true;
        for payment in payments {
            let told = told_before(payment, end);
            let Some(last) = told.last() else { continue };
            let is_final = |note: &&&Note| flow.is_terminal(&note.status);
            match told.iter().rev().find(is_final) {
                None => open = open.or(Some((*payment, *last))),
                Some(note) => {
                    is_certain &= matches!(
                        note.kind,
                        NoteKind::Asked(Answer::Accepted) | NoteKind::Observed
                    );
                    states.insert(note.status.as_str());
                }
            }
        }
        if let Some((payment, last)) = open {
            self.ahead.add(
                format!(
                    "A batch was set to {} while a payment of it was {}",
                    end.status, last.status
                ),
                Witness::of([place(last), place(end)])
                    .with_margin(format!("payment {}", payment.id)),
            );
            return;
        }
        let mixture: Vec<&str> = states.iter().copied().collect();
        let mixture = mixture.join(" + ");
        match batch.profile(profile).status.outcomes_of(&states) {
            None => self.unnamed += 1,
            Some(_) if !is_certain => {}
            Some(allowed) if allowed.contains(end.status.as_str()) => {}
            Some(allowed) => {
                let allowed: Vec<&str> = allowed.iter().map(String::as_str).collect();
                self.unlike.add(
                    format!(
                        "A batch was set to {} although its payments are {mixture}",
                        end.status
                    ),
                    Witness::of([place(end)])
                        .with_margin(format!("the profile expects {}", allowed.join(" or "))),
                );
            }
        }
        self.mixtures.insert(mixture);
    }
}

/// The mentions of `payment` that may have told its state when `end` was asked for.
fn told_before<'w>(payment: &'w Walk, end: &Note) -> Vec<&'w Note> {
    let is_told = |note: &&Note| match note.kind {
        NoteKind::Created | NoteKind::Observed => note.sequence < end.sequence,
        NoteKind::Asked(Answer::Accepted | Answer::AcceptedByDefault | Answer::Unknown) => {
            note.sequence == end.sequence || note.began < end.began
        }
        NoteKind::Asked(Answer::Refused | Answer::Declined(_)) => false,
    };
    payment.notes.iter().filter(is_told).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;

    /// Two payments get these states, and then the batch its own.
    fn ended(states: [&str; 2], batch: &str) -> (Level, Level) {
        let mut run = Composer::of(Subject::Connector);
        run.begin("b-1", &["p-1", "p-2"]);
        let payments: Vec<Value> = std::iter::zip(["p-1", "p-2"], states)
            .map(|(id, status)| json!({"paymentId": id, "status": status}))
            .collect();
        run.set("b-1", json!({"payments": payments}), 204).set(
            "b-1",
            json!({"status": batch}),
            204,
        );
        let finding = found(&CHECK, &mut run);
        (finding.raw, finding.reported)
    }

    #[test]
    fn a_batch_ends_as_its_payments_did() {
        let (pass, told) = ((Level::Pass, Level::Pass), (Level::Fail, Level::Info));
        let table = [
            (["Completed", "Completed"], "Completed", pass),
            (["Completed", "Failed"], "PartiallyCompleted", pass),
            (["Failed", "Failed"], "Failed", pass),
            (["Completed", "Failed"], "Completed", told),
            (["Failed", "Failed"], "Completed", told),
            (["Completed", "Completed"], "Failed", told),
            (
                ["Completed", "Processing"],
                "Completed",
                (Level::Fail, Level::Review),
            ),
        ];
        for (payments, batch, expected) in table {
            assert_eq!(ended(payments, batch), expected, "{payments:?} {batch}");
        }
    }

    #[test]
    fn one_update_may_end_all_at_once() {
        let payment = json!([{"paymentId": "p-1", "status": "Completed"}]);
        for data in [
            json!({"status": "Completed", "payments": payment}),
            json!({"defaultStatus": "Completed"}),
        ] {
            let mut run = Composer::of(Subject::Connector);
            run.begin("b-1", &["p-1"]).set("b-1", data.clone(), 204);
            assert_eq!(found(&CHECK, &mut run).raw, Level::Pass, "{data}");
        }
    }

    #[test]
    fn a_payment_that_may_have_ended_is_no_reproach() {
        let mut run = Composer::of(Subject::Connector);
        let payment = json!([{"paymentId": "p-1", "status": "Failed"}]);
        run.begin("b-1", &["p-1"])
            .set("b-1", json!({"payments": payment}), 204)
            .cut()
            .set("b-1", json!({"status": "Completed"}), 204);
        assert_eq!(found(&CHECK, &mut run).raw, Level::Pass);
        let mut run = Composer::of(Subject::Connector);
        run.set("b-1", json!({"status": "Completed"}), 204);
        assert_eq!(found(&CHECK, &mut run).raw, Level::NotExercised);
    }
}
