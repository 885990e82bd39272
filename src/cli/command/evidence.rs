//! `preflight evidence`: a bundle of histories and all that a reviewer needs to judge them again.

use std::path::Path;

use crate::cli::archived;
use crate::cli::evidence_args::EvidenceArgs;
use crate::cli::failure::CommandFailure;
use crate::cli::files;
use crate::cli::printer::Printer;
use crate::cli::sealing::{beside, redactor_of, seal};
use crate::cli::surroundings::Surroundings;
use crate::cli::target;
use crate::cli::terms::{Secrets, Terms};
use crate::conformance::ExitStatus;
use crate::evidence::{Contents, Record};
use crate::history::History;
use crate::profile::Profile;

/// Judges the histories and writes the bundle.
///
/// # Errors
/// If a file cannot be read or does not hold together, or the bundle cannot be written.
pub fn evidence(
    args: &EvidenceArgs,
    printer: Printer,
    surroundings: Surroundings,
) -> Result<ExitStatus, CommandFailure> {
    let output = match &args.output {
        Some(output) => output.clone(),
        None => beside(args.histories[0].parent().unwrap_or(Path::new(""))),
    };
    files::check_folder(&output)?;
    if output.is_file() {
        return Err(CommandFailure::Usage {
            message: format!("{} is there already", output.display()),
            remedy: "name another file with --output: what a run left behind says more, how it compared \
                     with golden transcripts and what stood in its way"
                .into(),
        });
    }
    let terms = Terms::read(args.terms.paths(), Secrets::Unneeded, surroundings)?;
    target::check_stated(&terms.profile, args.terms.gate)?;
    let contents = Contents {
        records: args
            .histories
            .iter()
            .map(|path| record(path, &terms.profile))
            .collect::<Result<_, _>>()?,
        papers: terms.papers,
        ledger: None,
        gate: args.terms.gate.into(),
        blockers: None,
    };
    let redactor = redactor_of(&terms.declaration);
    let bundle = seal(contents, None, terms.key.as_deref(), &redactor, &output)?;
    let signer = terms.key.map_or("not signed".to_owned(), |key| {
        format!("signed with the key {}", key.public().fingerprint())
    });
    printer.data(&format!(
        "{}\ngate      {}: {} (exit {})\nbundle    {}, {signer}\n",
        bundle.verdict.headline.text,
        bundle.outcome.gate,
        bundle.outcome.exit.meaning(),
        bundle.outcome.exit.code(),
        output.display(),
    ));
    Ok(bundle.outcome.exit)
}

/// The record in a file; an HTTP archive is made a history of.
fn record(path: &Path, profile: &Profile) -> Result<Record, CommandFailure> {
    let mut bytes = files::read(path)?;
    if archived::is_archive(path, &bytes) {
        bytes = History::lines(archived::history(path, &bytes, profile)?.events());
    }
    Ok(Record {
        file: path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        bytes,
        golden: None,
    })
}
