//! Scripted answers: what the platform says to the next requests of an operation, whatever they
//! ask, and the proof that it did.
//!
//! A [`Fault`] is written in words, in plans and in the admin interface alike:
//!
//! | words | what becomes of the request |
//! |---|---|
//! | `500`, `503 delay=1s` | an error of that status, without any effect |
//! | `429 retry-after=7`, `429 retry-after=date+7`, `429`, `429 retry-after=soon` | the same with a hint in seconds, as a date, absent, malformed |
//! | `delay=2s` | the usual answer, late |
//! | `slow-body=5s` | the usual answer, its body dripping over that time |
//! | `cut`, `cut-after-effect` | the connection is closed, before or after the effect |
//! | `reset`, `reset-after-effect` | the same with a TCP reset |
//! | `reset-mid-answer` | the usual effect; the answer breaks off half-way with a reset |
//! | `truncated` | the usual effect; the answer ends half-way, shorter than its length says |
//! | `revoke` | the token of the request is revoked, and the request answered with 401 |
//!
//! Each may end in a period, as in `503 for=10s`: then it is not one answer but that of every
//! request of the operation, from the first that meets it until the period is over. It counts as
//! delivered when the first does.
//!
//! What was queued and what of it was delivered is an event, `FaultProof`: a scenario proves
//! nothing about faults that never came. *Delivered* means that the platform handed it out; what a
//! door cannot do to the byte it does to the nearest.

mod kind;
mod queue;
mod reader;

pub use kind::{Fault, FaultKind, Hint};
pub use reader::FaultError;

pub(super) use kind::second_from;
pub(super) use queue::Faults;
