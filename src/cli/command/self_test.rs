//! `preflight self-test`: the rules tried on built-in connectors.

use std::fmt::Write as _;

use crate::cli::args::SelfTestArgs;
use crate::cli::failure::CommandFailure;
use crate::cli::printer::Printer;
use crate::cli::self_test::{Matrix, Trial, Wholeness, Workshop, try_all};
use crate::conformance::ExitStatus;
use crate::specimen::{GALLERY, Nature, Specimen, specimen};

/// Tries the specimens and prints the kill matrix.
///
/// # Errors
/// If a specimen is named that there is not, or a trial cannot be played to its end.
pub fn self_test(args: &SelfTestArgs, printer: Printer) -> Result<ExitStatus, CommandFailure> {
    let (specimens, whole) = named(&args.specimens)?;
    if args.list {
        printer.data(&list(&specimens));
        return Ok(ExitStatus::Met);
    }
    let workshop = Workshop::default();
    let trials: Vec<Trial> = specimens
        .into_iter()
        .map(|specimen| Trial::of(specimen, &workshop))
        .collect::<Result<_, _>>()?;
    let matrix = Matrix::of(try_all(&trials, args.seeds)?, whole);
    if args.json {
        printer.data(&format!("{:#}\n", matrix.json()));
    } else {
        printer.data(&matrix.text());
    }
    Ok(if matrix.is_green() {
        ExitStatus::Met
    } else {
        ExitStatus::HarnessFault
    })
}

/// The specimens with these names; all where there are none.
fn named(names: &[String]) -> Result<(Vec<&'static Specimen>, Wholeness), CommandFailure> {
    if names.is_empty() {
        let all = GALLERY.iter().flat_map(|specimens| specimens.iter());
        return Ok((all.collect(), Wholeness::Whole));
    }
    let known = |name: &String| {
        specimen(name).ok_or_else(|| CommandFailure::Usage {
            message: format!("there is no specimen «{name}»"),
            remedy: "`preflight self-test --list` names them".into(),
        })
    };
    let specimens = names.iter().map(known).collect::<Result<_, _>>()?;
    Ok((specimens, Wholeness::Part))
}

fn list(specimens: &[&Specimen]) -> String {
    let mut text = String::new();
    for specimen in specimens {
        let nature = match specimen.nature {
            Nature::Conforming => "conforms",
            Nature::Broken { check, .. } => check,
        };
        writeln!(
            text,
            "{:<9} {}: {}",
            nature, specimen.name, specimen.differs
        )
        .expect("writing to a String cannot fail");
    }
    text
}
