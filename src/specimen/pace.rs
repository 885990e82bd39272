//! Keeping to the agreed rate.

use std::time::Duration;

use crate::base::Timestamp;

use super::Pacing;

/// The generic cell rate algorithm (ITU-T I.371): so many requests a second, so many at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pacing: Pacing,
    /// The theoretical arrival time of the next request.
    arrival: Timestamp,
}

impl Pace {
    pub(super) fn new(pacing: Pacing) -> Self {
        Self {
            pacing,
            arrival: Timestamp::MIN,
        }
    }

    /// When the next request may be sent, if that is later than `now`.
    pub(super) fn next(&self, now: Timestamp) -> Option<Timestamp> {
        let Pacing::At { rate, burst } = self.pacing else {
            return None;
        };
        let reserve = interval(rate) * burst.saturating_sub(1);
        let turn = self.arrival.checked_sub(reserve).unwrap_or(Timestamp::MIN);
        (turn > now).then_some(turn)
    }

    /// Takes note that a request is sent at `now`.
    pub(super) fn take(&mut self, now: Timestamp) {
        if let Pacing::At { rate, .. } = self.pacing {
            self.arrival = self
                .arrival
                .max(now)
                .checked_add(interval(rate))
                .unwrap_or(Timestamp::MAX);
        }
    }
}

/// The time between two requests at `rate` a second.
fn interval(rate: f64) -> Duration {
    Duration::try_from_secs_f64(1.0 / rate).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Clock;

    /// When ten requests that are ready at once are sent, in milliseconds.
    fn sent(pacing: Pacing) -> Vec<i128> {
        let start = Clock::logical_start();
        let mut pace = Pace::new(pacing);
        let mut now = start;
        (0..10)
            .map(|_| {
                now = pace.next(now).unwrap_or(now);
                pace.take(now);
                now.duration_since(start).as_millis()
            })
            .collect()
    }

    #[test]
    fn requests_are_spaced_after_the_burst_and_not_at_all_without_pacing() {
        let at = |burst| Pacing::At { rate: 10.0, burst };
        assert_eq!(
            sent(at(1)),
            [0, 100, 200, 300, 400, 500, 600, 700, 800, 900]
        );
        assert_eq!(sent(at(4)), [0, 0, 0, 0, 100, 200, 300, 400, 500, 600]);
        assert_eq!(sent(Pacing::Off), [0; 10]);
    }

    #[test]
    fn a_rest_earns_one_burst_and_no_more() {
        let start = Clock::logical_start();
        let mut pace = Pace::new(Pacing::At {
            rate: 10.0,
            burst: 2,
        });
        pace.take(start);
        let later = start + Duration::from_mins(1);
        pace.take(later);
        assert_eq!(pace.next(later), None);
        pace.take(later);
        assert_eq!(pace.next(later), Some(later + Duration::from_millis(100)));
    }
}
