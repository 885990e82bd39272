//! What was sent against a limit, so ordered that each hint finds at once who did not wait for it.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::RandomState;

use super::scope::Limit;
use crate::base::Timestamp;
use crate::history::Call;

/// A limit, and the token of the instance that sent, where instances are told apart.
pub(super) type Sender<'e> = (Limit<'e>, Option<Option<&'e str>>);

/// Who sent `call` against `limit`; `many` instances do not know each other's hints, and each has a
/// token of its own.
pub(super) fn sender<'e>(limit: Limit<'e>, call: &'e Call<'_>, many: bool) -> Sender<'e> {
    (limit, many.then(|| call.bearer()))
}

/// The calls of a sender in the order in which they began.
pub(super) struct Queue<'e> {
    calls: Vec<&'e Call<'e>>,
    /// The place of the next call of another operation, and that of the last one before.
    next: Vec<usize>,
    before: Vec<Option<usize>>,
    /// The places of the calls of each operation.
    operations: HashMap<u64, Vec<usize>, RandomState>,
}

/// The calls of each sender; `limits` are in the order in which they began.
pub(super) fn queues<'e>(
    limits: &BTreeMap<Limit<'e>, Vec<&'e Call<'e>>>,
    many: bool,
) -> BTreeMap<Sender<'e>, Queue<'e>> {
    let mut senders: BTreeMap<Sender<'e>, Vec<&'e Call<'e>>> = BTreeMap::new();
    for (limit, calls) in limits {
        for call in calls {
            let sender = sender(*limit, call, many);
            senders.entry(sender).or_default().push(call);
        }
    }
    let senders = senders.into_iter();
    senders
        .map(|(sender, calls)| (sender, Queue::of(calls)))
        .collect()
}

impl<'e> Queue<'e> {
    fn of(calls: Vec<&'e Call<'e>>) -> Self {
        let mut operations: HashMap<u64, Vec<usize>, RandomState> = HashMap::default();
        let mut before: Vec<Option<usize>> = Vec::with_capacity(calls.len());
        for (place, call) in calls.iter().enumerate() {
            let of_it = operations.entry(call.attempt.group).or_default();
            before.push(match place.checked_sub(1) {
                // Theirs is the same.
                Some(last) if of_it.last() == Some(&last) => before[last],
                last => last,
            });
            of_it.push(place);
        }
        let mut next = vec![calls.len(); calls.len()];
        for place in (1..calls.len()).rev() {
            next[place - 1] = if before[place] == Some(place - 1) {
                place
            } else {
                next[place]
            };
        }
        Self {
            calls,
            next,
            before,
            operations,
        }
    }

    /// How many calls of other operations than `group` began after `from` and before `until`, and the
    /// first of them; of those that began together, the last. None where there are none.
    pub(super) fn others(
        &self,
        group: u64,
        from: Timestamp,
        until: Timestamp,
    ) -> Option<(usize, &'e Call<'e>)> {
        let first = self.calls.partition_point(|call| call.began() <= from);
        let end = self.calls.partition_point(|call| call.began() < until);
        let all = end.checked_sub(first)?;
        let own = self.operations.get(&group).map_or(0, |places| {
            let before = |end: usize| places.partition_point(|place| *place < end);
            before(end) - before(first)
        });
        let others = all - own;
        if others == 0 {
            return None;
        }
        let is_own = |place: usize| self.calls[place].attempt.group == group;
        let began = self.others_from(first, group).next()?.began();
        let together = self.calls[..end].partition_point(|call| call.began() <= began);
        let last = together - 1;
        let last = if is_own(last) {
            self.before[last]?
        } else {
            last
        };
        Some((others, self.calls[last]))
    }

    /// The calls of other operations than `group` that began at `from` or later, in order.
    pub(super) fn others_since(
        &self,
        group: u64,
        from: Timestamp,
    ) -> impl Iterator<Item = &'e Call<'e>> {
        let first = self.calls.partition_point(|call| call.began() < from);
        self.others_from(first, group)
    }

    fn others_from(&self, first: usize, group: u64) -> impl Iterator<Item = &'e Call<'e>> {
        let mut place = first;
        std::iter::from_fn(move || {
            if self.calls.get(place)?.attempt.group == group {
                place = self.next[place];
            }
            let other = self.calls.get(place).copied();
            place += 1;
            other
        })
    }

    /// Whether an attempt of the operation `group` that began at `from` or later, and before `until`,
    /// failed.
    pub(super) fn failed(&self, group: u64, from: Timestamp, until: Timestamp) -> bool {
        let places = self.operations.get(&group).map_or(&[][..], Vec::as_slice);
        let before =
            |time: Timestamp| places.partition_point(|place| self.calls[*place].began() < time);
        let mut since = places[before(from)..]
            .iter()
            .map(|place| self.calls[*place]);
        since
            .find(|call| call.began() >= until || !call.succeeded())
            .is_some_and(|call| call.began() < until)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::conformance::fixture::PROVIDER;
    use crate::event::Subject;
    use crate::history::Traffic;
    use crate::history::composer::Composer;
    use crate::profile::Profile;

    proptest! {
        #[test]
        fn what_is_found_at_once_is_what_looking_at_each_finds(
            sent in prop::collection::vec((1_u64..4, 0_u64..3, prop::bool::ANY), 1..14),
            (from, until) in (0_u64..30, 0_u64..30),
        ) {
            let mut run = Composer::of(Subject::Connector);
            for (group, wait, succeeds) in sent {
                let status = if succeeds { 200 } else { 429 };
                run.send("GET", PROVIDER, Value::Null, status, Value::Null);
                run.in_group(group).back(Duration::from_millis(60));
                run.wait(Duration::from_millis(wait));
            }
            let history = run.history();
            let traffic = Traffic::of(&history, &Profile::built_in());
            let mut calls: Vec<&Call<'_>> = traffic.calls().iter().collect();
            calls.sort_by_key(|call| (call.began(), call.sequence));
            let queue = Queue::of(calls.clone());
            let moment = |after: u64| calls[0].began() + Duration::from_millis(after);
            let (from, until) = (moment(from), moment(until));
            for group in 1..5 {
                let others = calls.iter().filter(|call| {
                    call.attempt.group != group && call.began() > from && call.began() < until
                });
                let earliest = others.clone().map(|call| call.began()).min();
                let worst = others.clone().rfind(|call| Some(call.began()) == earliest);
                let expected = worst.map(|worst| (others.count(), worst.sequence));
                let found = queue.others(group, from, until);
                prop_assert_eq!(found.map(|(count, call)| (count, call.sequence)), expected);
                let since = calls.iter().filter(|call| {
                    call.attempt.group != group && call.began() >= from
                });
                let found = queue.others_since(group, from).map(|call| call.sequence);
                prop_assert!(found.eq(since.map(|call| call.sequence)));
                let failed = calls.iter().any(|call| {
                    call.attempt.group == group
                        && call.began() >= from
                        && call.began() < until
                        && !call.succeeded()
                });
                prop_assert_eq!(queue.failed(group, from, until), failed);
            }
        }
    }
}
