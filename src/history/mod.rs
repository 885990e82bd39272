//! The ordered, append-only, hash-chained record of a run.
//!
//! A history is a file of lines (NDJSON), one event each, written while the run goes on: each line
//! is handed to the operating system before the run goes on, so that whoever kills the run, even
//! with `kill -9`, still has everything up to the kill. It is not forced to the disk: a power failure
//! may take the last lines. Each line ends in the digest of the line
//! before it, so that nothing can be changed, dropped or put in later without being seen; the
//! digest of the last line, the *head*, stands for the whole. Before a line is hashed or written it
//! passes a redaction that the caller gives: a secret never reaches the file.
//!
//! [`Recorder`] writes. [`BackgroundRecorder`] writes the same on a thread of its own, for a server
//! under load: there a kill may take what was not written yet, which is milliseconds.
//! [`History`] reads and refuses what does not hold together, forgiving exactly one torn line at
//! the end. [`Traffic`] reads the exchanges of a history with the profile's paths in hand: which
//! endpoint, which attempt of which operation, and through which states each resource went
//! ([`Walk`]).
//!
//! [`Archive`] reads the exchanges that somebody else recorded as an HTTP archive (HAR).
//!
//! What the lines say is the business of `event`; what follows from them that of the rooms above.

mod background;
mod censor;
#[cfg(test)]
pub(crate) mod composer;
mod error;
mod format;
mod har;
mod json;
mod line;
mod parsed;
mod reader;
mod recorder;
mod traffic;

pub use background::BackgroundRecorder;
pub use error::HistoryError;
pub use har::{Archive, ArchiveError, EntryProblem, Omission};
pub use reader::{History, TornLine};
pub use recorder::{FORM, Knowledge, Recorder, Redaction};
pub(crate) use traffic::each;
pub use traffic::{
    Answer, Api, Call, Details, Endpoint, Groups, Note, NoteKind, Purpose, ResourceKind, Traffic,
    Walk,
};
