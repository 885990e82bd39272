//! `newmanrc`: options that newman reads from files.
//!
//! Three files are read, the later over the earlier: `/etc/postman/newmanrc`,
//! `~/.postman/newmanrc`, `./.newmanrc`. Each is a JSON object of options in camel case, bare or under
//! `run`; what is typed counts for more.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

/// Short forms of options that a file may set.
const SHORT: [(&str, &str); 8] = [
    ("environment", "-e"),
    ("globals", "-g"),
    ("reporters", "-r"),
    ("iteration-count", "-n"),
    ("iteration-data", "-d"),
    ("suppress-exit-code", "-x"),
    ("insecure", "-k"),
    ("help", "-h"),
];

/// Where the files are, the last the nearest.
pub fn places(home: Option<&str>) -> Vec<PathBuf> {
    let mut places = vec![PathBuf::from("/etc/postman/newmanrc")];
    places.extend(home.map(|home| Path::new(home).join(".postman/newmanrc")));
    places.push(PathBuf::from(".newmanrc"));
    places
}

/// A file of options cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{} is no file of options: {reason}", path.display())]
pub struct RcError {
    path: PathBuf,
    reason: String,
}

/// `arguments` (the program's name first) with what the files say where nothing was typed. Only
/// `run` has such files; one that is not there says nothing.
pub fn with_files(
    mut arguments: Vec<OsString>,
    places: &[PathBuf],
) -> Result<Vec<OsString>, RcError> {
    if arguments.get(1).is_none_or(|command| command != "run") {
        return Ok(arguments);
    }
    let mut options = Map::new();
    for path in places {
        let Ok(bytes) = std::fs::read(path) else {
            continue;
        };
        let wrong = |reason: String| RcError {
            path: path.clone(),
            reason,
        };
        let value: Value =
            serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
        let Value::Object(mut fields) = value else {
            return Err(wrong("a JSON object is expected".into()));
        };
        if let Some(Value::Object(run)) = fields.remove("run") {
            fields.extend(run);
        }
        options.extend(fields);
    }
    let mut added = Vec::new();
    for (name, value) in &options {
        let name = kebab(name);
        if !is_typed(&arguments, &name) {
            added.extend(typed(&name, value));
        }
    }
    arguments.splice(2..2, added);
    Ok(arguments)
}

/// `delayRequest` as `delay-request`.
fn kebab(name: &str) -> String {
    let mut text = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() {
            text.push('-');
        }
        text.push(character.to_ascii_lowercase());
    }
    text
}

fn is_typed(arguments: &[OsString], name: &str) -> bool {
    let long = format!("--{name}");
    let short = SHORT.iter().find(|(known, _)| *known == name);
    arguments
        .iter()
        .filter_map(|argument| argument.to_str())
        .any(|argument| {
            argument.split('=').next() == Some(long.as_str())
                || short.is_some_and(|(_, short)| {
                    argument.starts_with(short) && !argument.starts_with("--")
                })
        })
}

/// An option as it would be typed.
fn typed(name: &str, value: &Value) -> Vec<OsString> {
    let one = |text: &str| OsString::from(format!("--{name}={text}"));
    match value {
        Value::Bool(true) => vec![format!("--{name}").into()],
        Value::Bool(false) | Value::Null => Vec::new(),
        Value::String(text) => vec![one(text)],
        Value::Number(number) => vec![one(&number.to_string())],
        Value::Array(items) if name == "reporters" => {
            let names: Vec<_> = items.iter().filter_map(Value::as_str).collect();
            vec![one(&names.join(","))]
        }
        Value::Array(items) => items.iter().flat_map(|item| typed(name, item)).collect(),
        // `{"key": "a", "value": "b"}`, as newman keeps `--env-var a=b`.
        Value::Object(pair) => {
            let text = |field: &str| pair.get(field).and_then(Value::as_str);
            match (text("key"), text("value")) {
                (Some(key), Some(value)) => vec![one(&format!("{key}={value}"))],
                _ => Vec::new(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(files: &[&str], line: &str) -> Result<String, RcError> {
        let folder = tempfile::tempdir().unwrap();
        let mut places = vec![folder.path().join("absent")];
        for (number, text) in files.iter().enumerate() {
            let path = folder.path().join(number.to_string());
            std::fs::write(&path, text).unwrap();
            places.push(path);
        }
        let arguments = line.split(' ').map(OsString::from).collect();
        let merged = with_files(arguments, &places)?;
        let words: Vec<_> = merged.iter().map(|word| word.to_string_lossy()).collect();
        Ok(words.join(" "))
    }

    #[test]
    fn what_files_say_counts_where_nothing_is_typed() {
        let far = r#"{"delayRequest": 5, "bail": true, "silent": false, "envVar": [{"key": "a", "value": "b"}]}"#;
        let near =
            r#"{"run": {"delayRequest": 7, "reporters": ["cli", "json"], "iterationCount": 2}}"#;
        let line = "preflight run c.json -n 3";
        assert_eq!(
            merged(&[far, near], line).unwrap(),
            "preflight run --delay-request=7 --bail --env-var=a=b --reporters=cli,json c.json -n 3"
        );
        assert_eq!(merged(&[], line).unwrap(), line);
        let other = "preflight judge history.ndjson";
        assert_eq!(merged(&[far], other).unwrap(), other);
    }

    #[test]
    fn a_file_that_is_none_is_named() {
        let error = merged(&["{"], "preflight run c").unwrap_err().to_string();
        assert!(error.contains("is no file of options"), "{error}");
        assert!(merged(&["[]"], "preflight run c").is_err());
    }
}
