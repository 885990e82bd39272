//! The exchanges of a history by the operation that they attempt.

use std::collections::HashMap;
use std::ops::Index;

use foldhash::fast::RandomState;

use super::Call;
use crate::event::Origin;

/// The exchanges of each operation, attempt by attempt, in the order in which the operations began.
#[derive(Clone, Debug)]
pub struct Groups<'t, 'h> {
    calls: Vec<&'t Call<'h>>,
    /// Where each group ends.
    ends: &'t [u32],
}

impl<'t, 'h> Groups<'t, 'h> {
    /// Those of `calls` in `order`.
    pub(super) fn of(calls: &'t [Call<'h>], order: &'t Order) -> Self {
        let places = order.places.iter();
        Self {
            calls: places.map(|place| &calls[*place as usize]).collect(),
            ends: &order.ends,
        }
    }

    /// Group by group; none is empty.
    pub fn iter(&self) -> impl Iterator<Item = &[&'t Call<'h>]> {
        (0..self.ends.len()).map(|place| &self[place])
    }
}

impl<'t, 'h> Index<usize> for Groups<'t, 'h> {
    type Output = [&'t Call<'h>];

    fn index(&self, place: usize) -> &Self::Output {
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.calls[start as usize..self.ends[place] as usize]
    }
}

/// In which order exchanges stand in groups: found once.
#[derive(Clone, Debug)]
pub(super) struct Order {
    places: Vec<u32>,
    ends: Vec<u32>,
}

impl Order {
    /// That of `calls`. Redirects that were followed are not attempts.
    pub(super) fn of(calls: &[Call<'_>]) -> Self {
        let number = |number: usize| u32::try_from(number).expect("a history is in memory");
        let attempts = || {
            let all = calls.iter().enumerate();
            all.filter(|(_, call)| call.origin != Origin::Redirect)
        };
        let mut known: HashMap<u64, u32, RandomState> = HashMap::default();
        // The group of each attempt, and how many each has.
        let mut groups = Vec::with_capacity(calls.len());
        let mut ends: Vec<u32> = Vec::new();
        for (_, call) in attempts() {
            let group = *known.entry(call.attempt.group).or_insert_with(|| {
                ends.push(0);
                number(ends.len() - 1)
            });
            groups.push(group);
            ends[group as usize] += 1;
        }
        let mut start = 0;
        for end in &mut ends {
            (*end, start) = (start, start + *end);
        }
        // Where the next one of each group goes; behind the last, in the end.
        let mut places = vec![0; groups.len()];
        for ((place, _), group) in attempts().zip(groups) {
            let end = &mut ends[group as usize];
            places[*end as usize] = number(place);
            *end += 1;
        }
        Self { places, ends }
    }
}

#[cfg(test)]
mod tests {
    use crate::event::Origin;
    use crate::history::Traffic;
    use crate::history::composer::Composer;
    use crate::profile::Profile;

    #[test]
    fn attempts_stand_together_in_the_order_in_which_their_operations_began() {
        let mut run = Composer::replay();
        run.get_provider();
        let first = run.group_of_last();
        run.get_provider();
        run.get_provider().in_group(first);
        run.get_provider();
        let mut events = run.complete();
        let groups = |events: &[crate::event::Event]| -> Vec<Vec<u64>> {
            let history = crate::history::History::of(events.to_vec()).unwrap();
            let traffic = Traffic::of(&history, &Profile::built_in());
            let groups = traffic.groups();
            let numbers = |group: &[&super::Call<'_>]| group.iter().map(|it| it.sequence).collect();
            groups.iter().map(numbers).collect()
        };
        let whole = groups(&events);
        let lengths: Vec<usize> = whole.iter().map(Vec::len).collect();
        assert_eq!(lengths, [2, 1, 1]);
        assert!(whole[0][0] < whole[1][0] && whole[1][0] < whole[0][1]);
        // What follows a redirect is no attempt.
        let second = whole[1][0];
        for event in &mut events {
            if let crate::event::EventKind::Exchange { origin, .. } = &mut event.kind
                && event.sequence == second
            {
                *origin = Origin::Redirect;
            }
        }
        assert_eq!(groups(&events).len(), 2);
    }
}
