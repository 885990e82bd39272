//! Staying within the agreed rate.

use std::time::Duration;

use crate::base::Timestamp;

/// Spaces requests evenly, so that no window of time ever holds more than the rate allows.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    interval: Duration,
    next: Option<Timestamp>,
}

impl Pace {
    /// A pace of `rate` requests a second; `None` where the rate is not a positive number.
    #[must_use]
    pub fn new(rate: f64) -> Option<Self> {
        let interval = Duration::try_from_secs_f64(1.0 / rate).ok()?;
        (rate > 0.0).then_some(Self {
            interval,
            next: None,
        })
    }

    /// Takes the next place in the row and says how long to wait for it.
    pub fn take(&mut self, now: Timestamp) -> Duration {
        let start = self.next.map_or(now, |next| next.max(now));
        self.next = Some(start.checked_add(self.interval).unwrap_or(Timestamp::MAX));
        start.duration_since(now).try_into().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_an_interval_apart_and_idleness_saves_nothing_up() {
        let mut pace = Pace::new(10.0).unwrap();
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        assert_eq!(pace.take(at(0)), Duration::ZERO);
        assert_eq!(pace.take(at(0)), Duration::from_millis(100));
        assert_eq!(pace.take(at(150)), Duration::from_millis(50));
        assert_eq!(pace.take(at(5_000)), Duration::ZERO);
        assert_eq!(pace.take(at(5_000)), Duration::from_millis(100));
    }

    #[test]
    fn a_rate_must_be_positive() {
        for rate in [0.0, -1.0, f64::NAN] {
            assert!(Pace::new(rate).is_none());
        }
    }
}
