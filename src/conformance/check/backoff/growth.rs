//! Waits without a hint grow.
//!
//! # What is required
//!
//! An operation that is refused again and again without a hint is tried again after longer and longer
//! waits.
//!
//! # Why
//!
//! "Backs off" means just that. A client that comes back at the same pace, however often it is
//! refused, takes no part in getting the platform out of trouble.
//!
//! # How it is judged
//!
//! Single waits prove little, because chance may have a part in them. So one slope is fitted, by least
//! squares, to the binary logarithm of all waits of all episodes (operations refused without a hint
//! from the first attempt on, while nothing else was refused; a hint of zero may be read as leave, and
//! ends an episode); waits below `shortest-wait` count as that. Waits that double have the slope 1. Below `flat-slope` FAIL, below `growing-slope` REVIEW
//! (linear and decorrelated waits cannot be told apart there: declare the policy), else PASS. A FAIL is
//! reported as REVIEW; it is reported as FAIL where most waits are below `minimum-wait`, the chance of
//! that being below `certainty` for every client that conforms: that is no backoff at all. Of more than
//! 5,000 waits that chance is bounded from above (Hoeffding) and not computed.
//! INCONCLUSIVE where so small a sample would fail more than `false-failures` of all clients whose waits
//! double with full jitter; the sample that would decide is named. NOT_EXERCISED where no operation
//! was tried again so. NOT_APPLICABLE where a policy is declared, for then BK-20 to BK-23 judge it.
//! What the waits look like (growth, jitter, base) and how often this rule errs with the sample at
//! hand are told whatever the outcome; of more than 200 episodes, these are the errors of 200 of them.
//!
//! Java, Resilience4j `IntervalFunction.ofExponentialRandomBackoff`; .NET, Polly
//! `DelayBackoffType.Exponential` with `UseJitter`; Node, `p-retry` with `factor: 2, randomize: true`;
//! Python, tenacity `wait_random_exponential`; Go, `cenkalti/backoff` `NewExponentialBackOff`.
//!
//! # An example that conforms
//!
//! Eight episodes with waits near 1 s, 2 s, 4 s and 8 s: slope 1.0.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/setup` (the provider backs off appropriately); the rates of
//! error are simulated.

use super::episode::{Episode, episodes};
use super::inference::Inference;
use super::rehearsal::{Sample, flat, jumpy};
use super::seconds::seconds;
use super::slope::{Zone, slope};
use crate::conformance::check::{Check, Family};
use crate::conformance::wait::Wait;
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::{Profile, Provenance};

/// BK-30.
pub const CHECK: Check = Check {
    id: "BK-30",
    family: Family::Backoff,
    title: "Waits without a hint grow",
    clauses: &["PO-BACKOFF"],
    subjects: &[Subject::Connector],
    // The network lengthens waits by about the same, and nothing rests on single ones.
    vantages: &Vantage::ALL,
    provenance: |profile| profile.backoff.flat_slope.provenance,
    severest: Level::Fail,
    flips_if: "the platform says that an appropriate backoff grows",
    source: include_str!("growth.rs"),
    rule,
};

/// How often each client is simulated for the rates of error.
const RUNS: u32 = 1_000;

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let backoff = &profile.backoff;
    let most = usize::try_from(backoff.waits.value).unwrap_or(usize::MAX);
    let episodes = episodes(evidence, profile);
    let lengths: Vec<Vec<f64>> = episodes
        .iter()
        .map(|episode| episode.lengths(most))
        .collect();
    let minimum = backoff.minimum_wait.value.as_secs_f64();
    let ruling = judged(evidence, profile, &episodes, &lengths);
    let looks = Inference::of(&lengths, minimum)
        .map_or_else(|| "nothing seen".to_owned(), |found| found.told());
    ruling.with("the waits look", looks).with(
        "sample",
        format!(
            "{}, {} in all",
            counted(lengths.len(), "episode"),
            counted(lengths.iter().map(Vec::len).sum(), "wait")
        ),
    )
}

