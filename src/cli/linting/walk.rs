//! The files in a folder.

use std::io;
use std::path::{Path, PathBuf};

/// Larger files are not read.
pub const LARGEST_FILE: u64 = 32 * 1024 * 1024;

/// Folders that are not read: a repository's own, whose history is read through git, and what tools
/// fetch or build.
const LEFT_OUT: [&str; 6] = [
    ".git",
    ".hg",
    ".svn",
    "node_modules",
    "target",
    "__pycache__",
];

/// The files in `folder` and the folders in it, by name; and what cannot be looked into.
pub fn files_under(folder: &Path) -> (Vec<PathBuf>, Vec<(PathBuf, io::Error)>) {
    let (mut files, mut failures) = (Vec::new(), Vec::new());
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                failures.push((folder, error));
                continue;
            }
        };
        for entry in entries {
            let path = entry.path();
            let name = entry.file_name();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => {
                    if !LEFT_OUT.iter().any(|left_out| name == *left_out) {
                        folders.push(path);
                    }
                }
                // What a link leads to is read where it is.
                Ok(kind) if kind.is_file() => files.push(path),
                Ok(_) => {}
                Err(error) => failures.push((path, error)),
            }
        }
    }
    files.sort();
    (files, failures)
}
