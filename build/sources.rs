//! Reads what the review of the clauses needs, and writes what comes of it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::clauses;

/// What is wrong with the clauses; where nothing is, `clause_reviews.rs` is written.
pub fn review(manifest: &Path, out: &Path) -> Vec<String> {
    let attempt = || -> Result<Result<String, Vec<String>>, String> {
        let text = |path: &Path| {
            println!("cargo::rerun-if-changed={}", path.display());
            fs::read_to_string(path)
                .map_err(|error| format!("cannot read {}: {error}", path.display()))
        };
        let clauses = text(&manifest.join("src/conformance/clause.rs"))?;
        let reviews = text(&manifest.join(clauses::REVIEWS))?;
        let folder = manifest.join("src/conformance/check");
        println!("cargo::rerun-if-changed={}", folder.display());
        let mut checks = Vec::new();
        for path in rust_files(&folder)? {
            checks.push(text(&path)?);
        }
        Ok(clauses::review(&clauses, &checks, &reviews))
    };
    match attempt() {
        Err(problem) => vec![problem],
        Ok(Err(problems)) => problems,
        Ok(Ok(table)) => match fs::write(out.join("clause_reviews.rs"), table) {
            Ok(()) => Vec::new(),
            Err(error) => vec![format!("cannot write clause_reviews.rs: {error}")],
        },
    }
}

/// The Rust files of a folder and of those below it, sorted.
fn rust_files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let unreadable = |error| format!("cannot list {}: {error}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|it| it == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
