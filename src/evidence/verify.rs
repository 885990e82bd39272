//! Verifies a bundle: nothing in it is believed that does not follow.

use jiff::civil::Date;

use super::archive::{ArchiveError, Files, unpack};
use super::bundle::{TEST_RESULT, TEST_RESULT_KEY, comment, following, statement};
use super::canonical::canonical;
use super::envelope::Envelope;
use super::key::PublicKey;
use super::ledger::{Circumstances, Disclosure, LEDGER, Ledger, LedgerError};
use super::manifest::{ATTESTATIONS, MANIFEST, Manifest, ManifestError};
use super::run::{RUN, Run};
use crate::base::{Sha256Hex, SheetErrors};
use crate::conformance::ExitStatus;
use crate::conformance::{Expectations, Gate, GateOutcome, Scope, Verdict, judge_together};
use crate::event::Subject;
use crate::history::{History, HistoryError};
use crate::profile::{Around, Declaration, Profile, ProfileErrors};
use crate::report::{Report, Told, reports};

/// A bundle that holds together.
#[derive(Clone, Debug)]
pub struct Verified {
    /// Who signed it.
    pub signer: Signer,
    /// The digest of its manifest: it stands for the whole bundle.
    pub manifest: Sha256Hex,
    /// The version of preflight that made it.
    pub harness: String,
    /// The verdict.
    pub verdict: Verdict,
    /// What it comes to.
    pub outcome: GateOutcome,
    /// Whether it says how the runs compared with golden transcripts, and what stood in the way beside
    /// the findings.
    pub told: bool,
    /// Which attempt it is, and what became of those before it; none where histories were judged that
    /// were there before.
    pub attempt: Option<Disclosure>,
    /// What it was judged by.
    pub profile: Profile,
    /// The histories, in the order of the verdict's runs.
    pub histories: Vec<(History, Scope)>,
}

/// Who signed a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signer {
    /// The key that is trusted, with its fingerprint.
    Trusted(Sha256Hex),
    /// A key of which nothing is known, with its fingerprint.
    Unknown(Sha256Hex),
    /// Nobody.
    Nobody,
}

/// What is wrong with a bundle.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The archive.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The manifest, or a file that it names.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The archive says that it has another manifest.
    #[error("manifest.json: it is not the one that the archive was closed with")]
    Comment,
    /// Something lies among the attestations that preflight does not put there.
    #[error("{0}: no such attestation is known")]
    Attestation(String),
    /// The key of the signature is missing or none.
    #[error("{TEST_RESULT_KEY}: it is not the key of a signature")]
    Key,
    /// Nobody signed, although a key is trusted.
    #[error("{TEST_RESULT}: it is missing: nobody signed this bundle")]
    Unsigned,
    /// Somebody else signed.
    #[error("{TEST_RESULT}: it is signed with the key {found} (expected: {expected})")]
    Stranger {
        /// The fingerprint of the key that is trusted.
        expected: Sha256Hex,
        /// That of the other.
        found: Sha256Hex,
    },
    /// The signature does not hold.
    #[error("{TEST_RESULT}: its signature does not hold")]
    Signature,
    /// Something else was signed.
    #[error("{TEST_RESULT}: it does not say what follows from this bundle")]
    Statement,
    /// `run.json` has another form.
    #[error("run.json: it has no form that this preflight knows")]
    Run,
    /// A history is missing.
    #[error("{0}: the history is missing")]
    NoHistory(String),
    /// A history does not hold together.
    #[error("{path}: the history does not hold together")]
    History {
        /// Its path.
        path: String,
        /// Why.
        #[source]
        source: HistoryError,
    },
    /// The profile cannot be read.
    #[error("profile.toml: it cannot be read")]
    Profile(#[source] ProfileErrors),
    /// Another paper cannot be read.
    #[error("{path}: it cannot be read")]
    Paper {
        /// Its path.
        path: &'static str,
        /// Why.
        #[source]
        source: SheetErrors,
    },
    /// The ledger does not hold together.
    #[error("{LEDGER}: it does not hold together")]
    Ledger(#[source] LedgerError),
    /// The ledger does not end with the beginning of this attempt.
    #[error("{LEDGER}: it does not end with the beginning of this attempt")]
    Attempt,
    /// A report is not what follows.
    #[error("{path}: it is not what follows from the histories when preflight {this} judges them again{}", if this == wrote { String::new() } else { format!(" (preflight {wrote} wrote it)") })]
    Report {
        /// Its path.
        path: String,
        /// The version that judges.
        this: &'static str,
        /// The version that wrote.
        wrote: String,
    },
    /// A file is there for which there is no reason.
    #[error("{0}: preflight puts no such file into a bundle")]
    Superfluous(String),
}

/// The histories and papers of a bundle.
pub(super) struct Rejudgement {
    histories: Vec<(History, Scope)>,
    profile: Profile,
    expectations: Expectations,
    gate: Gate,
    blockers: Vec<(ExitStatus, String)>,
    harness: String,
    told: bool,
    ledger: Option<Ledger>,
    /// What was read: all else has to follow.
    read: Vec<String>,
}

/// What a bundle comes to.
pub(super) struct Judged {
    pub(super) verdict: Verdict,
    pub(super) outcome: GateOutcome,
    pub(super) profile: Profile,
    histories: Vec<(History, Scope)>,
    /// Which attempt it is.
    attempt: Option<Disclosure>,
    /// The files that tell it.
    pub(super) reports: Vec<Report>,
}

/// The text at `path`, if there is one.
fn text<'f>(files: &'f Files, path: &str, read: &mut Vec<String>) -> Option<&'f str> {
    let bytes = files.get(path)?;
    read.push(path.to_owned());
    // What is no text reads as none of ours.
    Some(std::str::from_utf8(bytes).unwrap_or("\u{0}"))
}

