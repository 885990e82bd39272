//! `preflight run`: newman's command.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::certify::NO_MOCK;
use crate::base::{Clock, Random, Redactor};
use crate::cli::args::{CompatChoice, RunArgs};
use crate::cli::console_listener::{ConsoleChoice, ConsoleListener};
use crate::cli::failure::CommandFailure;
use crate::cli::files::{self, Readers, WorkingFolder};
use crate::cli::observation::{refuse, typed};
use crate::cli::printer::Printer;
use crate::cli::summary::{Keep, Summary};
use crate::cli::target::{self, Guard, OpenMock};
use crate::cli::workshop::{
    Road, Workshop, check_certificates, learn_secrets, scope, stop_on_signal, variables, vault,
};
use crate::collection::{Collection, Compatibility, DataFile, Environment};
use crate::conformance::ExitStatus;
use crate::event::{End, Listener};
use crate::report::{JunitForm, newman_json, newman_junit};
use crate::run::{Backoff, Bail, Course, Progress, RunOptions};
use crate::transport::{CookieJar, RedirectPolicy};

/// What newman 6.2.2 calls itself.
const NEWMAN_USER_AGENT: &str = "PostmanRuntime/7.39.1";

/// What preflight calls itself.
pub const USER_AGENT: &str = concat!("preflight/", env!("CARGO_PKG_VERSION"));

