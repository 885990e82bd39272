//! `NP`: whether a notification endpoint validates what it is sent.

#[cfg(test)]
pub(crate) mod fixture;

use super::Check;

/// The checks of this family, by id.
pub(super) const CHECKS: &[&Check] = &[];
