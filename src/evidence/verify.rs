//! Verifies a bundle: nothing in it is believed that does not follow.

use jiff::civil::Date;

use super::archive::{ArchiveError, Files};
use super::canonical::canonical;
use super::exhibit::Exhibit;
use super::key::PublicKey;
use super::ledger::{Circumstances, Disclosure, LEDGER, Ledger, LedgerError};
use super::manifest::ManifestError;
use super::review::{Review, ReviewError};
use super::run::{RUN, Run};
use super::signature::{SEAL, SignatureError, Signer};
use crate::base::{Sha256Hex, SheetErrors};
use crate::conformance::{
    Decisions, ExitStatus, Expectations, Gate, GateOutcome, Scope, Verdict, judge_together,
};
use crate::event::Subject;
use crate::history::{History, HistoryError};
use crate::profile::{Around, Declaration, Profile, ProfileErrors};
use crate::report::{RESULTS, Report, Told, reports};

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
    /// What a person decided of it; none where nobody reviewed it.
    pub review: Option<Review>,
}

/// Whose keys are trusted; any where none is named.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trust<'k> {
    /// That of whoever sealed the bundle.
    pub maker: Option<&'k PublicKey>,
    /// That of whoever reviewed it.
    pub reviewer: Option<&'k PublicKey>,
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
    /// A signature does not hold, or is not the one that is trusted.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The review does not hold.
    #[error(transparent)]
    Review(#[from] ReviewError),
    /// Something else was signed.
    #[error("{}: it does not say what follows from this bundle", SEAL.envelope)]
    Statement,
    /// `run.json` has another form.
    #[error("run.json: it has no form that this preflight knows")]
    Run,
    /// `results.json` is missing, or has another form.
    #[error("{RESULTS}: it has no form that this preflight knows")]
    Results,
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
    pub(super) harness: String,
    pub(super) told: bool,
    ledger: Option<Ledger>,
    /// What was read: all else has to follow.
    pub(super) read: Vec<String>,
}

/// What a bundle comes to.
pub(super) struct Judged {
    pub(super) histories: Vec<(History, Scope)>,
    pub(super) verdict: Verdict,
    pub(super) outcome: GateOutcome,
    pub(super) profile: Profile,
    /// What stood in the way beside the findings.
    blockers: Vec<(ExitStatus, String)>,
    /// Which attempt it is.
    pub(super) attempt: Option<Disclosure>,
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
            blockers: self.blockers,
            histories: self.histories,
        })
    }
}

impl Judged {
    /// What it comes to once `decisions` are heeded.
    pub(super) fn as_decided(&self, decisions: &Decisions) -> GateOutcome {
        let gate = self.outcome.gate;
        let outcome = self.verdict.gate_as_decided(gate, decisions);
        outcome.blocked_by(&self.blockers)
    }
}

fn paper(path: &'static str, source: SheetErrors) -> VerifyError {
    VerifyError::Paper { path, source }
}

/// Verifies the bundle in `bytes`, signed with the keys `trust` where some are trusted, on the day
/// `today`.
///
/// # Errors
/// If anything in it is not what preflight put there, or does not follow.
pub fn verify(bytes: &[u8], trust: Trust<'_>, today: Date) -> Result<Verified, VerifyError> {
    Exhibit::open(bytes, trust, today).map(Exhibit::into_verified)
}
