//! The verdict on a run that has ended, its files, and what is printed of it.

use std::collections::BTreeSet;
use std::path::Path;

use super::Inputs;
use crate::base::Redactor;
use crate::cli::args::CertifyArgs;
use crate::cli::failure::CommandFailure;
use crate::cli::golden;
use crate::cli::judgement::Judgement;
use crate::cli::printer::Printer;
use crate::cli::surroundings::Surroundings;
use crate::conformance::{ExitStatus, Scope};
use crate::event::End;
use crate::history::History;

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
    let judgement = Judgement {
        profile: &inputs.profile,
        gate: args.gate,
        evidence: &args.evidence,
        json: args.json,
        printer,
        redactor,
        blocker: (args.require.is_some() && end == End::Complete).then(|| {
            let blocker = "--require connector: this is a verdict on a replay only";
            (ExitStatus::Incomplete, blocker.into())
        }),
    };
    let preface: Vec<String> = golden.iter().map(golden::Compared::text).collect();
    let status = judgement.pronounce(&[(&history, &scope)], &preface)?;
    failure.map_or(Ok(status), Err)
}
