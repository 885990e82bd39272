//! A verdict for a program: `results.json`, of which every other report is a projection. Its schema
//! is `fixtures/schema/results.schema.json`.

use indexmap::IndexMap;
use serde::Serialize;

use crate::base::Sha256Hex;
use crate::conformance::{
    Concern, Coverage, ExitStatus, Finding, GateOutcome, Given, Golden, Headline, JudgedBy,
    Keyword, Review, Stale, Standing, Verdict, check,
};
use crate::event::{End, Subject, Target};

/// The version of the form.
const VERSION: u32 = 4;

#[derive(Serialize)]
struct Results<'v> {
    /// The version of this form.
    version: u32,
    harness: &'v str,
    profile: &'v JudgedBy,
    runs: Vec<RunNote<'v>>,
    headline: &'v Headline,
    gate: GateNote<'v>,
    /// How many checks were reported at each level.
    counts: IndexMap<&'static str, usize>,
    checks: Vec<CheckNote<'v>>,
    clauses: Vec<ClauseNote<'v>>,
    snapshots: &'v [Golden],
    /// The entries of a baseline and of waivers that are out of date.
    stale: &'v [Stale],
}

#[derive(Serialize)]
struct RunNote<'v> {
    subject: Subject,
    target: Target,
    /// The digest that stands for the history.
    head: &'v Sha256Hex,
    events: usize,
    torn: bool,
    ended: Option<End>,
    /// The scenarios whose work was not done.
    unfinished: &'v [String],
    /// What was noticed of the run itself.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    notices: &'v [String],
}

#[derive(Serialize)]
struct GateNote<'v> {
    name: &'static str,
    met: bool,
    exit: u8,
    meaning: &'static str,
    blockers: &'v [String],
}

#[derive(Serialize)]
struct CheckNote<'v> {
    title: &'static str,
    clauses: &'static [&'static str],
    keyword: Option<Keyword>,
    #[serde(flatten)]
    finding: &'v Finding,
}

#[derive(Serialize)]
struct ClauseNote<'v> {
    id: &'static str,
    text: &'static str,
    keyword: Keyword,
    source: &'static str,
    concern: Concern,
    coverage: Coverage,
    review: &'static Review,
    checks: &'v [&'static str],
    standing: Standing,
    /// What the provider says of it, where that is asked for.
    said: Option<SaidNote<'v>>,
}

#[derive(Serialize)]
struct SaidNote<'v> {
    /// `to be attested`, `attested` and so on.
    state: &'static str,
    /// Who says what; nothing until somebody does.
    given: Option<&'v Given>,
}

/// The verdict as JSON, with a newline at its end. The same verdict gives the same bytes.
#[must_use]
pub fn results_json(verdict: &Verdict, gate: &GateOutcome) -> String {
    let results = Results {
        version: VERSION,
        harness: &verdict.harness,
        profile: &verdict.profile,
        runs: verdict
            .runs
            .iter()
            .map(|run| RunNote {
                subject: run.subject,
                target: run.target,
                head: &run.history_head,
                events: run.events,
                torn: run.torn,
                ended: run.ended,
                unfinished: &run.unfinished,
                notices: &run.notices,
            })
            .collect(),
        headline: &verdict.headline,
        gate: GateNote {
            name: gate.gate.name(),
            met: gate.exit == ExitStatus::Met,
            exit: gate.exit.code(),
            meaning: gate.exit.meaning(),
            blockers: &gate.blockers,
        },
        counts: verdict
            .counts()
            .into_iter()
            .map(|(level, count)| (level.name(), count))
            .collect(),
        checks: verdict.findings.iter().map(note).collect(),
        clauses: verdict
            .matrix
            .iter()
            .map(|row| ClauseNote {
                id: row.clause.id,
                text: row.clause.text,
                keyword: row.clause.keyword,
                source: row.clause.source,
                concern: row.clause.concern,
                coverage: row.clause.coverage,
                review: row.clause.review(),
                checks: &row.checks,
                standing: row.standing,
                said: row.said.as_ref().map(|said| SaidNote {
                    state: said.name(),
                    given: said.given.as_ref(),
                }),
            })
            .collect(),
        snapshots: &verdict.golden,
        stale: &verdict.stale,
    };
    let mut text = serde_json::to_string_pretty(&results)
        .expect("results have text keys and no values that JSON lacks");
    text.push('\n');
    text
}

fn note(finding: &Finding) -> CheckNote<'_> {
    let known = check(finding.check);
    CheckNote {
        title: known.map_or("", |check| check.title),
        clauses: known.map_or(&[], |check| check.clauses),
        keyword: known.map(crate::conformance::Check::keyword),
        finding,
    }
}
