//! URLs as Postman understands them: parts, path variables, and an encoding of its own.
//!
//! The rules are those of Postman's URL encoder (postman-url-encoder 3): the string is taken apart
//! from both ends, each part has its own set of bytes that are percent-encoded, and what is
//! already encoded is left alone. They differ from the WHATWG URL standard on purpose: `{{name}}`
//! survives in a query, `//` is kept in a path, `+` is not touched.

use regex::Regex;
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::sync::LazyLock;

use super::url_encoding::{FRAGMENT, PATH, QUERY, USER_INFORMATION, UrlEncoding, encoded_host};

/// `{{names}}` whose text would be mistaken for parts of a URL.
static RESERVED_VARIABLES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\{\{[^{}]*[.:/?#@&\]][^{}]*\}\}").expect("a constant pattern that compiles")
});

/// One row of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryRow {
    /// The name; `None` for the nothing between two `&`.
    pub key: Option<String>,
    /// The value; `None` where there is not even a `=`.
    pub value: Option<String>,
    /// Whether it is switched off.
    pub disabled: bool,
}

/// A URL in parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Url {
    /// The scheme without `://`.
    pub protocol: Option<String>,
    /// User and password before the `@`.
    pub user_information: Option<(String, Option<String>)>,
    /// The host.
    pub host: Option<String>,
    /// The port, as text: it may be unresolved.
    pub port: Option<String>,
    /// The segments of the path; `None` where the URL has none.
    pub path: Option<Vec<String>>,
    /// The query; `None` where the URL has no `?`.
    pub query: Option<Vec<QueryRow>>,
    /// The fragment without `#`.
    pub hash: Option<String>,
    /// Values of the `:name` segments.
    pub path_variables: Vec<(String, String)>,
    /// Fields that mean nothing on the wire (descriptions of path variables and the like).
    variable_rows: Vec<Value>,
}

