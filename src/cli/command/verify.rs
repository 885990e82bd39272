//! `preflight verify`: whether a bundle holds together, offline.

use super::key::public_key;
use crate::cli::declared::latest_today;
use crate::cli::evidence_args::VerifyArgs;
use crate::cli::failure::CommandFailure;
use crate::cli::files;
use crate::cli::printer::Printer;
use crate::conformance::ExitStatus;
use crate::evidence::{Signer, verify as verified};

/// Verifies the bundle and says what that proves.
///
/// # Errors
/// If it cannot be read, or something in it is not what preflight put there.
pub fn verify(args: &VerifyArgs, printer: Printer) -> Result<ExitStatus, CommandFailure> {
    let trust = args.trust.as_deref().map(public_key).transpose()?;
    let bytes = files::read(&args.bundle)?;
    let found = verified(&bytes, trust.as_ref(), latest_today()).map_err(|source| {
        CommandFailure::Bundle {
            path: args.bundle.clone(),
            source,
        }
    })?;
    let (heading, next) = match &found.signer {
        Signer::Trusted(key) => (format!("verified: signed with the trusted key {key}"), ""),
        Signer::Unknown(key) => (
            format!("consistent, signer unknown: signed with the key {key}"),
            "Ask the provider for its public key, and say --trust FILE.\n",
        ),
        Signer::Nobody => (
            "consistent, and signed by nobody: anybody can have made it".to_owned(),
            "",
        ),
    };
    printer.data(&format!(
        "{heading}\nmanifest  {}\nverdict   {}\ngate      {}: {} (exit {})\n\n\
         This proves that nothing was changed since the bundle was made, and that the verdict follows \
         from the record. It does not prove that the traffic happened: hold its interaction ids against \
         the platform's own log.\n{next}",
        found.manifest,
        found.verdict.headline.text,
        found.outcome.gate,
        found.outcome.exit.meaning(),
        found.outcome.exit.code(),
    ));
    Ok(ExitStatus::Met)
}
