//! One list of variables.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use std::fmt;

use super::text::{json_number, number_of, number_text, text_of, truth_of};

/// One variable as it is stored.
#[derive(Clone, PartialEq)]
pub struct Entry {
    /// The name.
    pub key: String,
    /// The value as written; it is cast to its kind when it is read.
    pub value: Value,
    /// The declared type: `string`, `number`, `boolean`, `array`, `object` are cast; `any`,
    /// `secret`, `default` and whatever else is written are not.
    pub kind: Option<String>,
    /// Whether it is treated as absent.
    pub disabled: bool,
}

impl fmt::Debug for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secret = self.kind.as_deref() == Some("secret");
        let value: &dyn fmt::Debug = if secret { &"…" } else { &self.value };
        formatter
            .debug_struct("Entry")
            .field("key", &self.key)
            .field("value", value)
            .field("kind", &self.kind)
            .field("disabled", &self.disabled)
            .finish()
    }
}

impl Entry {
    /// An enabled entry without a declared type.
    pub fn new(key: impl Into<String>, value: impl Into<Value>) -> Self {
        Self {
            key: key.into(),
            value: value.into(),
            kind: None,
            disabled: false,
        }
    }

    /// The value, cast; nothing where JavaScript has `undefined`: what is declared an array or an
    /// object and is none. `NaN` is `null`.
    #[must_use]
    pub fn read(&self) -> Option<Value> {
        match self.kind.as_deref() {
            Some("string") => Some(text_of(&self.value).into()),
            Some("number") => Some(json_number(number_of(&self.value))),
            Some("boolean") => Some(truth_of(&self.value).into()),
            Some("array") => structure(&self.value).filter(Value::is_array),
            Some("object") => structure(&self.value).filter(Value::is_object),
            Some(_) | None => Some(self.value.clone()),
        }
    }

    /// What stands in a text where the variable is named.
    #[must_use]
    pub fn text(&self) -> String {
        if self.kind.as_deref() == Some("number") {
            return number_text(number_of(&self.value));
        }
        self.read().as_ref().map(text_of).unwrap_or_default()
    }

    /// Stores a value in the form that the kind asks for.
    fn store(&mut self, value: Value) {
        self.value = match self.kind.as_deref() {
            Some("string") => text_of(&value).into(),
            Some("number") => json_number(number_of(&value)),
            Some("boolean") => truth_of(&value).into(),
            Some("array" | "object") if value.is_array() || value.is_object() => {
                value.to_string().into()
            }
            Some(_) | None => value,
        };
    }
}

/// The shape that newman exports: `{"type":"any","value":1,"key":"a"}`.
impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if self.disabled {
            map.serialize_entry("disabled", &true)?;
        }
        map.serialize_entry("type", self.kind.as_deref().unwrap_or("any"))?;
        map.serialize_entry("value", &self.value)?;
        map.serialize_entry("key", &self.key)?;
        map.end()
    }
}

/// An array or object, or a text that is the JSON of one.
fn structure(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) => serde_json::from_str(text).ok(),
        Value::Array(_) | Value::Object(_) => Some(value.clone()),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// An ordered list of variables. Of several enabled ones with one name the last counts; disabled
/// ones are never read, overwritten or removed one by one.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Scope(Vec<Entry>);

impl Scope {
    /// No variables.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The variables in order, disabled ones too.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// The entry that counts for `key`.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.0
            .iter()
            .rfind(|entry| !entry.disabled && entry.key == key)
    }

    /// The value of `key`, cast to its kind.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Value> {
        self.entry(key).and_then(Entry::read)
    }

    /// Whether there is an enabled variable `key`.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    /// Sets `key`, keeping the place and kind of the entry that counts unless a kind is given; a
    /// new variable goes to the end.
    pub fn set(&mut self, key: &str, value: Value, kind: Option<&str>) {
        let place = self
            .0
            .iter()
            .rposition(|entry| !entry.disabled && entry.key == key)
            .unwrap_or_else(|| {
                self.0.push(Entry::new(key, Value::Null));
                self.0.len() - 1
            });
        let entry = &mut self.0[place];
        if let Some(kind) = kind {
            entry.kind = Some(kind.to_owned());
        }
        entry.store(value);
    }

    /// Removes every enabled variable `key`.
    pub fn unset(&mut self, key: &str) {
        self.0.retain(|entry| entry.disabled || entry.key != key);
    }

    /// Removes everything, disabled ones too.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// All values by name. Disabled ones are included and the last of several counts, enabled or
    /// not: that is what `toObject()` gives in newman.
    #[must_use]
    pub fn to_object(&self) -> Map<String, Value> {
        let mut object = Map::new();
        for entry in &self.0 {
            if let Some(value) = entry.read() {
                object.insert(entry.key.clone(), value);
            }
        }
        object
    }
}

