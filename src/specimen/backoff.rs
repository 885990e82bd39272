//! How long a connector waits before it tries again.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::Random;

/// How waits grow from attempt to attempt, before chance has its say.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Growth {
    /// No wait at all.
    None,
    /// Always the base.
    Fixed,
    /// Once the base, twice the base, three times the base.
    Linear,
    /// The base times this number to the power of the waits before.
    Exponential(f64),
    /// The same, but it begins anew after so many waits.
    Restarting {
        /// The number.
        multiplier: f64,
        /// After how many waits.
        after: u32,
    },
}

/// What chance does to a wait `x`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Jitter {
    /// Nothing: `x`.
    None,
    /// `x/2` to `x`.
    Equal,
    /// Nothing to `x`.
    Full,
    /// The base to three times the wait before, at most the cap; growth has no say.
    Decorrelated,
    /// `x` less or more this part of it.
    Proportional(f64),
    /// `x` to `x` and this time.
    Additive(Duration),
}

/// A policy of waiting.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Backoff {
    /// How waits grow.
    pub growth: Growth,
    /// What chance does to them.
    pub jitter: Jitter,
    /// The first wait.
    pub base: Duration,
    /// The longest wait, before proportional and additive jitter.
    pub cap: Duration,
}

impl Backoff {
    /// The wait after attempt number `attempt` (from 1); `previous` is the wait before it, zero
    /// where there was none.
    pub fn wait(&self, attempt: u32, previous: Duration, chance: &mut Random) -> Duration {
        let planned = self.planned(attempt);
        match self.jitter {
            Jitter::None => planned,
            Jitter::Equal => planned / 2 + (planned / 2).mul_f64(chance.unit()),
            Jitter::Full => planned.mul_f64(chance.unit()),
            Jitter::Decorrelated => {
                let longest = (previous.max(self.base) * 3).max(self.base);
                let drawn = self.base + longest.saturating_sub(self.base).mul_f64(chance.unit());
                drawn.min(self.cap)
            }
            Jitter::Proportional(part) => {
                planned.mul_f64((1.0 - part + 2.0 * part * chance.unit()).max(0.0))
            }
            Jitter::Additive(most) => planned + most.mul_f64(chance.unit()),
        }
    }

    fn planned(&self, attempt: u32) -> Duration {
        let before = attempt.saturating_sub(1);
        let planned = match self.growth {
            Growth::None => Duration::ZERO,
            Growth::Fixed => self.base,
            Growth::Linear => self.base.saturating_mul(before.saturating_add(1)),
            Growth::Exponential(multiplier) => self.grown(multiplier, before),
            Growth::Restarting { multiplier, after } => {
                self.grown(multiplier, before % after.max(1))
            }
        };
        planned.min(self.cap)
    }

    fn grown(&self, multiplier: f64, times: u32) -> Duration {
        let factor = multiplier.powi(i32::try_from(times).unwrap_or(i32::MAX));
        Duration::try_from_secs_f64(self.base.as_secs_f64() * factor).unwrap_or(self.cap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;

    fn waits(growth: Growth, jitter: Jitter, seed: u64) -> Vec<u128> {
        let backoff = Backoff {
            growth,
            jitter,
            base: Duration::from_secs(1),
            cap: Duration::from_secs(10),
        };
        let mut chance = Random::from_seed(Seed(seed));
        let mut previous = Duration::ZERO;
        (1..=6)
            .map(|attempt| {
                previous = backoff.wait(attempt, previous, &mut chance);
                previous.as_millis()
            })
            .collect()
    }

    #[test]
    fn without_chance_each_growth_is_what_its_name_says_and_keeps_to_the_cap() {
        // growth, waits in milliseconds
        let table = [
            (Growth::None, [0, 0, 0, 0, 0, 0]),
            (Growth::Fixed, [1000; 6]),
            (Growth::Linear, [1000, 2000, 3000, 4000, 5000, 6000]),
            (
                Growth::Exponential(2.0),
                [1000, 2000, 4000, 8000, 10_000, 10_000],
            ),
            (
                Growth::Exponential(1.5),
                [1000, 1500, 2250, 3375, 5062, 7593],
            ),
            (
                Growth::Restarting {
                    multiplier: 2.0,
                    after: 4,
                },
                [1000, 2000, 4000, 8000, 1000, 2000],
            ),
        ];
        for (growth, expected) in table {
            assert_eq!(waits(growth, Jitter::None, 1), expected, "{growth:?}");
        }
    }

    #[test]
    fn chance_keeps_within_the_bounds_of_each_jitter() {
        let planned = [1000, 2000, 4000, 8000, 10_000, 10_000];
        // jitter, lower and upper bound of a planned wait
        type Bound = fn(u128) -> u128;
        let table: [(Jitter, Bound, Bound); 4] = [
            (Jitter::Equal, |x| x / 2, |x| x),
            (Jitter::Full, |_| 0, |x| x),
            (Jitter::Proportional(0.2), |x| x * 8 / 10, |x| x * 12 / 10),
            (
                Jitter::Additive(Duration::from_secs(1)),
                |x| x,
                |x| x + 1000,
            ),
        ];
        for (jitter, lower, upper) in table {
            let mut differ = false;
            for seed in 0..200 {
                let drawn = waits(Growth::Exponential(2.0), jitter, seed);
                for (wait, planned) in drawn.iter().zip(planned) {
                    assert!(
                        (lower(planned)..=upper(planned)).contains(wait),
                        "{jitter:?}: {wait} for {planned}"
                    );
                }
                differ |= drawn != waits(Growth::Exponential(2.0), jitter, seed + 1);
            }
            assert!(differ, "{jitter:?} is no chance at all");
        }
    }

    #[test]
    fn decorrelated_waits_lie_between_the_base_and_three_times_the_wait_before() {
        for seed in 0..200 {
            let drawn = waits(Growth::Exponential(2.0), Jitter::Decorrelated, seed);
            let mut previous = 1000;
            for wait in drawn {
                let upper = (previous * 3).min(10_000);
                assert!((1000..=upper).contains(&wait), "{wait} after {previous}");
                previous = wait;
            }
        }
    }
}
