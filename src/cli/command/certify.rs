//! `preflight certify`: replay collections, judge the run, write the evidence.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::run::USER_AGENT;
use crate::base::{Clock, Random, Redactor, Seed};
use crate::cli::args::{CertifyArgs, GateChoice, TargetChoice, TimeChoice};
use crate::cli::failure::CommandFailure;
use crate::cli::files::{self, Readers, WorkingFolder};
use crate::cli::golden;
use crate::cli::printer::Printer;
use crate::cli::progress::ProgressListener;
use crate::cli::shipped::{self, Shipped, stem};
use crate::cli::surroundings::Surroundings;
use crate::cli::target::{self, Guard, OpenMock};
use crate::cli::workshop::{
    Road, Workshop, check_certificates, learn_secrets, scope, stop_on_signal, vault,
};
use crate::collection::{Collection, Compatibility, DataFile, Document, Environment, Step};
use crate::conformance::{ExitStatus, Gate, Scope, judge};
use crate::event::{End, EventKind, Listener, Provocation, RunStart, Subject, Target};
use crate::exchange::FailureKind;
use crate::history::{History, Recorder};
use crate::mock::Fault;
use crate::profile::Profile;
use crate::report::{Colour, junit_xml, matrix_text, results_json};
use crate::run::{
    Backoff, Bail, Course, Execution, ExecutionSink, Pace, Plan, RunOptions, Scenario, Session,
};
use crate::transport::RedirectPolicy;

/// The seed of a run on the logical clock for which none is typed.
const LOGICAL_SEED: Seed = Seed(20_260_101);

/// After so many scenarios in a row without a single answer the target counts as unreachable.
const UNANSWERED_SCENARIOS: u32 = 3;

/// Everything that a certification starts from, read and checked; nothing was sent yet.
struct Inputs {
    profile: Arc<Profile>,
    plan: Plan,
    collections: BTreeMap<String, Collection>,
    environment: Environment,
    globals: Environment,
    time: TimeChoice,
    seed: Seed,
    /// Whether the shipped collections are run, which have golden snapshots of their own.
    shipped: bool,
}