impl Url {
    /// Takes a URL apart.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let (masked, variables) = mask(text.trim_start());
        let unmask = |part: &str| unmask(part, &variables);
        let mut rest = masked.as_str();
        let mut url = Self::default();
        if rest.is_empty() {
            return url;
        }
        if let Some((before, hash)) = rest.split_once('#') {
            url.hash = Some(unmask(hash));
            rest = before;
        }
        if let Some((before, query)) = rest.split_once('?') {
            url.query = Some(query_rows(&unmask(query)));
            rest = before;
        }
        let slashes = rest.replace('\\', "/");
        rest = &slashes;
        if let Some((protocol, after)) = rest.split_once("://") {
            url.protocol = Some(unmask(protocol));
            rest = after.trim_start_matches('/');
        }
        if let Some((before, path)) = rest.split_once('/') {
            url.path = Some(path.split('/').map(unmask).collect());
            rest = before;
        }
        if let Some((user_information, after)) = rest.rsplit_once('@') {
            url.user_information = Some(match user_information.split_once(':') {
                Some((user, password)) => (unmask(user), Some(unmask(password))),
                None => (unmask(user_information), None),
            });
            rest = after;
        }
        if let Some((before, port)) = rest.rsplit_once(':')
            && !port.contains(']')
        {
            url.port = Some(unmask(port));
            rest = before;
        }
        if !rest.is_empty() {
            url.host = Some(unmask(rest));
        }
        url
    }

    /// Reads a URL of a collection: a string, or an object whose parts count and whose `raw` does
    /// not.
    #[must_use]
    pub fn from_value(value: &Value) -> Self {
        let fields = match value {
            Value::Object(fields) => fields,
            Value::String(text) => return Self::parse(text),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
                return Self::default();
            }
        };
        let joined = |key: &str, separator: &str| -> Option<String> {
            match fields.get(key)? {
                Value::Array(parts) => {
                    Some(parts.iter().map(plain).collect::<Vec<_>>().join(separator))
                }
                Value::Null => None,
                other => Some(plain(other)),
            }
        };
        let path = match fields.get("path") {
            Some(Value::Array(segments)) => Some(segments.iter().map(plain).collect()),
            Some(Value::String(path)) if !path.is_empty() => {
                let path = path
                    .strip_prefix('/')
                    .filter(|rest| !rest.is_empty())
                    .unwrap_or(path);
                Some(if path == "/" {
                    vec![String::new()]
                } else {
                    path.split('/').map(str::to_owned).collect()
                })
            }
            _ => None,
        };
        let variable_rows: Vec<Value> = fields
            .get("variable")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        Self {
            protocol: joined("protocol", "").map(|protocol| {
                protocol
                    .strip_suffix("://")
                    .map(str::to_owned)
                    .unwrap_or(protocol)
            }),
            user_information: user_information(fields.get("auth")),
            host: joined("host", "."),
            port: joined("port", ""),
            path,
            query: query(fields.get("query")),
            hash: fields
                .get("hash")
                .and_then(Value::as_str)
                .map(str::to_owned),
            path_variables: variable_rows
                .iter()
                .filter_map(|row| {
                    let key = row.get("key").or_else(|| row.get("id"))?.as_str()?;
                    Some((key.to_owned(), row.get("value")?.as_str()?.to_owned()))
                })
                .collect(),
            variable_rows,
        }
    }

    /// The SDK's JSON form, as scripts and reports see it.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut fields = Map::new();
        let mut text = |key: &str, value: &Option<String>| {
            if let Some(value) = value {
                fields.insert(key.into(), json!(value));
            }
        };
        text("protocol", &self.protocol);
        text("port", &self.port);
        text("hash", &self.hash);
        if let Some((user, password)) = &self.user_information {
            fields.insert("auth".into(), json!({ "user": user, "password": password }));
        }
        if let Some(path) = &self.path {
            fields.insert("path".into(), json!(path));
        }
        if let Some(host) = &self.host {
            fields.insert("host".into(), json!(split_host(host)));
        }
        let rows = self.query.iter().flatten().map(|row| {
            let mut value = json!({ "key": row.key, "value": row.value });
            if row.disabled {
                value["disabled"] = json!(true);
            }
            value
        });
        fields.insert("query".into(), rows.collect());
        fields.insert("variable".into(), Value::Array(self.variable_rows.clone()));
        Value::Object(fields)
    }

    /// The URL as one string, path variables put in, nothing encoded.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        if let Some(protocol) = &self.protocol {
            text += protocol;
            text += "://";
        }
        if let Some((user, password)) = &self.user_information {
            text += user;
            if let Some(password) = password {
                text += ":";
                text += password;
            }
            text += "@";
        }
        text += self.host.as_deref().unwrap_or_default();
        if let Some(port) = &self.port {
            text += ":";
            text += port;
        }
        if self.path.is_some() {
            text += &self.path_text();
        }
        if let Some(query) = self.query_text() {
            text += "?";
            text += &query;
        }
        if let Some(hash) = &self.hash {
            text += "#";
            text += hash;
        }
        text
    }

    /// The URL as it goes on the wire: every part encoded by its own set, `http` where the scheme
    /// is missing, host in lower case.
    #[must_use]
    pub fn encoded(&self, encoding: UrlEncoding) -> String {
        let encode = |text: &str, set| encoding.encode(text, set);
        let mut text = self
            .protocol
            .as_deref()
            .map_or_else(|| "http".into(), str::to_ascii_lowercase);
        text += "://";
        if let Some((user, password)) = &self.user_information {
            text += &encode(user, USER_INFORMATION);
            if let Some(password) = password {
                text += ":";
                text += &encode(password, USER_INFORMATION);
            }
            text += "@";
        }
        text += &encoded_host(self.host.as_deref().unwrap_or_default());
        if let Some(port) = &self.port {
            text += ":";
            text += port;
        }
        text += &encode(&self.path_text(), PATH);
        if let Some(query) = self.query_text() {
            text += "?";
            text += &encode(&query, QUERY);
        }
        if let Some(hash) = &self.hash {
            text += "#";
            text += &encode(hash, FRAGMENT);
        }
        text
    }

    fn path_text(&self) -> String {
        let mut text = String::new();
        for segment in self.path.iter().flatten() {
            text += "/";
            match self.path_value(segment) {
                Some((value, suffix)) => {
                    text += value;
                    text += suffix;
                }
                None => text += segment,
            }
        }
        if text.is_empty() { "/".into() } else { text }
    }

    /// The value of a `:name` segment, and what follows the name: `.json` in `:id.json`.
    fn path_value<'a>(&'a self, segment: &'a str) -> Option<(&'a str, &'a str)> {
        let name = segment.strip_prefix(':')?;
        let name = &name[..name.find('.').unwrap_or(name.len())];
        let (_, value) = self
            .path_variables
            .iter()
            .rev()
            .find(|(key, _)| key == name)?;
        (!value.is_empty()).then(|| (value.as_str(), &segment[1 + name.len()..]))
    }

    /// The query without `?`; `None` where there is none or every row is switched off.
    fn query_text(&self) -> Option<String> {
        let rows = self.query.as_ref()?;
        let enabled: Vec<_> = rows
            .iter()
            .filter(|row| !row.disabled)
            .map(row_text)
            .collect();
        (!enabled.is_empty()).then(|| enabled.join("&"))
    }
}

