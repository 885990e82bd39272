//! Runs Postman's scripts and gives back effects.
//!
//! A [`ScriptJob`] is a script with its view of the world: variables, request, response, cookies.
//! [`Engine::execute`] gives back a [`ScriptOutcome`]: assertions, console, changes of variables,
//! the changed request, what runs next. Nothing in an outcome has happened yet; the runner applies
//! it. What cannot wait for the end (`pm.sendRequest`, cookies, the vault) goes through
//! [`ScriptHost`] while the script runs, several calls at once if the script wants it.
//!
//! # What it promises
//!
//! - Scripts see what Postman shows them, made by the same npm packages (chai, chai-postman,
//!   postman-collection, ajv, …), so names, order and messages of assertions are newman's.
//! - With [`EngineOptions::await_tests`] results are honest: a test ends when its promise has settled
//!   and its callbacks have come back, and one that never ends fails. Without, they are newman's: a
//!   test passes when its function returns, what a callback throws later is told on the console only,
//!   and a promise that nobody looks after is an error of the script.
//! - No script harms the engine. Endless loops, memory, recursion and regular expressions end in a
//!   [`ScriptError`] with its [`Limit`]; what the script did before is kept, and the next script
//!   finds a working engine. After such an end the engine is a new one, so implicit globals of
//!   earlier scripts are gone.
//! - Time and chance are [`Clock`](crate::base::Clock) and [`Random`](crate::base::Random), also for
//!   the libraries. On the logical clock a timer costs nothing: when nothing is in flight, it moves
//!   the clock. Local time is UTC there. Only the watchdog reads the machine's time.
//! - One engine is one run: implicit globals persist from script to script, as in Postman, and
//!   declarations at a script's top level do not.
//!
//! # How it is made
//!
//! ```text
//! thread.rs   Engine: the handle; the thread's loop of turns, timers, answers and limits
//! engine.rs   the JavaScript engine (no other file names it) and the functions it may call
//! desk.rs     what lies between the two while a script runs; the watchdog
//! js/*.js     the prelude: `pm`, timers, `require`, the legacy names; each `pm` member is lazy
//! library.rs  the npm packages, packed by build.rs, compiled module by module when required
//! ```
//!
//! The engine lives on a thread of its own and never blocks the thread that drives HTTP. A script
//! is compiled once for its text and then called again.
//!
//! # What it leaves to others
//!
//! Substituting `{{variables}}` in requests, merging scopes, applying mutations, deciding what a
//! cookie jar allows, and sending anything.

mod desk;
mod effect;
mod engine;
mod host;
mod job;
mod library;
mod platform;
mod thread;
mod wording;

pub use effect::{
    Assertion, AssertionError, AssertionOutcome, Change, ConsoleLevel, ConsoleMessage, Limit,
    Mutation, NextRequest, Scope, ScriptError, ScriptOutcome,
};
pub use host::{CookieCall, CookieReply, ScriptHost, SendError};
pub use job::{Info, ScriptJob, ScriptResponse};
pub use library::third_party_notice;
pub use thread::{Engine, EngineError, EngineOptions};

#[cfg(test)]
mod tests;
