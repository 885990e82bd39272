//! What is wrong with a plan.

use std::fmt;

use thiserror::Error;

use crate::base::Place;

/// One thing wrong with a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanProblem {
    /// Where, in the file.
    pub place: Place,
    /// What is there and what was expected.
    pub message: String,
    /// What to write instead.
    pub remedy: String,
}

/// All that is wrong with a plan, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct PlanError {
    /// How the user called the file.
    pub file: String,
    /// Never empty.
    pub problems: Vec<PlanProblem>,
}

impl fmt::Display for PlanError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            let PlanProblem {
                place,
                message,
                remedy,
            } = problem;
            write!(formatter, "{}:{place}: {message}; {remedy}", self.file)?;
        }
        Ok(())
    }
}
