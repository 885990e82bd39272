//! While throttling lasts, requests become few.
//!
//! # What is required
//!
//! While a credential is throttled for a long time, it sends no more requests than a backoff that
//! grows to its longest wait needs.
//!
//! # Why
//!
//! A platform throttles for minutes when it is in trouble. Each operation may keep its own policy and
//! all together still hammer: what counts is what the credential sends.
//!
//! # How it is judged
//!
//! For each scripted throttling of an operation that lasts `T`, at least three times the longest wait
//! `cap`: FAIL where more requests were refused in it than `r + N + 3·√N + C`. `r` is the number of
//! waits until they are as long as they get, `N = T/(μ·cap)` the number of waits of that length, `μ`
//! the mean of the jitter (1 none, 0.75 equal, 0.5 full), `C` the requests that were under way at
//! once when it began. From the declared policy; without one, from a policy that grows by
//! `minimum-multiplier` from the profile's base to its cap with full jitter, which allows the most.
//! NOT_EXERCISED where no throttling lasted so long.
//!
//! # An example that conforms
//!
//! Throttled for 150 s with waits from 1 s to 32 s and equal jitter: up to 22 requests; 11 came.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/setup` (the provider backs off appropriately); the bound is
//! derived from the policy.

use super::policy::{mean_part, told, waits_to_cap};
use super::seconds::seconds;
use super::spell::Spell;
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::{Vantage, between};
use crate::history::Call;
use crate::profile::{DeclaredGrowth, DeclaredJitter, DeclaredRetry, Profile, Provenance};

/// BK-12.
pub const CHECK: Check = Check {
    id: "BK-12",
    family: Family::Backoff,
    title: "While throttling lasts, requests become few",
    clauses: &["PO-BACKOFF"],
    subjects: &[Subject::Connector],
    // Requests are counted; the network adds none.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Assumed,
    severest: Level::Fail,
    flips_if: "the platform says what an appropriate backoff is",
    source: include_str!("long_throttling.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let backoff = &profile.backoff;
    let policy = evidence.declaration().retry.unwrap_or(DeclaredRetry {
        growth: DeclaredGrowth::Exponential(backoff.minimum_multiplier.value),
        base: backoff.base.value,
        cap: backoff.cap.value,
        jitter: DeclaredJitter::Full,
        attempts: None,
    });
    let needed = policy.cap * 3;
    let judged: Vec<(Spell, Vec<&Call<'_>>, f64)> = Spell::all(evidence)
        .into_iter()
        .filter(|spell| spell.length >= needed)
        .map(|spell| {
            let refused = spell.refused(evidence);
            let allowed = allowed(&policy, &spell, &refused);
            (spell, refused, allowed)
        })
        .filter(|(_, refused, _)| !refused.is_empty())
        .collect();
    let excess = |refused: &[&Call<'_>], allowed: f64| refused.len() as f64 - allowed;
    let worst = judged
        .iter()
        .max_by(|(_, one, allowed), (_, other, allowed_other)| {
            excess(one, *allowed).total_cmp(&excess(other, *allowed_other))
        });
    let ruling = match worst {
        None => Ruling::new(
            Level::NotExercised,
            format!("No throttling lasted {} or longer.", seconds(needed)),
        ),
        Some((spell, refused, allowed)) => {
            let message = format!(
                "{} in {} of throttling; {allowed:.0} are allowed.",
                counted(refused.len(), "request"),
                seconds(spell.length)
            );
            if excess(refused, *allowed) > 0.0 {
                let last = refused[refused.len() - 1];
                Ruling::new(Level::Fail, message).shown_by(
                    Witness::of([refused[0].place(), last.place()])
                        .with_margin(format!("{:.0} too many", excess(refused, *allowed).ceil())),
                )
            } else {
                Ruling::new(Level::Pass, message)
            }
        }
    };
    let source = match evidence.declaration().retry {
        Some(_) => "declared",
        None => "of the profile",
    };
    ruling.with("policy", format!("{} ({source})", told(&policy)))
}

/// How many requests the policy allows in a spell.
fn allowed(policy: &DeclaredRetry, spell: &Spell, refused: &[&Call<'_>]) -> f64 {
    let longest = match policy.growth {
        DeclaredGrowth::Fixed => policy.base,
        DeclaredGrowth::Linear | DeclaredGrowth::Exponential(_) => policy.cap,
    };
    let mean = mean_part(policy.jitter) * longest.as_secs_f64().max(1e-3);
    let waits = spell.length.as_secs_f64() / mean;
    // What was sent before the first refusal was seen.
    let at_once = refused
        .first()
        .map_or(0, |first| {
            let seen = first.ended();
            refused
                .iter()
                .filter(|call| between(call.began(), seen) > std::time::Duration::ZERO)
                .count()
        })
        .max(1);
    waits_to_cap(policy) + waits + 3.0 * waits.sqrt() + at_once as f64
}
