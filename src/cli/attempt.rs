//! An attempt, from the line in its ledger that begins it to the one that ends it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::failure::CommandFailure;
use super::sealing::beside_as;
use super::terms::Terms;
use crate::base::{Sha256Hex, Timestamp};
use crate::conformance::{ExitStatus, JudgedRun};
use crate::evidence::{Begun, Circumstances, Ledger, Undertaking};

/// An attempt that has begun.
pub struct Attempt {
    file: PathBuf,
    begun: Begun,
}

impl Attempt {
    /// Begins the next attempt in the ledger `file`, or in that beside the folder `evidence`: before
    /// anything is sent.
    ///
    /// # Errors
    /// If the ledger does not hold together, or cannot be written.
    pub fn begin(
        file: Option<&Path>,
        evidence: &Path,
        undertaking: Undertaking,
        terms: &Terms,
        at: Timestamp,
    ) -> Result<Self, CommandFailure> {
        let file = file.map_or_else(|| beside_as(evidence, "ledger.ndjson"), Path::to_owned);
        let circumstances =
            Circumstances::of(&terms.profile, &terms.declaration, &terms.expectations);
        let begun = append(&file, |ledger| ledger.begin(undertaking, circumstances, at))?;
        Ok(Self { file, begun })
    }

    /// Which attempt at its target it is, and in which ledger.
    #[must_use]
    pub fn words(&self) -> String {
        format!("attempt: {} ({})", self.begun.number, self.file.display())
    }

    /// The ledger up to its beginning.
    #[must_use]
    pub fn ledger(&self) -> &[u8] {
        &self.begun.ledger
    }

    /// Writes down how it ended.
    ///
    /// # Errors
    /// If the ledger does not hold together any longer, or cannot be written.
    pub fn end(
        &self,
        exit: ExitStatus,
        runs: &[JudgedRun],
        manifest: Option<Sha256Hex>,
    ) -> Result<(), CommandFailure> {
        append(&self.file, |ledger| {
            ((), ledger.end(&self.begun, exit, runs, manifest))
        })
    }
}

/// Adds a line to the ledger `path`. Nobody else does so meanwhile.
fn append<T>(
    path: &Path,
    line: impl FnOnce(&mut Ledger) -> (T, Vec<u8>),
) -> Result<T, CommandFailure> {
    let unwritten = |source: io::Error| CommandFailure::Write {
        path: path.to_owned(),
        source,
    };
    let (mut file, text) = locked(path).map_err(unwritten)?;
    let mut ledger = Ledger::read(&text).map_err(|source| CommandFailure::Ledger {
        path: path.to_owned(),
        source,
    })?;
    let (value, added) = line(&mut ledger);
    // One write, so that nobody finds half a line.
    file.write_all(&added).map_err(unwritten)?;
    file.sync_data().map_err(unwritten)?;
    Ok(value)
}

fn locked(path: &Path) -> io::Result<(File, Vec<u8>)> {
    if let Some(folder) = path.parent().filter(|folder| *folder != Path::new("")) {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    let mut file = options.read(true).append(true).create(true).open(path)?;
    file.lock()?;
    let mut text = Vec::new();
    file.read_to_end(&mut text)?;
    Ok((file, text))
}
