//! Small collections, as JSON values.

use serde_json::{Value, json};

/// A collection of these items.
pub fn collection(items: &[Value]) -> Value {
    json!({
        "info": {
            "name": "Small",
            "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
        },
        "item": items
    })
}

/// A folder.
pub fn folder(name: &str, items: &[Value]) -> Value {
    json!({ "name": name, "item": items })
}

/// A GET.
pub fn get(name: &str, url: &str) -> Value {
    json!({ "name": name, "request": { "method": "GET", "url": url } })
}

/// A POST of a raw body.
pub fn post(name: &str, url: &str, body: &str) -> Value {
    json!({ "name": name, "request": {
        "method": "POST", "url": url, "body": { "mode": "raw", "raw": body }
    } })
}

/// Builds on an item.
pub trait Item {
    /// With a test script.
    fn tested(self, script: &str) -> Value;
    /// With a pre-request script.
    fn prepared(self, script: &str) -> Value;
    /// With a header.
    fn header(self, name: &str, value: &str) -> Value;
    /// With an auth block.
    fn auth(self, auth: Value) -> Value;
}

impl Item for Value {
    fn tested(self, script: &str) -> Value {
        with_script(self, "test", script)
    }

    fn prepared(self, script: &str) -> Value {
        with_script(self, "prerequest", script)
    }

    fn header(mut self, name: &str, value: &str) -> Value {
        append(
            &mut self["request"],
            "header",
            json!({ "key": name, "value": value }),
        );
        self
    }

    fn auth(mut self, auth: Value) -> Value {
        self["request"]["auth"] = auth;
        self
    }
}

fn with_script(mut item: Value, listen: &str, script: &str) -> Value {
    let event = json!({ "listen": listen, "script": {
        "type": "text/javascript", "exec": script.lines().collect::<Vec<_>>()
    } });
    append(&mut item, "event", event);
    item
}

fn append(to: &mut Value, list: &str, entry: Value) {
    if to[list].is_null() {
        to[list] = json!([]);
    }
    to[list].as_array_mut().expect("it is a list").push(entry);
}

/// An environment of `(key, value, type)`.
pub fn environment(rows: &[(&str, &str, &str)]) -> Value {
    let values: Vec<Value> = rows
        .iter()
        .map(|(key, value, kind)| {
            json!({ "key": key, "value": value, "type": kind, "enabled": true })
        })
        .collect();
    json!({ "name": "Small environment", "values": values, "_postman_variable_scope": "environment" })
}
