//! Composes histories for tests: exchanges as a runner would have recorded them.

use std::time::Duration;

use serde_json::Value;

use super::History;
use crate::base::{Clock, Random, Seed, Timestamp, keyed_sha256, sha256, uuid};
use crate::event::{
    AssertionOutcome, AssertionRecord, Attempt, End, Event, EventKind, Expectation, FaultProof,
    ItemName, Listen, Noticed, Origin, ProbeRole, ProbeStart, Provocation, RunStart, Subject,
    Target,
};
use crate::exchange::{
    Body, Exchange, Failure, FailureKind, Headers, Outcome, Request, Response, Timing, Vantage,
};

/// How long an exchange takes.
const LATENCY: Duration = Duration::from_millis(60);

/// How long after an exchange the next one begins: ten a second.
const PAUSE: Duration = Duration::from_millis(40);

/// A history in the making. Each exchange begins 100 ms after the one before, unless something
/// else is said, and carries the headers of a conforming client.
pub(crate) struct Composer {
    /// Whose exchanges are composed, and from where they are seen.
    side: (Origin, Vantage),
    events: Vec<Event>,
    now: Timestamp,
    step: u64,
    group: u64,
    number: u32,
    token: Option<String>,
    tokens: u64,
    random: Random,
}

impl Composer {
    /// A replay at the mock.
    pub(crate) fn replay() -> Self {
        Self::of(Subject::Replay)
    }

    pub(crate) fn of(subject: Subject) -> Self {
        let mut composer = Self {
            side: match subject {
                Subject::Replay | Subject::Endpoint => (Origin::Item, Vantage::Client),
                Subject::Connector => (Origin::Connector, Vantage::Mock),
            },
            events: Vec::new(),
            now: Clock::logical_start(),
            step: 0,
            group: 0,
            number: 0,
            token: None,
            tokens: 0,
            random: Random::from_seed(Seed(1)),
        };
        composer.emit(EventKind::RunStarted(Box::new(RunStart {
            format: 1,
            harness: "0.1.0".into(),
            target: Target::Mock,
            subject,
            profile: "payments-out".into(),
            profile_sha256: sha256(b"composed"),
            profile_overridden: false,
            time: "logical".into(),
            seed: Seed(1),
            map: Vec::new(),
            mock_defects: Vec::new(),
            backoff: None,
            insecure: false,
            plan: "composed".into(),
            exercises: None,
            collections: vec!["Composed".into()],
            environment: None,
        })));
        composer
    }

    /// The plan exercises these checks and no others.
    pub(crate) fn exercising(&mut self, checks: &[&str]) -> &mut Self {
        match self.events.first_mut().map(|event| &mut event.kind) {
            Some(EventKind::RunStarted(start)) => {
                start.exercises = Some(checks.iter().map(|&check| check.to_owned()).collect());
            }
            _ => panic!("a composed history begins with its start"),
        }
        self
    }

    pub(crate) fn emit(&mut self, kind: EventKind) -> &mut Self {
        self.events.push(Event {
            sequence: self.events.len() as u64 + 1,
            at: self.now,
            kind,
        });
        self
    }

    pub(crate) fn wait(&mut self, wait: Duration) -> &mut Self {
        self.now += wait;
        self
    }

    /// Takes back a pause: the next exchange begins earlier.
    pub(crate) fn back(&mut self, by: Duration) -> &mut Self {
        self.now -= by;
        self
    }

    /// The last exchange has the interaction id of the one before it.
    pub(crate) fn repeat_interaction_id(&mut self) -> &mut Self {
        let id = self
            .events
            .iter()
            .rev()
            .skip(1)
            .find_map(|event| match &event.kind {
                EventKind::Exchange { exchange, .. } => {
                    exchange.request.headers.get("x-fapi-interaction-id")
                }
                _ => None,
            });
        let id = id.expect("an earlier exchange").to_owned();
        self.with(|exchange| exchange.request.headers.set("x-fapi-interaction-id", id))
    }

    /// A new step.
    pub(crate) fn step(&mut self, name: &str) -> &mut Self {
        self.provoking(name, &[])
    }

    /// A new step that does something wrong on purpose.
    pub(crate) fn provoking(&mut self, name: &str, provokes: &[Provocation]) -> &mut Self {
        self.step += 1;
        self.emit(EventKind::StepStarted {
            step: self.step,
            iteration: 0,
            item: ItemName {
                id: format!("item-{}", self.step),
                path: vec!["Composed".into(), name.into()],
            },
            provokes: provokes.to_vec(),
        })
    }

