//! The fold of all findings.

use std::borrow::Cow;

use indexmap::IndexMap;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::excerpt::excerpt;
use super::gate::{self, Gate, GateOutcome, blocks};
use super::headline::{self, Headline};
use super::matrix::{self, Row};
use super::overlay::Stale;
use super::{CHECKS, Evidence, Finding, Level, check};
use crate::base::{Sha256Hex, Timestamp};
use crate::event::{End, EventKind, Subject, Target};
use crate::history::History;
use crate::profile::{Declaration, Profile};

/// What a verdict covers beside the history: which checks the plan exercises, and how the golden
/// transcripts compared.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// How the run compared with each golden transcript.
    pub golden: Vec<Golden>,
    /// The name of the history's file, without its folder: for the command that judges a part of
    /// it again.
    pub file: Option<String>,
    /// What the provider says of itself; nothing unless a file says it.
    pub declaration: Declaration,
}

/// How the run compared with a golden transcript.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Golden {
    /// The name of the transcript: `status-flow`.
    pub name: String,
    /// How it compared.
    pub state: GoldenState,
}

/// How a run compares with a golden transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GoldenState {
    /// They are the same.
    Match,
    /// None was accepted yet.
    Missing,
    /// They differ.
    Differs,
}

/// What is judged of one history, or of several: a replay and an observation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The runs that were judged, in the order in which they were given.
    pub runs: Vec<JudgedRun>,
    /// The version of preflight that wrote the histories.
    pub harness: String,
    /// The profile that they were judged by.
    pub profile: JudgedBy,
    /// One finding for each check of each run's subject: run by run, by id.
    pub findings: Vec<Finding>,
    /// How the golden transcripts compared.
    pub golden: Vec<Golden>,
    /// One row for each clause.
    pub matrix: Vec<Row>,
    /// The entries of a baseline and of waivers that are out of date.
    pub stale: Vec<Stale>,
    /// What it comes to, in a sentence or two.
    pub headline: Headline,
}

/// A run, as far as a verdict names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedRun {
    /// Who was judged.
    pub subject: Subject,
    /// Where the requests went.
    pub target: Target,
    /// When it began.
    pub began: Timestamp,
    /// How the run ended; none where it was killed.
    pub ended: Option<End>,
    /// The scenarios that ended before everything that they wait for was done.
    pub unfinished: Vec<String>,
    /// What was noticed of the run itself: whose times these are, what could not be recorded.
    pub notices: Vec<String>,
    /// The digest that stands for the history.
    pub history_head: Sha256Hex,
    /// The name of its file, without the folder.
    pub file: Option<String>,
    /// How many events the history has.
    pub events: usize,
    /// Whether the last line of the history was cut.
    pub torn: bool,
}

impl JudgedRun {
    /// Why the run did not come to its end, in words; none where it did.
    #[must_use]
    pub fn cut_short(&self) -> Option<&'static str> {
        match (self.ended, self.subject) {
            (Some(End::Complete), _) => None,
            (Some(End::AbortedByUser), _) => Some("the user stopped the run"),
            (Some(End::TargetUnreachable), Subject::Replay) => Some("the target did not answer"),
            (Some(End::TargetUnreachable), Subject::Connector) => {
                Some("the connector did not do its work")
            }
            (Some(End::TargetUnreachable), Subject::Endpoint) => {
                Some("the notification endpoint did not answer")
            }
            (Some(End::HarnessFault), _) => Some("preflight itself failed"),
            (Some(End::TimeBudget), _) => Some("the time was used up"),
            (None, _) => Some("the run was killed before its history had an end"),
        }
    }
}

/// A profile, as far as a verdict names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JudgedBy {
    /// Its name.
    pub name: String,
    /// Its digest.
    pub sha256: Sha256Hex,
    /// The keys in which it differs from the built-in profile.
    pub overridden: Vec<String>,
    /// Whether the run was made under the same profile.
    pub same_as_run: bool,
}

/// Judges `history` by `profile`. The same arguments give the same verdict.
#[must_use]
pub fn judge(history: &History, profile: &Profile, scope: &Scope) -> Verdict {
    judge_together(&[(history, scope)], profile)
}

