//! What a rule found wrong, one after the other.

use crate::base::Timestamp;
use crate::conformance::wording::and_more;
use crate::conformance::{Level, Ruling, Witness};
use crate::history::Note;

/// How many violations there are, and the one that happened first.
#[derive(Debug, Default)]
pub(super) struct Violations {
    count: usize,
    first: Option<(String, Witness)>,
}

impl Violations {
    /// Adds one: what happened, without its full stop, and the events that show it.
    pub(super) fn add(&mut self, message: impl Into<String>, witness: Witness) {
        self.count += 1;
        let earlier = match &self.first {
            Some((_, first)) => witness.sequences.last() < first.sequences.last(),
            None => true,
        };
        if earlier {
            self.first = Some((message.into(), witness));
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The ruling at `level`; none where nothing is wrong.
    pub(super) fn ruling(self, level: Level) -> Option<Ruling> {
        let (message, witness) = self.first?;
        let message = format!("{message}{}.", and_more(self.count - 1));
        Some(Ruling::new(level, message).shown_by(witness))
    }
}

/// Where a note stands in the history.
pub(super) fn place(note: &Note) -> (u64, Timestamp) {
    (note.sequence, note.began)
}