    /// A token for `client`, which later exchanges carry.
    pub(crate) fn token(&mut self, client: &str, expires_in: u64) -> &mut Self {
        self.tokens += 1;
        self.token = None;
        let digest = keyed_sha256(b"test", &self.tokens.to_be_bytes());
        let commitment = format!("[secret:{}]", &digest.as_str()[..12]);
        let mut request =
            serde_json::json!({ "grant_type": "client_credentials", "client_id": client });
        if self.side.0 == Origin::Connector {
            request["client_secret"] = "[secret:5ec4e75ec4e7]".into();
            request["audience"] = "payments-out/provider-mock".into();
        }
        self.send(
            "POST",
            "/oauth/token",
            request,
            200,
            serde_json::json!({
                "access_token": commitment,
                "token_type": "Bearer",
                "expires_in": expires_in,
            }),
        );
        self.token = Some(commitment);
        self
    }

    /// The token that exchanges carry now, as their header has it.
    pub(crate) fn bearer(&self) -> String {
        let token = self.token.as_deref().unwrap_or_default();
        format!("Bearer {token}")
    }

    /// The same token once more, for so many seconds.
    pub(crate) fn repeat_token(&mut self, expires_in: u64) -> &mut Self {
        let held = self.token.clone();
        self.token("provider", expires_in);
        self.token = held;
        let token = self.token.clone();
        self.with(|exchange| {
            if let Outcome::Response(response) = &mut exchange.outcome {
                let answer = serde_json::json!({
                    "access_token": token,
                    "token_type": "Bearer",
                    "expires_in": expires_in,
                });
                response.body = json(&answer);
            }
        })
    }

    /// A new operation; a `Null` is no body.
    pub(crate) fn send(
        &mut self,
        method: &str,
        path: &str,
        body: Value,
        status: u16,
        answer: Value,
    ) -> &mut Self {
        self.group += 1;
        self.number = 0;
        self.again(method, path, body, status, answer)
    }

    /// Another attempt of the last operation.
    pub(crate) fn again(
        &mut self,
        method: &str,
        path: &str,
        body: Value,
        status: u16,
        answer: Value,
    ) -> &mut Self {
        self.number += 1;
        let response = Response {
            status,
            reason: http::StatusCode::from_u16(status)
                .ok()
                .and_then(|status| status.canonical_reason())
                .unwrap_or_default()
                .into(),
            headers: Headers::new(),
            body: json(&answer),
        };
        let mut headers = Headers::new();
        if let Some(token) = &self.token {
            headers.push("Authorization", format!("Bearer {token}"));
        }
        headers.push("x-api-key", "[secret:0a1b2c3d4e5f]");
        if self.side.0 == Origin::Connector {
            headers.push("x-application", "sage.intacct");
        }
        headers.push("x-fapi-interaction-id", uuid(&mut self.random).to_string());
        let start = self.now;
        let end = start + LATENCY;
        self.now = end;
        self.emit(EventKind::Exchange {
            step: self.step,
            origin: self.side.0,
            attempt: Attempt {
                group: self.group,
                number: self.number,
            },
            exchange: Box::new(Exchange {
                request: Request {
                    method: method.into(),
                    url: format!("https://api-payout.mock.invalid{path}"),
                    headers,
                    body: json(&body),
                },
                outcome: Outcome::Response(response),
                timing: Timing {
                    request_first: start,
                    request_last: start,
                    response_first: end,
                    response_last: end,
                },
                vantage: self.side.1,
                connection: None,
            }),
        });
        self.wait(PAUSE)
    }

    /// A probe of the check, its name, what it is for and what it expects; its resource, and the
    /// status with which it is answered.
    pub(crate) fn probe(
        &mut self,
        (check, probe): (&str, &str),
        (role, expect): (ProbeRole, Expectation),
        resource: &str,
        status: u16,
    ) -> &mut Self {
        self.step += 1;
        self.emit(EventKind::ProbeStarted(Box::new(ProbeStart {
            step: self.step,
            check: check.into(),
            probe: probe.into(),
            factor: format!("{probe} is sent"),
            role,
            expect,
            resource: resource.into(),
        })));
        self.token = None;
        self.send(
            "POST",
            "/notifications",
            serde_json::json!({"resource": {"id": resource}}),
            status,
            Value::Null,
        )
        .sent_by(Origin::Probe)
    }

    /// Takes the last event back.
    pub(crate) fn take_back(&mut self) -> &mut Self {
        self.events.pop();
        self
    }

