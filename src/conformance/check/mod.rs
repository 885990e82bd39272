//! The checks: one rule, one id, one file.
//!
//! The prose at the head of a check's file is its documentation for the user: what is required,
//! why, how it is judged, an example that conforms, sources. `catalogue` lists the checks; whoever
//! adds one adds its two histories under `fixtures/check/` too.

mod entry;

pub mod backoff;
pub mod interaction_id;
pub mod replay;
pub mod status_flow;
pub mod token;

pub use entry::{Check, Family, Section};
