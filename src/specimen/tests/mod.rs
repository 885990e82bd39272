//! The connector, driven by inputs only: a world of one queue, in which every request takes 50 ms
//! and a closure says how it is answered.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::base::{Clock, Random, Secret, Seed, Timestamp};
use crate::exchange::{Body, Headers, Outcome, Request, Response};
use crate::profile::Profile;
use crate::specimen::{Call, Connector, Dialect, Input, Output, Policy, Settings};

mod flow;
mod host;
mod platform;
mod reception;
mod retry;
mod signature;
mod token;

/// How long a request takes.
const LATENCY: Duration = Duration::from_millis(50);

fn settings() -> Settings {
    Settings {
        api_url: "https://api.invalid".into(),
        dialect: Dialect::of(&Profile::built_in(), "sage.test"),
        token_url: "https://id.invalid/oauth/token".into(),
        client_id: "client".into(),
        client_secret: Secret::new("secret-1"),
        audience: "audience".into(),
        api_key: Secret::new("key-1"),
        application: "sage.test".into(),
        provider_id: "p-1".into(),
        notification_header: "X-Notify-Key".into(),
        notification_value: Secret::new("notify-1"),
        issuer: "https://id.invalid/".into(),
        jwks_url: "https://id.invalid/jwks".into(),
    }
}

/// A request that was sent.
#[derive(Clone, Debug)]
struct Sent {
    /// Milliseconds after the start.
    at: i64,
    request: Request,
}

impl Sent {
    /// `PATCH /api-provider-v1/batchpayments/b-1`.
    fn operation(&self) -> String {
        format!("{} {}", self.request.method, self.request.path())
    }

    fn body(&self) -> Value {
        self.request.body.json().unwrap_or_default()
    }

    fn header(&self, name: &str) -> &str {
        self.request.headers.get(name).unwrap_or_default()
    }
}

type Answering = Box<dyn FnMut(&Sent) -> Option<Outcome>>;

struct World {
    connector: Connector,
    /// Answers before the usual answers are given.
    script: Answering,
    queue: BTreeMap<(Timestamp, u64), Input>,
    turn: u64,
    tokens: u64,
    sent: Vec<Sent>,
    /// Answers to notifications, with their moments.
    answers: Vec<(i64, Call, u16)>,
}

impl World {
    fn new(policy: Policy) -> Self {
        Self::at(settings(), policy)
    }

    fn at(settings: Settings, policy: Policy) -> Self {
        let connector = Connector::new(settings, policy, Random::from_seed(Seed(7)));
        let mut world = Self {
            connector,
            script: Box::new(|_| None),
            queue: BTreeMap::new(),
            turn: 0,
            tokens: 0,
            sent: Vec::new(),
            answers: Vec::new(),
        };
        world.put(start(), Input::Started);
        world
    }

    fn scripted(mut self, script: impl FnMut(&Sent) -> Option<Outcome> + 'static) -> Self {
        self.script = Box::new(script);
        self
    }

    fn put(&mut self, at: Timestamp, input: Input) {
        self.turn += 1;
        self.queue.insert((at, self.turn), input);
    }

    /// Lets a notification arrive so many milliseconds after the start.
    fn notify(&mut self, at: u64, body: &Value) -> Call {
        self.notify_with(at, notification(body))
    }

    fn notify_with(&mut self, at: u64, request: Request) -> Call {
        let call = Call(self.turn + 1);
        let moment = start() + Duration::from_millis(at);
        self.put(moment, Input::Notified(call, request));
        call
    }

    /// Runs until nothing happens any more, or so many milliseconds after the start.
    fn run_until(&mut self, end: u64) {
        let end = start() + Duration::from_millis(end);
        for _ in 0..100_000 {
            let Some(entry) = self.queue.first_entry() else {
                return;
            };
            let (now, _) = *entry.key();
            if now > end {
                return;
            }
            let input = entry.remove();
            for output in self.connector.handle(now, input) {
                match output {
                    Output::Send(call, request) => {
                        let sent = Sent {
                            at: milliseconds(now),
                            request,
                        };
                        let outcome = (self.script)(&sent).unwrap_or_else(|| self.usual(&sent));
                        self.sent.push(sent);
                        self.put(now + LATENCY, Input::Answered(call, outcome));
                    }
                    Output::Answer(call, response) => {
                        self.answers
                            .push((milliseconds(now), call, response.status));
                    }
                    Output::Wake(at) => self.put(at, Input::Woken),
                }
            }
        }
        panic!("it never comes to rest");
    }