/// Runs a collection and reports. Exits as newman does: 0, or 1 where something failed; 2 where
/// nothing could be started, 130 where the run was interrupted.
pub async fn run(args: &RunArgs, printer: Printer) -> Result<ExitStatus, CommandFailure> {
    let compatibility = match args.compat {
        CompatChoice::Strict => Compatibility::Strict,
        CompatChoice::Newman => Compatibility::Newman,
    };
    let reporters = Reporters::of(args, printer);
    refuse_cloud(&args.collection)?;
    let collection = files::collection(&args.collection)?;
    let mut environment = files::environment(args.variables.environment.as_deref(), compatibility)?;
    let mut globals = files::environment(args.variables.globals.as_deref(), compatibility)?;
    target::set_variables(&mut environment, &args.variables.environment_variables);
    target::set_variables(&mut globals, &args.variables.global_variables);
    let steps = collection.selected_steps(&args.folder)?;
    let data = match &args.iteration_data {
        Some(path) => DataFile::read(&path.display().to_string(), &files::read(path)?)?,
        None => DataFile::default(),
    };
    let strangers = typed(&[(
        "--mock-defect",
        !args.target_args.platform.mock_defect.is_empty()
            && !target::needs_mock(args.target, &args.target_args),
    )]);
    refuse(&strangers, NO_MOCK)?;
    let profile = Arc::new(target::profile(
        args.target_args.platform.profile.as_deref(),
    )?);
    check_certificates(&args.target_args.trust)?;
    let identities = target::identities(&args.newman)?;
    let cookies = args.newman.cookie_jar.as_deref().map(cookie_jar);
    let cookies = cookies.transpose()?;

    let clock = Clock::system();
    let chance = match args.target_args.platform.seed {
        Some(seed) => Random::from_seed(crate::base::Seed(seed)),
        None => Random::from_entropy(),
    };
    let redactor = Arc::new(Redactor::new(key(&chance)));
    learn_secrets(&redactor, &[&environment, &globals], &[&collection]);
    let mock = if target::needs_mock(args.target, &args.target_args) {
        Some(
            OpenMock::open(
                Arc::clone(&profile),
                &clock,
                &chance,
                &args.target_args.platform,
            )
            .await?,
        )
    } else {
        None
    };
    let named: BTreeSet<String> = target::origins_of_environment(&environment)
        .union(&target::origins_of_environment(&globals))
        .cloned()
        .collect();
    let written = target::origins_of_collection(&collection);
    let map = target::map(
        args.target,
        Guard::Open,
        &args.target_args,
        mock.as_ref(),
        &named,
        &written,
    )?;
    if mock.is_some() {
        printer.note(&format!("requests go here:\n{}", target::describe(&map)));
    }

    let options = RunOptions {
        iterations: args.iteration_count,
        delay: Duration::from_millis(args.delay_request),
        request_timeout: limit(args.timeout_request),
        script_timeout: limit(args.timeout_script),
        timeout: limit(args.timeout),
        redirects: RedirectPolicy {
            maximum: if args.ignore_redirects {
                0
            } else {
                RedirectPolicy::default().maximum
            },
            ..RedirectPolicy::default()
        },
        bail: if args.bail.is_some() {
            Bail::Failure
        } else {
            Bail::Never
        },
        compatibility,
        user_agent: match args.compat {
            CompatChoice::Strict => USER_AGENT,
            CompatChoice::Newman => NEWMAN_USER_AGENT,
        }
        .to_owned(),
    };
    let mut listeners: Vec<Box<dyn Listener + Send>> = Vec::new();
    let rows = u32::try_from(data.len()).unwrap_or(u32::MAX).max(1);
    let console = reporters
        .console
        .then(|| ConsoleChoice::of(args, printer, args.iteration_count.unwrap_or(rows)));
    if let Some(choice) = console {
        printer.data(&choice.banner(collection.name()));
        listeners.push(Box::new(ConsoleListener::new(
            printer,
            choice,
            Arc::clone(&redactor),
        )));
    }
    let folder = args
        .working_dir
        .clone()
        .unwrap_or_else(|| Path::new(".").to_owned());
    let workshop = Workshop {
        clock: clock.clone(),
        chance: chance.clone(),
        profile: &profile,
        redactor: Arc::clone(&redactor),
        cancellation: stop_on_signal(),
        args: &args.target_args,
        options,
    };
    let backoff = args.target_args.backoff.unwrap_or(Backoff::None);
    let mut session = workshop.session(
        Road {
            map,
            backoff,
            pace: None,
            identities,
        },
        listeners,
        Box::new(WorkingFolder {
            folder,
            outside: !args.no_insecure_file_read,
        }),
    )?;
    if let Some(cookies) = cookies {
        *session.dispatcher().jar() = cookies;
    }
    session.scopes.environment = scope(&environment.variables);
    session.scopes.globals = scope(&globals.variables);
    session.scopes.collection = scope(&collection.variables);
    session.environment_name = environment.name.clone().unwrap_or_default();
    session.vault = vault(&environment);

    let keep = if reporters.json.is_some() || reporters.junit.is_some() {
        Keep::Everything
    } else {
        Keep::Failures
    };
    let mut summary = Summary::new(keep, compatibility, clock.clone(), chance.fork("report"));
    let steps = steps.into_iter().map(Arc::new).collect();
    let course = Course {
        steps,
        scenario: None,
        data,
    };
    let progress = session.run(&course, &mut summary).await?;
    if let Some(path) = &args.newman.export_cookie_jar {
        let jar = session.dispatcher().jar().to_value();
        files::write(path, jar.to_string().as_bytes(), Readers::Owner)?;
    }
    if let Some(path) = &args.newman.export_collection {
        let text = serde_json::to_string_pretty(&*collection.value)
            .map_err(|error| CommandFailure::Fault(error.to_string()))?;
        files::write(path, text.as_bytes(), Readers::Owner)?;
    }
    environment.variables = variables(&session.scopes.environment);
    globals.variables = variables(&session.scopes.globals);
    finish(
        args,
        printer,
        &reporters,
        console,
        &collection,
        &environment,
        &globals,
        &mut summary,
        progress,
        &redactor,
    )
}

