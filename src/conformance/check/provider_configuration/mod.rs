//! `PC`: what a provider says of itself to the platform: rules, limits, links.

#[cfg(test)]
pub(crate) mod fixture;

use super::Check;

/// The checks of this family, by id.
pub(super) const CHECKS: &[&Check] = &[];
