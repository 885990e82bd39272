//! Plans: those that are built in, and those of a file.
//!
//! There are two kinds. A *replay* plan says which collections `certify` runs; an *observation*
//! plan says what the product does while a connector is watched. Which kind a file is, its
//! scenarios tell: only those of a replay name a collection.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use indexmap::IndexSet;

use super::failure::CommandFailure;
use super::files;
use super::shipped;
use crate::base::{Random, Seed};
use crate::collection::Collection;
use crate::conformance::{CHECKS, is_known};
use crate::mock::{Defects, Fault, Platform};
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
    let profile = Arc::new(Profile::built_in());
    let written = |kind, name, text| written(kind, name, text, &profile);
    let replay = written(PlanKind::Replay, shipped::PLAN.name, shipped::PLAN.text);
    let observed = observe::Plan::BUILT_IN.into_iter().filter_map(|name| {
        let text = observe::Plan::built_in_text(name)?;
        Some(written(PlanKind::Observation, name, text))
    });
    std::iter::once(replay).chain(observed).collect()
}

/// The plans that `name` means: built-in ones of that name, otherwise the file, which is held
/// against `profile` as it is before it is played.
///
/// # Errors
/// If there is neither, or the file is no plan that could be played.
pub fn named(name: &str, profile: &Arc<Profile>) -> Result<Vec<WrittenPlan>, CommandFailure> {
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
    Ok(vec![written(kind_of(&text), name, &text, profile)?])
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

/// A plan must name operations that the platform has, and checks that there are. All that is wrong
/// is told at once.
fn check_names(
    file: &str,
    plan: &observe::Plan,
    profile: &Arc<Profile>,
) -> Result<(), CommandFailure> {
    let mut wrong = Wrong::default();
    let platform = platform(profile);
    let known = platform.operations();
    for fault in plan.faults() {
        let operation = fault.addressed(&profile.paths);
        if !known.contains(&operation.as_str()) {
            wrong.operation(&format!("{file}:{}", fault.place), &operation);
        }
    }
    for scenario in &plan.scenarios {
        let place = format!("{file}: scenario «{}»", scenario.name);
        wrong.checks(&place, &scenario.exercises);
    }
    wrong.refuse(&known)
}

/// As `check_names` for a replay, whose scripted answers are still words; and it must name
/// collections, folders and items that there are, where `collections` are known.
///
/// # Errors
/// All that is wrong with it at once.
pub fn check_replay(
    file: &str,
    plan: &run::Plan,
    collections: Option<&BTreeMap<String, Collection>>,
    profile: &Arc<Profile>,
) -> Result<(), CommandFailure> {
    let mut wrong = Wrong::default();
    let platform = platform(profile);
    let known = platform.operations();
    for scenario in &plan.scenarios {
        let place = format!("{file}: scenario «{}»", scenario.name);
        if let Some(collections) = collections {
            wrong.items(&place, scenario, collections);
        }
        for fault in &scenario.faults {
            let operation = fault.addressed(&profile.paths);
            if !known.contains(&operation.as_str()) {
                wrong.operation(&place, &operation);
            }
            for answer in &fault.answers {
                if let Err(error) = answer.parse::<Fault>() {
                    wrong.problems.push(format!("{place}: {error}"));
                }
            }
        }
        wrong.checks(&place, &scenario.exercises);
    }
    wrong.refuse(&known)
}

fn platform(profile: &Arc<Profile>) -> Platform {
    let chance = Random::from_seed(Seed(0));
    Platform::new(Arc::clone(profile), chance, Defects::none())
}

/// What is wrong with a plan.
#[derive(Default)]
struct Wrong {
    problems: Vec<String>,
    /// What is to be known of the names that there are.
    operations: bool,
    checks: bool,
}

impl Wrong {
    /// What a scenario names in its collection.
    fn items(
        &mut self,
        place: &str,
        scenario: &run::Scenario,
        collections: &BTreeMap<String, Collection>,
    ) {
        let Some(collection) = collections.get(&scenario.collection) else {
            let known: Vec<_> = collections.keys().map(String::as_str).collect();
            self.problems.push(format!(
                "{place}: there is no collection «{}»; there are {}",
                scenario.collection,
                known.join(", ")
            ));
            return;
        };
        match collection.selected_steps(&scenario.folders) {
            Err(error) => self.problems.push(format!("{place}: {error}")),
            Ok(steps) => {
                let paths: Vec<_> = steps.iter().map(|step| step.path.clone()).collect();
                let unmatched = scenario.unmatched(&paths);
                self.problems.extend(
                    unmatched
                        .iter()
                        .map(|path| format!("{place}: `provokes` names no item: «{path}»")),
                );
            }
        }
    }

    fn operation(&mut self, place: &str, operation: &str) {
        self.operations = true;
        self.problems
            .push(format!("{place}: there is no operation «{operation}»"));
    }

    fn checks(&mut self, place: &str, exercises: &[String]) {
        for id in exercises.iter().filter(|id| !is_known(id)) {
            self.checks = true;
            self.problems
                .push(format!("{place}: `exercises` names no check: «{id}»"));
        }
    }

    fn refuse(self, operations: &[&str]) -> Result<(), CommandFailure> {
        if self.problems.is_empty() {
            return Ok(());
        }
        let mut remedy = "mend the plan".to_owned();
        if self.operations {
            remedy += &format!("; the operations are {}", operations.join(", "));
        }
        if self.checks {
            let checks: Vec<_> = CHECKS.iter().map(|check| check.id).collect();
            remedy += &format!("; the checks are {}", checks.join(", "));
        }
        Err(CommandFailure::Usage {
            message: self.problems.join("\n"),
            remedy,
        })
    }
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

fn written(
    kind: PlanKind,
    file: &str,
    text: &str,
    profile: &Arc<Profile>,
) -> Result<WrittenPlan, CommandFailure> {
    let (name, description) = match kind {
        PlanKind::Replay => {
            let plan = run::Plan::read(file, text)?;
            check_replay(file, &plan, None, profile)?;
            (plan.name, plan.description)
        }
        PlanKind::Observation => {
            let plan = observe::Plan::read(file, text)?;
            check_names(file, &plan, profile)?;
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
        let error = named("nowhere", &Arc::new(Profile::built_in())).unwrap_err();
        assert!(error.to_string().contains("«nowhere»"), "{error}");
        assert_eq!(
            error.remedy(),
            Some("use one of certification, smoke, ci, gallery, or name a file".to_owned())
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
