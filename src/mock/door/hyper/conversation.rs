//! What is known of one connection: what is being read on it, and what waits for its answer.
//!
//! The wire tells it of bytes, the reception of requests and answers. From both it makes the
//! exchanges that an attendant is told of.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use tokio::sync::Notify;

use super::DoorLimits;
use crate::base::{Clock, Timestamp};
use crate::exchange::{
    Connection, Exchange, Failure, FailureKind, Outcome, Request, Response, Timing, Vantage,
    between,
};
use crate::mock::{Arrival, Ending};

/// One connection. Everything that uses it runs in one task.
pub(super) struct Conversation {
    connection: Connection,
    clock: Clock,
    /// The machine's time, by which limits are measured.
    machine: Clock,
    state: Mutex<State>,
    /// Told when the client has closed its side.
    left: Notify,
}

struct State {
    phase: Phase,
    /// When the phase began, or when bytes last moved in it, by the machine's time.
    since: Timestamp,
    /// When the first byte of the request that is being read arrived.
    first: Option<Timestamp>,
    /// When bytes last arrived.
    last: Timestamp,
    /// How many requests came whole.
    requests: u64,
    /// Requests that came whole and whose answers did not leave yet.
    waiting: VecDeque<Waiting>,
    complete: Vec<Exchange>,
    cut: Option<Cut>,
    /// Whether the connection ends with a reset.
    ending: Ending,
    has_left: bool,
    /// Whether the end was read since bytes last arrived.
    is_end_known: bool,
    /// Who reads on when the last answer has left.
    reader: Option<Waker>,
    /// Why what waits will not be answered.
    reason: Failure,
}

/// What is being done on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Idle,
    Head,
    Body,
    /// The attendant has not answered yet, or the answer is late by script.
    Attending,
    Answering,
}

/// A request on its way to its answer.
struct Waiting {
    /// Shared with the attendant until he has answered.
    request: Arc<Request>,
    arrived: (Timestamp, Timestamp),
    fate: Fate,
    /// When the first byte of the answer left.
    first: Option<Timestamp>,
    content: Content,
}

/// What is to become of a request.
enum Fate {
    Unknown,
    Answered(Response),
    Broken(Failure),
}

/// Where the body of an answer is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    Here,
    /// hyper has taken all that it wants of it.
    Gone,
}

/// After how many bytes an answer breaks off.
struct Cut {
    body: usize,
    /// How many may still leave; unknown before the head is seen.
    left: Option<usize>,
}

/// Whether the body of a request is still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Following {
    Body,
    Nothing,
}

/// What the end of what a client sends means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It still waits for an answer, or perhaps does; nothing more is read until the reader is woken.
    Waits,
    /// The connection is over.
    Over,
}

