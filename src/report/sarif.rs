//! A verdict as SARIF 2.1.0, for the code scanning of a forge and for the viewers of editors. Its
//! schema is `fixtures/schema/sarif.schema.json`.
//!
//! The rules are the checks that were judged, each with its documentation. The results are what
//! speaks against the subject or is open, and nothing else: forges show every result as a problem,
//! one of the kind *pass* too. Each lies at the line of its first witness in the history. What is
//! waived or expected is suppressed, with who answers for it.
//!
//! | reported | level |
//! |---|---|
//! | ERROR, FAIL | error |
//! | NOT_EXERCISED, INCONCLUSIVE, REVIEW, WARN | warning |
//! | INFO that is a failure of which provenance lets no more be said | note |
//! | PASS, INFO, NOT_APPLICABLE | no result |

use serde_json::{Map, Value, json};

use super::Told;
use super::case::{Status, message, suites};
use super::place::place;
use crate::base::sha256;
use crate::conformance::{
    CHECKS, Check, Finding, Gate, Level, Overlay, OverlayKind, blocks, check,
};

/// How many witnesses are located; `results.json` names all.
const MOST_LOCATED: usize = 100;

/// What a tool found in one run.
pub(super) struct Log<'l> {
    /// The name of the tool.
    pub(super) tool: &'l str,
    /// Its version.
    pub(super) version: &'l str,
    pub(super) rules: Vec<Value>,
    pub(super) results: Vec<Value>,
    /// What kept it from its work, and what has to be said beside the results.
    pub(super) notifications: Vec<Value>,
    /// Whether nothing did.
    pub(super) successful: bool,
    /// What SARIF has no word for.
    pub(super) properties: Map<String, Value>,
}

impl Log<'_> {
    /// The log, with a newline at its end.
    pub(super) fn text(self) -> String {
        let mut run = json!({
            "tool": { "driver": {
                "name": self.tool,
                "version": self.version,
                "rules": self.rules,
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": self.successful,
                "toolExecutionNotifications": self.notifications,
            }],
            "results": self.results,
        });
        if !self.properties.is_empty() {
            run["properties"] = Value::Object(self.properties);
        }
        let sarif = json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [run],
        });
        format!("{sarif:#}\n")
    }
}

/// Something that is said beside the results.
pub(super) fn notification(level: &str, text: &str) -> Value {
    json!({ "level": level, "message": { "text": text } })
}

/// The verdict as SARIF, with a newline at its end.
#[must_use]
pub fn results_sarif(told: Told<'_>) -> String {
    let Told {
        verdict, outcome, ..
    } = told;
    let is_judged = |check: &&&Check| {
        let mut findings = verdict.findings.iter();
        findings.any(|finding| finding.check == check.id)
    };
    let rules: Vec<&Check> = CHECKS.iter().filter(is_judged).copied().collect();
    let results = verdict.findings.iter().filter_map(|finding| {
        let rule = rules.iter().position(|check| check.id == finding.check)?;
        result(told, finding, rule)
    });
    let mut properties = Map::new();
    properties.insert("preflight/counts".into(), counts(told));
    properties.insert("preflight/gate".into(), json!(outcome.gate));
    properties.insert("preflight/exit".into(), json!(outcome.exit.code()));
    properties.insert("preflight/headline".into(), json!(verdict.headline.text));
    properties.insert("preflight/profile".into(), json!(verdict.profile));
    let cut_short = verdict.runs.iter().any(|run| run.cut_short().is_some());
    Log {
        tool: "preflight",
        version: &verdict.harness,
        results: results.collect(),
        notifications: notifications(told),
        successful: !cut_short,
        properties,
        rules: rules.into_iter().map(rule).collect(),
    }
    .text()
}

/// How many checks were reported at each level.
fn counts(told: Told<'_>) -> Value {
    let counts = told.verdict.counts().into_iter();
    Value::Object(
        counts
            .map(|(level, count)| (level.name().to_owned(), json!(count)))
            .collect(),
    )
}

/// What is wrong with the runs and with what stands beside the findings.
fn notifications(told: Told<'_>) -> Vec<Value> {
    let suites = suites(told.verdict, told.outcome.gate);
    let beside = suites.iter().flat_map(|suite| &suite.cases);
    beside
        .filter(|case| case.finding.is_none())
        .filter_map(|case| {
            let (level, message) = match &case.status {
                Status::Passed => return None,
                Status::Failed { message, .. } | Status::Error { message } => ("error", message),
                Status::Skipped { message } | Status::Told { message } => ("note", message),
            };
            Some(notification(level, &format!("{}: {message}", case.name)))
        })
        .collect()
}

