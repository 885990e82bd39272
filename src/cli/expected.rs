//! What is expected and what is waived, as a command is told.

use std::path::Path;

use super::args::ExpectationArgs;
use super::failure::CommandFailure;
use super::files;
use crate::conformance::{Entry, Expectations};

/// The baseline and the waivers that were typed; nothing is expected where none were.
///
/// # Errors
/// If a file cannot be read, or something is wrong with it: then everything is told at once.
pub fn expectations(args: &ExpectationArgs) -> Result<Expectations, CommandFailure> {
    let read = |path: &Path, of: Reader| -> Result<Vec<Entry>, CommandFailure> {
        let text = files::read_text(path)?;
        Ok(of(&path.display().to_string(), &text)?)
    };
    let baseline = args.baseline.as_deref();
    let waivers = args.waivers.as_deref();
    Ok(Expectations {
        baseline: baseline
            .map(|path| read(path, Expectations::read_baseline))
            .transpose()?,
        waivers: waivers
            .map(|path| read(path, Expectations::read_waivers))
            .transpose()?
            .unwrap_or_default(),
    })
}

/// Reads one of the two lists.
type Reader = fn(&str, &str) -> Result<Vec<Entry>, crate::base::SheetErrors>;
