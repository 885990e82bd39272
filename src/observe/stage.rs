//! Platform, director and record under one roof.

use crate::base::Timestamp;
use crate::event::{End, EventKind, ListenerError};
use crate::exchange::{Exchange, Outcome, Request, Timing, Vantage};
use crate::mock::{Notification, Platform, Reply};

use super::{Director, Logbook, Progress};

/// Everything that an observation is made of, without the sockets. Moments never go back from call
/// to call. After a record has failed nothing more is written, and [`Stage::failure`] tells why.
pub struct Stage {
    platform: Platform,
    director: Option<Director>,
    logbook: Logbook,
    failure: Option<ListenerError>,
}

impl Stage {
    /// A stage on which `director` plays; without one only the connector acts.
    #[must_use]
    pub fn new(platform: Platform, director: Option<Director>, logbook: Logbook) -> Self {
        Self {
            platform,
            director,
            logbook,
            failure: None,
        }
    }

    /// The platform.
    #[must_use]
    pub fn platform(&self) -> &Platform {
        &self.platform
    }

    /// The platform, to change what it does.
    pub fn platform_mut(&mut self) -> &mut Platform {
        &mut self.platform
    }

    /// The director.
    #[must_use]
    pub fn director(&self) -> Option<&Director> {
        self.director.as_ref()
    }

    /// How far the director is; none without one.
    #[must_use]
    pub fn progress(&self) -> Option<Progress> {
        let director = self.director.as_ref();
        director.map(|director| director.progress(&self.platform))
    }

    /// Answers a request of the connector, which arrived at `now` from the address `peer`.
    pub fn answer(&mut self, now: Timestamp, request: &Request, peer: Option<&str>) -> Reply {
        self.platform.handle_from(now, request, peer)
    }

    /// Takes note of what became of a request of the connector, and lets the director act, once he
    /// has begun: a connector that is still starting does not use up the time of a scenario.
    pub fn done(&mut self, now: Timestamp, exchange: Exchange) {
        let written = self.logbook.connector(exchange);
        self.keep(written);
        self.go_on(now);
    }

    /// Lets the director act, and gives the notifications that are to be sent at `now`. The first
    /// call begins the plan; then it is to be called when [`Stage::next_due`] has come.
    pub fn due(&mut self, now: Timestamp) -> Vec<Notification> {
        self.direct(now);
        self.platform.due(now)
    }

    /// When something is to be done, if nothing happens before.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        let director = self.director.as_ref().and_then(Director::next_due);
        [director, self.platform.next_due()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Takes note of what became of an attempt to deliver a notification.
    pub fn notified(
        &mut self,
        now: Timestamp,
        notification: Notification,
        outcome: Outcome,
        timing: Timing,
    ) {
        self.platform.notified(now, notification.number, &outcome);
        let written = self.logbook.notification(
            notification.number,
            notification.attempt,
            Exchange {
                request: notification.request,
                outcome,
                timing,
                vantage: Vantage::Mock,
                connection: None,
            },
        );
        self.keep(written);
        self.go_on(now);
    }

    /// Writes an event down.
    pub fn emit(&mut self, kind: EventKind) {
        let written = self.logbook.emit(kind);
        self.keep(written);
    }

    /// Returns when everything that was written down can be read.
    pub fn flush(&mut self) {
        let written = self.logbook.flush();
        self.keep(written);
    }

    /// Ends the scenario that is played, whatever it waits for.
    pub fn skip(&mut self, now: Timestamp) {
        if let Some(director) = &mut self.director {
            for kind in director.skip(now, &mut self.platform) {
                let written = self.logbook.emit(kind);
                self.failure = self.failure.take().or(written.err());
            }
        }
    }

    /// Writes down what was delivered of the scripted answers that nobody accounted for yet.
    pub fn prove(&mut self) {
        for proof in self.platform.take_fault_proofs() {
            self.emit(EventKind::FaultProof(proof));
        }
    }

    /// As [`Stage::prove`], of the scripted answers that are called `scenario` and of which none is
    /// left.
    pub fn prove_delivered(&mut self, now: Timestamp, scenario: &str) {
        for proof in self.platform.take_delivered_fault_proofs(now, scenario) {
            self.emit(EventKind::FaultProof(proof));
        }
    }

    /// Writes the last events down.
    pub fn close(&mut self, end: End) {
        self.prove();
        self.emit(EventKind::RunEnded { end });
    }

    /// How the plan ended; none while it is played, and where there is none.
    #[must_use]
    pub fn end(&self) -> Option<End> {
        self.director.as_ref().and_then(Director::end)
    }

    /// Why the record failed, once.
    pub fn failure(&mut self) -> Option<ListenerError> {
        self.failure.take()
    }

    /// Lets the director act, if he has begun.
    fn go_on(&mut self, now: Timestamp) {
        if self.director.as_ref().is_some_and(Director::has_begun) {
            self.direct(now);
        }
    }

    fn direct(&mut self, now: Timestamp) {
        if let Some(director) = &mut self.director {
            for kind in director.advance(now, &mut self.platform) {
                let written = self.logbook.emit(kind);
                self.failure = self.failure.take().or(written.err());
            }
        }
    }

    fn keep(&mut self, written: Result<(), ListenerError>) {
        self.failure = self.failure.take().or(written.err());
    }
}
