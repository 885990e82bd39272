//! `{{name}}` replaced.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Dynamic, Entry, Scope};
use crate::base::{Random, Timestamp};

/// Postman: how often the whole text is gone through before nested names stay as they are.
const ROUNDS: usize = 19;

/// The scopes of a run. Folder variables have no part in it: newman does not consult them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scopes {
    /// What scripts set with `pm.variables.set`; it stays for the whole run.
    pub local: Scope,
    /// The row of this iteration.
    pub data: Scope,
    /// The environment.
    pub environment: Scope,
    /// The collection's own variables.
    pub collection: Scope,
    /// The globals.
    pub globals: Scope,
}

impl Scopes {
    /// The scopes, the strongest first.
    pub fn by_precedence(&self) -> [&Scope; 5] {
        [
            &self.local,
            &self.data,
            &self.environment,
            &self.collection,
            &self.globals,
        ]
    }

    /// The entry that counts for `key`.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.by_precedence()
            .into_iter()
            .find_map(|scope| scope.entry(key))
    }

    /// The value of `key`, as `pm.variables.get` gives it. Dynamic variables are not found here.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Value> {
        self.entry(key).and_then(Entry::read)
    }

    /// Whether there is an enabled variable `key`.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    /// All values by name, as `pm.variables.toObject` gives them.
    #[must_use]
    pub fn to_object(&self) -> Map<String, Value> {
        let mut object = Map::new();
        for scope in self.by_precedence().into_iter().rev() {
            object.extend(scope.to_object());
        }
        object
    }
}

/// Replaces `{{name}}` by values, and keeps account of the names that it could not find.
pub struct Resolver<'a> {
    scopes: &'a Scopes,
    dynamic: Dynamic<'a>,
    unresolved: BTreeSet<String>,
}

impl<'a> Resolver<'a> {
    /// A resolver over `scopes`; dynamic variables draw from `random`, and their present moment is
    /// `now`.
    #[must_use]
    pub fn new(scopes: &'a Scopes, random: &'a mut Random, now: Timestamp) -> Self {
        Self {
            scopes,
            dynamic: Dynamic::new(random, now),
            unresolved: BTreeSet::new(),
        }
    }

    /// `text` with its variables replaced, nested ones from the inside out. Unknown names stay.
    pub fn text(&mut self, text: &str) -> String {
        let mut resolved = Cow::Borrowed(text);
        for _ in 0..ROUNDS {
            match self.round(&resolved) {
                Some(next) if next != *resolved => resolved = Cow::Owned(next),
                Some(_) | None => break,
            }
        }
        for (_, name) in names(&resolved) {
            self.unresolved.insert(name.to_owned());
        }
        resolved.into_owned()
    }

