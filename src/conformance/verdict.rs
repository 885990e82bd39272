//! The fold of all findings.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde::Serialize;

use super::gate::{self, Gate, GateOutcome};
use super::headline::{self, Headline};
use super::matrix::{self, Row};
use super::{CHECKS, Evidence, Finding, Level};
use crate::base::Sha256Hex;
use crate::event::{End, Subject, Target};
use crate::history::History;
use crate::profile::Profile;

/// What a verdict covers beside the history: which checks the plan exercises, and how the golden
/// transcripts compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The ids of the checks that the plan exercises; none where it exercises all. A check outside
    /// is judged all the same; at the gate `ci` it does not block for not having been exercised.
    pub exercised: Option<BTreeSet<String>>,
    /// How the run compared with each golden transcript.
    pub golden: Vec<Golden>,
}

/// How the run compared with a golden transcript.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Golden {
    /// The name of the transcript: `status-flow`.
    pub name: String,
    /// How it compared.
    pub state: GoldenState,
}

/// How a run compares with a golden transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GoldenState {
    /// They are the same.
    Match,
    /// None was accepted yet.
    Missing,
    /// They differ.
    Differs,
}

/// What is judged of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Who was judged.
    pub subject: Subject,
    /// Where the requests went.
    pub target: Target,
    /// The version of preflight that wrote the history.
    pub harness: String,
    /// The profile that it was judged by.
    pub profile: JudgedBy,
    /// How the run ended; none where it was killed.
    pub ended: Option<End>,
    /// The digest that stands for the history.
    pub history_head: Sha256Hex,
    /// How many events the history has.
    pub events: usize,
    /// Whether the last line of the history was cut.
    pub torn: bool,
    /// One finding for each check of the subject, by id.
    pub findings: Vec<Finding>,
    /// The checks among them that the plan does not exercise.
    pub unplanned: BTreeSet<&'static str>,
    /// How the golden transcripts compared.
    pub golden: Vec<Golden>,
    /// One row for each clause.
    pub matrix: Vec<Row>,
    /// What it comes to, in a sentence or two.
    pub headline: Headline,
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
    let start = history.start();
    let evidence = Evidence::of(history, profile);
    let findings: Vec<Finding> = CHECKS
        .iter()
        .filter(|check| check.subjects.contains(&start.subject))
        .map(|check| check.judge(&evidence, profile))
        .collect();
    let unplanned = findings
        .iter()
        .map(|finding| finding.check)
        .filter(|id| {
            let planned = scope.exercised.as_ref();
            planned.is_some_and(|planned| !planned.contains(*id))
        })
        .collect();
    let judged_by = JudgedBy {
        name: profile.name.clone(),
        sha256: profile.sha256.clone(),
        overridden: profile.overridden.clone(),
        same_as_run: start.profile_sha256 == profile.sha256,
    };
    let matrix = matrix::rows(start.subject, &findings);
    let mut verdict = Verdict {
        subject: start.subject,
        target: start.target,
        harness: start.harness.clone(),
        profile: judged_by,
        ended: history.end(),
        history_head: history.head().clone(),
        events: history.events().len(),
        torn: history.torn().is_some(),
        findings,
        unplanned,
        golden: scope.golden.clone(),
        matrix,
        headline: Headline::default(),
    };
    verdict.headline = headline::of(&verdict);
    verdict
}

impl Verdict {
    /// Whether the plan exercises this check.
    #[must_use]
    pub fn is_planned(&self, check: &str) -> bool {
        !self.unplanned.contains(check)
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
        gate::outcome(gate, self)
    }
}
