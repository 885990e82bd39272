//! Makes a bundle.

use std::io::{self, Seek, Write};

use jiff::civil::Date;

use super::archive::{Files, write};
use super::canonical::canonical;
use super::contents::{Contents, Papers};
use super::key::{Sign, SignError};
use super::ledger::LEDGER;
use super::manifest::{MANIFEST, Manifest};
use super::run::{RUN, Run};
use super::signature::SEAL;
use super::statement::{Resource, Statement, TestResult};
use super::verify::{Judged, Rejudgement, VerifyError};
use crate::base::{Sha256Hex, sha256};
use crate::conformance::{GateOutcome, Verdict};
use crate::profile::Profile;
use crate::report::{RESULTS, catalogue_json};

/// The path of the page for the reviewer.
pub(super) const GUIDE: &str = "VERIFY.md";

/// A bundle, and what it comes to.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// The verdict.
    pub verdict: Verdict,
    /// What it comes to.
    pub outcome: GateOutcome,
    /// The digest of its manifest: it stands for the whole bundle.
    pub manifest: Sha256Hex,
    files: Files,
    comment: String,
}

impl Bundle {
    /// Writes the archive.
    ///
    /// # Errors
    /// If `to` takes no more.
    pub fn write(&self, to: impl Write + Seek) -> io::Result<()> {
        write(&self.files, &self.comment, to)
    }
}

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// Judged again from what would be in it, something is wrong.
    #[error("the evidence cannot be judged again")]
    Judge(#[source] VerifyError),
    /// The verdict is another one: a profile, a declaration or a list was changed meanwhile.
    #[error(
        "judged again, the evidence gives another verdict: a file that it was judged by was changed meanwhile"
    )]
    Differs,
    /// Who should sign does not.
    #[error("the bundle is not signed")]
    Sign(#[from] SignError),
    /// A secret would be in it.
    #[error("{path}: it holds a secret in one of its encodings")]
    Secret {
        /// The file.
        path: String,
    },
}

/// The bundle of `contents`, judged from its own bytes on the day `today`, and signed by `key` where
/// there is one. `results` is what came of them before (`results.json`), if they were judged. `is_clean`
/// says whether a file is free of secrets; it is asked of all that a run or a user wrote.
///
/// # Errors
/// If the contents cannot be judged, give other results, hold a secret, or are not signed: then nothing is
/// sealed.
pub fn bundle(
    contents: Contents,
    results: Option<&str>,
    key: Option<&dyn Sign>,
    today: Date,
    is_clean: impl Fn(&[u8]) -> bool,
) -> Result<Bundle, SealError> {
    let run = Run::of(&contents);
    let mut files = Files::new();
    for (record, judged) in contents.records.into_iter().zip(&run.histories) {
        files.insert(judged.path.clone(), record.bytes);
    }
    for (path, text) in contents.papers.given() {
        files.insert(path.to_owned(), text.as_bytes().to_vec());
    }
    if let Some(ledger) = contents.ledger {
        files.insert(LEDGER.to_owned(), ledger);
    }
    files.insert(RUN.to_owned(), canonical(&run));
    if let Some((path, _)) = files.iter().find(|(_, bytes)| !is_clean(bytes)) {
        let path = path.clone();
        return Err(SealError::Secret { path });
    }
    let mut judged = Rejudgement::of(&files, today)
        .and_then(Rejudgement::judge)
        .map_err(SealError::Judge)?;
    let following = following(&mut judged);
    if results.is_some_and(|results| results.as_bytes() != following[RESULTS]) {
        return Err(SealError::Differs);
    }
    files.extend(following);
    let manifest = Manifest::of(&files).bytes();
    let digest = sha256(&manifest);
    if let Some(key) = key {
        let statement = statement(&files, &manifest, &judged);
        SEAL.put(&mut files, &canonical(&statement), key)?;
    }
    files.insert(MANIFEST.to_owned(), manifest);
    Ok(Bundle {
        verdict: judged.verdict,
        outcome: judged.outcome,
        comment: comment(digest.as_str()),
        manifest: digest,
        files,
    })
}

/// What the archive says of itself: without a signature nothing else vouches for the manifest.
pub(super) fn comment(digest: &str) -> String {
    format!("preflight evidence, manifest sha256 {digest}")
}

/// The statement about `manifest`.
pub(super) fn statement(files: &Files, manifest: &[u8], judged: &Judged) -> Statement<TestResult> {
    Statement::of(
        &sha256(manifest),
        &judged.verdict,
        &judged.outcome,
        configuration(files),
    )
}

/// The files that the histories were judged by.
pub(super) fn configuration(files: &Files) -> Vec<Resource> {
    files
        .iter()
        .filter(|(path, _)| {
            let judged_by = [RUN, "catalogue.json", "profile.json"];
            judged_by.contains(&path.as_str()) || Papers::PATHS.contains(&path.as_str())
        })
        .map(|(path, bytes)| Resource::new(path, sha256(bytes)))
        .collect()
}

/// All that follows from the verdict and from this preflight. The reports are taken out of `judged`:
/// they may be large.
pub(super) fn following(judged: &mut Judged) -> Files {
    let reports = std::mem::take(&mut judged.reports).into_iter();
    let reports = reports.map(|report| (report.name, report.bytes));
    let texts = [
        ("catalogue.json", catalogue_json(&judged.profile)),
        ("profile.json", profile_json(&judged.profile)),
        (GUIDE, include_str!("VERIFY.md").to_owned()),
    ];
    reports
        .chain(texts.map(|(path, text)| (path, text.into_bytes())))
        .map(|(path, bytes)| (path.to_owned(), bytes))
        .collect()
}

/// Every constant, with what it rests on.
fn profile_json(profile: &Profile) -> String {
    let settings: Vec<serde_json::Value> = profile
        .settings()
        .iter()
        .map(|setting| {
            serde_json::json!({
                "key": setting.key,
                "value": setting.value,
                "provenance": setting.provenance,
                "source": setting.source,
                "overridden": setting.overridden,
            })
        })
        .collect();
    let profile = serde_json::json!({
        "version": 1,
        "name": profile.name,
        "sha256": profile.sha256,
        "settings": settings,
    });
    format!("{profile:#}\n")
}
