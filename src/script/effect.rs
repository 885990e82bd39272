//! What a script leaves behind. Nothing of it has happened yet: the runner applies it.

use serde_json::Value;

/// Everything that one script did, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScriptOutcome {
    /// Assertions in the order in which they were decided; [`Assertion::index`] is the order in
    /// which they stand in the script.
    pub assertions: Vec<Assertion>,
    /// What was written to the console.
    pub console: Vec<ConsoleMessage>,
    /// Changes of variables.
    pub mutations: Vec<Mutation>,
    /// The request after a prerequest script, if the script changed it.
    pub request: Option<Value>,
    /// What runs next, if the script said so.
    pub next_request: Option<NextRequest>,
    /// `pm.execution.skipRequest()` was called.
    pub skip_request: bool,
    /// The first error that no test caught.
    pub error: Option<ScriptError>,
    /// Further such errors, from callbacks and promises.
    pub further_errors: Vec<ScriptError>,
}

impl ScriptOutcome {
    /// An outcome that is nothing but an error.
    pub(super) fn broken(error: ScriptError) -> Self {
        Self {
            error: Some(error),
            ..Self::default()
        }
    }

    /// Whether memory ran out anywhere in the script, a test included.
    pub(super) fn ran_out_of_memory(&self) -> bool {
        let mut errors = self.error.iter().chain(&self.further_errors);
        errors.any(|error| error.limit == Some(Limit::Memory))
            || self.assertions.iter().any(|assertion| {
                matches!(&assertion.outcome, AssertionOutcome::Failed(error)
                    if error.name == "InternalError" && error.message == "out of memory")
            })
    }

    pub(super) fn fail(&mut self, error: ScriptError) {
        if self.error.is_none() {
            self.error = Some(error);
        } else {
            self.further_errors.push(error);
        }
    }
}

/// The result of one `pm.test` or of one entry of `tests[…]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Assertion {
    /// Its name.
    pub name: String,
    /// Its place in the script, counted from 0.
    pub index: usize,
    /// How it ended.
    pub outcome: AssertionOutcome,
    /// Whether it was decided after its function had returned.
    pub asynchronous: bool,
}

/// How an assertion ended.
#[derive(Clone, Debug, PartialEq)]
pub enum AssertionOutcome {
    /// Nothing was thrown.
    Passed,
    /// Something was thrown.
    Failed(AssertionError),
    /// `pm.test.skip`.
    Skipped,
}

/// What a test threw.
#[derive(Clone, Debug, PartialEq)]
pub struct AssertionError {
    /// `AssertionError` from `pm.expect`, or the name of any other error.
    pub name: String,
    /// The text, word for word what newman shows.
    pub message: String,
    /// `name: message` and the places below it; empty if no error object was thrown.
    pub stack: String,
}

/// One call of `console.log` and its kin.
#[derive(Clone, Debug, PartialEq)]
pub struct ConsoleMessage {
    /// Which method was called.
    pub level: ConsoleLevel,
    /// What Node's console would print.
    pub text: String,
    /// The arguments as JSON.
    pub arguments: Vec<Value>,
}

/// The methods of `console`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsoleLevel {
    /// `console.log`
    Log,
    /// `console.info`
    Info,
    /// `console.warn`
    Warn,
    /// `console.debug`
    Debug,
    /// `console.error`
    Error,
    /// `console.clear`
    Clear,
}

impl ConsoleLevel {
    /// The level of the method `name`.
    pub(super) fn named(name: &str) -> Self {
        match name {
            "info" => Self::Info,
            "warn" => Self::Warn,
            "debug" => Self::Debug,
            "error" => Self::Error,
            "clear" => Self::Clear,
            _ => Self::Log,
        }
    }
}

/// One change of a variable.
#[derive(Clone, Debug, PartialEq)]
pub struct Mutation {
    /// Where.
    pub scope: Scope,
    /// Which variable.
    pub key: String,
    /// What happened to it. Clearing a scope is unsetting each of its variables, as in Postman.
    pub change: Change,
}

/// The scopes that scripts can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// `pm.environment`
    Environment,
    /// `pm.globals`
    Globals,
    /// `pm.collectionVariables`
    Collection,
    /// `pm.variables`
    Local,
}

impl Scope {
    /// The scope that the prelude calls `name`.
    pub(super) fn named(name: &str) -> Self {
        match name {
            "environment" => Self::Environment,
            "globals" => Self::Globals,
            "collection" => Self::Collection,
            _ => Self::Local,
        }
    }
}

/// What happened to a variable.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// It has a new value.
    Set {
        /// The value; `null` also for what JSON has no word for.
        value: Value,
        /// Postman's `type`, if the script gave one.
        kind: Option<String>,
    },
    /// It is gone.
    Unset,
}

/// What `setNextRequest` asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextRequest {
    /// The request of this id or name.
    Name(String),
    /// End the iteration.
    Stop,
}

/// An error that ended a script, or that a callback of it threw.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {message}")]
pub struct ScriptError {
    /// The error's name, for example `TypeError`.
    pub kind: String,
    /// The error's text.
    pub message: String,
    /// The line of the script, counted from 1.
    pub line: Option<u32>,
    /// The column in that line, counted from 1.
    pub column: Option<u32>,
    /// The error's stack, as the engine wrote it.
    pub stack: String,
    /// The limit that the script broke, if it did.
    pub limit: Option<Limit>,
}

/// What a script may not use up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Time: the user's limit, or the watchdog's.
    Time,
    /// Memory.
    Memory,
    /// Depth of calls.
    Stack,
}
