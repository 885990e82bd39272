//! `preflight observe`: play the platform for a connector, watch it, judge it.

use std::collections::BTreeSet;

use crate::cli::args::{ObserveArgs, TimeChoice};
use crate::cli::failure::CommandFailure;
use crate::cli::files;
use crate::cli::judgement::Judgement;
use crate::cli::observation::{
    Papers, Production, Setting, Subject, notification_url, perform, policy, rehearse,
};
use crate::cli::plans;
use crate::cli::printer::Printer;
use crate::cli::progress::ScenarioListener;
use crate::cli::surroundings::Surroundings;
use crate::cli::workshop::{check_certificates, stop_on_signal_after};
use crate::conformance::{ExitStatus, Scope};
use crate::event::{Listener, Target};
use crate::history::History;
use crate::observe::{Director, Leash, Logbook, Performance, Plan, Stage, split};

/// Observes, judges, writes, prints, and says how the process ends.
pub async fn observe(
    args: &ObserveArgs,
    printer: Printer,
    surroundings: Surroundings,
) -> Result<ExitStatus, CommandFailure> {
    let subject = Subject::of(&args.subject)
        .ok_or_else(|| CommandFailure::Fault("nobody is to be observed".into()))?;
    let time = time(args, &subject)?;
    check(args, &subject)?;
    check_certificates(&args.trust)?;
    let setting = Setting::read(
        &args.platform,
        args.meeting.door.notification_header.as_deref(),
        time,
        surroundings,
    )?;
    let plan = plans::observation(&args.plan, &setting.profile)?;
    let papers = Papers::read(
        args.meeting.env_file.as_deref(),
        &args.meeting.config_template,
    )?;
    files::prepare(&args.evidence)?;
    let history_path = args.evidence.join("history.ndjson");
    let mut watchers: Vec<Box<dyn Listener + Send>> = Vec::new();
    if printer.watched() {
        watchers.push(Box::new(ScenarioListener::new(plan.scenarios.len())));
    }
    let mut events = setting.events(Some(&history_path), watchers)?;
    events.emit(setting.start(Target::Mock, &plan.name))?;
    let director = Director::new(plan.clone(), setting.chance.fork("director"));
    let logbook = Logbook::new(events, &setting.profile);
    let stage = Stage::new(setting.platform(), Some(director), logbook);
    let leash = Leash::default();
    let cancellation = {
        let (leash, papers) = (leash.clone(), papers.clone());
        stop_on_signal_after(move || {
            leash.kill();
            papers.remove();
        })
    };
    if let (Subject::Specimen(name), TimeChoice::Logical) = (&subject, time) {
        let application = &args.meeting.application;
        rehearse(stage, &setting, policy(name)?, application, &cancellation)?;
    } else {
        let performance = Performance::new(stage, setting.clock.clone());
        let production = Production {
            setting: &setting,
            subject: &subject,
            meeting: &args.meeting,
            trust: &args.trust,
            papers: &papers,
            evidence: &args.evidence,
            printer,
            cancellation,
            leash,
        };
        let outcome = perform(&performance, &production).await?;
        printer.note(&setting.redactor.redact(&outcome.trouble));
    }
    let history = History::read(&history_path)?;
    let judgement = Judgement {
        profile: &setting.profile,
        gate: args.gate,
        evidence: &args.evidence,
        json: args.json,
        printer,
        redactor: &setting.redactor,
        blocker: None,
    };
    judgement.pronounce(&[(&history, &scope(&plan))], &[])
}

/// What was typed must make sense together, and be wrong before anything begins.
fn check(args: &ObserveArgs, subject: &Subject) -> Result<(), CommandFailure> {
    match subject {
        Subject::Specimen(name) => {
            policy(name)?;
        }
        Subject::Command(command_line) => {
            split(command_line)?;
        }
        Subject::Attached | Subject::Proxied(_) => {}
    }
    if let Some(url) = &args.meeting.door.notify {
        notification_url(url)?;
    }
    let alone = [
        ("--for", args.for_time.is_some()),
        ("--proxy-token", args.proxy_token.is_some()),
    ];
    match (subject, alone.iter().find(|(_, typed)| *typed)) {
        (Subject::Proxied(_), _) | (_, None) => Ok(()),
        (Subject::Command(_) | Subject::Attached | Subject::Specimen(_), Some((option, _))) => {
            Err(CommandFailure::Usage {
                message: format!("{option} goes with --proxy"),
                remedy: "leave it out".into(),
            })
        }
    }
}

/// Whose time counts: logical with a specimen unless told otherwise, real with everybody else.
fn time(args: &ObserveArgs, subject: &Subject) -> Result<TimeChoice, CommandFailure> {
    match (args.time, subject) {
        (
            Some(TimeChoice::Logical),
            Subject::Command(_) | Subject::Attached | Subject::Proxied(_),
        ) => Err(CommandFailure::Usage {
            message: "a connector does not follow the logical clock".into(),
            remedy: "leave --time out, or observe a --specimen".into(),
        }),
        (Some(time), _) => Ok(time),
        (None, Subject::Specimen(_)) => Ok(TimeChoice::Logical),
        (None, Subject::Command(_) | Subject::Attached | Subject::Proxied(_)) => {
            Ok(TimeChoice::Real)
        }
    }
}

/// The checks that the plan exercises.
fn scope(plan: &Plan) -> Scope {
    let exercised: BTreeSet<String> = plan
        .scenarios
        .iter()
        .flat_map(|scenario| scenario.exercises.iter().cloned())
        .collect();
    Scope {
        exercised: (!exercised.is_empty()).then_some(exercised),
        golden: Vec::new(),
    }
}
