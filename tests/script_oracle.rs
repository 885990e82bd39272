//! Holds our engine against newman's own sandbox: the same scripts, the same assertions.
//!
//! Runs when `PREFLIGHT_NEWMAN` names a folder in which `npm install newman@6.2.2` was run, and Node
//! is on the `PATH`; otherwise it says that it is skipped.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "an integration test: what it needs is named by the environment, and it says so"
)]

use std::io::Write as _;
use std::path::Path;
use std::pin::Pin;
use std::process::{Command, Stdio};

use preflight::base::{Clock, Random, Seed};
use preflight::event::Listen;
use preflight::script::{
    AssertionOutcome, CookieCall, CookieReply, Engine, EngineOptions, Info, ScriptHost, ScriptJob,
    ScriptOutcome, ScriptResponse, SendError,
};
use preflight::variable::Entry;
use serde_json::{Value, json};

const FOLDER: &str = "fixtures/script/oracle";

const BODY: &str = r#"{"a":1,"list":[1,2],"text":"é"}"#;

struct Nobody;

impl ScriptHost for Nobody {
    fn send(
        &self,
        _: Value,
    ) -> Pin<Box<dyn Future<Output = Result<ScriptResponse, SendError>> + '_>> {
        unreachable!("the scripts of the oracle send nothing")
    }

    fn cookies(&self, _: CookieCall) -> CookieReply {
        CookieReply::Done
    }

    fn vault(&self, _: &str) -> Option<String> {
        None
    }
}

fn request() -> Value {
    json!({
        "url": { "protocol": "https", "host": ["example", "com"], "path": ["pay", "out"],
            "query": [{ "key": "q", "value": "1 2" }, { "key": "off", "value": "x", "disabled": true }] },
        "method": "POST",
        "header": [{ "key": "X-One", "value": "1" }, { "key": "X-Two", "value": "2" }],
        "body": { "mode": "urlencoded", "urlencoded": [{ "key": "a", "value": "1" }, { "key": "a", "value": "2" }] },
    })
}

fn cookie() -> Value {
    json!({ "name": "session", "value": "42", "domain": "example.com", "path": "/" })
}

fn environment() -> Vec<Entry> {
    vec![
        Entry::new("base", "https://example.com"),
        Entry::new("shared", "environment"),
        Entry {
            disabled: true,
            ..Entry::new("disabled", "x")
        },
        Entry {
            kind: Some("number".to_owned()),
            ..Entry::new("typed", "5")
        },
    ]
}

fn job(name: &str, source: &str) -> ScriptJob {
    ScriptJob {
        event: Listen::Test,
        source: source.into(),
        name: name.to_owned(),
        environment: environment(),
        globals: vec![
            Entry::new("shared", "globals"),
            Entry::new("awide", "world"),
        ],
        collection_variables: vec![Entry::new("shared", "collection")],
        local: Vec::new(),
        iteration_data: json!({ "row": "wide", "shared": "data" })
            .as_object()
            .unwrap()
            .clone(),
        environment_name: "Sandbox".to_owned(),
        request: request(),
        response: Some(ScriptResponse {
            code: 200,
            reason: "OK".to_owned(),
            headers: vec![
                (
                    "Content-Type".to_owned(),
                    "application/json; charset=utf-8".to_owned(),
                ),
                ("X-Extra".to_owned(), "yes".to_owned()),
            ],
            body: BODY.into(),
            time_ms: 12.0,
            size: BODY.len() as u64,
            cookies: vec![cookie()],
        }),
        cookies: vec![cookie()],
        info: Info {
            iteration: 1,
            iteration_count: 3,
            request_name: "Pay out".to_owned(),
            request_id: "id-1".to_owned(),
            path: vec!["Collection".to_owned(), "Pay out".to_owned()],
        },
    }
}

