//! What lies on the engine's desk while a script runs: the job, its outcome so far, and the ways to
//! time, chance and the host.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;

use super::effect::{
    Assertion, AssertionError, AssertionOutcome, Change, ConsoleLevel, ConsoleMessage, Limit,
    Mutation, NextRequest, Scope, ScriptError, ScriptOutcome,
};
use super::{CookieCall, ScriptJob, wording};
use crate::base::{Clock, Random};

/// What the engine tells the asynchronous side.
pub(super) enum Word {
    /// Send this request.
    Send { job: u64, call: u64, request: Value },
    /// Do this with the cookies.
    Cookies {
        job: u64,
        call: u64,
        cookies: CookieCall,
    },
    /// Look this up in the vault.
    Vault { job: u64, call: u64, name: String },
    /// The job is done.
    Done {
        job: u64,
        outcome: Box<ScriptOutcome>,
    },
}

/// See the module.
pub(super) struct Desk {
    pub clock: Clock,
    pub random: Random,
    pub words: UnboundedSender<Word>,
    pub job: Option<ScriptJob>,
    pub number: u64,
    pub outcome: ScriptOutcome,
    /// Calls to the host that are not answered yet, those that wait to be told included.
    pub in_flight: usize,
    /// Words that wait until the script has nothing left to do by itself: what it does meanwhile
    /// must not depend on how fast the other side is.
    outbox: VecDeque<Word>,
    pub calls: u64,
    /// The bodies that `pm.sendRequest` brought, by call.
    pub bodies: HashMap<u64, bytes::Bytes>,
}

impl Desk {
    pub fn new(clock: Clock, random: Random, words: UnboundedSender<Word>) -> Self {
        Self {
            clock,
            random,
            words,
            job: None,
            number: 0,
            outcome: ScriptOutcome::default(),
            in_flight: 0,
            outbox: VecDeque::new(),
            calls: 0,
            bodies: HashMap::new(),
        }
    }

    /// Milliseconds since 1970, whole as in JavaScript.
    pub fn now(&self) -> f64 {
        self.clock.now().as_millisecond() as f64
    }

    /// The body that call `call` brought; 0 is the job's own response.
    pub fn body(&self, call: u64) -> bytes::Bytes {
        let own = self.job.as_ref().and_then(|job| job.response.as_ref());
        let body = if call == 0 {
            own.map(|response| &response.body)
        } else {
            self.bodies.get(&call)
        };
        body.cloned().unwrap_or_default()
    }

    /// Passes a call of the prelude on; gives its number.
    pub fn call(&mut self, kind: &str, payload: &str) -> u64 {
        self.calls += 1;
        let (job, call) = (self.number, self.calls);
        let payload: Value = serde_json::from_str(payload).unwrap_or_default();
        let word = match kind {
            "send" => Word::Send {
                job,
                call,
                request: payload,
            },
            "vault" => Word::Vault {
                job,
                call,
                name: payload["name"].as_str().unwrap_or_default().to_owned(),
            },
            _ => match CookieCall::read(&payload) {
                Some(cookies) => Word::Cookies { job, call, cookies },
                // The prelude writes only calls that can be read.
                None => return call,
            },
        };
        self.in_flight += 1;
        self.outbox.push_back(word);
        call
    }

    /// Tells what waits to be told: all of it, but on the logical clock one word at a time, and
    /// the next when the last is answered, so that time stands still while a script looks at it.
    pub fn tell(&mut self) {
        let told = self.in_flight - self.outbox.len();
        let now = if self.clock.is_logical() {
            usize::from(told == 0).min(self.outbox.len())
        } else {
            self.outbox.len()
        };
        for word in self.outbox.drain(..now) {
            // If nobody listens any more, the job is being cancelled.
            let _ = self.words.send(word);
        }
    }

    /// Forgets what waits: the job that asked for it is over.
    pub fn clear_outbox(&mut self) {
        self.outbox.clear();
    }

    pub fn assertion(&mut self, said: SaidAssertion) {
        let outcome = match said.outcome {
            0 => AssertionOutcome::Passed,
            2 => AssertionOutcome::Skipped,
            _ => AssertionOutcome::Failed(AssertionError {
                name: said.kind,
                message: said.message,
                stack: own_lines(&said.stack, self.script_name()),
            }),
        };
        self.outcome.assertions.push(Assertion {
            name: said.name,
            index: said.index,
            outcome,
            asynchronous: said.asynchronous,
        });
    }

    pub fn console(&mut self, level: &str, text: String, arguments: &str) {
        self.outcome.console.push(ConsoleMessage {
            level: ConsoleLevel::named(level),
            text,
            arguments: serde_json::from_str(arguments).unwrap_or_default(),
        });
    }

    pub fn mutation(
        &mut self,
        scope: &str,
        instruction: &str,
        key: String,
        value: Option<String>,
        kind: Option<String>,
    ) {
        let change = if instruction == "set" {
            let value = value.and_then(|json| serde_json::from_str(&json).ok());
            Change::Set {
                value: value.unwrap_or_default(),
                kind,
            }
        } else {
            Change::Unset
        };
        self.outcome.mutations.push(Mutation {
            scope: Scope::named(scope),
            key,
            change,
        });
    }

    pub fn next(&mut self, json: Option<String>) {
        let value: Option<Value> = json.and_then(|json| serde_json::from_str(&json).ok());
        self.outcome.next_request = match value {
            None => None,
            Some(Value::Null) => Some(NextRequest::Stop),
            Some(Value::String(name)) => Some(NextRequest::Name(name)),
            Some(other) => Some(NextRequest::Name(other.to_string())),
        };
    }

