//! What became of a step, whole, for reports.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::collection::Step;
use crate::event::Listen;
use crate::exchange::{Failure, Response};
use crate::script::{Assertion, ScriptError};

/// One step that was run.
#[derive(Clone, Debug)]
pub struct Execution {
    /// The step.
    pub step: Arc<Step>,
    /// Its number in the run, from 1.
    pub number: u64,
    /// Its place among the steps of an iteration, from 0.
    pub position: usize,
    /// The iteration, from 0.
    pub iteration: u32,
    /// The number of steps of an iteration.
    pub length: usize,
    /// The number of iterations.
    pub iterations: u32,
    /// The request as it was sent, in the SDK's JSON.
    pub request: Option<Value>,
    /// The response.
    pub response: Option<Received>,
    /// Why there is no response.
    pub request_error: Option<Failure>,
    /// The scripts, in the order in which they ran.
    pub scripts: Vec<ScriptRun>,
    /// The requests that its scripts sent, in the order in which they ended.
    pub script_requests: Vec<ScriptRequest>,
    /// Whether a script skipped the request.
    pub skipped: bool,
}

/// One call of `pm.sendRequest`.
#[derive(Clone, Debug)]
pub struct ScriptRequest {
    /// In which script.
    pub listen: Listen,
    /// The request as it was sent, in the SDK's JSON.
    pub request: Value,
    /// What came of it.
    pub outcome: Result<Received, Failure>,
}

/// A response with what a report says of it.
#[derive(Clone, Debug)]
pub struct Received {
    /// The response.
    pub response: Response,
    /// From the first byte sent to the last byte received, in whole milliseconds.
    pub time: Duration,
    /// The bytes of its body on the wire.
    pub wire_size: u64,
    /// The cookies for its URL, in the SDK's JSON.
    pub cookies: Vec<Value>,
}

/// One script that was run.
#[derive(Clone, Debug)]
pub struct ScriptRun {
    /// Which.
    pub listen: Listen,
    /// Its id.
    pub id: String,
    /// Its assertions.
    pub assertions: Vec<Assertion>,
    /// Its errors outside of assertions.
    pub errors: Vec<ScriptError>,
}

/// Takes executions as they come.
pub trait ExecutionSink {
    /// Takes one.
    fn take(&mut self, execution: Execution);
}

impl Execution {
    /// Whether anything in it failed.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.request_error.is_some()
            || self.scripts.iter().any(|script| {
                !script.errors.is_empty()
                    || script.assertions.iter().any(|assertion| {
                        matches!(
                            assertion.outcome,
                            crate::script::AssertionOutcome::Failed(_)
                        )
                    })
            })
    }
}
