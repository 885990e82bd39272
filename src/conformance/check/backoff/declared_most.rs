//! No wait is longer than the declared policy allows.
//!
//! # What is required
//!
//! What a client does is what its provider declares: no wait without a hint is above the upper bound
//! of the declared policy.
//!
//! # Why
//!
//! A late retry harms nobody, but it shows that the policy that runs is not the one that was
//! declared, and so that the other rules judge the wrong one.
//!
//! # How it is judged
//!
//! The upper bounds of BK-20: the planned wait `x` without jitter, with equal and with full jitter,
//! `x(1 + j)` with a proportional one, `x` and the addition, three times the wait before with
//! decorrelated jitter. WARN where a wait is above its bound by more than the tolerance `late` and
//! the noise floor of the host.
//! NOT_APPLICABLE without a declaration; NOT_EXERCISED as BK-20.
//!
//! # An example that conforms
//!
//! Declared: exponential, base 1 s, multiplier 2, full jitter. Waits: 0.3 s, 1.9 s, 0.7 s.
//!
//! # Sources
//!
//! The declaration.

use std::time::Duration;

use super::episode::episodes;
use super::policy::{bounds, told};
use super::seconds::seconds;
use crate::conformance::check::{Check, Family};
use crate::conformance::wait::Wait;
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::{Profile, Provenance};

/// BK-21.
pub const CHECK: Check = Check {
    id: "BK-21",
    family: Family::Backoff,
    title: "No wait is longer than the declared policy allows",
    clauses: &["PO-BACKOFF"],
    subjects: &[Subject::Connector],
    // The way of a request is short beside the tolerance.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Assumed,
    severest: Level::Warn,
    flips_if: "the declared policy is agreed with the platform",
    source: include_str!("declared_most.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let Some(policy) = evidence.declaration().retry else {
        return Ruling::new(Level::NotApplicable, "No retry policy is declared.");
    };
    let tolerance = profile.tolerances.late.value + evidence.noise();
    let episodes = episodes(evidence, profile);
    let mut waits = 0;
    let mut late: Vec<(&Wait<'_>, Duration)> = Vec::new();
    for episode in &episodes {
        let mut previous = None;
        for (number, wait) in (0..).zip(&episode.waits) {
            waits += 1;
            let (_, upper) = bounds(&policy, number, previous);
            let over = wait.length.saturating_sub(upper);
            if over > tolerance {
                late.push((wait, over));
            }
            previous = Some(wait.length);
        }
    }
    let ruling = match late.iter().max_by_key(|(_, by)| *by) {
        Some((wait, by)) => Ruling::new(
            Level::Warn,
            format!(
                "The observed policy is not the declared one: {} of {} longer; the worst is {}.",
                late.len(),
                counted(waits, "wait"),
                seconds(wait.length)
            ),
        )
        .shown_by(Witness::of(wait.places()).with_margin(format!("{} too long", seconds(*by)))),
        None if waits == 0 => Ruling::new(
            Level::NotExercised,
            "No operation was refused without a hint and tried again.",
        ),
        None => Ruling::new(
            Level::Pass,
            format!("{} no longer than declared.", counted(waits, "wait")),
        ),
    };
    ruling
        .with("declared", told(&policy))
        .with("late tolerance", seconds(tolerance))
}
