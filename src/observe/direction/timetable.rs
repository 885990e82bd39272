//! When what is to be done.

use std::collections::VecDeque;

use crate::base::{Timestamp, later};
use crate::observe::{Act, Cue};

/// The acts of a scenario that are still to come, in the order of the plan, each as many times as it
/// is to be done.
#[derive(Clone, Debug)]
pub(super) struct Timetable {
    entries: VecDeque<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    /// Its place in the plan.
    act: usize,
    when: When,
}

#[derive(Clone, Copy, Debug)]
enum When {
    At(Timestamp),
    /// So long after everything before is done, and since when it is.
    Settled(std::time::Duration, Option<Timestamp>),
}

impl Timetable {
    /// The timetable of `acts` that begins at `opening`.
    pub(super) fn new(acts: &[Act], opening: Timestamp) -> Self {
        let mut entries = VecDeque::new();
        for (index, act) in acts.iter().enumerate() {
            let mut due = match act.cue {
                Cue::At { at, .. } => later(opening, at),
                Cue::After(_) => opening,
            };
            for _ in 0..act.times {
                entries.push_back(Entry {
                    act: index,
                    when: match act.cue {
                        Cue::At { .. } => When::At(due),
                        Cue::After(wait) => When::Settled(wait, None),
                    },
                });
                if let Cue::At { every, .. } = act.cue {
                    due = later(due, every);
                }
            }
        }
        Self { entries }
    }

    /// How many acts are still to come.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Takes the act that is due at `now`, if one is; `is_settled` says whether everything that was
    /// asked for is done.
    pub(super) fn take(
        &mut self,
        now: Timestamp,
        is_settled: impl FnOnce() -> bool,
    ) -> Option<usize> {
        let at = self
            .entries
            .iter()
            .enumerate()
            .filter_map(|(index, entry)| match entry.when {
                When::At(due) if due <= now => Some((due, index)),
                When::At(_) | When::Settled(..) => None,
            })
            .min();
        if let Some((_, index)) = at {
            return self.entries.remove(index).map(|entry| entry.act);
        }
        // Only the first can wait for what was done before: another act stands before the rest.
        let front = self.entries.front_mut()?;
        let When::Settled(wait, since) = &mut front.when else {
            return None;
        };
        if !is_settled() {
            *since = None;
            return None;
        }
        let since = *since.get_or_insert(now);
        if later(since, *wait) > now {
            return None;
        }
        self.entries.pop_front().map(|entry| entry.act)
    }

    /// When the next act is due, if nothing happens before.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        let at = self.entries.iter().filter_map(|entry| match entry.when {
            When::At(due) => Some(due),
            When::Settled(..) => None,
        });
        let settled = self.entries.front().and_then(|entry| match entry.when {
            When::Settled(wait, since) => since.map(|since| later(since, wait)),
            When::At(_) => None,
        });
        at.chain(settled).min()
    }
}
