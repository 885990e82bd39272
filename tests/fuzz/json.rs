//! Changes JSON in its structure: histories, which are linked again, and archives.

use preflight::base::{Random, sha256};
use serde_json::{Map, Value, json};

use crate::text;

/// A value that is changed, with the number of values in it.
#[derive(Clone)]
pub struct JsonSeed {
    pub value: Value,
    nodes: u64,
}

impl JsonSeed {
    pub fn of(value: Value) -> Self {
        let nodes = nodes(&value);
        Self { value, nodes }
    }
}

fn nodes(value: &Value) -> u64 {
    1 + match value {
        Value::Array(elements) => elements.iter().map(nodes).sum(),
        Value::Object(members) => members.values().map(nodes).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// The value with this number, counted from 0 in the order of the text.
fn node<'v>(value: &'v mut Value, number: &mut u64) -> Option<&'v mut Value> {
    if *number == 0 {
        return Some(value);
    }
    *number -= 1;
    match value {
        Value::Array(elements) => elements.iter_mut().find_map(|it| node(it, number)),
        Value::Object(members) => members.values_mut().find_map(|it| node(it, number)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// Text that readers and rules look into.
const TEXTS: [&str; 40] = [
    "",
    "\u{0}",
    "\u{feff}",
    "ü€😀",
    "GET",
    "POST",
    "PATCH",
    "https://api-payout.mock.invalid/api-provider-v1/batchpayments/%ff%zz",
    "https://api-payout.mock.invalid/api-provider-v1/batchpayments/a/payments/../../b?x=1&x=2#f",
    "https://api-payout.mock.invalid/v3/organisations/c1f0a3de-5d0b-4c39-8a8e-2f7de0a9b6c4",
    "https://[::1",
    "http://a:99999/",
    "://",
    "/oauth/token?access_token=raw-value-of-x",
    "2026-01-01T00:00:00Z",
    "2026-01-01T00:00:10.5+14:00",
    "9999-12-30T22:00:00.999999999Z",
    "-009999-01-02T01:59:59Z",
    "1969-12-31T23:59:59.999Z",
    "2016-12-31T23:59:60Z",
    "Thu, 01 Jan 2026 00:00:05 GMT",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "18446744073709551616",
    "-1",
    "1e309",
    "7",
    "Bearer [secret:3a21bfebf0ed]",
    "Bearer  ",
    "Basic Og==",
    "[secret:",
    "[secret:0a1b2c3d4e5f]",
    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl",
    "authorization",
    "retry-after",
    "x-fapi-interaction-id",
    "x-idempotency-key",
    "Completed",
    "Rejected",
    "{\"data\":{\"status\":\"Completed\",\"payments\":[{\"status\":\"Paid\"}]}}",
    "{\"access_token\":\"a\",\"expires_in\":\"18446744073709551615\"}",
];

fn text_of(random: &mut Random) -> String {
    match random.between(0, 19) {
        0 => "x".repeat(usize::try_from(random.between(1, 3000)).unwrap()),
        1 => String::from_utf8_lossy(&text::noise(random)).into_owned(),
        _ => TEXTS[text::below(random, TEXTS.len())].to_owned(),
    }
}

fn number_of(random: &mut Random) -> Value {
    match random.between(0, 11) {
        0 => json!(u64::MAX),
        1 => json!(i64::MIN),
        2 => json!(f64::MAX),
        3 => json!(-0.0),
        4 => json!(1e-300),
        5 => json!(random.next_u64() >> random.between(0, 63)),
        6 => json!(-1),
        7 => json!(random.between(100, 599)),
        8 => json!([200, 201, 202, 401, 429, 500, 503][text::below(random, 7)]),
        9 => json!(random.unit() * 1e6),
        _ => json!(random.between(0, 20)),
    }
}

fn value_of(random: &mut Random) -> Value {
    match random.between(0, 9) {
        0 => Value::Null,
        1 => json!(random.between(0, 1) == 0),
        2 => json!({}),
        3 => json!([]),
        4 => {
            let depth = random.between(1, 200);
            (0..depth).fold(Value::Null, |inner, level| {
                if level % 2 == 0 {
                    json!([inner])
                } else {
                    json!({"data": inner})
                }
            })
        }
        5 | 6 => number_of(random),
        _ => json!(text_of(random)),
    }
}

/// Changes one value somewhere in `seed`.
fn change(random: &mut Random, seed: &mut JsonSeed) {
    let mut number = random.between(0, seed.nodes.saturating_sub(1));
    // An earlier change may have taken values away.
    if let Some(found) = node(&mut seed.value, &mut number) {
        change_here(random, found);
    }
}

fn change_here(random: &mut Random, value: &mut Value) {
    match value {
        Value::Object(members) if !members.is_empty() && random.between(0, 3) > 0 => {
            change_object(random, members);
        }
        Value::Array(elements) if !elements.is_empty() && random.between(0, 3) > 0 => {
            let at = text::below(random, elements.len());
            match random.between(0, 3) {
                0 => drop(elements.remove(at)),
                1 => elements.insert(at, elements[at].clone()),
                2 => {
                    let other = text::below(random, elements.len());
                    elements.swap(at, other);
                }
                _ => elements.insert(at, value_of(random)),
            }
        }
        Value::String(inner) if random.between(0, 1) == 0 => {
            // Bodies are JSON in a text.
            match serde_json::from_str::<Value>(inner) {
                Ok(body @ (Value::Object(_) | Value::Array(_))) => {
                    let mut body = JsonSeed::of(body);
                    change(random, &mut body);
                    *inner = body.value.to_string();
                }
                Ok(_) | Err(_) => *inner = text::spoilt(random, inner),
            }
        }
        Value::Number(_) if random.between(0, 3) > 0 => *value = number_of(random),
        Value::String(inner) if random.between(0, 3) > 0 => *inner = text_of(random),
        _ => *value = value_of(random),
    }
}

fn change_object(random: &mut Random, members: &mut Map<String, Value>) {
    let at = text::below(random, members.len());
    let name = members.keys().nth(at).unwrap().clone();
    match random.between(0, 3) {
        0 => drop(members.shift_remove(&name)),
        1 => {
            let value = members.shift_remove(&name).unwrap();
            members.insert(text_of(random), value);
        }
        2 => {
            let other = text::below(random, members.len());
            let other = members.values().nth(other).unwrap().clone();
            members.insert(name, other);
        }
        _ => drop(members.insert(text_of(random), value_of(random))),
    }
}

/// Some lines of one of the seeds, a few changed, dropped, repeated, swapped or taken from another.
fn changed_lines(random: &mut Random, seeds: &[Vec<JsonSeed>], first: usize) -> Vec<JsonSeed> {
    let mut lines = seeds[text::below(random, seeds.len())].clone();
    for _ in 0..random.between(1, 3) {
        if lines.len() <= first {
            break;
        }
        let at = first + text::below(random, lines.len() - first);
        match random.between(0, 9) {
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, lines[at].clone()),
            2 => {
                let other = first + text::below(random, lines.len() - first);
                lines.swap(at, other);
            }
            3 => {
                let other = &seeds[text::below(random, seeds.len())];
                let from = text::below(random, other.len());
                lines.extend(other.iter().skip(from.max(first)).take(8).cloned());
            }
            _ => change(random, &mut lines[at]),
        }
    }
    lines
}

/// A history. Most of them hold together, so that the rules get to see them.
pub fn history(random: &mut Random, seeds: &[Vec<JsonSeed>]) -> Vec<u8> {
    let first = usize::from(random.between(0, 9) > 0);
    let lines = changed_lines(random, seeds, first);
    let mut text = Vec::new();
    let mut previous = "0".repeat(64);
    let keeps_numbers = random.between(0, 29) == 0;
    for (index, mut line) in lines.into_iter().enumerate() {
        if let Value::Object(members) = &mut line.value
            && !keeps_numbers
        {
            members.insert("sequence".to_owned(), json!(index + 1));
        }
        let mut json = line.value.to_string();
        if json.ends_with('}') {
            json.pop();
            json += &format!(",\"previous_sha256\":\"{previous}\"}}");
        }
        sha256(json.as_bytes()).as_str().clone_into(&mut previous);
        text.extend_from_slice(json.as_bytes());
        text.push(b'\n');
    }
    // Its bytes, or the line that a killed run left.
    match random.between(0, 15) {
        0 => text::change_bytes(random, &mut text),
        1 => text.truncate(text::below(random, text.len().max(1))),
        _ => {}
    }
    text
}

/// An archive.
pub fn archive(random: &mut Random, seeds: &[Vec<JsonSeed>]) -> Vec<u8> {
    let entries: Vec<Value> = changed_lines(random, seeds, 0)
        .into_iter()
        .map(|entry| entry.value)
        .collect();
    let mut log = json!({"log": {
        "version": "1.2",
        "creator": {"name": "Gateway", "version": "4.1"},
        "entries": entries,
    }});
    if random.between(0, 30) == 0 {
        change_here(random, &mut log["log"]);
    }
    let mut bytes = log.to_string().into_bytes();
    if random.between(0, 15) == 0 {
        text::change_bytes(random, &mut bytes);
    }
    bytes
}
