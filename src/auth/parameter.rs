//! The parameters of a scheme, in either form.

use serde_json::Value;

/// The parameters of one scheme: v2.1 has a list of `{key, value}`, v2.0 a map.
#[derive(Clone, Copy)]
pub(super) struct Parameters<'a>(&'a Value);

impl<'a> Parameters<'a> {
    /// Those that stand under the name of the scheme.
    pub(super) fn of(auth: &'a Value, scheme: &str) -> Self {
        Self(auth.get(scheme).unwrap_or(&Value::Null))
    }

    /// The value of `key`; of several in a list the last counts.
    fn value(self, key: &str) -> Option<&'a Value> {
        match self.0 {
            Value::Array(list) => list
                .iter()
                .rfind(|parameter| parameter["key"] == key)
                .and_then(|parameter| parameter.get("value")),
            Value::Object(map) => map.get(key),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        }
    }

    /// Whether `key` is on, as JavaScript sees it: a text is, unless it is empty or says `false`.
    pub(super) fn is_true(self, key: &str) -> bool {
        match self.value(key) {
            Some(Value::Bool(value)) => *value,
            Some(Value::String(text)) => !text.is_empty() && text != "false",
            Some(Value::Number(number)) => number.as_f64() != Some(0.0),
            Some(Value::Array(_) | Value::Object(_)) => true,
            Some(Value::Null) | None => false,
        }
    }

    /// The text of `key`, where it has a value, an empty one too.
    pub(super) fn given(self, key: &str) -> Option<String> {
        self.value(key).filter(|value| !value.is_null())?;
        self.text(key)
    }

    /// The text of `key`; of several in a list the last counts.
    pub(super) fn text(self, key: &str) -> Option<String> {
        let value = self.value(key)?;
        Some(match value {
            Value::String(text) => text.clone(),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_) => value.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_forms_are_read_and_the_last_duplicate_counts() {
        let list = json!({"bearer": [
            {"key": "token", "value": "one"},
            {"key": "token", "value": "two"},
            {"key": "number", "value": 5},
            {"key": "nothing", "value": null},
            {"key": "undefined"},
        ]});
        let parameters = Parameters::of(&list, "bearer");
        assert_eq!(parameters.text("token").as_deref(), Some("two"));
        assert_eq!(parameters.text("number").as_deref(), Some("5"));
        assert_eq!(parameters.text("nothing").as_deref(), Some("null"));
        assert_eq!(parameters.text("undefined"), None);
        let switches =
            json!({"x": {"a": true, "b": "false", "c": "true", "d": 0, "e": "", "f": null}});
        let switches = Parameters::of(&switches, "x");
        let on = ["a", "b", "c", "d", "e", "f", "g"].map(|key| switches.is_true(key));
        assert_eq!(on, [true, false, true, false, false, false, false]);
        assert_eq!(
            (switches.given("e").as_deref(), switches.given("f")),
            (Some(""), None)
        );
        let map = json!({"bearer": {"token": "three"}});
        assert_eq!(
            Parameters::of(&map, "bearer").text("token").as_deref(),
            Some("three")
        );
        assert_eq!(Parameters::of(&map, "basic").text("token"), None);
    }
}
