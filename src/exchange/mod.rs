//! One request with its response or its transport failure, as values.
//!
//! [`Request`] is what goes on the wire: nothing in it is unresolved or unsigned. [`Exchange`] is
//! what became of it, with its times. The serialized forms here are those of the history file
//! (`history.ndjson`); they are part of its format version. Header names are compared without
//! regard to case (RFC 9110 §5.1) and kept in the order and spelling in which they were sent.
//! Meaning — which endpoint, which token, which attempt — is left to the rooms above.

mod body;
mod header;
mod request;
mod response;
mod retry_after;
mod sharing;
mod timing;

pub use body::Body;
pub use header::Headers;
pub use request::Request;
pub use response::{Connection, Exchange, Failure, FailureKind, Outcome, Response};
pub use retry_after::RetryAfter;
pub use sharing::Sharing;
pub use timing::{Timing, Vantage, between};
