//! Writes down what is seen of a connector.

use crate::event::{Attempt, EventKind, Events, ListenerError, Origin};
use crate::exchange::Exchange;
use crate::profile::Profile;

use super::Attempts;

/// The record of an observation: every exchange with the attempt that it is.
pub struct Logbook {
    events: Events,
    attempts: Attempts,
    idempotency_key: String,
}

impl Logbook {
    /// A record into `events`.
    #[must_use]
    pub fn new(events: Events, profile: &Profile) -> Self {
        Self {
            events,
            attempts: Attempts::default(),
            idempotency_key: profile.headers.idempotency_key.value.clone(),
        }
    }

    /// Writes an event down.
    ///
    /// # Errors
    /// If a listener cannot go on.
    pub fn emit(&mut self, kind: EventKind) -> Result<(), ListenerError> {
        self.events.emit(kind).map(|_| ())
    }

    /// Returns when everything that was written down can be read.
    ///
    /// # Errors
    /// If a listener cannot go on.
    pub fn flush(&mut self) -> Result<(), ListenerError> {
        self.events.flush()
    }

    /// Writes down what the connector asked and how it was answered.
    ///
    /// # Errors
    /// If a listener cannot go on.
    pub fn connector(&mut self, exchange: Exchange) -> Result<(), ListenerError> {
        let key = exchange.request.headers.get(&self.idempotency_key);
        let attempt = self
            .attempts
            .count(&exchange.request, key, &exchange.outcome);
        self.emit(EventKind::Exchange {
            step: 0,
            origin: Origin::Connector,
            attempt,
            exchange: Box::new(exchange),
        })
    }

    /// Writes down an attempt to deliver the notification `number`.
    ///
    /// # Errors
    /// If a listener cannot go on.
    pub fn notification(
        &mut self,
        number: u64,
        attempt: u32,
        exchange: Exchange,
    ) -> Result<(), ListenerError> {
        self.emit(EventKind::Exchange {
            step: 0,
            origin: Origin::Platform,
            attempt: Attempt {
                group: number,
                number: attempt,
            },
            exchange: Box::new(exchange),
        })
    }
}
