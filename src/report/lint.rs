//! What lint found: for people, for programs, and as SARIF.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::sarif::{Log, notification};
use crate::base::plural;
use crate::lint::{Finding, Rule, Severity, Survey};

/// The version of the JSON form.
const VERSION: u32 = 1;

/// Each finding with its place and remedy; the summary last.
#[must_use]
pub fn lint_text(survey: &Survey) -> String {
    let mut text = String::new();
    for finding in &survey.findings {
        write_finding(&mut text, finding);
    }
    for entry in &survey.stale {
        write_lines(
            &mut text,
            &format!(
                "stale the entry at {} of the allow file: {}",
                entry.place, entry.entry
            ),
            &[format!("{} (owner: {})", entry.reason, entry.owner)],
        );
    }
    for unread in &survey.unread {
        write_lines(
            &mut text,
            &format!("unread {}", unread.file),
            std::slice::from_ref(&unread.reason),
        );
    }
    let (errors, warnings) = (
        survey.count(Severity::Error),
        survey.count(Severity::Warning),
    );
    let allowed = survey.allowed.len();
    let mut summary = format!(
        "{}, {}, {allowed} allowed in {}",
        counted(errors, "error"),
        counted(warnings, "warning"),
        counted(survey.files, "file"),
    );
    if survey.versions > 0 {
        summary += &format!(
            " and {} in the history",
            counted(survey.versions, "version")
        );
    }
    for (count, what) in [
        (survey.stale.len(), "stale in the allow file"),
        (survey.unread.len(), "not read"),
    ] {
        if count > 0 {
            summary += &format!("; {count} {what}");
        }
    }
    text + &summary + "\n"
}

fn write_finding(text: &mut String, finding: &Finding) {
    let Finding {
        rule,
        severity,
        file,
        place,
        path,
        what,
        value,
        fingerprint,
        commit,
    } = finding;
    let mut lines = Vec::new();
    let shown = match rule {
        // Addresses are no secrets: `what` has them.
        Rule::InClear => what.clone(),
        _ => format!("{what}: {value}"),
    };
    lines.push(format!("{}: {shown}", rule.title()));
    if !path.is_empty() {
        lines.push(format!("at {path}"));
    }
    if let Some(commit) = commit {
        lines.push(format!(
            "since commit {commit}: to remove it from the file is not enough"
        ));
    }
    lines.push(format!("help: {}", rule.remedy()));
    lines.push(format!("fingerprint {fingerprint}"));
    write_lines(
        text,
        &format!("{} {rule} {file}:{place}", severity.name()),
        &lines,
    );
}

fn write_lines(text: &mut String, heading: &str, lines: &[String]) {
    writeln!(text, "{heading}").expect("writing to a String cannot fail");
    for line in lines {
        writeln!(text, "  {line}").expect("writing to a String cannot fail");
    }
    text.push('\n');
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {}", plural(count, noun))
}

/// The same for programs; `fixtures/schema/lint.schema.json` describes it.
#[must_use]
pub fn lint_json(survey: &Survey) -> String {
    let mut value = json!({
        "format": "preflight-lint",
        "version": VERSION,
        "errors": survey.count(Severity::Error),
        "warnings": survey.count(Severity::Warning),
    });
    if let Value::Object(fields) = json!(survey) {
        for (name, field) in fields {
            value[name] = field;
        }
    }
    for (list, findings) in [("findings", &survey.findings), ("allowed", &survey.allowed)] {
        for (index, finding) in findings.iter().enumerate() {
            value[list][index]["title"] = json!(finding.rule.title());
            value[list][index]["remedy"] = json!(finding.rule.remedy());
        }
    }
    format!("{value:#}\n")
}

/// The same as SARIF 2.1.0, for the code scanning of a forge. What is allowed is suppressed.
#[must_use]
pub fn lint_sarif(survey: &Survey) -> String {
    let rules: Vec<Value> = Rule::ALL
        .into_iter()
        .map(|rule| {
            json!({
                "id": rule.id(),
                "shortDescription": { "text": rule.title() },
                "help": { "text": rule.remedy() },
                "defaultConfiguration": { "level": rule.severity().name() },
            })
        })
        .collect();
    let standing = survey.findings.iter().map(sarif_result);
    let allowed = survey.allowed.iter().map(|finding| {
        let mut result = sarif_result(finding);
        result["suppressions"] = json!([{ "kind": "external" }]);
        result
    });
    let results: Vec<Value> = standing.chain(allowed).collect();
    let unread = survey.unread.iter().map(|unread| {
        let text = format!("{} was not read: {}", unread.file, unread.reason);
        notification("error", &text)
    });
    Log {
        tool: "preflight lint",
        version: env!("CARGO_PKG_VERSION"),
        rules,
        results,
        notifications: unread.collect(),
        successful: survey.unread.is_empty(),
        properties: Map::new(),
    }
    .text()
}

fn sarif_result(finding: &Finding) -> Value {
    let message = format!(
        "{}: {} ({})",
        finding.rule.title(),
        finding.what,
        finding.value
    );
    json!({
        "ruleId": finding.rule.id(),
        "level": finding.severity.name(),
        "message": { "text": message },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": { "uri": finding.file.replace('\\', "/") },
                "region": { "startLine": finding.place.line, "startColumn": finding.place.column },
            },
            "logicalLocations": [{ "fullyQualifiedName": finding.path }],
        }],
        "partialFingerprints": { "preflight/v1": finding.fingerprint },
    })
}
