//! `preflight certify`: replay collections, judge the run, write the evidence.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::run::USER_AGENT;
use crate::base::{Clock, Random, Redactor};
use crate::cli::args::{CertifyArgs, TimeChoice};
use crate::cli::attempt::Attempt;
use crate::cli::certification::{Conclusion, Inputs, replay};
use crate::cli::declared::learn_declared;
use crate::cli::diagnostic;
use crate::cli::failure::CommandFailure;
use crate::cli::files::{self, WorkingFolder};
use crate::cli::judgement::readable;
use crate::cli::observation::{Credentials, Observation, ObservationArgs, Subject, refuse, typed};
use crate::cli::printer::Printer;
use crate::cli::progress::ProgressListener;
use crate::cli::surroundings::Surroundings;
use crate::cli::target::{self, Guard, OpenMock};
use crate::cli::terms::{Secrets, TermPaths, Terms};
use crate::cli::workshop::{
    LastWill, Road, Workshop, learn_secrets, scope, stop_on_signal_after, vault,
};
use crate::collection::{Collection, Compatibility, Environment};
use crate::conformance::ExitStatus;
use crate::event::{End, EventKind, Listener, Subject as Judged};
use crate::evidence::Undertaking;
use crate::history::Recorder;
use crate::mock::Tenant;
use crate::profile::Declaration;
use crate::run::{Backoff, Bail, Pace, RunOptions};
use crate::transport::RedirectPolicy;

/// The plan of the observation where none was typed.
const OBSERVE_PLAN: &str = "certification";

/// What is wrong with an option of the mock where there is none, and what to do.
pub(super) const NO_MOCK: (&str, &str) = (
    "for the embedded mock only",
    "leave it out, or say --target mock",
);

