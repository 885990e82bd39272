//! How often the slope errs: clients whose policy is known, and what it says of them.
//!
//! The numbers that a finding tells of itself come from here, drawn anew for the sample at hand with
//! a seed that never changes, so that the same history gives the same finding.

use std::borrow::Cow;
use std::time::Duration;

use super::policy::{bounds, planned};
use super::slope::{Zone, Zones, slope};
use crate::base::{Random, Seed};
use crate::profile::{DeclaredGrowth, DeclaredJitter, DeclaredRetry, Profile};

/// How many episodes are drawn at most.
const MOST_DRAWN: usize = 200;

/// How often each zone came out.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Rates {
    pub(super) flat: f64,
    pub(super) between: f64,
    pub(super) growing: f64,
}

/// What is rehearsed: episodes of so many waits each, and what the slopes mean.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub(super) waits: Vec<usize>,
    pub(super) zones: Zones,
    /// In seconds.
    pub(super) shortest: f64,
    /// How much longer a wait may be seen to last.
    pub(super) delay: Duration,
}

impl Sample {
    /// Episodes of so many `waits`, judged by `profile`.
    pub(super) fn of(waits: Vec<usize>, profile: &Profile) -> Self {
        let backoff = &profile.backoff;
        Self {
            waits,
            zones: Zones {
                flat: backoff.flat_slope.value,
                growing: backoff.growing_slope.value,
            },
            shortest: backoff.shortest_wait.value.as_secs_f64(),
            delay: Duration::ZERO,
        }
    }

    /// The same where each wait is seen to last up to `delay` longer.
    fn delayed_by(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// How often a client with `policy` comes out in each zone, in so many runs.
    pub(super) fn rates(&self, policy: &DeclaredRetry, runs: u32) -> Rates {
        let waits = self.rehearsed();
        let mut chance = Random::from_seed(Seed(7));
        let mut rates = Rates::default();
        let share = 1.0 / f64::from(runs);
        for _ in 0..runs {
            let episodes: Vec<Vec<f64>> = waits
                .iter()
                .map(|waits| {
                    let mut drawn = draw(policy, *waits, &mut chance);
                    if !self.delay.is_zero() {
                        for wait in &mut drawn {
                            *wait += self.delay.as_secs_f64() * chance.unit();
                        }
                    }
                    drawn
                })
                .collect();
            let Some(slope) = slope(&episodes, self.shortest) else {
                continue;
            };
            match self.zones.of(slope) {
                Zone::Flat => rates.flat += share,
                Zone::Between => rates.between += share,
                Zone::Growing => rates.growing += share,
            }
        }
        rates
    }

    /// The episodes that are drawn: of very many, so many of those that show a slope that more change
    /// no rate by a thousandth.
    fn rehearsed(&self) -> Cow<'_, [usize]> {
        if self.waits.len() <= MOST_DRAWN {
            return Cow::Borrowed(&self.waits);
        }
        let telling = self.waits.iter().copied().filter(|waits| *waits > 1);
        Cow::Owned(telling.take(MOST_DRAWN).collect())
    }
}

/// How often BK-30 does not tell by `profile` that the waits of a client with `policy` grow, where it
/// sees episodes of so many `waits` each: a share of the runs, drawn twenty thousand times.
#[must_use]
pub fn growth_doubts(policy: &DeclaredRetry, waits: Vec<usize>, profile: &Profile) -> f64 {
    // On the logical clock an exchange takes more or less time, and so a wait seems to.
    let sample = Sample::of(waits, profile).delayed_by(profile.latency_model.spread.value);
    let rates = sample.rates(policy, 20_000);
    rates.flat + rates.between
}

/// The waits of one episode, in seconds.
pub(super) fn draw(policy: &DeclaredRetry, waits: usize, chance: &mut Random) -> Vec<f64> {
    let mut previous = None;
    (0..waits)
        .map(|number| {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            let (lower, upper) = match policy.jitter {
                // Its longest wait binds what is drawn, not what is drawn from.
                DeclaredJitter::Decorrelated => {
                    let before: Duration = previous.unwrap_or(policy.base);
                    (policy.base, (before.max(policy.base) * 3).max(policy.base))
                }
                DeclaredJitter::None
                | DeclaredJitter::Proportional(_)
                | DeclaredJitter::Equal
                | DeclaredJitter::Full
                | DeclaredJitter::Additive(_) => bounds(policy, number, previous),
            };
            let drawn = lower + upper.saturating_sub(lower).mul_f64(chance.unit());
            let wait = match policy.jitter {
                DeclaredJitter::Decorrelated => drawn.min(policy.cap),
                DeclaredJitter::None => planned(policy, number),
                DeclaredJitter::Proportional(_)
                | DeclaredJitter::Equal
                | DeclaredJitter::Full
                | DeclaredJitter::Additive(_) => drawn,
            };
            previous = Some(wait);
            wait.as_secs_f64()
        })
        .collect()
}

/// The client whose waits double with full jitter: of all that conform, the hardest to tell.
pub(super) fn jumpy() -> DeclaredRetry {
    client(DeclaredGrowth::Exponential(2.0), DeclaredJitter::Full)
}

/// The client that waits a random part of the same time each time: of all whose waits do not grow,
/// the hardest to tell.
pub(super) fn flat() -> DeclaredRetry {
    client(DeclaredGrowth::Fixed, DeclaredJitter::Full)
}

