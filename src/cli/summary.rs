//! Gathers executions into the value from which newman's reports are made.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::base::{Clock, Random, Redactor, redact_texts, uuid};
use crate::collection::Compatibility;
use crate::event::Listen;
use crate::exchange::Failure;
use crate::report::{
    AssertionSummary, Counted, Cursor, ErrorSummary, ExecutionSummary, ResponseSummary, RunSummary,
};
use crate::run::{Execution, ExecutionSink, Received, ScriptRun};
use crate::script::{AssertionOutcome, ScriptError};

/// Whether executions are kept whole, or only counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// For a report that lists them all.
    Everything,
    /// Those in which something failed, without bodies: memory does not grow with the run.
    Failures,
}

/// The summary of a run while it grows.
pub struct Summary {
    /// What there is so far.
    pub run: RunSummary,
    keep: Keep,
    compatibility: Compatibility,
    clock: Clock,
    chance: Random,
    failures: u64,
}

impl Summary {
    /// An empty summary; the run begins now.
    #[must_use]
    pub fn new(keep: Keep, compatibility: Compatibility, clock: Clock, chance: Random) -> Self {
        let mut run = RunSummary::default();
        run.timings.started_ms = clock.now().as_millisecond();
        Self {
            run,
            keep,
            compatibility,
            clock,
            chance,
            failures: 0,
        }
    }

    /// Takes the secrets out of everything that a report may show.
    pub fn redact(&mut self, redactor: &Redactor) {
        let redact = |text: &str| redactor.redact(text);
        let values = [
            &mut self.run.collection,
            &mut self.run.environment,
            &mut self.run.globals,
        ];
        for value in values {
            redact_texts(value, &redact, &[]);
        }
        for execution in &mut self.run.executions {
            redact_execution(execution, redactor);
        }
    }

    /// How many failures there were: failed assertions, script errors and request errors.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failures
    }

    fn counted(&mut self, failed: bool) -> Counted {
        if failed {
            self.failures += 1;
            Counted::Failed
        } else {
            Counted::Passed
        }
    }

    fn count(&mut self, execution: &Execution) {
        self.run.stats.items.count(Counted::Passed);
        // newman counts the failures of scripts by script, never by stage.
        self.run.stats.prerequests.count(Counted::Passed);
        for script in &execution.scripts {
            let failed = !script.errors.is_empty();
            for _ in 1..script.errors.len() {
                self.failures += 1;
            }
            let failed = self.counted(failed);
            self.run.stats.scripts.count(failed);
            match script.listen {
                Listen::Prerequest => self.run.stats.prerequest_scripts.count(failed),
                Listen::Test => self.run.stats.test_scripts.count(failed),
            }
            for assertion in &script.assertions {
                let failed = matches!(assertion.outcome, AssertionOutcome::Failed(_));
                let failed = self.counted(failed);
                self.run.stats.assertions.count(failed);
            }
        }
        self.count_script_requests(execution, Listen::Prerequest);
        if !execution.skipped {
            self.run.stats.tests.count(Counted::Passed);
            let failed = self.counted(execution.request_error.is_some());
            self.run.stats.requests.count(failed);
        }
        if let Some(received) = &execution.response {
            self.note(received);
        }
        self.count_script_requests(execution, Listen::Test);
    }

    /// What a script does about a request that failed is the script's affair; newman fails the run.
    fn count_script_requests(&mut self, execution: &Execution, listen: Listen) {
        for request in &execution.script_requests {
            if request.listen != listen {
                continue;
            }
            let failed = match self.compatibility {
                Compatibility::Strict => Counted::Passed,
                Compatibility::Newman => self.counted(request.outcome.is_err()),
            };
            self.run.stats.requests.count(failed);
            if let Ok(received) = &request.outcome {
                self.note(received);
            }
        }
    }

    fn note(&mut self, received: &Received) {
        let time = received.time.as_secs_f64() * 1000.0;
        let count = self.run.stats.requests.total;
        self.run.timings.response.note(time, count);
        self.run.response_total += received.response.body.len() as u64;
    }

    fn summarised(&mut self, execution: Execution) -> ExecutionSummary {
        let at_ms = self.clock.now().as_millisecond();
        let mut id = || uuid(&mut self.chance).to_string();
        let errors = |listen| {
            execution
                .scripts
                .iter()
                .filter(|script| script.listen == listen)
                .flat_map(|script| script_errors(script, at_ms))
                .collect()
        };
        let assertions = execution
            .scripts
            .iter()
            .flat_map(|script| {
                script.assertions.iter().map(|assertion| AssertionSummary {
                    name: assertion.name.clone(),
                    index: assertion.index as u64,
                    listen: script.listen,
                    skipped: assertion.outcome == AssertionOutcome::Skipped,
                    error: match &assertion.outcome {
                        AssertionOutcome::Failed(error) => Some(ErrorSummary {
                            name: error.name.clone(),
                            message: error.message.clone(),
                            stack: Some(error.stack.clone()),
                            members: Map::new(),
                            at_ms,
                            script_id: Some(script.id.clone()),
                        }),
                        AssertionOutcome::Passed | AssertionOutcome::Skipped => None,
                    },
                })
            })
            .collect();
        let mut summary = ExecutionSummary {
            cursor: Cursor {
                position: execution.position as u64,
                iteration: execution.iteration.into(),
                length: execution.length as u64,
                cycles: execution.iterations.into(),
                reference: id(),
                http_request_id: id(),
            },
            item: identified(
                (*execution.step.item.value).clone(),
                &execution.step.item.id,
            ),
            request: execution.request.clone(),
            response: execution
                .response
                .as_ref()
                .map(|received| response(received, id())),
            request_error: execution
                .request_error
                .as_ref()
                .map(|failure| request_error(failure, at_ms)),
            prerequest_errors: errors(Listen::Prerequest),
            test_errors: errors(Listen::Test),
            assertions,
            ..ExecutionSummary::default()
        };
        if self.compatibility == Compatibility::Newman {
            list_script_requests(&mut summary, &execution, id(), at_ms);
        }
        summary
    }
}

