//! The gallery: connectors that conform, each in its own way, and connectors that are broken, each
//! in one.
//!
//! A broken specimen is the reference connector with one trait changed, and names the check that
//! convicts it; a conforming one names nothing and is acquitted of everything. Each says where it
//! is tried: in a scenario of the plan `gallery`, or by the probes of a notification endpoint. The
//! gallery is data; `preflight self-test` runs it.

mod answering;
mod backoff;
mod conforming;
mod conforming_waits;
mod endpoint;
mod messaging;
mod specimen;
mod status_flow;
mod token;

#[cfg(test)]
mod tests;

pub use specimen::{Nature, Specimen, Trial, specimen};

/// All of them: first those that conform.
pub const GALLERY: &[&[Specimen]] = &[
    conforming::SPECIMENS,
    conforming_waits::SPECIMENS,
    backoff::SPECIMENS,
    token::SPECIMENS,
    status_flow::SPECIMENS,
    messaging::SPECIMENS,
    answering::SPECIMENS,
    endpoint::SPECIMENS,
];
