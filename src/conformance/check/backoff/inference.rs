//! Which policy waits look like: growth, jitter and base. What is found here is told with the
//! findings and convicts nobody.

use std::time::Duration;

use super::seconds::seconds;
use super::slope::slope;

/// What a client's waits look like.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Inference {
    pub(super) growth: InferredGrowth,
    pub(super) jitter: InferredJitter,
    /// The first wait before chance has its say, in seconds.
    pub(super) base: f64,
}

/// How waits grow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum InferredGrowth {
    /// There are no waits to speak of.
    Immediate,
    Fixed,
    Linear,
    /// By this factor each time.
    Exponential(f64),
    /// Chance hides it.
    Hidden,
}

/// What chance does to them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum InferredJitter {
    None,
    /// So much less or more, as a part.
    Proportional(f64),
    /// Half of it, or all; ±33 % of three quarters is the same.
    Equal,
    Full,
    Decorrelated,
    /// Up to so many seconds more.
    Additive(f64),
    /// There are too few waits to tell.
    Unknown,
}

impl Inference {
    /// What the waits (in seconds, episode by episode) look like; a wait below `minimum` is none.
    pub(super) fn of(episodes: &[Vec<f64>], minimum: f64) -> Option<Self> {
        let longest = episodes.iter().map(Vec::len).max()?;
        let columns: Vec<Vec<f64>> = (0..longest)
            .map(|number| {
                let waits = episodes.iter().filter_map(|waits| waits.get(number));
                waits.copied().collect()
            })
            .collect();
        let mut all: Vec<f64> = columns.iter().flatten().copied().collect();
        all.sort_by(f64::total_cmp);
        let (middle, shortest) = (*all.get(all.len() / 2)?, *all.first()?);
        let base = mean(&columns[0]);
        if middle < minimum {
            return Some(Self {
                growth: InferredGrowth::Immediate,
                jitter: InferredJitter::Unknown,
                base,
            });
        }
        let jitter = jitter(episodes, &columns, shortest);
        let growth = match jitter {
            InferredJitter::Decorrelated => InferredGrowth::Hidden,
            InferredJitter::None
            | InferredJitter::Proportional(_)
            | InferredJitter::Equal
            | InferredJitter::Full
            | InferredJitter::Additive(_)
            | InferredJitter::Unknown => growth(&columns, jitter),
        };
        let base = match jitter {
            InferredJitter::Equal => base / 0.75,
            InferredJitter::Full => base * 2.0,
            InferredJitter::Decorrelated => shortest,
            InferredJitter::Additive(most) => (base - most / 2.0).max(0.0),
            InferredJitter::None | InferredJitter::Proportional(_) | InferredJitter::Unknown => {
                base
            }
        };
        Some(Self {
            growth,
            jitter,
            base,
        })
    }

    /// In words: `exponential ×2.0, equal jitter (or ±33 %), base about 1.02 s`.
    pub(super) fn told(&self) -> String {
        let growth = match self.growth {
            InferredGrowth::Immediate => return "immediate: no wait to speak of".to_owned(),
            InferredGrowth::Fixed => "fixed".to_owned(),
            InferredGrowth::Linear => "linear".to_owned(),
            InferredGrowth::Exponential(multiplier) => format!("exponential ×{multiplier:.1}"),
            InferredGrowth::Hidden => "growth hidden by chance".to_owned(),
        };
        let jitter = match self.jitter {
            InferredJitter::None => "no jitter".to_owned(),
            InferredJitter::Proportional(part) => format!("±{:.0} % jitter", part * 100.0),
            InferredJitter::Equal => "equal jitter (or ±33 %)".to_owned(),
            InferredJitter::Full => "full jitter".to_owned(),
            InferredJitter::Decorrelated => "decorrelated jitter".to_owned(),
            InferredJitter::Additive(most) => {
                format!("up to {} more", seconds(Duration::from_secs_f64(most)))
            }
            InferredJitter::Unknown => "jitter unknown".to_owned(),
        };
        let base = seconds(Duration::from_secs_f64(self.base.max(0.0)));
        format!("{growth}, {jitter}, base about {base}")
    }
}

/// How the means of the columns grow.
fn growth(columns: &[Vec<f64>], jitter: InferredJitter) -> InferredGrowth {
    let less = match jitter {
        InferredJitter::Additive(most) => most / 2.0,
        InferredJitter::None
        | InferredJitter::Proportional(_)
        | InferredJitter::Equal
        | InferredJitter::Full
        | InferredJitter::Decorrelated
        | InferredJitter::Unknown => 0.0,
    };
    let means: Vec<f64> = columns
        .iter()
        .map(|waits| (mean(waits) - less).max(1e-3))
        .collect();
    let Some(slope) = slope(std::slice::from_ref(&means), 1e-3) else {
        return InferredGrowth::Hidden;
    };
    if slope < 0.25 {
        return InferredGrowth::Fixed;
    }
    let logs: Vec<f64> = means.iter().map(|mean| mean.log2()).collect();
    let exponential = residual(&logs, |number| slope * number);
    let linear = residual(&logs, |number| (number + 1.0).log2());
    if linear < exponential {
        InferredGrowth::Linear
    } else {
        InferredGrowth::Exponential(slope.exp2())
    }
}

/// The squared distance of `logs` from a shape, at the level that fits best.
fn residual(logs: &[f64], shape: impl Fn(f64) -> f64) -> f64 {
    let distances: Vec<f64> = logs
        .iter()
        .enumerate()
        .map(|(number, log)| log - shape(number as f64))
        .collect();
    let level = mean(&distances);
    distances.iter().map(|it| (it - level).powi(2)).sum()
}

