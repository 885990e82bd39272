//! What was taken out of the histories, as far as that may be told: in which fields commitments stand
//! for secrets, how many, and how many different ones. Its schema is
//! `fixtures/schema/redactions.schema.json`.
//!
//! It follows from the histories alone. Whoever looks for a credential that is not there sees where one
//! was, and that equal ones have equal commitments; of the key nothing is told, for no file has it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::Told;
use crate::base::Sha256Hex;
use crate::conformance::commitments;
use crate::event::{Event, EventKind, Subject};
use crate::exchange::{Body, Exchange, Headers, Outcome};
use crate::history::History;

/// The version of the form.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Redactions<'h> {
    version: u32,
    scheme: Scheme,
    runs: Vec<Run<'h>>,
}

/// How a commitment is made (`base::Redactor`).
#[derive(Serialize)]
struct Scheme {
    form: &'static str,
    function: &'static str,
    /// How many hexadecimal digits of its value are kept.
    digits: u8,
    key: &'static str,
}

#[derive(Serialize)]
struct Run<'h> {
    subject: Subject,
    /// The digest that stands for the history.
    head: &'h Sha256Hex,
    places: Vec<Place>,
}

#[derive(Serialize)]
struct Place {
    /// The field: `request.headers.authorization`, `response.body.access_token`.
    field: String,
    commitments: usize,
    different: usize,
}

/// All of it as JSON, with a newline at its end. The same histories give the same bytes.
#[must_use]
pub fn redactions_json(told: Told<'_>) -> String {
    let redactions = Redactions {
        version: VERSION,
        scheme: Scheme {
            form: "[secret:…]",
            function: "HMAC-SHA-256",
            digits: 12,
            key: "of the run, in no file",
        },
        runs: told
            .runs
            .iter()
            .map(|(history, _)| Run {
                subject: history.start().subject,
                head: history.head(),
                places: places(history),
            })
            .collect(),
    };
    let mut text = serde_json::to_string_pretty(&redactions)
        .expect("places have text keys and no values that JSON lacks");
    text.push('\n');
    text
}

fn places(history: &History) -> Vec<Place> {
    let mut tally = Tally::default();
    for event in history.events() {
        tally.event(event);
    }
    tally
        .fields
        .into_iter()
        .map(|(field, (commitments, different))| Place {
            field,
            commitments,
            different: different.len(),
        })
        .collect()
}

/// How many commitments stand in each field, and which.
#[derive(Default)]
struct Tally {
    fields: BTreeMap<String, (usize, BTreeSet<String>)>,
}

impl Tally {
    fn event(&mut self, event: &Event) {
        if let EventKind::Exchange { exchange, .. } = &event.kind {
            self.exchange(exchange);
        } else if let Ok(value) = serde_json::to_value(&event.kind) {
            let kind = value["kind"].as_str().unwrap_or_default().to_owned();
            self.value(&value, &kind);
        }
    }

    fn exchange(&mut self, exchange: &Exchange) {
        let request = &exchange.request;
        let (address, query) = request.url.split_once('?').unwrap_or((&request.url, ""));
        self.text(address, || "request.url".to_owned());
        self.pairs(query, "request.url");
        self.headers(&request.headers, "request.headers");
        self.body(&request.body, "request.body");
        match &exchange.outcome {
            Outcome::Response(response) => {
                self.text(&response.reason, || "response.reason".to_owned());
                self.headers(&response.headers, "response.headers");
                self.body(&response.body, "response.body");
            }
            Outcome::Failure(failure) => {
                self.text(&failure.message, || "failure.message".to_owned());
            }
        }
    }

    fn headers(&mut self, headers: &Headers, field: &str) {
        for (name, value) in headers.iter() {
            self.text(value, || format!("{field}.{}", name.to_ascii_lowercase()));
        }
    }

    fn body(&mut self, body: &Body, field: &str) {
        let Some(text) = body.text().filter(|text| has_one(text)) else {
            return;
        };
        match body.json() {
            Some(value) => self.value(&value, field),
            None if text.contains('=') && !text.contains(['\n', '<', '{']) => {
                self.pairs(text, field);
            }
            None => self.text(text, || field.to_owned()),
        }
    }

