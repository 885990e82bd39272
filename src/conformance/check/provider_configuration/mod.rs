//! `PC`: the provider's configuration, and the limits that follow from it.

pub mod application;
mod configuration;
pub mod limits;
pub mod replaced;
pub mod rules;
pub mod well_formed;

#[cfg(test)]
pub(crate) mod fixture;

use super::Check;

/// The checks of this family, by id.
pub(super) const CHECKS: &[&Check] = &[
    &replaced::CHECK,
    &rules::CHECK,
    &limits::CHECK,
    &application::CHECK,
    &well_formed::CHECK,
];
