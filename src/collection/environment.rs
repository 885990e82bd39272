//! Environments and globals.

use std::fmt;

use serde_json::{Map, Value, json};

use super::{Document, Problem, ProblemCode, Problems};
use crate::base::Secret;

/// Whose reading of a file counts where newman and Postman differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compatibility {
    /// Postman's own: `"enabled": false` switches a variable off.
    #[default]
    Strict,
    /// newman's: only `"disabled": true` does (postmanlabs/newman#2986).
    Newman,
}

/// A variable as it stands in a file. `Debug` does not show the value of a secret one.
#[derive(Clone, PartialEq)]
pub struct Variable {
    /// Its name.
    pub key: String,
    /// Its value, of any JSON type.
    pub value: Value,
    /// Postman's type: `default`, `secret`, `any`, `string`, `boolean`, `number`.
    pub kind: Option<String>,
    /// Whether it is switched off.
    pub disabled: bool,
}

impl fmt::Debug for Variable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value: &dyn fmt::Debug = if self.is_secret() {
            &"…"
        } else {
            &self.value
        };
        formatter
            .debug_struct("Variable")
            .field("key", &self.key)
            .field("value", value)
            .field("kind", &self.kind)
            .field("disabled", &self.disabled)
            .finish()
    }
}

impl Variable {
    /// Whether Postman hides its value.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.kind.as_deref() == Some("secret")
    }
}

/// An environment, or the globals.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Environment {
    /// Its id, where the file has one.
    pub id: Option<String>,
    /// Its name, where the file has one.
    pub name: Option<String>,
    /// Its variables in the order of the file.
    pub variables: Vec<Variable>,
    /// Fields of the file that mean nothing here and are written back by an export.
    pub rest: Map<String, Value>,
    /// By whose reading it was read; an export is written in the same words.
    pub compatibility: Compatibility,
}

impl Environment {
    /// Reads an environment or globals export: `{"values": […]}`, `{"environment": {…}}`,
    /// `{"globals": {…}}` or a bare array of variables.
    pub fn read(document: &Document, compatibility: Compatibility) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let (value, pointer) = unwrap(document.value());
        let (rows, rows_pointer) = match value {
            Value::Array(rows) => (Some(rows), pointer.clone()),
            Value::Object(fields) => match fields.get("values") {
                Some(Value::Array(rows)) => (Some(rows), format!("{pointer}/values")),
                Some(_) => {
                    problems.push(Problem {
                        code: ProblemCode::Shape,
                        offset: document.offset_of(&format!("{pointer}/values")),
                        message: "`values` should be a list of variables".into(),
                        remedy: "export the environment from Postman again".into(),
                    });
                    (None, pointer.clone())
                }
                None => {
                    problems.push(not_an_environment(document, fields));
                    (None, pointer.clone())
                }
            },
            _ => {
                problems.push(not_an_environment(document, &Map::new()));
                (None, pointer.clone())
            }
        };
        let mut variables = Vec::new();
        for (index, row) in rows.into_iter().flatten().enumerate() {
            match variable(row, compatibility) {
                Some(variable) => variables.push(variable),
                None => problems.push(Problem {
                    code: ProblemCode::Shape,
                    offset: document.offset_of(&format!("{rows_pointer}/{index}")),
                    message: format!("variable {} should be an object with a `key`", index + 1),
                    remedy: "give it a `key` and a `value`, or remove it".into(),
                }),
            }
        }
        if !problems.is_empty() {
            return Err(document.problems(problems));
        }
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let mut rest = value.as_object().cloned().unwrap_or_default();
        rest.retain(|key, _| !matches!(key.as_str(), "id" | "name" | "values"));
        Ok(Self {
            id: text("id"),
            name: text("name"),
            variables,
            rest,
            compatibility,
        })
    }

    /// The value of the last enabled variable called `key`, as text.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.variables
            .iter()
            .rev()
            .find(|variable| variable.key == key && !variable.disabled)
            .and_then(|variable| variable.value.as_str())
    }

    /// Every value that the file marks as secret, with its name.
    pub fn secrets(&self) -> impl Iterator<Item = (&str, Secret)> {
        self.variables
            .iter()
            .filter(|variable| variable.is_secret())
            .filter_map(|variable| {
                Some((variable.key.as_str(), Secret::new(variable.value.as_str()?)))
            })
    }

    /// Sets the variable called `key`, as `--env-var` does: the last enabled one, or a new one.
    pub fn set(&mut self, key: &str, value: Value) {
        let existing = self
            .variables
            .iter_mut()
            .rev()
            .find(|variable| variable.key == key && !variable.disabled);
        match existing {
            Some(variable) => variable.value = value,
            None => self.variables.push(Variable {
                key: key.to_owned(),
                value,
                kind: Some("any".into()),
                disabled: false,
            }),
        }
    }

    /// The export form that Postman imports; of one that was read as newman reads it, newman's,
    /// which knows neither `enabled` nor Postman's own types.
    #[must_use]
    pub fn to_value(&self, scope: &str) -> Value {
        let values = self.variables.iter().map(|variable| {
            if self.compatibility == Compatibility::Newman {
                return newman_row(variable);
            }
            let mut row = json!({ "key": variable.key, "value": variable.value });
            if let Some(kind) = &variable.kind {
                row["type"] = json!(kind);
            }
            row["enabled"] = json!(!variable.disabled);
            row
        });
        let mut value =
            json!({ "id": self.id, "name": self.name, "values": values.collect::<Vec<_>>() });
        for (key, field) in &self.rest {
            value[key] = field.clone();
        }
        value["_postman_variable_scope"] = json!(scope);
        value
    }
}

