//! What may be a reason to send again what was refused for good.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use foldhash::fast::RandomState;

use crate::base::Timestamp;
use crate::conformance::Evidence;
use crate::conformance::series::Series;
use crate::history::Call;

/// What happened that may be a reason.
pub(super) struct Reasons<'e> {
    notifications: Spans<'e>,
    /// The updates that were accepted, by their path.
    updates: HashMap<&'e str, Spans<'e>, RandomState>,
}

impl<'e> Reasons<'e> {
    /// Whatever may be a reason to repeat one of `refused`.
    pub(super) fn of(evidence: &'e Evidence<'_>, refused: &[&'e Call<'e>]) -> Self {
        let paths: HashSet<&str, RandomState> = refused.iter().map(|call| call.path()).collect();
        let mut updates: HashMap<&str, Vec<&Call<'_>>, RandomState> = HashMap::default();
        for call in evidence.provider_calls() {
            let changes = call.succeeded() && call.exchange.request.method != "GET";
            if changes && paths.contains(call.path()) {
                updates.entry(call.path()).or_default().push(call);
            }
        }
        let updates = updates.into_iter();
        Self {
            notifications: Spans::of(evidence.notifications().iter().collect()),
            updates: updates
                .map(|(path, calls)| (path, Spans::of(calls)))
                .collect(),
        }
    }

    /// Whether something happened that explains why `again` was sent although `refused` was refused;
    /// what came longer than `within` before does not. Both are among `same`.
    pub(super) fn explain(
        &self,
        same: &Series<'e>,
        refused: &Call<'_>,
        again: &Call<'_>,
        within: Duration,
    ) -> bool {
        let path = refused.path();
        let updates = self.updates.get(path);
        if updates.is_some_and(|it| it.during(refused.began(), again.began()).next().is_some()) {
            return true;
        }
        let since = refused
            .began()
            .checked_sub(within)
            .unwrap_or(Timestamp::MIN);
        // A message names its resource in the body, in words that differ from those of its question.
        let is_message = refused.exchange.request.method == "POST";
        let id = path.rsplit('/').next().filter(|_| !is_message);
        let near = self.notifications.during(since, again.began());
        let told: Vec<&Call<'_>> = near
            .filter(|notification| {
                let text = notification.exchange.request.body.text();
                id.is_none_or(|id| text.is_none_or(|text| text.contains(id)))
            })
            .collect();
        if told
            .iter()
            .any(|notification| notification.began() >= refused.began())
        {
            return true;
        }
        // What came before `refused` may have been its own cause, unless there was one for each.
        let told = operations(told.into_iter(), usize::MAX);
        told > 0 && operations(same.between(since, again.sequence), told + 1) <= told
    }
}

/// How many operations `calls` are attempts of, counted up to `most`.
fn operations<'e>(calls: impl Iterator<Item = &'e Call<'e>>, most: usize) -> usize {
    let mut groups = BTreeSet::new();
    for call in calls {
        groups.insert(call.attempt.group);
        if groups.len() >= most {
            break;
        }
    }
    groups.len()
}

/// Calls in the order in which they ended.
struct Spans<'e> {
    calls: Vec<&'e Call<'e>>,
    /// For each of them, the earliest begin of it and of those after it.
    earliest: Vec<Timestamp>,
}

impl<'e> Spans<'e> {
    fn of(mut calls: Vec<&'e Call<'e>>) -> Self {
        calls.sort_by_key(|call| call.ended());
        let mut earliest: Vec<Timestamp> = calls.iter().map(|call| call.began()).collect();
        for place in (1..earliest.len()).rev() {
            earliest[place - 1] = earliest[place - 1].min(earliest[place]);
        }
        Self { calls, earliest }
    }

    /// Those that were under way at some time from `from` to `until`.
    fn during(&self, from: Timestamp, until: Timestamp) -> impl Iterator<Item = &'e Call<'e>> {
        let first = self.calls.partition_point(|call| call.ended() < from);
        let calls = self.calls[first..].iter().zip(&self.earliest[first..]);
        calls
            .take_while(move |(_, earliest)| **earliest <= until)
            .map(|(call, _)| *call)
            .filter(move |call| call.began() <= until)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::event::Subject;
    use crate::history::Traffic;
    use crate::history::composer::Composer;
    use crate::profile::Profile;

    proptest! {
        #[test]
        fn what_was_under_way_is_what_looking_at_each_finds(
            calls in prop::collection::vec((0_u64..50, 0_u64..200), 0..16),
            (from, length) in (0_u64..400, 0_u64..100),
        ) {
            let mut run = Composer::of(Subject::Connector);
            for (wait, before) in calls {
                run.get_provider().wait(Duration::from_millis(wait));
                run.back(Duration::from_millis(before));
            }
            let history = run.history();
            let traffic = Traffic::of(&history, &Profile::built_in());
            let calls = || traffic.calls().iter();
            let begun = calls().map(Call::began).min().unwrap_or(Timestamp::MIN);
            let from = begun + Duration::from_millis(from);
            let until = from + Duration::from_millis(length);
            let expected = calls().filter(|call| call.ended() >= from && call.began() <= until);
            let expected: BTreeSet<u64> = expected.map(|call| call.sequence).collect();
            let found = Spans::of(calls().collect());
            let found = found.during(from, until).map(|call| call.sequence);
            prop_assert_eq!(found.collect::<BTreeSet<u64>>(), expected);
        }
    }
}