fn row_text(row: &QueryRow) -> String {
    let key = protected(row.key.as_deref().unwrap_or_default(), true);
    match &row.value {
        Some(value) => format!("{key}={}", protected(value, false)),
        None => key.into_owned(),
    }
}

/// Encodes what would end a name or value, outside of `{{names}}`.
fn protected(text: &str, equals: bool) -> Cow<'_, str> {
    let reserved: &[char] = if equals {
        &['&', '#', '=']
    } else {
        &['&', '#']
    };
    if !text.contains(reserved) {
        return text.into();
    }
    let (masked, variables) = mask(text);
    let mut encoded = masked.replace('&', "%26").replace('#', "%23");
    if equals {
        encoded = encoded.replace('=', "%3D");
    }
    unmask(&encoded, &variables).into()
}

/// The first of the private characters that stand for masked `{{names}}` (Unicode's Supplementary
/// Private Use Area A).
const MASK: u32 = 0xF_0000;

/// Puts a private character in place of each `{{name}}` that holds reserved characters: the first
/// for the first name, and so on. A text that has such characters itself is left as it is.
fn mask(text: &str) -> (String, Vec<String>) {
    if text.chars().any(|character| u32::from(character) >= MASK) {
        return (text.to_owned(), Vec::new());
    }
    let mut variables = Vec::new();
    let masked = RESERVED_VARIABLES.replace_all(text, |found: &regex::Captures<'_>| {
        let place = u32::try_from(variables.len())
            .ok()
            .and_then(|index| char::from_u32(MASK + index));
        variables.push(found[0].to_owned());
        place.map_or_else(|| found[0].to_owned(), String::from)
    });
    (masked.into_owned(), variables)
}

/// Undoes [`mask`] in a part of the text.
fn unmask(part: &str, variables: &[String]) -> String {
    if variables.is_empty() {
        return part.to_owned();
    }
    let mut text = String::new();
    for character in part.chars() {
        let index = u32::from(character)
            .checked_sub(MASK)
            .and_then(|index| usize::try_from(index).ok());
        match index.and_then(|index| variables.get(index)) {
            Some(variable) => text += variable,
            None => text.push(character),
        }
    }
    text
}

fn query_rows(query: &str) -> Vec<QueryRow> {
    let parts: Vec<_> = query.split('&').collect();
    let last = parts.len() - 1;
    parts
        .iter()
        .enumerate()
        .map(|(index, part)| {
            let (key, value) = match part.split_once('=') {
                Some((key, value)) => (Some(key.to_owned()), Some(value.to_owned())),
                None if part.is_empty() && index != last => (None, None),
                None => (Some((*part).to_owned()), None),
            };
            QueryRow {
                key,
                value,
                disabled: false,
            }
        })
        .collect()
}

fn query(value: Option<&Value>) -> Option<Vec<QueryRow>> {
    let row = |key: Option<&Value>, value: Option<&Value>, disabled| QueryRow {
        key: key.filter(|key| !key.is_null()).map(plain),
        value: value.filter(|value| !value.is_null()).map(plain),
        disabled,
    };
    match value? {
        Value::String(text) => Some(query_rows(text)),
        Value::Array(rows) if !rows.is_empty() => Some(
            rows.iter()
                .map(|value| match value {
                    Value::String(text) => query_rows(text).swap_remove(0),
                    other => row(
                        other.get("key"),
                        other.get("value"),
                        other.get("disabled") == Some(&Value::Bool(true)),
                    ),
                })
                .collect(),
        ),
        Value::Object(fields) if !fields.is_empty() => Some(
            fields
                .iter()
                .map(|(key, value)| row(Some(&json!(key)), Some(value), false))
                .collect(),
        ),
        _ => None,
    }
}

fn user_information(value: Option<&Value>) -> Option<(String, Option<String>)> {
    let fields = value?.as_object()?;
    let text = |key: &str| fields.get(key).and_then(Value::as_str).map(str::to_owned);
    let (user, password) = (text("user"), text("password"));
    (user.is_some() || password.is_some()).then(|| (user.unwrap_or_default(), password))
}

