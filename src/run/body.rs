//! Bodies: from the modes of a collection to bytes.

use std::path::Path;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::json_text::{is_json_type, without_comments};
use super::media_type::media_type_of;
use crate::base::Random;
use crate::collection::encode_query_value;

/// Reads the files that a body names. The runner is given one; it decides which folders may be
/// read.
pub trait FileReader {
    /// The bytes of the file that the collection calls `path`.
    fn read(&self, path: &Path) -> std::io::Result<Bytes>;
}

/// What a file is that nobody knows.
const UNKNOWN: &str = "application/octet-stream";

/// What is encoded in a name that is not Latin (RFC 8187 §3.2.1).
const FILE_NAME: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'|')
    .remove(b'`')
    .remove(b'^');

/// Base64 without padding, whose last bits may be anything.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// A body with what it says of itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct BuiltBody {
    pub(super) bytes: Bytes,
    /// The `Content-Type` that goes with it where the request names none.
    pub(super) content_type: Option<String>,
    /// Files that could not be read; their parts are left out, as newman does.
    pub(super) warnings: Vec<String>,
}

/// What surrounds a body while it is built.
pub(super) struct BodyContext<'a> {
    pub(super) files: &'a dyn FileReader,
    pub(super) chance: &'a mut Random,
    /// The request's own `Content-Type`.
    pub(super) content_type: Option<&'a str>,
    /// The same, even where it is switched off: newman asks it whether a text is JSON.
    pub(super) declared_type: Option<&'a str>,
}

/// Builds the body of a resolved request; `None` where there is nothing to send.
pub(super) fn build(body: &Map<String, Value>, context: &mut BodyContext<'_>) -> Option<BuiltBody> {
    let mode = body.get("mode").and_then(Value::as_str)?;
    let content = body.get(mode)?;
    // A query that is not there is an empty one, and all else that is not there is no body.
    if mode != "graphql" && is_nothing(content) {
        return None;
    }
    match mode {
        "raw" => Some(raw(body, content, context.declared_type)),
        "urlencoded" => urlencoded_pairs(content).map(|pairs| urlencoded(&pairs)),
        "formdata" if enabled(content).next().is_none() => None,
        "formdata" => Some(form_data(content, context)),
        "file" => Some(file(content, context)),
        "graphql" => Some(graphql(content)),
        _ => None,
    }
}