/// Replays, judges, writes, prints, and says how the process ends.
pub async fn certify(
    args: &CertifyArgs,
    printer: Printer,
    surroundings: Surroundings,
) -> Result<ExitStatus, CommandFailure> {
    let paths = TermPaths {
        profile: args.target_args.platform.profile.as_deref(),
        declaration: args.declaration.as_deref(),
        expectations: &args.expectations,
        seal: &args.seal,
    };
    let terms = Terms::read(paths, Secrets::Needed, surroundings)?;
    target::check_stated(&terms.profile, args.gate)?;
    let declaration = &terms.declaration;
    let observation = observation(args, &terms, surroundings)?;
    let inputs = Inputs::read(args, Arc::clone(&terms.profile))?;
    let clock = match inputs.time {
        TimeChoice::Logical => Clock::logical(Clock::logical_start()),
        TimeChoice::Real => Clock::system(),
    };
    let chance = Random::from_seed(inputs.seed);
    let redactor = Arc::new(Redactor::new(commitment_key(&inputs, declaration, &chance)));
    learn_declared(&redactor, declaration);
    let collections: Vec<&Collection> = inputs.collections.values().collect();
    learn_secrets(
        &redactor,
        &[&inputs.environment, &inputs.globals],
        &collections,
    );

    let mock = if target::needs_mock(args.target, &args.target_args) {
        let profile = Arc::clone(&inputs.profile);
        Some(OpenMock::open(profile, &clock, &chance, &args.target_args.platform).await?)
    } else {
        None
    };
    let named: BTreeSet<String> = target::origins_of_environment(&inputs.environment)
        .union(&target::origins_of_environment(&inputs.globals))
        .cloned()
        .collect();
    let written: BTreeSet<String> = inputs
        .collections
        .values()
        .flat_map(target::origins_of_collection)
        .collect();
    let map = target::map(
        args.target,
        Guard::Named,
        &args.target_args,
        mock.as_ref(),
        &named,
        &written,
    )?;
    let outside = target::outside_hosts(&map);
    let production = target::production_hosts(&outside, &inputs.profile);
    if !production.is_empty() && !args.allow_production {
        return Err(CommandFailure::Usage {
            message: format!(
                "the environment names production: {}",
                production.join(", ")
            ),
            remedy: "use the sandbox's environment, or say --allow-production".into(),
        });
    }
    if inputs.time == TimeChoice::Logical && !outside.is_empty() {
        let outside: Vec<_> = outside.into_iter().collect();
        return Err(CommandFailure::Usage {
            message: format!("{} does not follow the logical clock", outside.join(", ")),
            remedy: "say --time real, or leave --map out".into(),
        });
    }

    let will = observation
        .as_ref()
        .map_or_else(LastWill::default, Observation::last_will);
    let cancellation = stop_on_signal_after(will.clone());
    let history_path = args.evidence.join("history.ndjson");
    files::prepare(&args.evidence)?;
    let mut subjects = vec![Judged::Replay];
    subjects.extend(observation.as_ref().map(|_| Judged::Connector));
    let undertaking = Undertaking {
        target: args.target.into(),
        subjects,
        plan: inputs.plan.name.clone(),
    };
    let ledger = args.ledger.ledger.as_deref();
    let attempt = Attempt::begin(ledger, &args.evidence, undertaking, &terms, clock.now())?;
    let redaction = {
        let redactor = Arc::clone(&redactor);
        Arc::new(move |line: &str| redactor.redact(line))
    };
    let mut listeners: Vec<Box<dyn Listener + Send>> =
        vec![Box::new(Recorder::create(&history_path, redaction)?)];
    if printer.watched() {
        listeners.push(Box::new(ProgressListener::new(inputs.step_count())));
    }
    let workshop = Workshop {
        clock: clock.clone(),
        chance: chance.clone(),
        profile: &inputs.profile,
        redactor: Arc::clone(&redactor),
        cancellation: cancellation.clone(),
        args: &args.target_args,
        options: options(args),
    };
    let road = Road {
        map,
        backoff: args.target_args.backoff.unwrap_or(Backoff::Honour),
        pace: Pace::new(inputs.profile.rate.value),
        identities: Vec::new(),
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

    // It is gone when the replay is.
    let replaying = Arc::downgrade(session.dispatcher());
    will.add_words(move || {
        if let Some(dispatcher) = replaying.upgrade() {
            let end = End::AbortedByUser;
            // Whether it could be written down, nobody asks any more.
            let _ = dispatcher.emit(EventKind::RunEnded { end });
        }
    });
    let end = replay(args, &inputs, &mut session, mock.as_ref()).await?;
    session.dispatcher().emit(EventKind::RunEnded { end })?;
    drop(session);
    let mut failure = None;
    let mut blockers = Vec::new();
    let observed = match observation.filter(|_| end == End::Complete) {
        Some(observation) => {
            let path = args.evidence.join("observation.ndjson");
            let played = observation
                .play(&args.evidence, &path, printer, cancellation)
                .await;
            match played {
                Ok(()) => Some((path, observation.scope("observation.ndjson"))),
                // The replay has its verdict all the same.
                Err(error) => {
                    let blocker = format!("the connector was not observed to the end: {error}");
                    blockers.push((error.exit_once_begun(), redactor.redact(&blocker)));
                    failure = Some(error);
                    readable(&path).map(|_| (path, observation.scope("observation.ndjson")))
                }
            }
        }
        None => None,
    };
    let concluded = Conclusion {
        args,
        inputs: &inputs,
        terms: &terms,
        attempt: &attempt,
        printer,
        surroundings,
        redactor: &redactor,
        end,
        blockers,
    }
    .conclude(&history_path, observed);
    if let Some(failure) = failure {
        printer.error(&diagnostic::render(&failure, printer.color()));
    }
    concluded
}

/// The observation that was asked for beside the replay.
fn observation<'a>(
    args: &'a CertifyArgs,
    terms: &'a Terms,
    surroundings: Surroundings,
) -> Result<Option<Observation<'a>>, CommandFailure> {
    let command = args.connector.clone().map(Subject::Command);
    let specimen = args.specimen.clone().map(Subject::Specimen);
    let Some(subject) = command.or(specimen) else {
        let mut strangers = args.meeting.typed();
        strangers.extend(args.observe_plan.as_ref().map(|_| "--observe-plan"));
        let remedy = "leave it out, or say who is to be observed";
        refuse(&strangers, ("for --connector or --specimen only", remedy))?;
        let strangers = typed(&[(
            "--mock-defect",
            !args.target_args.platform.mock_defect.is_empty()
                && !target::needs_mock(args.target, &args.target_args),
        )]);
        refuse(&strangers, NO_MOCK)?;
        return Ok(None);
    };
    let time = match subject {
        // Only a specimen can follow the clock of the replay.
        Subject::Specimen(_) => args.time,
        Subject::Command(_) | Subject::Attached | Subject::Proxied(_) => None,
    };
    let typed = ObservationArgs {
        plan: args.observe_plan.as_deref().unwrap_or(OBSERVE_PLAN),
        time,
        meeting: &args.meeting,
        trust: &args.target_args.trust,
        platform: &args.target_args.platform,
        terms,
    };
    Observation::read(subject, typed, surroundings).map(Some)
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

/// The key of the commitments that stand for secrets: fixed by the seed where every secret is one
/// of the mock's own, which are published, and the declaration holds none; known to nobody otherwise.
fn commitment_key(inputs: &Inputs, declaration: &Declaration, chance: &Random) -> [u8; 32] {
    let published: Vec<String> = Tenant::variables().into_values().collect();
    let declared = Credentials::of(declaration) == Credentials::Theirs;
    let mut source = if !declared
        && [&inputs.environment, &inputs.globals]
            .into_iter()
            .flat_map(Environment::secrets)
            .all(|(_, secret)| {
                secret.expose().is_empty() || published.iter().any(|value| value == secret.expose())
            }) {
        chance.fork("commitments")
    } else {
        Random::from_entropy()
    };
    let mut key = [0; 32];
    source.fill(&mut key);
    key
}
