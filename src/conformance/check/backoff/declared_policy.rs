//! The declared policy is one that helps.
//!
//! # What is required
//!
//! The declared waits grow, begin no lower and reach no less than the profile asks for, and chance
//! has a part in them.
//!
//! # Why
//!
//! A declaration is not a licence: a policy of waiting 100 ms each time, kept to the letter, still
//! keeps a throttled platform throttled.
//!
//! # How it is judged
//!
//! FAIL where each wait is less than `minimum-multiplier` times the one before, where the base is
//! below `minimum-wait`, or where the cap is below `minimum-cap`. REVIEW where waits grow linearly:
//! quickly at first, and then hardly. WARN where there is no jitter. NOT_APPLICABLE without a
//! declaration.
//!
//! # An example that conforms
//!
//! Exponential, base 1 s, multiplier 2, cap 32 s, equal jitter.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/setup` (the provider backs off appropriately); the least is
//! not public: the profile's numbers are ours.

use super::policy::told;
use super::seconds::seconds;
use crate::conformance::check::{Check, Family};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::{DeclaredGrowth, DeclaredJitter, DeclaredRetry, Profile, Provenance};

/// BK-22.
pub const CHECK: Check = Check {
    id: "BK-22",
    family: Family::Backoff,
    title: "The declared policy is one that helps",
    clauses: &["PO-BACKOFF"],
    subjects: &[Subject::Connector],
    // It reads the declaration.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Assumed,
    severest: Level::Fail,
    flips_if: "the platform says what the least is",
    source: include_str!("declared_policy.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let Some(policy) = evidence.declaration().retry else {
        return Ruling::new(Level::NotApplicable, "No retry policy is declared.");
    };
    let flaws = flaws(&policy, profile);
    let worst = Level::worst(flaws.iter().map(|(level, _)| *level));
    // Where the run began, under this declaration.
    let place = evidence.events().first();
    let ruling = if flaws.is_empty() {
        Ruling::new(Level::Pass, format!("Declared: {}.", told(&policy)))
    } else {
        let flaws: Vec<&str> = flaws.iter().map(|(_, flaw)| flaw.as_str()).collect();
        Ruling::new(
            worst,
            format!("Declared: {}; {}.", told(&policy), flaws.join("; ")),
        )
        .shown_by(Witness::of(place.map(|event| (event.sequence, event.at))))
    };
    let backoff = &profile.backoff;
    ruling
        .with("least multiplier", backoff.minimum_multiplier.value)
        .with("least base", seconds(backoff.minimum_wait.value))
        .with("least cap", seconds(backoff.minimum_cap.value))
}

/// What is wrong with a policy, and how much.
fn flaws(policy: &DeclaredRetry, profile: &Profile) -> Vec<(Level, String)> {
    let backoff = &profile.backoff;
    let least = backoff.minimum_multiplier.value;
    let mut flaws = Vec::new();
    match (policy.jitter, policy.growth) {
        // Its waits grow by themselves: each is twice the one before in the mean.
        (DeclaredJitter::Decorrelated, _) => {}
        (_, DeclaredGrowth::Fixed) => flaws.push((Level::Fail, "its waits do not grow".to_owned())),
        (_, DeclaredGrowth::Linear) => {
            flaws.push((Level::Review, "its waits grow linearly".to_owned()));
        }
        (_, DeclaredGrowth::Exponential(multiplier)) if multiplier < least => flaws.push((
            Level::Fail,
            format!("its waits grow by {multiplier} where {least} is the least"),
        )),
        (_, DeclaredGrowth::Exponential(_)) => {}
    }
    if policy.base < backoff.minimum_wait.value {
        flaws.push((
            Level::Fail,
            format!("its base is below {}", seconds(backoff.minimum_wait.value)),
        ));
    }
    if policy.cap < backoff.minimum_cap.value {
        flaws.push((
            Level::Fail,
            format!("its cap is below {}", seconds(backoff.minimum_cap.value)),
        ));
    }
    let steady = match policy.jitter {
        DeclaredJitter::None => true,
        DeclaredJitter::Proportional(part) => part <= 0.0,
        DeclaredJitter::Additive(most) => most.is_zero(),
        DeclaredJitter::Equal | DeclaredJitter::Full | DeclaredJitter::Decorrelated => false,
    };
    if steady {
        flaws.push((Level::Warn, "chance has no part in its waits".to_owned()));
    }
    flaws
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_flaw_has_its_level() {
        let profile = Profile::built_in();
        let sound = DeclaredRetry {
            growth: DeclaredGrowth::Exponential(2.0),
            base: Duration::from_secs(1),
            cap: Duration::from_secs(32),
            jitter: DeclaredJitter::Equal,
            attempts: None,
        };
        let level = |policy: DeclaredRetry| {
            let flaws = flaws(&policy, &profile);
            (!flaws.is_empty()).then(|| Level::worst(flaws.into_iter().map(|(level, _)| level)))
        };
        let growth = |growth| DeclaredRetry { growth, ..sound };
        let jitter = |jitter| DeclaredRetry { jitter, ..sound };
        let table = [
            (sound, None),
            (growth(DeclaredGrowth::Exponential(1.5)), None),
            (growth(DeclaredGrowth::Exponential(1.4)), Some(Level::Fail)),
            (growth(DeclaredGrowth::Fixed), Some(Level::Fail)),
            (growth(DeclaredGrowth::Linear), Some(Level::Review)),
            (jitter(DeclaredJitter::Decorrelated), None),
            (jitter(DeclaredJitter::None), Some(Level::Warn)),
            (jitter(DeclaredJitter::Proportional(0.0)), Some(Level::Warn)),
            (
                DeclaredRetry {
                    base: Duration::from_millis(100),
                    ..sound
                },
                Some(Level::Fail),
            ),
            (
                DeclaredRetry {
                    cap: Duration::from_secs(4),
                    ..sound
                },
                Some(Level::Fail),
            ),
        ];
        for (policy, expected) in table {
            assert_eq!(level(policy), expected, "{policy:?}");
        }
    }
}
