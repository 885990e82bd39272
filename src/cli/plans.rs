//! Plans: those that are built in, and those of a file.
//!
//! There are two kinds. A *replay* plan says which collections `certify` runs; an *observation*
//! plan says what the product does while a connector is watched. Which kind a file is, its
//! scenarios tell: only those of a replay name a collection.

use std::path::Path;
use std::sync::Arc;

use indexmap::IndexSet;

use super::failure::CommandFailure;
use super::files;
use super::shipped;
use crate::base::{Random, Seed};
use crate::conformance::{CHECKS, is_known};
use crate::mock::{Defects, Platform};
use crate::profile::Profile;
use crate::{observe, run};

/// What a plan drives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlanKind {
    /// The collections.
    Replay,
    /// The Sage product, for a connector.
    Observation,
}

impl PlanKind {
    /// The word that users read.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Replay => "replay",
            Self::Observation => "observation",
        }
    }
}

/// A plan as its author wrote it, known to be readable.
#[derive(Clone, Debug)]
pub struct WrittenPlan {
    /// What it drives.
    pub kind: PlanKind,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its scenarios, in order.
    pub scenarios: Vec<toml::Table>,
}

/// The built-in plans, in the order in which a newcomer meets them.
///
/// # Errors
/// None that a user can cause: the files are part of the program.
pub fn built_in() -> Result<Vec<WrittenPlan>, CommandFailure> {
    let replay = written(PlanKind::Replay, shipped::PLAN.name, shipped::PLAN.text);
    let observed = observe::Plan::BUILT_IN.into_iter().filter_map(|name| {
        let text = observe::Plan::built_in_text(name)?;
        Some(written(PlanKind::Observation, name, text))
    });
    std::iter::once(replay).chain(observed).collect()
}

/// The plans that `name` means: built-in ones of that name, otherwise the file.
///
/// # Errors
/// If there is neither, or the file is no plan.
pub fn named(name: &str) -> Result<Vec<WrittenPlan>, CommandFailure> {
    let known = built_in()?;
    let found: Vec<WrittenPlan> = known
        .iter()
        .filter(|plan| plan.name == name)
        .cloned()
        .collect();
    if !found.is_empty() {
        return Ok(found);
    }
    // A replay and an observation share a name.
    let names: IndexSet<&str> = known.iter().map(|plan| plan.name.as_str()).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let text = file(name, &names)?;
    Ok(vec![written(kind_of(&text), name, &text)?])
}

/// The observation plan that `name` means: a built-in one, otherwise that of the file.
///
/// # Errors
/// If there is neither, or the file is no observation plan.
pub fn observation(name: &str, profile: &Arc<Profile>) -> Result<observe::Plan, CommandFailure> {
    let plan = match observe::Plan::built_in(name) {
        Some(plan) => plan,
        None => observe::Plan::read(name, &file(name, &observe::Plan::BUILT_IN)?)?,
    };
    check_names(name, &plan, profile)?;
    Ok(plan)
}

/// A plan must name operations that the platform has, and checks that there are.
fn check_names(
    file: &str,
    plan: &observe::Plan,
    profile: &Arc<Profile>,
) -> Result<(), CommandFailure> {
    let wrong = |message: String| CommandFailure::Usage {
        message,
        remedy: "mend the plan".into(),
    };
    let platform = Platform::new(
        Arc::clone(profile),
        Random::from_seed(Seed(0)),
        Defects::none(),
    );
    let known = platform.operations();
    for fault in plan.faults() {
        let operation = fault.addressed(&profile.paths);
        if !known.contains(&operation.as_str()) {
            return Err(wrong(format!(
                "{file}:{}: there is no operation «{}»; there are {}",
                fault.place,
                operation,
                known.join(", ")
            )));
        }
    }
    for scenario in &plan.scenarios {
        if let Some(id) = scenario.exercises.iter().find(|id| !is_known(id)) {
            let known: Vec<_> = CHECKS.iter().map(|check| check.id).collect();
            return Err(wrong(format!(
                "{file}: scenario «{}»: `exercises` names no check: «{id}»; there are {}",
                scenario.name,
                known.join(", ")
            )));
        }
    }
    Ok(())
}

/// The text of a plan's file.
fn file(name: &str, names: &[&str]) -> Result<String, CommandFailure> {
    let path = Path::new(name);
    if !path.exists() && path.extension().is_none() {
        return Err(CommandFailure::Usage {
            message: format!("there is no plan «{name}», and no file of that name"),
            remedy: format!("use one of {}, or name a file", names.join(", ")),
        });
    }
    files::read_text(path)
}

fn kind_of(text: &str) -> PlanKind {
    let table = text.parse::<toml::Table>().unwrap_or_default();
    let names_collection = scenarios(&table)
        .iter()
        .any(|scenario| scenario.contains_key("collection"));
    if names_collection {
        PlanKind::Replay
    } else {
        PlanKind::Observation
    }
}

fn written(kind: PlanKind, file: &str, text: &str) -> Result<WrittenPlan, CommandFailure> {
    let (name, description) = match kind {
        PlanKind::Replay => {
            let plan = run::Plan::read(file, text)?;
            (plan.name, plan.description)
        }
        PlanKind::Observation => {
            let plan = observe::Plan::read(file, text)?;
            (plan.name, plan.description)
        }
    };
    // It was just read as a plan, so it is TOML.
    let table = text.parse::<toml::Table>().unwrap_or_default();
    Ok(WrittenPlan {
        kind,
        name,
        description,
        scenarios: scenarios(&table),
    })
}

fn scenarios(table: &toml::Table) -> Vec<toml::Table> {
    table
        .get("scenario")
        .and_then(toml::Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(toml::Value::as_table)
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_plans_can_be_read() {
        let plans = built_in().unwrap();
        assert_eq!(plans[0].kind, PlanKind::Replay);
        assert!(plans.iter().all(|plan| !plan.scenarios.is_empty()));
    }

    #[test]
    fn a_name_that_nothing_has_is_refused_with_those_that_there_are() {
        let error = named("nowhere").unwrap_err();
        assert!(error.to_string().contains("«nowhere»"), "{error}");
        assert_eq!(
            error.remedy(),
            Some("use one of certification, smoke, ci, or name a file".to_owned())
        );
        assert!(observation("nowhere", &Arc::new(Profile::built_in())).is_err());
    }

    #[test]
    fn what_a_file_drives_its_scenarios_tell() {
        let table = [
            ("[[scenario]]\ncollection = 'c'\n", PlanKind::Replay),
            ("[[scenario]]\nname = 's'\n", PlanKind::Observation),
            ("nonsense", PlanKind::Observation),
        ];
        for (text, kind) in table {
            assert_eq!(kind_of(text), kind, "{text}");
        }
    }
}
