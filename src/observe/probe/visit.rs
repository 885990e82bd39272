//! An endpoint at a URL, probed in real time.

use std::time::Duration;

use super::issuer::TestIssuer;
use super::probing::{Manner, Probing, Reached, Shot};
use super::rehearsal::recorded;
use crate::base::Clock;
use crate::event::{End, EventKind, ListenerError, Noticed};
use crate::exchange::{Failure, FailureKind, Outcome};
use crate::observe::Logbook;
use crate::transport::{Client, Greeting, Verbatim};

/// How long effects may come after the last probe.
const SETTLING: Duration = Duration::from_secs(1);

/// Everything that a visit to an endpoint takes.
pub struct Visit {
    /// Sends what any client would.
    pub client: Client,
    /// Sends what no library would.
    pub verbatim: Verbatim,
    /// The issuer that the endpoint may ask for keys.
    pub issuer: TestIssuer,
    /// The clock.
    pub clock: Clock,
    /// How long an answer may take.
    pub timeout: Duration,
}

impl Visit {
    /// Sends what `probing` says and writes down what came of it, until nothing is left or
    /// `is_cancelled`. The first and the last event of the history are left to the caller.
    ///
    /// # Errors
    /// If the record fails.
    pub async fn make(
        self,
        mut probing: Probing,
        logbook: &mut Logbook,
        is_cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<End, ListenerError> {
        let end = self.send_all(&mut probing, logbook, is_cancelled).await;
        self.issuer.close().await;
        end
    }

    async fn send_all(
        &self,
        probing: &mut Probing,
        logbook: &mut Logbook,
        is_cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<End, ListenerError> {
        for withheld in probing.withheld() {
            logbook.emit(EventKind::ProbeWithheld(withheld.clone()))?;
        }
        while let Some(wait) = probing.wait() {
            self.clock.sleep(wait).await;
            if is_cancelled() {
                return Ok(End::AbortedByUser);
            }
            let Some(shot) = probing.next(self.clock.now()) else {
                break;
            };
            let outcome = self.shoot(&shot, logbook).await?;
            self.tell(logbook)?;
            probing.answered(self.clock.now(), shot, &outcome);
        }
        self.clock.sleep(SETTLING).await;
        self.tell(logbook)?;
        Ok(match probing.reached() {
            Reached::NotYet | Reached::Once => End::Complete,
            Reached::Never => End::TargetUnreachable,
        })
    }

    async fn shoot(&self, shot: &Shot, logbook: &mut Logbook) -> Result<Outcome, ListenerError> {
        if shot.attempt == 1 {
            let start = Box::new(shot.start.clone());
            logbook.emit(EventKind::ProbeStarted(start))?;
        }
        let sent = match shot.manner {
            Manner::Usual => {
                self.client
                    .send_within(&shot.request, Some(self.timeout))
                    .await
            }
            Manner::Verbatim => self.verbatim.send(&shot.request, self.timeout).await,
            Manner::OldHandshake => return self.greet(shot, logbook).await,
        };
        logbook.emit(recorded(shot, sent.outcome.clone(), sent.timing))?;
        Ok(sent.outcome)
    }

    async fn greet(&self, shot: &Shot, logbook: &mut Logbook) -> Result<Outcome, ListenerError> {
        let url = &shot.request.url;
        let greeted = self.verbatim.greet_with_old_tls(url, self.timeout).await;
        let noticed = match greeted {
            Ok(Greeting::Accepted) => Noticed::HandshakeAccepted,
            Ok(Greeting::Refused) => Noticed::HandshakeRefused,
            // Nothing was noticed, and the history says so by silence.
            Err(failure) => return Ok(Outcome::Failure(failure)),
        };
        logbook.emit(EventKind::ProbeNoticed {
            step: shot.start.step,
            noticed,
        })?;
        Ok(Outcome::Failure(Failure {
            kind: FailureKind::Tls,
            message: "nothing follows the greeting".into(),
        }))
    }

    /// Writes down what the endpoint's software asked the issuer.
    fn tell(&self, logbook: &mut Logbook) -> Result<(), ListenerError> {
        for exchange in self.issuer.take_exchanges() {
            logbook.connector(exchange)?;
        }
        Ok(())
    }
}
