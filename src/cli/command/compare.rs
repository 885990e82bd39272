//! `preflight compare`: two bundles side by side.

use std::path::{Path, PathBuf};

use super::key::public_key;
use crate::cli::declared::latest_today;
use crate::cli::evidence_args::CompareArgs;
use crate::cli::failure::CommandFailure;
use crate::cli::files;
use crate::cli::printer::Printer;
use crate::cli::sealing::beside;
use crate::comparison::{
    Comparison, Extent, Side, comparison_json, comparison_markdown, comparison_text,
};
use crate::conformance::ExitStatus;
use crate::evidence::{PublicKey, Trust, Verified, verify};

/// Verifies both and says what differs.
///
/// # Errors
/// If one cannot be read, or does not hold together.
pub fn compare(args: &CompareArgs, printer: Printer) -> Result<ExitStatus, CommandFailure> {
    let trust = args.trust.as_deref().map(public_key).transpose()?;
    let [then, now] = [&args.old, &args.new].map(|path| bundle(path, trust.as_ref()));
    let (then, now) = (then?, now?);
    let comparison = Comparison::of(&then.side(), &now.side());
    printer.data(&if args.json {
        comparison_json(&comparison)
    } else if args.markdown {
        comparison_markdown(&comparison)
    } else {
        let extent = if args.all { Extent::All } else { Extent::Brief };
        comparison_text(&comparison, extent)
    });
    Ok(comparison.exit())
}

/// A bundle that was named, verified.
struct Named {
    name: String,
    verified: Verified,
}

/// The bundle at `path`, or that of the evidence in the folder at `path`.
fn bundle(path: &Path, trust: Option<&PublicKey>) -> Result<Named, CommandFailure> {
    let path: PathBuf = if path.is_dir() {
        beside(path)
    } else {
        path.to_owned()
    };
    let bytes = files::read(&path)?;
    let trust = Trust {
        maker: trust,
        reviewer: None,
    };
    match verify(&bytes, trust, latest_today()) {
        Ok(verified) => Ok(Named {
            name: path.display().to_string(),
            verified,
        }),
        Err(source) => Err(CommandFailure::Bundle { path, source }),
    }
}

impl Named {
    fn side(&self) -> Side<'_> {
        let verified = &self.verified;
        Side {
            name: &self.name,
            harness: &verified.harness,
            manifest: &verified.manifest,
            verdict: &verified.verdict,
            outcome: &verified.outcome,
            profile: &verified.profile,
            attempt: verified.attempt.as_ref().map(|attempt| attempt.number),
            runs: &verified.histories,
        }
    }
}
