//! A verdict as CTRF, the Common Test Report Format (version 0.0 of its specification): what many
//! consumers of test results read. Its schema is `fixtures/schema/ctrf.schema.json`.
//!
//! CTRF knows *passed*, *failed*, *skipped*, *pending* and *other*. What is neither met nor in the way
//! is *other*, never *skipped*: consumers leave skipped tests out, and nothing may look as if nobody had
//! to look at it. The outcome itself is `rawStatus`, and everything that CTRF has no word for stands
//! under `extra`, for its consumers refuse a file with other unknown names.
//!
//! | the case (`case`) | CTRF |
//! |---|---|
//! | passed | passed |
//! | failed, error | failed |
//! | skipped, told | other |
//! | told of a run that is complete | passed |

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::Told;
use super::case::{Case, Status, suites};
use super::place::place;
use crate::conformance::{ExitStatus, Finding, Verdict, blocks, check};

/// The version of CTRF.
const SPECIFICATION: &str = "0.0.0";

#[derive(Serialize)]
struct Document<'v> {
    #[serde(rename = "reportFormat")]
    format: &'static str,
    #[serde(rename = "specVersion")]
    version: &'static str,
    /// The digests of the histories: one run is told by several reports.
    #[serde(rename = "runId")]
    run: String,
    #[serde(rename = "generatedBy")]
    by: &'static str,
    results: Results<'v>,
}

#[derive(Serialize)]
struct Results<'v> {
    tool: Tool<'v>,
    summary: Summary,
    tests: Vec<Test<'v>>,
    environment: Value,
    extra: Value,
}

#[derive(Serialize)]
struct Tool<'v> {
    name: &'static str,
    version: &'v str,
}

/// How many tests there are of each status, and when the run was, in milliseconds since 1970.
#[derive(Default, Serialize)]
struct Summary {
    tests: usize,
    passed: usize,
    failed: usize,
    skipped: usize,
    pending: usize,
    other: usize,
    suites: usize,
    start: i64,
    stop: i64,
    duration: i64,
}

#[derive(Serialize)]
struct Test<'v> {
    #[serde(rename = "testId")]
    id: String,
    name: String,
    status: &'static str,
    /// A verdict takes no time.
    duration: u64,
    suite: [&'static str; 2],
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'v str>,
    #[serde(rename = "rawStatus")]
    raw: &'v str,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "filePath", skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// The line of the first witness.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<&'v BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extra: Option<Value>,
}

/// The verdict as CTRF, with a newline at its end.
#[must_use]
pub fn ctrf_json(told: Told<'_>) -> String {
    let Told {
        verdict, outcome, ..
    } = told;
    let suites = suites(verdict, outcome.gate);
    let mut summary = Summary {
        suites: suites.len(),
        ..Summary::default()
    };
    let cases = suites
        .iter()
        .flat_map(|suite| suite.cases.iter().map(|case| (suite.name, case)));
    let tests: Vec<Test<'_>> = cases.map(|(suite, case)| test(told, suite, case)).collect();
    summary.tests = tests.len();
    for test in &tests {
        match test.status {
            PASSED => summary.passed += 1,
            FAILED => summary.failed += 1,
            _ => summary.other += 1,
        }
    }
    let began = verdict.runs.iter().map(|run| run.began.as_millisecond());
    summary.start = began.min().unwrap_or_default();
    let runs = told.runs.iter();
    let ended = runs.filter_map(|(history, _)| Some(history.events().last()?.at.as_millisecond()));
    summary.stop = ended.max().unwrap_or(summary.start).max(summary.start);
    summary.duration = summary.stop - summary.start;
    let document = Document {
        format: "CTRF",
        version: SPECIFICATION,
        run: heads(verdict),
        by: "preflight",
        results: Results {
            tool: Tool {
                name: "preflight",
                version: &verdict.harness,
            },
            summary,
            tests,
            environment: environment(verdict),
            extra: json!({
                "preflight/gate": outcome.gate.name(),
                "preflight/met": outcome.exit == ExitStatus::Met,
                "preflight/exit": outcome.exit.code(),
                "preflight/blockers": outcome.blockers,
                "preflight/headline": verdict.headline.text,
                "preflight/profile": verdict.profile,
            }),
        },
    };
    let mut text = serde_json::to_string_pretty(&document)
        .expect("a report has text keys and no values that JSON lacks");
    text.push('\n');
    text
}

const PASSED: &str = "passed";
const FAILED: &str = "failed";
const OTHER: &str = "other";

fn test<'v>(told: Told<'v>, suite: &'static str, case: &'v Case<'v>) -> Test<'v> {
    let (status, message, word) = match &case.status {
        Status::Passed => (PASSED, None, "PASS"),
        Status::Failed { kind, message } => (FAILED, Some(message), kind.as_str()),
        Status::Error { message } => (FAILED, Some(message), "ERROR"),
        Status::Skipped { message } => (OTHER, Some(message), "SKIPPED"),
        Status::Told { message } if case.finding.is_none() => (PASSED, Some(message), "PASS"),
        Status::Told { message } => (OTHER, Some(message), "INFO"),
    };
    let first = case
        .finding
        .and_then(|finding| finding.witness.sequences.first());
    Test {
        id: case.finding.map_or_else(
            || case.name.clone(),
            |finding| format!("{}/{}", finding.check, finding.subject),
        ),
        name: case.name.clone(),
        status,
        duration: 0,
        suite: ["preflight", suite],
        message: case
            .finding
            .map(|finding| finding.message.as_str())
            .or(message.map(String::as_str)),
        raw: case.finding.map_or(word, |finding| finding.reported.name()),
        kind: "conformance",
        file: case
            .finding
            .and_then(|finding| place(told.verdict, finding)),
        line: first.copied(),
        parameters: case
            .finding
            .map(|finding| &finding.parameters)
            .filter(|parameters| !parameters.is_empty()),
        extra: case.finding.map(|finding| extra(told, finding)),
    }
}

/// Everything that a finding has and a test of CTRF does not.
fn extra(told: Told<'_>, finding: &Finding) -> Value {
    let mut extra = json!({
        "preflight/outcome": finding.reported,
        "preflight/raw": finding.raw,
        "preflight/blocks": blocks(told.outcome.gate, finding).is_some(),
        "preflight/provenance": finding.provenance,
        "preflight/clauses": check(finding.check).map(|check| check.clauses),
        "preflight/subject": finding.subject,
        "preflight/events": finding.witness.sequences,
    });
    if let Some(margin) = &finding.witness.margin {
        extra["preflight/margin"] = json!(margin);
    }
    if !finding.overlays.is_empty() {
        extra["preflight/overlays"] = json!(finding.overlays);
    }
    extra
}

/// What stands for the histories.
fn heads(verdict: &Verdict) -> String {
    let heads = verdict.runs.iter().map(|run| run.history_head.as_str());
    heads.collect::<Vec<_>>().join("+")
}

fn environment(verdict: &Verdict) -> Value {
    let targets = verdict.runs.iter().map(|run| json!(run.target));
    let subjects = verdict.runs.iter().map(|run| run.subject.to_string());
    json!({
        "reportName": "preflight",
        "appName": subjects.collect::<Vec<_>>().join(" and "),
        "extra": { "preflight/targets": targets.collect::<Vec<_>>() },
    })
}
