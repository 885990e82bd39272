//! What is searched for, in automata that need not be built anew for each secret that is learned.
//!
//! A run learns its tokens one by one. Each goes into an automaton of its own at first; two of one
//! size are joined into one of twice the size. So of `n` secrets each takes part in at most
//! `log n` buildings, and a search asks at most `log n` automata.

use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};

use super::disguise::{Edges, patterns};

/// The automata over the patterns of a growing list of secrets. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Generations(Vec<Arc<Generation>>);

/// An automaton over the patterns of secrets that follow each other in the list.
pub(super) struct Generation {
    first: usize,
    count: usize,
    /// Finds them.
    pub(super) automaton: AhoCorasick,
    /// For each pattern its secret, by its place in the list, and its edges.
    pub(super) patterns: Vec<(usize, Edges)>,
}

impl Generations {
    /// These, with the secrets that `values` has beyond them.
    pub(super) fn grown<'v>(&self, count: usize, value: impl Fn(usize) -> &'v str) -> Self {
        let mut generations = self.0.clone();
        let mut first = self.count();
        while let Some(last) = generations.last()
            && last.count <= count - first
        {
            first = last.first;
            generations.pop();
        }
        if first < count {
            let newest = Generation::new(first, count - first, value);
            generations.push(Arc::new(newest));
        }
        Self(generations)
    }

    /// How many secrets are searched for.
    pub(super) fn count(&self) -> usize {
        self.0.last().map_or(0, |last| last.first + last.count)
    }

    /// The automata.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Generation> {
        self.0.iter().map(|generation| &**generation)
    }
}

impl Generation {
    fn new<'v>(first: usize, count: usize, value: impl Fn(usize) -> &'v str) -> Self {
        let mut bytes = Vec::new();
        let mut owners = Vec::new();
        for secret in first..first + count {
            for pattern in patterns(value(secret)) {
                bytes.push(pattern.bytes);
                owners.push((secret, pattern.edges));
            }
        }
        Self {
            first,
            count,
            // All matches are wanted, also those that overlap: leftmost and longest is decided
            // over all views together.
            automaton: AhoCorasick::builder()
                .match_kind(MatchKind::Standard)
                .build(&bytes)
                .expect("a few thousand short patterns are within the limits of the automaton"),
            patterns: owners,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_secret_is_searched_for_by_one_of_few_automata() {
        let values: Vec<String> = (0..100)
            .map(|number| format!("secret-{number:03}"))
            .collect();
        let mut generations = Generations::default();
        for count in 1..=values.len() {
            generations = generations.grown(count, |place| &values[place]);
            assert_eq!(generations.count(), count);
            assert!(
                generations.0.len() <= 7,
                "{} of {count}",
                generations.0.len()
            );
        }
        for (place, value) in values.iter().enumerate() {
            let owners: Vec<usize> = generations
                .iter()
                .filter_map(|generation| {
                    let hit = generation.automaton.find(value)?;
                    Some(generation.patterns[hit.pattern().as_usize()].0)
                })
                .collect();
            assert_eq!(owners, [place]);
        }
    }

    #[test]
    fn without_news_nothing_is_built() {
        let generations = Generations::default().grown(3, |_| "secret");
        let same = generations.grown(3, |_| unreachable!("it is known"));
        assert_eq!(same.count(), 3);
        assert_eq!(Generations::default().grown(0, |_| "").count(), 0);
    }
}
