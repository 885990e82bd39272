//! preflight

pub mod base;
pub mod collection;
pub mod exchange;
pub mod variable;
pub mod auth;
pub mod event;
pub mod profile;
pub mod transport;
pub mod script;
pub mod history;
pub mod mock;
pub mod run;
pub mod conformance;
pub mod snapshot;
pub mod report;
pub mod cli;
