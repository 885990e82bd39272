//! What clients act on in an answer: its status, some headers, the shape of its body.

use std::collections::{BTreeMap, BTreeSet};

use super::exchanges::{Aspect, Difference};
use super::pairing::Placed;
use super::shape::{Shape, differences, shape};
use crate::exchange::{Body, Outcome, Response, RetryAfter, Timing};

/// How an answer looks, whatever the values in it.
struct Answer {
    outcome: String,
    headers: BTreeMap<String, String>,
    body: &'static str,
    shape: Shape,
}

impl Answer {
    /// That of an exchange; `interaction_id` is the name of the header that tells requests apart.
    fn of(placed: &Placed<'_>, interaction_id: &str) -> Self {
        let exchange = placed.exchange;
        let response = match &exchange.outcome {
            Outcome::Response(response) => response,
            Outcome::Failure(failure) => {
                let kind = serde_json::to_value(failure.kind).ok();
                let kind = kind.as_ref().and_then(|kind| kind.as_str());
                return Self {
                    outcome: format!("no answer ({})", kind.unwrap_or_default()),
                    headers: BTreeMap::new(),
                    body: "no body",
                    shape: Shape::new(),
                };
            }
        };
        let mut headers = headers(response, &exchange.timing);
        if let Some(id) = response.headers.get(interaction_id) {
            let same = exchange.request.headers.get(interaction_id) == Some(id);
            let form = if same {
                "that of the request"
            } else {
                "another than the request's"
            };
            headers.insert(interaction_id.to_ascii_lowercase(), form.to_owned());
        }
        let (body, shape) = form(&response.body);
        Self {
            outcome: response.status.to_string(),
            headers,
            body,
            shape,
        }
    }
}

/// What a body is, and its shape where it is JSON.
fn form(body: &Body) -> (&'static str, Shape) {
    if body.is_empty() {
        return ("no body", Shape::new());
    }
    match body.json() {
        Some(value) => ("JSON", shape(&value)),
        None if body.text().is_some() => ("text", Shape::new()),
        None => ("bytes", Shape::new()),
    }
}

/// The headers that clients act on, in a form that does not change from run to run.
fn headers(response: &Response, timing: &Timing) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (name, value) in response.headers.iter() {
        let name = name.to_ascii_lowercase();
        let form = match name.as_str() {
            "content-type" => {
                let essence = value.split(';').next().unwrap_or_default();
                essence.trim().to_ascii_lowercase()
            }
            "retry-after" => match RetryAfter::of(&response.headers, timing.response_last) {
                Some(hint) if hint.coarseness.is_zero() => "seconds".to_owned(),
                Some(_) => "a date".to_owned(),
                None => "not readable".to_owned(),
            },
            "www-authenticate" => {
                let scheme = value.split_whitespace().next().unwrap_or_default();
                scheme.to_ascii_lowercase()
            }
            "location" => "there".to_owned(),
            name if name.contains("ratelimit") || name.contains("rate-limit") => "there".to_owned(),
            _ => continue,
        };
        found.insert(name, form);
    }
    found
}

/// In what the answers to a pair of exchanges differ.
pub(super) fn compared(
    (then, then_id): (&Placed<'_>, &str),
    (now, now_id): (&Placed<'_>, &str),
) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut tell = |aspect, at: &str, then: &str, now: &str| {
        if then != now {
            found.push(Difference {
                aspect,
                at: at.to_owned(),
                then: then.to_owned(),
                now: now.to_owned(),
            });
        }
    };
    tell(Aspect::Operation, "", &then.operation, &now.operation);
    let (before, after) = (Answer::of(then, then_id), Answer::of(now, now_id));
    tell(Aspect::Outcome, "", &before.outcome, &after.outcome);
    let names: BTreeSet<&String> = before.headers.keys().chain(after.headers.keys()).collect();
    for name in names {
        let of = |answer: &Answer| answer.headers.get(name).cloned();
        let [then, now] = [of(&before), of(&after)].map(|it| it.unwrap_or("missing".to_owned()));
        tell(Aspect::Header, name, &then, &now);
    }
    tell(Aspect::Body, "", before.body, after.body);
    if before.body == after.body {
        for (place, then, now) in differences(&before.shape, &after.shape) {
            tell(Aspect::Body, &place, &then, &now);
        }
    }
    found
}
