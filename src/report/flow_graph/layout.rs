//! Where the states of a flow stand, and how the lines between them run.

use std::collections::BTreeMap;

use crate::profile::Flow;

/// How often the order within columns is improved.
const SWEEPS: usize = 8;

/// A state or a bend, in its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// The state with this number, in the order of the profile.
    State(usize),
    /// The bend of this edge, where it passes a column.
    Bend(usize, usize),
}

/// The columns of a flow, from its beginning on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// What stands in each column, from above.
    pub(super) columns: Vec<Vec<Place>>,
    /// The column of each state.
    pub(super) ranks: Vec<usize>,
    /// Both ends of each edge, by the numbers of their states.
    pub(super) ends: Vec<(usize, usize)>,
}

impl Layout {
    /// Where what stands of `flow`.
    pub(super) fn of(flow: &Flow) -> Self {
        let numbers: BTreeMap<&str, usize> = flow.states().zip(0..).collect();
        let ends: Vec<(usize, usize)> = flow
            .edges()
            .iter()
            .map(|edge| (numbers[edge.from.as_str()], numbers[edge.to.as_str()]))
            .collect();
        let initial: Vec<usize> = flow.initial().map(|state| numbers[state]).collect();
        let ranks = ranks(numbers.len(), &ends, &initial);
        let depth = ranks.iter().max().map_or(0, |last| last + 1);
        let mut columns = vec![Vec::new(); depth];
        for (state, rank) in ranks.iter().enumerate() {
            columns[*rank].push(Place::State(state));
        }
        for (edge, (from, to)) in ends.iter().enumerate() {
            for (rank, column) in columns.iter_mut().enumerate() {
                if ranks[*from] < rank && rank < ranks[*to] {
                    column.push(Place::Bend(edge, rank));
                }
            }
        }
        let mut layout = Self {
            columns,
            ranks,
            ends,
        };
        for sweep in 0..SWEEPS {
            layout.order(sweep);
        }
        layout
    }

    /// What `edge` passes on its way, its ends included; none where it leads back.
    pub(super) fn way(&self, edge: usize) -> Option<Vec<Place>> {
        let (from, to) = self.ends[edge];
        let (first, last) = (self.ranks[from], self.ranks[to]);
        if first >= last {
            return None;
        }
        let bends = (first + 1..last).map(|rank| Place::Bend(edge, rank));
        let way = std::iter::once(Place::State(from)).chain(bends);
        Some(way.chain([Place::State(to)]).collect())
    }

    /// Puts each column in the order of the middles of what it is connected with: in the columns
    /// before it, and in those behind it every other time.
    fn order(&mut self, sweep: usize) {
        let mut neighbours: BTreeMap<Place, Vec<Place>> = BTreeMap::new();
        for edge in 0..self.ends.len() {
            let way = self.way(edge).unwrap_or_default();
            for pair in way.windows(2) {
                let (one, other) = if sweep.is_multiple_of(2) {
                    (pair[1], pair[0])
                } else {
                    (pair[0], pair[1])
                };
                neighbours.entry(one).or_default().push(other);
            }
        }
        let mut heights: BTreeMap<Place, usize> = BTreeMap::new();
        let depth = self.columns.len();
        for step in 0..depth {
            let rank = if sweep.is_multiple_of(2) {
                step
            } else {
                depth - 1 - step
            };
            let column = &mut self.columns[rank];
            let middle = |(height, place): (usize, &Place)| {
                let others = neighbours.get(place).map_or(&[] as &[Place], Vec::as_slice);
                // In thousandths: the order needs no fractions.
                match others.len() {
                    0 => height * 1_000,
                    count => {
                        let sum: usize = others.iter().filter_map(|it| heights.get(it)).sum();
                        sum * 1_000 / count
                    }
                }
            };
            let mut sorted: Vec<(usize, Place)> = column
                .iter()
                .enumerate()
                .map(|(height, place)| (middle((height, place)), *place))
                .collect();
            sorted.sort_by_key(|(middle, _)| *middle);
            *column = sorted.into_iter().map(|(_, place)| place).collect();
            heights.extend(column.iter().copied().zip(0..));
        }
    }
}

/// How far each state is from the beginning by the longest way that does not come back to where it
/// was.
fn ranks(states: usize, ends: &[(usize, usize)], initial: &[usize]) -> Vec<usize> {
    let forward = forward(states, ends, initial);
    let mut ranks = vec![0; states];
    // Without circles there are fewer rounds than states.
    for _ in 0..states {
        for (from, to) in &forward {
            ranks[*to] = ranks[*to].max(ranks[*from] + 1);
        }
    }
    ranks
}

/// The edges that do not lead back on a walk from the beginning, depth first.
fn forward(states: usize, ends: &[(usize, usize)], initial: &[usize]) -> Vec<(usize, usize)> {
    /// How far the walk has come with a state.
    #[derive(Clone, Copy, PartialEq)]
    enum Visit {
        Never,
        Open,
        Closed,
    }
    enum Task {
        Enter(usize),
        Leave(usize),
        Follow(usize, usize),
    }
    let mut visits = vec![Visit::Never; states];
    let mut forward = Vec::new();
    let starts = initial.iter().copied().chain(0..states);
    let mut tasks: Vec<Task> = starts.map(Task::Enter).collect();
    tasks.reverse();
    while let Some(task) = tasks.pop() {
        match task {
            Task::Leave(state) => visits[state] = Visit::Closed,
            Task::Follow(from, to) => {
                if visits[to] != Visit::Open {
                    forward.push((from, to));
                    tasks.push(Task::Enter(to));
                }
            }
            Task::Enter(state) => {
                if visits[state] == Visit::Never {
                    visits[state] = Visit::Open;
                    tasks.push(Task::Leave(state));
                    let leaving = ends.iter().rev().filter(|(from, _)| *from == state);
                    tasks.extend(leaving.map(|(from, to)| Task::Follow(*from, *to)));
                }
            }
        }
    }
    forward
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;

    #[test]
    fn a_state_stands_behind_all_that_lead_to_it() {
        let profile = Profile::built_in();
        let flow = &profile.flows["subscription"];
        let layout = Layout::of(flow);
        let ranks: BTreeMap<&str, usize> = flow.states().zip(layout.ranks.clone()).collect();
        assert_eq!(ranks["Received"], 0);
        assert_eq!(ranks["Pending"], 1);
        assert_eq!(ranks["AwaitingAuthorisation"], 2);
        assert_eq!(ranks["Authorised"], 3);
        assert_eq!(ranks["Suspended"], 4, "the way back counts for nothing");
        assert_eq!(ranks["Cancelled"], 5);
        let back = layout
            .ends
            .iter()
            .position(|(from, to)| layout.ranks[*from] > layout.ranks[*to]);
        assert_eq!(layout.way(back.unwrap()), None);
    }

    #[test]
    fn an_edge_bends_in_each_column_that_it_passes() {
        let profile = Profile::built_in();
        let layout = Layout::of(&profile.flows["subscription"]);
        for edge in 0..layout.ends.len() {
            for place in layout.way(edge).unwrap_or_default() {
                let found = layout
                    .columns
                    .iter()
                    .filter(|column| column.contains(&place));
                assert_eq!(found.count(), 1, "{place:?}");
            }
        }
    }
}