/// Replays, judges, writes, prints, and says how the process ends.
pub async fn certify(
    args: &CertifyArgs,
    printer: Printer,
    surroundings: Surroundings,
) -> Result<ExitStatus, CommandFailure> {
    let inputs = inputs(args)?;
    let clock = match inputs.time {
        TimeChoice::Logical => Clock::logical(Clock::logical_start()),
        TimeChoice::Real => Clock::system(),
    };
    let chance = Random::from_seed(inputs.seed);
    let redactor = Arc::new(Redactor::new(commitment_key(args.target, &chance)));
    let collections: Vec<&Collection> = inputs.collections.values().collect();
    learn_secrets(
        &redactor,
        &[&inputs.environment, &inputs.globals],
        &collections,
    );

    let mock = if target::needs_mock(args.target, &args.target_args) {
        let profile = Arc::clone(&inputs.profile);
        Some(OpenMock::open(profile, &clock, &chance, &args.target_args).await?)
    } else {
        None
    };
    let named: BTreeSet<String> = target::origins_of_environment(&inputs.environment)
        .union(&target::origins_of_environment(&inputs.globals))
        .cloned()
        .collect();
    let map = target::map(
        args.target,
        Guard::Named,
        &args.target_args,
        mock.as_ref(),
        &named,
        &BTreeSet::new(),
    )?;
    if args.target == TargetChoice::Sandbox && !args.allow_production {
        let production = target::production_hosts(&named, &inputs.profile);
        if !production.is_empty() {
            return Err(CommandFailure::Usage {
                message: format!(
                    "the environment names production: {}",
                    production.join(", ")
                ),
                remedy: "use the sandbox's environment, or say --allow-production".into(),
            });
        }
    }

    if let Some(mock) = &mock {
        check_operations(&inputs.plan, mock)?;
    }

    let history_path = args.evidence.join("history.ndjson");
    std::fs::create_dir_all(&args.evidence).map_err(|source| CommandFailure::Write {
        path: args.evidence.clone(),
        source,
    })?;
    // Should this run fail on its way, the verdict of an earlier one must not stand beside it.
    for earlier in ["results.json", "junit.xml"] {
        let path = args.evidence.join(earlier);
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(CommandFailure::Write { path, source });
            }
            Ok(()) | Err(_) => {}
        }
    }
    let redaction = {
        let redactor = Arc::clone(&redactor);
        Arc::new(move |line: &str| redactor.redact(line))
    };
    let mut listeners: Vec<Box<dyn Listener + Send>> =
        vec![Box::new(Recorder::create(&history_path, redaction)?)];
    if printer.watched() {
        listeners.push(Box::new(ProgressListener::new(step_count(&inputs))));
    }
    let workshop = Workshop {
        clock: clock.clone(),
        chance: chance.clone(),
        profile: &inputs.profile,
        redactor: Arc::clone(&redactor),
        cancellation: stop_on_signal(),
        args: &args.target_args,
        options: options(args),
    };
    let road = Road {
        map,
        backoff: args.target_args.backoff.unwrap_or(Backoff::Honour),
        pace: Pace::new(inputs.profile.rate.value),
    };
    let folder = Path::new(".").to_owned();
    let files = WorkingFolder {
        folder,
        outside: true,
    };
    let mut session = workshop.session(road, listeners, Box::new(files))?;
    session.scopes.environment = scope(&inputs.environment.variables);
    session.scopes.globals = scope(&inputs.globals.variables);
    session.environment_name = inputs.environment.name.clone().unwrap_or_default();
    session.vault = vault(&inputs.environment);

    let end = replay(args, &inputs, &mut session, mock.as_ref()).await?;
    session.dispatcher().emit(EventKind::RunEnded { end })?;
    drop(session);
    conclude(
        args,
        &inputs,
        printer,
        surroundings,
        &history_path,
        &redactor,
        end,
    )
}

/// Reads and checks everything that was typed.
fn inputs(args: &CertifyArgs) -> Result<Inputs, CommandFailure> {
    let time = match (args.time, args.target) {
        (Some(TimeChoice::Logical), TargetChoice::Sandbox) => {
            return Err(CommandFailure::Usage {
                message: "a sandbox does not follow the logical clock".into(),
                remedy: "leave --time out, or use --target mock".into(),
            });
        }
        (Some(time), _) => time,
        (None, TargetChoice::Mock) => TimeChoice::Logical,
        (None, TargetChoice::Sandbox) => TimeChoice::Real,
    };
    let profile = Arc::new(target::profile(&args.target_args)?);
    check_certificates(&args.target_args)?;
    let mut collections = BTreeMap::new();
    let mut names = Vec::new();
    for path in &args.collections {
        let name = stem(&path.to_string_lossy()).to_owned();
        if collections
            .insert(name.clone(), files::collection(path)?)
            .is_some()
        {
            return Err(CommandFailure::Usage {
                message: format!("two collections are called «{name}»"),
                remedy: "rename one of the files".into(),
            });
        }
        names.push(name);
    }
    let shipped = args.collections.is_empty();
    if shipped {
        for file in &shipped::COLLECTIONS {
            let collection = Collection::read(&document(file)?)?;
            collections.insert(stem(file.name).to_owned(), collection);
        }
    }
    let plan = match &args.plan {
        Some(path) => Plan::read(&path.display().to_string(), &files::read_text(path)?)?,
        None if shipped => Plan::read(shipped::PLAN.name, shipped::PLAN.text)?,
        None => Plan::of_collections(&names),
    };
    check_plan(&plan, &collections)?;
    let mut environment = match (&args.variables.environment, args.target) {
        (Some(path), _) => files::environment(Some(path), Compatibility::Strict)?,
        (None, TargetChoice::Mock) => Environment::read(
            &document(&shipped::MOCK_ENVIRONMENT)?,
            Compatibility::Strict,
        )?,
        (None, TargetChoice::Sandbox) => {
            return Err(CommandFailure::Usage {
                message: "the sandbox's hosts and credentials come from an environment".into(),
                remedy: "fill in fixtures/environment/sandbox.postman_environment.json and name \
                         it with -e"
                    .into(),
            });
        }
    };
    let mut globals = files::environment(args.variables.globals.as_deref(), Compatibility::Strict)?;
    target::set_variables(&mut environment, &args.variables.environment_variables);
    target::set_variables(&mut globals, &args.variables.global_variables);
    let seed = target::seed(
        &args.target_args,
        (time == TimeChoice::Logical).then_some(LOGICAL_SEED),
    );
    Ok(Inputs {
        profile,
        plan,
        collections,
        environment,
        globals,
        time,
        seed,
        shipped,
    })
}

