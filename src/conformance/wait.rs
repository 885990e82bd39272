//! The waits between the attempts of an operation.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Evidence;
use super::quantile::at_least;
use crate::base::{Timestamp, later};
use crate::exchange::{RetryAfter, between};
use crate::history::Call;
use crate::profile::Backoff;

/// An attempt, and the one that was made because of its answer.
#[derive(Clone, Copy, Debug)]
pub struct Wait<'e> {
    /// The attempt that was not served.
    pub refused: &'e Call<'e>,
    /// The one after it.
    pub next: &'e Call<'e>,
    /// From the end of the answer to the first byte of the next attempt.
    pub length: Duration,
}

/// A wait for which the platform had asked.
#[derive(Clone, Copy, Debug)]
pub struct HintedWait<'e> {
    /// The wait.
    pub wait: Wait<'e>,
    /// What the platform asked for.
    pub hint: RetryAfter,
    /// The time that the hint names.
    pub earliest: Timestamp,
}

impl HintedWait<'_> {
    /// By how much the next attempt came before the time that the hint names.
    #[must_use]
    pub fn early_by(&self) -> Duration {
        between(self.wait.next.began(), self.earliest)
    }

    /// Whether that is more than `tolerance` and the coarseness of the hint forgive.
    #[must_use]
    pub fn is_early(&self, tolerance: Duration) -> bool {
        self.early_by() > tolerance + self.hint.coarseness
    }
}

/// The waits after 429 and 503, in the order of the refusals: what a report shows of them.
#[must_use]
pub fn throttled_waits<'e>(evidence: &'e Evidence<'_>) -> Vec<Wait<'e>> {
    let groups = evidence.groups();
    let mut waits: Vec<Wait<'e>> = groups
        .iter()
        .flat_map(|attempts| {
            let places = 0..attempts.len();
            let refused = places.filter(|place| attempts[*place].is_throttled());
            refused.filter_map(|place| Wait::after(attempts, place))
        })
        .collect();
    waits.sort_by_key(|wait| wait.refused.sequence);
    waits
}

impl<'e> Wait<'e> {
    /// The wait from `refused` to `next`; none where `next` was on its way already when the answer
    /// came: that is no retry.
    pub(super) fn between(refused: &'e Call<'e>, next: &'e Call<'e>) -> Option<Self> {
        (next.began() >= refused.ended()).then(|| Self {
            refused,
            next,
            length: between(refused.ended(), next.began()),
        })
    }

    /// The wait after attempt `place` of an operation; none where it was not tried again.
    pub(super) fn after(attempts: &[&'e Call<'e>], place: usize) -> Option<Self> {
        let (refused, later) = attempts.get(place..)?.split_first()?;
        later.iter().find_map(|next| Self::between(refused, next))
    }

    /// The same with what the platform had asked for; none where it asked for nothing.
    #[must_use]
    pub fn hinted(self) -> Option<HintedWait<'e>> {
        self.refused.hint().map(|hint| HintedWait {
            wait: self,
            hint,
            earliest: later(self.refused.ended(), hint.wait),
        })
    }

    /// The refusal and the next attempt, as a witness names them.
    pub(super) fn places(&self) -> [(u64, Timestamp); 2] {
        [
            (self.refused.sequence, self.refused.ended()),
            self.next.place(),
        ]
    }

    /// Which attempt of its operation was refused, from 0.
    fn number(&self) -> u32 {
        self.refused.attempt.number.saturating_sub(1)
    }
}

