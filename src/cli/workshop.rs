//! What every command that sends something sets up in the same way.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;

use super::args::{TargetArgs, TrustArgs};
use super::failure::CommandFailure;
use super::target;
use crate::base::{Clock, Random, Redactor, Secret};
use crate::collection::{Collection, Environment, Variable};
use crate::event::{Events, Listener};
use crate::profile::Profile;
use crate::run::{
    Backoff, Cancellation, Dispatcher, DispatcherParts, FileReader, Pace, RetryPolicy, RunOptions,
    Session, cancellation,
};
use crate::transport::{Client, ClientOptions, Identity, TargetMap};
use crate::variable::{Entry, Scope};

/// What a session is set up from.
pub struct Workshop<'a> {
    /// The clock of the run.
    pub clock: Clock,
    /// All chance of the run.
    pub chance: Random,
    /// The profile.
    pub profile: &'a Profile,
    /// Knows every secret.
    pub redactor: Arc<Redactor>,
    /// Stops the run.
    pub cancellation: Cancellation,
    /// What was typed of the target.
    pub args: &'a TargetArgs,
    /// How the run goes.
    pub options: RunOptions,
}

/// Where the requests of a session go, and how fast.
pub struct Road {
    /// Where they go.
    pub map: TargetMap,
    /// What is done on 429 and 503.
    pub backoff: Backoff,
    /// The rate that is kept to; `None` for none.
    pub pace: Option<Pace>,
    /// The client's own certificates.
    pub identities: Vec<Identity>,
}

impl Workshop<'_> {
    /// A session that sends along `road` and tells `listeners`.
    pub fn session(
        &self,
        road: Road,
        listeners: Vec<Box<dyn Listener + Send>>,
        files: Box<dyn FileReader>,
    ) -> Result<Session, CommandFailure> {
        let Road {
            map,
            backoff,
            pace,
            identities,
        } = road;
        let mut trust = target::trust(&self.args.trust)?;
        trust.identities = identities;
        let client_options = ClientOptions {
            trust,
            timeout: self.options.request_timeout,
        };
        let client = Client::new(self.clock.clone(), map, client_options);
        let policy = &self.profile.backoff;
        let dispatcher = Dispatcher::new(DispatcherParts {
            clock: self.clock.clone(),
            client,
            retry: RetryPolicy {
                backoff,
                maximum_attempts: policy.maximum_attempts.value,
                base: policy.base.value,
                cap: policy.cap.value,
                minimum: policy.minimum_wait.value.max(Duration::from_millis(1)),
            },
            pace,
            events: Events::new(self.clock.clone(), listeners),
            fresh_header: self.profile.headers.interaction_id.value.clone(),
            chance: self.chance.fork("jitter"),
            redactor: Arc::clone(&self.redactor),
            cancellation: self.cancellation.clone(),
        });
        let (clock, chance) = (self.clock.clone(), self.chance.fork("requests"));
        Ok(Session::new(
            Arc::new(dispatcher),
            self.options.clone(),
            clock,
            chance,
            files,
        ))
    }
}

/// Refuses extra certificates that cannot be used, before anything is begun.
pub fn check_certificates(args: &TrustArgs) -> Result<(), CommandFailure> {
    if args.extra_certificates.is_none() {
        return Ok(());
    }
    let options = ClientOptions {
        trust: target::trust(args)?,
        timeout: None,
    };
    Client::new(Clock::system(), TargetMap::closed(), options)
        .check_certificates()
        .map_err(CommandFailure::Certificates)
}

/// Fields of an auth object that are secret where a collection writes them out.
const SECRET_AUTH_FIELDS: [&str; 13] = [
    "password",
    "token",
    "value",
    "accessToken",
    "clientSecret",
    "consumerSecret",
    "tokenSecret",
    "secretKey",
    "authKey",
    "secret",
    "privateKey",
    "sessionToken",
    "refreshToken",
];

/// Makes the secrets of files known: values typed `secret`, and auth values that a collection
/// writes out.
pub fn learn_secrets(
    redactor: &Redactor,
    environments: &[&Environment],
    collections: &[&Collection],
) {
    for environment in environments {
        for (name, value) in environment.secrets() {
            redactor.learn(name, value.expose());
        }
    }
    for variable in collections
        .iter()
        .flat_map(|collection| &collection.variables)
    {
        if let Some(value) = variable.value.as_str().filter(|_| variable.is_secret()) {
            redactor.learn(&variable.key, value);
        }
    }
    for step in collections.iter().flat_map(|collection| collection.steps()) {
        if let Some(auth) = &step.auth {
            learn_auth(redactor, auth);
        }
    }
}

