//! newman's JSON summary (`--reporters json`), key for key.
//!
//! Deviations, all in values that are arbitrary there: the `id` of an error is derived from its
//! place in the run rather than random, so that the same run gives the same bytes; its `checksum`
//! is 32 digits of a SHA-256 rather than an MD5; cursors of failures have no `execution`.

use std::io::{self, Write};

use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};
use serde_json::{Value, json};

use super::newman::{
    AssertionSummary, Cursor, ErrorSummary, ExecutionSummary, Failure, FailurePlace,
    ResponseSummary, RunSummary, Spread, Stats, Timings, script_name,
};
use crate::base::sha256;
use crate::event::Listen;

/// The summary as newman writes it, indented by two spaces.
#[must_use]
pub fn newman_json(summary: &RunSummary) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_newman_json(summary, &mut bytes).expect("writing to a vector cannot fail");
    bytes
}

/// Writes the summary as newman writes it. Bodies are written byte by byte, so that a large one
/// does not have to be held as text; give it a buffered writer.
pub fn write_newman_json(summary: &RunSummary, writer: impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(writer, &Document::of(summary)).map_err(io::Error::from)
}

#[derive(Serialize)]
struct Document<'a> {
    collection: &'a Value,
    environment: &'a Value,
    globals: &'a Value,
    run: Run<'a>,
}

#[derive(Serialize)]
struct Run<'a> {
    stats: &'a Stats,
    timings: Value,
    executions: Vec<Execution<'a>>,
    transfers: Value,
    failures: Vec<Value>,
    error: Option<Value>,
}

impl<'a> Document<'a> {
    fn of(summary: &'a RunSummary) -> Self {
        Self {
            collection: &summary.collection,
            environment: &summary.environment,
            globals: &summary.globals,
            run: Run {
                stats: &summary.stats,
                timings: timings(&summary.timings),
                executions: summary
                    .executions
                    .iter()
                    .flat_map(|execution| {
                        std::iter::repeat_n(execution, 1 + execution.further_listings)
                    })
                    .map(Execution)
                    .collect(),
                transfers: json!({"responseTotal": summary.response_total}),
                failures: summary
                    .failures()
                    .enumerate()
                    .map(|(place, failure)| failure_value(summary, place, failure))
                    .collect(),
                error: summary
                    .error
                    .as_ref()
                    .map(|error| Value::Object(decorated(error, "run"))),
            },
        }
    }
}

/// A number as JavaScript writes it: whole ones without a fraction.
fn number(value: f64) -> Value {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole and below 2^53, so the cast is exact"
    )]
    if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 {
        Value::from(value as i64)
    } else {
        Value::from(value)
    }
}

fn timings(timings: &Timings) -> Value {
    let mut members = serde_json::Map::new();
    for (name, spread) in [
        ("response", &timings.response),
        ("dns", &timings.dns),
        ("firstByte", &timings.first_byte),
    ] {
        let Spread {
            average,
            minimum,
            maximum,
            deviation,
        } = *spread;
        for (part, value) in [
            ("Average", average),
            ("Min", minimum),
            ("Max", maximum),
            ("Sd", deviation),
        ] {
            members.insert(format!("{name}{part}"), number(value));
        }
    }
    members.insert("started".into(), timings.started_ms.into());
    members.insert("completed".into(), timings.completed_ms.into());
    members.into()
}

/// newman writes the whole cursor for the first item of a run only; later ones begin with `ref`.
fn cursor_value(cursor: &Cursor) -> Value {
    let Cursor {
        position,
        iteration,
        length,
        cycles,
        reference,
        http_request_id,
    } = cursor;
    if *position == 0 && *iteration == 0 {
        return json!({
            "position": position, "iteration": iteration, "length": length, "cycles": cycles,
            "empty": false, "eof": false, "bof": true, "cr": false,
            "ref": reference, "httpRequestId": http_request_id,
        });
    }
    let mut value = json!({
        "ref": reference, "length": length, "cycles": cycles, "position": position,
        "iteration": iteration,
    });
    if *position == 0 {
        value["cr"] = true.into();
    }
    value["httpRequestId"] = http_request_id.as_str().into();
    value
}

struct Execution<'a>(&'a ExecutionSummary);

