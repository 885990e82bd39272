//! What the provider took on is never lost.
//!
//! # What is required
//!
//! Each subscription and each batch whose notification the provider took (2xx) is updated within the
//! time that the profile names.
//!
//! # Why
//!
//! With its answer the provider takes the work over: the platform does not tell it again. What was
//! only in memory then, and is gone after a restart, nobody will ever begin.
//!
//! # How it is judged
//!
//! The time begins when the first notification of the resource was taken, and ends with the first
//! update of it, or of one of its payments, that was accepted or whose outcome is not known. FAIL
//! where none came within `status.first-within`; INCONCLUSIVE where the history ended before that and
//! nothing else is wrong; NOT_EXERCISED where nothing new was taken on. What was refused or never
//! answered is left to NA-02.
//!
//! Answer after the work was written down, not before: in one transaction with an outbox table (Java,
//! .NET, Python), or after the acknowledgement of a durable queue (Node, Go).
//!
//! # An example that conforms
//!
//! A batch is told of at 10:00:00 and answered with 201; at 10:00:01 it is set to `Processing`.
//!
//! # Sources
//!
//! `/payments-out/guides/consumer/submit-and-process-electronic-payments` (the notification, 201, then
//! updates); `T_first` of `spec/judging.md` 5.4: the profile's, assumed.

use std::collections::BTreeMap;
use std::time::Duration;

use super::stride::SERVING;
use super::violation::{Violations, place};
use crate::base::Timestamp;
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{counted, lasting};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::between;
use crate::history::{Answer, NoteKind, ResourceKind, Walk};
use crate::profile::Profile;

/// ST-14.
pub const CHECK: Check = Check {
    id: "ST-14",
    family: Family::StatusFlow,
    title: "What the provider took on is never lost",
    clauses: &["PO-STATUS-FLOW", "PO-STATUS-TIME"],
    subjects: &[Subject::Connector],
    // Who serves the requests sees them arrive; so does a proxy.
    vantages: &SERVING,
    provenance: |profile| profile.status.first_within.provenance,
    severest: Level::Fail,
    flips_if: "the platform says within which time new work has to be begun",
    source: include_str!("never_lost.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let updates = first_updates(evidence.walks());
    let (mut begun, mut waiting) = (0, 0);
    let mut decided_in = Duration::ZERO;
    let mut violations = Violations::default();
    for walk in evidence.walks() {
        if walk.kind == ResourceKind::Payment {
            continue;
        }
        let notified = evidence.notified_of(walk);
        let Some(taken) = notified.and_then(|notified| evidence.taken(notified)) else {
            continue;
        };
        let limit = walk.profile(profile).status.first_within.value;
        let update = updates.get(walk.id.as_str()).copied();
        let until = update.map_or(evidence.ends_at(), |(_, began)| began);
        let took = between(taken.ended(), until);
        if took > limit {
            let how = match update {
                Some(_) => format!("was updated only {} after it was taken on", lasting(took)),
                None => format!("was taken on and not updated in {}", lasting(took)),
            };
            violations.add(
                format!("A {} {how}", walk.kind),
                Witness::of(std::iter::once(taken.place()).chain(update)).with_margin(format!(
                    "{} late; allowed are {}",
                    lasting(took.saturating_sub(limit)),
                    lasting(limit)
                )),
            );
        } else if update.is_some() {
            begun += 1;
        } else {
            waiting += 1;
            decided_in = decided_in.max(limit.saturating_sub(took));
        }
    }
    violations
        .ruling(Level::Fail)
        .unwrap_or_else(|| match (begun, waiting) {
            (0, 0) => Ruling::new(Level::NotExercised, "Nothing new was taken on."),
            (_, 0) => Ruling::new(
                Level::Pass,
                format!("{} taken on and updated.", counted(begun, "resource")),
            ),
            (_, _) => Ruling::new(
                Level::Inconclusive,
                format!(
                    "{} taken on and updated; {waiting} not yet when the history ended: {} more \
                     would decide.",
                    counted(begun, "resource"),
                    lasting(decided_in)
                ),
            ),
        })
        .with("first within", lasting(profile.status.first_within.value))
}

/// The first update of each subscription and batch, or of a payment of it, that may have succeeded.
pub(super) fn first_updates(walks: &[Walk]) -> BTreeMap<&str, (u64, Timestamp)> {
    let mut updates: BTreeMap<&str, (u64, Timestamp)> = BTreeMap::new();
    for walk in walks {
        let id = walk.batch.as_deref().unwrap_or(&walk.id);
        let first = walk.notes.iter().find(|note| match note.kind {
            NoteKind::Asked(Answer::Accepted | Answer::AcceptedByDefault | Answer::Unknown) => true,
            NoteKind::Asked(Answer::Refused | Answer::Declined(_))
            | NoteKind::Created
            | NoteKind::Observed => false,
        });
        if let Some(first) = first {
            let earliest = updates.entry(id).or_insert(place(first));
            if first.began < earliest.1 {
                *earliest = place(first);
            }
        }
    }
    updates
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;

    /// A batch is taken on, and so many minutes later something else happens.
    fn after(minutes: u64) -> Composer {
        let mut run = Composer::of(Subject::Connector);
        run.submit("b-1", &["p-1"])
            .notify_batch("b-1", 201)
            .wait(Duration::from_mins(minutes))
            .get_provider();
        run
    }

    #[test]
    fn what_was_taken_on_is_begun_in_time() {
        assert_eq!(found(&CHECK, &mut after(14)).raw, Level::Inconclusive);
        let finding = found(&CHECK, &mut after(16));
        assert_eq!(finding.raw, Level::Fail);
        assert_eq!(finding.witness.sequences, [3]);
        let payment = json!({"payments": [{"paymentId": "p-1", "status": "Processing"}]});
        for (minutes, level) in [(14, Level::Pass), (16, Level::Fail)] {
            let mut run = after(minutes);
            run.set("b-1", payment.clone(), 204);
            assert_eq!(found(&CHECK, &mut run).raw, level);
        }
        let mut run = after(14);
        run.set("b-1", payment.clone(), 409)
            .wait(Duration::from_mins(5));
        run.get_provider();
        assert_eq!(
            found(&CHECK, &mut run).raw,
            Level::Fail,
            "refused is not updated"
        );
    }

    #[test]
    fn what_was_not_taken_on_is_not_lost_by_the_connector() {
        let mut run = Composer::of(Subject::Connector);
        run.submit("b-1", &["p-1"])
            .notify_batch("b-1", 500)
            .wait(Duration::from_hours(1))
            .get_provider();
        assert_eq!(found(&CHECK, &mut run).raw, Level::NotExercised);
    }
}