/// Whether `waits` are none: most of them are below the least one of `backoff`, and chance does not
/// explain that many for a client with full jitter whose waits double from `base`.
pub(super) fn are_none(waits: &[Wait<'_>], backoff: &Backoff, base: Duration) -> bool {
    let least = backoff.minimum_wait.value;
    // What was under way together was refused together, and waited once: until the next attempt.
    let mut of_operations: BTreeMap<u64, BTreeMap<u64, &Wait<'_>>> = BTreeMap::new();
    for wait in waits {
        let of_it = of_operations.entry(wait.refused.attempt.group).or_default();
        let known = of_it.entry(wait.next.sequence).or_insert(wait);
        if known.length < wait.length {
            *known = wait;
        }
    }
    let numbered = of_operations
        .values()
        .flat_map(|of_it| of_it.values().zip(0..));
    let mut short = 0;
    let mut chances = Vec::new();
    for (wait, before) in numbered {
        // A wait doubles what was waited before, not what was merely sent.
        let doublings = wait.number().min(before);
        let grown = base.as_secs_f64() * 2_f64.powi(i32::try_from(doublings).unwrap_or(30));
        let longest = grown.min(backoff.cap.value.max(base).as_secs_f64());
        chances.push((least.as_secs_f64() / longest).min(1.0));
        short += usize::from(wait.length < least);
    }
    if short * 2 <= chances.len() {
        return false;
    }
    let chance = if short == chances.len() {
        // Sharper than the bound.
        chances.iter().product()
    } else {
        at_least(&chances, short)
    };
    chance <= backoff.certainty.value
}

/// How many of `waits` are below `least`.
pub(super) fn short_of(waits: &[Wait<'_>], least: Duration) -> usize {
    waits.iter().filter(|wait| wait.length < least).count()
}

/// How many of `moments`, which are in order, are not before `start` and before `end`.
pub(super) fn within(moments: &[Timestamp], start: Timestamp, end: Timestamp) -> usize {
    let before = |limit: Timestamp| moments.partition_point(|moment| *moment < limit);
    before(end).saturating_sub(before(start))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::conformance::Evidence;
    use crate::conformance::fixture::PROVIDER;
    use crate::event::Subject;
    use crate::history::composer::Composer;
    use crate::profile::Profile;

    /// One operation, refused, and tried again after so many milliseconds each time.
    fn tried(waits: &[u64]) -> Composer {
        let mut run = Composer::of(Subject::Connector);
        run.send("GET", PROVIDER, Value::Null, 429, Value::Null);
        for wait in waits {
            run.wait(Duration::from_millis(*wait)).again(
                "GET",
                PROVIDER,
                Value::Null,
                429,
                Value::Null,
            );
        }
        run
    }

    #[test]
    fn waits_are_none_where_chance_does_not_explain_how_short_they_are() {
        let profile = Profile::built_in();
        let table: [(&[u64], bool); 7] = [
            (&[], false),
            (&[10], false),
            (&[10, 20, 10], false),
            (&[10, 20, 10, 5], true),
            (&[10, 20, 10, 900], false),
            // Most of many are as good as all of a few.
            (&[10, 10, 10, 10, 250, 10, 10, 10], true),
            // Half of them are not most, however many there are.
            (&[10, 2_000, 10, 4_000, 10, 8_000, 10, 8_000], false),
        ];
        for (lengths, none) in table {
            let history = tried(lengths).history();
            let evidence = Evidence::of(&history, &profile);
            let groups = evidence.groups();
            let waits: Vec<Wait<'_>> = (0..groups[0].len())
                .filter_map(|place| Wait::after(&groups[0], place))
                .collect();
            assert_eq!(waits.len(), lengths.len());
            let backoff = &profile.backoff;
            assert_eq!(
                are_none(&waits, backoff, backoff.base.value),
                none,
                "{lengths:?}"
            );
        }
    }

    #[test]
    fn one_immediate_retry_of_each_operation_shows_nothing_of_the_least_base() {
        let profile = Profile::built_in();
        let backoff = &profile.backoff;
        let mut run = Composer::of(Subject::Connector);
        for _ in 0..20 {
            run.send("GET", PROVIDER, Value::Null, 429, Value::Null)
                .again("GET", PROVIDER, Value::Null, 200, Value::Null);
        }
        let history = run.history();
        let evidence = Evidence::of(&history, &profile);
        let waits = throttled_waits(&evidence);
        assert_eq!(short_of(&waits, backoff.minimum_wait.value), 20);
        assert!(are_none(&waits, backoff, backoff.base.value));
        assert!(!are_none(&waits, backoff, backoff.minimum_wait.value));
    }

    #[test]
    fn moments_are_counted_from_the_first_until_before_the_last() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let moments = [1, 2, 2, 5].map(at);
        for (start, end, count) in [(1, 5, 3), (2, 3, 2), (0, 9, 4), (3, 5, 0), (5, 2, 0)] {
            assert_eq!(within(&moments, at(start), at(end)), count, "{start} {end}");
        }
    }

    #[test]
    fn what_was_on_its_way_already_is_no_retry() {
        let profile = Profile::built_in();
        let mut run = tried(&[]);
        // Sent before the answer was there, and a real one after it.
        run.back(Duration::from_millis(50));
        run.again("GET", PROVIDER, Value::Null, 429, Value::Null);
        run.wait(Duration::from_secs(1))
            .again("GET", PROVIDER, Value::Null, 200, Value::Null);
        let history = run.history();
        let evidence = Evidence::of(&history, &profile);
        let groups = evidence.groups();
        let wait = Wait::after(&groups[0], 0).unwrap();
        assert_eq!(wait.next.sequence, groups[0][2].sequence);
        assert!(Wait::after(&groups[0], 2).is_none());
    }

    #[test]
    fn what_was_refused_together_waited_once() {
        let profile = Profile::built_in();
        let mut run = tried(&[]);
        for _ in 0..3 {
            run.back(Duration::from_millis(50));
            run.again("GET", PROVIDER, Value::Null, 429, Value::Null);
        }
        run.wait(Duration::from_millis(10))
            .again("GET", PROVIDER, Value::Null, 200, Value::Null);
        let history = run.history();
        let evidence = Evidence::of(&history, &profile);
        let groups = evidence.groups();
        let waits: Vec<Wait<'_>> = (0..groups[0].len())
            .filter_map(|place| Wait::after(&groups[0], place))
            .filter(|wait| wait.next.succeeded())
            .collect();
        assert!(waits.len() > 1, "{waits:?}");
        let backoff = &profile.backoff;
        assert!(!are_none(&waits, backoff, backoff.base.value));
    }
}
