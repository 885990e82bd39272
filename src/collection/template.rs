//! A request as the collection has it: unresolved, unsigned, in one normal form.

use serde_json::{Map, Value, json};

use super::Url;

/// A request of a collection in the SDK's JSON form: `url` an object, `header` a list of rows,
/// `method` in upper case. Nothing in it is resolved, so nothing in it can be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestTemplate(Value);

/// One row of a header list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderRow {
    /// The name.
    pub key: String,
    /// The value.
    pub value: String,
    /// Whether it is switched off.
    pub disabled: bool,
}

impl RequestTemplate {
    /// Brings `request` (a URL string or an object of v2.0 or v2.1) into the normal form.
    #[must_use]
    pub fn new(request: &Value) -> Self {
        let mut fields = match request {
            Value::Object(fields) => fields.clone(),
            Value::String(url) => Map::from_iter([("url".into(), json!(url))]),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => Map::new(),
        };
        let url = Url::from_value(fields.get("url").unwrap_or(&Value::Null));
        fields.insert("url".into(), url.to_value());
        let method = fields
            .get("method")
            .and_then(Value::as_str)
            .unwrap_or("GET");
        let method = if method.is_empty() {
            "GET".into()
        } else {
            method.to_uppercase()
        };
        fields.insert("method".into(), json!(method));
        let rows = header_rows(fields.get("header"));
        fields.insert("header".into(), rows);
        Self(Value::Object(fields))
    }

    /// The SDK's JSON form.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// The URL in parts.
    #[must_use]
    pub fn url(&self) -> Url {
        Url::from_value(&self.0["url"])
    }

    /// The method, in upper case.
    #[must_use]
    pub fn method(&self) -> &str {
        self.0["method"].as_str().unwrap_or("GET")
    }

    /// The header rows, disabled ones included.
    pub fn headers(&self) -> impl Iterator<Item = HeaderRow> + '_ {
        self.0["header"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|row| {
                let text = |key: &str| match row.get(key) {
                    Some(Value::String(text)) => text.clone(),
                    None => String::new(),
                    // `null` too is a text on the wire (newman).
                    Some(other) => other.to_string(),
                };
                let key = text("key");
                (!key.is_empty() && key != "null").then(|| HeaderRow {
                    key,
                    value: text("value"),
                    disabled: row.get("disabled") == Some(&Value::Bool(true)),
                })
            })
    }

    /// The body object, where there is one that is not switched off or empty.
    #[must_use]
    pub fn body(&self) -> Option<&Map<String, Value>> {
        let body = self.0.get("body")?.as_object()?;
        (body.get("disabled") != Some(&Value::Bool(true))).then_some(body)
    }

    /// The kind of the body.
    #[must_use]
    pub fn body_mode(&self) -> Option<&str> {
        self.body()?.get("mode")?.as_str()
    }

    /// The request's own auth, where it has one.
    #[must_use]
    pub fn auth(&self) -> Option<&Value> {
        self.0.get("auth").filter(|auth| is_auth(auth))
    }
}

/// Whether `auth` says anything: `null` and an object without a type do not.
pub(super) fn is_auth(auth: &Value) -> bool {
    auth.get("type")
        .and_then(Value::as_str)
        .is_some_and(|kind| !kind.is_empty())
}

fn header_rows(header: Option<&Value>) -> Value {
    match header {
        Some(Value::String(text)) => text
            .lines()
            .filter_map(|line| {
                let (key, value) = line.split_once(':').unwrap_or((line, ""));
                let key = key.trim();
                (!key.is_empty()).then(|| json!({ "key": key, "value": value.trim() }))
            })
            .collect(),
        Some(Value::Array(rows)) => rows
            .iter()
            .flat_map(|row| match row {
                Value::String(_) => header_rows(Some(row))
                    .as_array()
                    .cloned()
                    .unwrap_or_default(),
                Value::Object(_) => vec![row.clone()],
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => Vec::new(),
            })
            .collect(),
        Some(Value::Object(fields)) => fields
            .iter()
            .map(|(key, value)| json!({ "key": key, "value": value }))
            .collect(),
        _ => json!([]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_url_is_a_get() {
        let template = RequestTemplate::new(&json!("https://h/x"));
        assert_eq!(
            (template.method(), template.url().text().as_str()),
            ("GET", "https://h/x")
        );
    }

    #[test]
    fn headers_are_read_from_text_rows_and_maps() {
        for header in [
            json!("A: 1\nB:2"),
            json!([{"key": "A", "value": "1"}, "B: 2"]),
            json!({"A": "1", "B": "2"}),
        ] {
            let template = RequestTemplate::new(&json!({"header": header}));
            let rows: Vec<_> = template.headers().map(|row| (row.key, row.value)).collect();
            assert_eq!(rows, [("A".into(), "1".into()), ("B".into(), "2".into())]);
        }
    }
}