fn document(file: &Shipped) -> Result<Document, CommandFailure> {
    Ok(Document::parse(file.name, file.text.as_bytes())?)
}

/// A plan must name collections, folders and items that exist, and faults that can be scripted.
fn check_plan(
    plan: &Plan,
    collections: &BTreeMap<String, Collection>,
) -> Result<(), CommandFailure> {
    let wrong = |scenario: &Scenario, message: String| CommandFailure::Usage {
        message: format!(
            "the plan «{}», scenario «{}»: {message}",
            plan.name, scenario.name
        ),
        remedy: "mend the plan".into(),
    };
    for scenario in &plan.scenarios {
        let Some(collection) = collections.get(&scenario.collection) else {
            let known: Vec<_> = collections.keys().map(String::as_str).collect();
            let message = format!(
                "there is no collection «{}»; there are {}",
                scenario.collection,
                known.join(", ")
            );
            return Err(wrong(scenario, message));
        };
        let steps = collection.selected_steps(&scenario.folders)?;
        let paths: Vec<_> = steps.iter().map(|step| step.path.clone()).collect();
        if let Some(path) = scenario.unmatched(&paths).first() {
            return Err(wrong(
                scenario,
                format!("`provokes` names no item: «{path}»"),
            ));
        }
        for answer in scenario.faults.iter().flat_map(|fault| &fault.answers) {
            if let Err(error) = answer.parse::<Fault>() {
                return Err(wrong(scenario, error.to_string()));
            }
        }
    }
    Ok(())
}

/// A plan must name operations that the mock has.
fn check_operations(plan: &Plan, mock: &OpenMock) -> Result<(), CommandFailure> {
    let platform = mock.platform.lock().unwrap_or_else(PoisonError::into_inner);
    let known = platform.operations();
    for scenario in &plan.scenarios {
        for fault in &scenario.faults {
            if !known.contains(&fault.operation.as_str()) {
                return Err(CommandFailure::Usage {
                    message: format!(
                        "the plan «{}», scenario «{}»: there is no operation «{}»; there are {}",
                        plan.name,
                        scenario.name,
                        fault.operation,
                        known.join(", ")
                    ),
                    remedy: "mend the plan".into(),
                });
            }
        }
    }
    Ok(())
}

fn step_count(inputs: &Inputs) -> usize {
    inputs
        .plan
        .scenarios
        .iter()
        .filter_map(|scenario| {
            let collection = inputs.collections.get(&scenario.collection)?;
            collection
                .selected_steps(&scenario.folders)
                .ok()
                .map(|steps| steps.len())
        })
        .sum()
}

fn options(args: &CertifyArgs) -> RunOptions {
    RunOptions {
        iterations: Some(1),
        delay: Duration::ZERO,
        request_timeout: (args.timeout_request > 0)
            .then(|| Duration::from_millis(args.timeout_request)),
        script_timeout: None,
        timeout: None,
        redirects: RedirectPolicy::default(),
        bail: Bail::Never,
        compatibility: Compatibility::Strict,
        user_agent: USER_AGENT.to_owned(),
    }
}

