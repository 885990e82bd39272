//! `preflight observe`: play the platform for a connector, watch it, judge it.

use std::collections::BTreeSet;
use std::path::Path;

use crate::cli::args::{ObserveArgs, TimeChoice};
use crate::cli::failure::CommandFailure;
use crate::cli::files;
use crate::cli::judgement::Judgement;
use crate::cli::observation::{
    Credentials, Observation, ObservationArgs, Setting, Subject, check_meeting, forward, reason,
    refuse, typed, upstream,
};
use crate::cli::printer::Printer;
use crate::cli::surroundings::Surroundings;
use crate::cli::workshop::{check_certificates, stop_on_signal, stop_on_signal_after};
use crate::conformance::{ExitStatus, Scope};
use crate::event::Target;
use crate::history::History;

/// The plan where none was typed.
const PLAN: &str = "ci";

/// Observes, judges, writes, prints, and says how the process ends.
pub async fn observe(
    args: &ObserveArgs,
    printer: Printer,
    surroundings: Surroundings,
) -> Result<ExitStatus, CommandFailure> {
    let history = args.evidence.join("history.ndjson");
    match Subject::of(&args.subject) {
        Some(Subject::Proxied(url)) => proxied(args, &url, &history, printer, surroundings).await,
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
            let cancellation = stop_on_signal_after(observation.last_will());
            observation
                .play(&args.evidence, &history, printer, cancellation)
                .await?;
            judge(
                args,
                &observation.setting,
                &history,
                &observation.scope(),
                printer,
            )
        }
        None => Err(CommandFailure::Fault("nobody is to be observed".into())),
    }
}

/// Records what passes between a connector and the sandbox, and judges it.
async fn proxied(
    args: &ObserveArgs,
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
        &args.platform,
        None,
        TimeChoice::Real,
        Credentials::Theirs,
        surroundings,
    )?;
    let upstream = upstream(url, args, &setting)?;
    files::prepare(&args.evidence)?;
    let cancellation = stop_on_signal();
    let mut events = setting.events(Some(history), Vec::new())?;
    events.emit(setting.start(Target::Sandbox, "proxy", args.trust.insecure))?;
    forward(upstream, args, &setting, events, printer, &cancellation).await?;
    // Nothing was planned, so nothing is missed.
    let scope = Scope {
        exercised: Some(BTreeSet::new()),
        golden: Vec::new(),
    };
    judge(args, &setting, history, &scope, printer)
}

fn judge(
    args: &ObserveArgs,
    setting: &Setting,
    history: &Path,
    scope: &Scope,
    printer: Printer,
) -> Result<ExitStatus, CommandFailure> {
    let history = History::read(history)?;
    let judgement = Judgement {
        profile: &setting.profile,
        gate: args.gate,
        evidence: &args.evidence,
        json: args.json,
        printer,
        redactor: &setting.redactor,
        blocker: None,
    };
    judgement.pronounce(&[(&history, scope)], &[])
}
