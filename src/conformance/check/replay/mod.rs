//! `RP`: what the collections assert of their own requests.

pub mod assertions;

#[cfg(test)]
pub(crate) mod fixture;

use super::Check;

/// The checks of this family, by id.
pub(super) const CHECKS: &[&Check] = &[&assertions::CHECK];
