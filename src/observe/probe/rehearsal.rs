//! A specimen, probed in logical time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use super::forge::Forge;
use super::guest::Guest;
use super::issuer::Counterpart;
use super::lattice::disguises;
use super::probing::{Manner, Probing, Shot};
use super::target::{Reach, Stamina};
use crate::base::{Clock, Random, Secret, Timestamp, later};
use crate::event::{Attempt, End, EventKind, ListenerError, Noticed, Origin};
use crate::exchange::{
    Exchange, Failure, FailureKind, Outcome, Request, Response, Timing, Vantage, between,
};
use crate::observe::Logbook;
use crate::profile::Profile;
use crate::specimen::{Call, Connector, Input, Output, Policy, Transport};

/// Where the counterpart of the specimen is: nobody looks it up.
const ORIGIN: &str = "https://counterpart.mock.invalid";

/// Where the specimen is.
const ENDPOINT: &str = "https://connector.invalid/notifications";

/// How long effects may come after the last probe.
const SETTLING: Duration = Duration::from_secs(10);

/// A specimen that is to be probed.
pub struct Rehearsal {
    /// Its traits.
    pub policy: Policy,
    /// The header that it asks for.
    pub header: (String, Secret),
    /// Whether its endpoint is tired out by hundreds of refusals.
    pub stamina: Stamina,
    /// The profile.
    pub profile: Arc<Profile>,
    /// Who signs the tokens; shared by many rehearsals.
    pub forge: Arc<Forge>,
    /// All chance.
    pub chance: Random,
}

impl Rehearsal {
    /// What of the header's value comes up changed: as secret as the value itself.
    #[must_use]
    pub fn disguises(&self) -> Vec<String> {
        disguises(self.header.1.expose())
    }
}

/// A rehearsal cannot come to its end.
#[derive(Debug, Error)]
pub enum RehearsalError {
    /// The clock is the machine's.
    #[error("a specimen is probed in logical time; probe it at a URL in real time instead")]
    RealTime,
    /// The record cannot be written.
    #[error("the probes cannot be recorded")]
    Record(#[from] ListenerError),
}

/// Probes a specimen. The first and the last event of the history are left to the caller;
/// `is_cancelled` is asked before each probe.
///
/// # Errors
/// If the clock is not logical, or the record fails.
pub fn rehearse(
    rehearsal: Rehearsal,
    clock: &Clock,
    logbook: &mut Logbook,
    is_cancelled: &dyn Fn() -> bool,
) -> Result<End, RehearsalError> {
    if !clock.is_logical() {
        return Err(RehearsalError::RealTime);
    }
    let Rehearsal {
        policy,
        header,
        stamina,
        profile,
        forge,
        chance,
    } = rehearsal;
    let issuer = profile.token.issuer.value.clone();
    let guest = Guest {
        header,
        issuer: issuer.clone(),
        origin: ORIGIN.to_owned(),
    };
    let settings = guest.settings(&profile);
    let policy = Guest::policy(policy, &profile);
    let target = guest.target(ENDPOINT.to_owned(), &profile, Reach::Direct, stamina);
    let probing = Probing::new(
        target,
        Arc::clone(&profile),
        Arc::clone(&forge),
        chance.fork("probes"),
    );
    let transport = policy.reception.transport;
    let world = World {
        transport,
        connector: Connector::new(settings, policy, chance.fork("specimen")),
        counterpart: Counterpart {
            forge,
            profile: Arc::clone(&profile),
            issuer,
            origin: ORIGIN.to_owned(),
        },
        clock,
        logbook,
        way: profile.latency_model.base.value / 2,
        timeout: profile.notifications.timeout.value,
        queue: BTreeMap::new(),
        turn: 0,
        calls: 0,
    };
    world.run(probing, is_cancelled)
}

/// The specimen and what is on its way.
struct World<'w> {
    connector: Connector,
    /// What of TLS it would take part in.
    transport: Transport,
    counterpart: Counterpart,
    clock: &'w Clock,
    logbook: &'w mut Logbook,
    /// How long anything takes from one side to the other.
    way: Duration,
    timeout: Duration,
    queue: BTreeMap<(Timestamp, u64), Happening>,
    turn: u64,
    calls: u64,
}

enum Happening {
    /// The specimen is told.
    Told(Input),
    /// Its answer to a probe is back.
    Acknowledged(Call, Response),
}

