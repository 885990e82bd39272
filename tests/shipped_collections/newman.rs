//! newman itself finds nothing wrong with the collections on `preflight mock`, with the environment
//! that it writes.
//!
//! These tests run where `PREFLIGHT_NEWMAN` names a newman installation.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::{STEMS, collection_path, entries, parse, text};

/// The newman of the installation that `PREFLIGHT_NEWMAN` names: a folder with `node_modules`.
#[expect(
    clippy::disallowed_methods,
    reason = "a test has no settings; the variable names a tool of the developer's"
)]
fn newman() -> Option<PathBuf> {
    let folder = std::env::var_os("PREFLIGHT_NEWMAN")?;
    let binary = Path::new(&folder).join("node_modules/.bin/newman");
    assert!(binary.is_file(), "{} is not there", binary.display());
    Some(binary)
}

/// `preflight mock`, until it is dropped.
struct Mock(Child);

impl Mock {
    /// Starts it; when this returns it serves, and its environment is at `environment`.
    fn start(environment: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_preflight"))
            .args(["mock", "--listen", "127.0.0.1:0", "--export-environment"])
            .arg(environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let stdout = child.stdout.as_mut().expect("it is piped");
        let mut line = String::new();
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("it says that it plays");
        assert!(line.starts_with("The platform is played"), "{line}");
        Self(child)
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs collections one after another against one fresh mock, each with the environment that the
/// one before left, and holds newman's reports to having no failure.
fn run_with_newman(newman: &Path, stems: &[&str]) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mut environment = folder.path().join("mock.environment.json");
    let _mock = Mock::start(&environment);
    for (place, stem) in stems.iter().enumerate() {
        let report = folder.path().join(format!("{place}.report.json"));
        let carried = folder.path().join(format!("{place}.environment.json"));
        let mut command = Command::new(newman);
        command
            .arg("run")
            .arg(collection_path(stem))
            .arg("--environment")
            .arg(&environment)
            .arg("--export-environment")
            .arg(&carried)
            .args(["--reporters", "json", "--reporter-json-export"])
            .arg(&report);
        let output = command.output().expect("newman starts");
        let run = &parse(&report)["run"];
        assert_eq!(
            run["failures"],
            serde_json::json!([]),
            "{stem} of {stems:?}"
        );
        assert!(output.status.success(), "{stem} of {stems:?}");
        // What is skipped asserts nothing; only a token that is held need not be fetched again.
        let executed: BTreeSet<&str> = run["executions"]
            .as_array()
            .expect("a report has executions")
            .iter()
            .map(|execution| text(&execution["item"], "id"))
            .collect();
        for entry in entries(&parse(&collection_path(stem))) {
            let is_token = entry.is_request() && entry.operation() == "POST /oauth/token";
            let may_be_skipped = is_token && place > 0;
            assert!(
                !entry.is_request() || may_be_skipped || executed.contains(text(&entry.item, "id")),
                "{:?} of {stem} was skipped",
                entry.names
            );
        }
        environment = carried;
    }
}

#[test]
fn newman_runs_each_collection_on_a_fresh_mock_without_a_failure() {
    let Some(newman) = newman() else { return };
    for stem in STEMS {
        run_with_newman(&newman, &[stem]);
    }
}

#[test]
fn newman_runs_consumer_and_provider_again_and_again_on_one_mock() {
    let Some(newman) = newman() else { return };
    let [consumer, provider, throttling] = STEMS;
    let stems = [consumer, provider, throttling, consumer, provider];
    run_with_newman(&newman, &stems);
}
