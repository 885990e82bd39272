//! The shape against a golden file, and against newman itself where there is one.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::process::Command;

use super::*;
use crate::exchange::Headers;
use crate::report::newman_example::example;

#[test]
fn the_shape_stays_as_it_is() {
    insta::assert_snapshot!(String::from_utf8(newman_json(&example())).unwrap());
}

#[test]
fn an_array_of_bytes_is_valid_json_and_keeps_the_body() {
    let value: Value = serde_json::from_slice(&newman_json(&example())).unwrap();
    assert_eq!(
        value["run"]["executions"][0]["response"]["stream"],
        json!({"type": "Buffer", "data": [104, 105]})
    );
    assert_eq!(value["run"]["error"], Value::Null);
}

#[test]
fn stack_lines_are_taken_apart_as_newman_does() {
    let table = [
        (
            "   at Object.eval sandbox-script.js:3:1)",
            json!({"fileName": "sandbox-script.js", "lineNumber": 3, "functionName": "Object.eval",
                "typeName": "Object", "methodName": "eval", "columnNumber": 1, "native": false}),
        ),
        (
            "    at T.afterConnect [as oncomplete] (node:net:1611:16)",
            json!({"fileName": "node:net", "lineNumber": 1611,
                "functionName": "T.afterConnect [as oncomplete]", "typeName": "T",
                "methodName": "afterConnect [as oncomplete]", "columnNumber": 16, "native": false}),
        ),
        (
            "    at native",
            json!({"fileName": null, "lineNumber": null, "functionName": null, "typeName": null,
                "methodName": null, "columnNumber": null, "native": true}),
        ),
    ];
    for (line, frame) in table {
        assert_eq!(stack_frame(line), Some(frame), "{line}");
    }
    assert!(stack_frames("Error: one line").is_empty());
}

/// Runs newman (`PREFLIGHT_NEWMAN` names its `newman.js`) on a collection with passing, failing
/// and skipped tests, script errors and a refused connection; fills a summary from what newman
/// itself reports; and expects that the same report comes out, but for arbitrary ids.
#[test]
fn newman_would_have_written_the_same() {
    #[expect(
        clippy::disallowed_methods,
        reason = "only whoever has newman installed asks for this test"
    )]
    let Ok(newman) = std::env::var("PREFLIGHT_NEWMAN") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let port = serve();
    let collection = folder.path().join("collection.json");
    let report = folder.path().join("report.json");
    std::fs::write(&collection, collection_for(port).to_string()).unwrap();
    Command::new("node")
        .arg(std::path::Path::new(&newman).join("node_modules/newman/bin/newman.js"))
        .arg("run")
        .arg(&collection)
        .args(["-n", "2", "-r", "json", "--reporter-json-export"])
        .arg(&report)
        .output()
        .unwrap();
    let text = std::fs::read_to_string(&report).unwrap();
    let theirs: Value = serde_json::from_str(&text).unwrap();
    let ours: Value = serde_json::from_slice(&newman_json(&summary_from(&theirs))).unwrap();
    let pretty = |mut value: Value| {
        hide_arbitrary(&mut value);
        serde_json::to_string_pretty(&value).unwrap()
    };
    similar_asserts(&pretty(ours), &pretty(theirs));
}

fn similar_asserts(ours: &str, theirs: &str) {
    let difference = similar::TextDiff::from_lines(ours, theirs);
    let changes: Vec<String> = difference
        .unified_diff()
        .context_radius(4)
        .to_string()
        .lines()
        .map(str::to_owned)
        .collect();
    assert!(changes.is_empty(), "{}", changes.join("\n"));
}

/// Answers every request with 200 and a small JSON; gives back its port.
fn serve() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut length = 0;
            let mut line = String::new();
            while reader.read_line(&mut line).unwrap() > 2 {
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                line.clear();
            }
            reader.read_exact(&mut vec![0; length]).unwrap();
            let body = r#"{"hello":"wörld"}"#;
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nSet-Cookie: a=b; Path=/\r\n\
                 Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            )
            .unwrap();
        }
    });
    port
}

