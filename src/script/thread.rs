//! The engine's thread, and the handle that the asynchronous side has on it.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::desk::{Desk, Watch, Word};
use super::engine::{Fault, Machine};
use super::{
    CookieReply, Limit, ScriptError, ScriptHost, ScriptJob, ScriptOutcome, ScriptResponse,
    SendError,
};
use crate::base::{Clock, Random};

/// The thread's stack; the engine's own limit lies far below.
const THREAD_STACK: usize = 16 * 1024 * 1024;

/// How far one script may move the logical clock by waiting.
const LONGEST_LOGICAL_WAIT: Duration = Duration::from_hours(24);

/// How long a script that was stopped may take to hand over what it has.
const GRACE: Duration = Duration::from_millis(500);

/// With what an engine runs.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// The time that scripts see.
    pub clock: Clock,
    /// The chance that scripts see.
    pub random: Random,
    /// What all scripts together may hold, in bytes.
    pub memory_limit: usize,
    /// The user's limit for one script, in real and in logical time, waiting included.
    pub script_timeout: Option<Duration>,
    /// The limit of real time for one script, without the time that it waits for timers of its own.
    pub watchdog: Duration,
    /// Strict: a test ends when its promise and its callbacks have ended. Otherwise as newman: it
    /// ends when its function returns.
    pub await_tests: bool,
}

impl EngineOptions {
    /// 256 MiB, no limit of the user's, a watchdog of 30 s, strict.
    pub fn new(clock: Clock, random: Random) -> Self {
        Self {
            clock,
            random,
            memory_limit: 256 * 1024 * 1024,
            script_timeout: None,
            watchdog: Duration::from_secs(30),
            await_tests: true,
        }
    }
}

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The operating system gave no thread.
    #[error("cannot start the thread that runs scripts")]
    Thread(#[source] std::io::Error),
}

/// What the engine's thread is told.
enum Order {
    Run {
        job: u64,
        script: Box<ScriptJob>,
    },
    Sent {
        job: u64,
        call: u64,
        answer: Box<Result<ScriptResponse, SendError>>,
    },
    Answered {
        job: u64,
        call: u64,
        answer: Result<Value, String>,
    },
    /// Look at the watch: somebody went away.
    Wake,
}

/// Runs the scripts of one run, one after the other, on a thread of its own.
#[derive(Debug)]
pub struct Engine {
    orders: Sender<Order>,
    words: UnboundedReceiver<Word>,
    watch: Arc<Watch>,
    jobs: u64,
}

impl Engine {
    /// Starts the thread. It prepares itself in the background.
    pub fn start(options: EngineOptions) -> Result<Engine, EngineError> {
        let (orders, received) = channel();
        let (said, words) = unbounded_channel();
        let watch = Watch::new();
        let own = Arc::clone(&watch);
        std::thread::Builder::new()
            .name("script".to_owned())
            .stack_size(THREAD_STACK)
            .spawn(move || {
                let desk = Desk::new(options.clock.clone(), options.random.clone(), said);
                Worker {
                    desk: Rc::new(RefCell::new(desk)),
                    machine: None,
                    orders: received,
                    watch: own,
                    options,
                }
                .serve();
            })
            .map_err(EngineError::Thread)?;
        Ok(Engine {
            orders,
            words,
            watch,
            jobs: 0,
        })
    }

    /// Runs one script to its end, with everything that it waits for. If the future is dropped, the
    /// script is stopped.
    pub async fn execute(&mut self, job: ScriptJob, host: &dyn ScriptHost) -> ScriptOutcome {
        self.jobs += 1;
        let number = self.jobs;
        let _stop = StopOnDrop {
            watch: &self.watch,
            orders: &self.orders,
            job: number,
        };
        let script = Box::new(job);
        // If the thread is gone, nothing will be said either.
        let _ = self.orders.send(Order::Run {
            job: number,
            script,
        });
        let mut sends = FuturesUnordered::new();
        loop {
            tokio::select! {
                word = self.words.recv() => match word {
                    None => return ScriptOutcome::broken(ScriptError {
                        kind: "InternalError".to_owned(),
                        message: "the script engine has stopped".to_owned(),
                        ..ScriptError::default()
                    }),
                    Some(Word::Done { job, outcome }) if job == number => return *outcome,
                    Some(Word::Send { job, call, request }) if job == number => {
                        sends.push(async move { (call, host.send(request).await) });
                    }
                    Some(Word::Cookies { job, call, cookies }) if job == number => {
                        let answer = match host.cookies(cookies) {
                            CookieReply::Cookies(cookies) => Ok(Value::Array(cookies)),
                            CookieReply::Done => Ok(Value::Array(Vec::new())),
                            CookieReply::Refused(why) => Err(why),
                        };
                        let _ = self.orders.send(Order::Answered { job, call, answer });
                    }
                    Some(Word::Vault { job, call, name }) if job == number => {
                        let answer = Ok(host.vault(&name).map_or(Value::Null, Value::String));
                        let _ = self.orders.send(Order::Answered { job, call, answer });
                    }
                    // From a job that was given up.
                    Some(_) => {}
                },
                Some((call, answer)) = sends.next(), if !sends.is_empty() => {
                    let answer = Box::new(answer);
                    let _ = self.orders.send(Order::Sent { job: number, call, answer });
                }
            }
        }
    }
}

