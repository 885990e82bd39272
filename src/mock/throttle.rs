//! The throttle: a token bucket per credential, kept as the moment at which it would be full again
//! (GCRA; ITU-T I.371), so that rule BK-15 and the mock count alike.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::Timestamp;
use crate::profile::Profile;

/// The buckets.
#[derive(Clone, Debug)]
pub(super) struct Throttle {
    /// The time after which one more request is allowed: 1 / rate.
    interval: Duration,
    /// How far ahead of its pace a credential may be: (burst − 1) / rate.
    tolerance: Duration,
    /// The theoretical arrival time of the next request, by owner of the bucket.
    expected: BTreeMap<String, Timestamp>,
}

impl Throttle {
    pub(super) fn new(profile: &Profile) -> Self {
        let interval = Duration::try_from_secs_f64(1.0 / profile.rate.value)
            .unwrap_or(Duration::from_hours(24));
        Self {
            interval,
            tolerance: interval.saturating_mul(profile.burst.value - 1),
            expected: BTreeMap::new(),
        }
    }

    /// Counts a request of `owner` at `now`, or says how long it is too early. A refused request
    /// is not counted.
    pub(super) fn admit(&mut self, owner: &str, now: Timestamp) -> Result<(), Duration> {
        let expected = self.expected.get(owner).copied().unwrap_or(now).max(now);
        let ahead = Duration::try_from(expected.duration_since(now)).unwrap_or_default();
        if let Some(wait) = ahead.checked_sub(self.tolerance)
            && !wait.is_zero()
        {
            return Err(wait);
        }
        let next = expected
            .checked_add(self.interval)
            .unwrap_or(Timestamp::MAX);
        self.expected.insert(owner.to_owned(), next);
        Ok(())
    }
}

/// `wait` in whole seconds, rounded up, at least one.
pub(super) fn whole_seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Clock;

    fn throttle(text: &str) -> Throttle {
        Throttle::new(&Profile::with_override(text, "own.toml").unwrap())
    }

    #[test]
    fn a_burst_passes_and_the_next_request_waits_one_interval() {
        let mut throttle = throttle("rate = 10\nburst = 3");
        let now = Clock::logical_start();
        for _ in 0..3 {
            assert_eq!(throttle.admit("a", now), Ok(()));
        }
        assert_eq!(throttle.admit("a", now), Err(Duration::from_millis(100)));
        assert_eq!(throttle.admit("b", now), Ok(()), "another bucket");
        let later = now + Duration::from_millis(100);
        assert_eq!(throttle.admit("a", later), Ok(()));
        assert!(throttle.admit("a", later).is_err());
    }

    #[test]
    fn the_agreed_rate_is_never_throttled() {
        let mut throttle = throttle("rate = 4\nburst = 1");
        let mut now = Clock::logical_start();
        for _ in 0..100 {
            assert_eq!(throttle.admit("a", now), Ok(()));
            now += Duration::from_millis(250);
        }
    }

    #[test]
    fn a_wait_is_rounded_up_to_whole_seconds() {
        for (milliseconds, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2)] {
            assert_eq!(whole_seconds(Duration::from_millis(milliseconds)), seconds);
        }
    }
}