/// The labels of a host; a `{{name.with.dots}}` is one label.
fn split_host(host: &str) -> Vec<String> {
    let (masked, variables) = mask(host);
    masked
        .split('.')
        .map(|label| unmask(label, &variables))
        .collect()
}

/// A scalar as text; what JavaScript's `String()` gives for the kinds that occur.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(fields) => fields.get("value").map(plain).unwrap_or_default(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_encoded_as_postman_encodes_them() {
        // Probed at a server behind newman 6.2.2 (spec of the formats, 4.4).
        let table = [
            (
                "h/a b/{{nope}}/p v/7?q=deep&e=ü&sp=a b&pl=a+b&amp=x%26y&un={{nope}}&n",
                "http://h/a%20b/%7B%7Bnope%7D%7D/p%20v/7?q=deep&e=%C3%BC&sp=a%20b&pl=a+b&amp=x%26y&un={{nope}}&n",
            ),
            ("HTTPS://EXAMPLE.com", "https://example.com/"),
            ("http:\\\\h\\x", "http://h/x"),
            ("http:////h//x", "http://h//x"),
            ("u s:p@w@h:81/?#f g", "http://u%20s:p%40w@h:81/?#f%20g"),
            ("h?a=b&&c=", "http://h/?a=b&&c="),
            ("h/%41?x=%zz", "http://h/%41?x=%zz"),
            ("bücher.example/", "http://xn--bcher-kva.example/"),
            ("[::1]:80/x", "http://[::1]:80/x"),
            ("h?q={{a.b/c?d}}", "http://h/?q={{a.b/c?d}}"),
            (
                "{{a.b}}/x?q={{c.d}}#{{e.f}}",
                "http://{{a.b}}/x?q={{c.d}}#{{e.f}}",
            ),
        ];
        for (written, sent) in table {
            assert_eq!(
                Url::parse(written).encoded(UrlEncoding::Postman),
                sent,
                "{written}"
            );
        }
    }

    #[test]
    fn path_variables_take_only_texts_that_are_not_empty() {
        let url = |variable: Value| {
            Url::from_value(
                &json!({"host": ["h"], "path": ["a", ":id.json"], "variable": [variable]}),
            )
            .encoded(UrlEncoding::Postman)
        };
        assert_eq!(
            url(json!({"key": "id", "value": "7/8"})),
            "http://h/a/7/8.json"
        );
        assert_eq!(url(json!({"id": "id", "value": "7"})), "http://h/a/7.json");
        assert_eq!(
            url(json!({"key": "id", "value": ""})),
            "http://h/a/:id.json"
        );
        assert_eq!(url(json!({"key": "id", "value": 7})), "http://h/a/:id.json");
    }

    #[test]
    fn the_parts_count_and_raw_does_not() {
        let url = Url::from_value(&json!({
            "raw": "http://wrong/", "protocol": "https", "host": "{{h}}", "path": "/x/y",
            "query": [{"key": "a", "value": "1", "disabled": true}, {"key": "b", "value": null}]
        }));
        assert_eq!(url.text(), "https://{{h}}/x/y?b");
    }

    #[test]
    fn a_query_whose_rows_are_all_disabled_leaves_no_question_mark() {
        let url = Url::from_value(&json!({"host": "h", "query": [{"key": "a", "disabled": true}]}));
        assert_eq!(url.encoded(UrlEncoding::Postman), "http://h/");
    }

    #[test]
    fn values_are_protected_and_encoding_can_be_switched_off() {
        let url =
            Url::from_value(&json!({"host": "h", "query": [{"key": "a=b", "value": "c&d=e"}]}));
        assert_eq!(url.encoded(UrlEncoding::Postman), "http://h/?a%3Db=c%26d=e");
        assert_eq!(
            Url::parse("h/a b").encoded(UrlEncoding::Off),
            "http://h/a b"
        );
    }

    #[test]
    fn every_url_survives_its_json_form() {
        for text in [
            "https://u:p@a.b.c:8/x//y?z=1&w#h",
            "{{base.url}}/x",
            "",
            "h?",
            "{{a}}",
        ] {
            let url = Url::parse(text);
            assert_eq!(
                Url::from_value(&url.to_value()).text(),
                url.text(),
                "{text}"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC*") {
            let _ = Url::parse(&text).encoded(UrlEncoding::Postman);
        }
    }
}