/// What chance does, by how the waits of one number differ.
fn jitter(episodes: &[Vec<f64>], columns: &[Vec<f64>], shortest: f64) -> InferredJitter {
    let columns: Vec<&Vec<f64>> = columns.iter().filter(|waits| waits.len() >= 3).collect();
    let (Some(first), Some(last)) = (columns.first(), columns.last()) else {
        return InferredJitter::Unknown;
    };
    let count = columns.len() as f64;
    let relative: Vec<f64> = columns
        .iter()
        .map(|waits| deviation(waits) / mean(waits))
        .collect();
    let pooled = (relative.iter().map(|it| it.powi(2)).sum::<f64>() / count).sqrt();
    if pooled < 0.03 {
        return InferredJitter::None;
    }
    let grown = mean(last) / mean(first);
    let spread = deviation(last) / deviation(first).max(1e-9);
    if columns.len() > 2 && grown > 3.0 && spread < grown.sqrt() {
        let deviations: Vec<f64> = columns.iter().map(|waits| deviation(waits)).collect();
        return InferredJitter::Additive(mean(&deviations) * 12_f64.sqrt());
    }
    let is_bound = episodes
        .iter()
        .all(|waits| waits.windows(2).all(|pair| pair[1] <= pair[0] * 3.0 + 0.1));
    let falls = episodes
        .iter()
        .any(|waits| waits.windows(2).any(|pair| pair[1] < pair[0]));
    let low = columns.iter().all(|waits| {
        let least = waits.iter().copied().fold(f64::INFINITY, f64::min);
        least < shortest * 2.5
    });
    if pooled > 0.25 && is_bound && falls && low && relative[relative.len() - 1] > 0.2 {
        return InferredJitter::Decorrelated;
    }
    if pooled > 0.42 {
        InferredJitter::Full
    } else if (0.155..0.245).contains(&pooled) {
        InferredJitter::Equal
    } else {
        InferredJitter::Proportional((pooled * 3_f64.sqrt()).min(1.0))
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The standard deviation of a sample.
pub(super) fn deviation(values: &[f64]) -> f64 {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (values.len().max(2) - 1) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Random, Seed};
    use crate::conformance::check::backoff::rehearsal::{client, draw};
    use crate::profile::{DeclaredGrowth, DeclaredJitter, DeclaredRetry};

    fn found(policy: &DeclaredRetry, episodes: usize, waits: usize, seed: u64) -> Inference {
        let mut chance = Random::from_seed(Seed(seed));
        let waits: Vec<Vec<f64>> = (0..episodes)
            .map(|_| draw(policy, waits, &mut chance))
            .collect();
        Inference::of(&waits, 0.2).unwrap()
    }

    /// Which growth and which jitter, without their numbers.
    fn kind(inference: &Inference) -> (&'static str, &'static str) {
        let growth = match inference.growth {
            InferredGrowth::Immediate => "immediate",
            InferredGrowth::Fixed => "fixed",
            InferredGrowth::Linear => "linear",
            InferredGrowth::Exponential(_) => "exponential",
            InferredGrowth::Hidden => "hidden",
        };
        let jitter = match inference.jitter {
            InferredJitter::None => "none",
            InferredJitter::Proportional(_) => "proportional",
            InferredJitter::Equal => "equal",
            InferredJitter::Full => "full",
            InferredJitter::Decorrelated => "decorrelated",
            InferredJitter::Additive(_) => "additive",
            InferredJitter::Unknown => "unknown",
        };
        (growth, jitter)
    }

    #[test]
    fn most_samples_show_the_policy_that_they_come_from() {
        use DeclaredGrowth::{Exponential, Fixed, Linear};
        use DeclaredJitter::{Additive, Decorrelated, Equal, Full, None, Proportional};
        let second = Duration::from_secs(1);
        // policy, growth, jitter, how many of 200 samples of eight episodes of four waits show it
        let table = [
            (client(Exponential(2.0), None), ("exponential", "none"), 200),
            (client(Fixed, None), ("fixed", "none"), 200),
            (client(Linear, None), ("linear", "none"), 200),
            (
                client(Exponential(2.0), Equal),
                ("exponential", "equal"),
                140,
            ),
            (
                client(Exponential(1.6), Proportional(0.1)),
                ("exponential", "proportional"),
                160,
            ),
            (
                client(Exponential(2.0), Additive(second)),
                ("exponential", "additive"),
                150,
            ),
            (client(Exponential(2.0), Full), ("exponential", "full"), 120),
            (client(Fixed, Full), ("fixed", "full"), 100),
            (
                client(Exponential(2.0), Decorrelated),
                ("hidden", "decorrelated"),
                140,
            ),
        ];
        let mut missed = Vec::new();
        for (policy, expected, least) in table {
            let hits = (0..200)
                .filter(|seed| kind(&found(&policy, 8, 4, *seed)) == expected)
                .count();
            if hits < least {
                missed.push(format!("{policy:?}: {hits} of 200"));
            }
        }
        assert!(missed.is_empty(), "{missed:#?}");
    }

    #[test]
    fn the_numbers_are_near_those_of_the_policy() {
        let policy = client(DeclaredGrowth::Exponential(2.0), DeclaredJitter::Equal);
        let inference = found(&policy, 40, 4, 1);
        assert!((inference.base - 1.0).abs() < 0.1, "{inference:?}");
        match inference.growth {
            InferredGrowth::Exponential(multiplier) => {
                assert!((multiplier - 2.0).abs() < 0.1, "{multiplier}");
            }
            other => panic!("{other:?}"),
        }
    }
}