/// The same world as newman's sandbox takes it.
fn context() -> Value {
    let values = |entries: Vec<Entry>| -> Value {
        let list: Vec<Value> = entries
            .into_iter()
            .map(|entry| {
                let kind = entry.kind.unwrap_or_else(|| "any".to_owned());
                let mut json = json!({ "key": entry.key, "value": entry.value, "type": kind });
                if entry.disabled {
                    json["disabled"] = Value::from(true);
                }
                json
            })
            .collect();
        json!(list)
    };
    let job = job("", "");
    json!({
        "environment": { "name": "Sandbox", "values": values(job.environment) },
        "globals": { "values": values(job.globals) },
        "collectionVariables": { "values": values(job.collection_variables) },
        "data": job.iteration_data,
        "request": job.request,
        "response": {
            "code": 200, "reason": "OK", "responseTime": 12, "downloadedBytes": BODY.len(),
            "header": [{ "key": "Content-Type", "value": "application/json; charset=utf-8" }, { "key": "X-Extra", "value": "yes" }],
            "stream": { "type": "Buffer", "data": BODY.as_bytes() },
            "cookie": [cookie()],
        },
        "cookies": [cookie()],
    })
}

fn lines(outcome: &ScriptOutcome) -> Vec<String> {
    let mut lines: Vec<String> = outcome
        .assertions
        .iter()
        .map(|assertion| {
            let told = match &assertion.outcome {
                AssertionOutcome::Passed => "passed".to_owned(),
                AssertionOutcome::Skipped => "skipped".to_owned(),
                AssertionOutcome::Failed(error) => format!("{}: {}", error.name, error.message),
            };
            format!("{} {}: {told}", assertion.index, assertion.name)
        })
        .collect();
    let errors = outcome.error.iter().chain(&outcome.further_errors);
    lines.extend(errors.map(|error| format!("error {error}")));
    lines
}

/// Errors stand at their time in newman's stream and at the end of ours.
fn errors_last(lines: Vec<String>) -> Vec<String> {
    let (errors, mut rest): (Vec<_>, Vec<_>) = lines
        .into_iter()
        .partition(|line| line.starts_with("error "));
    rest.extend(errors);
    rest
}

#[test]
fn assertions_are_those_of_newman() {
    let Some(newman) = std::env::var_os("PREFLIGHT_NEWMAN") else {
        println!("skipped: PREFLIGHT_NEWMAN names no installed newman");
        return;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER);
    let mut scripts: Vec<(String, String)> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "js"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect();
    scripts.sort();

    let mut node = Command::new("node")
        .arg(folder.join("newman.cjs"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let listed: Vec<Value> = scripts
        .iter()
        .map(|(name, source)| json!({ "name": name, "listen": "test", "source": source }))
        .collect();
    let asked = json!({
        "folder": newman.to_string_lossy(),
        "context": context(),
        "options": {
            "cursor": { "iteration": 1, "cycles": 3 },
            "legacy": { "_itemId": "id-1", "_itemName": "Pay out", "_itemPath": ["Collection", "Pay out"], "_eventItemName": "Pay out" },
        },
        "scripts": listed,
    });
    node.stdin
        .take()
        .unwrap()
        .write_all(asked.to_string().as_bytes())
        .unwrap();
    let answered = node.wait_with_output().unwrap();
    let theirs: Vec<Value> = String::from_utf8(answered.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(theirs.len(), scripts.len(), "newman's sandbox gave up");

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut differences = Vec::new();
    for ((name, source), theirs) in scripts.iter().zip(theirs) {
        let options = EngineOptions {
            await_tests: false,
            ..EngineOptions::new(Clock::system(), Random::from_seed(Seed(1)))
        };
        let outcome = runtime.block_on(async {
            Engine::start(options)
                .unwrap()
                .execute(job(name, source), &Nobody)
                .await
        });
        let ours = errors_last(lines(&outcome));
        let theirs: Vec<String> = serde_json::from_value(theirs["lines"].clone()).unwrap();
        let theirs = errors_last(theirs);
        for at in 0..ours.len().max(theirs.len()) {
            let (one, other) = (theirs.get(at), ours.get(at));
            if one != other {
                let none = String::new();
                differences.push(format!(
                    "{name}\n  newman: {}\n  ours:   {}",
                    one.unwrap_or(&none),
                    other.unwrap_or(&none)
                ));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
