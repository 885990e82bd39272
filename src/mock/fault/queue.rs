//! Which scripted answer is next, and what was delivered.

use std::collections::VecDeque;

use super::{Fault, FaultKind};
use crate::base::{Timestamp, later};
use crate::event::FaultProof;

/// The queues of scripted answers of one platform.
#[derive(Clone, Debug, Default)]
pub(in crate::mock) struct Faults {
    queues: Vec<Queue>,
}

#[derive(Clone, Debug)]
struct Queue {
    proof: FaultProof,
    waiting: VecDeque<Fault>,
    /// When the first of those that wait ends, where it lasts and has begun.
    ends: Option<Timestamp>,
}

impl Faults {
    pub(in crate::mock) fn queue(&mut self, scenario: &str, operation: &str, answers: Vec<Fault>) {
        self.queues.push(Queue {
            proof: FaultProof {
                scenario: scenario.to_owned(),
                operation: operation.to_owned(),
                answers: answers.iter().map(ToString::to_string).collect(),
                delivered: 0,
            },
            waiting: answers.into(),
            ends: None,
        });
    }

    /// The next scripted answer to `operation` at `now` that `may` be delivered; it counts as
    /// delivered.
    pub(in crate::mock) fn next(
        &mut self,
        operation: &str,
        now: Timestamp,
        may: impl Fn(&FaultKind) -> bool,
    ) -> Option<FaultKind> {
        let queue = self
            .queues
            .iter_mut()
            .filter(|queue| queue.proof.operation == operation)
            .find(|queue| queue.waits(now))?;
        queue.deliver(now, may)
    }

    /// How much of each queue was delivered.
    pub(in crate::mock) fn proofs(&self) -> Vec<FaultProof> {
        self.queues
            .iter()
            .map(|queue| queue.proof.clone())
            .collect()
    }

    /// Whether every scripted answer was delivered.
    pub(in crate::mock) fn are_drained(&self) -> bool {
        self.queues
            .iter()
            .all(|queue| queue.proof.delivered >= queue.proof.answers.len())
    }

    /// As [`Faults::proofs`]; what was not delivered never will be.
    pub(in crate::mock) fn take_proofs(&mut self) -> Vec<FaultProof> {
        std::mem::take(&mut self.queues)
            .into_iter()
            .map(|queue| queue.proof)
            .collect()
    }
}

impl Faults {
    /// As [`Faults::take_proofs`], of the queues called `scenario` of which nothing waits at `now`.
    pub(in crate::mock) fn take_delivered(
        &mut self,
        now: Timestamp,
        scenario: &str,
    ) -> Vec<FaultProof> {
        self.queues
            .extract_if(.., |queue| {
                queue.proof.scenario == scenario && !queue.waits(now)
            })
            .map(|queue| queue.proof)
            .collect()
    }

    /// How many answers there are in all queues, delivered or not.
    pub(in crate::mock) fn answers(&self) -> usize {
        self.queues
            .iter()
            .map(|queue| queue.proof.answers.len())
            .sum()
    }
}

impl Queue {
    /// Whether a scripted answer waits at `now`.
    fn waits(&self, now: Timestamp) -> bool {
        self.waiting.len() > usize::from(self.is_over(now))
    }

    /// Whether the first of those that wait lasted, and does no longer.
    fn is_over(&self, now: Timestamp) -> bool {
        self.ends.is_some_and(|end| end <= now)
    }

    fn deliver(&mut self, now: Timestamp, may: impl Fn(&FaultKind) -> bool) -> Option<FaultKind> {
        if self.is_over(now) {
            self.waiting.pop_front();
            self.ends = None;
        }
        let fault = self.waiting.front().filter(|fault| may(&fault.kind))?;
        let kind = fault.kind.clone();
        if self.ends.is_none() {
            self.proof.delivered += 1;
            self.ends = fault.period.map(|period| later(now, period));
        }
        if self.ends.is_none() {
            self.waiting.pop_front();
        }
        Some(kind)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::base::Clock;

    fn queued(queues: &[(&str, &[&str])]) -> Faults {
        let mut faults = Faults::default();
        for (scenario, answers) in queues {
            let answers = answers.iter().map(|text| text.parse().unwrap()).collect();
            faults.queue(scenario, "GET /x", answers);
        }
        faults
    }

    fn kind(text: &str) -> FaultKind {
        text.parse::<Fault>().unwrap().kind
    }

    #[test]
    fn queues_of_one_operation_are_served_in_order_and_prove_their_delivery() {
        let now = Clock::logical_start();
        let mut faults = queued(&[("one", &["cut"]), ("two", &["500", "cut"])]);
        assert_eq!(faults.next("GET /y", now, |_| true), None);
        assert_eq!(faults.next("GET /x", now, |_| true), Some(kind("cut")));
        assert_eq!(faults.next("GET /x", now, |_| false), None);
        assert_eq!(faults.next("GET /x", now, |_| true), Some(kind("500")));
        let delivered: Vec<_> = faults
            .take_proofs()
            .into_iter()
            .map(|proof| (proof.scenario, proof.delivered, proof.answers.len()))
            .collect();
        assert_eq!(delivered, [("one".into(), 1, 1), ("two".into(), 1, 2)]);
        assert_eq!(
            faults.next("GET /x", now, |_| true),
            None,
            "taken with the proof"
        );
    }

    #[test]
    fn what_was_delivered_of_a_name_can_be_taken_alone() {
        let now = Clock::logical_start();
        let mut faults = queued(&[("one", &["cut"]), ("two", &["500"]), ("one", &["429"])]);
        assert!(faults.take_delivered(now, "one").is_empty());
        for _ in 0..2 {
            faults.next("GET /x", now, |_| true);
        }
        assert_eq!(faults.answers(), 3);
        let taken = faults.take_delivered(now, "one");
        assert_eq!(
            (taken.len(), &taken[0].answers[..]),
            (1, &["a broken connection".to_owned()][..])
        );
        assert_eq!(faults.answers(), 2);
        assert_eq!(faults.next("GET /x", now, |_| true), Some(kind("429")));
    }

    #[test]
    fn an_answer_that_lasts_meets_every_request_from_the_first_until_its_end() {
        let start = Clock::logical_start();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut faults = queued(&[("one", &["503 for=10s", "500"]), ("two", &["429"])]);
        // second, answer
        let table = [
            (100, Some(kind("503"))),
            (105, Some(kind("503"))),
            (109, Some(kind("503"))),
            (110, Some(kind("500"))),
            (110, Some(kind("429"))),
            (110, None),
        ];
        for (second, expected) in table {
            assert_eq!(faults.next("GET /x", at(second), |_| true), expected);
        }
        let delivered: Vec<_> = faults
            .proofs()
            .iter()
            .map(|proof| proof.delivered)
            .collect();
        assert_eq!(delivered, [2, 1], "it is one answer");
    }

    #[test]
    fn an_answer_that_lasted_to_the_end_of_its_queue_hides_no_other_queue() {
        let start = Clock::logical_start();
        let mut faults = queued(&[("one", &["503 for=10s"]), ("two", &["429"])]);
        assert_eq!(faults.next("GET /x", start, |_| true), Some(kind("503")));
        let late = start + Duration::from_secs(10);
        assert_eq!(faults.next("GET /x", late, |_| true), Some(kind("429")));
    }
}