/// Writes reports and exports, also after an interruption, and says how the process ends.
#[expect(
    clippy::too_many_arguments,
    reason = "everything that a run leaves behind"
)]
fn finish(
    args: &RunArgs,
    printer: Printer,
    reporters: &Reporters,
    console: Option<ConsoleChoice>,
    collection: &Collection,
    environment: &Environment,
    globals: &Environment,
    summary: &mut Summary,
    progress: Progress,
    redactor: &Redactor,
) -> Result<ExitStatus, CommandFailure> {
    for _ in 0..progress.begun {
        summary
            .run
            .stats
            .iterations
            .count(crate::report::Counted::Passed);
    }
    summary.run.collection = (*collection.value).clone();
    summary.run.environment = environment.to_value("environment");
    summary.run.globals = globals.to_value("globals");
    summary.redact(redactor);
    if let Some(choice) = console {
        printer.data(&redactor.redact(&choice.conclusion(&summary.run)));
    }
    if let Some(path) = &reporters.json {
        let json = newman_json(&summary.run);
        files::write(path, &json, Readers::Everybody)?;
    }
    if let Some(path) = &reporters.junit {
        let form = match args.compat {
            CompatChoice::Strict => JunitForm::Strict,
            CompatChoice::Newman => JunitForm::Newman,
        };
        let junit = newman_junit(&summary.run, form);
        files::write(path, junit.as_bytes(), Readers::Everybody)?;
    }
    let secrets = args.export_secrets || args.compat == CompatChoice::Newman;
    for (path, scope, values) in [
        (&args.export_environment, "environment", environment),
        (&args.export_globals, "globals", globals),
    ] {
        if let Some(path) = path {
            let mut values = values.clone();
            if !secrets {
                for variable in values
                    .variables
                    .iter_mut()
                    .filter(|variable| variable.is_secret())
                {
                    variable.value = "".into();
                }
            }
            let text = serde_json::to_string_pretty(&values.to_value(scope))
                .map_err(|error| CommandFailure::Fault(error.to_string()))?;
            files::write(path, text.as_bytes(), Readers::Owner)?;
        }
    }
    Ok(match progress.end {
        End::AbortedByUser => {
            printer.error("interrupted: the reports hold what was done\n");
            ExitStatus::Interrupted
        }
        End::Complete | End::TargetUnreachable | End::HarnessFault | End::TimeBudget => {
            if progress.end == End::TimeBudget {
                printer.error("error: callback timed out: --timeout ended the run\n");
            }
            let failed = summary.failures() > 0 || progress.end != End::Complete;
            if failed && !args.suppress_exit_code {
                ExitStatus::NonConformant
            } else {
                ExitStatus::Met
            }
        }
    })
}

/// Collections of Postman's cloud, and of other places, are not fetched.
fn refuse_cloud(collection: &Path) -> Result<(), CommandFailure> {
    let name = collection.to_string_lossy();
    let is_url = name.starts_with("http://") || name.starts_with("https://");
    let is_uid = name.split_once('-').is_some_and(|(owner, id)| {
        !owner.is_empty()
            && owner
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
            && uuid::Uuid::parse_str(id).is_ok()
    });
    if (!is_url && !is_uid) || collection.exists() {
        return Ok(());
    }
    Err(CommandFailure::Usage {
        message: format!("«{name}» is not on this machine, and collections are not fetched"),
        remedy: "export the collection to a file, and name the file".into(),
    })
}

/// The cookies with which a run begins.
fn cookie_jar(path: &Path) -> Result<CookieJar, CommandFailure> {
    let wrong = |reason: String| CommandFailure::Usage {
        message: format!("--cookie-jar {}: {reason}", path.display()),
        remedy: "name a file that --export-cookie-jar has written".into(),
    };
    let value =
        serde_json::from_slice(&files::read(path)?).map_err(|error| wrong(error.to_string()))?;
    CookieJar::read(&value).map_err(|error| wrong(error.to_string()))
}

/// The reports that were asked for.
struct Reporters {
    console: bool,
    json: Option<std::path::PathBuf>,
    junit: Option<std::path::PathBuf>,
}

impl Reporters {
    fn of(args: &RunArgs, printer: Printer) -> Self {
        let has = |name: &str| {
            args.reporters
                .iter()
                .any(|reporter| reporter.trim() == name)
        };
        for reporter in &args.reporters {
            if !["cli", "json", "junit", "progress", ""].contains(&reporter.trim()) {
                printer.error(&format!(
                    "warning: there is no reporter «{reporter}»; there are cli, json and junit\n"
                ));
            }
        }
        let file = |path: &Option<std::path::PathBuf>, kind: &str| {
            path.clone().unwrap_or_else(|| {
                let stamp = Clock::system().now().strftime("%Y-%m-%d-%H-%M-%S-%3f");
                format!("newman/newman-run-report-{stamp}.{kind}").into()
            })
        };
        Self {
            console: has("cli") && !args.silent && !args.newman.reporter_cli_silent,
            json: has("json").then(|| file(&args.reporter_json_export, "json")),
            junit: has("junit").then(|| file(&args.reporter_junit_export, "xml")),
        }
    }
}

/// newman's limits: 0 means none.
fn limit(milliseconds: u64) -> Option<Duration> {
    (milliseconds > 0).then(|| Duration::from_millis(milliseconds))
}

/// The key of the commitments that stand for secrets in the reports of a run.
fn key(chance: &Random) -> [u8; 32] {
    let mut key = [0; 32];
    chance.fork("commitments").fill(&mut key);
    key
}
