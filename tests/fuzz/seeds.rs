//! Valid files to begin with.

use std::path::{Path, PathBuf};

use preflight::history::History;
use serde_json::{Value, json};

use crate::format::CREDENTIAL;
use crate::json::JsonSeed;

/// What no change needs and what would make it slow.
const LARGEST: u64 = 16_000;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The histories of the checks, in order.
fn history_files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for check in std::fs::read_dir(folder("fixtures/check")).unwrap() {
        for file in std::fs::read_dir(check.unwrap().path()).unwrap() {
            let file = file.unwrap();
            let is_history = file.path().extension().is_some_and(|it| it == "ndjson");
            if is_history && file.metadata().unwrap().len() <= LARGEST {
                found.push(file.path());
            }
        }
    }
    found.sort();
    assert!(found.len() > 100, "every check has two histories");
    found
}

/// The events of each history, without the links between them.
pub fn histories() -> Vec<Vec<JsonSeed>> {
    history_files()
        .iter()
        .map(|path| text(path).lines().map(event).collect())
        .collect()
}

fn event(line: &str) -> JsonSeed {
    let mut event: Value = serde_json::from_str(line).unwrap();
    event
        .as_object_mut()
        .unwrap()
        .shift_remove("previous_sha256");
    JsonSeed::of(event)
}

/// The histories, read.
pub fn whole_histories() -> Vec<History> {
    let files = history_files();
    let read = files.iter().map(|path| History::read(path).unwrap());
    read.collect()
}

/// Archives of what clients sent in those histories: each a list of entries.
pub fn archives() -> Vec<Vec<JsonSeed>> {
    histories()
        .iter()
        .map(|events| {
            events
                .iter()
                .map(|seed| &seed.value)
                .filter(|event| event["kind"] == "exchange")
                .map(|event| JsonSeed::of(entry(&event["exchange"])))
                .collect::<Vec<JsonSeed>>()
        })
        .filter(|entries| !entries.is_empty())
        .collect()
}

fn raw(text: &str) -> String {
    text.replace("[secret:", CREDENTIAL).replace(']', "")
}

fn entry(exchange: &Value) -> Value {
    let headers = |message: &Value| -> Value {
        let pairs = message["headers"].as_array().into_iter().flatten();
        pairs
            .map(|pair| json!({"name": pair[0], "value": raw(pair[1].as_str().unwrap())}))
            .collect()
    };
    let body = |message: &Value| raw(message["body"]["text"].as_str().unwrap_or_default());
    let (request, response) = (&exchange["request"], &exchange["response"]);
    let timing = &exchange["timing"];
    json!({
        "startedDateTime": timing["request_first"],
        "time": 35.5,
        "request": {
            "method": request["method"],
            "url": request["url"],
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "queryString": [],
            "headers": headers(request),
            "headersSize": -1,
            "bodySize": -1,
            "postData": {"mimeType": "application/json", "text": body(request)},
        },
        "response": {
            "status": response["status"].as_u64().unwrap_or(0),
            "statusText": response["reason"],
            "headers": headers(response),
            "content": {"size": 7, "mimeType": "application/json", "text": body(response)},
        },
        "timings": {"blocked": -1, "send": 0.5, "wait": 30, "receive": 5},
    })
}

/// The built-in profile, whole and table by table.
pub fn profiles() -> Vec<String> {
    sheets(&text(&folder("src/profile/payments-out.toml")))
}

/// The example of a declaration, whole and table by table.
pub fn declarations() -> Vec<String> {
    sheets(&text(&folder("fixtures/declaration/example.toml")))
}

fn sheets(whole: &str) -> Vec<String> {
    let mut found = vec![whole.to_owned(), String::new()];
    for line in whole.lines() {
        if line.starts_with('[') {
            found.push(String::new());
        }
        if !line.starts_with('#') {
            let last = found.last_mut().unwrap();
            last.push_str(line);
            last.push('\n');
        }
    }
    assert!(found.len() > 5, "there are several tables");
    found
}
