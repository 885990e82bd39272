//! `AE`: the authorisation endpoint: where a user of the product authorises a subscription.

#[cfg(test)]
pub(crate) mod fixture;

use super::Check;

/// The checks of this family, by id.
pub(super) const CHECKS: &[&Check] = &[];
