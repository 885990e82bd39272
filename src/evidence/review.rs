//! The review: what a person decided of what the rules leave open, signed beside the seal.
//!
//! It is an in-toto statement about the same manifest, with the predicate of a simple verification
//! result. Nothing that the seal covers changes, so the seal holds as before. What was decided of each
//! finding, and why, stands in a field of our own; a reader that does not know it sees from the
//! properties what holds now.

use serde::{Deserialize, Serialize};

use super::archive::Files;
use super::bundle::configuration;
use super::canonical::canonical;
use super::key::SignError;
use super::signature::{Held, REVIEW, Signer};
use super::statement::{Resource, Statement};
use super::verify::{Judged, VerifyError};
use crate::base::{Sha256Hex, Timestamp};
use crate::conformance::{Decided, Decision, Decisions, ExitStatus, GateOutcome, Stated};

// in-toto Attestation Framework, predicate svr v0.1.
const SIMPLE_VERIFICATION_RESULT: &str = "https://in-toto.io/attestation/svr/v0.1";

/// A review that holds.
#[derive(Clone, Debug)]
pub struct Review {
    /// Who signed it: never nobody.
    pub signer: Signer,
    /// When, by the reviewer's clock.
    pub at: Timestamp,
    /// What was decided, and by whom.
    pub decisions: Decisions,
    /// What the verdict comes to with these decisions, at the gate of the bundle.
    pub outcome: GateOutcome,
}

/// Why a review does not hold.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// It says what preflight never says of this bundle.
    #[error("{}: it does not say what a review of this bundle says", REVIEW.envelope)]
    Statement,
    /// The maker of the bundle reviewed it.
    #[error(
        "{}: it is signed with the key that signed the bundle: a review is somebody else's",
        REVIEW.envelope
    )]
    Own,
    /// Who should sign does not.
    #[error("the review is not signed")]
    Sign(#[from] SignError),
}

/// The predicate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Reviewed {
    verifier: Verifier,
    time_created: Timestamp,
    /// What holds now.
    properties: Vec<String>,
    /// What was decided, in order of risk.
    decisions: Vec<Decided>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Verifier {
    /// The reviewer's key by its fingerprint (RFC 6920 §7): whoever trusts a reviewer trusts a key.
    id: String,
    /// What the reviewer is called.
    name: String,
    /// What the verdict was judged by.
    policies: Vec<Resource>,
}

/// The statement that whoever holds the key with this fingerprint signs of `judged`, the bundle in
/// `files`.
pub(super) fn statement(
    files: &Files,
    manifest: &Sha256Hex,
    judged: &Judged,
    reviewer: &Sha256Hex,
    decisions: &Decisions,
    at: Timestamp,
) -> Vec<u8> {
    let reviewed = Reviewed {
        verifier: Verifier {
            id: format!("nih:sha-256;{reviewer}"),
            name: decisions.by().to_owned(),
            policies: configuration(files),
        },
        time_created: at,
        properties: properties(decisions, &judged.as_decided(decisions)),
        decisions: decisions.decided().to_vec(),
    };
    canonical(&Statement::about(
        manifest,
        SIMPLE_VERIFICATION_RESULT,
        reviewed,
    ))
}

/// What holds of the bundle, in words for programs.
fn properties(decisions: &Decisions, outcome: &GateOutcome) -> Vec<String> {
    let mut properties = vec!["PREFLIGHT_BUNDLE_VERIFIED".to_owned()];
    if decisions.open() == 0 {
        properties.push("PREFLIGHT_REVIEW_COMPLETE".to_owned());
    }
    if outcome.exit == ExitStatus::Met {
        let gate = outcome.gate.name().to_uppercase();
        properties.push(format!("PREFLIGHT_GATE_{gate}_MET"));
    }
    for one in decisions.decided() {
        match one.decision {
            Decision::Accept => properties.push(format!(
                "PREFLIGHT_ACCEPTED_{}_{}",
                one.check,
                one.subject.to_uppercase().replace(' ', "_")
            )),
            // A property is what holds.
            Decision::Reject => {}
        }
    }
    properties
}

/// The review that was signed as `held`, if it is what preflight says of `judged`, the bundle in `files`
/// that `maker` sealed.
pub(super) fn read(
    held: Held,
    files: &Files,
    manifest: &Sha256Hex,
    judged: &Judged,
    maker: &Signer,
) -> Result<Review, VerifyError> {
    let Held { signer, payload } = held;
    let reviewer = signer.fingerprint().ok_or(ReviewError::Statement)?;
    if maker.fingerprint() == Some(reviewer) {
        return Err(ReviewError::Own.into());
    }
    let said: Statement<Reviewed> =
        serde_json::from_slice(&payload).map_err(|_| ReviewError::Statement)?;
    let at = said.predicate.time_created;
    let stated: Vec<Stated> = said
        .predicate
        .decisions
        .into_iter()
        .map(|one| Stated {
            check: one.check,
            subject: Some(one.subject),
            decision: one.decision,
            reason: one.reason,
        })
        .collect();
    let decisions = Decisions::of(&judged.verdict, &said.predicate.verifier.name, &stated)
        .map_err(|_| ReviewError::Statement)?;
    if payload != statement(files, manifest, judged, reviewer, &decisions, at) {
        return Err(ReviewError::Statement.into());
    }
    Ok(Review {
        outcome: judged.as_decided(&decisions),
        signer,
        at,
        decisions,
    })
}
