//! How often chance may speak against a specimen that conforms.
//!
//! Whether waits grow is told from a sample (BK-30), and a connector with much jitter looks now and
//! then as if they did not. How often is drawn from its own policy; the trials may not say it more
//! often than chance would in all but one of a thousand self-tests.

use crate::conformance::growth_doubts;
use crate::observe::Plan;
use crate::profile::{DeclaredGrowth, DeclaredJitter, DeclaredRetry, Profile};
use crate::specimen::{Backoff, Growth, Jitter};

/// The check whose rule rests on how waits grow.
pub const GROWTH: &str = "BK-30";

/// How often the rule on growth doubts, by chance alone, that the waits of `backoff` grow: a share of
/// the trials. Zero where the plan refuses no operation by itself.
#[must_use]
pub fn expected(backoff: &Backoff, plan: &Plan, profile: &Profile) -> f64 {
    let acts = plan.scenarios.iter().flat_map(|scenario| &scenario.acts);
    let waits: Vec<usize> = acts
        .flat_map(|act| act.faults.iter().map(move |queue| (act.times, queue)))
        .flat_map(|(times, queue)| (0..times).map(|_| queue.answers.len()))
        .collect();
    match policy(backoff) {
        Some(policy) if !waits.is_empty() => growth_doubts(&policy, waits, profile),
        _ => 0.0,
    }
}

/// The policy in the words of a declaration; none where there are none for it.
fn policy(backoff: &Backoff) -> Option<DeclaredRetry> {
    let growth = match backoff.growth {
        Growth::Fixed => DeclaredGrowth::Fixed,
        Growth::Linear => DeclaredGrowth::Linear,
        Growth::Exponential(factor) => DeclaredGrowth::Exponential(factor),
        Growth::None | Growth::Restarting { .. } => return None,
    };
    let jitter = match backoff.jitter {
        Jitter::None => DeclaredJitter::None,
        Jitter::Equal => DeclaredJitter::Equal,
        Jitter::Full => DeclaredJitter::Full,
        Jitter::Decorrelated => DeclaredJitter::Decorrelated,
        Jitter::Proportional(part) => DeclaredJitter::Proportional(part),
        Jitter::Additive(most) => DeclaredJitter::Additive(most),
    };
    Some(DeclaredRetry {
        growth,
        jitter,
        base: backoff.base,
        cap: backoff.cap,
        attempts: None,
    })
}