/// Lists an execution as newman does: once for each request, those of its scripts included, and
/// every time with the request that ended last.
fn list_script_requests(
    summary: &mut ExecutionSummary,
    execution: &Execution,
    response_id: String,
    at_ms: i64,
) {
    let requests = &execution.script_requests;
    let own = usize::from(!execution.skipped);
    summary.further_listings = (requests.len() + own).saturating_sub(1);
    let last = requests.last();
    if let Some(last) = last.filter(|last| execution.skipped || last.listen == Listen::Test) {
        summary.request = Some(last.request.clone());
        summary.response = last
            .outcome
            .as_ref()
            .ok()
            .map(|received| response(received, response_id));
    }
    summary.script_request_errors = requests
        .iter()
        .filter_map(|request| {
            let failure = request.outcome.as_ref().err()?;
            Some((request.listen, request_error(failure, at_ms)))
        })
        .collect();
}

impl ExecutionSink for Summary {
    fn take(&mut self, execution: Execution) {
        self.count(&execution);
        self.run.timings.completed_ms = self.clock.now().as_millisecond();
        let newman = self.compatibility == Compatibility::Newman;
        let asked = &execution.script_requests;
        let failed =
            execution.failed() || (newman && asked.iter().any(|request| request.outcome.is_err()));
        let kept = match self.keep {
            // What went wrong before a request was skipped is told all the same.
            Keep::Everything => !execution.skipped || failed || (newman && !asked.is_empty()),
            Keep::Failures => failed,
        };
        if !kept {
            return;
        }
        let mut summary = self.summarised(execution);
        if self.keep == Keep::Failures
            && let Some(response) = &mut summary.response
        {
            response.body = crate::exchange::Body::default();
        }
        self.run.executions.push(summary);
    }
}

fn redact_execution(execution: &mut ExecutionSummary, redactor: &Redactor) {
    let redact = |text: &str| redactor.redact(text);
    redact_texts(&mut execution.item, &redact, &[]);
    if let Some(request) = &mut execution.request {
        redact_texts(request, &redact, &[]);
    }
    if let Some(response) = &mut execution.response {
        response.headers = response
            .headers
            .iter()
            .map(|(name, value)| (name, redact(value)))
            .collect();
        if let Cow::Owned(body) = redactor.redact_bytes(response.body.bytes()) {
            response.body = body.into();
        }
        for cookie in &mut response.cookies {
            redact_texts(cookie, &redact, &[]);
        }
    }
    let errors = execution
        .request_error
        .iter_mut()
        .chain(execution.prerequest_errors.iter_mut().flatten())
        .chain(execution.test_errors.iter_mut().flatten())
        .chain(
            execution
                .script_request_errors
                .iter_mut()
                .map(|(_, error)| error),
        );
    for error in errors {
        redact_error(error, redactor);
    }
    for assertion in &mut execution.assertions {
        assertion.name = redact(&assertion.name);
        if let Some(error) = &mut assertion.error {
            redact_error(error, redactor);
        }
    }
}

fn redact_error(error: &mut ErrorSummary, redactor: &Redactor) {
    error.message = redactor.redact(&error.message);
    error.stack = error.stack.as_deref().map(|stack| redactor.redact(stack));
    for member in error.members.values_mut() {
        redact_texts(member, &|text| redactor.redact(text), &[]);
    }
}

/// One entry for each script that ran: its first error, and further ones behind it.
fn script_errors(script: &ScriptRun, at_ms: i64) -> Vec<Option<ErrorSummary>> {
    if script.errors.is_empty() {
        return vec![None];
    }
    script
        .errors
        .iter()
        .map(|error| Some(script_error(error, &script.id, at_ms)))
        .collect()
}

