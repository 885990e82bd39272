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
    blockers: Vec<Blocker>,
}

/// A history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Judged {
    /// Its path in the bundle.
    pub(super) path: String,
    /// How its file was called.
    pub(super) file: String,
    /// How the run compared with golden transcripts, which are not in the bundle.
    pub(super) golden: Vec<Golden>,
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
                    path: path(&record.file, number, contents),
                    file: record.file.clone(),
                    golden: record.golden.clone(),
                })
                .collect(),
            blockers: contents
                .blockers
                .iter()
                .map(|(exit, text)| Blocker {
                    exit: exit.code(),
                    text: text.clone(),
                })
                .collect(),
        }
    }

    /// Reads the file; none where it has another form.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let run: Self = serde_json::from_slice(bytes).ok()?;
        (run.version == VERSION).then_some(run)
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
            .map(|blocker| Some((status(blocker.exit)?, blocker.text.clone())))
            .collect()
    }
}

/// Where a history lies in a bundle: under its name, unless another has the same.
fn path(file: &str, number: usize, contents: &Contents) -> String {
    let mut same = contents.records.iter().filter(|record| record.file == file);
    if same.nth(1).is_none() && file.ends_with(".ndjson") {
        format!("histories/{file}")
    } else {
        format!("histories/{number}-{file}.ndjson")
    }
}
