//! What is run, in which order, and what the platform does meanwhile.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::Deserialize;

use crate::base::{Place, place_of};
use crate::event::Provocation;
use crate::profile::Paths;

/// An ordered list of scenarios. Nothing in it is resolved.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Its name, as the history calls it.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// The scenarios, in order.
    #[serde(rename = "scenario")]
    pub scenarios: Vec<Scenario>,
}

/// One collection, or folders of it, with what the platform does meanwhile.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its name, as reports call it.
    pub name: String,
    /// The collection: its file name without `.postman_collection.json`.
    pub collection: String,
    /// The folders that are run; all where there are none.
    #[serde(default)]
    pub folders: Vec<String>,
    /// The checks that it exercises.
    #[serde(default)]
    pub exercises: Vec<String>,
    /// Variables of the environment that are set before it begins.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// How long the tokens live that the mock issues meanwhile: `3s`.
    #[serde(default)]
    pub token_lifetime: Option<SignedDuration>,
    /// The queues of scripted answers.
    #[serde(default, rename = "fault")]
    pub faults: Vec<Fault>,
    /// What its steps do wrong on purpose.
    #[serde(default)]
    pub provokes: Vec<Provokes>,
}

/// A queue of scripted answers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The operation that it answers: `PATCH {provider-api}/batchpayments/{batchId}`. The paths of
    /// the profile are named by placeholders: see [`Fault::addressed`].
    pub operation: String,
    /// The answers, in order, in the mock's words: `429 retry-after=7`.
    pub answers: Vec<String>,
}

impl Fault {
    /// The operation with the paths of a profile in place of their placeholders.
    #[must_use]
    pub fn addressed(&self, paths: &Paths) -> String {
        paths.addressed(&self.operation)
    }
}

/// What a folder or an item does wrong on purpose.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provokes {
    /// The path below the collection; empty for the whole collection.
    #[serde(default)]
    pub item: Vec<String>,
    /// What it does wrong.
    pub provokes: Vec<Provocation>,
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
    pub fn read(file: &str, text: &str) -> Result<Self, PlanError> {
        toml::from_str(text).map_err(|error| PlanError {
            file: file.to_owned(),
            place: place_of(text, error.span().map_or(0, |span| span.start)),
            message: error.message().to_owned(),
        })
    }

    /// The plan for collections that come without one: each is a scenario of its own.
    #[must_use]
    pub fn of_collections(names: &[String]) -> Self {
        let scenarios = names
            .iter()
            .map(|name| Scenario {
                name: name.clone(),
                collection: name.clone(),
                folders: Vec::new(),
                exercises: Vec::new(),
                variables: BTreeMap::new(),
                token_lifetime: None,
                faults: Vec::new(),
                provokes: Vec::new(),
            })
            .collect();
        Self {
            name: "collections".into(),
            description: String::new(),
            scenarios,
        }
    }
}

impl Scenario {
    /// What the item at `path` (collection, folders, item) does wrong on purpose.
    #[must_use]
    pub fn provocations(&self, path: &[String]) -> Vec<Provocation> {
        let below_collection = path.get(1..).unwrap_or_default();
        let mut all: Vec<_> = self
            .provokes
            .iter()
            .filter(|entry| below_collection.starts_with(&entry.item))
            .flat_map(|entry| entry.provokes.iter().copied())
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Paths of `provokes` that name no item of `paths`: mistakes in the plan.
    #[must_use]
    pub fn unmatched(&self, paths: &[Vec<String>]) -> Vec<String> {
        self.provokes
            .iter()
            .filter(|entry| {
                !paths
                    .iter()
                    .any(|path| path.get(1..).unwrap_or_default().starts_with(&entry.item))
            })
            .map(|entry| entry.item.join(" / "))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
name = "p"
[[scenario]]
name = "s"
collection = "c"
[[scenario.fault]]
operation = "PATCH /x/{id}"
answers = ["429 retry-after=2"]
[[scenario.provokes]]
item = ["F"]
provokes = ["bad-key"]
[[scenario.provokes]]
item = ["F", "i"]
provokes = ["throttle", "bad-key"]
"#;

    fn path(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn provocations_hold_for_a_folder_and_everything_below() {
        let plan = Plan::read("p.toml", TEXT).unwrap();
        let scenario = &plan.scenarios[0];
        assert_eq!(
            scenario.provocations(&path(&["c", "F", "j"])),
            [Provocation::BadKey]
        );
        assert_eq!(
            scenario.provocations(&path(&["c", "F", "i"])),
            [Provocation::Throttle, Provocation::BadKey]
        );
        assert!(scenario.provocations(&path(&["c", "G"])).is_empty());
        assert_eq!(scenario.unmatched(&[path(&["c", "F", "j"])]), ["F / i"]);
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        let error = Plan::read("p.toml", &TEXT.replace("bad-key", "bad-luck")).unwrap_err();
        assert!(error.to_string().starts_with("p.toml:11:"), "{error}");
        assert!(error.to_string().contains("bad-luck"), "{error}");
    }
}
