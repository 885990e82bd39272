//! `preflight catalogue`: clauses, checks, and which covers which.

use crate::cli::args::CatalogueArgs;
use crate::cli::failure::CommandFailure;
use crate::cli::printer::Printer;
use crate::cli::target;
use crate::conformance::ExitStatus;
use crate::report::{catalogue_json, catalogue_text};

/// Prints the catalogue, with what each check rests on in the profile.
///
/// # Errors
/// If the profile cannot be understood.
pub fn catalogue(args: &CatalogueArgs, printer: Printer) -> Result<ExitStatus, CommandFailure> {
    let profile = target::profile(args.profile.as_deref())?;
    printer.data(&if args.json {
        catalogue_json(&profile)
    } else {
        catalogue_text(&profile)
    });
    Ok(ExitStatus::Met)
}