    /// Records an error that no test caught.
    pub fn fail(&mut self, kind: String, message: String, stack: String) {
        let name = self.script_name();
        let place = place(&stack, name);
        let (line, column) = place.unzip();
        let stack = own_lines(&stack, name);
        let source = self.job.as_ref().map_or("", |job| &*job.source);
        let message = match place {
            Some(place) if kind == "SyntaxError" => wording::syntax_error(&message, source, place),
            // Without memory for an error object, the engine throws `null`. Scripts hardly do.
            _ if message == "null" && !source.contains("throw") && !source.contains("reject") => {
                "out of memory".to_owned()
            }
            _ => message,
        };
        let limit = match message.as_str() {
            "Maximum call stack size exceeded" => Some(Limit::Stack),
            "out of memory" | "string too long" => Some(Limit::Memory),
            _ => None,
        };
        self.outcome.fail(ScriptError {
            kind,
            message,
            line,
            column,
            stack,
            limit,
        });
    }

    /// What the running script is called.
    pub fn script_name(&self) -> &str {
        self.job.as_ref().map_or("", |job| job.name.as_str())
    }
}

/// What the prelude says of an assertion.
pub(super) struct SaidAssertion {
    pub name: String,
    pub index: usize,
    pub outcome: u8,
    pub asynchronous: bool,
    pub kind: String,
    pub message: String,
    pub stack: String,
}

/// Lines that the engine puts before a script's own first line.
pub(super) const HEAD_LINES: u32 = 1;

/// Line and column of the topmost frame that lies in the script called `name`.
fn place(stack: &str, name: &str) -> Option<(u32, u32)> {
    stack.lines().find_map(|frame| {
        let (_, line, column) = script_frame(frame, name)?;
        Some((line, column))
    })
}

/// The stack with the lines of the script as its author counts them.
fn own_lines(stack: &str, name: &str) -> String {
    let frames: Vec<String> = stack
        .lines()
        .map(|frame| match script_frame(frame, name) {
            Some((before, line, column)) => {
                let bracket = if frame.ends_with(')') { ")" } else { "" };
                format!("{before}{name}:{line}:{column}{bracket}")
            }
            None => frame.to_owned(),
        })
        .collect();
    frames.join("\n")
}

/// What stands before the place, the own line, and the column.
fn script_frame<'a>(frame: &'a str, name: &str) -> Option<(&'a str, u32, u32)> {
    let needle = format!("{name}:");
    let at = frame.rfind(&needle)?;
    let mut numbers = frame[at + needle.len()..].trim_end_matches(')').split(':');
    let line: u32 = numbers.next()?.parse().ok()?;
    let column = numbers.next()?.parse().ok()?;
    Some((&frame[..at], line.saturating_sub(HEAD_LINES).max(1), column))
}

/// The watchdog: the only part of the room that reads the machine's time, because a script in an
/// endless loop moves no clock of ours.
#[derive(Debug)]
pub(super) struct Watch {
    started: Instant,
    /// Nanoseconds after `started` at which the script must have ended.
    deadline: AtomicU64,
    barked: AtomicBool,
    /// The number of the job that nobody waits for any more.
    pub cancelled: AtomicU64,
    /// The number of the job that runs.
    pub running: AtomicU64,
}

impl Watch {
    #[expect(
        clippy::disallowed_methods,
        reason = "a script that does not end moves no logical clock"
    )]
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            started: Instant::now(),
            deadline: AtomicU64::new(u64::MAX),
            barked: AtomicBool::new(false),
            cancelled: AtomicU64::new(0),
            running: AtomicU64::new(0),
        })
    }

    /// Time since the watch was made.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    pub fn set(&self, deadline: Option<Duration>) {
        let nanoseconds = deadline.map_or(u64::MAX, |deadline| {
            u64::try_from(deadline.as_nanos()).unwrap_or(u64::MAX)
        });
        self.deadline.store(nanoseconds, Ordering::Relaxed);
        self.barked.store(false, Ordering::Relaxed);
    }

    /// Whether the running script must stop now. Called by the engine every few thousand steps.
    pub fn bark(&self) -> bool {
        let late = u128::from(self.deadline.load(Ordering::Relaxed)) <= self.elapsed().as_nanos();
        let over = late || self.is_cancelled();
        if over {
            self.barked.store(true, Ordering::Relaxed);
        }
        over
    }

    /// Whether a script was stopped since the last `set`.
    pub fn has_barked(&self) -> bool {
        self.barked.load(Ordering::Relaxed)
    }

    pub fn is_cancelled(&self) -> bool {
        let running = self.running.load(Ordering::Relaxed);
        running != 0 && self.cancelled.load(Ordering::Relaxed) == running
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_an_error_is_its_topmost_frame_in_the_script() {
        let stack =
            "    at eval (chai/lib/chai.js:9:9)\n    at f (Get (test):2:7)\n    at Get (test):3:1";
        assert_eq!(place(stack, "Get (test)"), Some((1, 7)));
        assert_eq!(place(stack, "Other"), None);
        assert_eq!(
            own_lines(stack, "Get (test)"),
            "    at eval (chai/lib/chai.js:9:9)\n    at f (Get (test):1:7)\n    at Get (test):2:1"
        );
    }
}
