//! The 429s that were scripted were delivered.
//!
//! # What is required
//!
//! At least three scripted 429s reach the client, and every queue that holds one is used up.
//!
//! # Why
//!
//! A client that never met the fault proves nothing by coping with it.
//!
//! # How it is judged
//!
//! The platform says at the end of each scenario how much of each queue of scripted answers it
//! delivered. PASS if three or more 429s were delivered and no queue with a 429 has answers left;
//! NOT_EXERCISED otherwise. This rule cannot fail anybody.
//!
//! # An example that conforms
//!
//! `PATCH …/batchpayments/{batchId}` was scripted to answer 429 three times; three were delivered.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/setup` (429 may be returned); the proof of exercise
//! follows googleapis/storage-testbench (`completed`).

use crate::conformance::check::{Check, Family};
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::{Profile, Provenance};

/// How many 429s have to be delivered.
const ENOUGH: usize = 3;

/// BK-01.
pub const CHECK: Check = Check {
    id: "BK-01",
    family: Family::Backoff,
    title: "The 429s that were scripted were delivered",
    clauses: &["PO-BACKOFF"],
    subjects: &[Subject::Replay, Subject::Connector],
    // It reads what the platform says, and no exchange.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Stated,
    severest: Level::NotExercised,
    flips_if: "it rests on what is stated already",
    source: include_str!("faults_delivered.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _profile: &Profile) -> Ruling {
    let is_throttling = |answer: &String| answer.starts_with("429");
    let queues: Vec<_> = evidence
        .proofs()
        .iter()
        .filter(|proof| proof.answers.iter().any(is_throttling))
        .collect();
    let delivered: usize = queues
        .iter()
        .map(|proof| {
            let delivered = proof.answers.iter().take(proof.delivered);
            delivered.filter(|answer| is_throttling(answer)).count()
        })
        .sum();
    let unused = queues
        .iter()
        .find(|proof| proof.delivered < proof.answers.len());
    let message = format!("{} delivered.", counted(delivered, "scripted 429"));
    let ruling = match unused {
        _ if queues.is_empty() => Ruling::new(Level::NotExercised, "No 429 was scripted."),
        Some(queue) => Ruling::new(
            Level::NotExercised,
            format!(
                "{message} The queue for {} has answers left: {} of {} were delivered.",
                queue.operation,
                queue.delivered,
                queue.answers.len()
            ),
        ),
        None if delivered < ENOUGH => {
            Ruling::new(Level::NotExercised, format!("{message} Needed: {ENOUGH}."))
        }
        None => Ruling::new(Level::Pass, message),
    };
    ruling.with("needed", ENOUGH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;

    #[test]
    fn what_counts_as_delivered() {
        type Queue = (&'static [&'static str], usize);
        // queues with what was delivered of each, the level
        let table: &[(&[Queue], Level)] = &[
            (&[], Level::NotExercised),
            (&[(&["503", "503", "503"], 3)], Level::NotExercised),
            (&[(&["429", "429"], 2)], Level::NotExercised),
            (&[(&["429", "503", "429"], 3), (&["429"], 1)], Level::Pass),
            (
                &[(&["429", "429", "429"], 3), (&["429"], 0)],
                Level::NotExercised,
            ),
            (&[(&["429", "429", "429"], 3), (&["503"], 0)], Level::Pass),
            (&[(&["429", "429", "429", "503"], 3)], Level::NotExercised),
        ];
        for (queues, level) in table {
            let mut run = Composer::replay();
            for (answers, delivered) in *queues {
                run.proof(answers, *delivered);
            }
            assert_eq!(found(&CHECK, &mut run).raw, *level, "{queues:?}");
        }
    }
}