    /// The last probe showed something beside its answer.
    pub(crate) fn notice(&mut self, noticed: Noticed) -> &mut Self {
        self.emit(EventKind::ProbeNoticed {
            step: self.step,
            noticed,
        })
    }

    /// The last event, which is an exchange, for changes.
    pub(crate) fn last(&mut self) -> &mut Exchange {
        match self.events.last_mut().map(|event| &mut event.kind) {
            Some(EventKind::Exchange { exchange, .. }) => exchange,
            _ => panic!("the last event is no exchange"),
        }
    }

    /// Who sent the last exchange, where it was not the item.
    pub(crate) fn sent_by(&mut self, sender: Origin) -> &mut Self {
        match self.events.last_mut().map(|event| &mut event.kind) {
            Some(EventKind::Exchange { origin, .. }) => *origin = sender,
            _ => panic!("the last event is no exchange"),
        }
        self
    }

    /// The number of the operation of the last exchange.
    pub(crate) fn group_of_last(&mut self) -> u64 {
        match self.events.last().map(|event| &event.kind) {
            Some(EventKind::Exchange { attempt, .. }) => attempt.group,
            _ => panic!("the last event is no exchange"),
        }
    }

    /// The last exchange is another attempt of that operation.
    pub(crate) fn in_group(&mut self, group: u64) -> &mut Self {
        match self.events.last_mut().map(|event| &mut event.kind) {
            Some(EventKind::Exchange { attempt, .. }) => {
                attempt.group = group;
                attempt.number += 1;
            }
            _ => panic!("the last event is no exchange"),
        }
        self
    }

    /// The last exchange is another attempt of an earlier one with the same sender and body.
    pub(crate) fn another_attempt(&mut self) -> &mut Self {
        let shown = |event: &Event| match &event.kind {
            EventKind::Exchange {
                origin,
                attempt,
                exchange,
                ..
            } => Some((*origin, exchange.request.body.clone(), *attempt)),
            _ => None,
        };
        let (last, earlier) = self.events.split_last_mut().expect("an exchange");
        let (origin, body, _) = shown(last).expect("the last event is an exchange");
        let before = earlier.iter().rev().filter_map(shown);
        let mut same = before.filter(|(by, text, _)| *by == origin && *text == body);
        let (_, _, first) = same.next().expect("an earlier attempt");
        match &mut last.kind {
            EventKind::Exchange { attempt, .. } => {
                *attempt = Attempt {
                    group: first.group,
                    number: first.number + 1,
                };
            }
            _ => panic!("the last event is no exchange"),
        }
        self
    }

    /// Changes the last exchange.
    pub(crate) fn with(&mut self, change: impl FnOnce(&mut Exchange)) -> &mut Self {
        change(self.last());
        self
    }

    /// The answer to the last exchange has this header.
    pub(crate) fn answered_with(&mut self, name: &str, value: &str) -> &mut Self {
        self.with(|exchange| match &mut exchange.outcome {
            Outcome::Response(response) => response.headers.push(name, value),
            Outcome::Failure(_) => panic!("the last exchange has no answer"),
        })
    }

    /// The last exchange got no answer.
    pub(crate) fn cut(&mut self) -> &mut Self {
        self.with(|exchange| {
            exchange.outcome = Outcome::Failure(Failure {
                kind: FailureKind::Cut,
                message: "connection closed before the response was complete".into(),
            });
        })
    }

    pub(crate) fn assertion(&mut self, name: &str, outcome: AssertionOutcome) -> &mut Self {
        self.emit(EventKind::Assertion(AssertionRecord {
            step: self.step,
            listen: Listen::Test,
            name: name.into(),
            outcome,
        }))
    }

    pub(crate) fn proof(&mut self, answers: &[&str], delivered: usize) -> &mut Self {
        self.emit(EventKind::FaultProof(FaultProof {
            scenario: "throttled".into(),
            operation: "PATCH /api-provider-v1/batchpayments/{batchId}".into(),
            answers: answers.iter().map(|answer| (*answer).to_owned()).collect(),
            delivered,
        }))
    }

    /// The events so far, and the end of a complete run.
    pub(crate) fn complete(&mut self) -> Vec<Event> {
        self.ended(End::Complete)
    }

    pub(crate) fn ended(&mut self, end: End) -> Vec<Event> {
        self.emit(EventKind::RunEnded { end });
        self.events.clone()
    }

    /// The history of a complete run.
    pub(crate) fn history(&mut self) -> History {
        History::of(self.complete()).unwrap()
    }
}

fn json(value: &Value) -> Body {
    match value {
        Value::Null => Body::default(),
        value => value.to_string().into(),
    }
}
