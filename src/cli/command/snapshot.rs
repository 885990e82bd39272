//! `preflight snapshot review|accept|reject`.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};

use crate::cli::args::{SnapshotAction, SnapshotFolder};
use crate::cli::failure::CommandFailure;
use crate::cli::printer::Printer;
use crate::cli::surroundings::Surroundings;
use crate::conformance::ExitStatus;
use crate::snapshot::{Acceptance, Comparison, Store};

/// Looks through the snapshots that wait for a decision.
pub fn snapshot(
    action: &SnapshotAction,
    printer: Printer,
    surroundings: Surroundings,
) -> Result<ExitStatus, CommandFailure> {
    let (SnapshotAction::Review(folder)
    | SnapshotAction::Accept(folder)
    | SnapshotAction::Reject(folder)) = action;
    let acceptance = if surroundings.ci {
        Acceptance::Forbidden
    } else {
        Acceptance::Allowed
    };
    let store = Store::new(&folder.snapshots, acceptance);
    let pending = chosen(&store, folder)?;
    if pending.is_empty() {
        printer.data(&format!(
            "no snapshot in {} waits for a decision\n",
            folder.snapshots.display()
        ));
        return Ok(ExitStatus::Met);
    }
    let mut undecided = 0;
    for path in &pending {
        let decision = match action {
            SnapshotAction::Accept(_) => Decision::Accept,
            SnapshotAction::Reject(_) => Decision::Reject,
            SnapshotAction::Review(_) => {
                printer.data(&shown(&store, path)?);
                asked(printer)
            }
        };
        match decision {
            Decision::Accept => {
                let accepted = store.accept(path)?;
                printer.data(&format!("accepted {}\n", accepted.display()));
            }
            Decision::Reject => {
                store.reject(path)?;
                printer.data(&format!("rejected {}\n", path.display()));
            }
            Decision::Later => undecided += 1,
        }
    }
    if undecided > 0 {
        printer.note(&format!(
            "{undecided} of {} snapshots still wait\n",
            pending.len()
        ));
        return Ok(ExitStatus::NonConformant);
    }
    Ok(ExitStatus::Met)
}

enum Decision {
    Accept,
    Reject,
    Later,
}

/// The snapshots that wait and are meant.
fn chosen(store: &Store, folder: &SnapshotFolder) -> Result<Vec<PathBuf>, CommandFailure> {
    let pending = store.pending()?;
    if folder.names.is_empty() {
        return Ok(pending);
    }
    folder
        .names
        .iter()
        .map(|name| {
            pending
                .iter()
                .find(|path| {
                    *path == Path::new(name)
                        || path.file_name().is_some_and(|file| {
                            let file = file.to_string_lossy();
                            file == name.as_str() || file.strip_suffix(".snap.new") == Some(name)
                        })
                })
                .cloned()
                .ok_or_else(|| CommandFailure::Usage {
                    message: format!("no snapshot «{name}» waits for a decision"),
                    remedy: "leave the name out to see those that wait".into(),
                })
        })
        .collect()
}

fn shown(store: &Store, path: &Path) -> Result<String, CommandFailure> {
    Ok(match store.review(path)? {
        Comparison::Match => format!("{}: the same as the accepted one\n", path.display()),
        Comparison::Missing => {
            let text = std::fs::read_to_string(path).map_err(|source| CommandFailure::Read {
                path: path.to_owned(),
                source,
            })?;
            format!("{}: new\n{text}\n", path.display())
        }
        Comparison::Differs { diff } => format!("{}:\n{diff}\n", path.display()),
    })
}

/// Asks on a terminal; elsewhere nothing is decided.
fn asked(printer: Printer) -> Decision {
    let input = std::io::stdin();
    if !input.is_terminal() {
        return Decision::Later;
    }
    loop {
        printer.note("accept (a), reject (r) or decide later (s)? ");
        let mut line = String::new();
        if input.lock().read_line(&mut line).unwrap_or(0) == 0 {
            return Decision::Later;
        }
        match line.trim() {
            "a" | "accept" => return Decision::Accept,
            "r" | "reject" => return Decision::Reject,
            "s" | "skip" | "" => return Decision::Later,
            _ => {}
        }
    }
}
