//! `TK`: an access token is used until it expires, and not after.
//!
//! The history never holds a token, only a commitment that stands for it: equality is all that
//! these rules need. What each client fetched and used, and which fetch took the place of which, is
//! read once and shared by the rules.

pub mod asked_as_agreed;
mod client;
pub mod early_renewal;
pub mod evidence_is_clean;
pub mod expiry;
pub mod header_only;
pub mod refused;
pub mod reuse;
pub mod revoked;
pub mod short_life;
pub mod shrinking_life;
mod side_by_side;
pub mod single_flight;
pub mod throttled;
pub mod unknown_life;

#[cfg(test)]
pub(crate) mod fixture;

use super::Check;

/// The checks of this family, by id.
pub(super) const CHECKS: &[&Check] = &[
    &reuse::CHECK,
    &early_renewal::CHECK,
    &short_life::CHECK,
    &refused::CHECK,
    &expiry::CHECK,
    &single_flight::CHECK,
    &throttled::CHECK,
    &shrinking_life::CHECK,
    &unknown_life::CHECK,
    &header_only::CHECK,
    &asked_as_agreed::CHECK,
    &revoked::CHECK,
    &evidence_is_clean::CHECK,
];
