//! Scripts run against a host that is played here.

mod api;
mod asynchronous;
mod hostile;
mod legacy;
mod libraries;
mod platform;
mod variables;

use std::cell::RefCell;
use std::pin::Pin;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::base::{Clock, Random, Seed};
pub(super) use crate::event::Listen;
pub(super) use crate::variable::Entry;

/// A run with nothing in it but a cookie jar and one other endpoint.
#[derive(Default)]
pub(super) struct Stage {
    pub sent: RefCell<Vec<Value>>,
    pub jar: RefCell<Vec<CookieCall>>,
    /// How long an answer takes, in real time.
    pub delay: Duration,
    /// The logical clock that an answer moves on.
    pub clock: Option<Clock>,
}

impl ScriptHost for Stage {
    fn send(
        &self,
        request: Value,
    ) -> Pin<Box<dyn Future<Output = Result<ScriptResponse, SendError>> + '_>> {
        self.sent.borrow_mut().push(request.clone());
        Box::pin(async move {
            if let Some(clock) = &self.clock {
                clock.advance(Duration::from_millis(44));
            }
            if !self.delay.is_zero() {
                Clock::system().sleep(self.delay).await;
            }
            let path = request["url"]["path"].to_string();
            if path.contains("refused") {
                return Err(SendError {
                    message: "connect ECONNREFUSED 127.0.0.1:1".to_owned(),
                    code: Some("ECONNREFUSED".to_owned()),
                });
            }
            Ok(ScriptResponse {
                code: 201,
                headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
                body: json!({ "path": request["url"]["path"] }).to_string().into(),
                ..ScriptResponse::default()
            })
        })
    }

    fn cookies(&self, call: CookieCall) -> CookieReply {
        self.jar.borrow_mut().push(call.clone());
        let cookie =
            json!({ "name": "session", "value": "42", "domain": "example.com", "path": "/" });
        match call {
            CookieCall::Find { name, .. } if name != "session" => CookieReply::Cookies(Vec::new()),
            CookieCall::Set { url, .. } if url.contains("forbidden") => CookieReply::Refused(
                "CookieStore: programmatic access to \"forbidden.example\" is denied".to_owned(),
            ),
            CookieCall::Find { .. } | CookieCall::All { .. } | CookieCall::Set { .. } => {
                CookieReply::Cookies(vec![cookie])
            }
            CookieCall::Unset { .. } | CookieCall::Clear { .. } => CookieReply::Done,
        }
    }

    fn vault(&self, name: &str) -> Option<String> {
        (name == "key").then(|| "from the vault".to_owned())
    }
}

pub(super) fn options() -> EngineOptions {
    EngineOptions::new(
        Clock::logical(Clock::logical_start()),
        Random::from_seed(Seed(7)),
    )
}

/// A test script after a response `{"a":1,"list":[1,2]}` with status 200.
pub(super) fn job(source: &str) -> ScriptJob {
    ScriptJob {
        event: Listen::Test,
        source: source.into(),
        name: "Pay out (test)".to_owned(),
        environment: vec![
            Entry::new("base", "https://example.com"),
            Entry::new("shared", "environment"),
        ],
        globals: vec![
            Entry::new("shared", "globals"),
            Entry::new("world", "earth"),
        ],
        collection_variables: vec![Entry::new("shared", "collection")],
        local: Vec::new(),
        iteration_data: serde_json::Map::new(),
        environment_name: "Sandbox".to_owned(),
        request: json!({
            "url": { "protocol": "https", "host": ["example", "com"], "path": ["pay"], "query": [{"key": "q", "value": "1"}] },
            "method": "POST",
            "header": [{ "key": "X-One", "value": "1" }],
            "body": { "mode": "raw", "raw": "{\"amount\":5}" },
        }),
        response: Some(ScriptResponse {
            code: 200,
            reason: "OK".to_owned(),
            headers: vec![(
                "Content-Type".to_owned(),
                "application/json; charset=utf-8".to_owned(),
            )],
            body: r#"{"a":1,"list":[1,2]}"#.into(),
            time_ms: 12.0,
            size: 20,
            cookies: Vec::new(),
        }),
        cookies: vec![
            json!({ "name": "session", "value": "42", "domain": "example.com", "path": "/" }),
        ],
        info: Info {
            iteration: 2,
            iteration_count: 5,
            request_name: "Pay out".to_owned(),
            request_id: "id-1".to_owned(),
            path: vec![
                "Collection".to_owned(),
                "Folder".to_owned(),
                "Pay out".to_owned(),
            ],
        },
    }
}

/// The same before the request.
pub(super) fn before(source: &str) -> ScriptJob {
    ScriptJob {
        event: Listen::Prerequest,
        response: None,
        ..job(source)
    }
}

pub(super) fn run_with(
    options: EngineOptions,
    stage: &Stage,
    jobs: Vec<ScriptJob>,
) -> Vec<ScriptOutcome> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut engine = Engine::start(options).unwrap();
        let mut outcomes = Vec::new();
        for job in jobs {
            outcomes.push(engine.execute(job, stage).await);
        }
        outcomes
    })
}

pub(super) fn run_job(job: ScriptJob) -> ScriptOutcome {
    run_with(options(), &Stage::default(), vec![job]).remove(0)
}

/// Runs a test script strictly.
pub(super) fn run(source: &str) -> ScriptOutcome {
    run_job(job(source))
}

/// Runs a test script as newman does.
pub(super) fn run_leniently(source: &str) -> ScriptOutcome {
    let options = EngineOptions {
        await_tests: false,
        ..options()
    };
    run_with(options, &Stage::default(), vec![job(source)]).remove(0)
}

/// One line an assertion: `0 name: passed`.
pub(super) fn lines(outcome: &ScriptOutcome) -> Vec<String> {
    let mut lines: Vec<String> = outcome
        .assertions
        .iter()
        .map(|assertion| {
            let Assertion {
                index,
                name,
                outcome,
                ..
            } = assertion;
            match outcome {
                AssertionOutcome::Passed => format!("{index} {name}: passed"),
                AssertionOutcome::Skipped => format!("{index} {name}: skipped"),
                AssertionOutcome::Failed(error) => {
                    format!("{index} {name}: {}: {}", error.name, error.message)
                }
            }
        })
        .collect();
    if let Some(error) = &outcome.error {
        lines.push(format!("error {error}"));
    }
    lines.extend(
        outcome
            .further_errors
            .iter()
            .map(|error| format!("error {error}")),
    );
    lines
}

/// Asserts that a script has no failure, and that it ran its tests.
#[track_caller]
pub(super) fn holds(source: &str) {
    let outcome = run(source);
    assert_eq!(outcome.error, None);
    assert!(!outcome.assertions.is_empty(), "no test ran");
    for assertion in &outcome.assertions {
        assert_eq!(
            assertion.outcome,
            AssertionOutcome::Passed,
            "{}",
            assertion.name
        );
    }
}

/// What a script logs.
pub(super) fn logged(source: &str) -> Vec<String> {
    let outcome = run(source);
    assert_eq!(outcome.error, None);
    outcome
        .console
        .into_iter()
        .map(|message| message.text)
        .collect()
}
