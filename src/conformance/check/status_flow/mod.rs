//! `ST`: the states of subscriptions, batches and payments follow the platform's flows.
//!
//! The provider writes states by PATCH and reads them by GET. What is judged is its own stream of
//! updates, edge by edge; reads are judged on paths, because reading misses states in between. A
//! payment, a batch and a subscription each have a walk of their own. After a timeout or a 5xx it
//! is unknown whether an update took effect: a step is allowed if it is allowed from either state.
//! The platform gives updates no event id and no time of their own but `paymentCompletedDate`: an
//! update is known by its resource and its body, its order is that in which requests began, and the
//! cause of a first update is the notification, by the platform's own clock. Each resource is judged by
//! the profile of its Sage product. The platform's flows are not public: the profile's are *assumed*, so that nothing here is
//! reported stronger than REVIEW until they are obtained.

pub mod allowed_step;
pub mod batch_outcome;
pub mod final_in_time;
pub mod final_state;
pub mod first_state;
pub mod known_resource;
pub mod lag;
pub mod never_lost;
pub mod order;
pub mod plausible_time;
pub mod push_and_poll;
pub mod read_your_writes;
pub mod reason;
pub mod repetition;
pub mod untouched_fields;

mod stride;
mod violation;

#[cfg(test)]
pub(crate) mod fixture;

pub use lag::{UpdateLags, update_lags};

use super::Check;

/// The checks of this family, by id.
pub(super) const CHECKS: &[&Check] = &[
    &first_state::CHECK,
    &allowed_step::CHECK,
    &final_state::CHECK,
    &final_in_time::CHECK,
    &repetition::CHECK,
    &order::CHECK,
    &plausible_time::CHECK,
    &untouched_fields::CHECK,
    &reason::CHECK,
    &known_resource::CHECK,
    &batch_outcome::CHECK,
    &push_and_poll::CHECK,
    &read_your_writes::CHECK,
    &never_lost::CHECK,
    &lag::CHECK,
];
