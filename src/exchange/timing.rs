//! When an exchange happened, and from where it was seen.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::Timestamp;

/// The times of one exchange. They come from one clock and never run backwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// When the first byte of the request left (or, at the mock, arrived).
    pub request_first: Timestamp,
    /// When its last byte did.
    pub request_last: Timestamp,
    /// When the first byte of the response came (or left); the end of the exchange on failure.
    pub response_first: Timestamp,
    /// When its last byte did.
    pub response_last: Timestamp,
}

impl Timing {
    /// From the first byte of the request to the last byte of the response.
    #[must_use]
    pub fn total(&self) -> Duration {
        between(self.request_first, self.response_last)
    }

    /// The same in whole milliseconds, a part counting as a whole one: newman's response time.
    #[must_use]
    pub fn response_time(&self) -> u64 {
        u64::try_from(self.total().as_micros().div_ceil(1000)).unwrap_or(u64::MAX)
    }

    /// From the last byte of the request to the first byte of the response.
    #[must_use]
    pub fn first_byte(&self) -> Duration {
        between(self.request_last, self.response_first)
    }
}

/// How long after `start` `end` is; nothing where it is before.
#[must_use]
pub fn between(start: Timestamp, end: Timestamp) -> Duration {
    end.duration_since(start).try_into().unwrap_or_default()
}

/// From where an exchange was observed; it decides which rules are safe (`BK-02` and others).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Vantage {
    /// At the platform: the network can only hide that a request was early.
    Mock,
    /// Between client and platform.
    Proxy,
    /// At the client.
    Client,
}

impl Vantage {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Mock, Self::Proxy, Self::Client];

    /// The word used in histories and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mock => "mock",
            Self::Proxy => "proxy",
            Self::Client => "client",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_millisecond_counts_as_a_whole_one() {
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        for (microseconds, milliseconds) in [(0, 0), (1, 1), (1_000, 1), (1_001, 2)] {
            let end = start + Duration::from_micros(microseconds);
            let timing = Timing {
                request_first: start,
                request_last: start,
                response_first: end,
                response_last: end,
            };
            assert_eq!(timing.response_time(), milliseconds);
        }
    }
}
