//! `preflight evidence`: a bundle of histories and all that a reviewer needs to judge them again.

use std::path::Path;

use crate::cli::args::GateChoice;
use crate::cli::declared;
use crate::cli::evidence_args::EvidenceArgs;
use crate::cli::expected::expectations;
use crate::cli::failure::CommandFailure;
use crate::cli::files;
use crate::cli::printer::Printer;
use crate::cli::sealing::{PaperPaths, beside, redactor_of, seal, signing_key};
use crate::cli::surroundings::Surroundings;
use crate::cli::target;
use crate::conformance::{ExitStatus, Gate};
use crate::evidence::{Contents, Record};

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
    let key = signing_key(args.seal.sign_key.as_deref(), surroundings)?;
    let profile = target::profile(args.profile.as_deref())?;
    target::check_stated(&profile, args.gate)?;
    // All are read again from the bundle; here the mistakes in them are told with their files.
    let declaration = declared::declaration_without_secrets(args.declaration.as_deref())?;
    expectations(&args.expectations)?;
    let papers = PaperPaths {
        profile: args.profile.as_deref(),
        declaration: args.declaration.as_deref(),
        expectations: &args.expectations,
    };
    let contents = Contents {
        records: args
            .histories
            .iter()
            .map(|path| record(path))
            .collect::<Result<_, _>>()?,
        papers: papers.read()?,
        gate: match args.gate {
            GateChoice::Ci => Gate::Ci,
            GateChoice::Certify => Gate::Certify,
        },
        blockers: None,
    };
    let redactor = redactor_of(&declaration);
    let bundle = seal(contents, None, key.as_ref(), &redactor, &output)?;
    let signer = key.map_or("not signed".to_owned(), |key| {
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

fn record(path: &Path) -> Result<Record, CommandFailure> {
    Ok(Record {
        file: path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        bytes: files::read(path)?,
        golden: None,
    })
}
