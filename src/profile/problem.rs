//! What is wrong with a profile file.

use std::fmt;

use serde::Serialize;
use thiserror::Error;

use crate::base::Place;

/// One thing wrong with a profile file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Where, in the file.
    pub place: Place,
    /// The dotted key, as far as it is known: `backoff.cap`.
    pub key: String,
    /// What is there and what was expected.
    pub message: String,
    /// What to write instead.
    pub remedy: String,
}

/// All that is wrong with a profile file, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct ProfileErrors {
    /// The file, as the caller named it.
    pub file: String,
    /// Never empty.
    pub problems: Vec<Problem>,
}

impl fmt::Display for ProfileErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            write!(formatter, "{}:{}: ", self.file, problem.place)?;
            if !problem.key.is_empty() {
                write!(formatter, "{}: ", problem.key)?;
            }
            write!(formatter, "{}; {}", problem.message, problem.remedy)?;
        }
        Ok(())
    }
}
