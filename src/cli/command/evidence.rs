//! `preflight evidence`: a bundle of histories and all that a reviewer needs to judge them again.

use std::path::{Path, PathBuf};

use crate::cli::args::GateChoice;
use crate::cli::declared::{self, latest_today};
use crate::cli::evidence_args::EvidenceArgs;
use crate::cli::expected::expectations;
use crate::cli::failure::CommandFailure;
use crate::cli::files::{self, Readers};
use crate::cli::printer::Printer;
use crate::cli::surroundings::Surroundings;
use crate::cli::target;
use crate::conformance::{ExitStatus, Gate};
use crate::evidence::{Contents, Papers, Record, SigningKey, bundle};

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
        None => beside(&args.histories[0]),
    };
    files::check_folder(&output)?;
    let key = signing_key(args.sign_key.as_deref(), surroundings)?;
    let profile = target::profile(args.profile.as_deref())?;
    target::check_stated(&profile, args.gate)?;
    // Both are read again from the bundle; here the mistakes in them are told with their files.
    declared::declaration_without_secrets(args.declaration.as_deref())?;
    expectations(&args.expectations)?;
    let text = |path: &Option<PathBuf>| path.as_deref().map(files::read_text).transpose();
    let contents = Contents {
        records: args
            .histories
            .iter()
            .map(|path| record(path))
            .collect::<Result<_, _>>()?,
        papers: Papers {
            profile: text(&args.profile)?,
            declaration: text(&args.declaration)?,
            baseline: text(&args.expectations.baseline)?,
            waivers: text(&args.expectations.waivers)?,
        },
        gate: match args.gate {
            GateChoice::Ci => Gate::Ci,
            GateChoice::Certify => Gate::Certify,
        },
        blockers: Vec::new(),
    };
    // The histories hold no secret any longer, and who judges again knows none.
    let bundle = bundle(contents, None, key.as_ref(), latest_today(), |_| true)?;
    files::write_with(&output, Readers::Everybody, |file| bundle.write(file))?;
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

/// Where the bundle goes: beside the folder of the history, under its name.
fn beside(history: &Path) -> PathBuf {
    let folder = history.parent().filter(|it| !it.as_os_str().is_empty());
    let name = folder
        .and_then(Path::file_name)
        .unwrap_or("evidence".as_ref());
    let mut file = name.to_owned();
    file.push(".preflight.zip");
    folder
        .and_then(Path::parent)
        .unwrap_or(Path::new(""))
        .join(file)
}

fn record(path: &Path) -> Result<Record, CommandFailure> {
    Ok(Record {
        file: path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        bytes: files::read(path)?,
        golden: Vec::new(),
    })
}

/// The key that signs; none where none was given.
fn signing_key(
    file: Option<&Path>,
    surroundings: Surroundings,
) -> Result<Option<SigningKey>, CommandFailure> {
    const VARIABLE: &str = "PREFLIGHT_SIGNING_KEY";
    let (place, text) = match file {
        Some(path) => (path.display().to_string(), Some(files::read_text(path)?)),
        None => (VARIABLE.to_owned(), surroundings.variable(VARIABLE)),
    };
    text.filter(|text| !text.is_empty())
        .map(|text| {
            SigningKey::from_pem(&text).map_err(|source| CommandFailure::Key { place, source })
        })
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_lies_beside_the_folder_of_its_history() {
        for (history, bundle) in [
            ("out/history.ndjson", "out.preflight.zip"),
            ("a/b/history.ndjson", "a/b.preflight.zip"),
            ("/a/history.ndjson", "/a.preflight.zip"),
            ("history.ndjson", "evidence.preflight.zip"),
        ] {
            assert_eq!(beside(Path::new(history)), Path::new(bundle), "{history}");
        }
    }
}
