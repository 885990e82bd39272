//! The checks: one rule, one id, one file.
//!
//! The prose at the head of a check's file is its documentation for the user: what is required,
//! why, how it is judged, an example that conforms, sources. `catalogue` lists the checks; whoever
//! adds one adds its two histories under `fixtures/check/` too.

mod entry;

pub mod authorisation_endpoint;
pub mod backoff;
pub mod credential;
pub mod interaction_id;
pub mod messaging;
pub mod notification_answer;
pub mod notification_probe;
pub mod provider_configuration;
pub mod replay;
pub mod status_flow;
pub mod token;

pub use entry::{Check, Family, Section};

/// All checks, family by family.
pub(super) const FAMILIES: &[&[&Check]] = &[
    authorisation_endpoint::CHECKS,
    backoff::CHECKS,
    credential::CHECKS,
    interaction_id::CHECKS,
    messaging::CHECKS,
    notification_answer::CHECKS,
    notification_probe::CHECKS,
    provider_configuration::CHECKS,
    replay::CHECKS,
    status_flow::CHECKS,
    token::CHECKS,
];
