//! A valid notification is taken.
//!
//! # What is required
//!
//! A notification that carries the right header and a good token is answered with 2xx, if not at the
//! first attempt then at a later one.
//!
//! # Why
//!
//! What is refused, or not taken in any attempt, the platform gives up: the provider never hears of
//! that batch.
//!
//! # How it is judged
//!
//! FAIL where a valid notification is answered with 3xx or 4xx (but 408, 425 and 429, which ask for
//! another attempt), and where none of the attempts was taken that the profile says the platform makes. A 5xx, a 429 or a missing
//! answer that is followed by a taken attempt is counted, no more. A notification of a kind that the
//! connector does not know is taken too: it may be newer than the connector. While too few attempts
//! were made the notification is open, which alone is INCONCLUSIVE. NOT_EXERCISED where no
//! notification was sent.
//!
//! # An example that conforms
//!
//! The first attempt is answered with 503, the second, a second later, with 201.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/integrate` (201 is expected). Which other answers are taken,
//! and how often the platform tries, is not public.

use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::history::Call;
use crate::profile::Profile;

/// NA-02.
pub const CHECK: Check = Check {
    id: "NA-02",
    family: Family::NotificationAnswer,
    title: "A valid notification is taken",
    clauses: &["PO-NOTIFY-ANSWER"],
    subjects: &[Subject::Connector],
    // Whoever sends the notifications sees the answers.
    vantages: &[Vantage::Mock],
    provenance: |profile| profile.notifications.expected_answer.provenance,
    severest: Level::Fail,
    flips_if: "the platform confirms which answers it takes",
    source: include_str!("taken.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let enough = profile.notifications.waits.value.len() + 1;
    let (mut taken, mut later, mut open) = (0, 0, 0);
    let mut refused = Vec::new();
    for notified in evidence.notified() {
        let attempts: Vec<_> = evidence.attempts(notified).collect();
        let refusal = attempts.iter().find(|call| {
            matches!(
                call.status(),
                Some(300..=407 | 409..=424 | 426..=428 | 430..=499)
            )
        });
        if let Some(call) = refusal {
            let status = call.status().unwrap_or_default();
            refused.push((
                format!("answered with {status}"),
                Witness::of([call.place()]),
            ));
        } else if let Some(first) = attempts.iter().position(|call| call.succeeded()) {
            taken += 1;
            later += usize::from(first > 0);
        } else if number_of(&attempts) >= enough {
            let witness = Witness::of(attempts.iter().map(|call| call.place()));
            refused.push((format!("not taken in {enough} attempts"), witness));
        } else {
            open += 1;
        }
    }
    let count = refused.len();
    let ruling = match refused.into_iter().next() {
        Some((how, witness)) => Ruling::new(
            Level::Fail,
            format!("A valid notification was {how}{}.", and_more(count - 1)),
        )
        .shown_by(witness),
        None => match (taken, open) {
            (0, 0) => Ruling::new(Level::NotExercised, "No notification was sent."),
            (_, 0) => Ruling::new(
                Level::Pass,
                format!(
                    "{} taken, {later} of them not at once.",
                    counted(taken, "notification")
                ),
            ),
            (_, _) => Ruling::new(
                Level::Inconclusive,
                format!(
                    "{} taken; {open} not yet when the history ended: {enough} attempts each would \
                     decide.",
                    counted(taken, "notification")
                ),
            ),
        },
    };
    ruling
        .with("taken", taken)
        .with("taken at a later attempt", later)
        .with("refused or given up", count)
}

/// The number of the last attempt: those that never arrived are no exchanges.
fn number_of(attempts: &[&Call<'_>]) -> usize {
    let last = attempts.last().map_or(0, |call| call.attempt.number);
    usize::try_from(last).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;

    /// One notification, answered like this, attempt by attempt.
    fn answered(answers: &[u16]) -> Level {
        let mut run = Composer::of(Subject::Connector);
        for (number, answer) in answers.iter().enumerate() {
            run.notify_batch("b-1", *answer);
            if number > 0 {
                run.another_attempt();
            }
        }
        found(&CHECK, &mut run).raw
    }

    #[test]
    fn a_notification_is_taken_sooner_or_later() {
        let table: [(&[u16], Level); 8] = [
            (&[], Level::NotExercised),
            (&[201], Level::Pass),
            (&[202], Level::Pass),
            (&[503, 429, 201], Level::Pass),
            (&[503, 503], Level::Inconclusive),
            (&[503, 503, 503, 503, 503], Level::Fail),
            (&[401], Level::Fail),
            (&[302], Level::Fail),
        ];
        for (answers, level) in table {
            assert_eq!(answered(answers), level, "{answers:?}");
        }
    }
}