impl Serialize for Execution<'_> {
    /// The order of the keys is the order in which newman learned of them: what came before the
    /// request stands before it.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let execution = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("cursor", &cursor_value(&execution.cursor))?;
        map.serialize_entry("item", &execution.item)?;
        let assertions: Vec<Value> = execution.assertions.iter().map(assertion_value).collect();
        let early = execution
            .assertions
            .iter()
            .any(|assertion| assertion.listen == Listen::Prerequest);
        if early {
            map.serialize_entry("assertions", &assertions)?;
        }
        let prerequest = script_errors(&execution.prerequest_errors);
        if !prerequest.is_empty() {
            map.serialize_entry("prerequestScript", &prerequest)?;
        }
        if let Some(request) = &execution.request {
            map.serialize_entry("request", request)?;
        }
        if let Some(response) = &execution.response {
            map.serialize_entry("response", &Response(response))?;
        }
        map.serialize_entry("id", execution.id())?;
        let of_scripts = execution.script_request_errors.last();
        let error = execution.request_error.as_ref();
        if let Some(error) = error.or(of_scripts.map(|(_, error)| error)) {
            map.serialize_entry("requestError", &error.members)?;
        }
        if !assertions.is_empty() && !early {
            map.serialize_entry("assertions", &assertions)?;
        }
        let test = script_errors(&execution.test_errors);
        if !test.is_empty() {
            map.serialize_entry("testScript", &test)?;
        }
        map.end()
    }
}

struct Response<'a>(&'a ResponseSummary);

impl Serialize for Response<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let response = self.0;
        let headers: Vec<Value> = response
            .headers
            .iter()
            .map(|(key, value)| json!({"key": key, "value": value}))
            .collect();
        let mut map = serializer.serialize_map(Some(8))?;
        map.serialize_entry("id", &response.id)?;
        map.serialize_entry("status", &response.status)?;
        map.serialize_entry("code", &response.code)?;
        map.serialize_entry("header", &headers)?;
        map.serialize_entry("stream", &Stream(response.body.bytes()))?;
        map.serialize_entry("cookie", &response.cookies)?;
        map.serialize_entry("responseTime", &response.time_ms)?;
        map.serialize_entry("responseSize", &response.size)?;
        map.end()
    }
}

struct Stream<'a>(&'a [u8]);

impl Serialize for Stream<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("type", "Buffer")?;
        map.serialize_entry("data", self.0)?;
        map.end()
    }
}

/// Name, number, test, message and stack.
fn assertion_error(assertion: &AssertionSummary, error: &ErrorSummary) -> Value {
    json!({
        "name": error.name, "index": assertion.index, "test": assertion.name,
        "message": error.message, "stack": error.stack.as_deref().unwrap_or_default(),
    })
}

fn assertion_value(assertion: &AssertionSummary) -> Value {
    let mut value = json!({"assertion": assertion.name, "skipped": assertion.skipped});
    if let Some(error) = &assertion.error {
        value["error"] = assertion_error(assertion, error);
    }
    value
}

fn script_errors(errors: &[Option<ErrorSummary>]) -> Vec<Value> {
    errors
        .iter()
        .flatten()
        .map(|error| json!({"error": script_error(error)}))
        .collect()
}

fn script_error(error: &ErrorSummary) -> Value {
    let mut members = json!({
        "type": "Error", "name": error.name, "message": error.message,
    });
    if let Value::Object(members) = &mut members {
        decorate(members, error, "script");
    }
    members
}

/// An error with everything that it says of itself, then what newman adds.
fn decorated(error: &ErrorSummary, place: &str) -> serde_json::Map<String, Value> {
    let mut members = error.members.clone();
    members.insert("name".into(), error.name.as_str().into());
    members.insert("message".into(), error.message.as_str().into());
    if let Some(stack) = &error.stack {
        members.insert("stack".into(), stack.as_str().into());
    }
    decorate(&mut members, error, place);
    members
}

