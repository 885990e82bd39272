//! The collections, environments and the plan that we ship: whole, consistent with each other and
//! free of secrets.

mod newman;
mod plan;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use preflight::collection::{Collection, Compatibility, Document, Environment};
use preflight::mock::Tenant;
use regex::Regex;
use serde_json::Value;

/// The file stems of the collections that we ship.
const STEMS: [&str; 3] = [
    "payments-out-consumer-api",
    "payments-out-provider-api",
    "throttling",
];

/// Hosts that the files may name; every other host comes from a variable.
const KNOWN_HOSTS: [&str; 4] = [
    "schema.getpostman.com",
    "provider.example",
    "api-payout.mock.invalid",
    "id.mock.invalid",
];

/// What the scripts put into a variable themselves.
const SET_BY_SCRIPTS: [&str; 8] = [
    "authoriseIssuedAt",
    "authoriseExpiresAt",
    "shortenedConfiguration",
    "providerConfiguration",
    "paymentUpdates",
    "batchExternalId",
    "accessToken",
    "consumerAccessToken",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn collection_path(stem: &str) -> PathBuf {
    root().join(format!("collections/{stem}.postman_collection.json"))
}

fn environment_path(name: &str) -> PathBuf {
    root().join(format!(
        "fixtures/environment/{name}.postman_environment.json"
    ))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn parse(path: &Path) -> Value {
    serde_json::from_str(&read(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key]
        .as_str()
        .unwrap_or_else(|| panic!("`{key}` is missing in {value}"))
}

/// A folder or a request with the names that lead to it.
struct Entry {
    names: Vec<String>,
    item: Value,
}

impl Entry {
    fn is_request(&self) -> bool {
        self.item.get("request").is_some()
    }

    fn is_refused(&self) -> bool {
        self.names
            .last()
            .is_some_and(|name| name.starts_with("Refuse "))
    }

    /// Method and path, with path segments that are variables in the form of the plan.
    fn operation(&self) -> String {
        let segments: Vec<String> = self.item["request"]["url"]["path"]
            .as_array()
            .expect("a request has a path")
            .iter()
            .map(|segment| segment.as_str().expect("a segment is text"))
            .map(|segment| {
                segment
                    .replace("{{messagingPath}}", "api-provider-msg-v1")
                    .replace("{{", "{")
                    .replace("}}", "}")
            })
            .collect();
        format!(
            "{} /{}",
            text(&self.item["request"], "method"),
            segments.join("/")
        )
    }
}

/// All folders and requests of a collection in the order in which they run.
fn entries(collection: &Value) -> Vec<Entry> {
    fn walk(items: &Value, above: &[String], into: &mut Vec<Entry>) {
        for item in items.as_array().into_iter().flatten() {
            let mut names = above.to_vec();
            names.push(text(item, "name").to_owned());
            into.push(Entry {
                names: names.clone(),
                item: item.clone(),
            });
            walk(&item["item"], &names, into);
        }
    }
    let mut found = Vec::new();
    walk(&collection["item"], &[], &mut found);
    found
}

fn environment(name: &str) -> BTreeMap<String, (String, String)> {
    parse(&environment_path(name))["values"]
        .as_array()
        .expect("an environment has values")
        .iter()
        .map(|value| {
            (
                text(value, "key").to_owned(),
                (
                    text(value, "value").to_owned(),
                    text(value, "type").to_owned(),
                ),
            )
        })
        .collect()
}

#[test]
fn every_collection_is_postman_v2_1_with_a_description_on_everything() {
    for stem in STEMS {
        let collection = parse(&collection_path(stem));
        assert_eq!(
            text(&collection["info"], "schema"),
            "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
        );
        assert!(text(&collection["info"], "description").len() > 200);
        for entry in entries(&collection) {
            let described = if entry.is_request() {
                &entry.item["request"]
            } else {
                &entry.item
            };
            assert!(
                !text(described, "description").is_empty(),
                "{:?}",
                entry.names
            );
        }
    }
}

#[test]
fn the_reader_of_this_crate_reads_every_file_without_a_problem() {
    let document = |path: PathBuf| Document::parse("shipped", &std::fs::read(path).unwrap());
    for stem in STEMS {
        let collection = Collection::read(&document(collection_path(stem)).unwrap()).unwrap();
        let requests = entries(&parse(&collection_path(stem)))
            .iter()
            .filter(|entry| entry.is_request())
            .count();
        assert_eq!(collection.steps().len(), requests, "{stem}");
    }
    for name in ["mock", "sandbox"] {
        let read = Environment::read(
            &document(environment_path(name)).unwrap(),
            Compatibility::Strict,
        )
        .unwrap();
        assert_eq!(read.text("agreedRate"), Some("10"), "{name}");
    }
}

#[test]
fn every_file_is_indented_with_tabs_as_postman_exports_it() {
    for stem in STEMS {
        let written = read(&collection_path(stem));
        assert!(written.starts_with("{\n\t\"info\""), "{stem}");
        assert!(!written.contains("\n  "), "{stem} is indented with spaces");
    }
}

#[test]
fn ids_are_unique_over_all_collections() {
    let mut seen = BTreeSet::new();
    for stem in STEMS {
        let collection = parse(&collection_path(stem));
        let mut ids = vec![text(&collection["info"], "_postman_id").to_owned()];
        ids.extend(
            entries(&collection)
                .iter()
                .map(|entry| text(&entry.item, "id").to_owned()),
        );
        for id in ids {
            assert!(uuid::Uuid::parse_str(&id).is_ok(), "{id} in {stem}");
            assert!(seen.insert(id.clone()), "{id} occurs twice, in {stem}");
        }
    }
}

#[test]
fn names_are_unique_within_a_folder_so_that_a_path_names_one_item() {
    for stem in STEMS {
        let mut seen = BTreeSet::new();
        for entry in entries(&parse(&collection_path(stem))) {
            assert!(
                seen.insert(entry.names.clone()),
                "{:?} in {stem}",
                entry.names
            );
        }
    }
}

#[test]
fn no_collection_holds_the_value_of_a_secret() {
    for (key, (value, kind)) in environment("mock") {
        if kind != "secret" || value.is_empty() {
            continue;
        }
        for stem in STEMS {
            assert!(
                !read(&collection_path(stem)).contains(&value),
                "{key} stands in {stem}"
            );
        }
        assert!(
            !read(&environment_path("sandbox")).contains(&value),
            "{key} stands in the sandbox environment"
        );
    }
}

#[test]
fn only_known_hosts_are_named() {
    let pattern = Regex::new(r"https?://([A-Za-z0-9.-]+)").unwrap();
    let files = STEMS
        .map(collection_path)
        .into_iter()
        .chain(["mock", "sandbox"].map(environment_path));
    for file in files {
        for found in pattern.captures_iter(&read(&file)) {
            assert!(
                KNOWN_HOSTS.contains(&&found[1]),
                "{} in {}",
                &found[1],
                file.display()
            );
        }
    }
}

#[test]
fn every_request_goes_to_a_host_of_the_environment() {
    for stem in STEMS {
        for entry in entries(&parse(&collection_path(stem))) {
            if !entry.is_request() {
                continue;
            }
            let host = &entry.item["request"]["url"]["host"];
            assert!(
                *host == serde_json::json!(["{{baseUrl}}"])
                    || *host == serde_json::json!(["{{tokenBaseUrl}}"]),
                "{:?} goes to {host}",
                entry.names
            );
        }
    }
}

#[test]
fn every_variable_has_an_origin() {
    let pattern = Regex::new(r"\{\{([^{}$]+)\}\}").unwrap();
    let environment = environment("mock");
    for stem in STEMS {
        let collection = parse(&collection_path(stem));
        let own: BTreeSet<&str> = collection["variable"]
            .as_array()
            .unwrap()
            .iter()
            .map(|variable| text(variable, "key"))
            .collect();
        for found in pattern.captures_iter(&read(&collection_path(stem))) {
            let name = &found[1];
            assert!(
                environment.contains_key(name)
                    || own.contains(name)
                    || SET_BY_SCRIPTS.contains(&name),
                "{name} in {stem} comes from nowhere"
            );
        }
    }
}

#[test]
fn every_request_asserts_something() {
    for stem in STEMS {
        for entry in entries(&parse(&collection_path(stem))) {
            if !entry.is_request() {
                continue;
            }
            let asserts = entry.item["event"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|event| event["listen"] == "test")
                .any(|event| event["script"]["exec"].to_string().contains("pm.test("));
            assert!(asserts, "{:?} asserts nothing", entry.names);
        }
    }
}

#[test]
fn scripts_use_nothing_that_newman_lacks() {
    // Absent in newman 6.2.2: its `pm.sendRequest` takes a callback only, and scripts are no modules.
    let absent = Regex::new(
        r"\bawait\b|new URL\b|URLSearchParams|\bcrypto\.|pm\.vault|pm\.require|structuredClone",
    )
    .unwrap();
    for stem in STEMS {
        let written = read(&collection_path(stem));
        assert!(
            absent.find(&written).is_none(),
            "{:?} in {stem}",
            absent.find(&written)
        );
    }
}

#[test]
fn both_environments_have_the_same_keys_and_types() {
    let shape = |name| -> Vec<(String, String)> {
        environment(name)
            .into_iter()
            .map(|(key, (_, kind))| (key, kind))
            .collect()
    };
    assert_eq!(shape("mock"), shape("sandbox"));
}

#[test]
fn the_mock_environment_holds_what_the_mock_knows() {
    let environment = environment("mock");
    for (key, value) in Tenant::variables() {
        assert_eq!(environment[key].0, value, "{key}");
    }
}

#[test]
fn the_sandbox_environment_holds_no_secret_and_no_id() {
    for (key, (value, kind)) in environment("sandbox") {
        if kind == "secret" || key.ends_with("Id") {
            assert_eq!(value, "", "{key}");
        }
    }
}

#[test]
fn every_key_of_the_environments_is_explained() {
    let explained = read(&root().join("fixtures/environment/README.md"));
    for key in environment("mock").keys() {
        assert!(
            explained.contains(&format!("`{key}`")),
            "{key} is not explained"
        );
    }
}
