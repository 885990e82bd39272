//! preflight

pub mod auth;
pub mod base;
pub mod cli;
pub mod collection;
pub mod conformance;
pub mod event;
pub mod exchange;
pub mod history;
pub mod mock;
pub mod profile;
pub mod report;
pub mod run;
pub mod script;
pub mod snapshot;
pub mod transport;
pub mod variable;