/// Judges several histories by `profile`: one verdict, in which each check is found once for each
/// history that its subject covers.
///
/// # Panics
/// If there is no history: nothing can be said of nothing.
#[must_use]
pub fn judge_together(histories: &[(&History, &Scope)], profile: &Profile) -> Verdict {
    let (first, _) = histories.first().expect("somebody was observed");
    let findings: Vec<Finding> = histories
        .iter()
        .enumerate()
        .flat_map(|(run, (history, scope))| {
            let found = findings(history, profile, scope);
            found
                .into_iter()
                .map(move |finding| Finding { run, ..finding })
        })
        .collect();
    let subjects: Vec<Subject> = histories
        .iter()
        .map(|(history, _)| history.start().subject)
        .collect();
    let declarations: Vec<&Declaration> = histories
        .iter()
        .map(|(_, scope)| &scope.declaration)
        .collect();
    let judged_by = JudgedBy {
        name: profile.name.clone(),
        sha256: profile.sha256.clone(),
        overridden: profile.overridden.clone(),
        same_as_run: histories
            .iter()
            .all(|(history, _)| history.start().profile_sha256 == profile.sha256),
    };
    let mut verdict = Verdict {
        runs: histories
            .iter()
            .map(|(history, scope)| run(history, scope))
            .collect(),
        harness: first.start().harness.clone(),
        profile: judged_by,
        matrix: matrix::rows(&subjects, &findings, &declarations),
        findings,
        golden: histories
            .iter()
            .flat_map(|(_, scope)| scope.golden.iter().cloned())
            .collect(),
        stale: Vec::new(),
        headline: Headline::default(),
    };
    verdict.headline = headline::of(&verdict);
    verdict
}

fn run(history: &History, scope: &Scope) -> JudgedRun {
    JudgedRun {
        subject: history.start().subject,
        target: history.start().target,
        began: history.events()[0].at,
        ended: history.end(),
        unfinished: unfinished(history),
        notices: notices(history),
        history_head: history.head().clone(),
        file: scope.file.clone(),
        events: history.events().len(),
        torn: history.torn().is_some(),
    }
}

fn notices(history: &History) -> Vec<String> {
    let notices = history.events().iter().map(|event| event.kind.notice());
    notices.flatten().map(Cow::into_owned).collect()
}

/// The scenarios of a history that were not completed.
fn unfinished(history: &History) -> Vec<String> {
    history
        .events()
        .iter()
        .filter_map(|event| {
            let EventKind::ScenarioEnded { scenario, missing } = &event.kind else {
                return None;
            };
            (!missing.is_empty()).then(|| scenario.clone())
        })
        .collect()
}

/// What every check of the history's subject finds in it: a verdict without its fold.
#[must_use]
pub fn findings(history: &History, profile: &Profile, scope: &Scope) -> Vec<Finding> {
    let evidence = Evidence::of(history, profile).declared(scope.declaration.clone());
    let subject = history.start().subject;
    CHECKS
        .par_iter()
        .filter(|check| check.subjects.contains(&subject))
        .map(|check| {
            let mut finding = check.judge(&evidence, profile);
            let planned = history.start().exercises.as_ref();
            finding.planned = planned.is_none_or(|planned| planned.contains(check.id));
            finding
        })
        .collect()
}

impl Verdict {
    /// Looks for the smallest part of the histories on which each check that fails still does.
    /// `histories` are those that were judged, by the same profile.
    #[must_use]
    pub fn with_excerpts(mut self, histories: &[(&History, &Scope)], profile: &Profile) -> Self {
        for finding in &mut self.findings {
            let judged = histories.get(finding.run);
            if let (Some((history, scope)), Some(check)) = (judged, check(finding.check)) {
                let declaration = &scope.declaration;
                finding.witness.excerpt = excerpt(check, history, profile, declaration, finding);
            }
        }
        self
    }

    /// How many checks were reported at each level, worst first, with the levels that nobody has.
    #[must_use]
    pub fn counts(&self) -> IndexMap<Level, usize> {
        Level::WORST_FIRST
            .into_iter()
            .map(|level| {
                let reported = self.findings.iter().map(|finding| finding.reported);
                (
                    level,
                    reported.filter(|reported| *reported == level).count(),
                )
            })
            .collect()
    }

    /// What it means at `gate`.
    #[must_use]
    pub fn gate(&self, gate: Gate) -> GateOutcome {
        gate::outcome(gate, self, |finding| {
            blocks(gate, finding).map(|status| (status, headline::item(self, finding)))
        })
    }
}