impl Rejudgement {
    /// Reads what is needed from `files`.
    pub(super) fn of(files: &Files, today: Date) -> Result<Self, VerifyError> {
        let mut read = vec![RUN.to_owned()];
        let run = files.get(RUN).and_then(|bytes| Run::read(bytes));
        let run = run.filter(|run| files.get(RUN) == Some(&canonical(run)));
        let run = run.ok_or(VerifyError::Run)?;
        let profile = match text(files, "profile.toml", &mut read) {
            Some(text) => {
                Profile::with_override(text, "profile.toml").map_err(VerifyError::Profile)?
            }
            None => Profile::built_in(),
        };
        let around = Around {
            today,
            variable: None,
        };
        let declaration = match text(files, "declaration.toml", &mut read) {
            Some(text) => Declaration::read("declaration.toml", text, around)
                .map_err(|source| paper("declaration.toml", source))?,
            None => Declaration::default(),
        };
        let baseline = text(files, "baseline.toml", &mut read)
            .map(|text| Expectations::read_baseline("baseline.toml", text))
            .transpose()
            .map_err(|source| paper("baseline.toml", source))?;
        let waivers = text(files, "waivers.toml", &mut read)
            .map(|text| Expectations::read_waivers("waivers.toml", text))
            .transpose()
            .map_err(|source| paper("waivers.toml", source))?;
        let ledger = files.get(LEDGER).map(|bytes| {
            read.push(LEDGER.to_owned());
            Ledger::read(bytes).map_err(VerifyError::Ledger)
        });
        let ledger = ledger.transpose()?;
        let histories = run
            .histories
            .iter()
            .map(|judged| {
                let missing = || VerifyError::NoHistory(judged.path.clone());
                let bytes = files.get(&judged.path).ok_or_else(missing)?;
                read.push(judged.path.clone());
                let history = History::parse(bytes).map_err(|source| VerifyError::History {
                    path: judged.path.clone(),
                    source,
                })?;
                let scope = Scope {
                    golden: judged.golden.clone().unwrap_or_default(),
                    file: Some(judged.file.clone()),
                    declaration: declaration.clone(),
                };
                Ok((history, scope))
            })
            .collect::<Result<Vec<_>, VerifyError>>()?;
        Ok(Self {
            histories,
            profile,
            expectations: Expectations {
                baseline,
                waivers: waivers.unwrap_or_default(),
            },
            gate: run.gate().ok_or(VerifyError::Run)?,
            blockers: run.blockers().ok_or(VerifyError::Run)?,
            told: run.is_told(),
            ledger,
            harness: run.harness,
            read,
        })
    }

