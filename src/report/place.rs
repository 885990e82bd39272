//! Where the events that a finding names can be looked up.

use crate::conformance::{Finding, Verdict};

/// The file whose lines are the events of `finding`: an event stands in the line of its sequence
/// number. What was judged from another form than a history has its lines in the bundle only.
pub(super) fn place(verdict: &Verdict, finding: &Finding) -> Option<String> {
    let place = verdict
        .runs
        .iter()
        .position(|run| run.subject == finding.subject)?;
    let file = verdict.runs[place].file.as_deref();
    let lines = file.filter(|file| file.ends_with(".ndjson"));
    Some(lines.map_or_else(|| format!("histories/{}.ndjson", place + 1), str::to_owned))
}
