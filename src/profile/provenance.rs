//! Where a value comes from, and the value with it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// On what a value rests. Stronger is greater: `Stated > Inferred > Assumed`.
///
/// Only a stated clause can fail a provider (`spec/judging.md`, 5.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provenance {
    /// Nothing public says so: our default for what is unknown.
    Assumed,
    /// A page of a sibling service says so, or it follows from what a page says.
    Inferred,
    /// A page of the platform, or a written agreement with it, says so.
    Stated,
}

impl Provenance {
    /// All of them, weakest first.
    pub const ALL: [Self; 3] = [Self::Assumed, Self::Inferred, Self::Stated];

    /// The word used in files and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Assumed => "assumed",
            Self::Inferred => "inferred",
            Self::Stated => "stated",
        }
    }
}

impl fmt::Display for Provenance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A value with its provenance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// On what it rests.
    pub provenance: Provenance,
    /// The page, agreement or reasoning it comes from.
    pub source: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stated_is_stronger_than_what_is_inferred_or_assumed() {
        assert!(Provenance::Stated > Provenance::Inferred);
        assert!(Provenance::Inferred > Provenance::Assumed);
    }

    #[test]
    fn the_word_in_files_is_the_serialized_form() {
        for provenance in Provenance::ALL {
            assert_eq!(
                serde_json::to_value(provenance).unwrap(),
                provenance.to_string()
            );
        }
    }
}
