//! Exchanges from an HTTP archive (HAR 1.2), as browsers and gateways write it.
//!
//! A HAR has less than a history: times of a foreign clock in milliseconds, seen from the client's
//! side or from a gateway between; no order but by time; nothing of what the platform was told to
//! do. [`Archive`] keeps what it has as [`Exchange`](crate::exchange::Exchange)s, in the order in
//! which they ended, and what it says of its writer. What a writer left out — bodies, or everything
//! that authorises, as browsers do unless asked for it — is told, because a rule would take it for
//! something that was not sent.
//!
//! The room does not say which exchanges belong together, nor hides the credentials that an archive
//! is full of: an [`Archive`] has no form in which it could be shown.

mod archive;
mod entry;

pub use archive::{Archive, ArchiveError, EntryProblem, Omission};
