//! Runs Postman's scripts and gives back effects.
mod desk;
mod effect;
mod engine;
mod host;
mod job;
mod library;
mod platform;
mod thread;

pub use effect::{
    Assertion, AssertionError, AssertionOutcome, Change, ConsoleLevel, ConsoleMessage, Limit,
    Mutation, NextRequest, Scope, ScriptError, ScriptOutcome,
};
pub use host::{CookieCall, CookieReply, ScriptHost, SendError};
pub use job::{Info, Listen, ScopeEntry, ScriptJob, ScriptResponse};
pub use library::third_party_notice;
pub use thread::{Engine, EngineError, EngineOptions};

#[cfg(test)]
mod tests;
