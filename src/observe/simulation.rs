//! A stage and a specimen in logical time.
//!
//! One queue, ordered by moment and then by when something was put there. A request takes half of
//! the profile's modelled latency on its way up; what its answer costs comes on top, and with that
//! it is back. Notifications take the same way in the other direction. The clock stands at the
//! moment of what happens before anything is written down, so that the same seed gives the same
//! bytes.

use std::collections::BTreeMap;
use std::time::Duration;

use thiserror::Error;

use super::Stage;
use crate::base::{Clock, Timestamp, later};
use crate::event::{End, ListenerError};
use crate::exchange::{
    Connection, Exchange, Failure, FailureKind, Outcome, Request, Response, Timing, Vantage,
    between,
};
use crate::mock::Notification;
use crate::specimen::{Call, Connector, Input, Output};

/// What a specimen is called where a client's address stands.
const PEER: &str = "specimen";

/// How much may happen. A certification takes some ten thousand.
const MOST_HAPPENINGS: u64 = 5_000_000;

/// After how many happenings it is asked whether the user has had enough.
const ASKED_EVERY: u64 = 256;

/// How long notifications that are on their way when the plan ends may take.
const LAST_POST: Duration = Duration::from_secs(2);

/// How long it takes until what should have gone away is looked at again.
const NOT_AGAIN: Duration = Duration::from_millis(1);

/// A simulation cannot be played to its end.
#[derive(Debug, Error)]
pub enum SimulationError {
    /// The clock is the machine's.
    #[error("a simulation needs the logical clock; observe the specimen in real time instead")]
    RealTime,
    /// Nothing is under way, nothing is due, and the plan has not ended.
    #[error(
        "at {at} of logical time nothing is under way and nothing is due, but the plan has not ended; this is a fault of preflight: report it with the plan"
    )]
    Stuck {
        /// When.
        at: Timestamp,
    },
    /// It goes on and on.
    #[error(
        "{happenings} things have happened by {at} of logical time and the plan has not ended; give its scenarios shorter budgets, or report it with the plan"
    )]
    Endless {
        /// How much has happened.
        happenings: u64,
        /// When.
        at: Timestamp,
    },
    /// The record cannot be written.
    #[error("the simulation cannot be recorded")]
    Record(#[source] ListenerError),
}

/// Plays what is on `stage` with `connector`, from `clock`'s moment on, until the plan ends; what is
/// under way then comes to its end, and nothing new begins. Without a director it ends when nobody
/// has anything left to do. `is_cancelled` is asked now and then.
///
/// The first and the last event of the history are left to the caller, and so is the notification
/// endpoint, whose address does not matter.
///
/// # Errors
/// If the clock is not logical, the record fails, or the play would never end.
pub fn simulate(
    stage: &mut Stage,
    connector: &mut Connector,
    clock: &Clock,
    is_cancelled: &dyn Fn() -> bool,
) -> Result<End, SimulationError> {
    if !clock.is_logical() {
        return Err(SimulationError::RealTime);
    }
    let mut simulation = Simulation::new(stage, connector, clock);
    let start = clock.now();
    simulation.put(start, Happening::Started);
    simulation.put_due(start);
    simulation.play(MOST_HAPPENINGS, is_cancelled)
}

struct Simulation<'s> {
    stage: &'s mut Stage,
    connector: &'s mut Connector,
    clock: &'s Clock,
    /// How long anything takes from one side to the other.
    way: Duration,
    queue: BTreeMap<(Timestamp, u64), Happening>,
    turn: u64,
    /// Requests of the connector that have not come to their end.
    under_way: usize,
    /// Deliveries that have not come to their end.
    post: BTreeMap<Call, Post>,
    deliveries: u64,
    /// When the stage is asked what is due.
    due: Option<Timestamp>,
    /// How the plan ended, and when.
    ended: Option<(End, Timestamp)>,
}

/// A notification on its way.
struct Post {
    notification: Notification,
    sent: Timestamp,
}

enum Happening {
    /// The connector begins.
    Started,
    /// A moment came for which it asked.
    Woken,
    /// Something may be due on the stage.
    Due,
    /// A request reaches the platform.
    Arrived {
        call: Call,
        request: Request,
        sent: Timestamp,
    },
    /// The last byte of an answer has left, or the connection has ended.
    Left {
        call: Call,
        exchange: Box<Exchange>,
        /// What the connector learns.
        outcome: Outcome,
    },
    /// A notification reaches the connector.
    Delivered(Call, Request),
    /// Its answer is back.
    Acknowledged(Call, Response),
    /// It is too late for an answer.
    Overdue(Call),
}

impl<'s> Simulation<'s> {
    fn new(stage: &'s mut Stage, connector: &'s mut Connector, clock: &'s Clock) -> Self {
        Self {
            way: stage.platform().profile().latency_model.base.value / 2,
            stage,
            connector,
            clock,
            queue: BTreeMap::new(),
            turn: 0,
            under_way: 0,
            post: BTreeMap::new(),
            deliveries: 0,
            due: None,
            ended: None,
        }
    }

    fn play(&mut self, most: u64, is_cancelled: &dyn Fn() -> bool) -> Result<End, SimulationError> {
        for number in 0..most {
            if number % ASKED_EVERY == 0 && is_cancelled() {
                return Ok(End::AbortedByUser);
            }
            if let Some(end) = self.finished() {
                return Ok(end);
            }
            let Some(((at, _), happening)) = self.queue.pop_first() else {
                return match self.stage.director() {
                    None => Ok(End::Complete),
                    Some(_) => Err(SimulationError::Stuck {
                        at: self.clock.now(),
                    }),
                };
            };
            self.clock.advance(between(self.clock.now(), at));
            self.happen(at, happening);
            if let Some(failure) = self.stage.failure() {
                return Err(SimulationError::Record(failure));
            }
            if self.ended.is_none() {
                self.ended = self.stage.end().map(|end| (end, at));
            }
        }
        Err(SimulationError::Endless {
            happenings: most,
            at: self.clock.now(),
        })
    }

