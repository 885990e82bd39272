//! A bundle judged by the rules of this preflight, whichever preflight made it.
//!
//! [`verify`](super::verify) demands that every report follows to the byte, which only the version that
//! wrote it can promise. Here the seal has to hold, and what is recorded; what is told of it may differ,
//! and is compared.

use indexmap::{IndexMap, IndexSet};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Value;

use super::archive::Files;
use super::exhibit::opened;
use super::key::PublicKey;
use super::signature::{SEAL, Signer};
use super::statement::Statement;
use super::verify::{Rejudgement, VerifyError};
use crate::base::Sha256Hex;
use crate::report::{RESULTS, results_json};

/// What a bundle comes to by the rules of this preflight, beside what it says itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejudged {
    /// Who signed it.
    pub signer: Signer,
    /// The digest of its manifest.
    pub manifest: Sha256Hex,
    /// The version of preflight that made it.
    pub harness: String,
    /// What the gate came to, and what it comes to.
    pub gate: (GateNote, GateNote),
    /// The checks whose outcome differs, in their order.
    pub changes: Vec<Changed>,
}

/// What a gate came to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct GateNote {
    /// Its name.
    pub name: String,
    /// The exit code.
    pub exit: u8,
    /// What that means.
    pub meaning: String,
}

/// A check whose outcome differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Its id.
    pub check: String,
    /// Whom it judged.
    pub subject: String,
    /// What the bundle reports; nothing where its preflight did not know the check.
    pub sealed: Option<String>,
    /// What is reported now; nothing where the check is no more.
    pub now: Option<String>,
}

/// Of `results.json`, what every version has.
#[derive(Deserialize)]
struct Results {
    gate: GateNote,
    checks: Vec<CheckNote>,
}

#[derive(Deserialize)]
struct CheckNote {
    check: String,
    subject: String,
    reported: String,
}

impl Results {
    fn read(bytes: &[u8]) -> Result<Self, VerifyError> {
        serde_json::from_slice(bytes).map_err(|_| VerifyError::Results)
    }

    /// The outcome of each check, by its id, its subject, and how many findings of both came before.
    fn outcomes(&self) -> IndexMap<(&str, &str, usize), &str> {
        let mut outcomes = IndexMap::new();
        let mut before: IndexMap<(&str, &str), usize> = IndexMap::new();
        for note in &self.checks {
            let number = before.entry((&note.check, &note.subject)).or_default();
            let key = (note.check.as_str(), note.subject.as_str(), *number);
            outcomes.insert(key, note.reported.as_str());
            *number += 1;
        }
        outcomes
    }
}

impl Rejudged {
    /// Whether all comes to the same.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.changes.is_empty() && self.gate.0 == self.gate.1
    }
}

/// Judges the bundle in `bytes` again, signed with the key `trust` where one is trusted, on the day `today`.
///
/// # Errors
/// If it was changed since it was sealed, or cannot be judged.
pub fn rejudge(
    bytes: &[u8],
    trust: Option<&PublicKey>,
    today: Date,
) -> Result<Rejudged, VerifyError> {
    let (files, _, manifest) = opened(bytes)?;
    let signer = signer(&files, &manifest, trust)?;
    let rejudgement = Rejudgement::of(&files, today)?;
    let harness = rejudgement.harness.clone();
    let judged = rejudgement.judge()?;
    let sealed = files.get(RESULTS).ok_or(VerifyError::Results)?;
    let sealed = Results::read(sealed)?;
    let now = results_json(&judged.verdict, &judged.outcome);
    let now = Results::read(now.as_bytes())?;
    Ok(Rejudged {
        changes: changes(&sealed, &now),
        gate: (sealed.gate, now.gate),
        signer,
        manifest,
        harness,
    })
}

/// Who signed; what is signed speaks of this manifest.
fn signer(
    files: &Files,
    manifest: &Sha256Hex,
    trust: Option<&PublicKey>,
) -> Result<Signer, VerifyError> {
    let Some(held) = SEAL.check(files, trust)? else {
        return Ok(Signer::Nobody);
    };
    let said: Result<Statement<Value>, _> = serde_json::from_slice(&held.payload);
    if said.is_ok_and(|said| said.is_about(manifest)) {
        Ok(held.signer)
    } else {
        Err(VerifyError::Statement)
    }
}

fn changes(sealed: &Results, now: &Results) -> Vec<Changed> {
    let (then, now) = (sealed.outcomes(), now.outcomes());
    let keys: IndexSet<_> = then.keys().chain(now.keys()).collect();
    let changed = keys
        .into_iter()
        .filter(|key| then.get(*key) != now.get(*key));
    changed
        .map(|key| Changed {
            check: key.0.to_owned(),
            subject: key.1.to_owned(),
            sealed: then.get(key).map(|outcome| (*outcome).to_owned()),
            now: now.get(key).map(|outcome| (*outcome).to_owned()),
        })
        .collect()
}
