//! What `doctor` can tell from the files alone.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use super::workshop::scope;
use crate::base::{Clock, Random, SHORTEST_SECRET, Seed};
use crate::collection::{Collection, Environment};
use crate::variable::{Resolver, Scopes};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The run cannot even reach the host.
    Unreachable,
    /// The run will fail.
    Error,
    /// The run may fail, or say less than it could.
    Warning,
    /// All is well.
    Fine,
}

/// One thing that the doctor says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// How bad it is.
    pub severity: Severity,
    /// What is meant: a file, a variable, a host.
    pub subject: String,
    /// What is said of it.
    pub message: String,
    /// What to do; empty where all is well.
    pub remedy: String,
}

impl Remark {
    /// A remark.
    #[must_use]
    pub fn new(
        severity: Severity,
        subject: impl Into<String>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            severity,
            subject: subject.into(),
            message: message.into(),
            remedy: remedy.into(),
        }
    }
}

/// How many places of an unresolved variable are named.
const NAMED_PLACES: usize = 3;

/// Variables that have no value although requests use them. What a script sets on the way counts
/// as having one.
fn unresolved_variables(
    collections: &BTreeMap<String, Collection>,
    environment: &Environment,
    globals: &Environment,
) -> Vec<Remark> {
    let set_by_scripts = names_set_by_scripts(collections);
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for collection in collections.values() {
        let scopes = Scopes {
            environment: scope(&environment.variables),
            globals: scope(&globals.variables),
            collection: scope(&collection.variables),
            ..Scopes::default()
        };
        for step in collection.steps() {
            let mut chance = Random::from_seed(Seed(0));
            let mut resolver = Resolver::new(&scopes, &mut chance, Clock::logical_start());
            resolver.text(&step.item.request.url().text());
            resolver.value(step.item.request.value());
            if let Some(auth) = &step.auth {
                resolver.value(auth);
            }
            for name in resolver.unresolved() {
                places.entry(name).or_default().push(step.path.join(" / "));
            }
        }
    }
    let in_host = |name: &str| {
        collections
            .values()
            .flat_map(Collection::steps)
            .any(|step| {
                step.item
                    .request
                    .url()
                    .host
                    .is_some_and(|host| host.contains(&format!("{{{{{name}}}}}")))
            })
    };
    places
        .into_iter()
        .filter(|(name, _)| !set_by_scripts.contains(name))
        .map(|(name, places)| {
            let severity = if in_host(&name) {
                Severity::Error
            } else {
                Severity::Warning
            };
            let more = places.len().saturating_sub(NAMED_PLACES);
            let mut shown = places[..places.len().min(NAMED_PLACES)].join("; ");
            if more > 0 {
                shown += &format!("; and {more} more");
            }
            Remark::new(
                severity,
                format!("{{{{{name}}}}}"),
                format!("has no value; used by {shown}"),
                "set it in the environment, with --env-var, or in a script before it is used",
            )
        })
        .collect()
}

/// The names that scripts set: `….set("name", …)` and the legacy `setEnvironmentVariable`.
fn names_set_by_scripts(collections: &BTreeMap<String, Collection>) -> BTreeSet<String> {
    let setter = Regex::new(
        r#"\.(?:set|setEnvironmentVariable|setGlobalVariable)\(\s*["'`]([^"'`$]+)["'`]"#,
    )
    .expect("a constant pattern that compiles");
    let mut names = BTreeSet::new();
    for step in collections.values().flat_map(Collection::steps) {
        for script in step.prerequest.iter().chain(&step.tests) {
            names.extend(
                setter
                    .captures_iter(&script.source)
                    .map(|found| found[1].to_owned()),
            );
        }
    }
    names
}

/// Secrets that are empty, too short to be searched for, or not marked as secret.
fn secrets(environment: &Environment, set_by_scripts: &BTreeSet<String>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for variable in environment
        .variables
        .iter()
        .filter(|variable| !variable.disabled)
    {
        let value = variable.value.as_str().unwrap_or_default();
        if variable.is_secret() && value.is_empty() {
            // What a run fills in by itself is empty before it.
            if !looks_like_result(&variable.key) && !set_by_scripts.contains(&variable.key) {
                remarks.push(Remark::new(
                    Severity::Error,
                    variable.key.clone(),
                    "is a secret without a value",
                    "fill it in, in a copy of the environment that is not committed",
                ));
            }
        } else if variable.is_secret() && value.chars().count() < SHORTEST_SECRET {
            remarks.push(Remark::new(
                Severity::Warning,
                variable.key.clone(),
                format!(
                    "is a secret of fewer than {SHORTEST_SECRET} characters: it cannot be kept out \
                     of reports without blacking out ordinary text"
                ),
                "use a longer one",
            ));
        } else if !variable.is_secret() && !value.is_empty() && looks_like_secret(&variable.key) {
            remarks.push(Remark::new(
                Severity::Warning,
                variable.key.clone(),
                "looks like a secret but is not typed `secret`: it will stand in reports as it is",
                "give it the type `secret` in Postman",
            ));
        }
        // A secret may look like anything.
        if !variable.is_secret() && is_placeholder(value) {
            remarks.push(Remark::new(
                Severity::Error,
                variable.key.clone(),
                format!("still has its placeholder «{value}»"),
                "fill it in",
            ));
        }
    }
    remarks
}

