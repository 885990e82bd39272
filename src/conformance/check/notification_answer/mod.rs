//! `NA`: how the connector answers notifications.
//!
//! The platform states what it expects: 201 for a new subscription and a new batch. All else (the
//! time that an answer may take, redelivery, what other kinds are answered with) is not public, so
//! that what is found there is told and never held against the provider. Judged are notifications
//! that were valid; what becomes of those that are not is judged by probes (`NP`).

pub mod created;
pub mod effect_once;
pub mod in_time;
pub mod own_time;
pub mod taken;

#[cfg(test)]
pub(crate) mod fixture;

use super::Check;

/// The checks of this family, by id.
pub(super) const CHECKS: &[&Check] = &[
    &created::CHECK,
    &taken::CHECK,
    &in_time::CHECK,
    &effect_once::CHECK,
    &own_time::CHECK,
];
