//! What the host itself adds to times that are measured on it.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::nearest_rank;

/// How far the times of the reference connector were off on the host of the run, just before it or
/// just after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoiseFloor {
    /// When it was measured.
    pub when: NoiseMoment,
    /// How often.
    pub rounds: usize,
    /// How late a wait ended.
    pub waits: Delays,
    /// How long after a notification had left the request for what it tells of arrived.
    pub requests: Delays,
}

/// When a noise floor was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoiseMoment {
    /// Before the run.
    Before,
    /// After the run.
    After,
}

/// Delays, each one that was measured: nearest ranks, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delays {
    /// The smallest.
    pub least: u64,
    /// The one that half of them do not exceed.
    pub median: u64,
    /// The one that 95 of 100 do not exceed.
    pub percentile_95: u64,
    /// The largest.
    pub most: u64,
}

impl NoiseFloor {
    /// The worst error: how late a wait ended at most, or by how much more than another a request took.
    #[must_use]
    pub fn worst(&self) -> Duration {
        let spread = self.requests.most.saturating_sub(self.requests.least);
        Duration::from_micros(self.waits.most.max(spread))
    }
}

impl Delays {
    /// What `measured` comes to; zeros where nothing was.
    #[must_use]
    pub fn of(mut measured: Vec<Duration>) -> Self {
        measured.sort_unstable();
        let rank = |percent: usize| {
            let delay = nearest_rank(&measured, percent)
                .copied()
                .unwrap_or_default();
            u64::try_from(delay.as_micros()).unwrap_or(u64::MAX)
        };
        Self {
            least: rank(0),
            median: rank(50),
            percentile_95: rank(95),
            most: rank(100),
        }
    }
}

impl fmt::Display for NoiseMoment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Before => "before",
            Self::After => "after",
        })
    }
}

/// `p50 0.3 ms, p95 1.2 ms, max 2.0 ms`.
impl fmt::Display for Delays {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = |delay: u64| Duration::from_micros(delay).as_secs_f64() * 1_000.0;
        write!(
            formatter,
            "p50 {:.1} ms, p95 {:.1} ms, max {:.1} ms",
            told(self.median),
            told(self.percentile_95),
            told(self.most)
        )
    }
}

impl fmt::Display for NoiseFloor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "noise floor {} the run, {} rounds of the reference connector on this host: waits ended \
             late by {}; requests followed on notifications after {}",
            self.when, self.rounds, self.waits, self.requests,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_name_values_that_were_measured() {
        let none = Delays::of(Vec::new());
        assert_eq!(none.to_string(), "p50 0.0 ms, p95 0.0 ms, max 0.0 ms");
        let delays = Delays::of((1..=20).rev().map(Duration::from_millis).collect());
        assert_eq!(delays.least, 1_000);
        let floor = NoiseFloor {
            when: NoiseMoment::Before,
            rounds: 20,
            waits: delays,
            requests: delays,
        };
        assert_eq!(
            floor.to_string(),
            "noise floor before the run, 20 rounds of the reference connector on this host: waits \
             ended late by p50 10.0 ms, p95 19.0 ms, max 20.0 ms; requests followed on notifications \
             after p50 10.0 ms, p95 19.0 ms, max 20.0 ms"
        );
    }

    #[test]
    fn the_worst_error_is_a_late_wait_or_what_a_request_took_more_than_another() {
        let delays = |least, most| Delays {
            least,
            most,
            ..Delays::default()
        };
        // waits, requests, worst
        let table = [
            (delays(0, 3_000), delays(9_000, 10_000), 3_000),
            (delays(0, 3_000), delays(1_000, 10_000), 9_000),
            (Delays::default(), Delays::default(), 0),
        ];
        for (waits, requests, worst) in table {
            let floor = NoiseFloor {
                when: NoiseMoment::After,
                rounds: 1,
                waits,
                requests,
            };
            assert_eq!(floor.worst(), Duration::from_micros(worst));
        }
    }
}
