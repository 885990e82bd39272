//! Where the events that a finding names can be looked up, and judged again.

use std::borrow::Cow;

use crate::conformance::{Finding, JudgedRun, Scope, Verdict};
use crate::profile::Profile;

/// The file whose lines are the events of `finding`: an event stands in the line of its sequence
/// number. What was judged from another form than a history has its lines in the bundle only.
pub(super) fn place(verdict: &Verdict, finding: &Finding) -> Option<String> {
    let file = verdict.runs.get(finding.run)?.file.as_deref();
    let lines = file.filter(|file| file.ends_with(".ndjson"));
    let bundled = || format!("histories/{}.ndjson", finding.run + 1);
    Some(lines.map_or_else(bundled, str::to_owned))
}

/// The command that judges the history of `run` again, by the same papers.
pub(super) fn judged_again(run: &JudgedRun, scope: &Scope, profile: &Profile) -> String {
    let file = run.file.as_deref().unwrap_or("history.ndjson");
    // Only what holds a NUL cannot be quoted, and no name of a file does.
    let file = shlex::try_quote(file).unwrap_or(Cow::Borrowed("history.ndjson"));
    let mut command = format!("preflight judge {file}");
    if profile.sha256 != Profile::built_in().sha256 {
        command.push_str(" --profile profile.toml");
    }
    if scope.declaration.says_anything() {
        command.push_str(" --declaration declaration.toml");
    }
    command
}
