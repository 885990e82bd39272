//! What the timeline and the lists of waits are made of: one walk through the subject's exchanges.

use std::collections::BTreeMap;
use std::time::Duration;

use super::observed::Observed;
use crate::base::{Timestamp, later};
use crate::event::Subject;
use crate::exchange::{RetryAfter, between};
use crate::history::Call;

/// A refusal and the attempt that followed it.
#[derive(Clone, Debug)]
pub(super) struct Wait {
    /// The number of the event that was refused, and of the next attempt.
    pub(super) events: (u64, u64),
    /// When the refusal had come.
    pub(super) from: Timestamp,
    /// With which status.
    pub(super) status: u16,
    /// What was asked for.
    pub(super) operation: String,
    /// How long the platform asked to wait, where it did.
    pub(super) asked: Option<RetryAfter>,
    /// How long was waited.
    pub(super) waited: Duration,
}

impl Wait {
    /// By how much the next attempt came too early; none where it did not, `early` being forgiven.
    pub(super) fn too_early(&self, early: Duration) -> Option<Duration> {
        let asked = self.asked?;
        let least = asked.wait.saturating_sub(asked.coarseness + early);
        (self.waited < least).then(|| asked.wait.saturating_sub(self.waited))
    }

    /// When the next attempt was allowed at the earliest, and when it came.
    pub(super) fn ends(&self) -> (Option<Timestamp>, Timestamp) {
        let allowed = self.asked.map(|asked| later(self.from, asked.wait));
        (allowed, later(self.from, self.waited))
    }

    /// What is left between what was waited and what was asked, in thousandths of what was asked.
    pub(super) fn share(&self) -> Option<u128> {
        let asked = self.asked?.wait.as_micros().max(1);
        Some(self.waited.as_micros() * 1000 / asked)
    }
}

/// The exchanges of whoever is judged; of an endpoint, what it was sent.
pub(super) fn calls<'o, 'a>(one: &'o Observed<'a>) -> &'o [Call<'a>] {
    match one.run.subject {
        Subject::Replay | Subject::Connector => one.evidence.calls(),
        Subject::Endpoint => one.evidence.probes(),
    }
}

/// Whether `call` was throttled.
pub(super) fn is_throttled(call: &Call<'_>) -> bool {
    matches!(call.status(), Some(429 | 503))
}

/// The waits after 429 and 503, in order. What was under way together with a refusal is no retry.
pub(super) fn waits(calls: &[Call<'_>]) -> Vec<Wait> {
    let mut open: BTreeMap<u64, Vec<&Call<'_>>> = BTreeMap::new();
    let mut waits = Vec::new();
    for call in calls {
        let group = call.attempt.group;
        if let Some(refused) = open.get_mut(&group) {
            refused.retain(|before| {
                let is_next = call.began() >= before.ended();
                if is_next {
                    waits.push(wait(before, call));
                }
                !is_next
            });
        }
        if is_throttled(call) {
            open.entry(group).or_default().push(call);
        }
    }
    waits
}

fn wait(refused: &Call<'_>, next: &Call<'_>) -> Wait {
    Wait {
        events: (refused.sequence, next.sequence),
        from: refused.ended(),
        status: refused.status().unwrap_or_default(),
        operation: refused.endpoint.operation.to_string(),
        asked: refused.hint(),
        waited: between(refused.ended(), next.began()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_early_by_what_is_missing_and_forgiven_the_allowance() {
        let wait = |waited| Wait {
            events: (1, 2),
            from: crate::base::Clock::logical_start(),
            status: 429,
            operation: String::new(),
            asked: Some(RetryAfter {
                wait: Duration::from_secs(7),
                coarseness: Duration::ZERO,
            }),
            waited: Duration::from_millis(waited),
        };
        let early = Duration::from_millis(50);
        assert_eq!(wait(6_950).too_early(early), None);
        assert_eq!(
            wait(6_688).too_early(early),
            Some(Duration::from_millis(312))
        );
        assert_eq!(wait(3_500).share(), Some(500));
    }
}
