//! Time is a value: nothing else in this crate asks the machine what time it is.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A moment, with nanosecond resolution, in UTC.
pub use jiff::Timestamp;

/// Where time comes from. Cheap to clone; clones share one time.
///
/// The *system* clock is the machine's: its wall time is read once, at the start, and advanced by
/// the monotonic clock, so that it never runs backwards during a run. The *logical* clock stands
/// still until somebody waits on it; a wait of a minute costs nothing.
#[derive(Clone, Debug)]
pub struct Clock(Form);

#[derive(Clone, Debug)]
enum Form {
    System { anchor: Timestamp, started: Instant },
    Logical(Arc<Mutex<Timestamp>>),
}

impl Clock {
    /// The machine's time.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks the machine for the time"
    )]
    #[must_use]
    pub fn system() -> Self {
        Self(Form::System {
            anchor: Timestamp::now(),
            started: Instant::now(),
        })
    }

    /// A clock that stands at `start` and moves only when somebody waits.
    #[must_use]
    pub fn logical(start: Timestamp) -> Self {
        Self(Form::Logical(Arc::new(Mutex::new(start))))
    }

    /// The moment at which logical runs begin unless told otherwise: 2026-01-01T00:00:00Z.
    #[must_use]
    pub fn logical_start() -> Timestamp {
        Timestamp::from_second(1_767_225_600).expect("a constant within the range of Timestamp")
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Form::System { anchor, started } => later(*anchor, started.elapsed()),
            Form::Logical(now) => *lock(now),
        }
    }

    /// Whether this is the logical clock.
    #[must_use]
    pub fn is_logical(&self) -> bool {
        matches!(self.0, Form::Logical(_))
    }

    /// Waits. The logical clock is moved forward at once; callers see to it that nothing is in
    /// flight meanwhile.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that waits for the machine's time"
    )]
    pub async fn sleep(&self, wait: Duration) {
        match &self.0 {
            Form::System { .. } => tokio::time::sleep(wait).await,
            Form::Logical(_) => self.advance(wait),
        }
    }

    /// Moves the logical clock forward; the system clock moves by itself.
    pub fn advance(&self, by: Duration) {
        if let Form::Logical(now) = &self.0 {
            let mut now = lock(now);
            *now = later(*now, by);
        }
    }
}

/// `moment` plus `by`, held at the end of the calendar rather than overflowing.
#[must_use]
pub fn later(moment: Timestamp, by: Duration) -> Timestamp {
    moment.checked_add(by).unwrap_or(Timestamp::MAX)
}

fn lock(now: &Mutex<Timestamp>) -> std::sync::MutexGuard<'_, Timestamp> {
    // A panic elsewhere cannot leave a timestamp half written.
    now.lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_logical_wait_moves_the_clock_and_takes_no_time() {
        let clock = Clock::logical(Clock::logical_start());
        let twin = clock.clone();
        clock.sleep(Duration::from_hours(1)).await;
        assert_eq!(twin.now().to_string(), "2026-01-01T01:00:00Z");
    }

    #[test]
    fn the_system_clock_never_runs_backwards() {
        let clock = Clock::system();
        let first = clock.now();
        assert!(clock.now() >= first);
        assert!(!clock.is_logical());
    }

    #[test]
    fn a_logical_clock_stops_at_the_end_of_the_calendar() {
        let clock = Clock::logical(Timestamp::MAX);
        clock.advance(Duration::from_secs(1));
        assert_eq!(clock.now(), Timestamp::MAX);
    }
}