    /// `value` with every text in it resolved; keys stay as they are.
    pub fn value(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.text(text).into(),
            Value::Array(elements) => elements
                .iter()
                .map(|element| self.value(element))
                .collect::<Vec<_>>()
                .into(),
            Value::Object(members) => Value::Object(
                members
                    .iter()
                    .map(|(key, member)| (key.clone(), self.value(member)))
                    .collect(),
            ),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    /// The names that stayed as they are in all texts so far, sorted.
    #[must_use]
    pub fn unresolved(&self) -> Vec<String> {
        self.unresolved.iter().cloned().collect()
    }

    /// One replacement of every name; nothing when there is no name.
    fn round(&mut self, text: &str) -> Option<String> {
        let mut output = String::new();
        let mut copied = 0;
        for (place, name) in names(text) {
            let found = match self.scopes.entry(name) {
                Some(entry) => Some(entry.text()),
                None => self.dynamic.value(name),
            };
            let Some(found) = found else { continue };
            output.push_str(&text[copied..place]);
            output.push_str(&found);
            copied = place + name.len() + 4;
        }
        if copied == 0 {
            return None;
        }
        output.push_str(&text[copied..]);
        Some(output)
    }
}

/// The places of `{{name}}` and the names: the shortest, without braces in them.
fn names(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let open = at + text[at..].find("{{")?;
            let start = open + 2;
            let Some(length) = text[start..].find(['{', '}']) else {
                at = text.len();
                return None;
            };
            let end = start + length;
            if text[end..].starts_with("}}") {
                at = end + 2;
                return Some((open, &text[start..end]));
            }
            // The pattern cannot begin here; perhaps at the next brace.
            at = open + 1;
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::base::{Clock, Seed};

    fn resolve(scopes: &Scopes, text: &str) -> (String, Vec<String>) {
        let mut random = Random::from_seed(Seed(1));
        let mut resolver = Resolver::new(scopes, &mut random, Clock::logical_start());
        (resolver.text(text), resolver.unresolved())
    }

    fn scope(value: Value) -> Scope {
        value.as_object().unwrap().clone().into()
    }

    fn example() -> Scopes {
        let mut environment = scope(json!({
            "a": "A", "b": "b{{a}}", "nA": "nested", "num": 1.50, "bool": false, "nul": null,
            "arr": [1, [2, 3], null, {}], "obj": {"x": 1}, "self": "{{self}}",
            "grow": "x{{grow}}", "p1": "{{p2}}", "p2": "{{p1}}", " sp ": "SP", "": "EMPTY",
            "a/b c": "slash", "toString": "ts", "$guid": "mine", "big": 1e21, "empty": "",
        }));
        environment.set("typed", json!("1.50"), None);
        let mut entries: Vec<Entry> = environment.entries().to_vec();
        entries.push(Entry {
            disabled: true,
            ..Entry::new("off", "D")
        });
        Scopes {
            environment: entries.into_iter().collect(),
            ..Scopes::default()
        }
    }

    #[test]
    fn substitution_agrees_with_newman() {
        let table = [
            ("{{a}}", "A"),
            ("{{b}}", "bA"),
            ("{{n{{a}}}}", "nested"),
            ("{{num}}", "1.5"),
            ("{{bool}}", "false"),
            ("{{nul}}", "null"),
            ("{{arr}}", "1,2,3,,[object Object]"),
            ("{{obj}}", "[object Object]"),
            ("{{self}}", "{{self}}"),
            ("{{grow}}", "xxxxxxxxxxxxxxxxxxx{{grow}}"),
            ("{{p1}}", "{{p2}}"),
            ("{{off}}", "{{off}}"),
            ("{{ sp }}", "SP"),
            ("{{sp}}", "{{sp}}"),
            ("{{}}", "EMPTY"),
            ("{{a/b c}}", "slash"),
            ("{{toString}}", "ts"),
            ("{{{a}}}", "{A}"),
            ("{{{{a}}}}", "{{A}}"),
            ("{{a}}{{a}}", "AA"),
            ("{{ a }}", "{{ a }}"),
            ("{{a\n}}", "{{a\n}}"),
            ("{{nope}}", "{{nope}}"),
            ("{a}", "{a}"),
            ("{{a}", "{{a}"),
            ("{{empty}}", ""),
            ("{{A}}", "{{A}}"),
            ("{{$guid}}", "mine"),
            ("{{big}}", "1e+21"),
            ("{{typed}}", "1.50"),
            ("no names", "no names"),
            ("{{x{{a}}", "{{xA"),
        ];
        for (text, resolved) in table {
            assert_eq!(resolve(&example(), text).0, resolved, "{text}");
        }
    }

    #[test]
    fn the_strongest_scope_wins_and_a_disabled_entry_lets_a_weaker_one_through() {
        let mut scopes = Scopes {
            globals: scope(json!({"x": "globals", "off": "globals"})),
            ..Scopes::default()
        };
        assert_eq!(resolve(&scopes, "{{x}}").0, "globals");
        for name in ["collection", "environment", "data", "local"] {
            let scope = match name {
                "collection" => &mut scopes.collection,
                "environment" => &mut scopes.environment,
                "data" => &mut scopes.data,
                _ => &mut scopes.local,
            };
            scope.set("x", json!(name), None);
            assert_eq!(resolve(&scopes, "{{x}}").0, name);
            assert_eq!(scopes.get("x"), Some(json!(name)));
            assert_eq!(scopes.to_object()["x"], json!(name));
        }
        scopes.environment = std::iter::once(Entry {
            disabled: true,
            ..Entry::new("off", "environment")
        })
        .collect();
        assert_eq!(resolve(&scopes, "{{off}}").0, "globals");
        assert!(scopes.has("off") && !scopes.has("$guid"));
    }

    #[test]
    fn unknown_names_are_reported_once_and_sorted() {
        let (_, unresolved) = resolve(&example(), "{{z}} {{a}} {{y}} {{z}} {{x{{a}}}}");
        assert_eq!(unresolved, ["xA", "y", "z"]);
        assert!(resolve(&example(), "{{a}}").1.is_empty());
    }

    #[test]
    fn every_text_of_a_value_is_resolved_and_nothing_else() {
        let scopes = example();
        let mut random = Random::from_seed(Seed(1));
        let mut resolver = Resolver::new(&scopes, &mut random, Clock::logical_start());
        assert_eq!(
            resolver.value(&json!({"{{a}}": ["{{a}}", {"b": "{{b}}"}, 5, null, true]})),
            json!({"{{a}}": ["A", {"b": "bA"}, 5, null, true]})
        );
    }

    #[test]
    fn dynamic_variables_are_fresh_at_each_occurrence_and_come_last() {
        let text = resolve(
            &Scopes::default(),
            "{{$guid}} {{$guid}} {{$nope}} {{$guid }}",
        )
        .0;
        let parts: Vec<&str> = text.splitn(3, ' ').collect();
        assert_ne!(parts[0], parts[1]);
        assert_eq!(parts[0].len(), 36);
        assert_eq!(parts[2], "{{$nope}} {{$guid }}");
    }

    proptest! {
        #[test]
        fn a_text_without_names_is_unchanged(text in "[^{]{0,80}") {
            prop_assert_eq!(resolve(&example(), &text).0, text);
        }

        #[test]
        fn no_text_makes_it_panic(text in "[{}a$ü]{0,60}") {
            let _ = resolve(&example(), &text);
        }
    }
}
