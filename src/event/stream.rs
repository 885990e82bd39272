//! The one place where events get their order.

use super::{Event, EventKind};
use crate::base::Clock;

/// Somebody who wants to know what happens in a run.
pub trait Listener {
    /// Takes note of an event. An error ends the run: a run that cannot be recorded proves
    /// nothing.
    fn notice(&mut self, event: &Event) -> Result<(), ListenerError>;

    /// As [`Listener::notice`], for the last who is told: it may keep the event.
    fn take(&mut self, event: Event) -> Result<(), ListenerError> {
        self.notice(&event)
    }

    /// Returns when everything that was noticed is where others can read it. To be overridden by
    /// who keeps something back.
    ///
    /// # Errors
    /// If it cannot be put there.
    fn flush(&mut self) -> Result<(), ListenerError> {
        Ok(())
    }
}

/// Tells all of `listeners`, in their order, also when an earlier one fails. The last may keep the
/// event; the first error is returned.
pub fn tell(listeners: &mut [Box<dyn Listener + Send>], event: Event) -> Result<(), ListenerError> {
    let Some((last, others)) = listeners.split_last_mut() else {
        return Ok(());
    };
    let mut told = Ok(());
    for listener in others {
        told = told.and(listener.notice(&event));
    }
    let taken = last.take(event);
    told.and(taken)
}

/// Lets all of `listeners` put down what they were told, also when an earlier one fails.
pub fn flush(listeners: &mut [Box<dyn Listener + Send>]) -> Result<(), ListenerError> {
    let mut flushed = Ok(());
    for listener in listeners {
        flushed = flushed.and(listener.flush());
    }
    flushed
}

/// A listener cannot go on.
#[derive(Debug, thiserror::Error)]
#[error("{activity} failed")]
pub struct ListenerError {
    /// What the listener was doing: `writing evidence/history.ndjson`.
    pub activity: String,
    /// Why it failed.
    #[source]
    pub source: std::io::Error,
}

/// The ordered stream of a run's events.
pub struct Events {
    clock: Clock,
    next: u64,
    listeners: Vec<Box<dyn Listener + Send>>,
}

impl Events {
    /// A stream that begins with event 1 and tells `listeners`, in their order.
    #[must_use]
    pub fn new(clock: Clock, listeners: Vec<Box<dyn Listener + Send>>) -> Self {
        Self {
            clock,
            next: 1,
            listeners,
        }
    }

    /// Says that something happened now, and gives back its sequence number. Every listener is
    /// told, also when an earlier one fails; the first error is returned.
    pub fn emit(&mut self, kind: EventKind) -> Result<u64, ListenerError> {
        let event = Event {
            sequence: self.next,
            at: self.clock.now(),
            kind,
        };
        let sequence = event.sequence;
        self.next += 1;
        tell(&mut self.listeners, event).map(|()| sequence)
    }

    /// Returns when every listener has put down what it was told.
    ///
    /// # Errors
    /// The first of those that could not.
    pub fn flush(&mut self) -> Result<(), ListenerError> {
        flush(&mut self.listeners)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    struct Ear(Arc<Mutex<Vec<u64>>>, bool);

    impl Listener for Ear {
        fn notice(&mut self, event: &Event) -> Result<(), ListenerError> {
            self.0.lock().unwrap().push(event.sequence);
            if self.1 {
                return Err(ListenerError {
                    activity: "hearing".into(),
                    source: std::io::Error::other("deaf"),
                });
            }
            Ok(())
        }
    }

    #[test]
    fn every_listener_hears_every_event_even_after_another_failed() {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let listeners: Vec<Box<dyn Listener + Send>> = vec![
            Box::new(Ear(heard.clone(), true)),
            Box::new(Ear(heard.clone(), false)),
        ];
        let mut events = Events::new(Clock::logical(Clock::logical_start()), listeners);
        let error = events
            .emit(EventKind::Notice {
                message: "hello".into(),
            })
            .unwrap_err();
        assert_eq!(error.to_string(), "hearing failed");
        assert_eq!(*heard.lock().unwrap(), [1, 1]);
    }
}