struct StopOnDrop<'a> {
    watch: &'a Watch,
    orders: &'a Sender<Order>,
    job: u64,
}

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.watch.cancelled.store(self.job, Ordering::Relaxed);
        let _ = self.orders.send(Order::Wake);
    }
}

/// The thread's side.
struct Worker {
    machine: Option<Machine>,
    desk: Rc<RefCell<Desk>>,
    orders: Receiver<Order>,
    watch: Arc<Watch>,
    options: EngineOptions,
}

/// How a script came to its end.
enum End {
    /// By itself, or because of an error that is on the desk.
    Itself,
    /// It was stopped; the engine's state cannot be trusted.
    Stopped(ScriptError),
    /// The machine failed below it.
    Fault(Fault),
}

impl From<Fault> for End {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl Worker {
    fn serve(mut self) {
        // What goes wrong here is said by the first job, which tries again.
        self.machine = self.boot().ok();
        while let Ok(order) = self.orders.recv() {
            let Order::Run { job, script } = order else {
                continue;
            };
            self.watch.running.store(job, Ordering::Relaxed);
            let outcome = Box::new(self.run(job, *script));
            self.watch.running.store(0, Ordering::Relaxed);
            if self
                .desk
                .borrow()
                .words
                .send(Word::Done { job, outcome })
                .is_err()
            {
                break;
            }
        }
    }

    fn boot(&self) -> Result<Machine, Fault> {
        self.watch.set(None);
        let machine = Machine::new(&self.desk, &self.watch, self.options.memory_limit)?;
        machine.warm()?;
        Ok(machine)
    }

    fn run(&mut self, job: u64, mut script: ScriptJob) -> ScriptOutcome {
        if script.name.is_empty() {
            // Errors are found by it.
            "script".clone_into(&mut script.name);
        }
        if let Some(machine) = &self.machine {
            // A script that skipped its request may have left promises; what they do is not this
            // script's.
            self.watch.set(Some(self.watch.elapsed() + GRACE));
            if machine.drain().is_err() {
                self.machine = None;
            }
        }
        {
            let mut desk = self.desk.borrow_mut();
            desk.job = Some(script);
            desk.number = job;
            desk.outcome = ScriptOutcome::default();
            desk.in_flight = 0;
            desk.clear_outbox();
            desk.bodies.clear();
        }
        if self.machine.is_none() {
            match self.boot() {
                Ok(machine) => self.machine = Some(machine),
                Err([kind, message, stack]) => {
                    return ScriptOutcome::broken(ScriptError {
                        kind,
                        message,
                        stack,
                        ..ScriptError::default()
                    });
                }
            }
        }
        let end = self.drive();
        let broken = match end {
            End::Itself => self.watch.has_barked(),
            End::Stopped(error) => {
                self.desk.borrow_mut().outcome.fail(error);
                true
            }
            End::Fault([kind, message, stack]) => {
                self.desk.borrow_mut().fail(kind, message, stack);
                // A syntax error is the script's own business; anything else is not.
                self.desk
                    .borrow()
                    .outcome
                    .error
                    .as_ref()
                    .is_none_or(|e| e.kind != "SyntaxError")
            }
        };
        self.watch.set(Some(self.watch.elapsed() + GRACE));
        let request = self.machine.as_ref().map(|machine| machine.finish(broken));
        let mut desk = self.desk.borrow_mut();
        if let Some(Ok(Some(json))) = &request {
            desk.outcome.request = serde_json::from_str(json).ok();
        }
        desk.job = None;
        let outcome = std::mem::take(&mut desk.outcome);
        drop(desk);
        let memory = outcome.ran_out_of_memory();
        if broken || memory || !matches!(request, Some(Ok(_))) {
            self.machine = None;
            self.machine = self.boot().ok();
        }
        outcome
    }

    /// Runs the script on the desk until nothing of it is left.
    fn drive(&mut self) -> End {
        match self.turn() {
            Ok(()) => End::Itself,
            Err(End::Fault(_)) if self.watch.has_barked() => self.late(false),
            Err(end) => end,
        }
    }

