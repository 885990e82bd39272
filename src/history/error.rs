//! Why a history cannot be read.

use std::path::PathBuf;

/// A history that cannot be read or does not hold together. Lines count from 1.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The file cannot be read.
    #[error("cannot read the history {}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// There is no whole line.
    #[error(
        "the history has no whole line: the run ended before its first event was written. Run \
         it again"
    )]
    Empty,
    /// A line is not UTF-8.
    #[error(
        "line {line} of the history is not UTF-8 (expected: one JSON object a line): the file \
         was damaged or edited. Take the original file"
    )]
    Encoding {
        /// The line.
        line: usize,
        /// Where in it.
        #[source]
        source: std::str::Utf8Error,
    },
    /// A line is not an event.
    #[error(
        "line {line} of the history is not an event of format 1: the file was damaged or \
         edited, or written by a newer preflight. Take the original file, or update preflight"
    )]
    Event {
        /// The line.
        line: usize,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// A line does not end in the digest of the line before.
    #[error(
        "line {line} of the history does not end in `previous_sha256` (expected: {expected}): \
         the file was edited. Take the original file"
    )]
    Unlinked {
        /// The line.
        line: usize,
        /// The digest that should stand there.
        expected: String,
    },
    /// The chain is broken.
    #[error(
        "the chain breaks at line {line} of the history: it follows a line with digest {found}, \
         but the line before has {expected}. A line was changed, removed or put in; take the \
         original file"
    )]
    Chain {
        /// The line.
        line: usize,
        /// The digest of the line before.
        expected: String,
        /// The digest that the line names.
        found: String,
    },
    /// A sequence number is missing or repeated.
    #[error(
        "line {line} of the history has sequence {found} (expected: {expected}): events were \
         lost while it was written. Run it again"
    )]
    Sequence {
        /// The line.
        line: usize,
        /// The number that should stand there.
        expected: u64,
        /// The number that does.
        found: u64,
    },
    /// The first event is not `run-started`.
    #[error(
        "line 1 of the history is not `run-started` (expected: the event that says what ran): \
         its beginning is missing. Take the original file"
    )]
    Beginning,
    /// The history is of another format.
    #[error(
        "the history has format {found} (expected: {expected}). Use the preflight that wrote \
         it, or run again"
    )]
    Format {
        /// What this preflight reads.
        expected: u32,
        /// What the file says.
        found: u32,
    },
}