fn newman_row(variable: &Variable) -> Value {
    let mut row = Map::new();
    if variable.disabled {
        row.insert("disabled".into(), json!(true));
    }
    let kind = variable
        .kind
        .as_deref()
        .filter(|kind| ["string", "boolean", "number", "array", "object"].contains(kind));
    row.insert("type".into(), json!(kind.unwrap_or("any")));
    row.insert("value".into(), variable.value.clone());
    row.insert("key".into(), json!(variable.key));
    row.into()
}

fn unwrap(value: &Value) -> (&Value, String) {
    for wrapper in ["environment", "globals"] {
        if let Some(inner @ Value::Object(_)) = value.get(wrapper)
            && value.get("values").is_none()
        {
            return (inner, format!("/{wrapper}"));
        }
    }
    (value, String::new())
}

fn variable(row: &Value, compatibility: Compatibility) -> Option<Variable> {
    let fields = row.as_object()?;
    let key = match fields.get("key").or_else(|| fields.get("id"))? {
        Value::String(key) => key.clone(),
        Value::Number(key) => key.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    let is = |field: &str, expected: bool| fields.get(field) == Some(&Value::Bool(expected));
    Some(Variable {
        key,
        value: fields.get("value").cloned().unwrap_or(Value::Null),
        kind: fields
            .get("type")
            .and_then(Value::as_str)
            .map(str::to_owned),
        disabled: is("disabled", true)
            || (compatibility == Compatibility::Strict && is("enabled", false)),
    })
}

/// The variables of a collection's or folder's `variable` list.
pub(super) fn variables(rows: Option<&Value>) -> Vec<Variable> {
    rows.and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|row| variable(row, Compatibility::Newman))
        .collect()
}

fn not_an_environment(document: &Document, fields: &Map<String, Value>) -> Problem {
    let is = if fields.contains_key("item") && fields.contains_key("info") {
        "this is a collection"
    } else {
        "there is no list `values`"
    };
    Problem {
        code: ProblemCode::Kind,
        offset: document.offset_of(""),
        message: format!("not a Postman environment: {is}"),
        remedy: "name a file exported with Postman's «Export environment»".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Environment, Problems> {
        read_as(text, Compatibility::Strict)
    }

    fn read_as(text: &str, compatibility: Compatibility) -> Result<Environment, Problems> {
        Environment::read(
            &Document::parse("env.json", text.as_bytes()).unwrap(),
            compatibility,
        )
    }

    #[test]
    fn all_accepted_shapes_are_read() {
        let rows = r#"[{"key":"a","value":"1"}]"#;
        for text in [
            rows.to_owned(),
            format!(r#"{{"values":{rows}}}"#),
            format!(r#"{{"environment":{{"name":"n","values":{rows}}}}}"#),
        ] {
            assert_eq!(read(&text).unwrap().text("a"), Some("1"), "{text}");
        }
    }

    #[test]
    fn debug_does_not_show_secrets() {
        let text = r#"[{"key":"a","value":"s3cr3t","type":"secret"},{"key":"b","value":"plain"}]"#;
        let shown = format!("{:?}", read(text).unwrap());
        assert!(
            !shown.contains("s3cr3t") && shown.contains("plain"),
            "{shown}"
        );
    }

    #[test]
    fn enabled_false_is_honoured_unless_newman_is_copied() {
        let text = r#"{"values":[{"key":"a","value":"1","enabled":false}]}"#;
        assert_eq!(read(text).unwrap().text("a"), None);
        assert_eq!(
            read_as(text, Compatibility::Newman).unwrap().text("a"),
            Some("1")
        );
    }

    #[test]
    fn the_last_enabled_duplicate_wins() {
        let text = r#"[{"key":"a","value":"1"},{"key":"a","value":"2"},
                       {"key":"a","value":"3","disabled":true}]"#;
        assert_eq!(read(text).unwrap().text("a"), Some("2"));
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let problems = read("{\"values\":[{\"key\":\"a\"},\n 7,\n {\"value\":1}]}").unwrap_err();
        assert_eq!(
            problems.to_string(),
            "env.json:2:2: variable 2 should be an object with a `key`\n\
             env.json:3:2: variable 3 should be an object with a `key`"
        );
        let problems = read(r#"{"info":{},"item":[]}"#).unwrap_err();
        assert!(problems.to_string().contains("this is a collection"));
    }

    #[test]
    fn an_export_for_newman_is_in_newmans_words() {
        let text = r#"[{"key":"a","value":"1","disabled":true},
            {"key":"b","value":2,"type":"secret","enabled":false},{"key":"c","type":"string"}]"#;
        let exported = |compatibility| {
            read_as(text, compatibility)
                .unwrap()
                .to_value("environment")
        };
        assert_eq!(
            exported(Compatibility::Newman)["values"],
            json!([{"disabled": true, "type": "any", "value": "1", "key": "a"},
                   {"type": "any", "value": 2, "key": "b"},
                   {"type": "string", "value": null, "key": "c"}])
        );
        assert_eq!(
            exported(Compatibility::Strict)["values"][0]["enabled"],
            false
        );
    }

    #[test]
    fn an_export_keeps_what_was_not_understood() {
        let text = r#"{"id":"i","name":"n","values":[{"key":"a","value":"1","type":"secret",
                       "enabled":true}],"color":"red"}"#;
        let environment = read(text).unwrap();
        let exported = environment.to_value("environment");
        assert_eq!(exported["color"], "red");
        assert_eq!(exported["values"][0]["type"], "secret");
        let secrets: Vec<_> = environment.secrets().collect();
        assert_eq!((secrets[0].0, secrets[0].1.expose()), ("a", "1"));
    }
}
