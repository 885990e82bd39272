//! The plan fits the collections.

use std::sync::Arc;

use preflight::base::{Random, Seed};
use preflight::mock::{Defects, Fault, Platform};
use preflight::profile::Profile;

use crate::{Entry, STEMS, collection_path, entries, parse, read, root};

/// The plan with the entries of each scenario's collection.
fn scenarios() -> Vec<(toml::Value, Vec<Entry>)> {
    let plan: toml::Value =
        toml::from_str(&read(&root().join("collections/certification.plan.toml")))
            .expect("the plan is TOML");
    plan["scenario"]
        .as_array()
        .expect("the plan has scenarios")
        .iter()
        .map(|scenario| {
            let stem = scenario["collection"]
                .as_str()
                .expect("a scenario names a collection");
            assert!(STEMS.contains(&stem), "{stem} is not shipped");
            let folders: Vec<&str> = scenario
                .get("folders")
                .and_then(toml::Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(toml::Value::as_str)
                .collect();
            let mut entries = entries(&parse(&collection_path(stem)));
            // A scenario without folders runs all of them.
            entries
                .retain(|entry| folders.is_empty() || folders.contains(&entry.names[0].as_str()));
            assert!(!entries.is_empty(), "{folders:?} is not in {stem}");
            (scenario.clone(), entries)
        })
        .collect()
}

fn tables<'a>(scenario: &'a toml::Value, key: &str) -> &'a [toml::Value] {
    scenario
        .get(key)
        .and_then(toml::Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn path_of(provokes: &toml::Value) -> Vec<String> {
    provokes["item"]
        .as_array()
        .expect("an item is a path")
        .iter()
        .map(|name| name.as_str().expect("a path consists of names").to_owned())
        .collect()
}

#[test]
fn the_plan_names_existing_items_and_every_item_that_is_refused() {
    for (scenario, entries) in scenarios() {
        let named: Vec<Vec<String>> = tables(&scenario, "provokes").iter().map(path_of).collect();
        for path in &named {
            assert!(
                entries.iter().any(|entry| entry.names == *path),
                "no item {path:?}"
            );
        }
        for entry in entries.iter().filter(|entry| entry.is_refused()) {
            assert!(
                named.iter().any(|path| entry.names.starts_with(path)),
                "{:?} is refused but the plan does not say what it provokes",
                entry.names
            );
        }
    }
}

#[test]
fn every_fault_meets_an_item_that_is_to_succeed_and_is_used_up_within_five_attempts() {
    for (scenario, entries) in scenarios() {
        for fault in tables(&scenario, "fault") {
            let operation = Profile::built_in()
                .paths
                .addressed(fault["operation"].as_str().unwrap());
            let first = entries
                .iter()
                .find(|entry| entry.is_request() && entry.operation() == operation)
                .unwrap_or_else(|| panic!("nothing sends {operation}"));
            assert!(!first.is_refused(), "{:?}", first.names);
            assert!(fault["answers"].as_array().unwrap().len() < 5);
        }
    }
}

#[test]
fn the_hints_of_the_plan_add_up_to_a_minute_and_contain_those_that_are_judged() {
    let hints: Vec<u32> = scenarios()
        .iter()
        .flat_map(|(scenario, _)| tables(scenario, "fault").to_vec())
        .flat_map(|fault| fault["answers"].as_array().unwrap().clone())
        .filter_map(|answer| {
            let (_, hint) = answer.as_str()?.split_once("retry-after=")?;
            hint.parse().ok()
        })
        .collect();
    assert!(hints.iter().sum::<u32>() >= 60);
    for judged in [2, 7, 12, 65] {
        assert!(hints.contains(&judged), "{judged} s");
    }
}

#[test]
fn the_mock_understands_every_fault_of_the_plan() {
    let mut platform = Platform::new(
        Arc::new(Profile::built_in()),
        Random::from_seed(Seed(1)),
        Defects::none(),
    );
    for (scenario, _) in scenarios() {
        for fault in tables(&scenario, "fault") {
            let operation = platform
                .profile()
                .paths
                .addressed(fault["operation"].as_str().unwrap());
            let answers = fault["answers"]
                .as_array()
                .unwrap()
                .iter()
                .map(|answer| answer.as_str().unwrap().parse::<Fault>().unwrap())
                .collect();
            platform.queue_faults("plan", &operation, answers).unwrap();
        }
    }
}
