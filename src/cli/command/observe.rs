//! `preflight observe`: play the platform for a connector, watch it, judge it.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::cli::args::{ObserveArgs, TimeChoice};
use crate::cli::attempt::Attempt;
use crate::cli::declared::learn_declared;
use crate::cli::diagnostic;
use crate::cli::failure::CommandFailure;
use crate::cli::files;
use crate::cli::judgement::{Judgement, readable};
use crate::cli::observation::{
    Credentials, Observation, ObservationArgs, Setting, Subject, check_meeting, forward, reason,
    refuse, typed, upstream,
};
use crate::cli::printer::Printer;
use crate::cli::surroundings::Surroundings;
use crate::cli::target;
use crate::cli::terms::{Secrets, TermPaths, Terms};
use crate::cli::workshop::{LastWill, check_certificates, stop_on_signal_after};
use crate::conformance::{ExitStatus, Scope};
use crate::event::{Subject as Judged, Target};
use crate::evidence::Undertaking;
use crate::history::History;

/// What stands for a plan where there is none.
const PROXY: &str = "proxy";

/// The plan where none was typed.
const PLAN: &str = "ci";

/// Observes, judges, writes, prints, and says how the process ends.
pub async fn observe(
    args: &ObserveArgs,
    printer: Printer,
    surroundings: Surroundings,
) -> Result<ExitStatus, CommandFailure> {
    let history = args.evidence.join("history.ndjson");
    let paths = TermPaths {
        profile: args.platform.profile.as_deref(),
        declaration: args.declaration.as_deref(),
        expectations: &args.expectations,
        seal: &args.seal,
    };
    let terms = Terms::read(paths, Secrets::Needed, surroundings)?;
    target::check_stated(&terms.profile, args.gate)?;
    match Subject::of(&args.subject) {
        Some(Subject::Proxied(url)) => {
            proxied(args, &terms, &url, &history, printer, surroundings).await
        }
        Some(subject) => {
            let strangers = typed(&[
                ("--for", args.for_time.is_some()),
                ("--proxy-token", args.proxy_token.is_some()),
                ("--allow-production", args.allow_production),
            ]);
            refuse(&strangers, ("for --proxy only", "leave it out"))?;
            let observation = Observation::read(
                subject,
                ObservationArgs {
                    plan: args.plan.as_deref().unwrap_or(PLAN),
                    time: args.time,
                    meeting: &args.meeting,
                    trust: &args.trust,
                    platform: &args.platform,
                    terms: &terms,
                },
                surroundings,
            )?;
            if observation.setting.time == TimeChoice::Logical {
                let strangers = typed(&[
                    ("--insecure", args.trust.insecure),
                    (
                        "--ssl-extra-ca-certs",
                        args.trust.extra_certificates.is_some(),
                    ),
                ]);
                refuse(&strangers, observation.reason())?;
            }
            files::prepare(&args.evidence)?;
            let plan = observation.plan_name();
            let attempt = attempt(args, Target::Mock, plan, &terms, &observation.setting)?;
            let cancellation = stop_on_signal_after(observation.last_will());
            let played = observation
                .play(&args.evidence, &history, printer, cancellation)
                .await;
            let scope = observation.scope("history.ndjson");
            judge(
                args,
                &terms,
                &observation.setting,
                &attempt,
                (&history, &scope),
                printer,
                played,
            )
        }
        None => Err(CommandFailure::Fault("nobody is to be observed".into())),
    }
}

/// Records what passes between a connector and the sandbox, and judges it.
async fn proxied(
    args: &ObserveArgs,
    terms: &Terms,
    url: &str,
    history: &Path,
    printer: Printer,
    surroundings: Surroundings,
) -> Result<ExitStatus, CommandFailure> {
    let subject = Subject::Proxied(url.to_owned());
    check_meeting(&subject, TimeChoice::Real, &args.meeting)?;
    let strangers = typed(&[
        ("--plan", args.plan.is_some()),
        ("--time logical", args.time == Some(TimeChoice::Logical)),
        ("--mock-defect", !args.platform.mock_defect.is_empty()),
        ("--seed", args.platform.seed.is_some()),
    ]);
    refuse(&strangers, reason(&subject, TimeChoice::Real))?;
    check_certificates(&args.trust)?;
    let setting = Setting::read(
        Arc::clone(&terms.profile),
        &args.platform,
        None,
        TimeChoice::Real,
        Credentials::Theirs,
        surroundings,
    )?;
    learn_declared(&setting.redactor, &terms.declaration);
    let upstream = upstream(url, args, &setting)?;
    files::prepare(&args.evidence)?;
    let attempt = attempt(args, Target::Sandbox, PROXY, terms, &setting)?;
    let will = LastWill::default();
    let cancellation = stop_on_signal_after(will.clone());
    let mut events = setting.events(Some(history), Vec::new())?;
    // Nothing is planned, so nothing is missed.
    let nothing = Some(BTreeSet::new());
    events.emit(setting.start(Target::Sandbox, PROXY, nothing, args.trust.insecure))?;
    let forwarded = forward(
        upstream,
        args,
        &setting,
        events,
        printer,
        (&cancellation, &will),
    )
    .await;
    if nothing_was_begun(&forwarded) {
        files::discard(history);
    }
    let scope = Scope {
        declaration: terms.declaration.clone(),
        ..Scope::default()
    };
    judge(
        args,
        terms,
        &setting,
        &attempt,
        (history, &scope),
        printer,
        forwarded,
    )
}

/// Begins the next attempt at a connector.
fn attempt(
    args: &ObserveArgs,
    target: Target,
    plan: &str,
    terms: &Terms,
    setting: &Setting,
) -> Result<Attempt, CommandFailure> {
    let undertaking = Undertaking {
        target,
        subjects: vec![Judged::Connector],
        plan: plan.to_owned(),
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

fn nothing_was_begun(played: &Result<(), CommandFailure>) -> bool {
    played
        .as_ref()
        .is_err_and(|failure| failure.exit() == ExitStatus::Usage)
}

/// The verdict on what was played. Where that went wrong on its way, what there is of it is judged
/// all the same, and the failure stands in the way of every gate.
fn judge(
    args: &ObserveArgs,
    terms: &Terms,
    setting: &Setting,
    attempt: &Attempt,
    (history, scope): (&Path, &Scope),
    printer: Printer,
    played: Result<(), CommandFailure>,
) -> Result<ExitStatus, CommandFailure> {
    if nothing_was_begun(&played) {
        attempt.end(ExitStatus::Usage, &[], None)?;
        return played.map(|()| ExitStatus::Usage);
    }
    let history = match (&played, readable(history)) {
        (Ok(()), _) => History::read(history)?,
        (Err(_), Some(history)) => history,
        // It says why there is none.
        (Err(failure), None) => {
            attempt.end(failure.exit_once_begun(), &[], None)?;
            return played.map(|()| ExitStatus::HarnessFault);
        }
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
        blockers: played
            .as_ref()
            .err()
            .map(|failure| {
                (
                    failure.exit(),
                    setting.redactor.redact(&failure.to_string()),
                )
            })
            .into_iter()
            .collect(),
    };
    let judged = judgement.pronounce(&[(&history, scope)], &[]);
    match (judged, played) {
        (judged, Ok(())) => judged,
        (Ok(status), Err(failure)) => {
            printer.error(&diagnostic::render(&failure, printer.color()));
            Ok(status)
        }
        (Err(_), Err(failure)) => Err(failure),
    }
}
