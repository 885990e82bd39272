//! Calls in the order of their sequence numbers, so held that those of a certain time are found by
//! halving.
//!
//! Calls are recorded when they end, so their begins are in no order: a slow one comes after others
//! that began later. The latest begin so far is in order, and says where to look.

use crate::base::Timestamp;
use crate::history::Call;

/// Calls in order.
#[derive(Debug, Default)]
pub(super) struct Series<'e> {
    calls: Vec<&'e Call<'e>>,
    /// For each of them, the latest begin of it and of those before it.
    latest: Vec<Timestamp>,
}

impl<'e> Series<'e> {
    /// Adds `call`, whose sequence number is greater than those of the others.
    pub(super) fn push(&mut self, call: &'e Call<'e>) {
        let latest = self.latest.last().copied().unwrap_or(Timestamp::MIN);
        self.latest.push(latest.max(call.began()));
        self.calls.push(call);
    }

    /// All of them.
    pub(super) fn calls(&self) -> &[&'e Call<'e>] {
        &self.calls
    }

    /// The place of the first that began at `from` or later.
    pub(super) fn since(&self, from: Timestamp) -> usize {
        self.latest.partition_point(|latest| *latest < from)
    }

    /// Those after `sequence` that began at `from` or later.
    pub(super) fn later(
        &self,
        sequence: u64,
        from: Timestamp,
    ) -> impl Iterator<Item = &'e Call<'e>> {
        let first = self.since(from).max(self.up_to(sequence));
        let later = self.calls[first..].iter().copied();
        later.filter(move |call| call.began() >= from)
    }

    /// Those that began at `from` or later, up to `sequence` with that one.
    pub(super) fn between(
        &self,
        from: Timestamp,
        sequence: u64,
    ) -> impl Iterator<Item = &'e Call<'e>> {
        let end = self.up_to(sequence);
        let between = self.calls[self.since(from).min(end)..end].iter().copied();
        between.filter(move |call| call.began() >= from)
    }

    /// The place after that of `sequence`.
    fn up_to(&self, sequence: u64) -> usize {
        self.calls.partition_point(|call| call.sequence <= sequence)
    }
}

impl<'e> FromIterator<&'e Call<'e>> for Series<'e> {
    fn from_iter<Calls: IntoIterator<Item = &'e Call<'e>>>(calls: Calls) -> Self {
        let mut series = Self::default();
        for call in calls {
            series.push(call);
        }
        series
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::event::Subject;
    use crate::history::Traffic;
    use crate::history::composer::Composer;
    use crate::profile::Profile;

    proptest! {
        #[test]
        fn what_is_found_by_halving_is_what_looking_at_each_finds(
            // How much each waits, and how long before the wait it had begun.
            calls in prop::collection::vec((0_u64..50, 0_u64..200), 1..16),
            from in 0_u64..400,
            sequence in 0_u64..20,
        ) {
            let mut run = Composer::of(Subject::Connector);
            for (wait, before) in calls {
                run.get_provider().wait(Duration::from_millis(wait));
                run.back(Duration::from_millis(before));
            }
            let history = run.history();
            let traffic = Traffic::of(&history, &Profile::built_in());
            let series: Series<'_> = traffic.calls().iter().collect();
            let begins = traffic.calls().iter().map(Call::began);
            let from = begins.min().unwrap() + Duration::from_millis(from);
            let in_time = || traffic.calls().iter().filter(|call| call.began() >= from);
            let numbers = |calls: &mut dyn Iterator<Item = &Call<'_>>| -> Vec<u64> {
                calls.map(|call| call.sequence).collect()
            };
            let later = numbers(&mut in_time().filter(|call| call.sequence > sequence));
            prop_assert_eq!(numbers(&mut series.later(sequence, from)), later);
            let between = numbers(&mut in_time().filter(|call| call.sequence <= sequence));
            prop_assert_eq!(numbers(&mut series.between(from, sequence)), between);
            let first = series.calls().get(series.since(from)).map(|call| call.sequence);
            prop_assert_eq!(first, in_time().next().map(|call| call.sequence));
        }
    }
}