impl Conversation {
    pub(super) fn new(connection: Connection, clock: Clock, machine: Clock) -> Self {
        let last = clock.now();
        let since = machine.now();
        Self {
            connection,
            clock,
            machine,
            state: Mutex::new(State {
                phase: Phase::Idle,
                since,
                first: None,
                last,
                requests: 0,
                waiting: VecDeque::new(),
                complete: Vec::new(),
                cut: None,
                ending: Ending::Closed,
                has_left: false,
                is_end_known: false,
                reader: None,
                reason: Failure {
                    kind: FailureKind::Interrupted,
                    message: "the mock was stopped before the answer had left".into(),
                },
            }),
            left: Notify::new(),
        }
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Bytes arrived.
    pub(super) fn read(&self) {
        let now = self.clock.now();
        let mut state = self.state();
        state.last = now;
        state.is_end_known = false;
        state.first.get_or_insert(now);
        match state.phase {
            Phase::Idle => state.enter(Phase::Head, self.machine_time(now)),
            Phase::Body => state.since = self.machine_time(now),
            Phase::Head | Phase::Attending | Phase::Answering => {}
        }
    }

    /// The client closed its side. `reader` is woken when there is an end to read.
    pub(super) fn closed_by_client(&self, reader: &Waker) -> End {
        let mut state = self.state();
        if state.waiting.is_empty() {
            // hyper reads on before it hands over a request that it has whole: it gets a turn to do so.
            let is_reading = matches!(state.phase, Phase::Head | Phase::Body);
            if is_reading && !std::mem::replace(&mut state.is_end_known, true) {
                reader.wake_by_ref();
                return End::Waits;
            }
            return End::Over;
        }
        state.has_left = true;
        state.reader = Some(reader.clone());
        drop(state);
        self.left.notify_waiters();
        End::Waits
    }

    /// The head of a request was read; gives back when its first byte arrived.
    pub(super) fn head_read(&self, following: Following) -> Timestamp {
        let mut state = self.state();
        let first = state.first.unwrap_or(state.last);
        if following == Following::Body {
            state.enter(Phase::Body, self.machine.now());
        }
        first
    }

    /// The request that began at `first` is here. It waits for its answer from now on.
    pub(super) fn request_read(&self, first: Timestamp, request: Arc<Request>) -> Arrival {
        let mut state = self.state();
        let last = state.last.max(first);
        state.first = None;
        state.requests += 1;
        state.waiting.push_back(Waiting {
            request,
            arrived: (first, last),
            fate: Fate::Unknown,
            first: None,
            content: Content::Here,
        });
        state.phase = Phase::Attending;
        Arrival {
            first,
            last,
            connection: self.connection.clone(),
        }
    }

    /// Waits, but no longer than the client does.
    pub(super) async fn delay(&self, wait: Duration) {
        let left = self.left.notified();
        if self.state().has_left {
            return;
        }
        tokio::select! {
            () = self.clock.sleep(wait) => {}
            () = left => {}
        }
    }

    /// The request that waits is answered with `response`.
    pub(super) fn answered(&self, response: Response) {
        self.decide(Fate::Answered(response));
    }

    /// The answer to the request that waits breaks off: before its first byte, or, where `body` is
    /// the length of its body, after half of it.
    pub(super) fn broken(&self, ending: Ending, body: Option<usize>, failure: Failure) {
        {
            let mut state = self.state();
            state.ending = ending;
            state.cut = body.map(|body| Cut { body, left: None });
        }
        self.decide(Fate::Broken(failure));
    }

    fn decide(&self, fate: Fate) {
        let now = self.machine.now();
        let mut state = self.state();
        state.enter(Phase::Answering, now);
        if let Some(waiting) = state.waiting.back_mut() {
            waiting.fate = fate;
        }
    }

    /// hyper needs no more of the body of the answer.
    pub(super) fn content_gone(&self) {
        if let Some(waiting) = self.state().waiting.back_mut() {
            waiting.content = Content::Gone;
        }
    }

    /// Whether the answer breaks off.
    pub(super) fn is_cut(&self) -> bool {
        self.state().cut.is_some()
    }

    /// How many of `bytes` may leave.
    pub(super) fn permitted(&self, bytes: &[u8]) -> usize {
        let mut state = self.state();
        let Some(cut) = &mut state.cut else {
            return bytes.len();
        };
        // hyper hands out the whole head at once, at the beginning.
        let left = *cut.left.get_or_insert_with(|| {
            let head = bytes
                .windows(4)
                .position(|window| window == b"\r\n\r\n")
                .map_or(bytes.len(), |end| end + 4);
            match cut.body {
                0 => head / 2,
                body => head + body / 2,
            }
        });
        left.min(bytes.len())
    }

    /// So many bytes left.
    pub(super) fn wrote(&self, bytes: usize) {
        let now = self.clock.now();
        let mut state = self.state();
        state.since = self.machine_time(now);
        if let Some(left) = state.cut.as_mut().and_then(|cut| cut.left.as_mut()) {
            *left = left.saturating_sub(bytes);
        }
        if let Some(waiting) = state.waiting.back_mut() {
            waiting.first.get_or_insert(now);
        }
    }

    /// Whether an answer has left as soon as everything that was written has.
    pub(super) fn is_written(&self) -> bool {
        self.state()
            .waiting
            .front()
            .is_some_and(Waiting::is_written)
    }

    /// Everything that was written has left.
    pub(super) fn flushed(&self) {
        let now = self.clock.now();
        let mut state = self.state();
        while state.waiting.front().is_some_and(Waiting::is_written)
            && let Some(waiting) = state.waiting.pop_front()
        {
            let exchange = waiting.into_exchange(&self.connection, now, &state.reason);
            state.complete.push(exchange);
        }
        if state.waiting.is_empty() {
            let phase = match state.first {
                Some(_) => Phase::Head,
                None => Phase::Idle,
            };
            state.enter(phase, self.machine_time(now));
            if let Some(reader) = state.reader.take() {
                reader.wake();
            }
        }
    }

    /// The exchanges that are over.
    pub(super) fn take_complete(&self) -> Vec<Exchange> {
        std::mem::take(&mut self.state().complete)
    }

    /// How the connection is to end.
    pub(super) fn ending(&self) -> Ending {
        self.state().ending
    }

    /// What now is too late by `limits`, and why.
    pub(super) fn overdue(&self, limits: &DoorLimits) -> Option<String> {
        let now = self.machine.now();
        let state = self.state();
        let (limit, what) = match state.phase {
            Phase::Idle => (limits.idle, "it was silent"),
            Phase::Head => (limits.head, "the head of a request was not whole"),
            Phase::Body => (limits.stall, "nothing more came of a body"),
            Phase::Attending => return None,
            Phase::Answering => (limits.stall, "nothing was taken of the answer"),
        };
        (between(state.since, now) >= limit).then(|| format!("{what} for {limit:?}"))
    }

    /// Says why whatever waits will not be answered.
    pub(super) fn conclude(&self, kind: FailureKind, message: impl Into<String>) {
        self.state().reason = Failure {
            kind,
            message: message.into(),
        };
    }

    /// The connection is closed: everything that waits has failed.
    pub(super) fn end(&self) -> Vec<Exchange> {
        let now = self.clock.now();
        let mut state = self.state();
        let mut exchanges = std::mem::take(&mut state.complete);
        for waiting in std::mem::take(&mut state.waiting) {
            exchanges.push(waiting.into_failure(&self.connection, now, &state.reason));
        }
        exchanges
    }

    /// Whether something of a request came that is not told as an exchange, or nothing at all.
    pub(super) fn is_disturbed(&self) -> bool {
        let state = self.state();
        match state.phase {
            Phase::Idle => state.requests == 0,
            Phase::Head | Phase::Body => true,
            Phase::Attending | Phase::Answering => false,
        }
    }

    /// The machine's time, where the time of the exchanges is `now`.
    fn machine_time(&self, now: Timestamp) -> Timestamp {
        if self.clock.is_logical() {
            self.machine.now()
        } else {
            now
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing is left half done where a panic may come from.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn enter(&mut self, phase: Phase, now: Timestamp) {
        self.phase = phase;
        self.since = now;
    }
}

impl Waiting {
    fn is_written(&self) -> bool {
        self.content == Content::Gone
            && self.first.is_some()
            && matches!(self.fate, Fate::Answered(_))
    }

    /// What became of it when everything that was written had left.
    fn into_exchange(self, connection: &Connection, now: Timestamp, reason: &Failure) -> Exchange {
        let outcome = match self.fate {
            Fate::Answered(response) => Outcome::Response(response),
            Fate::Broken(failure) => Outcome::Failure(failure),
            Fate::Unknown => Outcome::Failure(reason.clone()),
        };
        let first = match outcome {
            Outcome::Response(_) => self.first.unwrap_or(now),
            Outcome::Failure(_) => now,
        };
        Exchange {
            request: Arc::unwrap_or_clone(self.request),
            outcome,
            timing: Timing {
                request_first: self.arrived.0,
                request_last: self.arrived.1,
                response_first: first,
                response_last: now,
            },
            vantage: Vantage::Mock,
            connection: Some(connection.clone()),
        }
    }

    /// What became of it when its connection broke.
    fn into_failure(
        mut self,
        connection: &Connection,
        now: Timestamp,
        reason: &Failure,
    ) -> Exchange {
        if matches!(self.fate, Fate::Answered(_)) {
            self.fate = Fate::Unknown;
        }
        self.into_exchange(connection, now, reason)
    }
}

/// Tells the conversation when it is dropped that hyper needs no more of a body.
pub(super) struct ContentGuard(pub(super) Arc<Conversation>);

impl Drop for ContentGuard {
    fn drop(&mut self) {
        self.0.content_gone();
    }
}
