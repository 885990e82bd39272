//! Prints the console report as the run goes on.

use std::sync::Arc;

use super::args::RunArgs;
use super::printer::Printer;
use crate::base::Redactor;
use crate::event::{Event, EventKind, Listener, ListenerError};
use crate::report::{Colour, Console, RunSummary, Symbols};

/// What of the console report is wanted.
#[derive(Clone, Copy, Debug)]
pub struct ConsoleChoice {
    colour: Colour,
    symbols: Symbols,
    iterations: u32,
    banner: bool,
    assertions: bool,
    failures: bool,
    summary: bool,
    console: bool,
}

impl ConsoleChoice {
    /// What the command line says.
    #[must_use]
    pub fn of(args: &RunArgs, printer: Printer, iterations: u32) -> Self {
        Self {
            colour: if printer.color() {
                Colour::On
            } else {
                Colour::Off
            },
            symbols: if args.disable_unicode {
                Symbols::Plain
            } else {
                Symbols::Unicode
            },
            iterations,
            banner: !args.reporter_cli_no_banner,
            assertions: !args.reporter_cli_no_assertions,
            failures: !args.reporter_cli_no_failures,
            summary: !args.reporter_cli_no_summary,
            console: !args.reporter_cli_no_console,
        }
    }

    /// The heading.
    #[must_use]
    pub fn banner(&self, collection: &str) -> String {
        if self.banner {
            format!("preflight\n\n{collection}\n")
        } else {
            String::new()
        }
    }

    /// What stands at the end.
    #[must_use]
    pub fn conclusion(&self, run: &RunSummary) -> String {
        let console = Console::new(self.colour, self.symbols, self.iterations);
        let mut text = String::new();
        if self.failures {
            text += &console.failures(run);
        }
        if self.summary {
            text += &console.summary(run);
        }
        text
    }
}

/// Prints what happens.
pub struct ConsoleListener {
    printer: Printer,
    choice: ConsoleChoice,
    console: Console,
    redactor: Arc<Redactor>,
}

impl ConsoleListener {
    /// A listener that prints what `choice` wants.
    #[must_use]
    pub fn new(printer: Printer, choice: ConsoleChoice, redactor: Arc<Redactor>) -> Self {
        let console = Console::new(choice.colour, choice.symbols, choice.iterations);
        Self {
            printer,
            choice,
            console,
            redactor,
        }
    }
}

impl Listener for ConsoleListener {
    fn notice(&mut self, event: &Event) -> Result<(), ListenerError> {
        let wanted = match &event.kind {
            EventKind::Assertion(_) => self.choice.assertions,
            EventKind::Console { .. } => self.choice.console,
            _ => true,
        };
        if wanted {
            let lines = self.console.lines(event);
            if !lines.is_empty() {
                self.printer.data(&self.redactor.redact(&lines));
            }
        }
        Ok(())
    }
}
