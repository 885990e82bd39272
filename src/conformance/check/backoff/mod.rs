//! `BK`: what a client does when it is throttled, and whether it keeps to the agreed rate.
//!
//! Waits are judged on the early side only: the platform is never harmed by a long wait, and load
//! makes waits longer. At the platform the network can only hide that a retry was early; at the
//! client its own wait is seen as it is. What the platform says in a 429 is not public, so rules
//! that rest on a hint report REVIEW at most until it is confirmed.

pub mod agreed_rate;
pub mod faults_delivered;
pub mod hint_obeyed;

#[cfg(test)]
pub(crate) mod fixture;

use super::Check;

/// The checks of this family, by id.
pub(super) const CHECKS: &[&Check] = &[
    &faults_delivered::CHECK,
    &hint_obeyed::CHECK,
    &agreed_rate::CHECK,
];
