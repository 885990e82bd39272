//! Waits that are as long as they get stay so.
//!
//! # What is required
//!
//! Once the waits of an operation have reached the declared cap they do not become shorter until it
//! succeeds.
//!
//! # Why
//!
//! A client whose counter overflows, or starts again at its base after so many waits, hammers a
//! platform that has been in trouble for the longest.
//!
//! # How it is judged
//!
//! Waits whose number is that of the cap or larger, by the declared policy. FAIL where one is below
//! the lower bound of the cap (see BK-20) by more than the tolerance `early`. With full and
//! decorrelated jitter there is no such bound: FAIL where the mean of eight or more is below what the
//! mean of so many is in 99.9 of 100 cases; INCONCLUSIVE with fewer. NOT_APPLICABLE without a
//! declaration, or where the declared attempts end before the cap; NOT_EXERCISED where no operation
//! was refused so often.
//!
//! # An example that conforms
//!
//! Declared: base 1 s, multiplier 2, cap 8 s, no jitter. Waits: 1, 2, 4, 8, 8, 8 s.
//!
//! # Sources
//!
//! The declaration.

use std::time::Duration;

use super::episode::{Episode, episodes};
use super::policy::{bounds, told, waits_to_cap};
use super::seconds::seconds;
use crate::conformance::check::{Check, Family};
use crate::conformance::wait::Wait;
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::{DeclaredGrowth, DeclaredJitter, DeclaredRetry, Profile, Provenance};

/// BK-32.
pub const CHECK: Check = Check {
    id: "BK-32",
    family: Family::Backoff,
    title: "Waits that are as long as they get stay so",
    clauses: &["PO-BACKOFF"],
    subjects: &[Subject::Connector],
    // The network only lengthens a wait.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Assumed,
    severest: Level::Fail,
    flips_if: "the declared policy is agreed with the platform",
    source: include_str!("plateau.rs"),
    rule,
};

/// How many waits without a lower bound it takes to judge their mean.
const SAMPLE: usize = 8;

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let Some(policy) = evidence.declaration().retry else {
        return Ruling::new(Level::NotApplicable, "No retry policy is declared.");
    };
    let before = plateau_begins(&policy);
    let waits = policy.attempts.map_or(usize::MAX, |attempts| {
        usize::try_from(attempts)
            .unwrap_or(usize::MAX)
            .saturating_sub(1)
    });
    if waits <= before {
        return Ruling::new(
            Level::NotApplicable,
            format!(
                "{} never reach the declared cap of {}.",
                counted(waits, "wait"),
                seconds(policy.cap)
            ),
        );
    }
    let episodes = episodes(evidence, profile);
    let plateau: Vec<&Wait<'_>> = episodes
        .iter()
        .flat_map(|episode| beyond(episode, before))
        .collect();
    let ruling = if plateau.is_empty() {
        Ruling::new(
            Level::NotExercised,
            format!(
                "No operation was refused so often that its waits reach {}.",
                seconds(policy.cap)
            ),
        )
    } else {
        match policy.jitter {
            DeclaredJitter::Full | DeclaredJitter::Decorrelated => of_mean(&policy, &plateau),
            DeclaredJitter::None
            | DeclaredJitter::Proportional(_)
            | DeclaredJitter::Equal
            | DeclaredJitter::Additive(_) => {
                let number = u32::try_from(before).unwrap_or(u32::MAX);
                let least = bounds(&policy, number, None).0;
                of_each(&plateau, least, profile.tolerances.early.value)
            }
        }
    };
    ruling.with("declared", told(&policy))
}

/// The number of the first wait that is as long as it gets. Decorrelated waits take about as many
/// as waits that double.
fn plateau_begins(policy: &DeclaredRetry) -> usize {
    let growth = match policy.jitter {
        DeclaredJitter::Decorrelated => DeclaredGrowth::Exponential(2.0),
        DeclaredJitter::None
        | DeclaredJitter::Proportional(_)
        | DeclaredJitter::Equal
        | DeclaredJitter::Full
        | DeclaredJitter::Additive(_) => policy.growth,
    };
    let waits = match growth {
        DeclaredGrowth::Linear => waits_to_cap(policy) - 1.0,
        DeclaredGrowth::Fixed | DeclaredGrowth::Exponential(_) => {
            waits_to_cap(&DeclaredRetry { growth, ..*policy })
        }
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number of waits, not negative; what is too large stays too large"
    )]
    let waits = waits.max(0.0) as usize;
    waits
}

fn beyond<'s, 'e>(episode: &'s Episode<'e>, before: usize) -> impl Iterator<Item = &'s Wait<'e>> {
    episode.waits.iter().skip(before)
}

fn of_each(plateau: &[&Wait<'_>], least: Duration, tolerance: Duration) -> Ruling {
    let short: Vec<&&Wait<'_>> = plateau
        .iter()
        .filter(|wait| wait.length + tolerance < least)
        .collect();
    match short.iter().min_by_key(|wait| wait.length) {
        Some(worst) => Ruling::new(
            Level::Fail,
            format!(
                "{} of {} at the cap shorter than {}; the worst is {}.",
                short.len(),
                counted(plateau.len(), "wait"),
                seconds(least),
                seconds(worst.length)
            ),
        )
        .shown_by(Witness::of(worst.places()).with_margin(format!(
            "{} too short",
            seconds(least.saturating_sub(worst.length))
        ))),
        None => Ruling::new(
            Level::Pass,
            format!(
                "{} at the cap, none shorter than {}.",
                counted(plateau.len(), "wait"),
                seconds(least)
            ),
        ),
    }
}

fn of_mean(policy: &DeclaredRetry, plateau: &[&Wait<'_>]) -> Ruling {
    let count = plateau.len() as f64;
    let mean = plateau
        .iter()
        .map(|wait| wait.length.as_secs_f64())
        .sum::<f64>()
        / count;
    // A wait is anything up to the cap: a mean of a half, a standard deviation of 1/√12.
    let least = policy.cap.as_secs_f64() * (0.5 - 3.1 / (12.0 * count).sqrt()).max(0.0);
    let told = format!(
        "{} at the cap, {:.2} s in the mean where {least:.2} s is the least",
        counted(plateau.len(), "wait"),
        mean
    );
    if plateau.len() < SAMPLE {
        Ruling::new(
            Level::Inconclusive,
            format!("{told}; {SAMPLE} would decide."),
        )
    } else if mean < least {
        Ruling::new(Level::Fail, format!("{told}.")).shown_by(
            Witness::of(plateau.iter().flat_map(|wait| wait.places()))
                .with_margin(format!("{:.2} s too short", least - mean)),
        )
    } else {
        Ruling::new(Level::Pass, format!("{told}."))
    }
}
