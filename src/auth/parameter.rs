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

    /// The text of `key`; of several in a list the last counts.
    pub(super) fn text(self, key: &str) -> Option<String> {
        let value = match self.0 {
            Value::Array(list) => list
                .iter()
                .rfind(|parameter| parameter["key"] == key)
                .and_then(|parameter| parameter.get("value")),
            Value::Object(map) => map.get(key),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        }?;
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
        let map = json!({"bearer": {"token": "three"}});
        assert_eq!(
            Parameters::of(&map, "bearer").text("token").as_deref(),
            Some("three")
        );
        assert_eq!(Parameters::of(&map, "basic").text("token"), None);
    }
}
