//! What a script is given.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::event::Listen;
use crate::variable::Entry;

/// One script to run, with its view of the world.
#[derive(Clone, Debug)]
pub struct ScriptJob {
    /// When the script runs.
    pub event: Listen,
    /// Its text, as the collection has it with its lines joined by line feeds.
    pub source: Arc<str>,
    /// What its errors call it, for example `Get token (test)`.
    pub name: String,
    /// The environment's variables.
    pub environment: Vec<Entry>,
    /// The globals.
    pub globals: Vec<Entry>,
    /// The collection's variables.
    pub collection_variables: Vec<Entry>,
    /// What scripts of this run have put into `pm.variables`.
    pub local: Vec<Entry>,
    /// The row of the data file, empty without one.
    pub iteration_data: Map<String, Value>,
    /// `pm.environment.name`.
    pub environment_name: String,
    /// The request as the Postman SDK writes it.
    pub request: Value,
    /// The response; `None` before the request, and when there was a transport failure.
    pub response: Option<ScriptResponse>,
    /// The cookies for the request's URL, as the Postman SDK writes them.
    pub cookies: Vec<Value>,
    /// Where in the run the script stands.
    pub info: Info,
}

/// A response as scripts see it: decompressed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScriptResponse {
    /// Status code.
    pub code: u16,
    /// Reason phrase; empty means the usual one of the code.
    pub reason: String,
    /// Headers in the order of the wire.
    pub headers: Vec<(String, String)>,
    /// The body after content decoding.
    pub body: bytes::Bytes,
    /// Response time in milliseconds.
    pub time_ms: f64,
    /// Bytes of the body on the wire.
    pub size: u64,
    /// The cookies that it set, as the Postman SDK writes them.
    pub cookies: Vec<Value>,
}

impl ScriptResponse {
    /// The definition from which the SDK makes its `Response`, without the body.
    pub(super) fn definition(&self) -> Value {
        let headers: Vec<Value> = self
            .headers
            .iter()
            .map(|(key, value)| serde_json::json!({ "key": key, "value": value }))
            .collect();
        let mut definition = serde_json::json!({
            "code": self.code,
            "header": headers,
            "responseTime": number(self.time_ms),
            "downloadedBytes": self.size,
            "cookie": self.cookies,
        });
        if !self.reason.is_empty() {
            definition["reason"] = Value::from(self.reason.as_str());
        }
        definition
    }
}

/// Whole milliseconds are written without a fraction, as Postman does.
#[expect(
    clippy::cast_possible_truncation,
    reason = "only whole numbers far below 2^53 are cast"
)]
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 {
        Value::from(value as i64)
    } else {
        Value::from(value)
    }
}

/// Where in the run a script stands: `pm.info` and `pm.execution.location`.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Info {
    /// Counted from 0.
    pub iteration: u32,
    /// How many iterations the run has.
    pub iteration_count: u32,
    /// Name of the request.
    pub request_name: String,
    /// Id of the request.
    pub request_id: String,
    /// Names from the collection over its folders to the item that owns the script.
    pub path: Vec<String>,
}

impl ScriptJob {
    /// One part of the job as JSON, made when a script first touches it.
    pub(super) fn part(&self, name: &str) -> String {
        let json = match name {
            "environment" => entries(&self.environment),
            "globals" => entries(&self.globals),
            "collection_variables" => entries(&self.collection_variables),
            "local" => entries(&self.local),
            "iteration_data" => Value::Object(self.iteration_data.clone()),
            "environment_name" => return self.environment_name.clone(),
            "request" => return self.request.to_string(),
            "response" => self
                .response
                .as_ref()
                .map_or(Value::Null, ScriptResponse::definition),
            "cookies" => Value::Array(self.cookies.clone()),
            "info" => serde_json::to_value(&self.info).unwrap_or_default(),
            _ => Value::Null,
        };
        json.to_string()
    }
}

fn entries(scope: &[Entry]) -> Value {
    scope
        .iter()
        .map(|entry| {
            let mut json = serde_json::json!({ "key": entry.key, "value": entry.value });
            if let Some(kind) = &entry.kind {
                json["type"] = Value::from(kind.as_str());
            }
            if entry.disabled {
                json["disabled"] = Value::from(true);
            }
            json
        })
        .collect()
}
