//! What the noise of a host leaves of a failure.
//!
//! Times are measured with tolerances. Where those of the reference connector, on the same host just
//! before the run or just after it, were off by more than half of a tolerance, a failure may be the
//! host's: it is judged again with twice the noise for a tolerance, and what is no failure then is
//! INCONCLUSIVE (`spec/judging.md`, "Noise-calibrated tolerances"). A retry that comes thirty seconds
//! too early fails on every host.

use std::time::Duration;

use super::wording::lasting;
use super::{Check, Evidence, Finding, Level, Ruling};
use crate::profile::{Profile, Tolerances};

/// `finding`, which `check` made of `evidence` by `profile`, as far as noise lets it stand.
pub(super) fn weighed(
    finding: Finding,
    check: &Check,
    evidence: &Evidence<'_>,
    profile: &Profile,
) -> Finding {
    let noise = evidence.noise();
    let Some(calmer) = widened(profile, 2 * noise).filter(|_| finding.raw == Level::Fail) else {
        return finding;
    };
    if check.judge_alone(evidence, &calmer).raw == Level::Fail {
        return finding;
    }
    let least = smallest(&profile.tolerances);
    let message = format!(
        "On this host the times of the reference connector were off by up to {}, more than half of the \
         tolerance of {}; with twice that for a tolerance it is no failure. A host whose noise floor is \
         below {} would decide. Without noise: {}",
        lasting(noise),
        lasting(least),
        lasting(least / 2),
        finding.message,
    );
    let mut ruling = Ruling::new(Level::Inconclusive, message).resting_on(finding.provenance);
    ruling.witness = finding.witness;
    ruling.parameters = finding.parameters;
    let ruling = ruling.with("noise floor", lasting(noise));
    Finding::new(check, finding.subject, profile, ruling)
}

/// `profile` with tolerances of at least `least`; none where all of them are.
fn widened(profile: &Profile, least: Duration) -> Option<Profile> {
    if smallest(&profile.tolerances) >= least {
        return None;
    }
    let mut widened = profile.clone();
    let Tolerances {
        early,
        in_flight,
        // It is added to noise where it is used.
        late: _,
        rate_bunching,
    } = &mut widened.tolerances;
    for tolerance in [early, in_flight, rate_bunching] {
        tolerance.value = tolerance.value.max(least);
    }
    Some(widened)
}

fn smallest(tolerances: &Tolerances) -> Duration {
    let Tolerances {
        early,
        in_flight,
        late: _,
        rate_bunching,
    } = tolerances;
    early.value.min(in_flight.value).min(rate_bunching.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::check;
    use crate::conformance::fixture::found;
    use crate::event::{Delays, EventKind, NoiseFloor, NoiseMoment};
    use crate::history::composer::Composer;

    /// What `BK-02` finds of a retry that comes so many milliseconds too early, on hosts so noisy before
    /// and after the run.
    fn early_by(early: u64, noise: &[u64]) -> Finding {
        let mut run = Composer::replay();
        for milliseconds in noise {
            let floor = NoiseFloor {
                when: NoiseMoment::Before,
                rounds: 20,
                waits: Delays::of(vec![Duration::from_millis(*milliseconds)]),
                requests: Delays::default(),
            };
            run.emit(EventKind::NoiseFloor(floor));
        }
        run.throttled("7", Duration::from_millis(7_000 - early));
        found(check("BK-02").unwrap(), &mut run)
    }

    #[test]
    fn what_may_be_the_hosts_is_not_decided_and_what_cannot_be_fails() {
        use Level::{Fail, Inconclusive, Pass};
        // too early by, noise before and after, found; the tolerance is 50 ms
        let table: &[(u64, &[u64], Level)] = &[
            (60, &[], Fail),
            (60, &[25, 1], Fail),
            (60, &[26], Fail),
            (60, &[30], Inconclusive),
            (60, &[1, 31], Inconclusive),
            (60, &[31, 1], Inconclusive),
            (312, &[31], Fail),
            (312, &[200], Inconclusive),
            (7_000, &[200], Fail),
            (50, &[31], Pass),
            (0, &[9_000], Pass),
        ];
        for (early, noise, level) in table {
            let finding = early_by(*early, noise);
            assert_eq!(finding.raw, *level, "{early} {noise:?}");
            // Every host may be noisy: nothing is reported that is not found.
            assert!(finding.reported == *level || *level == Fail, "{finding:?}");
        }
    }

    #[test]
    fn what_is_not_decided_says_why_and_what_would_decide() {
        let finding = early_by(60, &[31]);
        assert_eq!(finding.would_flip, None);
        assert_eq!(finding.parameters["noise floor"], "31 ms");
        assert_eq!(finding.witness.sequences.len(), 2);
        insta::assert_snapshot!(finding.message, @"On this host the times of the reference connector were off by up to 31 ms, more than half of the tolerance of 50 ms; with twice that for a tolerance it is no failure. A host whose noise floor is below 25 ms would decide. Without noise: 1 of 1 hinted wait too early; the worst: PATCH /api-provider-v1/batchpayments/{batchId} was tried again 60 ms before the time that Retry-After names.");
    }
}