fn script_error(error: &ScriptError, script_id: &str, at_ms: i64) -> ErrorSummary {
    ErrorSummary {
        name: error.kind.clone(),
        message: error.message.clone(),
        stack: Some(error.stack.clone()),
        members: Map::new(),
        at_ms,
        script_id: Some(script_id.to_owned()),
    }
}

fn request_error(failure: &Failure, at_ms: i64) -> ErrorSummary {
    let code = failure.message.split([' ', ':']).find(|word| {
        word.len() > 3
            && word.starts_with('E')
            && word
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    });
    let mut members = Map::new();
    if let Some(code) = code {
        members.insert("code".into(), json!(code));
    }
    ErrorSummary {
        name: "Error".into(),
        message: failure.message.clone(),
        stack: None,
        members,
        at_ms,
        script_id: None,
    }
}

fn response(received: &Received, id: String) -> ResponseSummary {
    ResponseSummary {
        id,
        status: received.response.reason.clone(),
        code: received.response.status,
        headers: received.response.headers.clone(),
        body: received.response.body.clone(),
        cookies: received.cookies.clone(),
        time_ms: u64::try_from(received.time.as_millis()).unwrap_or(u64::MAX),
        size: received.wire_size,
    }
}

/// The item with the id that it was given where the file has none.
fn identified(mut item: Value, id: &str) -> Value {
    if let Some(fields) = item.as_object_mut() {
        fields.insert("id".into(), json!(id));
    }
    item
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::base::Seed;
    use crate::collection::{Collection, Document};
    use crate::exchange::{Body, FailureKind, Headers, Response};
    use crate::run::ScriptRequest;

    fn received(status: u16) -> Received {
        Received {
            response: Response {
                status,
                reason: String::new(),
                headers: Headers::new(),
                body: Body::from("12345".to_owned()),
            },
            time: Duration::from_millis(7),
            wire_size: 5,
            cookies: Vec::new(),
        }
    }

    /// A request whose test script sent two more, the last in vain.
    fn execution() -> Execution {
        let text = br#"{"info":{"name":"C"},"item":[{"name":"a","request":"u"}]}"#;
        let collection = Collection::read(&Document::parse("c", text).unwrap()).unwrap();
        let refused = Failure {
            kind: FailureKind::Connect,
            message: "connect ECONNREFUSED 127.0.0.1:1".into(),
        };
        let sent = |path: &str, outcome| ScriptRequest {
            listen: Listen::Test,
            request: json!({ "url": path }),
            outcome,
        };
        Execution {
            step: Arc::new(collection.steps().remove(0)),
            number: 1,
            position: 0,
            iteration: 0,
            length: 1,
            iterations: 1,
            request: Some(json!({"url": "own"})),
            response: Some(received(200)),
            request_error: None,
            scripts: vec![ScriptRun {
                listen: Listen::Test,
                id: "s".into(),
                assertions: Vec::new(),
                errors: vec![ScriptError::default()],
            }],
            script_requests: vec![sent("first", Ok(received(201))), sent("last", Err(refused))],
            skipped: false,
        }
    }

    fn taken(compatibility: Compatibility) -> Summary {
        let chance = Random::from_seed(Seed(1));
        let clock = Clock::logical(Clock::logical_start());
        let mut summary = Summary::new(Keep::Everything, compatibility, clock, chance);
        summary.take(execution());
        summary
    }

    #[test]
    fn newman_lists_an_execution_once_for_each_request_and_counts_failed_ones() {
        let summary = taken(Compatibility::Newman);
        assert_eq!(summary.failures(), 2);
        assert_eq!(summary.run.stats.requests.failed, 1);
        assert_eq!(summary.run.stats.tests.failed, 0);
        assert_eq!(summary.run.failures().count(), 2);
        let report: Value =
            serde_json::from_slice(&crate::report::newman_json(&summary.run)).unwrap();
        let listed = report["run"]["executions"].as_array().unwrap();
        assert_eq!(listed.len(), 3);
        for execution in listed {
            assert_eq!(execution["request"]["url"], "last");
            assert!(execution.get("response").is_none());
            assert_eq!(execution["requestError"]["code"], "ECONNREFUSED");
        }
    }

    #[test]
    fn strictly_an_execution_is_listed_once_and_scripts_answer_for_their_requests() {
        let summary = taken(Compatibility::Strict);
        assert_eq!(summary.failures(), 1);
        assert_eq!(summary.run.stats.requests.total, 3);
        assert_eq!(summary.run.stats.requests.failed, 0);
        assert_eq!(summary.run.stats.tests.failed, 0);
        assert_eq!(summary.run.response_total, 10);
        assert_eq!(summary.run.executions[0].further_listings, 0);
        assert_eq!(
            summary.run.executions[0].request,
            Some(json!({"url": "own"}))
        );
    }
}
