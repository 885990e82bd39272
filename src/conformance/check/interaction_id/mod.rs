//! `IX`: the interaction id by which provider and platform find the same request in their logs.

pub mod fresh;
pub mod present;
pub mod well_formed;

#[cfg(test)]
pub(crate) mod fixture;

use super::Check;

/// The checks of this family, by id.
pub(super) const CHECKS: &[&Check] = &[&fresh::CHECK, &present::CHECK, &well_formed::CHECK];