    /// The pairs of a form or a query.
    fn pairs(&mut self, text: &str, field: &str) {
        for pair in text.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or(("", pair));
            self.text(value, || named(field, name));
            self.text(name, || field.to_owned());
        }
    }

    fn value(&mut self, value: &Value, field: &str) {
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
            Value::String(text) => self.text(text, || field.to_owned()),
            Value::Array(elements) => {
                for element in elements {
                    self.value(element, &format!("{field}[]"));
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    self.text(name, || field.to_owned());
                    self.value(member, &named(field, name));
                }
            }
        }
    }

    /// Counts the commitments in a text of `field`.
    fn text(&mut self, text: &str, field: impl FnOnce() -> String) {
        if !has_one(text) {
            return;
        }
        let (count, different) = self.fields.entry(field()).or_default();
        for commitment in commitments(text) {
            *count += 1;
            if !different.contains(commitment) {
                different.insert(commitment.to_owned());
            }
        }
    }
}

fn has_one(text: &str) -> bool {
    commitments(text).next().is_some()
}

/// A member of `field`; neither an id nor a commitment is a name.
fn named(field: &str, name: &str) -> String {
    if name.is_empty() {
        field.to_owned()
    } else if has_one(name) || uuid::Uuid::try_parse(name).is_ok() {
        format!("{field}.{{id}}")
    } else {
        format!("{field}.{name}")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::history::composer::Composer;

    const ONE: &str = "[secret:0123456789ab]";
    const OTHER: &str = "[secret:ba9876543210]";

    fn told(run: &mut Composer) -> Vec<String> {
        let places = places(&run.history()).into_iter();
        places
            .map(|it| format!("{} {} {}", it.field, it.commitments, it.different))
            .collect()
    }

    #[test]
    fn each_field_is_told_with_how_many_stand_in_it_and_how_many_differ() {
        let mut run = Composer::replay();
        for secret in [ONE, OTHER, ONE] {
            run.send(
                "POST",
                &format!("/x?key={secret}&plain=1"),
                json!({"user": {"password": secret}, "list": [secret, 1]}),
                200,
                json!({"access_token": secret}),
            )
            .with(|exchange| exchange.request.headers = crate::exchange::Headers::new())
            .answered_with("Set-Cookie", &format!("a={secret}; b={secret}"));
        }
        assert_eq!(
            told(&mut run),
            [
                "request.body.list[] 3 2",
                "request.body.user.password 3 2",
                "request.url.key 3 2",
                "response.body.access_token 3 2",
                "response.headers.set-cookie 6 2",
            ]
        );
    }

    #[test]
    fn forms_texts_and_what_no_exchange_shows_count_too() {
        let mut run = Composer::replay();
        run.send("POST", "/x", Value::Null, 200, Value::Null)
            .with(|exchange| {
                exchange.request.headers = crate::exchange::Headers::new();
                exchange.request.body = format!("grant=x&client_secret={ONE}").into();
                if let Outcome::Response(response) = &mut exchange.outcome {
                    response.body = format!("<p>{ONE}").into();
                }
            })
            .assertion(
                "x",
                crate::event::AssertionOutcome::Failed {
                    message: format!("expected {ONE} to be {OTHER}"),
                },
            );
        assert_eq!(
            told(&mut run),
            [
                "assertion.message 2 2",
                "request.body.client_secret 1 1",
                "response.body 1 1",
            ]
        );
    }

    /// None is lost: what is told is as much as stands in the lines of the history.
    #[test]
    fn every_commitment_of_a_run_is_told() {
        let mut run = crate::conformance::fixture::conforming_run();
        let history = run.history();
        let lines = String::from_utf8(History::lines(history.events())).unwrap();
        let sum: usize = places(&history).iter().map(|it| it.commitments).sum();
        assert!(sum > 0);
        assert_eq!(sum, commitments(&lines).count());
    }

    #[test]
    fn what_has_an_id_or_a_secret_for_its_name_is_one_field() {
        let mut run = Composer::replay();
        run.send(
            "POST",
            "/x",
            json!({ONE: OTHER, "5e4d3c2b-1a09-4f8e-8d7c-6b5a49382716": ONE}),
            200,
            Value::Null,
        )
        .with(|exchange| exchange.request.headers = crate::exchange::Headers::new());
        assert_eq!(
            told(&mut run),
            ["request.body 1 1", "request.body.{id} 2 2"]
        );
    }
}