fn collection_for(port: u16) -> Value {
    let request =
        |path: &str| json!({"method": "GET", "url": format!("http://127.0.0.1:{port}{path}")});
    let script = |listen: &str, code: &str| json!({"listen": listen, "script": {"type": "text/javascript", "exec": [code]}});
    json!({
        "info": {"name": "Probe", "_postman_id": "11111111-2222-4333-8444-555555555555",
            "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
        "event": [script("prerequest", "pm.test('early', () => pm.expect(1).to.eql(2));")],
        "item": [
            {"name": "Folder", "item": [
                {"name": "tests", "request": request("/a"), "event": [script("test",
                    "pm.test('one', () => {}); pm.test.skip('two', () => {}); \
                     pm.test('three', () => pm.expect(1).to.eql(2)); nope();")]},
                {"name": "inner", "item": [{"name": "broken", "request": request("/b"), "event": [
                    script("prerequest", "throw new TypeError('before');"),
                    script("test", "throw new Error('after');")]}]},
            ]},
            {"name": "refused", "request": "http://127.0.0.1:1/x", "event": [
                script("test", "pm.test('never', () => pm.response.to.have.status(200));")]},
            {"name": "plain", "request": request("/c")},
        ],
    })
}

/// The summary from which newman's report would be made.
fn summary_from(report: &Value) -> RunSummary {
    let run = &report["run"];
    let spread = |name: &str| Spread {
        average: run["timings"][format!("{name}Average")].as_f64().unwrap(),
        minimum: run["timings"][format!("{name}Min")].as_f64().unwrap(),
        maximum: run["timings"][format!("{name}Max")].as_f64().unwrap(),
        deviation: run["timings"][format!("{name}Sd")].as_f64().unwrap(),
    };
    let counter = |name: &str| crate::report::Counter {
        total: run["stats"][name]["total"].as_u64().unwrap(),
        pending: run["stats"][name]["pending"].as_u64().unwrap(),
        failed: run["stats"][name]["failed"].as_u64().unwrap(),
    };
    // By execution and place: what only the list of failures says.
    let mut failures: BTreeMap<(String, String), Vec<&Value>> = BTreeMap::new();
    for failure in run["failures"].as_array().unwrap() {
        let reference = failure["cursor"]["ref"].as_str().unwrap().to_owned();
        let at = failure["at"].as_str().unwrap();
        let place = at.split(':').next().unwrap().to_owned();
        failures
            .entry((reference, place))
            .or_default()
            .push(failure);
    }
    RunSummary {
        collection: report["collection"].clone(),
        environment: report["environment"].clone(),
        globals: report["globals"].clone(),
        executions: run["executions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|execution| execution_from(execution, &mut failures))
            .collect(),
        stats: Stats {
            iterations: counter("iterations"),
            items: counter("items"),
            scripts: counter("scripts"),
            prerequests: counter("prerequests"),
            requests: counter("requests"),
            tests: counter("tests"),
            assertions: counter("assertions"),
            test_scripts: counter("testScripts"),
            prerequest_scripts: counter("prerequestScripts"),
        },
        timings: Timings {
            response: spread("response"),
            dns: spread("dns"),
            first_byte: spread("firstByte"),
            started_ms: run["timings"]["started"].as_i64().unwrap(),
            completed_ms: run["timings"]["completed"].as_i64().unwrap(),
        },
        response_total: run["transfers"]["responseTotal"].as_u64().unwrap(),
        error: None,
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn error_from(failure: &Value, own_members: &Value) -> ErrorSummary {
    let error = &failure["error"];
    ErrorSummary {
        name: text(&error["name"]),
        message: text(&error["message"]),
        stack: error["stack"].as_str().map(str::to_owned),
        members: own_members.as_object().cloned().unwrap_or_default(),
        at_ms: error["timestamp"].as_i64().unwrap_or_default(),
        script_id: failure["cursor"]["scriptId"].as_str().map(str::to_owned),
    }
}

fn execution_from(
    execution: &Value,
    failures: &mut BTreeMap<(String, String), Vec<&Value>>,
) -> ExecutionSummary {
    let cursor = &execution["cursor"];
    let reference = text(&cursor["ref"]);
    let mut of = |place: &str| {
        failures
            .remove(&(reference.clone(), place.to_owned()))
            .unwrap_or_default()
    };
    let number = |name: &str| cursor[name].as_u64().unwrap();
    let mut assertion_failures = of("assertion").into_iter();
    // This collection's only assertion in a prerequest script comes first and is called `early`.
    let assertions = execution["assertions"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|assertion| {
            let failure =
                (assertion.get("error").is_some()).then(|| assertion_failures.next().unwrap());
            let early = assertion["assertion"] == "early";
            AssertionSummary {
                name: text(&assertion["assertion"]),
                index: assertion["error"]["index"].as_u64().unwrap_or_default(),
                listen: if early {
                    Listen::Prerequest
                } else {
                    Listen::Test
                },
                skipped: assertion["skipped"] == true,
                error: failure.map(|failure| error_from(failure, &Value::Null)),
            }
        })
        .collect();
    let errors = |failures: Vec<&Value>| {
        failures
            .into_iter()
            .map(|failure| Some(error_from(failure, &Value::Null)))
            .collect()
    };
    ExecutionSummary {
        cursor: Cursor {
            position: number("position"),
            iteration: number("iteration"),
            length: number("length"),
            cycles: number("cycles"),
            reference: text(&cursor["ref"]),
            http_request_id: text(&cursor["httpRequestId"]),
        },
        item: execution["item"].clone(),
        request: execution.get("request").cloned(),
        response: execution.get("response").map(response_from),
        request_error: of("request")
            .first()
            .map(|failure| error_from(failure, &execution["requestError"])),
        prerequest_errors: errors(of("prerequest-script")),
        test_errors: errors(of("test-script")),
        assertions,
        ..ExecutionSummary::default()
    }
}

fn response_from(response: &Value) -> ResponseSummary {
    let bytes: Vec<u8> = serde_json::from_value(response["stream"]["data"].clone()).unwrap();
    ResponseSummary {
        id: text(&response["id"]),
        status: text(&response["status"]),
        code: u16::try_from(response["code"].as_u64().unwrap()).unwrap(),
        headers: response["header"]
            .as_array()
            .unwrap()
            .iter()
            .map(|header| (text(&header["key"]), text(&header["value"])))
            .collect::<Headers>(),
        body: bytes.into(),
        cookies: response["cookie"].as_array().unwrap().clone(),
        time_ms: response["responseTime"].as_u64().unwrap(),
        size: response["responseSize"].as_u64().unwrap(),
    }
}

/// Replaces what is arbitrary in both: ids and checksums of errors; removes what ours leaves out.
fn hide_arbitrary(report: &mut Value) {
    match report {
        Value::Array(elements) => elements.iter_mut().for_each(hide_arbitrary),
        Value::Object(members) => {
            if members.contains_key("checksum") {
                members.insert("checksum".into(), "…".into());
                members.insert("id".into(), "…".into());
            }
            members.shift_remove("execution");
            members.shift_remove("_lastExecutionId");
            members.values_mut().for_each(hide_arbitrary);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
