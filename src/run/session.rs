//! One step: its scripts, its request, its effects.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::body::FileReader;
use super::dispatcher::Dispatcher;
use super::execution::{Execution, ScriptRun};
use super::options::RunOptions;
use super::proof::Proofs;
use super::scripting::{StepHost, apply, cookies_for, secrets_set};
use crate::base::{Clock, Random, Secret};
use crate::collection::{Compatibility, RequestTemplate, Script, Step};
use crate::event::{
    AssertionOutcome, AssertionRecord, EventKind, ItemName, Listen, ListenerError, Provocation,
    WaitReason,
};
use crate::script::{
    AssertionOutcome as ScriptedOutcome, ConsoleLevel, Engine, EngineError, EngineOptions, Info,
    NextRequest, ScriptError, ScriptJob, ScriptOutcome, ScriptResponse,
};
use crate::transport::RedirectPolicy;
use crate::variable::{Scope, Scopes};

/// The memory that the scripts of a run may use, in bytes.
const SCRIPT_MEMORY: usize = 512 * 1024 * 1024;

/// How long a script may take where the user sets no limit.
const SCRIPT_WATCHDOG: Duration = Duration::from_mins(1);

/// A run in progress: what lasts from step to step.
pub struct Session {
    pub(super) dispatcher: Arc<Dispatcher>,
    pub(super) options: RunOptions,
    /// The variables; a later run of another collection may go on with them.
    pub scopes: Scopes,
    /// The environment's name.
    pub environment_name: String,
    /// What `pm.vault` gives out.
    pub vault: BTreeMap<String, Secret>,
    pub(super) clock: Clock,
    pub(super) chance: Random,
    pub(super) proofs: Proofs,
    files: Box<dyn FileReader>,
    engine: Option<Engine>,
    steps: u64,
}

/// A run cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The history cannot be written.
    #[error(transparent)]
    Listener(#[from] ListenerError),
    /// The script engine does not start.
    #[error("the script engine does not start")]
    Engine(#[from] EngineError),
}

/// Where a step stands.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) position: usize,
    pub(super) length: usize,
    pub(super) iteration: u32,
    pub(super) iterations: u32,
}

/// What a step leaves to the runner.
pub(super) struct StepEnd {
    pub(super) execution: Execution,
    pub(super) next: Option<NextRequest>,
}

/// What is known of the step while its scripts run.
pub(super) struct Stage<'a> {
    pub(super) step: &'a Arc<Step>,
    pub(super) number: u64,
    pub(super) place: &'a Place,
    pub(super) host: StepHost<'a>,
}

impl Session {
    /// A session.
    #[must_use]
    pub fn new(
        dispatcher: Arc<Dispatcher>,
        options: RunOptions,
        clock: Clock,
        chance: Random,
        files: Box<dyn FileReader>,
    ) -> Self {
        Self {
            dispatcher,
            options,
            scopes: Scopes::default(),
            environment_name: String::new(),
            vault: BTreeMap::new(),
            clock,
            chance,
            proofs: Proofs::default(),
            files,
            engine: None,
            steps: 0,
        }
    }

    /// The dispatcher, to write events down.
    #[must_use]
    pub fn dispatcher(&self) -> &Arc<Dispatcher> {
        &self.dispatcher
    }

    /// Forgets what scripts left behind in their engine: the next collection gets a new one.
    pub fn forget_scripts(&mut self) {
        self.engine = None;
    }

    /// Runs one step.
    pub(super) async fn run_step(
        &mut self,
        step: &Arc<Step>,
        place: &Place,
        provokes: Vec<Provocation>,
        data: &Map<String, Value>,
    ) -> Result<StepEnd, RunError> {
        self.steps += 1;
        let number = self.steps;
        let paced = !provokes.contains(&Provocation::Throttle);
        let dispatcher = Arc::clone(&self.dispatcher);
        dispatcher.emit(EventKind::StepStarted {
            step: number,
            iteration: place.iteration,
            item: ItemName {
                id: step.item.id.clone(),
                path: step.path.clone(),
            },
            provokes,
        })?;
        self.scopes.data = Scope::from(data.clone());
        let mut scripts = step.prerequest.iter().chain(&step.tests);
        if scripts.any(|script| !script.is_blank()) && self.engine.is_none() {
            self.engine = Some(self.start_engine()?);
        }
        let mut engine = self.engine.take();
        let files = std::mem::replace(&mut self.files, Box::new(Nothing));
        let vault = std::mem::take(&mut self.vault);
        let user_agent = self.options.user_agent.clone();
        let redirects = redirect_policy(self.options.redirects, &step.behavior);
        let stage = Stage {
            step,
            number,
            place,
            host: StepHost {
                dispatcher: &dispatcher,
                files: &*files,
                step: number,
                paced,
                redirects,
                timeout: self.options.request_timeout,
                user_agent: &user_agent,
                compatibility: self.options.compatibility,
                chance: RefCell::new(self.chance.fork(&format!("scripts of step {number}"))),
                vault: &vault,
                listen: Cell::new(Listen::Prerequest),
                requests: RefCell::default(),
                broken: Cell::new(None),
            },
        };
        let result = self.stages(&stage, engine.as_mut(), data).await;
        drop(stage);
        self.engine = engine;
        self.files = files;
        self.vault = vault;
        let end = result?;
        dispatcher.emit(EventKind::StepEnded { step: number })?;
        Ok(end)
    }

