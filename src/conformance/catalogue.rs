//! All checks.

use super::check::{Check, backoff, interaction_id, replay, status_flow, token};

/// All checks, sorted by id.
pub const CHECKS: &[Check] = &[
    backoff::faults_delivered::CHECK,
    backoff::hint_obeyed::CHECK,
    backoff::agreed_rate::CHECK,
    interaction_id::fresh::CHECK,
    replay::assertions::CHECK,
    status_flow::first_state::CHECK,
    status_flow::allowed_step::CHECK,
    status_flow::final_state::CHECK,
    status_flow::read_your_writes::CHECK,
    token::reuse::CHECK,
    token::expiry::CHECK,
];

/// The check with this id.
#[must_use]
pub fn check(id: &str) -> Option<&'static Check> {
    CHECKS.iter().find(|check| check.id == id)
}