/// A client with a base of a second that never reaches its longest wait.
pub(super) fn client(growth: DeclaredGrowth, jitter: DeclaredJitter) -> DeclaredRetry {
    DeclaredRetry {
        growth,
        base: Duration::from_secs(1),
        cap: Duration::from_secs(64),
        jitter,
        attempts: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DeclaredGrowth::{Exponential, Fixed, Linear};
    use DeclaredJitter::{Additive, Decorrelated, Equal, Full, None, Proportional};

    /// How often each cell is drawn; `PREFLIGHT_STATISTICS_RUNS` for another number.
    fn runs() -> u32 {
        #[expect(
            clippy::disallowed_methods,
            reason = "whoever doubts the table can have it drawn more often"
        )]
        let asked = std::env::var("PREFLIGHT_STATISTICS_RUNS");
        asked
            .ok()
            .and_then(|runs| runs.parse().ok())
            .unwrap_or(4_000)
    }

    #[test]
    fn of_very_many_episodes_those_that_show_a_slope_are_drawn() {
        let sample = |waits: Vec<usize>| Sample::of(waits, &Profile::built_in());
        let few = sample(vec![2; 200]);
        let mut waits = vec![1; 5_000];
        waits.extend(vec![2; 5_000]);
        let many = sample(waits);
        assert_eq!(few.rehearsed(), many.rehearsed());
        assert_eq!(few.rates(&jumpy(), 100), many.rates(&jumpy(), 100));
        assert_eq!(sample(vec![1, 2]).rehearsed().len(), 2, "few are all drawn");
    }

    /// Twice as many would not err by a thousandth less, however short they are.
    #[test]
    fn what_is_not_drawn_would_change_no_rate() {
        let sample = Sample::of(vec![2; MOST_DRAWN], &Profile::built_in());
        let (conforming, steady) = (sample.rates(&jumpy(), 4_000), sample.rates(&flat(), 4_000));
        assert!(conforming.flat < 0.001, "{conforming:?}");
        assert!(steady.growing < 0.001, "{steady:?}");
    }

    /// The table of `spec/judging.md`, 5.2: fail, review and pass in per cent, for three, five and
    /// eight episodes of five waits and eight of six.
    #[test]
    fn the_rates_are_those_of_the_table() {
        let sure = [[0.0, 0.0, 100.0]; 4];
        let never = [[100.0, 0.0, 0.0]; 4];
        let google = Additive(Duration::from_secs(1));
        let immediate = DeclaredRetry {
            base: Duration::from_millis(20),
            ..client(Fixed, Proportional(0.5))
        };
        let table = [
            (client(Exponential(2.0), None), sure),
            (client(Exponential(2.0), Equal), sure),
            (client(Exponential(2.0), google), sure),
            (
                client(Exponential(2.0), Full),
                [
                    [0.35, 5.2, 94.4],
                    [0.02, 2.5, 97.5],
                    [0.0, 0.5, 99.5],
                    [0.0, 0.03, 99.97],
                ],
            ),
            (
                client(Exponential(1.6), Proportional(0.2)),
                [
                    [0.0, 0.5, 99.5],
                    [0.0, 0.02, 99.98],
                    [0.0, 0.0, 100.0],
                    [0.0, 0.0, 100.0],
                ],
            ),
            (
                client(Exponential(2.0), Decorrelated),
                [
                    [10.9, 51.0, 38.0],
                    [5.1, 62.0, 33.0],
                    [2.0, 67.0, 31.0],
                    [2.1, 79.0, 19.0],
                ],
            ),
            (client(Fixed, None), never),
            (immediate, never),
            (
                client(Fixed, Full),
                [
                    [84.5, 14.5, 1.0],
                    [90.3, 9.5, 0.2],
                    [95.1, 4.9, 0.0],
                    [98.4, 1.6, 0.0],
                ],
            ),
            (client(Linear, None), [[0.0, 100.0, 0.0]; 4]),
            (
                client(Linear, Full),
                [
                    [10.0, 46.0, 44.0],
                    [5.8, 52.0, 42.0],
                    [2.7, 57.0, 40.0],
                    [2.2, 81.0, 17.0],
                ],
            ),
        ];
        let samples = [(3, 5), (5, 5), (8, 5), (8, 6)];
        let runs = runs();
        for (policy, cells) in table {
            for ((episodes, waits), expected) in samples.into_iter().zip(cells) {
                let sample = Sample {
                    delay: Duration::ZERO,
                    waits: vec![waits; episodes],
                    zones: Zones {
                        flat: 0.25,
                        growing: 0.6,
                    },
                    shortest: 0.02,
                };
                let rates = sample.rates(&policy, runs);
                let found = [rates.flat, rates.between, rates.growing];
                for (found, expected) in found.into_iter().zip(expected) {
                    let expected: f64 = expected / 100.0;
                    // Four standard errors of both drawings, and the rounding of the table.
                    let spread = expected.max(0.001) * (1.0 - expected).max(0.001);
                    let error = 4.0 * (spread * (1.0 / f64::from(runs) + 1.0 / 6_000.0)).sqrt();
                    assert!(
                        (found - expected).abs() <= error + 0.006,
                        "{policy:?}, {episodes} episodes of {waits}: {found} instead of {expected}"
                    );
                }
            }
        }
    }
}
