//! `preflight plan list|show`.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::cli::args::PlanAction;
use crate::cli::failure::CommandFailure;
use crate::cli::plans::{self, WrittenPlan};
use crate::cli::printer::Printer;
use crate::cli::target;
use crate::conformance::{ExitStatus, check};

/// Lists the plans, or shows one.
pub fn plan(action: &PlanAction, printer: Printer) -> Result<ExitStatus, CommandFailure> {
    match action {
        PlanAction::List => printer.data(&list(&plans::built_in()?)),
        PlanAction::Show { plan, profile } => {
            let profile = Arc::new(target::profile(profile.as_deref())?);
            let shown: Vec<String> = plans::named(plan, &profile)?.iter().map(show).collect();
            printer.data(&shown.join("\n"));
        }
    }
    Ok(ExitStatus::Met)
}

/// Each plan with what it is for and the checks that it exercises.
fn list(plans: &[WrittenPlan]) -> String {
    let mut text = String::new();
    for plan in plans {
        let count = plan.scenarios.len();
        let noun = if count == 1 { "scenario" } else { "scenarios" };
        let checks: Vec<String> = exercised(plan).into_iter().collect();
        text += &format!(
            "{:<15}{}, {count} {noun}\n    {}\n    checks: {}\n",
            plan.name,
            plan.kind.name(),
            plan.description,
            if checks.is_empty() {
                "none in particular".to_owned()
            } else {
                checks.join(" ")
            },
        );
    }
    text
}

/// One plan, scenario by scenario, in the words of its file.
fn show(plan: &WrittenPlan) -> String {
    let mut text = format!(
        "{} ({})\n{}\n",
        plan.name,
        plan.kind.name(),
        plan.description
    );
    for (number, scenario) in (1..).zip(&plan.scenarios) {
        let name = scenario
            .get("name")
            .and_then(toml::Value::as_str)
            .unwrap_or_default();
        text += &format!("\n{number}. {name}\n");
        for (key, value) in scenario.iter().filter(|(key, _)| *key != "name") {
            let lines = match value {
                toml::Value::Array(rows) if rows.iter().any(toml::Value::is_table) => {
                    rows.iter().map(words).collect()
                }
                _ => vec![words(value)],
            };
            for (place, line) in lines.iter().enumerate() {
                let key = if place == 0 { key.as_str() } else { "" };
                text += &format!("   {key:<16}{line}\n");
            }
        }
    }
    let checks = exercised(plan);
    if !checks.is_empty() {
        text += "\nchecks that it exercises\n";
    }
    for id in checks {
        let title = check(&id).map_or("not known to this version", |check| check.title);
        text += &format!("   {id}  {title}\n");
    }
    text
}

/// A value of the file in words.
fn words(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) if text.is_empty() => "(empty)".to_owned(),
        toml::Value::String(text) => text.clone(),
        toml::Value::Array(values) => {
            let values: Vec<String> = values.iter().map(words).collect();
            values.join(", ")
        }
        toml::Value::Table(table) => {
            let fields: Vec<String> = table
                .iter()
                .map(|(key, value)| format!("{key} {}", words(value)))
                .collect();
            fields.join("; ")
        }
        toml::Value::Integer(_)
        | toml::Value::Float(_)
        | toml::Value::Boolean(_)
        | toml::Value::Datetime(_) => value.to_string(),
    }
}

fn exercised(plan: &WrittenPlan) -> BTreeSet<String> {
    plan.scenarios
        .iter()
        .filter_map(|scenario| scenario.get("exercises")?.as_array())
        .flatten()
        .filter_map(|id| Some(id.as_str()?.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::plans::PlanKind;

    fn sample() -> WrittenPlan {
        let scenario = "name = 'One'\nexercises = ['BK-02', 'XX-99']\nbudget = '10s'\n\
                        [[fault]]\noperation = 'GET /a'\nanswers = ['429', 'cut']\n\
                        [[fault]]\noperation = 'GET /b'\nanswers = []\n";
        WrittenPlan {
            kind: PlanKind::Observation,
            name: "sample".into(),
            description: "Shows.".into(),
            scenarios: vec![scenario.parse().unwrap()],
        }
    }

    #[test]
    fn a_plan_is_shown_in_the_words_of_its_file() {
        assert_eq!(
            show(&sample()),
            "sample (observation)\nShows.\n\n\
             1. One\n   \
             exercises       BK-02, XX-99\n   \
             budget          10s\n   \
             fault           operation GET /a; answers 429, cut\n                   \
             operation GET /b; answers \n\n\
             checks that it exercises\n   \
             BK-02  A retry does not come before the time that Retry-After names\n   \
             XX-99  not known to this version\n"
        );
    }

    #[test]
    fn a_list_says_what_plans_are_for() {
        assert_eq!(
            list(&[sample()]),
            "sample         observation, 1 scenario\n    Shows.\n    checks: BK-02 XX-99\n"
        );
    }
}
