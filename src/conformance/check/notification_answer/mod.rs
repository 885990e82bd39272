//! `NA`: how the connector answers notifications.

#[cfg(test)]
pub(crate) mod fixture;

use super::Check;

/// The checks of this family, by id.
pub(super) const CHECKS: &[&Check] = &[];
