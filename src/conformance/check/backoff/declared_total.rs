//! With full jitter, the waits of an episode are enough together.
//!
//! # What is required
//!
//! A client that declares full jitter waits, over an episode, about as long in all as its policy
//! means it to.
//!
//! # Why
//!
//! With full jitter a single wait may be as short as chance has it, so none of them shows anything.
//! Their sum does: a client that calls retrying at once "full jitter" has none.
//!
//! # How it is judged
//!
//! For each episode the sum of its first waits is compared with the sum that a client with the
//! declared policy falls short of once in 200 episodes, by a simulation with a fixed seed; for five
//! waits that double this is four times the base. One episode in ten may fall short; FAIL where more
//! do. NOT_APPLICABLE unless full jitter is declared; NOT_EXERCISED as BK-20; INCONCLUSIVE where there
//! are fewer than two episodes of three waits.
//!
//! # An example that conforms
//!
//! Declared: base 1 s, multiplier 2, full jitter. Waits: 0.9 s, 0.2 s, 3.1 s, 7.7 s.
//!
//! # Sources
//!
//! The declaration; the threshold is simulated.

use std::collections::BTreeMap;

use super::episode::episodes;
use super::policy::told;
use super::rehearsal::draw;
use super::seconds::seconds;
use crate::base::{Random, Seed};
use crate::conformance::check::{Check, Family};
use crate::conformance::wait::Wait;
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::{DeclaredJitter, DeclaredRetry, Profile, Provenance};

/// BK-23.
pub const CHECK: Check = Check {
    id: "BK-23",
    family: Family::Backoff,
    title: "With full jitter the waits of an episode are enough together",
    clauses: &["PO-BACKOFF"],
    subjects: &[Subject::Connector],
    // The network only lengthens a wait.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Assumed,
    severest: Level::Fail,
    flips_if: "the declared policy is agreed with the platform",
    source: include_str!("declared_total.rs"),
    rule,
};

/// How many episodes are simulated for the threshold, and which of them in order is it: once in 200.
const RUNS: usize = 4_000;
const RANK: usize = RUNS / 200;

/// Shorter episodes show nothing.
const LEAST_WAITS: usize = 3;

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let full = evidence
        .declaration()
        .retry
        .filter(|retry| retry.jitter == DeclaredJitter::Full);
    let Some(policy) = full else {
        return Ruling::new(Level::NotApplicable, "Full jitter is not declared.");
    };
    let most = usize::try_from(profile.backoff.waits.value).unwrap_or(usize::MAX);
    let all = episodes(evidence, profile);
    let episodes: Vec<_> = all
        .iter()
        .filter(|episode| episode.waits.len() >= LEAST_WAITS)
        .collect();
    let mut thresholds = BTreeMap::new();
    let short: Vec<_> = episodes
        .iter()
        .filter_map(|episode| {
            let lengths = episode.lengths(most);
            let waits = lengths.len();
            let least = *thresholds
                .entry(waits)
                .or_insert_with(|| threshold(&policy, waits));
            let sum: f64 = lengths.iter().sum();
            (sum < least).then_some((episode, sum, least))
        })
        .collect();
    let allowed = episodes.len().div_ceil(10);
    let ruling = if short.len() > allowed {
        let (episode, sum, least) = short
            .iter()
            .min_by(|(_, one, _), (_, other, _)| one.total_cmp(other))
            .expect("more than one falls short");
        let told = |time: f64| seconds(std::time::Duration::from_secs_f64(time.max(0.0)));
        Ruling::new(
            Level::Fail,
            format!(
                "{} of {} too short in all; the shortest: {} where {} is the least.",
                short.len(),
                counted(episodes.len(), "episode"),
                told(*sum),
                told(*least)
            ),
        )
        .shown_by(
            Witness::of(episode.waits.iter().flat_map(Wait::places))
                .with_margin(format!("{} too short", told(least - sum))),
        )
    } else if all.is_empty() {
        Ruling::new(
            Level::NotExercised,
            "No operation was refused without a hint and tried again.",
        )
    } else if episodes.len() < 2 {
        Ruling::new(
            Level::Inconclusive,
            format!(
                "{} of {LEAST_WAITS} waits or more; two would decide.",
                counted(episodes.len(), "episode")
            ),
        )
    } else {
        Ruling::new(
            Level::Pass,
            format!(
                "{}, {} of them too short in all.",
                counted(episodes.len(), "episode"),
                short.len()
            ),
        )
    };
    ruling
        .with("declared", told(&policy))
        .with("may fall short", allowed)
        .with("an episode that conforms falls short", "once in 200")
}

/// The sum that so many waits of `policy` fall short of once in 200 episodes, in seconds.
fn threshold(policy: &DeclaredRetry, waits: usize) -> f64 {
    let mut chance = Random::from_seed(Seed(7));
    let mut sums: Vec<f64> = (0..RUNS)
        .map(|_| draw(policy, waits, &mut chance).iter().sum())
        .collect();
    sums.sort_by(f64::total_cmp);
    sums[RANK]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::check::backoff::rehearsal::jumpy;

    #[test]
    fn for_five_waits_that_double_it_is_four_times_the_base() {
        let threshold = threshold(&jumpy(), 5);
        assert!((threshold - 4.0).abs() < 0.6, "{threshold}");
    }
}
