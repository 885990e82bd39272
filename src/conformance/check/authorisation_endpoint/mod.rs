//! `AE`: the authorisation endpoint: where a user of the product authorises a subscription.
//!
//! Its own contract is not public, so nothing is sent to it: judged are the links to it that the
//! connector gives out, and what the provider declares of it.

pub mod absolute;
pub mod declared_place;
pub mod discreet;
pub mod environments;
mod link;
pub mod validity;

#[cfg(test)]
pub(crate) mod fixture;

use super::Check;

/// The checks of this family, by id.
pub(super) const CHECKS: &[&Check] = &[
    &absolute::CHECK,
    &declared_place::CHECK,
    &validity::CHECK,
    &discreet::CHECK,
    &environments::CHECK,
];
