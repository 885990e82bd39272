//! A map that keeps its latest entries, so that a platform that serves a million requests needs no
//! more memory than one that served a thousand.

use std::borrow::Borrow;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use foldhash::fast::RandomState;

/// A map that forgets its oldest entries when they become too many or too heavy.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Recent<K: Eq + Hash, V> {
    /// The largest number of entries.
    entries: usize,
    /// The largest sum of their weights.
    weight: usize,
    weighs: usize,
    values: HashMap<K, Entry<V>, RandomState>,
    /// The keys in the order of their insertion; one that was replaced stands here twice, and only
    /// the later place counts.
    order: VecDeque<(K, u64)>,
    next: u64,
}

#[derive(Clone, Debug, PartialEq)]
struct Entry<V> {
    value: V,
    weight: usize,
    number: u64,
}

impl<K: Clone + Eq + Hash, V> Recent<K, V> {
    /// For at most so many `entries`, whose weights sum up to at most `weight`.
    pub(super) fn new(entries: usize, weight: usize) -> Self {
        Self {
            entries,
            weight,
            weighs: 0,
            values: HashMap::default(),
            order: VecDeque::new(),
            next: 0,
        }
    }

    /// The value of `key`, unless it was forgotten.
    pub(super) fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.values.get(key).map(|entry| &entry.value)
    }

    /// The latest entry of which `is_wanted` holds.
    pub(super) fn latest(&self, is_wanted: impl Fn(&V) -> bool) -> Option<(&K, &V)> {
        self.order.iter().rev().find_map(|(key, number)| {
            let entry = self.values.get(key)?;
            (entry.number == *number && is_wanted(&entry.value)).then_some((key, &entry.value))
        })
    }

    /// Adds or replaces the value of `key`, which becomes the latest.
    pub(super) fn insert(&mut self, key: K, value: V, weight: usize) {
        let number = self.next;
        self.next += 1;
        self.weighs += weight;
        let entry = Entry {
            value,
            weight,
            number,
        };
        if let Some(replaced) = self.values.insert(key.clone(), entry) {
            self.weighs -= replaced.weight;
        }
        self.order.push_back((key, number));
        while self.values.len() > self.entries || self.weighs > self.weight {
            if !self.forget_oldest() {
                break;
            }
        }
        // What was replaced does not fill the queue.
        if self.order.len() > 2 * self.values.len() + 16 {
            let values = &self.values;
            self.order.retain(|(key, number)| {
                values.get(key).is_some_and(|entry| entry.number == *number)
            });
        }
    }

    /// Forgets the oldest entries as long as they are `old`.
    pub(super) fn forget_while(&mut self, old: impl Fn(&V) -> bool) {
        while let Some((key, number)) = self.order.front() {
            let is_old = match self.values.get(key) {
                Some(entry) if entry.number == *number => old(&entry.value),
                Some(_) | None => true,
            };
            if !is_old || !self.forget_oldest() {
                return;
            }
        }
    }

    fn forget_oldest(&mut self) -> bool {
        let Some((key, number)) = self.order.pop_front() else {
            return false;
        };
        if self
            .values
            .get(&key)
            .is_some_and(|entry| entry.number == number)
            && let Some(entry) = self.values.remove(&key)
        {
            self.weighs -= entry.weight;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_when_there_are_too_many() {
        let mut recent = Recent::new(2, 100);
        for (key, value) in [("a", 1), ("b", 2), ("a", 3), ("c", 4)] {
            recent.insert(key, value, 1);
        }
        let kept = ["a", "b", "c"].map(|key| recent.get(key).copied());
        assert_eq!(kept, [Some(3), None, Some(4)], "a was inserted after b");
    }

    #[test]
    fn the_oldest_go_when_they_are_too_heavy() {
        let mut recent = Recent::new(10, 100);
        recent.insert("a", (), 60);
        recent.insert("a", (), 70);
        recent.insert("b", (), 30);
        assert!(recent.get("a").is_some());
        recent.insert("c", (), 1);
        assert!(recent.get("a").is_none() && recent.get("b").is_some());
        recent.insert("d", (), 101);
        assert!(recent.get("d").is_none(), "too heavy for itself");
        assert_eq!((recent.values.len(), recent.weighs), (0, 0));
    }

    #[test]
    fn the_oldest_can_be_forgotten_by_their_value() {
        let mut recent = Recent::new(10, 10);
        for value in [1, 2, 9, 3] {
            recent.insert(value, value, 1);
        }
        recent.forget_while(|value| *value < 5);
        assert!(recent.get(&2).is_none() && recent.get(&9).is_some());
        assert!(recent.get(&3).is_some(), "it came after one that stays");
    }

    #[test]
    fn replacing_one_entry_forever_needs_no_memory() {
        let mut recent = Recent::new(10, 10);
        for value in 0..10_000 {
            recent.insert("a", value, 1);
        }
        assert!(recent.order.len() < 32);
    }
}
