//! The observation of a connector by a plan, from what was typed to the end of its history.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::{
    Credentials, Papers, Production, Setting, Subject, check_meeting, notification_url, perform,
    policy, reason, rehearse,
};
use crate::cli::args::{MeetingArgs, PlatformArgs, TimeChoice, TrustArgs};
use crate::cli::declared::learn_declared;
use crate::cli::failure::CommandFailure;
use crate::cli::files;
use crate::cli::plans;
use crate::cli::printer::Printer;
use crate::cli::progress::ScenarioListener;
use crate::cli::surroundings::Surroundings;
use crate::cli::terms::Terms;
use crate::cli::workshop::{LastWill, check_certificates};
use crate::conformance::{ExitStatus, Scope};
use crate::event::{End, Listener, Target};
use crate::observe::{Director, Leash, Logbook, Performance, Plan, Stage, split};
use crate::profile::Profile;
use crate::run::Cancellation;

/// What was typed of an observation.
#[derive(Clone, Copy, Debug)]
pub struct ObservationArgs<'a> {
    /// The plan: a name or a file.
    pub plan: &'a str,
    /// Whose time counts.
    pub time: Option<TimeChoice>,
    /// How they meet.
    pub meeting: &'a MeetingArgs,
    /// Whom to trust.
    pub trust: &'a TrustArgs,
    /// How the platform is played.
    pub platform: &'a PlatformArgs,
    /// On what terms the run will be judged.
    pub terms: &'a Terms,
}

/// An observation, read and checked; nothing was begun yet.
pub struct Observation<'a> {
    /// Profile, clock, chance, secrets.
    pub setting: Setting,
    plan: Plan,
    subject: Subject,
    papers: Papers,
    leash: Leash,
    will: LastWill,
    args: ObservationArgs<'a>,
}

impl<'a> Observation<'a> {
    /// Reads and checks everything that was typed.
    ///
    /// # Errors
    /// If something is wrong with it.
    pub fn read(
        subject: Subject,
        args: ObservationArgs<'a>,
        surroundings: Surroundings,
    ) -> Result<Self, CommandFailure> {
        let time = time(args.time, &subject)?;
        check_meeting(&subject, time, args.meeting)?;
        match &subject {
            Subject::Specimen(name) => {
                policy(name, &Profile::built_in(), args.meeting.application())?;
            }
            Subject::Command(command_line) => {
                split(command_line)?;
            }
            Subject::Attached | Subject::Proxied(_) => {}
        }
        if let Some(url) = &args.meeting.door.notify {
            notification_url(url)?;
        }
        check_certificates(args.trust)?;
        let setting = Setting::read(
            Arc::clone(&args.terms.profile),
            args.platform,
            args.meeting.door.notification_header.as_deref(),
            time,
            Credentials::of(&args.terms.declaration),
            surroundings,
        )?;
        learn_declared(&setting.redactor, &args.terms.declaration);
        let plan = plans::observation(args.plan, &setting.profile)?;
        let papers = Papers::read(
            args.meeting.env_file.as_deref(),
            &args.meeting.config_template,
        )?;
        let (leash, will) = (Leash::default(), LastWill::default());
        {
            let (leash, papers) = (leash.clone(), papers.clone());
            will.add(move || {
                leash.kill();
                papers.remove();
            });
        }
        Ok(Self {
            setting,
            plan,
            subject,
            papers,
            leash,
            will,
            args,
        })
    }

    /// The name of its plan.
    #[must_use]
    pub fn plan_name(&self) -> &str {
        &self.plan.name
    }

    /// What is to be done before the process ends without waiting for anything.
    #[must_use]
    pub fn last_will(&self) -> LastWill {
        self.will.clone()
    }

    /// Plays the plan for the connector and writes the history to `history`; the connector's log
    /// goes beside it, into `evidence`. However it ends, the history has its last event, unless it
    /// could not be written. Where nothing could be begun, no history is left.
    ///
    /// # Errors
    /// If nothing could be begun ([`ExitStatus::Usage`]), or the history could not be written.
    pub async fn play(
        &self,
        evidence: &Path,
        history: &Path,
        printer: Printer,
        cancellation: Cancellation,
    ) -> Result<(), CommandFailure> {
        let played = self.play_on(evidence, history, printer, cancellation).await;
        if played
            .as_ref()
            .is_err_and(|failure| failure.exit() == ExitStatus::Usage)
        {
            files::discard(history);
            files::discard(&evidence.join("connector.log"));
            self.papers.withdraw();
        }
        played
    }

    async fn play_on(
        &self,
        evidence: &Path,
        history: &Path,
        printer: Printer,
        cancellation: Cancellation,
    ) -> Result<(), CommandFailure> {
        let setting = &self.setting;
        let mut watchers: Vec<Box<dyn Listener + Send>> = Vec::new();
        if printer.watched() {
            watchers.push(Box::new(ScenarioListener::new(self.plan.scenarios.len())));
        }
        let mut events = setting.events(Some(history), watchers)?;
        let insecure = self.args.trust.insecure;
        let exercises = self.exercises();
        events.emit(setting.start(Target::Mock, &self.plan.name, exercises, insecure))?;
        let application = self.args.meeting.application();
        let director = Director::new(self.plan.clone(), setting.chance.fork("director"))
            .with_application(application);
        let logbook = Logbook::new(events, &setting.profile);
        let stage = Stage::new(setting.platform(), Some(director), logbook);
        if let (Subject::Specimen(name), TimeChoice::Logical) = (&self.subject, setting.time) {
            rehearse(
                stage,
                setting,
                policy(name, &setting.profile, application)?,
                application,
                &cancellation,
            )?;
            return Ok(());
        }
        let performance = Performance::new(stage, setting.clock.clone());
        let ending = performance.clone();
        self.will.add_words(move || ending.end(End::AbortedByUser));
        let production = Production {
            setting,
            subject: &self.subject,
            meeting: self.args.meeting,
            trust: self.args.trust,
            papers: &self.papers,
            evidence,
            history,
            printer,
            cancellation,
            leash: self.leash.clone(),
            will: self.will.clone(),
        };
        let outcome = perform(&performance, &production).await?;
        printer.note(&setting.redactor.redact(&outcome.trouble));
        Ok(())
    }

    /// What is wrong with an option that means nothing to its subject, and what to do.
    #[must_use]
    pub fn reason(&self) -> (&'static str, &'static str) {
        reason(&self.subject, self.setting.time)
    }

    /// What the verdict covers beside the history, whose file is called `file`.
    #[must_use]
    pub fn scope(&self, file: &str) -> Scope {
        Scope {
            file: Some(file.to_owned()),
            declaration: self.args.terms.declaration.clone(),
            ..Scope::default()
        }
    }

    /// The checks that the plan exercises; none where it names none.
    fn exercises(&self) -> Option<BTreeSet<String>> {
        let exercised: BTreeSet<String> = self
            .plan
            .exercises()
            .into_iter()
            .map(str::to_owned)
            .collect();
        (!exercised.is_empty()).then_some(exercised)
    }
}

/// Whose time counts: logical with a specimen unless told otherwise, real with everybody else.
fn time(typed: Option<TimeChoice>, subject: &Subject) -> Result<TimeChoice, CommandFailure> {
    match (typed, subject) {
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
