//! The door for observed connectors: real time, real sockets, and every byte accounted for.
//!
//! [`HyperDoor`] accepts connections and lets an [`Attendant`](super::Attendant) answer what
//! arrives on them. Of each request it says when its first and its last byte arrived and on which
//! connection; of each answer, when its first and its last byte were handed to the operating
//! system. What broke is told as broken: an answer that the client did not wait for is a failure
//! like one that was cut by script.
//!
//! ```text
//!  socket → (TLS) → Wire → hyper → Reception → Attendant
//!                     └── Conversation ──┘
//! ```
//!
//! [`wire`] sees the bytes, [`reception`] the requests; what both know of one connection stands in
//! a [`conversation`]. [`visit`] drives the connection and ends it when it has been silent for too
//! long.
//!
//! What the times mean:
//!
//! - The first byte of a request is the first one read after the end of the request before. Of
//!   requests that are pipelined it may be later than it was.
//! - A client that closes its side while it waits is still answered (RFC 9112 §9.6 does not
//!   forbid it), but no longer made to wait: a scripted delay ends there, because only an answer
//!   shows whether anybody listens. Where nobody does, the operating system of the client says so
//!   with a reset; from a client on this machine it is seen in time, from one far away perhaps
//!   not.
//! - Header names are in lower case, as hyper reads them.

mod content;
mod conversation;
mod listener;
mod options;
mod reception;
mod tls;
mod visit;
mod wire;

#[cfg(test)]
mod tests;

pub use listener::HyperDoor;
pub use options::{DoorLimits, DoorOptions};
pub use tls::{Tls, TlsError};