/// Adds checksum, id, timestamp and the parsed stack.
fn decorate(members: &mut serde_json::Map<String, Value>, error: &ErrorSummary, place: &str) {
    let text = serde_json::to_string(&*members).unwrap_or_default();
    let checksum = sha256(text.as_bytes()).as_str()[..32].to_owned();
    let id = sha256(format!("{checksum} {} {place}", error.at_ms).as_bytes());
    let id = id.as_str();
    members.insert("checksum".into(), checksum.into());
    members.insert(
        "id".into(),
        format!(
            "{}-{}-4{}-8{}-{}",
            &id[..8],
            &id[8..12],
            &id[13..16],
            &id[17..20],
            &id[20..32]
        )
        .into(),
    );
    members.insert("timestamp".into(), error.at_ms.into());
    members.insert(
        "stacktrace".into(),
        stack_frames(error.stack.as_deref().unwrap_or_default()).into(),
    );
}

fn failure_value(summary: &RunSummary, place: usize, failure: Failure<'_>) -> Value {
    let Failure {
        execution,
        error,
        at,
    } = failure;
    let mut cursor = cursor_value(&execution.cursor);
    let mut source = execution.item.clone();
    let listen = match at {
        FailurePlace::Request => {
            // The item as it was sent.
            if let Some(request) = &execution.request {
                source["request"] = request.clone();
            }
            Listen::Test
        }
        FailurePlace::Script(listen) => listen,
        FailurePlace::Assertion(assertion) => assertion.listen,
    };
    if listen == Listen::Prerequest
        && let Value::Object(members) = &mut cursor
    {
        // There is no request yet.
        members.shift_remove("httpRequestId");
    }
    if let Some(script) = &error.script_id {
        cursor["scriptId"] = script.as_str().into();
    }
    let (error, at) = match at {
        FailurePlace::Request => (
            Value::Object(decorated(error, &place.to_string())),
            "request".to_owned(),
        ),
        FailurePlace::Script(listen) => {
            let value = script_error(error);
            let frame = &value["stacktrace"][0];
            // newman takes two lines of wrapping off, which the engine does not count.
            let line = frame["lineNumber"].as_i64();
            let column = line.and(frame["columnNumber"].as_i64());
            let at: String = std::iter::once(script_name(listen).to_owned())
                .chain(
                    [line, column]
                        .into_iter()
                        .flatten()
                        .map(|n| format!(":{n}")),
                )
                .collect();
            (value, at)
        }
        FailurePlace::Assertion(assertion) => {
            let mut value = assertion_error(assertion, error);
            if let Value::Object(members) = &mut value {
                decorate(members, error, &place.to_string());
            }
            // newman says so for prerequest scripts too.
            (
                value,
                format!("assertion:{} in test-script", assertion.index),
            )
        }
    };
    let mut value = json!({"error": error, "at": at, "source": source});
    // newman loses the parents of the item when a request fails.
    if at != "request"
        && let Some((_, parent)) = summary.ancestry(execution.id())
    {
        value["parent"] = parent.clone();
    }
    value["cursor"] = cursor;
    value
}

/// The lines `at function (file:line:column)` of a stack.
fn stack_frames(stack: &str) -> Vec<Value> {
    stack.lines().skip(1).filter_map(stack_frame).collect()
}

fn stack_frame(line: &str) -> Option<Value> {
    let (_, call) = line.split_once("at ")?;
    let call = call.trim_end().trim_end_matches(')');
    let (function, location) = match call.rsplit_once(' ') {
        Some((function, location)) => (Some(function.trim_end()), location),
        None => (None, call),
    };
    let location = location.trim_start_matches('(');
    let mut parts = location.rsplitn(3, ':');
    let position = match (parts.next(), parts.next(), parts.next()) {
        (Some(column), Some(line), Some(file)) => column
            .parse::<u64>()
            .ok()
            .zip(line.parse::<u64>().ok())
            .map(|(column, line)| (file, line, column)),
        _ => None,
    };
    let (object, method) = match function {
        Some(function) => match function.split_once('.') {
            Some((object, method)) => (Some(object), Some(method)),
            None => (Some("Object"), None),
        },
        None => (None, None),
    };
    let anonymous = method == Some("<anonymous>");
    Some(json!({
        "fileName": position.map(|(file, _, _)| file),
        "lineNumber": position.map(|(_, line, _)| line),
        "functionName": if anonymous { Some("") } else { function },
        "typeName": object,
        "methodName": method.filter(|_| !anonymous),
        "columnNumber": position.map(|(_, _, column)| column),
        "native": location == "native",
    }))
}

#[cfg(test)]
#[path = "newman_json_tests.rs"]
mod tests;
