//! A bundle that holds together, open for whoever has to decide on it.

use jiff::civil::Date;

use super::archive::{Files, pack, unpack};
use super::bundle::{comment, following, statement};
use super::canonical::canonical;
use super::key::Sign;
use super::manifest::{ATTESTATIONS, MANIFEST, Manifest};
use super::review::{self, Review, ReviewError};
use super::signature::{REVIEW, SEAL, SIGNATURES, Signer};
use super::verify::{Judged, Rejudgement, Trust, Verified, VerifyError};
use crate::base::{Sha256Hex, Timestamp};
use crate::conformance::{Decisions, GateOutcome, Scope, Verdict};
use crate::history::History;
use crate::report::Told;

/// A bundle that holds together.
pub struct Exhibit {
    files: Files,
    /// What the archive was closed with.
    closing: String,
    manifest: Sha256Hex,
    maker: Signer,
    harness: String,
    told: bool,
    judged: Judged,
    review: Option<Review>,
}

impl Exhibit {
    /// Verifies the bundle in `bytes`, signed with the keys `trust` where some are trusted, on the day
    /// `today`.
    ///
    /// # Errors
    /// If anything in it is not what preflight put there, or does not follow.
    pub fn open(bytes: &[u8], trust: Trust<'_>, today: Date) -> Result<Self, VerifyError> {
        let (files, closing, manifest) = opened(bytes)?;
        let mut attestations = files.keys().filter(|path| path.starts_with(ATTESTATIONS));
        if let Some(stranger) =
            attestations.find(|path| !SIGNATURES.iter().any(|it| it.lies_at(path)))
        {
            return Err(VerifyError::Attestation(stranger.clone()));
        }
        let seal = SEAL.check(&files, trust.maker)?;
        let reviewed = REVIEW.check(&files, trust.reviewer)?;
        let rejudgement = Rejudgement::of(&files, today)?;
        let harness = rejudgement.harness.clone();
        let read = rejudgement.read.clone();
        let told = rejudgement.told;
        let mut judged = rejudgement.judge()?;
        follows(&files, &mut judged, &harness, &read)?;
        let said = statement(&files, &files[MANIFEST], &judged);
        let maker = match seal {
            Some(seal) if seal.payload == canonical(&said) => seal.signer,
            Some(_) => return Err(VerifyError::Statement),
            None => Signer::Nobody,
        };
        let review = reviewed
            .map(|held| review::read(held, &files, &manifest, &judged, &maker))
            .transpose()?;
        Ok(Self {
            files,
            closing,
            manifest,
            maker,
            harness,
            told,
            judged,
            review,
        })
    }

    /// What the reports of it tell.
    pub fn told<R>(&self, tell: impl FnOnce(Told<'_>) -> R) -> R {
        let histories = self.judged.histories.iter();
        let runs: Vec<(&History, &Scope)> =
            histories.map(|(history, scope)| (history, scope)).collect();
        tell(Told {
            verdict: &self.judged.verdict,
            outcome: &self.judged.outcome,
            profile: &self.judged.profile,
            runs: &runs,
        })
    }

    /// The verdict.
    #[must_use]
    pub fn verdict(&self) -> &Verdict {
        &self.judged.verdict
    }

    /// Who sealed it.
    #[must_use]
    pub fn maker(&self) -> &Signer {
        &self.maker
    }

    /// What a person decided of it before.
    #[must_use]
    pub fn review(&self) -> Option<&Review> {
        self.review.as_ref()
    }

    /// What it comes to at its gate once `decisions` are heeded.
    #[must_use]
    pub fn as_decided(&self, decisions: &Decisions) -> GateOutcome {
        self.judged.as_decided(decisions)
    }

    /// Whether whoever holds `key` may review it.
    ///
    /// # Errors
    /// If the bundle was sealed with it.
    pub fn check_reviewer(&self, key: &dyn Sign) -> Result<(), ReviewError> {
        if self.maker.fingerprint() == Some(&key.public().fingerprint()) {
            return Err(ReviewError::Own);
        }
        Ok(())
    }

    /// The bundle with `decisions`, signed by `key` at the second `at`, in place of an earlier review.
    /// Everything else is as before.
    ///
    /// # Errors
    /// If the bundle was sealed with the same key, or it does not sign.
    pub fn reviewed(
        &self,
        decisions: &Decisions,
        key: &dyn Sign,
        at: Timestamp,
    ) -> Result<Vec<u8>, ReviewError> {
        self.check_reviewer(key)?;
        let at = Timestamp::from_second(at.as_second()).unwrap_or(at);
        let reviewer = key.public().fingerprint();
        let (files, judged) = (&self.files, &self.judged);
        let said = review::statement(files, &self.manifest, judged, &reviewer, decisions, at);
        let mut files = self.files.clone();
        REVIEW.put(&mut files, &said, key)?;
        Ok(pack(&files, &self.closing))
    }

    /// What there is to say of it.
    pub(super) fn into_verified(self) -> Verified {
        Verified {
            signer: self.maker,
            manifest: self.manifest,
            harness: self.harness,
            verdict: self.judged.verdict,
            outcome: self.judged.outcome,
            told: self.told,
            attempt: self.judged.attempt,
            review: self.review,
            profile: self.judged.profile,
            histories: self.judged.histories,
        }
    }
}

/// The files of the archive in `bytes`, what it was closed with, and the digest of its manifest: each file
/// is the one that the manifest names.
pub(super) fn opened(bytes: &[u8]) -> Result<(Files, String, Sha256Hex), VerifyError> {
    let (files, closing) = unpack(bytes)?;
    let manifest = Manifest::check(&files)?;
    if closing != comment(manifest.as_str()) {
        return Err(VerifyError::Comment);
    }
    Ok((files, closing, manifest))
}

/// Whether all that was not `read` of `files` follows, and nothing else lies there.
fn follows(
    files: &Files,
    judged: &mut Judged,
    harness: &str,
    read: &[String],
) -> Result<(), VerifyError> {
    let following = following(judged);
    for (path, bytes) in &following {
        if files.get(path) != Some(bytes) {
            return Err(VerifyError::Report {
                path: path.clone(),
                this: env!("CARGO_PKG_VERSION"),
                wrote: harness.to_owned(),
            });
        }
    }
    let superfluous = files.keys().find(|path| {
        !following.contains_key(*path)
            && !read.contains(path)
            && *path != MANIFEST
            && !path.starts_with(ATTESTATIONS)
    });
    match superfluous {
        Some(path) => Err(VerifyError::Superfluous(path.clone())),
        None => Ok(()),
    }
}