impl World<'_> {
    fn run(
        mut self,
        mut probing: Probing,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<End, RehearsalError> {
        for withheld in probing.withheld() {
            self.logbook
                .emit(EventKind::ProbeWithheld(withheld.clone()))?;
        }
        let start = self.clock.now();
        self.put(start, Happening::Told(Input::Started));
        while let Some(wait) = probing.wait() {
            if is_cancelled() {
                return Ok(End::AbortedByUser);
            }
            let until = later(self.clock.now(), wait);
            self.play(until, None)?;
            let Some(shot) = probing.next(self.clock.now()) else {
                break;
            };
            let outcome = self.shoot(&shot)?;
            probing.answered(self.clock.now(), shot, &outcome);
        }
        let until = later(self.clock.now(), SETTLING);
        self.play(until, None)?;
        Ok(End::Complete)
    }

    /// Sends a probe, and gives back what became of it.
    fn shoot(&mut self, shot: &Shot) -> Result<Outcome, RehearsalError> {
        if shot.attempt == 1 {
            let start = Box::new(shot.start.clone());
            self.logbook.emit(EventKind::ProbeStarted(start))?;
        }
        if shot.manner == Manner::OldHandshake {
            return self.greet(shot);
        }
        if shot.request.url.starts_with("http:") && self.transport != Transport::Plain {
            return self.refuse_plain(shot);
        }
        self.calls += 1;
        let call = Call(self.calls);
        let sent = self.clock.now();
        let told = Happening::Told(Input::Notified(call, shot.request.clone()));
        self.put(later(sent, self.way), told);
        let answered = self.play(later(sent, self.timeout), Some(call))?;
        let outcome = answered.map_or_else(
            || {
                Outcome::Failure(Failure {
                    kind: FailureKind::Timeout,
                    message: "no answer came in time".into(),
                })
            },
            Outcome::Response,
        );
        let ended = self.clock.now();
        self.logbook.emit(recorded(
            shot,
            outcome.clone(),
            Timing {
                request_first: sent,
                request_last: sent,
                response_first: ended,
                response_last: ended,
            },
        ))?;
        Ok(outcome)
    }

    /// The greeting of an old client.
    fn greet(&mut self, shot: &Shot) -> Result<Outcome, RehearsalError> {
        let noticed = match self.transport {
            Transport::Old => Noticed::HandshakeAccepted,
            Transport::Modern | Transport::Plain => Noticed::HandshakeRefused,
        };
        self.logbook.emit(EventKind::ProbeNoticed {
            step: shot.start.step,
            noticed,
        })?;
        Ok(cut("the handshake was broken off"))
    }

    /// A request without TLS at a port that speaks it.
    fn refuse_plain(&mut self, shot: &Shot) -> Result<Outcome, RehearsalError> {
        let now = self.clock.now();
        let outcome = cut("the connection was closed: this is no TLS");
        let timing = Timing {
            request_first: now,
            request_last: now,
            response_first: now,
            response_last: now,
        };
        self.logbook.emit(recorded(shot, outcome.clone(), timing))?;
        Ok(outcome)
    }

    /// Lets happen what happens until `until`, or until `call` is answered.
    fn play(
        &mut self,
        until: Timestamp,
        call: Option<Call>,
    ) -> Result<Option<Response>, RehearsalError> {
        while let Some(first) = self.queue.first_entry()
            && first.key().0 <= until
        {
            let ((at, _), happening) = first.remove_entry();
            self.clock.advance(between(self.clock.now(), at));
            match happening {
                Happening::Told(input) => self.tell(at, input)?,
                Happening::Acknowledged(answered, response) if call == Some(answered) => {
                    return Ok(Some(response));
                }
                // It came too late.
                Happening::Acknowledged(..) => {}
            }
        }
        self.clock.advance(between(self.clock.now(), until));
        Ok(None)
    }

    /// Tells the specimen something and does what it wants done.
    fn tell(&mut self, now: Timestamp, input: Input) -> Result<(), RehearsalError> {
        for output in self.connector.handle(now, input) {
            match output {
                Output::Send(call, request) => self.serve(now, call, request)?,
                Output::Answer(call, response) => {
                    let back = later(now, self.way);
                    self.put(back, Happening::Acknowledged(call, response));
                }
                Output::Wake(at) => self.put(at.max(now), Happening::Told(Input::Woken)),
            }
        }
        Ok(())
    }

    /// Answers what the specimen asks.
    fn serve(
        &mut self,
        now: Timestamp,
        call: Call,
        request: Request,
    ) -> Result<(), RehearsalError> {
        let outcome = Outcome::Response(self.counterpart.answer(&request));
        let (arrived, back) = (later(now, self.way), later(now, self.way * 2));
        self.logbook.connector(Exchange {
            request,
            outcome: outcome.clone(),
            timing: Timing {
                request_first: arrived,
                request_last: arrived,
                response_first: arrived,
                response_last: arrived,
            },
            vantage: Vantage::Mock,
            connection: None,
        })?;
        self.put(back, Happening::Told(Input::Answered(call, outcome)));
        Ok(())
    }

    fn put(&mut self, at: Timestamp, happening: Happening) {
        self.turn += 1;
        self.queue.insert((at, self.turn), happening);
    }
}

fn cut(message: &str) -> Outcome {
    Outcome::Failure(Failure {
        kind: FailureKind::Cut,
        message: message.to_owned(),
    })
}

/// How much of a body is written down: what is beyond is padding.
const RECORDED: usize = 64 * 1024;

/// The exchange of a shot, as it is written down. Of a body that is there for its size the beginning
/// is kept, and its length.
pub(super) fn recorded(shot: &Shot, outcome: Outcome, timing: Timing) -> EventKind {
    let mut request = shot.request.clone();
    let length = request.body.len();
    if length > RECORDED {
        let mut head = String::from_utf8_lossy(&request.body.bytes()[..64]).into_owned();
        head.push_str(&format!("… ({length} bytes in all; the rest is padding)"));
        request.body = head.into();
    }
    EventKind::Exchange {
        step: shot.start.step,
        origin: Origin::Probe,
        attempt: Attempt {
            group: shot.start.step,
            number: shot.attempt,
        },
        exchange: Box::new(Exchange {
            request,
            outcome,
            timing,
            vantage: Vantage::Client,
            connection: None,
        }),
    }
}
