//! A connector that shares no line with ours, in another language and with a stock HTTP client and
//! retry library, completes the `ci` plan over HTTP and is acquitted: what the mock asks of a
//! connector can be done by somebody who knows only the platform's pages.
//!
//! Runs where `PREFLIGHT_SECOND_CONNECTOR` names a copy of `tests/connectors/node` into which its
//! packages were installed; it takes about three minutes.

use std::path::Path;
use std::process::Command;

use preflight::event::{Event, EventKind};
use preflight::history::History;

#[expect(
    clippy::disallowed_methods,
    reason = "a test has no settings; the variable names a tool of the developer's"
)]
fn connector() -> Option<String> {
    let folder = std::env::var("PREFLIGHT_SECOND_CONNECTOR").ok()?;
    let script = Path::new(&folder).join("connector.mjs");
    assert!(script.is_file(), "{} is not there", script.display());
    assert!(
        Path::new(&folder).join("node_modules").is_dir(),
        "the packages of {folder} are not installed"
    );
    Some(format!("node '{}'", script.display()))
}

/// The scenarios of a history that ended, each with what it missed.
fn ended(events: &[Event]) -> Vec<(&str, &[String])> {
    events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::ScenarioEnded { scenario, missing } => {
                Some((scenario.as_str(), missing.as_slice()))
            }
            _ => None,
        })
        .collect()
}

#[test]
fn it_completes_every_scenario_of_the_ci_plan_and_is_acquitted() {
    let Some(connector) = connector() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let evidence = folder.path().join("evidence");
    let output = Command::new(env!("CARGO_BIN_EXE_preflight"))
        .args(["observe", "--plan", "ci", "--connector", &connector])
        .arg("--evidence")
        .arg(&evidence)
        .output()
        .expect("the binary starts");
    let printed = String::from_utf8_lossy(&output.stdout);
    let history = History::read(&evidence.join("history.ndjson")).expect("a history");
    let scenarios = ended(history.events());
    let missed: Vec<_> = scenarios
        .iter()
        .filter(|(_, missing)| !missing.is_empty())
        .collect();
    assert!(missed.is_empty(), "{missed:?}");
    let plan = preflight::observe::Plan::built_in("ci").expect("a built-in plan");
    assert_eq!(scenarios.len(), plan.scenarios.len());
    assert_eq!(output.status.code(), Some(0), "{printed}");
}
