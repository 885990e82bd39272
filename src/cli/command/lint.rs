//! `preflight lint`: credentials where they do not belong, and requests in clear.

use std::path::{Path, PathBuf};

use crate::cli::args::{FailOn, LintArgs};
use crate::cli::declared::latest_today;
use crate::cli::failure::CommandFailure;
use crate::cli::files;
use crate::cli::linting::{LARGEST_FILE, Repository, files_under};
use crate::cli::printer::Printer;
use crate::conformance::ExitStatus;
use crate::lint::{AllowList, Finding, Linter, Severity, Source, StaleEntry, Survey, Unread};
use crate::report::{lint_json, lint_sarif, lint_text};

/// Lints files and folders, with the history of the repository that a folder is in.
///
/// # Errors
/// If a path is not there, or the allow file cannot be understood.
pub fn lint(args: &LintArgs, printer: Printer) -> Result<ExitStatus, CommandFailure> {
    let allowed = match &args.allow {
        Some(path) => AllowList::read(&path.display().to_string(), &files::read_text(path)?)?,
        None => AllowList::default(),
    };
    let mut survey = Survey::default();
    let (files, folders) = chosen(&args.paths, &mut survey)?;
    let linter = Linter::new();
    // The secrets of all files are known before the first is linted.
    for path in &files {
        if let Some((name, bytes)) = content(path, &mut Vec::new()) {
            linter.learn(&name, &bytes);
        }
    }
    let mut now = Vec::new();
    for path in &files {
        if let Some((name, bytes)) = content(path, &mut survey.unread) {
            survey.files += 1;
            now.extend(linter.lint(&name, &bytes, Source::Now));
        }
    }
    let mut then = Vec::new();
    if !args.no_history {
        for folder in &folders {
            then.extend(history(&linter, folder, &mut survey));
        }
    }
    let findings = Survey::join(now, then);
    let (standing, excused, excuses) = allowed.part(findings, latest_today());
    survey.findings = standing;
    survey.allowed = excused;
    let stale = excuses.into_iter();
    survey.stale = stale
        .filter_map(|(entry, excuse)| StaleEntry::of(entry, excuse))
        .collect();
    printer.data(&if args.json {
        lint_json(&survey)
    } else if args.sarif {
        lint_sarif(&survey)
    } else {
        lint_text(&survey)
    });
    Ok(status(&survey, args.fail_on))
}

/// How the process ends: with 1 where something was found, 5 where the allow file is out of date,
/// 3 where not all was read.
fn status(survey: &Survey, fail_on: FailOn) -> ExitStatus {
    let errors = survey.count(Severity::Error);
    let matter = match fail_on {
        FailOn::Warning => errors + survey.count(Severity::Warning),
        FailOn::Error => errors,
    };
    ExitStatus::worst(
        [
            (matter > 0, ExitStatus::NonConformant),
            (!survey.stale.is_empty(), ExitStatus::StaleBaseline),
            (!survey.unread.is_empty(), ExitStatus::Incomplete),
        ]
        .into_iter()
        .filter_map(|(applies, status)| applies.then_some(status)),
    )
}

/// The files that are meant, each once, and the folders.
fn chosen(
    paths: &[PathBuf],
    survey: &mut Survey,
) -> Result<(Vec<PathBuf>, Vec<PathBuf>), CommandFailure> {
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for path in paths {
        let kind = std::fs::metadata(path).map_err(|source| CommandFailure::Read {
            path: path.clone(),
            source,
        })?;
        if kind.is_dir() {
            let (found, failures) = files_under(path);
            files.extend(found);
            survey
                .unread
                .extend(failures.into_iter().map(|(path, error)| Unread {
                    file: path.display().to_string(),
                    reason: format!("{error}; make it readable, or name other files"),
                }));
            folders.push(path.clone());
        } else {
            files.push(path.clone());
        }
    }
    files.sort();
    files.dedup();
    Ok((files, folders))
}

/// The name and the bytes of a file; what cannot be read is told.
fn content(path: &Path, unread: &mut Vec<Unread>) -> Option<(String, Vec<u8>)> {
    let name = path.display().to_string();
    let size = std::fs::metadata(path).map(|file| file.len());
    let reason = match size {
        Ok(size) if size > LARGEST_FILE => too_large(),
        Ok(_) => match std::fs::read(path) {
            Ok(bytes) => return Some((name, bytes)),
            Err(error) => format!("{error}; make it readable, or name other files"),
        },
        Err(error) => format!("{error}; make it readable, or name other files"),
    };
    unread.push(Unread { file: name, reason });
    None
}

fn too_large() -> String {
    format!(
        "it is larger than {} MiB; look through it by hand, or keep it elsewhere",
        LARGEST_FILE / 1024 / 1024
    )
}

/// What the history of the repository around `folder` has.
fn history(linter: &Linter, folder: &Path, survey: &mut Survey) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Some(repository) = Repository::around(folder) else {
        return findings;
    };
    let mut versions = 0;
    let read = repository.each_version(|commit, path, bytes| {
        versions += 1;
        // As the file is called where it is now.
        let path = folder.join(path).display().to_string();
        findings.extend(linter.lint(&path, bytes, Source::Commit(commit)));
    });
    survey.versions += versions;
    match read {
        Ok(left_out) => survey
            .unread
            .extend(left_out.into_iter().map(|path| Unread {
                file: format!("{} in the history", folder.join(path).display()),
                reason: too_large(),
            })),
        Err(error) => survey.unread.push(Unread {
            file: format!("the history of {}", folder.display()),
            reason: error.to_string(),
        }),
    }
    findings
}
