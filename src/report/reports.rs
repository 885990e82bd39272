//! All files that tell a verdict: one list, for the folder of the evidence and for the bundle.

use super::{
    correlation_csv, coverage_csv, ctrf_json, junit_xml, kill_matrix, page_html,
    questions_markdown, redactions_json, results_json, results_sarif, summary_markdown,
};
use crate::conformance::{GateOutcome, Scope, Verdict};
use crate::history::History;
use crate::profile::Profile;

/// The name of the report that all others are projections of.
pub const RESULTS: &str = "results.json";

/// The name of the report for people.
pub const PAGE: &str = "report.html";

/// What the reports tell. They follow from it: whoever has it writes the same bytes again.
#[derive(Clone, Copy, Debug)]
pub struct Told<'v> {
    /// The verdict.
    pub verdict: &'v Verdict,
    /// What it comes to.
    pub outcome: &'v GateOutcome,
    /// What it was judged by.
    pub profile: &'v Profile,
    /// What was judged, in the order of the verdict's runs.
    pub runs: &'v [(&'v History, &'v Scope)],
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its name, in the folder and in the bundle.
    pub name: &'static str,
    /// What stands in it.
    pub bytes: Vec<u8>,
}

/// Writes a report.
type Form = fn(Told<'_>) -> String;

/// Each report with its name.
const REPORTS: &[(&str, Form)] = &[
    (RESULTS, |told| results_json(told.verdict, told.outcome)),
    ("junit.xml", |told| {
        junit_xml(told.verdict, told.outcome.gate)
    }),
    ("ctrf.json", ctrf_json),
    ("results.sarif", results_sarif),
    ("summary.md", summary_markdown),
    ("questions.md", questions_markdown),
    ("correlation.csv", correlation_csv),
    ("coverage.csv", coverage_csv),
    ("redactions.json", redactions_json),
    (kill_matrix::NAME, |_| kill_matrix::JSON.to_owned()),
    (PAGE, page_html),
];

/// The names of all reports.
pub fn report_names() -> impl Iterator<Item = &'static str> {
    REPORTS.iter().map(|(name, _)| *name)
}

/// The reports, `results.json` first.
#[must_use]
pub fn reports(told: Told<'_>) -> Vec<Report> {
    REPORTS
        .iter()
        .map(|(name, form)| Report {
            name,
            bytes: form(told).into_bytes(),
        })
        .collect()
}
