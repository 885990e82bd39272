//! What is searched for, in automata that need not be built anew for each secret that is learned.
//!
//! A run learns its tokens one by one. Each goes into an automaton of its own at first; two of one
//! size are joined into one of twice the size. So of `n` secrets each takes part in at most
//! `log n` buildings, and a search asks at most `log n` automata.
//!
//! An automaton knows the ends of its patterns alone, and what stands before an end is compared:
//! spelled out, a signed token would be an automaton of megabytes. Ends, not beginnings: all signed
//! tokens of an issuer begin alike.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::disguise::{Edges, Pattern, patterns};

/// How many bytes of a pattern the automaton knows: twelve characters of a secret in hexadecimal,
/// enough to be met by chance nowhere.
const END: usize = 24;

/// How many automata are kept for others.
const KEPT: usize = 60;

/// Automata that were built for others, by the place of their first secret and the values: for
/// redactors that learn much the same, one after another. Clones share what they know.
#[derive(Clone, Default)]
pub(super) struct Built(Arc<Mutex<HashMap<Place, Arc<Generation>>>>);

/// The place of the first secret, and the values from there on.
type Place = (usize, Vec<String>);

impl Built {
    fn get<'v>(
        &self,
        first: usize,
        count: usize,
        value: impl Fn(usize) -> &'v str,
    ) -> Arc<Generation> {
        let values = (first..first + count).map(|secret| value(secret).to_owned());
        let key = (first, values.collect());
        // A panic elsewhere cannot leave an automaton half built.
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(built) = kept().get(&key) {
            return Arc::clone(built);
        }
        let built = Arc::new(Generation::new(first, count, value));
        let mut kept = kept();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, Arc::clone(&built));
        built
    }
}

/// The automata over the patterns of a growing list of secrets. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Generations(Vec<Arc<Generation>>);

/// An automaton over the patterns of secrets that follow each other in the list.
pub(super) struct Generation {
    first: usize,
    count: usize,
    /// Finds the ends of the patterns.
    automaton: AhoCorasick,
    /// Each pattern, and its secret by its place in the list.
    patterns: Vec<(Pattern, usize)>,
}

/// A secret that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    /// Its place in the list.
    pub(super) secret: usize,
    /// Where it stands.
    pub(super) range: Range<usize>,
    /// Which neighbours hold a few bits of it too.
    pub(super) edges: Edges,
}

impl Generations {
    /// These, with the secrets that `values` has beyond them; taken from `built` where there is one.
    pub(super) fn grown<'v>(
        &self,
        count: usize,
        value: impl Fn(usize) -> &'v str,
        built: Option<&Built>,
    ) -> Self {
        let mut generations = self.0.clone();
        let mut first = self.count();
        while let Some(last) = generations.last()
            && last.count <= count - first
        {
            first = last.first;
            generations.pop();
        }
        if first < count {
            let count = count - first;
            generations.push(match built {
                Some(built) => built.get(first, count, value),
                None => Arc::new(Generation::new(first, count, value)),
            });
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
        let owned = |secret| move |pattern| (pattern, secret);
        let patterns: Vec<(Pattern, usize)> = (first..first + count)
            .flat_map(|secret| patterns(value(secret)).into_iter().map(owned(secret)))
            .collect();
        let ends = patterns
            .iter()
            .map(|(pattern, _)| &pattern.bytes[pattern.bytes.len().saturating_sub(END)..]);
        Self {
            first,
            count,
            // All matches are wanted, also those that overlap: leftmost and longest is decided
            // over all views together.
            automaton: AhoCorasick::builder()
                .match_kind(MatchKind::Standard)
                // The table of a faster automaton would take longer to fill than most are in use.
                .kind(Some(AhoCorasickKind::ContiguousNFA))
                .build(ends)
                .expect("a few thousand short patterns are within the limits of the automaton"),
            patterns,
        }
    }

    /// Its secrets in `text`, wherever they stand: also those that overlap.
    pub(super) fn hits(&self, text: &[u8]) -> impl Iterator<Item = Hit> {
        self.automaton
            .find_overlapping_iter(text)
            .filter_map(|end| {
                let (pattern, secret) = &self.patterns[end.pattern().as_usize()];
                let start = end.end().checked_sub(pattern.bytes.len())?;
                let range = start..end.end();
                (text[range.clone()] == pattern.bytes).then_some(Hit {
                    secret: *secret,
                    range,
                    edges: pattern.edges,
                })
            })
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
            generations = generations.grown(count, |place| &values[place], None);
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
                .flat_map(|generation| generation.hits(value.as_bytes()))
                .map(|hit| hit.secret)
                .collect();
            assert_eq!(owners, [place]);
        }
    }

    #[test]
    fn the_end_of_a_secret_is_no_secret() {
        let long = format!("{}-{}", "beginning".repeat(10), "end".repeat(10));
        let generations = Generations::default().grown(1, |_| &long, None);
        let found = |text: &str| {
            let hits = generations.iter().flat_map(|it| it.hits(text.as_bytes()));
            hits.map(|hit| hit.range).collect::<Vec<_>>()
        };
        assert_eq!(found(&format!("in {long}.")), vec![3..3 + long.len()]);
        assert!(found(&long[1..]).is_empty());
        assert!(found(&long[40..]).is_empty());
        assert!(found(&long[..long.len() - 1]).is_empty());
    }

    #[test]
    fn without_news_nothing_is_built() {
        let generations = Generations::default().grown(3, |_| "secret", None);
        let same = generations.grown(3, |_| unreachable!("it is known"), None);
        assert_eq!(same.count(), 3);
        assert_eq!(Generations::default().grown(0, |_| "", None).count(), 0);
    }

    #[test]
    fn what_was_built_for_the_same_secrets_is_not_built_again() {
        let built = Built::default();
        let grown = |values: [&'static str; 2]| {
            let one = Generations::default().grown(1, |place| values[place], Some(&built));
            one.grown(2, |place| values[place], Some(&built)).0
        };
        let (first, again) = (grown(["secret", "hidden"]), grown(["secret", "hidden"]));
        assert!(Arc::ptr_eq(&first[0], &again[0]));
        let other = grown(["secret", "another"]);
        assert!(!Arc::ptr_eq(&first[0], &other[0]));
        assert_eq!(other[0].hits(b"another").count(), 1);
        assert_eq!(other[0].hits(b"hidden").count(), 0);
    }
}
