//! `preflight review`: a person decides what the rules leave open, and signs that.

use super::key::public_key;
use crate::base::sha256;
use crate::cli::declared::latest_today;
use crate::cli::evidence_args::ReviewArgs;
use crate::cli::failure::CommandFailure;
use crate::cli::files;
use crate::cli::printer::Printer;
use crate::cli::reviewing::{Destination, Pen, serve, worth};
use crate::cli::sealing::signer;
use crate::cli::surroundings::Surroundings;
use crate::conformance::{Decisions, ExitStatus};
use crate::evidence::{Exhibit, Trust};

/// Verifies the bundle, takes the decisions, signs them and writes the bundle anew.
///
/// # Errors
/// If the bundle does not hold together, the decisions are wrong, or nothing can be written.
pub async fn review(
    args: &ReviewArgs,
    printer: Printer,
    surroundings: Surroundings,
) -> Result<ExitStatus, CommandFailure> {
    let trust = args.trust.as_deref().map(public_key).transpose()?;
    let key = signer(&args.seal, surroundings)?;
    let bytes = files::read(&args.bundle)?;
    let trust = Trust {
        maker: trust.as_ref(),
        reviewer: None,
    };
    let exhibit =
        Exhibit::open(&bytes, trust, latest_today()).map_err(|source| CommandFailure::Bundle {
            path: args.bundle.clone(),
            source,
        })?;
    let output = match &args.output {
        Some(output) => Destination::Beside(output.clone()),
        None => Destination::InPlace {
            bundle: args.bundle.clone(),
            was: sha256(&bytes),
        },
    };
    drop(bytes);
    if args.items {
        printer.data(&Decisions::to_fill_in(exhibit.verdict()));
        return Ok(ExitStatus::Met);
    }
    printer.note(&format!("{}\n", worth(exhibit.maker())));
    let pen = key
        .map(|key| Pen::new(key, output, &exhibit, args.replace))
        .transpose()?;
    let Some(file) = &args.decisions else {
        let port = args.port.unwrap_or_default();
        let served = serve(exhibit, pen, port, printer).await?;
        let Some(written) = served else {
            printer.note("stopped; nothing was signed\n");
            return Ok(ExitStatus::Interrupted);
        };
        printer.data(&written.text);
        return Ok(written.exit);
    };
    let pen = pen.ok_or_else(|| CommandFailure::Usage {
        message: "nobody signs the decisions".into(),
        remedy: "name your private key with --sign-key, or put it into PREFLIGHT_SIGNING_KEY; \
                 `preflight key new reviewer` makes one"
            .into(),
    })?;
    let text = files::read_text(file)?;
    let decisions = Decisions::read(&file.display().to_string(), &text, exhibit.verdict())?;
    let written = pen.sign(&exhibit, &decisions)?;
    printer.data(&written.text);
    Ok(written.exit)
}