/// The key of the commitments that stand for secrets: fixed by the seed on the embedded mock,
/// whose secrets are published, and known to nobody otherwise.
fn commitment_key(target: TargetChoice, chance: &Random) -> [u8; 32] {
    let mut source = match target {
        TargetChoice::Mock => chance.fork("commitments"),
        TargetChoice::Sandbox => Random::from_entropy(),
    };
    let mut key = [0; 32];
    source.fill(&mut key);
    key
}

/// Runs the scenarios of the plan in order.
async fn replay(
    args: &CertifyArgs,
    inputs: &Inputs,
    session: &mut Session,
    mock: Option<&OpenMock>,
) -> Result<End, CommandFailure> {
    let dispatcher = Arc::clone(session.dispatcher());
    let names = inputs
        .plan
        .scenarios
        .iter()
        .filter_map(|scenario| inputs.collections.get(&scenario.collection))
        .map(|collection| collection.name().to_owned());
    dispatcher.emit(EventKind::RunStarted(Box::new(RunStart {
        format: 1,
        harness: env!("CARGO_PKG_VERSION").into(),
        target: match args.target {
            TargetChoice::Mock => Target::Mock,
            TargetChoice::Sandbox => Target::Sandbox,
        },
        subject: Subject::Replay,
        profile: inputs.profile.name.clone(),
        profile_sha256: inputs.profile.sha256.clone(),
        profile_overridden: !inputs.profile.overridden.is_empty(),
        time: match inputs.time {
            TimeChoice::Logical => "logical".into(),
            TimeChoice::Real => "real".into(),
        },
        seed: inputs.seed,
        plan: inputs.plan.name.clone(),
        collections: names.collect(),
        environment: inputs.environment.name.clone(),
    })))?;
    let mut unanswered = 0;
    for scenario in &inputs.plan.scenarios {
        let Some(collection) = inputs.collections.get(&scenario.collection) else {
            continue;
        };
        dispatcher.emit(EventKind::ScenarioStarted {
            scenario: scenario.name.clone(),
        })?;
        let steps = collection.selected_steps(&scenario.folders)?;
        let total = steps.len();
        let steps: Vec<Arc<Step>> = steps
            .into_iter()
            .filter(|step| may_run(args, scenario, step))
            .map(Arc::new)
            .collect();
        if steps.len() < total {
            let message = format!(
                "{} of {total} steps exceed the agreed rate on purpose and were left out; \
                 --allow-throttling runs them against a sandbox",
                total - steps.len()
            );
            dispatcher.emit(EventKind::Notice { message })?;
        }
        queue_faults(scenario, mock, &dispatcher)?;
        session.scopes.collection = scope(&collection.variables);
        session.forget_scripts();
        let mut answers = Answers::default();
        let course = Course {
            steps,
            scenario: Some(scenario),
            data: DataFile::default(),
        };
        let progress = session.run(&course, &mut answers).await?;
        if let Some(mock) = mock {
            let proofs = {
                let mut platform = mock.platform.lock().unwrap_or_else(PoisonError::into_inner);
                platform.take_fault_proofs()
            };
            for proof in proofs {
                dispatcher.emit(EventKind::FaultProof(proof))?;
            }
        }
        if progress.end != End::Complete {
            return Ok(progress.end);
        }
        unanswered = if answers.unreachable() {
            unanswered + 1
        } else {
            0
        };
        if unanswered >= UNANSWERED_SCENARIOS {
            return Ok(End::TargetUnreachable);
        }
    }
    let all = u32::try_from(inputs.plan.scenarios.len()).unwrap_or(u32::MAX);
    Ok(if unanswered > 0 && unanswered == all {
        End::TargetUnreachable
    } else {
        End::Complete
    })
}

/// Whether a step may be run against this target.
fn may_run(args: &CertifyArgs, scenario: &Scenario, step: &Step) -> bool {
    args.target == TargetChoice::Mock
        || args.allow_throttling
        || !scenario
            .provocations(&step.path)
            .contains(&Provocation::Throttle)
}

