//! The verdict on a run that has ended, its files, and what is printed of it.

use std::collections::BTreeSet;
use std::path::Path;

use super::Inputs;
use crate::base::Redactor;
use crate::cli::args::{CertifyArgs, GateChoice};
use crate::cli::failure::CommandFailure;
use crate::cli::files::{self, Readers};
use crate::cli::golden;
use crate::cli::printer::Printer;
use crate::cli::surroundings::Surroundings;
use crate::conformance::{ExitStatus, Gate, Scope, judge};
use crate::event::{End, EventKind};
use crate::history::History;
use crate::report::{Colour, junit_xml, matrix_text, results_json};

/// Judges the history as it stands in its file, writes the evidence and prints.
pub fn conclude(
    args: &CertifyArgs,
    inputs: &Inputs,
    printer: Printer,
    surroundings: Surroundings,
    history_path: &Path,
    redactor: &Redactor,
    end: End,
) -> Result<ExitStatus, CommandFailure> {
    let history = History::read(history_path)?;
    // A run that was cut short is not held against a whole one, and leaves no snapshot behind.
    let compared = if end == End::Complete {
        golden::compare(
            args,
            inputs.shipped,
            &inputs.profile,
            &history,
            surroundings,
        )
    } else {
        Ok(Vec::new())
    };
    // The verdict is written even where there is nothing to compare it with.
    let (golden, failure) = match compared {
        Ok(golden) => (golden, None),
        Err(failure) => (Vec::new(), Some(failure)),
    };
    let exercised: BTreeSet<String> = inputs
        .plan
        .scenarios
        .iter()
        .flat_map(|scenario| scenario.exercises.iter().cloned())
        .collect();
    let scope = Scope {
        exercised: (!exercised.is_empty()).then_some(exercised),
        golden: golden.iter().map(golden::Compared::finding).collect(),
    };
    let verdict = judge(&history, &inputs.profile, &scope);
    let gate = match args.gate {
        GateChoice::Ci => Gate::Ci,
        GateChoice::Certify => Gate::Certify,
    };
    let mut outcome = verdict.gate(gate);
    if args.require.is_some() && end == End::Complete {
        outcome
            .blockers
            .push("--require connector: this is a verdict on a replay only".into());
        outcome.exit = ExitStatus::worst([outcome.exit, ExitStatus::Incomplete]);
    }
    let results = results_json(&verdict, &outcome);
    // Both follow from the history, which holds no secrets any longer.
    let junit = junit_xml(&verdict, gate);
    files::write(
        &args.evidence.join("results.json"),
        results.as_bytes(),
        Readers::Everybody,
    )?;
    files::write(
        &args.evidence.join("junit.xml"),
        junit.as_bytes(),
        Readers::Everybody,
    )?;
    for event in history.events() {
        if let EventKind::Notice { message } = &event.kind {
            printer.note(&format!("note: {message}\n"));
        }
    }
    if args.json {
        printer.data(&results);
    } else {
        for compared in &golden {
            printer.data(&redactor.redact(&compared.text()));
        }
        let colour = if printer.color() {
            Colour::On
        } else {
            Colour::Off
        };
        printer.data(&redactor.redact(&matrix_text(&verdict, &outcome, colour)));
        printer.note(&format!("evidence: {}\n", args.evidence.display()));
    }
    failure.map_or(Ok(outcome.exit), Err)
}
