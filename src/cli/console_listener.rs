//! Prints the console report as the run goes on.

use std::sync::Arc;

use super::args::RunArgs;
use super::printer::Printer;
use crate::base::{Redactor, redact_texts};
use crate::event::{AssertionOutcome, Event, EventKind, Listener, ListenerError};
use crate::history::FORM;
use crate::report::{Colour, Console, ExecutionSummary, RunSummary, Symbols};

/// What of the console report is wanted.
#[derive(Clone, Copy, Debug)]
pub struct ConsoleChoice {
    colour: Colour,
    symbols: Symbols,
    iterations: u32,
    banner: bool,
    assertions: bool,
    successes: bool,
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
            successes: !args.newman.reporter_cli_no_success_assertions,
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
            text += &console.failures(&failures_of(run));
        }
        if self.summary {
            text += &console.summary(run);
        }
        text
    }
}

/// The executions in which something failed, without bodies and control characters.
fn failures_of(run: &RunSummary) -> RunSummary {
    let executions = run.executions.iter().filter(|execution| execution.failed());
    let mut failed = RunSummary {
        collection: run.collection.clone(),
        executions: executions
            .map(|execution| ExecutionSummary {
                response: None,
                ..execution.clone()
            })
            .collect(),
        ..RunSummary::default()
    };
    redact_texts(&mut failed.collection, &without_controls, &[]);
    for execution in &mut failed.executions {
        redact_texts(&mut execution.item, &without_controls, &[]);
        let assertions = execution.assertions.iter_mut().map(|assertion| {
            assertion.name = without_controls(&assertion.name);
            assertion.error.as_mut()
        });
        let errors = assertions
            .flatten()
            .chain(&mut execution.request_error)
            .chain(execution.prerequest_errors.iter_mut().flatten())
            .chain(execution.test_errors.iter_mut().flatten());
        for error in errors {
            error.message = without_controls(&error.message);
        }
    }
    failed
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

impl ConsoleListener {
    /// The event with its secrets taken out before its texts are laid out in lines, and without
    /// control characters: no collection may write to the terminal past us.
    fn presentable(&self, event: &Event) -> Event {
        let Ok(mut value) = serde_json::to_value(event) else {
            return event.clone();
        };
        let present = |text: &str| without_controls(&self.redactor.redact(text));
        redact_texts(&mut value, &present, &FORM);
        serde_json::from_value(value).unwrap_or_else(|_| event.clone())
    }
}

/// The text with every control character but line feeds and tabs replaced.
fn without_controls(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\n' | '\t' => character,
            control if control.is_control() => '\u{fffd}',
            other => other,
        })
        .collect()
}

impl Listener for ConsoleListener {
    fn notice(&mut self, event: &Event) -> Result<(), ListenerError> {
        let wanted = match &event.kind {
            EventKind::Assertion(record) => {
                self.choice.assertions
                    && (self.choice.successes || record.outcome != AssertionOutcome::Passed)
            }
            EventKind::Console { .. } => self.choice.console,
            _ => true,
        };
        if wanted {
            let lines = match &event.kind {
                // A body can be large, and none is shown.
                EventKind::Exchange { .. } => self.redactor.redact(&self.console.lines(event)),
                _ => self.console.lines(&self.presentable(event)),
            };
            if !lines.is_empty() {
                self.printer.data(&lines);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_replaced_and_lines_are_kept() {
        assert_eq!(
            without_controls("a\u{1b}[2K\r\nb\tc"),
            "a\u{fffd}[2K\u{fffd}\nb\tc"
        );
    }
}
