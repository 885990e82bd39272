//! A notification is answered before the work is done.
//!
//! # What is required
//!
//! The answer to a notification does not wait for the work that follows from it.
//!
//! # Why
//!
//! A batch of 2,000 payments takes minutes. A connector that works while the platform waits for its
//! answer works well with one payment and is cut off with many.
//!
//! # How it is judged
//!
//! WARN where a resource had been brought to a terminal state, by an accepted update that ended more
//! than the early tolerance of the profile before the notification of that resource was answered. Whoever begins before the
//! answer is no reproach. How the platform sees it is not public, so that this is reported as INFO.
//! NOT_EXERCISED where nothing new was told of that came to its end.
//!
//! # An example that conforms
//!
//! The notification of a batch is answered after 20 ms; the batch is `Completed` four seconds later.
//!
//! # Sources
//!
//! `/payments-out/guides/consumer/submit-and-process-electronic-payments` (first the answer, then the
//! updates, in the diagram).

use std::collections::BTreeMap;

use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{and_more, counted, lasting};
use crate::conformance::{About, Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::{Vantage, between};
use crate::history::{Answer, Note, NoteKind};
use crate::profile::{Profile, Provenance};

/// NA-05.
pub const CHECK: Check = Check {
    id: "NA-05",
    family: Family::NotificationAnswer,
    title: "A notification is answered before the work is done",
    clauses: &["PO-NOTIFY-ANSWER"],
    subjects: &[Subject::Connector],
    // Whoever sends the notifications sees the answers.
    vantages: &[Vantage::Mock],
    provenance: |_| Provenance::Assumed,
    severest: Level::Warn,
    flips_if: "the platform says that the answer has to come before the work",
    source: include_str!("own_time.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let ends: BTreeMap<&str, &Note> = evidence
        .walks()
        .iter()
        .filter_map(|walk| {
            let flow = walk.flow(profile);
            let end = walk.notes.iter().find(|note| {
                note.kind == NoteKind::Asked(Answer::Accepted) && flow.is_terminal(&note.status)
            })?;
            Some((walk.id.as_str(), end))
        })
        .collect();
    let tolerance = profile.tolerances.early.value;
    let mut ended = 0;
    let mut held = Vec::new();
    for notified in evidence.notified() {
        let (About::Creation(kind), Some(id)) = (notified.about, &notified.id) else {
            continue;
        };
        let (Some(end), Some(answer)) = (
            ends.get(id.as_str()),
            evidence
                .attempts(notified)
                .find(|call| call.status().is_some()),
        ) else {
            continue;
        };
        ended += 1;
        let before = between(end.ended, answer.ended());
        if before > tolerance {
            let witness = Witness::of([answer.place(), (end.sequence, end.began)])
                .with_margin(format!("{} before the answer", lasting(before)));
            held.push((kind, end.status.as_str(), witness));
        }
    }
    let count = held.len();
    match held.into_iter().next() {
        Some((kind, status, witness)) => Ruling::new(
            Level::Warn,
            format!(
                "A {kind} was {status} before its notification was answered{}.",
                and_more(count - 1)
            ),
        )
        .shown_by(witness),
        None if ended == 0 => Ruling::new(
            Level::NotExercised,
            "Nothing new was told of that came to its end.",
        ),
        None => Ruling::new(
            Level::Pass,
            format!(
                "{} answered before the work was done.",
                counted(ended, "notification")
            ),
        ),
    }
}
