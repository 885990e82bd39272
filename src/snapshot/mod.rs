//! Golden transcripts that a run is held against.
//!
//! A [`Transcript`] tells in readable lines what a run did, with everything left out that changes
//! from run to run: ids are numbered by first mention, waits are rounded, times and ports are not
//! there. There are two: `status-flow`, the states of each resource and which operation set or
//! showed them; and `backoff`, what each retried operation was answered and how long it waited.
//!
//! Transcripts are stored in insta's form, `.snap` for what was accepted and `.snap.new` for what
//! waits for a decision, so that `cargo insta review` opens them as well ([`Store`] has the only
//! file access here). Where acceptance is [`Acceptance::Forbidden`], as in CI, nothing is written
//! and nothing accepted: a run can only be held against what a person accepted before.
//!
//! Whether a difference blocks is decided in `conformance`.

mod backoff;
mod compare;
mod form;
mod status_flow;
mod store;
mod transcript;

pub use compare::{Comparison, difference};
pub use store::{Acceptance, Store, StoreError};
pub use transcript::{Transcript, transcripts};
