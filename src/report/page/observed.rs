//! A run that was judged, with what every section reads of it.

use crate::base::Timestamp;
use crate::conformance::{Evidence, JudgedRun, Scope, Verdict};
use crate::event::Subject;
use crate::history::History;
use crate::profile::{Declaration, Profile};
use crate::report::place::judged_again;

/// A run and its history, indexed once for all sections.
pub(super) struct Observed<'a> {
    /// Its place among the runs of the verdict.
    pub(super) place: usize,
    /// What the verdict says of it.
    pub(super) run: &'a JudgedRun,
    /// Its history.
    pub(super) history: &'a History,
    /// The same as the checks read it.
    pub(super) evidence: Evidence<'a>,
    /// What it was judged by beside the profile.
    pub(super) scope: &'a Scope,
    /// What it was judged by.
    pub(super) profile: &'a Profile,
    /// What it is called: its subject, with a number from the second of one subject on.
    pub(super) name: String,
    /// The command that judges its history again, without what it is limited to.
    pub(super) command: String,
}

impl<'a> Observed<'a> {
    /// The runs of `verdict`, in its order.
    pub(super) fn all(
        verdict: &'a Verdict,
        histories: &[(&'a History, &'a Scope)],
        profile: &'a Profile,
    ) -> Vec<Self> {
        verdict
            .runs
            .iter()
            .enumerate()
            .zip(histories)
            .map(|((place, run), (history, scope))| Self {
                place,
                name: name(&verdict.runs[..place], run),
                run,
                history,
                evidence: Evidence::of(history, profile).declared(scope.declaration.clone()),
                scope,
                profile,
                command: judged_again(run, scope, profile),
            })
            .collect()
    }

    /// When it began.
    pub(super) fn began(&self) -> Timestamp {
        self.run.began
    }

    /// When its last event happened.
    pub(super) fn ended(&self) -> Timestamp {
        self.evidence.ends_at().max(self.began())
    }

    /// What the provider says of itself.
    pub(super) fn declaration(&self) -> &'a Declaration {
        &self.scope.declaration
    }
}

/// What `run` is called behind `earlier` ones.
fn name(earlier: &[JudgedRun], run: &JudgedRun) -> String {
    let same = earlier.iter().filter(|it| it.subject == run.subject);
    match same.count() {
        0 => called(run.subject).to_owned(),
        before => format!("{} {}", called(run.subject), before + 1),
    }
}

/// What a subject is called.
fn called(subject: Subject) -> &'static str {
    match subject {
        Subject::Replay => "Replay of the collections",
        Subject::Connector => "Connector",
        Subject::Endpoint => "Notification endpoint",
    }
}