fn rule(check: &Check) -> Value {
    let prose = check.prose();
    // Before the first heading stands what the rule is about.
    let beginning = prose.split("\n# ").next().unwrap_or_default();
    let beginning = beginning.split_whitespace().collect::<Vec<_>>().join(" ");
    let level = level(check.severest, check.severest).unwrap_or("none");
    json!({
        "id": check.id,
        "shortDescription": { "text": check.title },
        "fullDescription": { "text": beginning },
        "help": {
            "text": format!("{beginning} The rest: preflight explain {}", check.id),
            "markdown": prose,
        },
        "defaultConfiguration": { "level": level },
        "properties": {
            "tags": check.clauses,
            "preflight/keyword": check.keyword(),
        },
    })
}

/// The level of a result; none where nothing speaks against the subject.
fn level(reported: Level, raw: Level) -> Option<&'static str> {
    match reported {
        Level::Error | Level::Fail => Some("error"),
        Level::NotExercised | Level::Inconclusive | Level::Review | Level::Warn => Some("warning"),
        Level::Info if raw != Level::Info => Some("note"),
        Level::Info | Level::Pass | Level::NotApplicable => None,
    }
}

fn result(told: Told<'_>, finding: &Finding, rule: usize) -> Option<Value> {
    let level = level(finding.reported, finding.raw)?;
    let gate = told.outcome.gate;
    let text = format!("{}: {}", finding.reported, message(finding));
    let file = place(told.verdict, finding);
    let located = |line: u64| {
        json!({
            "physicalLocation": {
                "artifactLocation": { "uri": file },
                "region": { "startLine": line },
            },
            "message": { "text": format!("event {line}") },
        })
    };
    let mut lines = finding.witness.sequences.iter().copied();
    // What never happened is missing from the whole of the history.
    let first = lines.next().unwrap_or(1);
    // The same finding of the next run is the same alert.
    let digest = sha256(format!("{} {}", finding.check, finding.subject).as_bytes());
    let fingerprint = &digest.as_str()[..16];
    let mut result = json!({
        "ruleId": finding.check,
        "ruleIndex": rule,
        "level": level,
        "message": { "text": text },
        "locations": [located(first)],
        "partialFingerprints": {
            "preflight/v1": fingerprint,
            "primaryLocationLineHash": format!("{fingerprint}:1"),
        },
        "properties": {
            "preflight/outcome": finding.reported,
            "preflight/raw": finding.raw,
            "preflight/blocks": blocks(gate, finding).is_some(),
            "preflight/provenance": finding.provenance,
            "preflight/clauses": check(finding.check).map(|check| check.clauses),
            "preflight/subject": finding.subject,
            "preflight/parameters": finding.parameters,
        },
    });
    let related: Vec<Value> = lines.take(MOST_LOCATED - 1).map(located).collect();
    if !related.is_empty() {
        result["relatedLocations"] = json!(related);
    }
    if let Some(would_flip) = &finding.would_flip {
        result["properties"]["preflight/wouldFlip"] = json!(would_flip);
    }
    let suppressions: Vec<Value> = finding
        .overlays
        .iter()
        .filter(|overlay| suppresses(overlay, gate, finding))
        .map(|overlay| {
            let until = overlay.expires.map(|last| format!(", until {last}"));
            json!({
                "kind": "external",
                "status": "accepted",
                "justification": format!(
                    "{} by {}{}: {}",
                    overlay.kind.name(),
                    overlay.by,
                    until.unwrap_or_default(),
                    overlay.reason
                ),
            })
        })
        .collect();
    if !suppressions.is_empty() {
        result["suppressions"] = json!(suppressions);
    }
    Some(result)
}

/// Whether somebody answers for it, so that it does not block.
fn suppresses(overlay: &Overlay, gate: Gate, finding: &Finding) -> bool {
    let answered = match overlay.kind {
        OverlayKind::Waived => true,
        OverlayKind::Expected => gate == Gate::Ci,
        OverlayKind::New | OverlayKind::Stale => false,
    };
    answered && finding.reported != Level::Error
}
