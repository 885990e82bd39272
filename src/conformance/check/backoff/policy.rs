//! What a client may do: as its provider declares, and as the profile says where he does not.

use std::time::Duration;

use crate::conformance::Evidence;
use crate::profile::{DeclaredGrowth, DeclaredJitter, DeclaredRetry, Profile};

/// How often an operation is tried in a row, the first time included.
pub(super) fn most_attempts(evidence: &Evidence<'_>, profile: &Profile) -> usize {
    let declared = evidence.declaration().retry.and_then(|it| it.attempts);
    let most = declared.unwrap_or(profile.backoff.maximum_attempts.value);
    usize::try_from(most).unwrap_or(usize::MAX).max(1)
}

/// The longest wait.
pub(super) fn longest_wait(evidence: &Evidence<'_>, profile: &Profile) -> Duration {
    evidence
        .declaration()
        .retry
        .map_or(profile.backoff.cap.value, |retry| retry.cap)
}

/// The wait `number` (from 0) of `policy` before chance has its say (`x_k`).
pub(super) fn planned(policy: &DeclaredRetry, number: u32) -> Duration {
    let wait = match policy.growth {
        DeclaredGrowth::Fixed => policy.base,
        DeclaredGrowth::Linear => policy.base.saturating_mul(number.saturating_add(1)),
        DeclaredGrowth::Exponential(multiplier) => {
            let factor = multiplier.powi(i32::try_from(number).unwrap_or(i32::MAX));
            Duration::try_from_secs_f64(policy.base.as_secs_f64() * factor).unwrap_or(policy.cap)
        }
    };
    wait.min(policy.cap)
}

/// The shortest and the longest that the wait `number` (from 0) may be, after a wait of `previous`.
pub(super) fn bounds(
    policy: &DeclaredRetry,
    number: u32,
    previous: Option<Duration>,
) -> (Duration, Duration) {
    let planned = planned(policy, number);
    match policy.jitter {
        DeclaredJitter::None => (planned, planned),
        DeclaredJitter::Proportional(part) => (
            planned.mul_f64((1.0 - part).max(0.0)),
            planned.mul_f64(1.0 + part.max(0.0)),
        ),
        DeclaredJitter::Equal => (planned / 2, planned),
        DeclaredJitter::Full => (Duration::ZERO, planned),
        DeclaredJitter::Decorrelated => {
            let longest = previous.unwrap_or(policy.base).max(policy.base) * 3;
            (policy.base.min(policy.cap), longest.min(policy.cap))
        }
        DeclaredJitter::Additive(most) => (planned, planned + most),
    }
}

/// The mean of a wait by the longest that it may be planned (`μ`).
pub(super) fn mean_part(jitter: DeclaredJitter) -> f64 {
    match jitter {
        DeclaredJitter::None | DeclaredJitter::Proportional(_) | DeclaredJitter::Additive(_) => 1.0,
        DeclaredJitter::Equal => 0.75,
        DeclaredJitter::Full | DeclaredJitter::Decorrelated => 0.5,
    }
}

/// How many waits it takes until they are as long as they get.
pub(super) fn waits_to_cap(policy: &DeclaredRetry) -> f64 {
    let ratio = policy.cap.as_secs_f64() / policy.base.as_secs_f64().max(1e-3);
    let waits = match policy.growth {
        DeclaredGrowth::Fixed => 0.0,
        DeclaredGrowth::Linear => ratio,
        DeclaredGrowth::Exponential(multiplier) => ratio.ln() / multiplier.max(1.01).ln(),
    };
    waits.max(0.0).ceil()
}

/// The policy in words: `exponential ×2, equal jitter, 1 s to 32 s`.
pub(super) fn told(policy: &DeclaredRetry) -> String {
    use super::seconds::seconds;
    let growth = match policy.growth {
        DeclaredGrowth::Fixed => "fixed".to_owned(),
        DeclaredGrowth::Linear => "linear".to_owned(),
        DeclaredGrowth::Exponential(multiplier) => format!("exponential ×{multiplier}"),
    };
    let jitter = match policy.jitter {
        DeclaredJitter::None => "no jitter".to_owned(),
        DeclaredJitter::Proportional(part) => format!("±{:.0} % jitter", part * 100.0),
        DeclaredJitter::Equal => "equal jitter".to_owned(),
        DeclaredJitter::Full => "full jitter".to_owned(),
        DeclaredJitter::Decorrelated => "decorrelated jitter".to_owned(),
        DeclaredJitter::Additive(most) => format!("up to {} more", seconds(most)),
    };
    format!(
        "{growth}, {jitter}, {} to {}",
        seconds(policy.base),
        seconds(policy.cap)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_jitter_has_its_bounds() {
        let seconds = Duration::from_secs_f64;
        // jitter, bounds of the third wait after one of 3 s, bounds of the sixth
        let table = [
            (DeclaredJitter::None, (4.0, 4.0), (10.0, 10.0)),
            (DeclaredJitter::Proportional(0.25), (3.0, 5.0), (7.5, 12.5)),
            (DeclaredJitter::Equal, (2.0, 4.0), (5.0, 10.0)),
            (DeclaredJitter::Full, (0.0, 4.0), (0.0, 10.0)),
            (DeclaredJitter::Decorrelated, (1.0, 9.0), (1.0, 9.0)),
            (
                DeclaredJitter::Additive(Duration::from_secs(1)),
                (4.0, 5.0),
                (10.0, 11.0),
            ),
        ];
        for (jitter, third, sixth) in table {
            let policy = DeclaredRetry {
                growth: DeclaredGrowth::Exponential(2.0),
                base: Duration::from_secs(1),
                cap: Duration::from_secs(10),
                jitter,
                attempts: None,
            };
            for (number, (lower, upper)) in [(2, third), (5, sixth)] {
                assert_eq!(
                    bounds(&policy, number, Some(seconds(3.0))),
                    (seconds(lower), seconds(upper)),
                    "{jitter:?} {number}"
                );
            }
        }
    }
}
