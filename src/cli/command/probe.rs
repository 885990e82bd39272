//! `preflight probe`: send a notification endpoint what it should take, and what it never should.

use std::sync::Arc;

use crate::cli::args::{PlatformArgs, TimeChoice};
use crate::cli::attempt::Attempt;
use crate::cli::declared::learn_declared;
use crate::cli::failure::CommandFailure;
use crate::cli::files;
use crate::cli::judgement::Judgement;
use crate::cli::observation::{Credentials, Setting, refuse, typed};
use crate::cli::printer::Printer;
use crate::cli::probe_args::ProbeArgs;
use crate::cli::probing::{Introduction, rehearse_probes, visit_endpoint, visit_specimen};
use crate::cli::surroundings::Surroundings;
use crate::cli::target;
use crate::cli::terms::{Secrets, TermPaths, Terms};
use crate::cli::workshop::{check_certificates, stop_on_signal};
use crate::conformance::{ExitStatus, Scope};
use crate::event::{Subject, Target};
use crate::evidence::Undertaking;
use crate::history::History;
use crate::observe::probe::Stamina;
use crate::profile::Profile;
use crate::specimen::{Policy, specimen};

/// The Sage product whose connector a specimen is.
const APPLICATION: &str = "sage.specimen";

/// Probes, judges, writes, prints, and says how the process ends.
///
/// # Errors
/// If something that was typed is wrong, or the probes cannot be recorded or judged.
pub async fn probe(
    args: &ProbeArgs,
    printer: Printer,
    surroundings: Surroundings,
) -> Result<ExitStatus, CommandFailure> {
    let paths = TermPaths {
        profile: args.profile.as_deref(),
        declaration: args.declaration.as_deref(),
        expectations: &args.expectations,
        seal: &args.seal,
    };
    let terms = Terms::read(paths, Secrets::Needed, surroundings)?;
    match &args.specimen {
        Some(name) => probe_specimen(args, name, &terms, printer, surroundings).await,
        None => probe_endpoint(args, &terms, printer, surroundings).await,
    }
}

async fn probe_endpoint(
    args: &ProbeArgs,
    terms: &Terms,
    printer: Printer,
    surroundings: Surroundings,
) -> Result<ExitStatus, CommandFailure> {
    let logical = typed(&[("--time logical", args.time == Some(TimeChoice::Logical))]);
    refuse(&logical, ("for a --specimen only", "leave it out"))?;
    check_certificates(&args.trust)?;
    let setting = setting(
        args,
        terms,
        TimeChoice::Real,
        Credentials::Theirs,
        surroundings,
    )?;
    learn_declared(&setting.redactor, &terms.declaration);
    let introduction =
        Introduction::read(args, &terms.declaration, &setting.profile, surroundings)?;
    if let Some((_, value)) = &introduction.header {
        setting
            .redactor
            .learn("notification header", value.expose());
    }
    files::prepare(&args.evidence)?;
    let attempt = attempt(args, Target::Sandbox, terms, &setting)?;
    let cancellation = stop_on_signal();
    let events = setting.events(Some(&args.evidence.join("history.ndjson")), Vec::new())?;
    let trust = (target::trust(&args.trust)?, stamina(args));
    visit_endpoint(&setting, events, introduction, trust, &cancellation).await?;
    judge(args, &setting, terms, &attempt, printer)
}

async fn probe_specimen(
    args: &ProbeArgs,
    name: &str,
    terms: &Terms,
    printer: Printer,
    surroundings: Surroundings,
) -> Result<ExitStatus, CommandFailure> {
    let strangers = typed(&[
        ("--header", args.header.is_some()),
        ("--value-env", args.value_env.is_some()),
        ("--value-file", args.value_file.is_some()),
        ("--trusted-issuer", args.trusted_issuer),
        ("--issuer-listen", args.issuer_listen.is_some()),
        ("--issuer", args.issuer.is_some()),
        ("--audience", args.audience.is_some()),
        ("--read-back", args.read_back.is_some()),
        ("--allow-production", args.allow_production),
    ]);
    refuse(&strangers, ("of no use to a --specimen", "leave it out"))?;
    let time = args.time.unwrap_or(TimeChoice::Logical);
    let credentials = Credentials::of(&terms.declaration);
    let setting = setting(args, terms, time, credentials, surroundings)?;
    learn_declared(&setting.redactor, &terms.declaration);
    let policy = policy(name, &setting.profile)?;
    files::prepare(&args.evidence)?;
    let attempt = attempt(args, Target::Mock, terms, &setting)?;
    let cancellation = stop_on_signal();
    let events = setting.events(Some(&args.evidence.join("history.ndjson")), Vec::new())?;
    match time {
        TimeChoice::Logical => {
            let forge = Arc::default();
            rehearse_probes(
                &setting,
                events,
                (policy, stamina(args)),
                &forge,
                &cancellation,
            )?
        }
        TimeChoice::Real => {
            visit_specimen(&setting, events, policy, stamina(args), &cancellation).await?
        }
    };
    judge(args, &setting, terms, &attempt, printer)
}

fn setting(
    args: &ProbeArgs,
    terms: &Terms,
    time: TimeChoice,
    credentials: Credentials,
    surroundings: Surroundings,
) -> Result<Setting, CommandFailure> {
    let platform = PlatformArgs {
        profile: args.profile.clone(),
        mock_defect: Vec::new(),
        seed: args.seed,
    };
    let profile = Arc::clone(&terms.profile);
    Setting::read(profile, &platform, None, time, credentials, surroundings)
}

/// Begins the next attempt at an endpoint.
fn attempt(
    args: &ProbeArgs,
    target: Target,
    terms: &Terms,
    setting: &Setting,
) -> Result<Attempt, CommandFailure> {
    let undertaking = Undertaking {
        target,
        subjects: vec![Subject::Endpoint],
        plan: "probe".to_owned(),
    };
    let file = args.ledger.ledger.as_deref();
    Attempt::begin(
        file,
        &args.evidence,
        undertaking,
        terms,
        setting.clock.now(),
    )
}

fn stamina(args: &ProbeArgs) -> Stamina {
    if args.spare {
        Stamina::Spared
    } else {
        Stamina::Tried
    }
}

/// The traits of the specimen called `name`.
fn policy(name: &str, profile: &Profile) -> Result<Policy, CommandFailure> {
    let known = specimen(name).ok_or_else(|| CommandFailure::Usage {
        message: format!("there is no specimen «{name}»"),
        remedy: "`preflight self-test --list` names them".into(),
    })?;
    Ok(known.policy(profile, APPLICATION))
}

fn judge(
    args: &ProbeArgs,
    setting: &Setting,
    terms: &Terms,
    attempt: &Attempt,
    printer: Printer,
) -> Result<ExitStatus, CommandFailure> {
    let history = History::read(&args.evidence.join("history.ndjson"))?;
    let scope = Scope {
        declaration: terms.declaration.clone(),
        ..Scope::default()
    };
    let judgement = Judgement {
        terms,
        named: &[],
        attempt: Some(attempt),
        gate: args.gate,
        evidence: Some(&args.evidence),
        json: args.json,
        printer,
        redactor: &setting.redactor,
        blockers: Vec::new(),
    };
    judgement.pronounce(&[(&history, &scope)], &[])
}
