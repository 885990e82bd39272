//! Redaction inside of JSON: texts are changed, names, numbers and the fields that give a document
//! its form are not. A secret that happens to be `exchange` or `20260101` must not destroy a
//! history in which that word or number has a meaning of its own.

use serde_json::Value;

/// Changes every text in `value` by `redact`, except the values of the fields that `keep` names.
pub fn redact_texts(value: &mut Value, redact: &dyn Fn(&str) -> String, keep: &[&str]) {
    match value {
        Value::String(text) => *text = redact(text),
        Value::Array(items) => {
            for item in items {
                redact_texts(item, redact, keep);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                if !(keep.contains(&name.as_str()) && field.is_string()) {
                    redact_texts(field, redact, keep);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_texts_are_changed_and_not_those_that_are_kept() {
        let mut value =
            json!({"kind": "s", "n": 5, "list": ["s", {"kind": {"deep": "s"}}], "s": true});
        redact_texts(&mut value, &|_| "…".to_owned(), &["kind"]);
        assert_eq!(
            value,
            json!({"kind": "s", "n": 5, "list": ["…", {"kind": {"deep": "…"}}], "s": true})
        );
    }
}
