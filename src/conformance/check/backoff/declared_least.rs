//! No wait is shorter than the declared policy allows.
//!
//! # What is required
//!
//! A client waits as its provider declares: no wait without a hint is below the lower bound of the
//! declared policy.
//!
//! # Why
//!
//! What is declared is what is agreed. A policy that another library, or another instance, does not
//! follow shows here first.
//!
//! # How it is judged
//!
//! With `x` the planned wait (the base times the multiplier to the power of the waits before, at most
//! the cap), a wait is at least `x` without jitter or with an addition, `x(1 − j)` with a proportional
//! one, `x/2` with equal jitter, the base with decorrelated jitter, and nothing with full jitter. FAIL
//! where a wait is below its bound by more than the tolerance `early`; reported as FAIL where most
//! are no waits at all (below `minimum-wait`) and one instance is declared, as REVIEW otherwise. NOT_APPLICABLE without a declaration;
//! NOT_EXERCISED where no operation was refused without a hint and tried again while nothing else was
//! refused.
//!
//! # An example that conforms
//!
//! Declared: exponential, base 1 s, multiplier 2, equal jitter. Waits: 0.6 s, 1.9 s, 2.2 s.
//!
//! # Sources
//!
//! The declaration; `/payments-out/provider-api/get-started/setup` (the provider backs off
//! appropriately), so an immediate retry breaks what is stated.

use std::time::Duration;

use super::episode::{Episode, episodes};
use super::policy::{bounds, told};
use super::seconds::seconds;
use crate::conformance::check::{Check, Family};
use crate::conformance::wait::Wait;
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::{DeclaredRetry, Profile, Provenance};

/// BK-20.
pub const CHECK: Check = Check {
    id: "BK-20",
    family: Family::Backoff,
    title: "No wait is shorter than the declared policy allows",
    clauses: &["PO-BACKOFF"],
    subjects: &[Subject::Connector],
    // The network only lengthens a wait.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Assumed,
    severest: Level::Fail,
    flips_if: "the declared policy is agreed with the platform",
    source: include_str!("declared_least.rs"),
    rule,
};

/// A wait and by how much it misses its bound.
struct Short<'s, 'e> {
    wait: &'s Wait<'e>,
    lower: Duration,
}

impl Short<'_, '_> {
    fn by(&self) -> Duration {
        self.lower.saturating_sub(self.wait.length)
    }
}

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let Some(policy) = evidence.declaration().retry else {
        return Ruling::new(Level::NotApplicable, "No retry policy is declared.");
    };
    let tolerance = profile.tolerances.early.value;
    let minimum = profile.backoff.minimum_wait.value;
    let episodes = episodes(evidence, profile);
    let waits: usize = episodes.iter().map(|episode| episode.waits.len()).sum();
    let short: Vec<Short<'_, '_>> = episodes
        .iter()
        .flat_map(|episode| bounded(episode, &policy))
        .filter(|short| short.by() > tolerance)
        .collect();
    let ruling = match short.iter().max_by_key(|short| short.by()) {
        Some(worst) => {
            let ruling = Ruling::new(
                Level::Fail,
                format!(
                    "{} of {} shorter than declared; the worst: {} where {} is the least.",
                    short.len(),
                    counted(waits, "wait"),
                    seconds(worst.wait.length),
                    seconds(worst.lower)
                ),
            )
            .shown_by(
                Witness::of(worst.wait.places())
                    .with_margin(format!("{} too short", seconds(worst.by()))),
            );
            let at_once = short
                .iter()
                .filter(|short| short.wait.length < minimum && short.lower >= minimum)
                .count();
            // Of several instances one may go on where another was refused.
            if at_once * 2 > waits && evidence.declaration().instances.is_none_or(|it| it < 2) {
                ruling.resting_on(Provenance::Stated)
            } else {
                ruling
            }
        }
        None if waits == 0 => Ruling::new(
            Level::NotExercised,
            "No operation was refused without a hint and tried again.",
        ),
        None => Ruling::new(
            Level::Pass,
            format!("{} no shorter than declared.", counted(waits, "wait")),
        ),
    };
    ruling
        .with("declared", told(&policy))
        .with("early tolerance", format!("{} ms", tolerance.as_millis()))
}

/// The waits of an episode with the least that each may be.
fn bounded<'s, 'e>(episode: &'s Episode<'e>, policy: &DeclaredRetry) -> Vec<Short<'s, 'e>> {
    (0..)
        .zip(&episode.waits)
        .map(|(number, wait)| Short {
            wait,
            lower: bounds(policy, number, None).0,
        })
        .collect()
}
