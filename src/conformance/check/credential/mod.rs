//! `CR`: credentials on the wire.
//!
//! The history holds no secret, only commitments; the same secret has the same one wherever it
//! stands, so that a leak is found without knowing what leaked. Safe storage itself is attested.

pub mod api_key;
pub mod client_secret;
pub mod encrypted;
pub mod notification_answer;
mod secret;

#[cfg(test)]
pub(crate) mod fixture;

use super::Check;

/// The checks of this family, by id.
pub(super) const CHECKS: &[&Check] = &[
    &client_secret::CHECK,
    &api_key::CHECK,
    &notification_answer::CHECK,
    &encrypted::CHECK,
];