    fn turn(&mut self) -> Result<(), End> {
        let machine = self
            .machine
            .as_mut()
            .expect("`run` sees to it that there is one");
        let mut limits = Limits::new(&self.options, &self.watch);
        limits.arm(&self.watch);
        machine.begin(self.options.await_tests)?;
        loop {
            machine.drain()?;
            if self.desk.borrow().outcome.skip_request {
                return Ok(());
            }
            if self.watch.bark() {
                return Err(self.late(true));
            }
            let (now, in_flight) = {
                let desk = self.desk.borrow();
                (desk.now(), desk.in_flight)
            };
            let due = machine.due()?;
            if due < 0.0 && in_flight == 0 {
                if !machine.ended()? {
                    let message = "the script waits for a promise that nothing will settle";
                    let message = message.to_owned();
                    self.desk
                        .borrow_mut()
                        .fail("Error".to_owned(), message, String::new());
                }
                return Ok(());
            }
            if due >= 0.0 && due <= now {
                machine.fire()?;
                continue;
            }
            if due >= 0.0 && in_flight == 0 && self.options.clock.is_logical() {
                let wait = milliseconds(due - now);
                if let Some(error) = limits.wait_logically(wait) {
                    return Err(End::Stopped(error));
                }
                self.options.clock.advance(wait);
                machine.fire()?;
                continue;
            }
            let patient = in_flight == 0 && machine.patient()?;
            let began = self.watch.elapsed();
            let mut wait = limits.left(began, patient);
            if due >= 0.0 && !self.options.clock.is_logical() {
                wait = wait.min(milliseconds(due - now));
            }
            self.desk.borrow_mut().tell();
            let order = self.orders.recv_timeout(wait);
            if patient {
                limits.forgive(self.watch.elapsed().saturating_sub(began));
                limits.arm(&self.watch);
            }
            let current = self.desk.borrow().number;
            match order {
                Ok(Order::Sent { job, call, answer }) if job == current => {
                    self.desk.borrow_mut().in_flight -= 1;
                    machine.answer_send(call, *answer)?;
                }
                Ok(Order::Answered { job, call, answer }) if job == current => {
                    self.desk.borrow_mut().in_flight -= 1;
                    machine.answer(call, answer)?;
                }
                Ok(_) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(End::Stopped(cancelled()));
                }
            }
        }
    }

    /// Why the watch has barked.
    fn late(&self, waiting: bool) -> End {
        if self.watch.is_cancelled() {
            return End::Stopped(cancelled());
        }
        End::Stopped(timeout(&self.options, waiting))
    }
}

/// How long the running script may go on.
struct Limits {
    watchdog: Duration,
    timeout: Option<Duration>,
    longest_wait: Duration,
    waited: Duration,
    options: EngineOptions,
}

impl Limits {
    fn new(options: &EngineOptions, watch: &Watch) -> Self {
        let now = watch.elapsed();
        Self {
            watchdog: now + options.watchdog,
            timeout: options.script_timeout.map(|timeout| now + timeout),
            longest_wait: options.script_timeout.unwrap_or(LONGEST_LOGICAL_WAIT),
            waited: Duration::ZERO,
            options: options.clone(),
        }
    }

    fn arm(&self, watch: &Watch) {
        let deadline = self
            .timeout
            .map_or(self.watchdog, |timeout| timeout.min(self.watchdog));
        watch.set(Some(deadline));
    }

    /// How long the thread may sleep.
    fn left(&self, now: Duration, patient: bool) -> Duration {
        let watchdog = if patient {
            Duration::MAX
        } else {
            self.watchdog
        };
        self.timeout
            .map_or(watchdog, |timeout| timeout.min(watchdog))
            .saturating_sub(now)
    }

    /// The watchdog does not count this time.
    fn forgive(&mut self, waited: Duration) {
        self.watchdog += waited;
    }

    fn wait_logically(&mut self, wait: Duration) -> Option<ScriptError> {
        self.waited += wait;
        (self.waited >= self.longest_wait).then(|| match self.options.script_timeout {
            Some(_) => timeout(&self.options, true),
            None => limit("the script waited for more than 24 hours of logical time".to_owned()),
        })
    }
}

fn timeout(options: &EngineOptions, waiting: bool) -> ScriptError {
    limit(match options.script_timeout {
        // Postman's words.
        Some(timeout) if timeout <= options.watchdog => {
            let form = if waiting {
                "asynchronous"
            } else {
                "synchronous"
            };
            format!("sandbox: {form} script execution timeout")
        }
        _ => format!(
            "the script ran for more than {:?} and was stopped",
            options.watchdog
        ),
    })
}

fn cancelled() -> ScriptError {
    limit("the script was stopped because the run was".to_owned())
}

fn limit(message: String) -> ScriptError {
    ScriptError {
        kind: "Error".to_owned(),
        message,
        limit: Some(Limit::Time),
        ..ScriptError::default()
    }
}

fn milliseconds(wait: f64) -> Duration {
    Duration::try_from_secs_f64(wait.max(0.0) / 1000.0).unwrap_or(Duration::MAX)
}