/// Makes the secret values of an auth object known, in the form of v2.1 (rows) or v2.0 (fields).
fn learn_auth(redactor: &Redactor, auth: &Value) {
    let Some(parameters) = auth
        .get("type")
        .and_then(Value::as_str)
        .and_then(|kind| auth.get(kind))
    else {
        return;
    };
    let rows = parameters
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|row| Some((row.get("key")?.as_str()?, row.get("value")?.as_str()?)));
    let fields = parameters
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
    for (name, value) in rows.chain(fields) {
        if SECRET_AUTH_FIELDS.contains(&name) && !value.contains("{{") {
            redactor.learn(name, value);
        }
    }
}

/// A scope with the variables of a file.
pub fn scope(variables: &[Variable]) -> Scope {
    variables
        .iter()
        .map(|variable| Entry {
            key: variable.key.clone(),
            value: variable.value.clone(),
            kind: variable.kind.clone(),
            disabled: variable.disabled,
        })
        .collect()
}

/// The variables of a scope, as an export has them.
pub fn variables(scope: &Scope) -> Vec<Variable> {
    scope
        .entries()
        .iter()
        .map(|entry| Variable {
            key: entry.key.clone(),
            value: entry.value.clone(),
            kind: entry.kind.clone(),
            disabled: entry.disabled,
        })
        .collect()
}

/// The secrets that `pm.vault` gives out: those of the environment.
pub fn vault(environment: &Environment) -> BTreeMap<String, Secret> {
    environment
        .secrets()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// A cancellation that Ctrl-C, the end that a supervisor sends (SIGTERM), or a terminal that is
/// closed (SIGHUP, unless it is ignored) sets off. Called inside the runtime.
#[must_use]
pub fn stop_on_signal() -> Cancellation {
    stop_on_signal_after(LastWill::default())
}

/// What is to be done before the process ends without waiting: deeds in the order in which they
/// were added. Cheap to clone; clones share one.
#[derive(Clone, Default)]
pub struct LastWill(Arc<Mutex<Vec<Deed>>>);

type Deed = Box<dyn FnOnce() + Send>;

/// How long the last will may take where it writes something down.
const LAST_WORDS: Duration = Duration::from_secs(1);

impl LastWill {
    /// Adds a deed, which must not wait for anything.
    pub fn add(&self, deed: impl FnOnce() + Send + 'static) {
        self.deeds().push(Box::new(deed));
    }

    /// Adds a deed that may wait, for a disk say; it is not waited for for long.
    pub fn add_words(&self, deed: impl FnOnce() + Send + 'static) {
        self.add(move || {
            let (done, heard) = std::sync::mpsc::channel();
            let thread = std::thread::Builder::new().spawn(move || {
                deed();
                // Nobody may listen any more.
                let _ = done.send(());
            });
            if thread.is_ok() {
                let _ = heard.recv_timeout(LAST_WORDS);
            }
        });
    }

    fn execute(&self) {
        let deeds = std::mem::take(&mut *self.deeds());
        for deed in deeds {
            deed();
        }
    }

    fn deeds(&self) -> MutexGuard<'_, Vec<Deed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// As [`stop_on_signal`]; `will` is done before the process ends without waiting.
#[must_use]
pub fn stop_on_signal_after(will: LastWill) -> Cancellation {
    let (canceller, cancellation) = cancellation();
    // From now on, not from when the task is first looked at: what follows may start a process.
    let mut signals = Signals::listen();
    tokio::spawn(async move {
        signals.next().await;
        canceller.cancel();
        // Whoever says it twice means at once. Nothing is lost that was written down so far.
        signals.next().await;
        will.execute();
        end_at_once();
    });
    cancellation
}

/// Ends the process without waiting for anything.
#[expect(
    clippy::disallowed_methods,
    reason = "a second Ctrl-C must not wait for what the first could not stop"
)]
fn end_at_once() -> ! {
    std::process::exit(crate::conformance::ExitStatus::Interrupted.code().into())
}

/// The signals that ask a process to end. One that cannot be listened for never comes.
#[cfg(unix)]
struct Signals {
    interrupt: Option<tokio::signal::unix::Signal>,
    terminate: Option<tokio::signal::unix::Signal>,
    /// The terminal was closed.
    hangup: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self {
            interrupt: signal(SignalKind::interrupt()).ok(),
            terminate: signal(SignalKind::terminate()).ok(),
            hangup: (!hangup_is_ignored())
                .then(|| signal(SignalKind::hangup()).ok())
                .flatten(),
        }
    }

    async fn next(&mut self) {
        async fn came(signal: &mut Option<tokio::signal::unix::Signal>) {
            match signal {
                Some(signal) => {
                    signal.recv().await;
                }
                None => std::future::pending().await,
            }
        }
        tokio::select! {
            () = came(&mut self.interrupt) => {}
            () = came(&mut self.terminate) => {}
            () = came(&mut self.hangup) => {}
        }
    }
}

/// Whether somebody wants this process to outlive its terminal (nohup); so also where nobody can
/// tell.
#[cfg(unix)]
fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // SIGHUP is signal 1, the lowest bit.
    ignored.is_none_or(|mask| mask & 1 == 1)
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> Self {
        Self
    }

    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
