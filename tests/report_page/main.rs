//! The report for people in a browser: it asks the network for nothing, complains of nothing, can be
//! filtered, folded, printed and read without script, and axe finds nothing serious in it, on a wide and
//! on a narrow screen, light and dark.
//!
//! Runs where `PREFLIGHT_PAGE` names a copy of `tests/report_page` into which its packages were installed,
//! with Chromium at `/usr/bin/chromium` or where `PREFLIGHT_CHROMIUM` says.

use std::path::{Path, PathBuf};
use std::process::Command;

#[expect(
    clippy::disallowed_methods,
    reason = "a test has no settings; the variable names a tool of the developer's"
)]
fn browser() -> Option<PathBuf> {
    let folder = std::env::var("PREFLIGHT_PAGE").ok()?;
    let script = Path::new(&folder).join("page.mjs");
    assert!(script.is_file(), "{} is not there", script.display());
    Some(script)
}

/// The page that `preflight` leaves when it is called with `arguments`, in a folder of its own.
fn page(arguments: &[&str], folder: &Path) -> PathBuf {
    let output = Command::new(env!("CARGO_BIN_EXE_preflight"))
        .args(arguments)
        .arg("--evidence")
        .arg(folder)
        .output()
        .expect("the binary starts");
    let page = folder.join("report.html");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(page.is_file(), "{arguments:?}: {told}");
    page
}

#[test]
fn every_page_is_whole_in_a_browser() {
    let Some(script) = browser() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let runs: [(&str, &[&str]); 5] = [
        ("replay", &["certify"]),
        ("connector", &["observe", "--specimen", "reference"]),
        ("broken", &["observe", "--specimen", "hint-ignored"]),
        ("endpoint", &["probe", "--specimen", "reference"]),
        (
            "joined",
            &["certify", "--gate", "ci", "--mock-defect", "no-429"],
        ),
    ];
    let pages = runs.map(|(name, arguments)| page(arguments, &folder.path().join(name)));
    let output = Command::new("node")
        .arg(&script)
        .args(pages)
        .output()
        .expect("node starts");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
}
