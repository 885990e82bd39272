//! Where the events that a finding names can be looked up.

use crate::conformance::{Finding, Verdict};

/// The file whose lines are the events of `finding`: an event stands in the line of its sequence
/// number. What was judged from another form than a history has its lines in the bundle only.
pub(super) fn place(verdict: &Verdict, finding: &Finding) -> Option<String> {
    let file = verdict.runs.get(finding.run)?.file.as_deref();
    let lines = file.filter(|file| file.ends_with(".ndjson"));
    let bundled = || format!("histories/{}.ndjson", finding.run + 1);
    Some(lines.map_or_else(bundled, str::to_owned))
}