fn is_nothing(content: &Value) -> bool {
    match content {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(rows) => rows.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

fn raw(body: &Map<String, Value>, content: &Value, declared_type: Option<&str>) -> BuiltBody {
    let language = body
        .get("options")
        .and_then(|options| options.pointer("/raw/language"))
        .and_then(Value::as_str);
    let content_type = match language {
        Some("json") => "application/json",
        Some("xml") => "application/xml",
        Some("html") => "text/html",
        Some("javascript") => "application/javascript",
        _ => "text/plain",
    };
    let text = match content {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let is_json = language.map_or_else(
        || declared_type.is_some_and(is_json_type),
        |language| language == "json",
    );
    let text = if is_json {
        without_comments(&text)
    } else {
        text
    };
    BuiltBody {
        bytes: text.into(),
        content_type: Some(content_type.into()),
        warnings: Vec::new(),
    }
}

/// Name and value of a row that is not switched off.
fn enabled(content: &Value) -> impl Iterator<Item = &Map<String, Value>> {
    content
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .filter(|row| row.get("disabled") != Some(&Value::Bool(true)))
}

fn field<'a>(row: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    row.get(name).and_then(Value::as_str)
}

/// A value as text: what is none is JSON.
fn plain(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

/// Names and values of a form that is no upload; `None` where every row is switched off.
pub(super) fn urlencoded_pairs(content: &Value) -> Option<Vec<(String, String)>> {
    let pairs: Vec<_> = match content {
        Value::String(text) => text
            .split('&')
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect(),
        rows => enabled(rows)
            .map(|row| {
                let value = match row.get("value") {
                    Some(Value::Object(_)) => String::new(),
                    value => plain(value),
                };
                (plain(row.get("key")), value)
            })
            .collect(),
    };
    (!pairs.is_empty()).then_some(pairs)
}

/// A form as newman writes it: repeated names stand at the place of the first, and names that are
/// numbers before all others, as in every object of JavaScript.
pub(super) fn urlencoded(pairs: &[(String, String)]) -> BuiltBody {
    let mut fields: indexmap::IndexMap<&str, Vec<&str>> = indexmap::IndexMap::new();
    for (key, value) in pairs {
        fields.entry(key).or_default().push(value);
    }
    let index = |key: &str| -> Option<u32> {
        let number: u32 = key.parse().ok()?;
        (number.to_string() == key && number < u32::MAX).then_some(number)
    };
    fields.sort_by(|one, _, other, _| match (index(one), index(other)) {
        (Some(one), Some(other)) => one.cmp(&other),
        (Some(_), None) => std::cmp::Ordering::Less,
        (None, Some(_)) => std::cmp::Ordering::Greater,
        (None, None) => std::cmp::Ordering::Equal,
    });
    let pairs: Vec<_> = fields
        .iter()
        .flat_map(|(key, values)| values.iter().map(move |value| (key, value)))
        .map(|(key, value)| format!("{}={}", encode_query_value(key), encode_query_value(value)))
        .collect();
    BuiltBody {
        bytes: pairs.join("&").into(),
        content_type: Some("application/x-www-form-urlencoded".into()),
        warnings: Vec::new(),
    }
}

fn form_data(content: &Value, context: &mut BodyContext<'_>) -> BuiltBody {
    let boundary = if let Some(own) = context.content_type.and_then(boundary_of) {
        own.to_owned()
    } else {
        let digits: String = (0..24)
            .map(|_| char::from(b'0' + digit(context.chance)))
            .collect();
        format!("--------------------------{digits}")
    };
    let mut body = Vec::new();
    let mut warnings = Vec::new();
    for row in enabled(content) {
        let key = plain(row.get("key"));
        if field(row, "type") == Some("file") && row.get("value").is_none_or(Value::is_null) {
            let sources: Vec<&str> = match row.get("src") {
                Some(Value::String(source)) if !source.is_empty() => vec![source],
                Some(Value::Array(sources)) => sources.iter().filter_map(Value::as_str).collect(),
                _ => Vec::new(),
            };
            if sources.is_empty() {
                // newman sends a file without name and content.
                warnings.push(load_error(&key, "missing file source"));
                let name = field(row, "fileName").unwrap_or_default();
                let kind = field(row, "contentType").map(str::to_owned);
                let kind = kind.or_else(|| media_type_of(name).map(str::to_owned));
                part(&mut body, &boundary, &key, Some(name), kind.as_deref(), b"");
            }
            for source in sources {
                match context.files.read(Path::new(source)) {
                    Ok(bytes) => {
                        let base = Path::new(source)
                            .file_name()
                            .map(|name| name.to_string_lossy());
                        let name = field(row, "fileName").map(Into::into).or(base);
                        let kind = field(row, "contentType")
                            .or_else(|| media_type_of(source))
                            .or_else(|| media_type_of(name.as_deref().unwrap_or_default()))
                            .unwrap_or(UNKNOWN)
                            .to_owned();
                        part(
                            &mut body,
                            &boundary,
                            &key,
                            name.as_deref(),
                            Some(&kind),
                            &bytes,
                        );
                    }
                    Err(error) => {
                        warnings.push(load_error(&key, &error.to_string()));
                    }
                }
            }
        } else {
            let (value, unknown) = if field(row, "type") == Some("file") {
                (base64_bytes(&plain(row.get("value"))), Some(UNKNOWN))
            } else {
                (plain(row.get("value")).into_bytes(), None)
            };
            let name = field(row, "fileName");
            let kind = field(row, "contentType").or_else(|| name.and_then(media_type_of));
            part(&mut body, &boundary, &key, name, kind.or(unknown), &value);
        }
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    BuiltBody {
        bytes: body.into(),
        content_type: Some(format!("multipart/form-data; boundary={boundary}")),
        warnings,
    }
}

/// The bytes of a file that stands in the collection itself, read as Node reads base64.
fn base64_bytes(text: &str) -> Vec<u8> {
    let sextets: String = text
        .chars()
        .take_while(|character| *character != '=')
        .filter_map(|character| match character {
            '-' => Some('+'),
            '_' => Some('/'),
            _ if character.is_ascii_alphanumeric() || matches!(character, '+' | '/') => {
                Some(character)
            }
            _ => None,
        })
        .collect();
    // A lone last character holds no whole byte.
    let whole = if sextets.len() % 4 == 1 {
        &sextets[..sextets.len() - 1]
    } else {
        &sextets
    };
    LENIENT.decode(whole).unwrap_or_default()
}

fn load_error(key: &str, error: &str) -> String {
    format!("Form param `{key}`, file load error: {error}")
}

/// The boundary that a `Content-Type` of the user's sets.
pub(super) fn boundary_of(content_type: &str) -> Option<&str> {
    let parameters = content_type.strip_prefix("multipart/form-data;")?;
    let (_, value) = parameters.split_once("boundary=")?;
    let value = match value.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => value.split(';').next(),
    };
    value.filter(|value| !value.is_empty())
}

fn part(
    body: &mut Vec<u8>,
    boundary: &str,
    key: &str,
    file_name: Option<&str>,
    content_type: Option<&str>,
    bytes: &[u8],
) {
    let mut head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{key}\"");
    if let Some(name) = file_name {
        head += &format!("; filename=\"{name}\"");
        if name.chars().any(|character| u32::from(character) > 0xff) {
            head += &format!(
                "; filename*=UTF-8''{}",
                utf8_percent_encode(name, FILE_NAME)
            );
        }
    }
    head += "\r\n";
    if let Some(content_type) = content_type {
        head += &format!("Content-Type: {content_type}\r\n");
    }
    head += "\r\n";
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n");
}

fn digit(chance: &mut Random) -> u8 {
    u8::try_from(chance.between(0, 9)).expect("a decimal digit fits a byte")
}

fn file(content: &Value, context: &BodyContext<'_>) -> BuiltBody {
    if let Some(text) = content.get("content").and_then(Value::as_str) {
        return BuiltBody {
            bytes: base64_bytes(text).into(),
            ..BuiltBody::default()
        };
    }
    let source = match content {
        Value::String(source) => Some(source.as_str()),
        other => other.get("src").and_then(Value::as_str),
    };
    let Some(source) = source else {
        return BuiltBody::default();
    };
    match context.files.read(Path::new(source)) {
        Ok(bytes) => BuiltBody {
            bytes,
            content_type: Some(media_type_of(source).unwrap_or(UNKNOWN).into()),
            warnings: Vec::new(),
        },
        Err(error) => BuiltBody {
            warnings: vec![format!("Binary file load error: {error}")],
            ..BuiltBody::default()
        },
    }
}

fn graphql(content: &Value) -> BuiltBody {
    let mut fields = Vec::new();
    for name in ["query", "operationName", "variables"] {
        match (name, content.get(name)) {
            // Text variables are JSON already, good or bad.
            ("variables", Some(Value::String(text))) if text.is_empty() => {}
            ("variables", Some(Value::String(text))) => {
                fields.push(format!("\"variables\":{text}"));
            }
            (name, Some(value)) => fields.push(format!("\"{name}\":{value}")),
            (_, None) => {}
        }
    }
    BuiltBody {
        bytes: format!("{{{}}}", fields.join(",")).into(),
        content_type: Some("application/json".into()),
        warnings: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::base::Seed;

    struct Files;

    impl FileReader for Files {
        fn read(&self, path: &Path) -> std::io::Result<Bytes> {
            if path == Path::new("a.json") {
                Ok("{}".into())
            } else {
                Err(std::io::ErrorKind::NotFound.into())
            }
        }
    }

    fn built(body: Value, content_type: Option<&str>) -> Option<BuiltBody> {
        let mut chance = Random::from_seed(Seed(1));
        let mut context = BodyContext {
            files: &Files,
            chance: &mut chance,
            content_type,
            declared_type: content_type,
        };
        build(body.as_object().unwrap(), &mut context)
    }

    fn text(body: Value) -> String {
        String::from_utf8(built(body, None).unwrap().bytes.to_vec()).unwrap()
    }

    #[test]
    fn comments_leave_json_and_nothing_else() {
        let json = "{\"a\": \"x // y\\\" /*\", // gone\n \"b\": 1 /* gone\n too */}";
        let body = json!({"mode": "raw", "raw": json, "options": {"raw": {"language": "json"}}});
        assert_eq!(text(body), "{\"a\": \"x // y\\\" /*\", \n \"b\": 1 }");
        let plain = json!({"mode": "raw", "raw": "a // b"});
        assert_eq!(built(plain.clone(), None).unwrap().bytes, "a // b");
        assert_eq!(
            built(plain, Some("application/hal+json; x=y"))
                .unwrap()
                .bytes,
            "a "
        );
    }

    #[test]
    fn a_language_counts_for_more_than_a_content_type() {
        let sent = |language: Option<&str>, kind: &str| {
            let mut body = json!({"mode": "raw", "raw": "1 // x"});
            if let Some(language) = language {
                body["options"] = json!({"raw": {"language": language}});
            }
            built(body, Some(kind)).unwrap().bytes
        };
        assert_eq!(sent(Some("json"), "text/plain"), "1 ");
        assert_eq!(sent(Some("text"), "application/json"), "1 // x");
        assert_eq!(sent(None, "application/vnd.x+json; v=1"), "1 ");
        assert_eq!(sent(None, "APPLICATION/JSON"), "1 // x");
    }

    #[test]
    fn numbers_come_first_in_a_form_and_values_are_texts() {
        let rows = json!([{"key": "b", "value": true}, {"key": "1", "value": 5}, {"key": "0"},
            {"key": "01", "value": {"x": 1}}]);
        assert_eq!(
            text(json!({"mode": "urlencoded", "urlencoded": rows})),
            "0=&1=5&b=true&01="
        );
    }

    #[test]
    fn a_form_whose_rows_are_all_disabled_is_no_body() {
        let rows = json!([{"key": "a", "value": "b", "disabled": true}]);
        for mode in ["urlencoded", "formdata"] {
            assert_eq!(built(json!({"mode": mode, mode: rows}), None), None);
        }
    }

    #[test]
    fn parts_of_an_upload_say_what_they_are_as_newman_says_it() {
        let rows = json!([{"key": "n", "value": null}, {"key": "o", "value": {"x": 1}},
            {"key": "t", "value": "v", "fileName": "q.json"},
            {"key": "f", "type": "file", "src": []},
            {"key": "b", "type": "file", "value": "aGk="},
            {"key": "j", "type": "file", "src": "a.json", "fileName": "你.x"}]);
        let shown = text(json!({"mode": "formdata", "formdata": rows}));
        for part in [
            "name=\"n\"\r\n\r\n\r\n",
            "name=\"o\"\r\n\r\n{\"x\":1}\r\n",
            "name=\"t\"; filename=\"q.json\"\r\nContent-Type: application/json\r\n\r\nv\r\n",
            "name=\"f\"; filename=\"\"\r\n\r\n\r\n",
            "name=\"b\"\r\nContent-Type: application/octet-stream\r\n\r\nhi\r\n",
            "filename=\"你.x\"; filename*=UTF-8''%E4%BD%A0.x\r\nContent-Type: application/json",
        ] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
    }

    #[test]
    fn the_language_gives_the_content_type() {
        let kind = |language: &str| {
            let body =
                json!({"mode": "raw", "raw": "x", "options": {"raw": {"language": language}}});
            built(body, None).unwrap().content_type.unwrap()
        };
        assert_eq!(kind("json"), "application/json");
        assert_eq!(kind("text"), "text/plain");
        assert_eq!(kind("xml"), "application/xml");
    }

    #[test]
    fn forms_are_encoded_as_newman_encodes_them() {
        let rows = json!([{"key": "a", "value": "1 2"}, {"key": "b", "value": "!*'()&=ü"},
            {"key": "off", "value": "x", "disabled": true}, {"key": "a", "value": "3"}]);
        assert_eq!(
            text(json!({"mode": "urlencoded", "urlencoded": rows})),
            "a=1%202&a=3&b=%21%2A%27%28%29%26%3D%C3%BC"
        );
    }

    #[test]
    fn a_file_that_cannot_be_read_is_told_and_its_part_left_out() {
        let rows = json!([{"key": "f", "type": "file", "src": ["a.json", "none"]}, {"key": "t", "value": "v"}]);
        let built = built(json!({"mode": "formdata", "formdata": rows}), None).unwrap();
        assert_eq!(built.warnings.len(), 1);
        let shown = String::from_utf8(built.bytes.to_vec()).unwrap();
        assert!(shown.contains(
            "name=\"f\"; filename=\"a.json\"\r\nContent-Type: application/json\r\n\r\n{}\r\n"
        ));
        assert!(shown.contains("name=\"t\"\r\n\r\nv\r\n"));
        assert!(!shown.contains("none"));
    }

    #[test]
    fn the_boundary_of_the_users_content_type_counts() {
        let body = json!({"mode": "formdata", "formdata": [{"key": "a", "value": "b"}]});
        for own in [
            "multipart/form-data; boundary=abc",
            "multipart/form-data; charset=utf-8; boundary=\"abc\"; x=y",
        ] {
            let built = built(body.clone(), Some(own)).unwrap();
            assert!(built.bytes.starts_with(b"--abc\r\n"), "{own}");
        }
        assert_eq!(boundary_of("multipart/form-data"), None);
        assert_eq!(boundary_of("application/json; boundary=abc"), None);
    }

    #[test]
    fn an_uploaded_file_is_told_by_its_name() {
        let sent = |source: &str| built(json!({"mode": "file", "file": {"src": source}}), None);
        let kind = |source: &str| sent(source).unwrap().content_type;
        assert_eq!(kind("a.json").as_deref(), Some("application/json"));
        assert_eq!(kind("none.json"), None);
        let content = json!({"mode": "file", "file": {"content": "aGk"}});
        let sent = built(content, None).unwrap();
        assert_eq!((sent.content_type, &sent.bytes[..]), (None, &b"hi"[..]));
    }

    #[test]
    fn graphql_variables_are_spliced_in_as_they_are() {
        let body =
            json!({"mode": "graphql", "graphql": {"query": "{a}", "variables": "{\"x\":1}"}});
        assert_eq!(text(body), "{\"query\":\"{a}\",\"variables\":{\"x\":1}}");
        assert_eq!(text(json!({"mode": "graphql", "graphql": {}})), "{}");
    }

    #[test]
    fn an_empty_body_is_no_body() {
        assert_eq!(built(json!({"mode": "raw", "raw": ""}), None), None);
        assert_eq!(
            built(json!({"mode": "urlencoded", "urlencoded": []}), None),
            None
        );
    }
}
