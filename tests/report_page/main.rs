//! The report for people in a browser: it asks the network for nothing, complains of nothing, can be
//! filtered, folded, printed and read without script, and axe finds nothing serious in it, on a wide and
//! on a narrow screen, light and dark. The same page served to a reviewer takes decisions and signs them,
//! with script and without.
//!
//! Runs where `PREFLIGHT_PAGE` names a copy of `tests/report_page` into which its packages were installed,
//! with Chromium at `/usr/bin/chromium` or where `PREFLIGHT_CHROMIUM` says.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

#[expect(
    clippy::disallowed_methods,
    reason = "a test has no settings; the variable names a tool of the developer's"
)]
fn browser(script: &str) -> Option<PathBuf> {
    let folder = std::env::var("PREFLIGHT_PAGE").ok()?;
    let script = Path::new(&folder).join(script);
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
    let Some(script) = browser("page.mjs") else {
        return;
    };
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

/// What `preflight` ends with when it is called with the words of `line` in `folder`.
fn exit(line: &str, folder: &Path) -> Option<i32> {
    let status = Command::new(env!("CARGO_BIN_EXE_preflight"))
        .args(line.split(' '))
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.expect("the binary starts").code()
}

#[test]
fn a_review_is_decided_and_signed_in_a_browser() {
    let Some(script) = browser("review.mjs") else {
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let folder = folder.path();
    assert_eq!(exit("key new reviewer", folder), Some(0));
    let run = "observe --specimen hint-ignored --plan ci --evidence out";
    assert_eq!(exit(run, folder), Some(4));
    for mode in ["script", "plain"] {
        let output = format!("{mode}.preflight.zip");
        let options = ["--sign-key", "reviewer.key", "--output", &output];
        let mut review = Review::start("out.preflight.zip", &options, folder);
        review.look(&script, mode);
        let ended = review.0.wait().expect("it can be waited for");
        // One of two was rejected.
        assert_eq!(ended.code(), Some(1), "{mode}");
        let verify = format!("verify {output} --trust-reviewer reviewer.pub");
        assert_eq!(exit(&verify, folder), Some(0), "{mode}");
    }
    Review::start("script.preflight.zip", &[], folder).look(&script, "read");
}

/// A review that is served for as long as this is kept.
struct Review(Child);

impl Review {
    fn start(bundle: &str, options: &[&str], folder: &Path) -> Self {
        let review = Command::new(env!("CARGO_BIN_EXE_preflight"))
            .args(["review", bundle])
            .args(options)
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        Self(review.expect("the binary starts"))
    }

    /// Opens the link that it prints in a browser.
    fn look(&mut self, script: &Path, mode: &str) {
        let stdout = self.0.stdout.take().expect("stdout is a pipe");
        let mut link = String::new();
        let read = BufReader::new(stdout).read_line(&mut link);
        read.expect("the link is printed");
        let output = Command::new("node")
            .arg(script)
            .args([mode, link.trim()])
            .output()
            .expect("node starts");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{mode}: {told}");
    }
}

impl Drop for Review {
    fn drop(&mut self) {
        // It has ended, or its test has.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
