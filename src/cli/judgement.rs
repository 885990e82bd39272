//! The verdict on runs that have ended, its files, and what is printed of it.

use std::io::BufWriter;
use std::path::{Path, PathBuf};

use super::args::GateChoice;
use super::attempt::Attempt;
use super::diagnostic;
use super::failure::CommandFailure;
use super::files::{self, Readers};
use super::printer::Printer;
use super::sealing::{beside, seal};
use super::terms::Terms;
use crate::base::{Redactor, Sha256Hex};
use crate::conformance::{ExitStatus, Gate, Scope, judge_together};
use crate::event::EventKind;
use crate::evidence::{Contents, Record};
use crate::history::{Archive, History};
use crate::report::{
    Again, Colour, PAGE, TRAFFIC, Told, matrix_text_with, reports, results_json, write_har,
};

/// Judges histories as they stand in their files.
pub struct Judgement<'a> {
    /// On what terms.
    pub terms: &'a Terms,
    /// Where the histories are that were named; where there are none, with the evidence.
    pub named: &'a [PathBuf],
    /// Which attempt it is; none where histories are judged that were there before.
    pub attempt: Option<&'a Attempt>,
    /// What must hold.
    pub gate: GateChoice,
    /// Where the reports go; nowhere where they are not asked for.
    pub evidence: Option<&'a Path>,
    /// Whether results.json is printed instead of the matrix.
    pub json: bool,
    /// Prints.
    pub printer: Printer,
    /// Knows every secret.
    pub redactor: &'a Redactor,
    /// What stands in the way beside the findings, with what it makes of the exit status.
    pub blockers: Vec<(ExitStatus, String)>,
}

/// The history of a run that failed on its way, where there is one. A device gives lines for ever.
#[must_use]
pub fn readable(history: &Path) -> Option<History> {
    let is_file = history.is_file();
    is_file.then(|| History::read(history).ok()).flatten()
}

/// How many things that a scenario waited for in vain are named.
const NAMED: usize = 3;

/// What is said of a scenario that was not completed.
fn incomplete(scenario: &str, missing: &[String]) -> String {
    let more = missing.len().saturating_sub(NAMED);
    let mut named = missing[..missing.len() - more].join("; ");
    if more > 0 {
        named += &format!("; and {more} more");
    }
    format!("note: the scenario «{scenario}» was not completed: {named}\n")
}

