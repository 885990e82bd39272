//! The manifest: every file of a bundle with its digest.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::archive::Files;
use super::canonical::canonical;
use crate::base::{Sha256Hex, sha256};

/// The path of the manifest.
pub(super) const MANIFEST: &str = "manifest.json";

/// The folder of what is said about the manifest, which therefore does not name it.
pub(super) const ATTESTATIONS: &str = "attestations/";

/// The version of the form.
const VERSION: u32 = 1;

/// All files of a bundle but itself and the attestations, by path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    version: u32,
    files: Vec<Entry>,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    path: String,
    /// In bytes.
    size: u64,
    sha256: Sha256Hex,
}

/// What is wrong with a bundle by its manifest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// There is none.
    #[error("manifest.json: it is missing")]
    Missing,
    /// It has another form than preflight gives it.
    #[error("manifest.json: it is not a manifest in canonical form")]
    Form,
    /// It is of another version.
    #[error(
        "manifest.json: it has version {0} (expected: {VERSION}). Use the preflight that wrote it"
    )]
    Version(u32),
    /// A file that it names is missing.
    #[error("{0}: the manifest names it, and it is missing")]
    Gone(String),
    /// A file that it does not name is there.
    #[error("{0}: the manifest does not name it")]
    Stranger(String),
    /// A file is another one.
    #[error("{0}: it is not the file that the manifest names")]
    Changed(String),
}

/// Whether the manifest names the file at `path`.
fn is_named(path: &str) -> bool {
    path != MANIFEST && !path.starts_with(ATTESTATIONS)
}

impl Manifest {
    /// The manifest of `files`.
    pub(super) fn of(files: &Files) -> Self {
        let files = files.iter().filter(|(path, _)| is_named(path));
        Self {
            version: VERSION,
            files: files
                .map(|(path, bytes)| Entry {
                    path: path.clone(),
                    size: bytes.len() as u64,
                    sha256: sha256(bytes),
                })
                .collect(),
        }
    }

    /// Its bytes.
    pub(super) fn bytes(&self) -> Vec<u8> {
        canonical(self)
    }

    /// What the manifest in `files` and `files` do not agree on; the digest of the manifest where
    /// they do.
    pub(super) fn check(files: &Files) -> Result<Sha256Hex, ManifestError> {
        let bytes = files.get(MANIFEST).ok_or(ManifestError::Missing)?;
        let named: Self = serde_json::from_slice(bytes).map_err(|_| ManifestError::Form)?;
        if named.version != VERSION {
            return Err(ManifestError::Version(named.version));
        }
        if named.bytes() != *bytes {
            return Err(ManifestError::Form);
        }
        let found = Self::of(files);
        let by_path: BTreeMap<&str, &Entry> = found
            .files
            .iter()
            .map(|entry| (entry.path.as_str(), entry))
            .collect();
        for entry in &named.files {
            match by_path.get(entry.path.as_str()) {
                None => return Err(ManifestError::Gone(entry.path.clone())),
                Some(it) if *it != entry => {
                    return Err(ManifestError::Changed(entry.path.clone()));
                }
                Some(_) => {}
            }
        }
        let known: BTreeSet<&str> = named.files.iter().map(|it| it.path.as_str()).collect();
        let stranger = found
            .files
            .iter()
            .find(|it| !known.contains(it.path.as_str()));
        if let Some(stranger) = stranger {
            return Err(ManifestError::Stranger(stranger.path.clone()));
        }
        // The same files in another order, or one of them twice.
        if named != found {
            return Err(ManifestError::Form);
        }
        Ok(sha256(bytes))
    }
}