fn judged(
    evidence: &Evidence<'_>,
    profile: &Profile,
    episodes: &[Episode<'_>],
    lengths: &[Vec<f64>],
) -> Ruling {
    let backoff = &profile.backoff;
    if evidence.declaration().retry.is_some() {
        return Ruling::new(
            Level::NotApplicable,
            "A policy is declared; BK-20 to BK-23 hold the waits against it.",
        );
    }
    if lengths.is_empty() {
        return Ruling::new(
            Level::NotExercised,
            "No operation was refused without a hint and tried again.",
        );
    }
    if let Some(ruling) = immediate(profile, episodes, lengths) {
        return ruling;
    }
    let sample = Sample::of(lengths.iter().map(Vec::len).collect(), profile);
    let allowed = backoff.false_failures.value;
    let Some(slope) = slope(lengths, sample.shortest) else {
        return Ruling::new(
            Level::Inconclusive,
            format!(
                "Each operation was tried again once only, so nothing shows whether waits grow; {} \
                 would decide.",
                wanted(&sample, allowed)
            ),
        );
    };
    let (conforming, steady) = (sample.rates(&jumpy(), RUNS), sample.rates(&flat(), RUNS));
    let ruling = if conforming.flat > allowed {
        Ruling::new(
            Level::Inconclusive,
            format!(
                "The slope is {slope:.2}, but so small a sample would fail {:.1} % of all clients \
                 whose waits double with full jitter; {} would decide.",
                conforming.flat * 100.0,
                wanted(&sample, allowed)
            ),
        )
    } else {
        let message = format!(
            "Over {} the slope of the waits is {slope:.2}: each is {:.2} times the one before.",
            counted(lengths.len(), "episode"),
            slope.exp2()
        );
        match sample.zones.of(slope) {
            Zone::Flat => Ruling::new(Level::Fail, format!("{message} They do not grow."))
                .shown_by(shown(episodes).with_margin(format!(
                    "{:.2} below {}",
                    sample.zones.flat - slope,
                    sample.zones.flat
                ))),
            Zone::Between => Ruling::new(
                Level::Review,
                format!("{message} Nobody can tell whether they grow enough; declare the policy."),
            )
            .shown_by(shown(episodes).with_margin(format!(
                "{:.2} below {}",
                sample.zones.growing - slope,
                sample.zones.growing
            ))),
            Zone::Growing => Ruling::new(Level::Pass, message),
        }
    };
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    ruling
        .with("slope", format!("{slope:.2}"))
        .with(
            "fails a client that doubles its waits with full jitter",
            percent(conforming.flat),
        )
        .with(
            "passes a client that waits part of a fixed time",
            percent(steady.growing),
        )
}

/// The failure of a client whose waits are none.
fn immediate(profile: &Profile, episodes: &[Episode<'_>], lengths: &[Vec<f64>]) -> Option<Ruling> {
    let minimum = profile.backoff.minimum_wait.value;
    let all: Vec<f64> = lengths.iter().flatten().copied().collect();
    let short = all
        .iter()
        .filter(|wait| **wait < minimum.as_secs_f64())
        .count();
    // Of the jumpiest client that conforms: waits that double from the minimum, with full jitter.
    let chances: Vec<f64> = lengths
        .iter()
        .flat_map(|waits| {
            (0..waits.len()).map(|number| 0.5_f64.powi(i32::try_from(number).unwrap_or(30)))
        })
        .collect();
    if short * 2 <= all.len() || at_least(&chances, short) > profile.backoff.certainty.value {
        return None;
    }
    let longest = all.iter().copied().fold(0.0, f64::max);
    Some(
        Ruling::new(
            Level::Fail,
            format!(
                "{short} of {} below {}: operations are tried again at once.",
                counted(all.len(), "wait"),
                seconds(minimum)
            ),
        )
        .resting_on(Provenance::Stated)
        .shown_by(shown(episodes).with_margin(format!(
            "the longest is {}",
            seconds(std::time::Duration::from_secs_f64(longest))
        ))),
    )
}

/// Of how many things the chance is computed: the work grows with the square.
const MOST_COMPUTED: usize = 5_000;

/// The chance that so many or more of independent things happen, each with its own chance; of very
/// many, a bound that it does not exceed.
fn at_least(chances: &[f64], count: usize) -> f64 {
    if chances.len() > MOST_COMPUTED {
        return at_least_bound(chances, count);
    }
    let mut spread = vec![0.0; chances.len() + 1];
    spread[0] = 1.0;
    for (seen, chance) in chances.iter().enumerate() {
        for happened in (0..=seen).rev() {
            let moved = spread[happened] * chance;
            spread[happened + 1] += moved;
            spread[happened] -= moved;
        }
    }
    spread.iter().skip(count).sum()
}

/// A bound of that chance (Hoeffding 1963, theorem 1, "Probability inequalities for sums of bounded
/// random variables"): what happens for certain is taken off on both sides.
fn at_least_bound(chances: &[f64], count: usize) -> f64 {
    let open: Vec<f64> = chances.iter().copied().filter(|it| *it < 1.0).collect();
    let count = count.saturating_sub(chances.len() - open.len());
    if count > open.len() {
        return 0.0;
    }
    let all = open.len() as f64;
    let (mean, share) = (open.iter().sum::<f64>() / all, count as f64 / all);
    if open.is_empty() || share <= mean {
        return 1.0;
    }
    let part = |share: f64, mean: f64| match share {
        0.0 => 0.0,
        share => share * (share / mean).ln(),
    };
    (-all * (part(share, mean) + part(1.0 - share, 1.0 - mean))).exp()
}

/// The smallest sample with episodes as long as these that fails few enough who conform.
fn wanted(sample: &Sample, allowed: f64) -> String {
    let waits = sample
        .waits
        .iter()
        .copied()
        .max()
        .unwrap_or_default()
        .max(3);
    let enough = [2, 3, 4, 5, 6, 8, 10, 12, 16, 20]
        .into_iter()
        .find(|episodes| {
            let larger = Sample {
                delay: std::time::Duration::ZERO,
                waits: vec![waits; *episodes],
                ..sample.clone()
            };
            larger.rates(&jumpy(), RUNS).flat <= allowed
        })
        .unwrap_or(20);
    format!("{enough} episodes of {waits} waits")
}

/// The waits of the longest episode: what is seen in one is seen in all.
fn shown(episodes: &[Episode<'_>]) -> Witness {
    let longest = episodes
        .iter()
        .rev()
        .max_by_key(|episode| episode.waits.len());
    Witness::of(
        longest
            .into_iter()
            .flat_map(|episode| &episode.waits)
            .flat_map(Wait::places),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chance_of_several_things_is_that_of_their_sum() {
        let near = |one: f64, other: f64| (one - other).abs() < 1e-12;
        assert!(near(at_least(&[0.5, 0.5], 2), 0.25));
        assert!(near(at_least(&[0.5, 0.5], 1), 0.75));
        assert!(near(at_least(&[1.0, 0.5, 0.25], 3), 0.125));
        assert!(near(at_least(&[0.2, 0.7], 0), 1.0));
    }

    #[test]
    fn the_bound_is_above_the_chance_and_follows_it() {
        let chances: Vec<f64> = (0..400).map(|it| 0.5_f64.powi(it % 4)).collect();
        for count in 0..=401 {
            let (chance, bound) = (at_least(&chances, count), at_least_bound(&chances, count));
            assert!(bound >= chance - 1e-12, "{count}: {bound} < {chance}");
        }
        assert!(at_least_bound(&chances, 190) > 0.9, "the mean is 187.5");
        assert!(at_least_bound(&chances, 250) < 1e-6);
        assert!(at_least_bound(&chances, 400) < 1e-100);
        assert!(at_least_bound(&[0.0, 0.5], 2) < 0.3);
    }
}