    async fn stages(
        &mut self,
        stage: &Stage<'_>,
        mut engine: Option<&mut Engine>,
        data: &Map<String, Value>,
    ) -> Result<StepEnd, RunError> {
        let step = stage.step;
        let mut execution = Execution {
            step: Arc::clone(step),
            number: stage.number,
            position: stage.place.position,
            iteration: stage.place.iteration,
            length: stage.place.length,
            iterations: stage.place.iterations,
            request: None,
            response: None,
            request_error: None,
            scripts: Vec::new(),
            script_requests: Vec::new(),
            skipped: false,
        };
        let mut next = None;
        let mut template = step.item.request.clone();
        let mut auth = step.auth.as_deref().cloned();
        for script in &step.prerequest {
            let shown = with_auth(template.value(), auth.as_ref());
            let outcome = self
                .script(
                    stage,
                    engine.as_deref_mut(),
                    script,
                    data,
                    shown,
                    None,
                    &mut execution,
                )
                .await?;
            if let Some(changed) = &outcome.request {
                if changed.get("auth") != auth.as_ref() {
                    auth = changed.get("auth").filter(|auth| !auth.is_null()).cloned();
                }
                template = RequestTemplate::new(changed);
            }
            next = outcome.next_request.or(next);
            if outcome.skip_request {
                execution.skipped = true;
                execution.script_requests = stage.host.requests.take();
                self.dispatcher
                    .emit(EventKind::StepSkipped { step: stage.number })?;
                return Ok(StepEnd { execution, next });
            }
            if self.bails(&execution) {
                return Ok(StepEnd { execution, next });
            }
        }
        let answer = self
            .send(stage, &template, auth.as_ref(), &mut execution)
            .await?;
        let shown = execution.request.clone().unwrap_or(Value::Null);
        for script in &step.tests {
            let response = answer.clone();
            let outcome = self
                .script(
                    stage,
                    engine.as_deref_mut(),
                    script,
                    data,
                    shown.clone(),
                    response,
                    &mut execution,
                )
                .await?;
            next = outcome.next_request.or(next);
            if self.bails(&execution) {
                break;
            }
        }
        execution.script_requests = stage.host.requests.take();
        Ok(StepEnd { execution, next })
    }

    fn bails(&self, execution: &Execution) -> bool {
        self.options.bail == super::options::Bail::Failure && execution.failed()
    }