impl Judgement<'_> {
    /// Judges, writes and prints; `preface` comes before the matrix.
    ///
    /// # Errors
    /// If the verdict cannot be written.
    pub fn pronounce(
        &self,
        runs: &[(&History, &Scope)],
        preface: &[String],
    ) -> Result<ExitStatus, CommandFailure> {
        let profile = &self.terms.profile;
        let verdict = judge_together(runs, profile)
            .with_excerpts(runs, profile)
            .held_against(&self.terms.expectations);
        let gate = Gate::from(self.gate);
        let outcome = verdict.gate(gate).blocked_by(&self.blockers);
        let results = results_json(&verdict, &outcome);
        if let Some(folder) = self.evidence {
            // They follow from the histories, which hold no secrets any longer.
            for report in reports(Told {
                verdict: &verdict,
                outcome: &outcome,
                profile: &self.terms.profile,
                runs,
            }) {
                let mut bytes = report.bytes;
                if report.name == PAGE {
                    // It shows what is declared, which may hold a secret; the bundle has it without.
                    let page = String::from_utf8_lossy(&bytes);
                    bytes = self.redactor.redact(&page).into_bytes();
                }
                files::write(&folder.join(report.name), &bytes, Readers::Everybody)?;
            }
        }
        if let Some(folder) = self.evidence {
            let histories = runs.iter().map(|(history, _)| *history);
            files::write_with(&folder.join(TRAFFIC), Readers::Everybody, |file| {
                write_har(&verdict.harness, histories, BufWriter::new(file))
            })?;
        }
        let sealed = self
            .evidence
            .map(|folder| self.seal(folder, gate, runs, &results))
            .transpose();
        for event in runs.iter().flat_map(|(history, _)| history.events()) {
            if let Some(message) = event.kind.notice() {
                self.printer.note(&format!("note: {message}\n"));
            }
            if let EventKind::ScenarioEnded { scenario, missing } = &event.kind
                && !missing.is_empty()
            {
                self.printer.note(&incomplete(scenario, missing));
            }
        }
        if self.json {
            self.printer.data(&results);
        } else {
            for text in preface {
                self.printer.data(&self.redactor.redact(text));
            }
            let colour = if self.printer.color() {
                Colour::On
            } else {
                Colour::Off
            };
            let matrix = matrix_text_with(&verdict, &outcome, colour, &self.again(runs));
            self.printer.data(&self.redactor.redact(&matrix));
            if let Some(folder) = self.evidence {
                let evidence = format!("evidence: {}\n", folder.display());
                self.printer.note(&evidence);
            }
            if let Some(attempt) = self.attempt {
                self.printer.note(&format!("{}\n", attempt.words()));
            }
            if let Ok(Some((bundle, _))) = &sealed {
                let signer = self.terms.key.as_ref();
                let signer = signer.map_or("signed by nobody", |_| "signed");
                let bundle = format!("bundle: {} ({signer})\n", bundle.display());
                self.printer.note(&bundle);
            }
        }
        // The verdict was told all the same.
        let mut exit = outcome.exit;
        let manifest = match sealed {
            Ok(sealed) => sealed.map(|(_, manifest)| manifest),
            Err(failure) => {
                exit = self.worse(exit, &failure);
                None
            }
        };
        if let Some(attempt) = self.attempt
            && let Err(failure) = attempt.end(exit, &verdict.runs, manifest)
        {
            exit = self.worse(exit, &failure);
        }
        Ok(exit)
    }

    /// Tells a failure behind the verdict, and what it makes of the exit status.
    fn worse(&self, exit: ExitStatus, failure: &CommandFailure) -> ExitStatus {
        let told = diagnostic::render(failure, self.printer.color());
        self.printer.error(&told);
        ExitStatus::worst([exit, failure.exit_once_begun()])
    }

    /// Writes the bundle beside `folder`.
    fn seal(
        &self,
        folder: &Path,
        gate: Gate,
        runs: &[(&History, &Scope)],
        results: &str,
    ) -> Result<(PathBuf, Sha256Hex), CommandFailure> {
        let records = runs
            .iter()
            .zip(self.paths(runs))
            .map(|((history, scope), path)| {
                // A pipe gives its lines once.
                let file = path.is_file().then(|| files::read(&path)).transpose()?;
                // An archive was made a history of, which stands in no file.
                let file = file.filter(|bytes| !Archive::is_one(bytes));
                let bytes = file.unwrap_or_else(|| History::lines(history.events()));
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                Ok(Record {
                    file: scope.file.clone().unwrap_or_else(|| name.into_owned()),
                    bytes,
                    golden: Some(scope.golden.clone()),
                })
            })
            .collect::<Result<Vec<Record>, CommandFailure>>()?;
        let contents = Contents {
            records,
            papers: self.terms.papers.clone(),
            ledger: self.attempt.map(|attempt| attempt.ledger().to_vec()),
            gate,
            blockers: Some(self.blockers.clone()),
        };
        let output = beside(folder);
        let key = self.terms.key.as_deref();
        let bundle = seal(contents, Some(results), key, self.redactor, &output)?;
        Ok((output, bundle.manifest))
    }

    /// Where each history is.
    fn paths(&self, runs: &[(&History, &Scope)]) -> Vec<PathBuf> {
        let beside = |(_, scope): &(&History, &Scope)| {
            let file = scope.file.as_deref().unwrap_or("history.ndjson");
            self.evidence
                .map_or_else(|| file.into(), |folder| folder.join(file))
        };
        match self.named {
            [] => runs.iter().map(beside).collect(),
            named => named.to_vec(),
        }
    }

    /// How the histories are judged again.
    fn again(&self, runs: &[(&History, &Scope)]) -> Again {
        let paths = self.paths(runs);
        let options = self.terms.options().iter();
        Again {
            histories: paths.iter().map(|path| quoted(path)).collect(),
            options: options.fold(String::new(), |text, (option, file)| {
                text + &format!(" {option} {}", quoted(file))
            }),
        }
    }
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    // Only what holds a NUL cannot be quoted, and no path does.
    shlex::try_quote(&text).map_or_else(|_| text.to_string(), std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_missing_things_a_few_are_named() {
        let missing: Vec<String> = (1..=5).map(|number| format!("thing {number}")).collect();
        assert_eq!(
            incomplete("One", &missing[..2]),
            "note: the scenario «One» was not completed: thing 1; thing 2\n"
        );
        assert_eq!(
            incomplete("One", &missing),
            "note: the scenario «One» was not completed: thing 1; thing 2; thing 3; and 2 more\n"
        );
    }
}
