//! `preflight judge`: the verdict on histories that were recorded before.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::mem::ManuallyDrop;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use crate::cli::archived;
use crate::cli::args::JudgeArgs;
use crate::cli::failure::CommandFailure;
use crate::cli::files;
use crate::cli::judgement::Judgement;
use crate::cli::printer::Printer;
use crate::cli::sealing::redactor_of;
use crate::cli::surroundings::Surroundings;
use crate::cli::target;
use crate::cli::terms::{Secrets, Terms};
use crate::conformance::{Check, Evidence, ExitStatus, Finding, Level, Scope, check};
use crate::history::{History, HistoryError};
use crate::profile::Profile;
use crate::report::findings_text;

/// Judges the histories, all by one profile, in one verdict.
///
/// # Errors
/// If a file cannot be read, or does not hold together.
pub fn judge(
    args: &JudgeArgs,
    printer: Printer,
    surroundings: Surroundings,
) -> Result<ExitStatus, CommandFailure> {
    let terms = Terms::read(args.terms.paths(), Secrets::Unneeded, surroundings)?;
    target::check_stated(&terms.profile, args.terms.gate)?;
    let histories = args
        .histories
        .iter()
        .map(|path| history(path, &terms.profile))
        .collect::<Result<Vec<History>, CommandFailure>>()?;
    // The program ends behind the verdict: a large history is not taken to pieces before.
    let histories = ManuallyDrop::new(histories);
    check_different(&args.histories, &histories)?;
    if let Some(folder) = &args.evidence {
        files::prepare_verdict(folder)?;
    }
    if !args.checks.is_empty() {
        let checks = named(&args.checks)?;
        let history = part(&histories, &args.events)?;
        return Ok(ask(&checks, &history, &terms, args, printer));
    }
    let scopes: Vec<Scope> = args
        .histories
        .iter()
        .map(|path| Scope {
            file: path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned()),
            declaration: terms.declaration.clone(),
            ..Scope::default()
        })
        .collect();
    let runs: Vec<(&History, &Scope)> = histories.iter().zip(&scopes).collect();
    let judgement = Judgement {
        terms: &terms,
        named: &args.histories,
        attempt: None,
        gate: args.terms.gate,
        evidence: args.evidence.as_deref(),
        json: args.json,
        printer,
        // A history holds no secrets any longer; what is declared may.
        redactor: &redactor_of(&terms.declaration),
        blockers: Vec::new(),
    };
    judgement.pronounce(&runs, &[])
}

/// Refuses a history that is named twice: it would count for two.
fn check_different(paths: &[PathBuf], histories: &[History]) -> Result<(), CommandFailure> {
    for (place, history) in histories.iter().enumerate() {
        let twin = histories[..place]
            .iter()
            .position(|it| it.head() == history.head());
        if let Some(twin) = twin {
            return Err(CommandFailure::Usage {
                message: format!(
                    "{} is the same history as {}",
                    paths[place].display(),
                    paths[twin].display()
                ),
                remedy: "name each history once".into(),
            });
        }
    }
    Ok(())
}

/// The history in a file, or of an HTTP archive.
fn history(path: &Path, profile: &Profile) -> Result<History, CommandFailure> {
    let foreign = |source| CommandFailure::ForeignHistory {
        path: path.to_owned(),
        source,
    };
    let unreadable = |source| {
        foreign(HistoryError::File {
            path: path.to_owned(),
            source,
        })
    };
    // Opened once: it may be a pipe.
    let mut file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    let beginning = file.by_ref().take(TELLING).read_to_end(&mut bytes);
    beginning.map_err(unreadable)?;
    if archived::is_archive(path, &bytes) {
        file.read_to_end(&mut bytes).map_err(unreadable)?;
        return archived::history(path, &bytes, profile);
    }
    History::read_from(bytes.chain(file), path).map_err(foreign)
}

/// How many bytes tell an archive from a history.
const TELLING: u64 = 64 << 10;

/// The checks with these ids, in their order; small letters will do.
fn named(ids: &[String]) -> Result<Vec<&'static Check>, CommandFailure> {
    ids.iter()
        .map(|id| {
            check(&id.to_ascii_uppercase()).ok_or_else(|| CommandFailure::Usage {
                message: format!("there is no check «{id}»"),
                remedy: "`preflight catalogue` names them".into(),
            })
        })
        .collect()
}

/// The only history, or the part of it that has these events.
fn part(histories: &[History], events: &[RangeInclusive<u64>]) -> Result<History, CommandFailure> {
    let [history] = histories else {
        return Err(CommandFailure::Usage {
            message: "--check judges one history".into(),
            remedy: "name one, or leave --check out".into(),
        });
    };
    if events.is_empty() {
        return Ok(history.clone());
    }
    // They are numbered from 1, without gaps.
    let last = history.events().last().map_or(0, |event| event.sequence);
    let mut ends = events
        .iter()
        .flat_map(|range| [*range.start(), *range.end()]);
    if let Some(stranger) = ends.find(|end| !(1..=last).contains(end)) {
        return Err(CommandFailure::Usage {
            message: format!("--events: the history has no event {stranger}"),
            remedy: format!("use numbers from 1 to {last}"),
        });
    }
    let kept: BTreeSet<u64> = events.iter().cloned().flatten().collect();
    Ok(history.excerpt(&kept))
}

/// Prints what each of `checks` finds in `history`.
fn ask(
    checks: &[&Check],
    history: &History,
    terms: &Terms,
    args: &JudgeArgs,
    printer: Printer,
) -> ExitStatus {
    for event in history.events() {
        if let Some(message) = event.kind.notice() {
            printer.note(&format!("note: {message}\n"));
        }
    }
    let profile = &terms.profile;
    let evidence = Evidence::of(history, profile).declared(terms.declaration.clone());
    let findings: Vec<Finding> = checks
        .iter()
        .map(|check| check.judge(&evidence, profile))
        .collect();
    if args.json {
        printer.data(&format!("{:#}\n", serde_json::json!(findings)));
    } else {
        printer.data(&findings_text(&findings));
    }
    let statuses = findings.iter().map(|finding| match finding.raw {
        Level::Fail => ExitStatus::NonConformant,
        Level::Error => ExitStatus::HarnessFault,
        Level::NotExercised | Level::Inconclusive => ExitStatus::Incomplete,
        Level::Review => ExitStatus::ReviewPending,
        Level::Pass | Level::Warn | Level::Info | Level::NotApplicable => ExitStatus::Met,
    });
    ExitStatus::worst(statuses)
}
