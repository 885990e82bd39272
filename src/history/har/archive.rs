//! The whole of an archive.

use std::fmt;

use serde_json::Value;

use super::entry::exchange;
use crate::exchange::Exchange;

/// How many problems are told.
const MOST_TOLD: usize = 20;

/// What was read from a HAR. No `Debug`: it is full of credentials.
pub struct Archive {
    /// The exchanges, in the order in which they ended. Their vantage is the client's.
    pub exchanges: Vec<Exchange>,
    /// Who wrote it: name and version.
    pub creator: String,
    /// What its writer left out.
    pub omissions: Vec<Omission>,
}

/// Something that was sent and that the archive does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Omission {
    /// The body of a request.
    RequestBody,
    /// The body of a response.
    ResponseBody,
}

/// An archive that cannot be read. No message quotes a value.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The text is no JSON.
    #[error(
        "{line}:{column}: not JSON ({reason}); export the archive again: it was cut off or edited"
    )]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong.
        reason: &'static str,
    },
    /// The JSON is no HAR.
    #[error(
        "there is no `log.entries` (HAR 1.2 §3.1); name a file that a browser or a gateway saved as \
         HAR, or a history (history.ndjson)"
    )]
    NoArchive,
    /// Entries are not as they must be.
    #[error("{}", told(.0))]
    Entries(Vec<EntryProblem>),
}

/// What is wrong with an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryProblem {
    /// Where: `log.entries[3].request.url`.
    pub place: String,
    /// What was expected there.
    pub expected: &'static str,
}

impl fmt::Display for EntryProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} is not {}", self.place, self.expected)
    }
}

fn told(problems: &[EntryProblem]) -> String {
    let mut lines: Vec<String> = problems
        .iter()
        .take(MOST_TOLD)
        .map(ToString::to_string)
        .collect();
    if problems.len() > MOST_TOLD {
        lines.push(format!("and {} more", problems.len() - MOST_TOLD));
    }
    lines.push("export the archive again, or mend these entries (HAR 1.2 §3)".to_owned());
    lines.join("\n  ")
}

impl Archive {
    /// Whether bytes are rather an archive than a history: one JSON object whose first member is
    /// the log, not a line that names its kind.
    #[must_use]
    pub fn is_one(bytes: &[u8]) -> bool {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let Some(rest) = bytes.trim_ascii_start().strip_prefix(b"{") else {
            return false;
        };
        rest.trim_ascii_start().starts_with(b"\"log\"")
    }

    /// Reads the bytes of a HAR.
    ///
    /// # Errors
    /// If it is no JSON or no HAR, or entries are not as they must be: all of them at once.
    pub fn parse(bytes: &[u8]) -> Result<Self, ArchiveError> {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let root: Value = serde_json::from_slice(bytes).map_err(|error| ArchiveError::Syntax {
            line: error.line().max(1),
            column: error.column().max(1),
            reason: if error.is_eof() {
                "it ends too early"
            } else {
                "a character out of place"
            },
        })?;
        let log = &root["log"];
        let entries = log["entries"].as_array().ok_or(ArchiveError::NoArchive)?;
        let mut problems = Vec::new();
        let mut exchanges = Vec::new();
        let mut omissions = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let place = format!("log.entries[{index}]");
            exchanges.extend(exchange(entry, &place, &mut problems, &mut omissions));
        }
        if !problems.is_empty() {
            return Err(ArchiveError::Entries(problems));
        }
        exchanges.sort_by_key(|it: &Exchange| (it.timing.response_last, it.timing.request_first));
        omissions.sort();
        omissions.dedup();
        Ok(Self {
            exchanges,
            creator: creator(log),
            omissions,
        })
    }
}

/// Name and version of whoever wrote it, as short as they are meant to be.
fn creator(log: &Value) -> String {
    let text = |name: &str| {
        let text = log["creator"][name].as_str().unwrap_or_default();
        text.chars()
            .filter(|character| !character.is_control())
            .take(60)
            .collect::<String>()
    };
    let creator = format!("{} {}", text("name"), text("version"));
    match creator.trim() {
        "" => "somebody who does not say who".to_owned(),
        creator => creator.to_owned(),
    }
}

#[cfg(test)]
#[path = "archive_tests.rs"]
mod tests;
