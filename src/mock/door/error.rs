//! Why a door stays shut.

use std::io;

use thiserror::Error;

/// A door cannot be opened.
#[derive(Debug, Error)]
#[error("{reason}; let preflight choose a port of its own, or name a free one")]
pub struct DoorError {
    reason: String,
    #[source]
    source: io::Error,
}

impl DoorError {
    pub(super) fn new(reason: impl Into<String>, source: io::Error) -> Self {
        let reason = reason.into();
        Self { reason, source }
    }

    /// Whether somebody else listens there.
    #[cfg(test)]
    pub(crate) fn is_in_use(&self) -> bool {
        self.source.kind() == io::ErrorKind::AddrInUse
    }
}