fn looks_like_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [
        "secret", "password", "apikey", "api_key", "api-key", "token",
    ]
    .iter()
    .any(|word| name.contains(word))
        && !["url", "expires", "path", "type", "host", "lifetime"]
            .iter()
            .any(|word| name.contains(word))
}

/// A token that scripts fetch and keep.
fn looks_like_result(name: &str) -> bool {
    name.to_ascii_lowercase().contains("token")
}

fn is_placeholder(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    let angles = value.find('<').is_some_and(|start| {
        value[start + 1..]
            .find('>')
            .is_some_and(|length| length > 0)
    });
    angles
        || ["changeme", "todo", "fill-me-in"]
            .iter()
            .any(|word| value.starts_with(word))
}

/// Variables that requests use and that are empty, though nothing sets them on the way.
fn empty_variables(
    collections: &BTreeMap<String, Collection>,
    environment: &Environment,
) -> Vec<Remark> {
    let set_by_scripts = names_set_by_scripts(collections);
    // A step that looks at the variable and skips itself does well without a value.
    let needed = |name: &str| {
        collections
            .values()
            .flat_map(Collection::steps)
            .any(|step| {
                let text = step.item.request.value().to_string();
                let skips = |source: &str| source.contains("skipRequest") && source.contains(name);
                text.contains(&format!("{{{{{name}}}}}"))
                    && !step.prerequest.iter().any(|script| skips(&script.source))
            })
    };
    environment
        .variables
        .iter()
        .filter(|variable| !variable.disabled && !variable.is_secret())
        .filter(|variable| variable.value.as_str().is_some_and(str::is_empty))
        .filter(|variable| !set_by_scripts.contains(&variable.key))
        .filter(|variable| needed(&variable.key))
        .map(|variable| {
            Remark::new(
                Severity::Error,
                variable.key.clone(),
                "is empty, and requests use it",
                "fill it in",
            )
        })
        .collect()
}

/// Everything that is wrong with what was typed, by the files alone.
#[must_use]
pub fn examine(
    collections: &BTreeMap<String, Collection>,
    environment: &Environment,
    globals: &Environment,
) -> Vec<Remark> {
    let mut remarks = secrets(environment, &names_set_by_scripts(collections));
    remarks.extend(empty_variables(collections, environment));
    remarks.extend(unresolved_variables(collections, environment, globals));
    remarks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collection::{Compatibility, Document};

    fn environment(text: &str) -> Environment {
        let document = Document::parse("e", text.as_bytes()).unwrap();
        Environment::read(&document, Compatibility::Strict).unwrap()
    }

    #[test]
    fn secrets_that_are_empty_short_or_unmarked_are_told() {
        let environment = environment(
            r#"[{"key":"apiKey","value":"","type":"secret"},
                {"key":"madeByScript","value":"","type":"secret"},
                {"key":"pin","value":"1234","type":"secret"},
                {"key":"clientSecret","value":"long enough","type":"default"},
                {"key":"accessToken","value":"","type":"secret"},
                {"key":"tokenUrl","value":"https://h","type":"default"},
                {"key":"baseUrl","value":"<the sandbox's host>","type":"default"},
                {"key":"tokenBaseUrl","value":"https://<host>/","type":"default"},
                {"key":"fine","value":"long enough","type":"secret"}]"#,
        );
        let told: Vec<_> = secrets(&environment, &BTreeSet::from(["madeByScript".to_owned()]))
            .into_iter()
            .map(|remark| (remark.subject, remark.severity))
            .collect();
        assert_eq!(
            told,
            [
                ("apiKey".into(), Severity::Error),
                ("pin".into(), Severity::Warning),
                ("clientSecret".into(), Severity::Warning),
                ("baseUrl".into(), Severity::Error),
                ("tokenBaseUrl".into(), Severity::Error),
            ]
        );
    }

    #[test]
    fn an_empty_variable_is_told_where_a_request_uses_it() {
        let text = br#"{"info":{"name":"C"},"item":[{"name":"a","request":"http://h/{{used}}"}]}"#;
        let collection = Collection::read(&Document::parse("c", text).unwrap()).unwrap();
        let collections = BTreeMap::from([("c".to_owned(), collection)]);
        let environment = environment(
            r#"[{"key":"used","value":""},{"key":"unused","value":""},{"key":"full","value":"x"}]"#,
        );
        let remarks = empty_variables(&collections, &environment);
        let told: Vec<_> = remarks
            .iter()
            .map(|remark| remark.subject.as_str())
            .collect();
        assert_eq!(told, ["used"]);
    }

    #[test]
    fn a_variable_without_a_value_is_told_unless_a_script_sets_it() {
        let text = br#"{"info":{"name":"C"},"item":[
            {"name":"a","request":"{{base}}/{{id}}/{{none}}","event":[{"listen":"test",
              "script":{"exec":["pm.environment.set('id', 1)"]}}]}]}"#;
        let collection = Collection::read(&Document::parse("c", text).unwrap()).unwrap();
        let collections = BTreeMap::from([("c".to_owned(), collection)]);
        let none = Environment::default();
        let remarks = unresolved_variables(&collections, &none, &none);
        let told: Vec<_> = remarks
            .iter()
            .map(|remark| (remark.subject.as_str(), remark.severity))
            .collect();
        assert_eq!(
            told,
            [
                ("{{base}}", Severity::Error),
                ("{{none}}", Severity::Warning)
            ]
        );
        assert!(remarks[0].message.contains("C / a"));
    }
}
