//! `preflight judge`: the verdict on histories that were recorded before.

use crate::base::Redactor;
use crate::cli::args::JudgeArgs;
use crate::cli::declared;
use crate::cli::failure::CommandFailure;
use crate::cli::files;
use crate::cli::judgement::Judgement;
use crate::cli::printer::Printer;
use crate::cli::target;
use crate::conformance::{ExitStatus, Scope};
use crate::history::History;

/// Judges the histories, all by one profile, in one verdict.
///
/// # Errors
/// If a file cannot be read, or does not hold together.
pub fn judge(args: &JudgeArgs, printer: Printer) -> Result<ExitStatus, CommandFailure> {
    let profile = target::profile(args.profile.as_deref())?;
    let histories = args
        .histories
        .iter()
        .map(|path| {
            History::read(path).map_err(|source| CommandFailure::ForeignHistory {
                path: path.clone(),
                source,
            })
        })
        .collect::<Result<Vec<History>, CommandFailure>>()?;
    if let Some(folder) = &args.evidence {
        files::prepare(folder)?;
    }
    let scope = Scope {
        declaration: declared::declaration_without_secrets(args.declaration.as_deref())?,
        ..Scope::default()
    };
    let runs: Vec<(&History, &Scope)> = histories.iter().map(|it| (it, &scope)).collect();
    let judgement = Judgement {
        profile: &profile,
        gate: args.gate,
        evidence: args.evidence.as_deref(),
        json: args.json,
        printer,
        // A history holds no secrets any longer.
        redactor: &Redactor::new([0; 32]),
        blockers: Vec::new(),
    };
    judgement.pronounce(&runs, &[])
}
