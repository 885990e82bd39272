//! The two programs, run in the same way, and what their reports have in common.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use regex::Regex;
use serde_json::Value;

use crate::server::Incoming;
use crate::workplace::Workplace;

/// In whose manner preflight runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// The default.
    Strict,
    /// `--compat newman`.
    Newman,
}

/// A program that runs collections.
#[derive(Clone, Debug)]
pub enum Tool {
    /// newman, by the path of its program.
    Newman(PathBuf),
    /// preflight.
    Preflight(Manner),
}

/// What a run came to, in lines that can be compared.
pub struct Observed {
    /// Item, assertion and outcome, in order.
    pub assertions: Vec<String>,
    /// The list of failures: where, and the error.
    pub failures: Vec<String>,
    /// The totals.
    pub totals: Vec<String>,
    /// The environment that was left.
    pub environment: Vec<String>,
    /// The exit code.
    pub code: Option<i32>,
}

/// The newman of the installation that `PREFLIGHT_NEWMAN` names.
#[expect(
    clippy::disallowed_methods,
    reason = "a test has no settings; the variable names a tool of the developer's"
)]
pub fn newman() -> Option<PathBuf> {
    let folder = std::env::var_os("PREFLIGHT_NEWMAN")?;
    let binary = Path::new(&folder).join("node_modules/.bin/newman");
    assert!(binary.is_file(), "{} is not there", binary.display());
    Some(binary)
}

impl Tool {
    /// Runs a collection whose requests go to `base`.
    pub fn run(&self, collection: &Path, environment: Option<&Path>, base: &str) -> Observed {
        let place = Workplace::new();
        let mut command = match self {
            Self::Newman(path) => {
                let mut command = Command::new(path);
                place.settle(&mut command);
                // It is a script of Node, which is looked for.
                #[expect(
                    clippy::disallowed_methods,
                    reason = "a test has no settings; newman needs to find Node"
                )]
                command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
                command.arg("run");
                command
            }
            Self::Preflight(manner) => {
                let mut command = place.command(&["run"]);
                if *manner == Manner::Newman {
                    command.args(["--compat", "newman"]);
                }
                command
            }
        };
        command.arg(collection);
        if let Some(environment) = environment {
            command.arg("-e").arg(environment);
        }
        command
            .args(["--env-var", &format!("baseUrl={base}")])
            .args(["--env-var", &format!("tokenBaseUrl={base}")])
            .args(["-r", "json", "--reporter-json-export", "report.json"])
            .args(["--export-environment", "left.json"]);
        let outcome = place.finish(command.spawn().expect("the program starts"));
        assert!(
            place.path("report.json").exists(),
            "{self:?} wrote no report:\n{}{}",
            outcome.stdout,
            outcome.stderr
        );
        let report = place.json("report.json");
        Observed {
            assertions: assertions(&report),
            failures: failures(&report),
            totals: totals(&report),
            environment: variables(&place.json("left.json")),
            code: outcome.code,
        }
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("—")
}

fn error(error: &Value) -> String {
    format!("{}: {}", text(&error["name"]), text(&error["message"]))
}

fn assertions(report: &Value) -> Vec<String> {
    // newman lists an execution for each request that a script of the item sent, and repeats the
    // item's assertions in each.
    let mut seen = BTreeSet::new();
    list(&report["run"]["executions"])
        .filter(|execution| seen.insert(execution["cursor"]["ref"].to_string()))
        .flat_map(|execution| {
            let item = text(&execution["item"]["name"]);
            list(&execution["assertions"]).map(move |assertion| {
                let outcome = match (&assertion["skipped"], &assertion["error"]) {
                    (Value::Bool(true), _) => "skipped".to_owned(),
                    (_, Value::Null) => "passed".to_owned(),
                    (_, failure) => error(failure),
                };
                format!("{item} / {} / {outcome}", text(&assertion["assertion"]))
            })
        })
        .collect()
}

fn failures(report: &Value) -> Vec<String> {
    // newman seldom knows the line of a script.
    let place = Regex::new("-script(:[0-9]+)+$").expect("the pattern is well-formed");
    list(&report["run"]["failures"])
        .map(|failure| {
            format!(
                "{} / {} / {}",
                text(&failure["source"]["name"]),
                place.replace(text(&failure["at"]), "-script"),
                error(&failure["error"])
            )
        })
        .collect()
}

fn totals(report: &Value) -> Vec<String> {
    let stats = report["run"]["stats"]
        .as_object()
        .expect("a report has totals");
    stats
        .iter()
        .map(|(name, count)| {
            format!(
                "{name}: {} in all, {} failed",
                count["total"], count["failed"]
            )
        })
        .collect()
}

fn variables(environment: &Value) -> Vec<String> {
    list(&environment["values"])
        .map(|row| format!("{} = {}", row["key"], row["value"]))
        .collect()
}

/// Requests as they came over the wire, without what is new in each.
pub fn wire(requests: &[Incoming], manner: Manner) -> Vec<String> {
    let boundary = Regex::new(r"-{8,}[0-9A-Za-z]{8,}").expect("the pattern is well-formed");
    requests
        .iter()
        .map(|request| {
            // Names of headers have no case, and headers of different names no order.
            let mut headers: Vec<String> = request
                .headers
                .iter()
                .filter(|(name, _)| !name.eq_ignore_ascii_case("postman-token"))
                // Each program has a name of its own.
                .filter(|(name, value)| {
                    manner == Manner::Newman
                        || !name.eq_ignore_ascii_case("user-agent")
                        || value == "mine"
                })
                .map(|(name, value)| format!("{}: {value}", name.to_ascii_lowercase()))
                .collect();
            headers.sort();
            let whole = format!(
                "{} | {} | {}",
                request.line,
                headers.join(" | "),
                request.text()
            );
            boundary
                .replace_all(&whole, "[boundary]")
                .replace("\r\n", "\\r\\n")
                .replace('\n', "\\n")
        })
        .collect()
}
