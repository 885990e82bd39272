//! newman itself finds nothing wrong with the collections on the mock.
//!
//! These tests run where `PREFLIGHT_NEWMAN` names a newman installation.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use preflight::base::{Clock, Random, Seed};
use preflight::mock::{Defects, Door, Platform};
use preflight::profile::Profile;

use crate::{STEMS, collection_path, entries, environment_path, parse, text};

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

/// Runs collections one after another against one fresh mock, each with the environment that the
/// one before left, and holds newman's reports to having no failure.
async fn run_with_newman(newman: &Path, stems: &[&str]) {
    let platform = Platform::new(
        Arc::new(Profile::built_in()),
        Random::from_seed(Seed(1)),
        Defects::none(),
    );
    let door = Door::open(Arc::new(Mutex::new(platform)), Clock::system(), None)
        .await
        .expect("a loopback port is free");
    let base = format!("http://{}", door.address());
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mut environment = environment_path("mock");
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
            .args(["--env-var", &format!("baseUrl={base}")])
            .args(["--env-var", &format!("tokenBaseUrl={base}")])
            .args(["--reporters", "json", "--reporter-json-export"])
            .arg(&report);
        let output = tokio::task::spawn_blocking(move || command.output())
            .await
            .expect("waiting for newman does not panic")
            .expect("newman starts");
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

#[tokio::test(flavor = "multi_thread")]
async fn newman_runs_each_collection_on_a_fresh_mock_without_a_failure() {
    let Some(newman) = newman() else { return };
    for stem in STEMS {
        run_with_newman(&newman, &[stem]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn newman_runs_consumer_and_provider_again_and_again_on_one_mock() {
    let Some(newman) = newman() else { return };
    let [consumer, provider, throttling] = STEMS;
    let stems = [consumer, provider, throttling, consumer, provider];
    run_with_newman(&newman, &stems).await;
}