impl FromIterator<Entry> for Scope {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

/// One row of iteration data.
impl From<Map<String, Value>> for Scope {
    fn from(row: Map<String, Value>) -> Self {
        row.into_iter()
            .map(|(key, value)| Entry::new(key, value))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scope(entries: Value) -> Scope {
        entries
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| Entry {
                key: entry["key"].as_str().unwrap().into(),
                value: entry["value"].clone(),
                kind: entry["type"].as_str().map(str::to_owned),
                disabled: entry["disabled"] == true,
            })
            .collect()
    }

    fn duplicates() -> Scope {
        scope(json!([
            {"key": "dup", "value": "1"},
            {"key": "dup", "value": "2"},
            {"key": "dup", "value": "3", "disabled": true},
            {"key": "off", "value": "D", "disabled": true},
        ]))
    }

    #[test]
    fn the_last_enabled_duplicate_counts() {
        assert_eq!(duplicates().get("dup"), Some(json!("2")));
        assert_eq!(duplicates().get("off"), None);
        assert!(!duplicates().has("off"));
    }

    #[test]
    fn disabled_entries_are_neither_overwritten_nor_unset() {
        let mut scope = duplicates();
        scope.set("dup", json!("new"), None);
        scope.set("off", json!("new"), None);
        assert_eq!(
            serde_json::to_value(&scope).unwrap(),
            json!([
                {"type": "any", "value": "1", "key": "dup"},
                {"type": "any", "value": "new", "key": "dup"},
                {"disabled": true, "type": "any", "value": "3", "key": "dup"},
                {"disabled": true, "type": "any", "value": "D", "key": "off"},
                {"type": "any", "value": "new", "key": "off"},
            ])
        );
        scope.unset("dup");
        scope.unset("off");
        assert_eq!(scope.entries().len(), 2);
        assert!(scope.entries().iter().all(|entry| entry.disabled));
        scope.clear();
        assert!(scope.entries().is_empty());
    }

    #[test]
    fn values_are_cast_when_they_are_read() {
        // kind, value, read, text
        let table = [
            ("number", json!("1.50"), Some(json!(1.5)), "1.5"),
            ("number", json!(""), Some(json!(0)), "0"),
            ("number", json!("abc"), Some(json!(null)), "NaN"),
            ("number", json!([]), Some(json!(0)), "0"),
            ("number", json!(true), Some(json!(1)), "1"),
            ("boolean", json!("false"), Some(json!(true)), "true"),
            ("boolean", json!(""), Some(json!(false)), "false"),
            ("boolean", json!(0), Some(json!(false)), "false"),
            ("boolean", json!([]), Some(json!(true)), "true"),
            ("string", json!(5), Some(json!("5")), "5"),
            ("string", json!([1, 2]), Some(json!("1,2")), "1,2"),
            ("string", json!(null), Some(json!("null")), "null"),
            ("array", json!("[1,2]"), Some(json!([1, 2])), "1,2"),
            ("array", json!([1]), Some(json!([1])), "1"),
            ("array", json!("abc"), None, ""),
            ("array", json!({"a": 1}), None, ""),
            (
                "object",
                json!("{\"x\":1}"),
                Some(json!({"x": 1})),
                "[object Object]",
            ),
            ("object", json!("{oops"), None, ""),
            ("object", json!([1]), None, ""),
            ("any", json!(5), Some(json!(5)), "5"),
            ("secret", json!("5"), Some(json!("5")), "5"),
            (
                "weird",
                json!({"a": 1}),
                Some(json!({"a": 1})),
                "[object Object]",
            ),
        ];
        for (kind, value, read, text) in table {
            let entry = Entry {
                kind: Some(kind.into()),
                ..Entry::new("k", value.clone())
            };
            assert_eq!(entry.read(), read, "{kind} {value}");
            assert_eq!(entry.text(), text, "{kind} {value}");
        }
    }

    #[test]
    fn a_set_keeps_the_kind_unless_another_is_given() {
        let mut scope = scope(json!([
            {"key": "n", "value": "1", "type": "number"},
            {"key": "s", "value": "1", "type": "string"},
            {"key": "o", "value": "{}", "type": "object"},
            {"key": "a", "value": "1"},
        ]));
        scope.set("n", json!("7"), None);
        scope.set("s", json!(7), None);
        scope.set("o", json!({"y": 2}), None);
        scope.set("a", json!(9), Some("string"));
        scope.set("fresh", json!("5"), Some("number"));
        assert_eq!(
            serde_json::to_value(&scope).unwrap(),
            json!([
                {"type": "number", "value": 7, "key": "n"},
                {"type": "string", "value": "7", "key": "s"},
                {"type": "object", "value": "{\"y\":2}", "key": "o"},
                {"type": "string", "value": "9", "key": "a"},
                {"type": "number", "value": 5, "key": "fresh"},
            ])
        );
        assert_eq!(scope.get("o"), Some(json!({"y": 2})));
    }

    #[test]
    fn the_object_form_includes_disabled_entries_as_in_newman() {
        assert_eq!(
            Value::Object(duplicates().to_object()),
            json!({"dup": "3", "off": "D"})
        );
    }
}
