//! What the product does, and what goes wrong meanwhile.

use serde::Deserialize;

use crate::base::{Place, place_of};

/// An ordered list of scenarios.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Its name.
    pub name: String,
    /// What it is for, in a sentence.
    pub description: String,
    /// The scenarios, in order.
    #[serde(rename = "scenario")]
    pub scenarios: Vec<Scenario>,
}

/// One scenario.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// The checks that it exercises.
    #[serde(default)]
    pub exercises: Vec<String>,
}

/// A plan cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{file}:{place}: {message}")]
pub struct PlanError {
    /// How the user called the file.
    pub file: String,
    /// Where.
    pub place: Place,
    /// What is wrong and what was expected.
    pub message: String,
}

impl Plan {
    /// Reads a plan (TOML).
    ///
    /// # Errors
    /// If it is no plan.
    pub fn read(file: &str, text: &str) -> Result<Self, PlanError> {
        toml::from_str(text).map_err(|error| PlanError {
            file: file.to_owned(),
            place: place_of(text, error.span().map_or(0, |span| span.start)),
            message: error.message().to_owned(),
        })
    }
}
