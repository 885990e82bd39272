//! The verdict on a run that has ended, its files, and what is printed of it.

use std::path::{Path, PathBuf};

use super::Inputs;
use crate::base::Redactor;
use crate::cli::args::CertifyArgs;
use crate::cli::attempt::Attempt;
use crate::cli::failure::CommandFailure;
use crate::cli::golden;
use crate::cli::judgement::Judgement;
use crate::cli::printer::Printer;
use crate::cli::surroundings::Surroundings;
use crate::cli::terms::Terms;
use crate::conformance::{ExitStatus, Scope};
use crate::event::End;
use crate::history::History;

/// What is needed to come to a verdict.
pub struct Conclusion<'a> {
    /// What was typed.
    pub args: &'a CertifyArgs,
    /// What it meant.
    pub inputs: &'a Inputs,
    /// On what terms.
    pub terms: &'a Terms,
    /// Which attempt it is.
    pub attempt: &'a Attempt,
    /// Prints.
    pub printer: Printer,
    /// What the process is surrounded by.
    pub surroundings: Surroundings,
    /// Knows every secret.
    pub redactor: &'a Redactor,
    /// How the replay ended.
    pub end: End,
    /// What stands in the way beside the findings.
    pub blockers: Vec<(ExitStatus, String)>,
}

impl Conclusion<'_> {
    /// Judges the history of the replay as it stands in its file, with that of an observation where
    /// there was one; writes the evidence and prints.
    ///
    /// # Errors
    /// If a history cannot be read, the verdict cannot be written, or the golden snapshots cannot
    /// be used.
    pub fn conclude(
        self,
        replay: &Path,
        observed: Option<(PathBuf, Scope)>,
    ) -> Result<ExitStatus, CommandFailure> {
        let Self {
            args,
            inputs,
            terms,
            attempt,
            printer,
            surroundings,
            redactor,
            end,
            mut blockers,
        } = self;
        let history = History::read(replay)?;
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
        let scope = Scope {
            file: Some("history.ndjson".into()),
            golden: golden.iter().map(golden::Compared::finding).collect(),
            declaration: terms.declaration.clone(),
        };
        let observed = observed
            .map(|(path, scope)| Ok::<_, CommandFailure>((History::read(&path)?, scope)))
            .transpose()?;
        let lacking = args.require.is_some() && observed.is_none() && end == End::Complete;
        if lacking {
            let blocker = "--require connector: this is a verdict on a replay only";
            blockers.push((ExitStatus::Incomplete, blocker.into()));
        }
        let judgement = Judgement {
            terms,
            named: &[],
            attempt: Some(attempt),
            gate: args.gate,
            evidence: Some(&args.evidence),
            json: args.json,
            printer,
            redactor,
            blockers,
        };
        let mut runs = vec![(&history, &scope)];
        runs.extend(observed.iter().map(|(history, scope)| (history, scope)));
        let preface: Vec<String> = golden.iter().map(golden::Compared::text).collect();
        let status = judgement.pronounce(&runs, &preface)?;
        failure.map_or(Ok(status), Err)
    }
}