fn queue_faults(
    scenario: &Scenario,
    mock: Option<&OpenMock>,
    dispatcher: &crate::run::Dispatcher,
) -> Result<(), CommandFailure> {
    let Some(mock) = mock else {
        if !scenario.faults.is_empty() {
            let message = "a sandbox takes no scripted answers: the scenario runs without them";
            dispatcher.emit(EventKind::Notice {
                message: message.into(),
            })?;
        }
        return Ok(());
    };
    let mut platform = mock.platform.lock().unwrap_or_else(PoisonError::into_inner);
    for fault in &scenario.faults {
        let answers: Result<Vec<Fault>, _> =
            fault.answers.iter().map(|answer| answer.parse()).collect();
        let wrong = |message: String| CommandFailure::Usage {
            message: format!("scenario «{}»: {message}", scenario.name),
            remedy: "mend the plan".into(),
        };
        let answers = answers.map_err(|error| wrong(error.to_string()))?;
        platform
            .queue_faults(&scenario.name, &fault.operation, answers)
            .map_err(|error| wrong(error.to_string()))?;
    }
    Ok(())
}

/// Whether anybody answered in a scenario.
#[derive(Default)]
struct Answers {
    answered: bool,
    failed: bool,
}

impl Answers {
    fn unreachable(&self) -> bool {
        self.failed && !self.answered
    }
}

impl ExecutionSink for Answers {
    fn take(&mut self, execution: Execution) {
        self.answered |= execution.response.is_some();
        self.failed |= execution.request_error.is_some_and(|failure| {
            matches!(
                failure.kind,
                FailureKind::Resolve
                    | FailureKind::Connect
                    | FailureKind::Tls
                    | FailureKind::Timeout
            )
        });
    }
}

/// Judges the history as it stands in its file, writes the evidence and prints.
fn conclude(
    args: &CertifyArgs,
    inputs: &Inputs,
    printer: Printer,
    surroundings: Surroundings,
    history_path: &Path,
    redactor: &Redactor,
    end: End,
) -> Result<ExitStatus, CommandFailure> {
    let history = History::read(history_path)?;
    let golden = golden::compare(
        args,
        inputs.shipped,
        &inputs.profile,
        &history,
        surroundings,
    )?;
    let exercised: BTreeSet<String> = inputs
        .plan
        .scenarios
        .iter()
        .flat_map(|scenario| scenario.exercises.iter().cloned())
        .collect();
    let scope = Scope {
        exercised: (!exercised.is_empty()).then_some(exercised),
        golden: golden.iter().map(golden::Compared::finding).collect(),
    };
    let verdict = judge(&history, &inputs.profile, &scope);
    let gate = match args.gate {
        GateChoice::Ci => Gate::Ci,
        GateChoice::Certify => Gate::Certify,
    };
    let mut outcome = verdict.gate(gate);
    if args.require.is_some() && end == End::Complete {
        outcome
            .blockers
            .push("--require connector: this is a verdict on a replay only".into());
        outcome.exit = ExitStatus::worst([outcome.exit, ExitStatus::Incomplete]);
    }
    let results = results_json(&verdict, &outcome);
    let results = redactor.redact(&results);
    let junit = redactor.redact(&junit_xml(&verdict, gate));
    files::write(
        &args.evidence.join("results.json"),
        results.as_bytes(),
        Readers::Everybody,
    )?;
    files::write(
        &args.evidence.join("junit.xml"),
        junit.as_bytes(),
        Readers::Everybody,
    )?;
    if args.json {
        printer.data(&results);
    } else {
        for compared in &golden {
            printer.data(&redactor.redact(&compared.text()));
        }
        let colour = if printer.color() {
            Colour::On
        } else {
            Colour::Off
        };
        printer.data(&redactor.redact(&matrix_text(&verdict, &outcome, colour)));
        printer.note(&format!("evidence: {}\n", args.evidence.display()));
    }
    Ok(outcome.exit)
}