    /// Runs one script, applies what it did to the variables, and writes down the rest.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is another part of a script's world"
    )]
    async fn script(
        &mut self,
        stage: &Stage<'_>,
        engine: Option<&mut Engine>,
        script: &Script,
        data: &Map<String, Value>,
        request: Value,
        response: Option<ScriptResponse>,
        execution: &mut Execution,
    ) -> Result<ScriptOutcome, RunError> {
        let listen = match script.event {
            crate::collection::ScriptEvent::Prerequest => Listen::Prerequest,
            crate::collection::ScriptEvent::Test => Listen::Test,
        };
        let Some(engine) = engine.filter(|_| !script.is_blank()) else {
            // newman counts scripts in which nothing stands.
            execution.scripts.push(ScriptRun {
                listen,
                id: script.id.clone(),
                assertions: Vec::new(),
                errors: Vec::new(),
            });
            return Ok(ScriptOutcome::default());
        };
        stage.host.listen.set(listen);
        let item = &stage.step.item;
        let url = crate::collection::Url::from_value(&request["url"]).text();
        let job = ScriptJob {
            event: listen,
            source: Arc::clone(&script.source),
            name: script.owner.clone(),
            environment: self.scopes.environment.entries().to_vec(),
            globals: self.scopes.globals.entries().to_vec(),
            collection_variables: self.scopes.collection.entries().to_vec(),
            local: self.scopes.local.entries().to_vec(),
            iteration_data: data.clone(),
            environment_name: self.environment_name.clone(),
            cookies: cookies_for(&self.dispatcher, &url),
            request,
            response,
            info: Info {
                iteration: stage.place.iteration,
                iteration_count: stage.place.iterations,
                request_name: item.name.clone(),
                request_id: item.id.clone(),
                path: stage.step.path.clone(),
            },
        };
        let outcome = tokio::select! {
            outcome = engine.execute(job, &stage.host) => outcome,
            // The engine stops a script that nobody waits for.
            () = self.dispatcher.cancelled() => ScriptOutcome {
                error: Some(ScriptError {
                    kind: "Error".into(),
                    message: "the run was interrupted while the script ran".into(),
                    ..ScriptError::default()
                }),
                ..ScriptOutcome::default()
            },
        };
        if let Some(error) = stage.host.broken.take() {
            return Err(error.into());
        }
        apply(&outcome.mutations, &mut self.scopes);
        for (name, value) in secrets_set(&outcome.mutations, &self.scopes) {
            self.dispatcher.learn(name, &value);
        }
        self.write_down(stage.number, listen, &outcome)?;
        let errors = outcome
            .error
            .iter()
            .chain(&outcome.further_errors)
            .cloned()
            .collect();
        execution.scripts.push(ScriptRun {
            listen,
            id: script.id.clone(),
            assertions: outcome.assertions.clone(),
            errors,
        });
        Ok(outcome)
    }

    fn write_down(
        &self,
        step: u64,
        listen: Listen,
        outcome: &ScriptOutcome,
    ) -> Result<(), ListenerError> {
        for line in &outcome.console {
            let level = match line.level {
                ConsoleLevel::Log => "log",
                ConsoleLevel::Info => "info",
                ConsoleLevel::Warn => "warn",
                ConsoleLevel::Debug => "debug",
                ConsoleLevel::Error => "error",
                ConsoleLevel::Clear => continue,
            };
            let (level, message) = (level.to_owned(), line.text.clone());
            self.dispatcher.emit(EventKind::Console {
                step,
                level,
                message,
            })?;
        }
        for assertion in &outcome.assertions {
            let outcome = match &assertion.outcome {
                ScriptedOutcome::Passed => AssertionOutcome::Passed,
                ScriptedOutcome::Skipped => AssertionOutcome::Skipped,
                ScriptedOutcome::Failed(error) => AssertionOutcome::Failed {
                    message: format!("{}: {}", error.name, error.message),
                },
            };
            let name = assertion.name.clone();
            self.dispatcher.emit(EventKind::Assertion(AssertionRecord {
                step,
                listen,
                name,
                outcome,
            }))?;
        }
        for error in outcome.error.iter().chain(&outcome.further_errors) {
            let message = error.to_string();
            self.dispatcher.emit(EventKind::ScriptFailed {
                step,
                listen,
                message,
            })?;
        }
        Ok(())
    }

    fn start_engine(&self) -> Result<Engine, EngineError> {
        Engine::start(EngineOptions {
            clock: self.clock.clone(),
            random: self
                .chance
                .fork(&format!("scripts from step {} on", self.steps)),
            memory_limit: SCRIPT_MEMORY,
            script_timeout: self.options.script_timeout,
            watchdog: SCRIPT_WATCHDOG,
            await_tests: self.options.compatibility == Compatibility::Strict,
        })
    }

    /// The wait between two requests.
    pub(super) async fn delay(&self) -> Result<(), ListenerError> {
        self.dispatcher
            .pause(self.steps, WaitReason::Delay, self.options.delay)
            .await
    }
}

/// Reads no file; it stands in while a step has the real one.
struct Nothing;

impl FileReader for Nothing {
    fn read(&self, _: &std::path::Path) -> std::io::Result<bytes::Bytes> {
        Err(std::io::ErrorKind::NotFound.into())
    }
}

/// `request` as scripts see it: with the auth that counts for it.
fn with_auth(request: &Value, auth: Option<&Value>) -> Value {
    let mut shown = request.clone();
    match auth {
        Some(auth) => shown["auth"] = auth.clone(),
        None => {
            if let Some(fields) = shown.as_object_mut() {
                fields.remove("auth");
            }
        }
    }
    shown
}

/// What `protocolProfileBehavior` says of redirects.
fn redirect_policy(general: RedirectPolicy, behavior: &Map<String, Value>) -> RedirectPolicy {
    let switch = |name: &str| behavior.get(name).and_then(Value::as_bool);
    let maximum = match switch("followRedirects") {
        Some(false) => 0,
        Some(true) | None => behavior
            .get("maxRedirects")
            .and_then(Value::as_u64)
            .and_then(|maximum| u32::try_from(maximum).ok())
            .unwrap_or(
                if switch("followRedirects") == Some(true) && general.maximum == 0 {
                    RedirectPolicy::default().maximum
                } else {
                    general.maximum
                },
            ),
    };
    RedirectPolicy {
        maximum,
        keep_method: switch("followOriginalHttpMethod").unwrap_or(general.keep_method),
        keep_authorization: switch("followAuthorizationHeader")
            .unwrap_or(general.keep_authorization),
        remove_referer: switch("removeRefererHeaderOnRedirect").unwrap_or(general.remove_referer),
    }
}
