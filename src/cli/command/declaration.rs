//! `preflight declaration init|check`.

use std::io::{self, IsTerminal as _};
use std::path::Path;

use crate::cli::args::DeclarationAction;
use crate::cli::declaration::converse;
use crate::cli::declared::latest_today;
use crate::cli::failure::CommandFailure;
use crate::cli::files::{self, Readers};
use crate::cli::printer::Printer;
use crate::cli::surroundings::Surroundings;
use crate::conformance::ExitStatus;
use crate::profile::{Around, Declaration};

/// Asks for a declaration, or says what is wrong with one.
pub fn declaration(
    action: &DeclarationAction,
    printer: Printer,
    surroundings: Surroundings,
) -> Result<ExitStatus, CommandFailure> {
    match action {
        DeclarationAction::Init { file } => init(file, printer),
        DeclarationAction::Check { file } => {
            let text = files::read_text(file)?;
            let variable = |name: &str| surroundings.variable(name);
            let around = Around {
                today: latest_today(),
                variable: Some(&variable),
            };
            Declaration::read(&file.display().to_string(), &text, around)?;
            printer.data(&format!("{}: nothing is wrong with it\n", file.display()));
            Ok(ExitStatus::Met)
        }
    }
}

fn init(file: &Path, printer: Printer) -> Result<ExitStatus, CommandFailure> {
    if file.exists() {
        return Err(CommandFailure::Usage {
            message: format!("{} is there already", file.display()),
            remedy: "name another file, or mend this one and ask `preflight declaration check`"
                .into(),
        });
    }
    files::check_folder(file)?;
    let input = io::stdin();
    if !input.is_terminal() {
        return Err(CommandFailure::Usage {
            message: "the questions are for a person at a terminal, and the input is none".into(),
            remedy: "run it in a terminal, or write the file yourself; \
                     fixtures/declaration/example.toml explains every key"
                .into(),
        });
    }
    let mut say = |text: &str| printer.note(text);
    let text = converse(&mut input.lock(), &mut say, latest_today()).map_err(|error| {
        CommandFailure::Usage {
            message: format!("the answers ended before the questions ({error})"),
            remedy: "nothing was written; begin again".into(),
        }
    })?;
    // A value may have been typed that nobody else is to read.
    files::write(file, text.as_bytes(), Readers::Owner)?;
    printer.data(&format!("wrote {}\n", file.display()));
    Ok(ExitStatus::Met)
}
