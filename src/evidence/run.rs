//! `run.json`: what the histories and the papers do not say of how they were judged.

use serde::{Deserialize, Serialize};

use super::contents::Contents;
use crate::conformance::{ExitStatus, Gate, Golden};

/// The path of this file.
pub(super) const RUN: &str = "run.json";

/// The version of the form.
const VERSION: u32 = 1;

/// How the histories were judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Run {
    version: u32,
    /// The version of preflight that judged.
    pub(super) harness: String,
    gate: String,
    pub(super) histories: Vec<Judged>,
    /// What stood in the way beside the findings; none where that was not told.
    blockers: Option<Vec<Blocker>>,
}

/// A history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Judged {
    /// Its path in the bundle.
    pub(super) path: String,
    /// How its file was called.
    pub(super) file: String,
    /// How the run compared with golden transcripts, which are not in the bundle; none where that
    /// was not told.
    pub(super) golden: Option<Vec<Golden>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Blocker {
    exit: u8,
    text: String,
}

impl Run {
    /// That of `contents`, judged by this preflight.
    pub(super) fn of(contents: &Contents) -> Self {
        Self {
            version: VERSION,
            harness: env!("CARGO_PKG_VERSION").to_owned(),
            gate: contents.gate.name().to_owned(),
            histories: contents
                .records
                .iter()
                .zip(1..)
                .map(|(record, number)| Judged {
                    path: path(number),
                    file: record.file.clone(),
                    golden: record.golden.clone(),
                })
                .collect(),
            blockers: contents.blockers.as_ref().map(|blockers| {
                let blockers = blockers.iter().map(|(exit, text)| Blocker {
                    exit: exit.code(),
                    text: text.clone(),
                });
                blockers.collect()
            }),
        }
    }

    /// Reads the file; none where it has another form, or a history lies elsewhere than it should.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let run: Self = serde_json::from_slice(bytes).ok()?;
        let placed = run
            .histories
            .iter()
            .zip(1..)
            .all(|(judged, number)| judged.path == path(number));
        let is_version = |byte: u8| byte.is_ascii_alphanumeric() || b".+-".contains(&byte);
        let named = run.harness.bytes().all(is_version);
        (run.version == VERSION && placed && named).then_some(run)
    }

    /// Whether it was told how the runs compared with golden transcripts, and what stood in the way.
    pub(super) fn is_told(&self) -> bool {
        self.blockers.is_some() && self.histories.iter().all(|judged| judged.golden.is_some())
    }

    /// What had to hold; none where there is no such gate.
    pub(super) fn gate(&self) -> Option<Gate> {
        [Gate::Ci, Gate::Certify]
            .into_iter()
            .find(|gate| gate.name() == self.gate)
    }

    /// What stood in the way; none where one of them has no such exit status.
    pub(super) fn blockers(&self) -> Option<Vec<(ExitStatus, String)>> {
        let status = |code| {
            let mut all = ExitStatus::WORST_FIRST.into_iter();
            all.find(|status| status.code() == code)
        };
        self.blockers
            .iter()
            .flatten()
            .map(|blocker| Some((status(blocker.exit)?, blocker.text.clone())))
            .collect()
    }
}

/// Where a history lies in a bundle: its name may be anything, so only its number counts.
fn path(number: usize) -> String {
    format!("histories/{number}.ndjson")
}
