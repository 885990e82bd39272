//! What came before, for as long as that matters.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::base::{Sha256Hex, Timestamp, later};

/// How many things are remembered at most; then the oldest is forgotten.
const MOST: usize = 100_000;

/// Remembers things for a time since they came last.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    lifetime: Duration,
    /// When each came last.
    last: BTreeMap<Sha256Hex, Timestamp>,
    /// In the order of their coming; of what came twice only the later place counts.
    order: VecDeque<(Timestamp, Sha256Hex)>,
}

impl Memory {
    /// One that keeps things for `lifetime`.
    pub(super) fn new(lifetime: Duration) -> Self {
        Self {
            lifetime,
            last: BTreeMap::new(),
            order: VecDeque::new(),
        }
    }

    /// Takes note that `key` came at `now`, and says whether it came before.
    pub(super) fn meets(&mut self, now: Timestamp, key: Sha256Hex) -> bool {
        while let Some((at, _)) = self.order.front()
            && (later(*at, self.lifetime) <= now || self.order.len() >= MOST)
        {
            if let Some((at, old)) = self.order.pop_front()
                && self.last.get(&old) == Some(&at)
            {
                self.last.remove(&old);
            }
        }
        self.order.push_back((now, key.clone()));
        self.last.insert(key, now).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Clock, sha256};

    #[test]
    fn a_thing_is_known_until_it_did_not_come_for_a_time() {
        let mut memory = Memory::new(Duration::from_secs(10));
        // second, thing, whether it is known
        let table = [
            (0, "a", false),
            (5, "b", false),
            (9, "a", true),
            (15, "b", false),
            (18, "a", true),
            (28, "a", false),
        ];
        for (second, thing, known) in table {
            let now = Clock::logical_start() + Duration::from_secs(second);
            assert_eq!(
                memory.meets(now, sha256(thing.as_bytes())),
                known,
                "{second}"
            );
        }
        assert_eq!((memory.last.len(), memory.order.len()), (1, 1));
    }

    #[test]
    fn however_much_comes_it_keeps_no_more_than_it_may() {
        let mut memory = Memory::new(Duration::from_hours(1));
        let now = Clock::logical_start();
        for number in 0..=MOST {
            assert!(!memory.meets(now, sha256(&number.to_be_bytes())));
        }
        assert_eq!((memory.last.len(), memory.order.len()), (MOST, MOST));
        assert!(
            !memory.meets(now, sha256(&0_usize.to_be_bytes())),
            "forgotten"
        );
    }
}