    /// Judges.
    pub(super) fn judge(self) -> Result<Judged, VerifyError> {
        let runs: Vec<(&History, &Scope)> = self
            .histories
            .iter()
            .map(|(history, scope)| (history, scope))
            .collect();
        if runs.is_empty() {
            return Err(VerifyError::Run);
        }
        let verdict = judge_together(&runs, &self.profile)
            .with_excerpts(&runs, &self.profile)
            .held_against(&self.expectations);
        let outcome = verdict.gate(self.gate).blocked_by(&self.blockers);
        let attempt = self
            .ledger
            .map(|ledger| {
                let (_, first) = self.histories.first().ok_or(VerifyError::Run)?;
                let circumstances =
                    Circumstances::of(&self.profile, &first.declaration, &self.expectations);
                let subjects: Vec<Subject> = verdict.runs.iter().map(|run| run.subject).collect();
                let target = verdict.runs[0].target;
                let disclosed = ledger.disclosure(&circumstances, target, &subjects);
                disclosed.ok_or(VerifyError::Attempt)
            })
            .transpose()?;
        let reports = reports(Told {
            verdict: &verdict,
            outcome: &outcome,
            profile: &self.profile,
            runs: &runs,
        });
        Ok(Judged {
            reports,
            verdict,
            outcome,
            attempt,
            profile: self.profile,
            histories: self.histories,
        })
    }
}

fn paper(path: &'static str, source: SheetErrors) -> VerifyError {
    VerifyError::Paper { path, source }
}

/// Verifies the bundle in `bytes`, signed with the key `trust` where one is trusted, on the day
/// `today`.
///
/// # Errors
/// If anything in it is not what preflight put there, or does not follow.
pub fn verify(
    bytes: &[u8],
    trust: Option<&PublicKey>,
    today: Date,
) -> Result<Verified, VerifyError> {
    let (files, closing) = unpack(bytes)?;
    let manifest = Manifest::check(&files)?;
    if closing != comment(manifest.as_str()) {
        return Err(VerifyError::Comment);
    }
    let attestation = |path: &&String| {
        path.starts_with(ATTESTATIONS) && ![TEST_RESULT, TEST_RESULT_KEY].contains(&path.as_str())
    };
    if let Some(stranger) = files.keys().find(attestation) {
        return Err(VerifyError::Attestation(stranger.clone()));
    }
    let (signer, payload) = signed(&files, trust)?;
    let rejudgement = Rejudgement::of(&files, today)?;
    let harness = rejudgement.harness.clone();
    let read = rejudgement.read.clone();
    let told = rejudgement.told;
    let mut judged = rejudgement.judge()?;
    let following = following(&mut judged);
    for (path, bytes) in &following {
        if files.get(path) != Some(bytes) {
            return Err(VerifyError::Report {
                path: path.clone(),
                this: env!("CARGO_PKG_VERSION"),
                wrote: harness,
            });
        }
    }
    let superfluous = files.keys().find(|path| {
        !following.contains_key(*path)
            && !read.contains(path)
            && *path != MANIFEST
            && !path.starts_with(ATTESTATIONS)
    });
    if let Some(path) = superfluous {
        return Err(VerifyError::Superfluous(path.clone()));
    }
    let said = statement(&files, &files[MANIFEST], &judged);
    if payload.is_some_and(|payload| payload != canonical(&said)) {
        return Err(VerifyError::Statement);
    }
    Ok(Verified {
        signer,
        manifest,
        harness,
        verdict: judged.verdict,
        outcome: judged.outcome,
        told,
        attempt: judged.attempt,
        profile: judged.profile,
        histories: judged.histories,
    })
}

/// Who signed, and what.
fn signed(
    files: &Files,
    trust: Option<&PublicKey>,
) -> Result<(Signer, Option<Vec<u8>>), VerifyError> {
    let (envelope, pem) = match (files.get(TEST_RESULT), files.get(TEST_RESULT_KEY)) {
        (None, None) if trust.is_some() => return Err(VerifyError::Unsigned),
        (None, None) => return Ok((Signer::Nobody, None)),
        (Some(_), None) => return Err(VerifyError::Key),
        (None, Some(_)) => return Err(VerifyError::Unsigned),
        (Some(envelope), Some(pem)) => (envelope, pem),
    };
    let key = std::str::from_utf8(pem).ok().and_then(|pem| {
        PublicKey::from_pem(pem)
            .ok()
            .filter(|key| key.to_pem() == pem)
    });
    let key = key.ok_or(VerifyError::Key)?;
    let fingerprint = key.fingerprint();
    let signer = match trust {
        None => Signer::Unknown(fingerprint),
        Some(trusted) if *trusted == key => Signer::Trusted(fingerprint),
        Some(trusted) => {
            return Err(VerifyError::Stranger {
                expected: trusted.fingerprint(),
                found: fingerprint,
            });
        }
    };
    let payload = Envelope::open(envelope, &key).ok_or(VerifyError::Signature)?;
    Ok((signer, Some(payload)))
}
