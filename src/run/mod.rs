//! Drives a plan: order, inheritance, retries, pacing, cancellation.
//!
//! A [`Session`] runs a [`Course`] — the steps of one collection — iteration by iteration. For each
//! step it runs the scripts before the request, brings the request from
//! [template](crate::collection::RequestTemplate) over *resolved* to *signed*, hands it to the
//! [`Dispatcher`], and runs the scripts after the response. Scripts never act by themselves: they
//! give back effects, and the session applies them.
//!
//! The [`Dispatcher`] is the only door through which requests leave. It keeps to the agreed rate,
//! sends and takes in cookies, follows redirects, backs off, and writes every attempt down before
//! anybody judges it. The history is complete because there is no other door.
//!
//! The room promises that a failure of the user's (an assertion, a script, a transport failure) is
//! data and never ends a run; only a history that cannot be written does. What the results mean is
//! left to `conformance`, how they look to `report`.

mod body;
mod cancel;
mod credential;
mod dispatcher;
mod execution;
mod json_text;
mod media_type;
mod options;
mod pace;
mod plan;
mod proof;
mod request;
mod retry;
mod runner;
mod scripting;
mod sending;
mod session;

pub use body::FileReader;
pub use cancel::{Cancellation, Canceller, cancellation};
pub use credential::{TOKEN_FIELDS, credentials};
pub use dispatcher::{Dispatch, Dispatched, Dispatcher, DispatcherParts};
pub use execution::{Execution, ExecutionSink, Received, ScriptRequest, ScriptRun};
pub use options::{Bail, RunOptions};
pub use pace::Pace;
pub use plan::{Fault, Plan, PlanError, Provokes, Scenario};
pub use retry::{Backoff, BackoffError, RetryPolicy};
pub use runner::{Course, Progress};
pub use session::{RunError, Session};
