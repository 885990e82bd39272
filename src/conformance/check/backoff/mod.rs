//! `BK`: what a client does when it is throttled, and whether it keeps to the agreed rate.
//!
//! Waits are judged on the early side only: the platform is never harmed by a long wait, and load
//! makes waits longer. At the platform the network can only hide that a retry was early; at the
//! client its own wait is seen as it is. What the platform says in a 429 is not public, so rules
//! that rest on a hint report REVIEW at most until it is confirmed.
//!
//! Waits for which nobody asked are the client's own, and chance may have a part in them. Two routes
//! lead to a verdict on them. A provider that declares its policy is held to its bounds (BK-20 to
//! BK-23, BK-32). Of any other one slope is fitted to all its waits (BK-30); the rule says how often it
//! errs with the sample at hand, and says nothing where that is too often. Only waits in episodes
//! count, in which no other operation had a say (`episode`). That no client that conforms is ever
//! *reported* as a failure by a statistic is what the two-fold outcome is for: an immediate retry
//! breaks what the platform states, a flat wait what we assume.
//!
//! What lasts (BK-12 to BK-14) is found from the proofs of scripted answers (`spell`).

pub mod agreed_rate;
mod alike;
pub mod attempts;
pub mod catching_up;
pub mod declared_least;
pub mod declared_most;
pub mod declared_policy;
pub mod declared_total;
pub mod dispersal;
mod episode;
pub mod faults_delivered;
pub mod growth;
pub mod hint_as_date;
pub mod hint_lengths;
pub mod hint_obeyed;
pub mod hint_without_meaning;
mod hinted;
pub mod in_flight;
mod inference;
pub mod long_throttling;
pub mod long_waits;
pub mod others_wait;
pub mod plateau;
mod policy;
mod queue;
mod reason;
pub mod recovery;
pub mod refused_for_good;
mod rehearsal;
pub mod remaining;
mod repetition;
pub mod restart;
pub mod same_operation;
mod scope;
mod seconds;
mod slope;
mod spell;
pub mod token_endpoint;
pub mod unavailable;

#[cfg(test)]
pub(crate) mod fixture;

pub use rehearsal::growth_doubts;

use super::Check;

/// The checks of this family, by id.
pub(super) const CHECKS: &[&Check] = &[
    &faults_delivered::CHECK,
    &hint_obeyed::CHECK,
    &others_wait::CHECK,
    &in_flight::CHECK,
    &hint_lengths::CHECK,
    &hint_as_date::CHECK,
    &hint_without_meaning::CHECK,
    &unavailable::CHECK,
    &same_operation::CHECK,
    &refused_for_good::CHECK,
    &attempts::CHECK,
    &long_throttling::CHECK,
    &recovery::CHECK,
    &catching_up::CHECK,
    &agreed_rate::CHECK,
    &remaining::CHECK,
    &token_endpoint::CHECK,
    &long_waits::CHECK,
    &declared_least::CHECK,
    &declared_most::CHECK,
    &declared_policy::CHECK,
    &declared_total::CHECK,
    &growth::CHECK,
    &dispersal::CHECK,
    &plateau::CHECK,
    &restart::CHECK,
];