    /// How it ended, if nothing is under way any more.
    fn finished(&self) -> Option<End> {
        let (end, at) = self.ended?;
        let next = self.queue.first_key_value().map(|((next, _), _)| *next);
        let post_may_come =
            !self.post.is_empty() && next.is_some_and(|next| between(at, next) <= LAST_POST);
        (self.under_way == 0 && !post_may_come).then_some(end)
    }

    fn happen(&mut self, now: Timestamp, happening: Happening) {
        match happening {
            Happening::Started => self.tell(now, Input::Started),
            Happening::Woken => self.tell(now, Input::Woken),
            // Something earlier took its place.
            Happening::Due if self.due != Some(now) => return,
            Happening::Due => {
                self.due = None;
                if self.ended.is_none() {
                    for notification in self.stage.due(now) {
                        self.send(now, notification);
                    }
                }
                // What is still due now would be due forever.
                if let Some(next) = self.stage.next_due() {
                    self.put_due(next.max(now + NOT_AGAIN));
                }
                return;
            }
            Happening::Arrived {
                call,
                request,
                sent,
            } => self.arrive(now, call, request, sent),
            Happening::Left {
                call,
                exchange,
                outcome,
            } => {
                self.under_way -= 1;
                self.stage.done(now, *exchange);
                self.tell(now, Input::Answered(call, outcome));
            }
            Happening::Delivered(call, request) => {
                self.tell(now, Input::Notified(call, request));
            }
            Happening::Acknowledged(call, response) => {
                self.conclude(now, call, Outcome::Response(response));
            }
            Happening::Overdue(call) => {
                let failure = Failure {
                    kind: FailureKind::Timeout,
                    message: "no answer came in time".into(),
                };
                self.conclude(now, call, Outcome::Failure(failure));
            }
        }
        if let Some(next) = self.stage.next_due() {
            self.put_due(next.max(now));
        }
    }

    /// Tells the connector something and does what it wants done.
    fn tell(&mut self, now: Timestamp, input: Input) {
        for output in self.connector.handle(now, input) {
            match output {
                // It is told to stop when the plan has ended.
                Output::Send(..) | Output::Wake(_) if self.ended.is_some() => {}
                Output::Send(call, request) => {
                    self.under_way += 1;
                    let arrival = later(now, self.way);
                    self.put(
                        arrival,
                        Happening::Arrived {
                            call,
                            request,
                            sent: now,
                        },
                    );
                }
                Output::Answer(call, response) => {
                    self.put(
                        later(now, self.way),
                        Happening::Acknowledged(call, response),
                    );
                }
                Output::Wake(at) => self.put(at.max(now), Happening::Woken),
            }
        }
    }

    /// The platform answers a request; the connector waits no longer than it means to.
    fn arrive(&mut self, now: Timestamp, call: Call, request: Request, sent: Timestamp) {
        let reply = self.stage.answer(now, &request, Some(PEER));
        let answered = later(now, reply.cost());
        let patience = later(sent, self.connector.patience());
        let (end, seen, learnt) = if answered <= patience {
            let outcome = reply.outcome();
            (answered, outcome.clone(), outcome)
        } else {
            let failure = |kind, message: &str| {
                Outcome::Failure(Failure {
                    kind,
                    message: message.to_owned(),
                })
            };
            (
                patience.max(now),
                failure(
                    FailureKind::Cut,
                    "the client closed the connection before the answer",
                ),
                failure(FailureKind::Timeout, "no answer came in time"),
            )
        };
        let exchange = Exchange {
            request,
            outcome: seen,
            timing: Timing {
                request_first: now,
                request_last: now,
                response_first: end,
                response_last: end,
            },
            vantage: Vantage::Mock,
            connection: Some(Connection {
                number: 1,
                peer: PEER.to_owned(),
            }),
        };
        self.put(
            end,
            Happening::Left {
                call,
                exchange: Box::new(exchange),
                outcome: learnt,
            },
        );
    }

    fn send(&mut self, now: Timestamp, notification: Notification) {
        self.deliveries += 1;
        let call = Call(self.deliveries);
        let request = notification.request.clone();
        let deadline = later(now, notification.timeout);
        self.put(later(now, self.way), Happening::Delivered(call, request));
        self.put(deadline, Happening::Overdue(call));
        let sent = now;
        self.post.insert(call, Post { notification, sent });
    }

    /// A delivery comes to its end; the first end counts.
    fn conclude(&mut self, now: Timestamp, call: Call, outcome: Outcome) {
        let Some(Post { notification, sent }) = self.post.remove(&call) else {
            return;
        };
        let timing = Timing {
            request_first: sent,
            request_last: sent,
            response_first: now,
            response_last: now,
        };
        self.stage.notified(now, notification, outcome, timing);
    }

    fn put(&mut self, at: Timestamp, happening: Happening) {
        self.turn += 1;
        self.queue.insert((at, self.turn), happening);
    }

    fn put_due(&mut self, at: Timestamp) {
        if self.due.is_none_or(|due| at < due) {
            self.due = Some(at);
            self.put(at, Happening::Due);
        }
    }
}

#[cfg(test)]
#[path = "simulation_tests.rs"]
mod tests;
