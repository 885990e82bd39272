//! `ST`: the states of subscriptions, batches and payments follow the platform's flows.
//!
//! The provider writes states by PATCH and reads them by GET. What is judged is its own stream of
//! updates, edge by edge; reads are judged on paths, because reading misses states in between. A
//! payment, a batch and a subscription each have a walk of their own. After a timeout or a 5xx it
//! is unknown whether an update took effect: a step is allowed if it is allowed from either state.
//! The platform's flows are not public: the profile's are *assumed*, so that nothing here is
//! reported stronger than REVIEW until they are obtained.

pub mod allowed_step;
pub mod final_state;
pub mod first_state;
pub mod read_your_writes;

mod stride;

#[cfg(test)]
pub(crate) mod fixture;

use super::Check;

/// The checks of this family, by id.
pub(super) const CHECKS: &[&Check] = &[
    &first_state::CHECK,
    &allowed_step::CHECK,
    &final_state::CHECK,
    &read_your_writes::CHECK,
];
