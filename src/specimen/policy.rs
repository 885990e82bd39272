//! What a connector does, as data.

/// The traits of a connector.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {}

impl Policy {
    /// The one that conforms.
    #[must_use]
    pub fn reference() -> Self {
        Self {}
    }
}