    /// Runs for ten minutes, which is enough for everything but an exhausted retry.
    fn run(&mut self) {
        self.run_until(600_000);
    }

    fn usual(&mut self, sent: &Sent) -> Outcome {
        match (sent.request.method.as_str(), sent.request.path()) {
            ("POST", "/oauth/token") => {
                self.tokens += 1;
                let token = format!("t-{}", self.tokens);
                answer(200, &json!({"access_token": token, "expires_in": 3600}))
            }
            ("GET", "/jwks") => answer(200, &reception::key_set()),
            ("GET", path) if path.contains("/batchpayments/") => answer(200, &batch("Received", 3)),
            ("GET", _) => answer(200, &json!({"data": {"status": "Received"}})),
            ("PATCH", _) => answer(204, &Value::Null),
            _ => answer(202, &Value::Null),
        }
    }

    fn operations(&self) -> Vec<String> {
        self.sent.iter().map(Sent::operation).collect()
    }

    /// The requests whose operation contains `part`.
    fn matching(&self, part: &str) -> Vec<&Sent> {
        let matching = self.sent.iter();
        matching
            .filter(|sent| sent.operation().contains(part))
            .collect()
    }

    /// When those were sent, in milliseconds.
    fn moments(&self, part: &str) -> Vec<i64> {
        self.matching(part).iter().map(|sent| sent.at).collect()
    }

    /// The status that `call` was answered with.
    fn answer_to(&self, call: Call) -> Option<u16> {
        let mut answers = self.answers.iter();
        answers
            .find(|(_, answered, _)| *answered == call)
            .map(|(_, _, status)| *status)
    }
}

fn start() -> Timestamp {
    Clock::logical_start()
}

fn milliseconds(now: Timestamp) -> i64 {
    now.as_millisecond() - start().as_millisecond()
}

/// A batch of so many payments, of which every third one goes to an account that is rejected.
fn batch(status: &str, payments: usize) -> Value {
    let payments: Vec<Value> = (1..=payments)
        .map(|number| {
            let account = if number % 3 == 0 {
                "00000000"
            } else {
                "55779911"
            };
            json!({
                "paymentId": format!("pay-{number}"),
                "status": status,
                "creditor": {"bankAccount": {"accountNumber": account}},
            })
        })
        .collect();
    json!({"data": {"batchId": "b-1", "status": status, "payments": payments}})
}

fn answer(status: u16, body: &Value) -> Outcome {
    answer_with(status, &[], body)
}

fn answer_with(status: u16, headers: &[(&str, &str)], body: &Value) -> Outcome {
    Outcome::Response(Response {
        status,
        reason: String::new(),
        headers: headers.iter().copied().collect(),
        body: if body.is_null() {
            Body::default()
        } else {
            Body::from(body.to_string())
        },
    })
}

/// A notification that is as it has to be.
fn notification(body: &Value) -> Request {
    Request {
        method: "POST".into(),
        url: "http://127.0.0.1:9000/notifications".into(),
        headers: Headers::from_iter([
            (
                "authorization",
                format!("Bearer {}", reception::token()).as_str(),
            ),
            ("x-notify-key", "notify-1"),
            ("content-type", "application/json"),
        ]),
        body: Body::from(body.to_string()),
    }
}

fn created(kind: &str, id: &str) -> Value {
    json!({"type": "resourceCreated", "resource": {"id": id, "type": kind, "url": "NA"}})
}

fn updated(id: &str) -> Value {
    json!({
        "type": "resourceUpdated",
        "resource": {"id": id, "type": "subscription", "url": "NA"},
        "additionalData": {"status": "Suspended"},
    })
}
