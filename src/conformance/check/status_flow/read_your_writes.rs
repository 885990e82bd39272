//! A read after an accepted update shows it.
//!
//! # What is required
//!
//! After an update of a state was accepted, a read shows that state, or one that may follow it.
//!
//! # Why
//!
//! If the state that was set does not arrive, the product and the provider act on different
//! states.
//!
//! # How it is judged
//!
//! Each read that began after an accepted update (2xx) had been answered, up to the next update of
//! that resource, has to show the state that was set or one to which the flow has a path from it:
//! somebody else may have moved on. A replay is held to it, which tests the platform as much as it
//! follows it; a connector is not, because what it reads is the platform's doing. FAIL, with update and read as witness, otherwise. NOT_EXERCISED
//! where nothing was read after an update.
//!
//! # An example that conforms
//!
//! `PATCH …/batchpayments/{batchId}` with `Processing` is answered with 204; the next
//! `GET …/batchpayments/{batchId}` shows `Processing`.
//!
//! # Sources
//!
//! `/payments-out/guides/provider-api-update-batch-payments`,
//! `/payments-out/guides/provider-api-retrieve-payments-batch`; the flows of the profile.

use super::stride::{FLIPS_IF, provenance};
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::history::{Answer, NoteKind};
use crate::profile::Profile;

/// ST-13.
pub const CHECK: Check = Check {
    id: "ST-13",
    family: Family::StatusFlow,
    title: "A read after an accepted update shows it",
    clauses: &["PO-STATUS-FLOW"],
    // What a connector reads is the platform's doing.
    subjects: &[Subject::Replay],
    // A read that began after the answer, wherever that is seen, reached the platform after it.
    vantages: &Vantage::ALL,
    provenance,
    severest: Level::Fail,
    flips_if: FLIPS_IF,
    source: include_str!("read_your_writes.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let mut read = 0;
    let mut violations = Vec::new();
    for walk in evidence.walks() {
        let flow = walk.flow(profile);
        let mut set = None;
        for note in &walk.notes {
            match note.kind {
                NoteKind::Asked(Answer::Accepted) => set = Some(note),
                // What is set now is not certain.
                NoteKind::Asked(Answer::AcceptedByDefault | Answer::Unknown) => set = None,
                NoteKind::Asked(Answer::Refused | Answer::Declined(_)) | NoteKind::Created => {}
                NoteKind::Observed => {
                    let Some(set) = set.filter(|set| set.ended <= note.began) else {
                        continue;
                    };
                    read += 1;
                    if !flow.reaches(&set.status, &note.status) {
                        let pair = [set, note].map(|note| (note.sequence, note.began));
                        violations.push((
                            format!(
                                "A {} was set to {} and then read as {}",
                                walk.kind, set.status, note.status
                            ),
                            Witness::of(pair)
                                .with_margin(format!("{} ⇸ {}", set.status, note.status)),
                        ));
                    }
                }
            }
        }
    }
    violations.sort_by_key(|(_, witness)| witness.sequences.last().copied());
    let mut violations = violations.into_iter();
    match violations.next() {
        None if read == 0 => Ruling::new(Level::NotExercised, "Nothing was read after an update."),
        None => Ruling::new(
            Level::Pass,
            format!("{} after an update showed it.", counted(read, "read")),
        ),
        Some((message, witness)) => Ruling::new(
            Level::Fail,
            format!("{message}{}.", and_more(violations.count())),
        )
        .shown_by(witness),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;

    #[test]
    fn a_read_that_began_before_the_update_was_answered_says_nothing() {
        let mut run = Composer::replay();
        run.patch_batch("Processing")
            .back(Duration::from_millis(90))
            .get_batch("Received");
        assert_eq!(found(&CHECK, &mut run).raw, Level::NotExercised);
    }

    #[test]
    fn every_read_up_to_the_next_update_counts() {
        let mut run = Composer::replay();
        run.patch_batch("Processing")
            .get_batch("Processing")
            .get_batch("Received");
        assert_eq!(found(&CHECK, &mut run).witness.sequences, [3, 7]);
    }

    #[test]
    fn an_update_of_unknown_outcome_takes_the_certainty_away() {
        let mut run = Composer::replay();
        run.patch_batch("Processing")
            .patch_batch("Completed")
            .cut()
            .get_batch("Received");
        assert_eq!(found(&CHECK, &mut run).raw, Level::NotExercised);
    }
}
