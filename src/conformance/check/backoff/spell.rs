//! Times in which an operation was throttled whatever the client did: scripted answers that lasted.

use std::time::Duration;

use crate::base::{Timestamp, later};
use crate::conformance::Evidence;
use crate::event::{EventKind, FaultProof};
use crate::history::Call;

/// A time in which every request of an operation was answered with 429.
#[derive(Clone, Debug)]
pub(super) struct Spell {
    /// The operation: `GET /api-provider-v1/batchpayments/{batchId}`.
    pub(super) operation: String,
    /// When the first request met it.
    pub(super) start: Timestamp,
    /// When it was over.
    pub(super) end: Timestamp,
    /// How long it lasted.
    pub(super) length: Duration,
}

impl Spell {
    /// Those of a history, in the order in which they were proved.
    pub(super) fn all(evidence: &Evidence<'_>) -> Vec<Self> {
        let mut spells = Vec::new();
        let mut scenario = None;
        for event in evidence.events() {
            if let EventKind::ScenarioStarted { .. } = &event.kind {
                scenario = Some(event.sequence);
            } else if let EventKind::FaultProof(proof) = &event.kind {
                let from = scenario.unwrap_or_default();
                spells.extend(Self::of(evidence, proof, from, event.sequence));
            }
        }
        spells
    }

    /// The spell that `proof` proves, of the events between these sequence numbers. Where a request
    /// within it was answered otherwise, it was not found: nothing rests on it.
    fn of(evidence: &Evidence<'_>, proof: &FaultProof, from: u64, to: u64) -> Option<Self> {
        let place = proof.answers.iter().position(|it| lasting(it).is_some())?;
        let length = lasting(&proof.answers[place])?;
        if proof.delivered <= place {
            return None;
        }
        let calls: Vec<&Call<'_>> = evidence
            .calls()
            .iter()
            .filter(|call| (from..to).contains(&call.sequence))
            .filter(|call| call.endpoint.operation == proof.operation)
            .collect();
        let mut refused = calls.iter().filter(|call| call.status() == Some(429));
        let start = refused.nth(place)?.began();
        let end = later(start, length);
        calls
            .iter()
            .filter(|call| call.began() >= start && call.ended() < end)
            .all(|call| call.status() == Some(429))
            .then_some(Self {
                operation: proof.operation.clone(),
                start,
                end,
                length,
            })
    }

    /// What was refused in it, in order.
    pub(super) fn refused<'e>(&self, evidence: &'e Evidence<'_>) -> Vec<&'e Call<'e>> {
        let mut refused: Vec<&Call<'_>> = evidence
            .calls()
            .iter()
            .filter(|call| call.endpoint.operation == self.operation)
            .filter(|call| call.began() >= self.start && call.began() < self.end)
            .filter(|call| call.status() == Some(429))
            .collect();
        refused.sort_by_key(|call| (call.began(), call.sequence));
        refused
    }

    /// The first request of the operation after it.
    pub(super) fn first_after<'e>(&self, evidence: &'e Evidence<'_>) -> Option<&'e Call<'e>> {
        evidence
            .calls()
            .iter()
            .filter(|call| call.endpoint.operation == self.operation)
            .filter(|call| call.began() >= self.end)
            .min_by_key(|call| (call.began(), call.sequence))
    }
}

/// How long a scripted 429 lasts, as a proof words it: `429, for 60s`.
fn lasting(answer: &str) -> Option<Duration> {
    if !answer.starts_with("429") {
        return None;
    }
    let (_, period) = answer.rsplit_once(", for ")?;
    let period: jiff::SignedDuration = period.parse().ok()?;
    Duration::try_from(period).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mock::Fault;

    #[test]
    fn a_lasting_answer_is_read_as_a_proof_words_it() {
        let table = [
            ("429 for=150s", Some(150_000)),
            ("429 for=1500ms", Some(1_500)),
            ("429 retry-after=2 for=1m", Some(60_000)),
            ("429 for=1h", Some(3_600_000)),
            ("429", None),
            ("503 for=10s", None),
        ];
        for (words, milliseconds) in table {
            let shown = words.parse::<Fault>().unwrap().to_string();
            let expected = milliseconds.map(Duration::from_millis);
            assert_eq!(lasting(&shown), expected, "{shown}");
        }
    }
}
