//! `MG`: messages of the product about creditors and debtor accounts, and the provider's answers.
//!
//! No page says how an answer names its question, so they are matched by what is known: the pair of
//! operations and the subscription, first asked, first answered.

pub mod answered;
mod conversation;
pub mod in_time;
pub mod paired;
pub mod routed;
pub mod unasked;

#[cfg(test)]
pub(crate) mod fixture;

use super::Check;

/// The checks of this family, by id.
pub(super) const CHECKS: &[&Check] = &[
    &answered::CHECK,
    &paired::CHECK,
    &in_time::CHECK,
    &routed::CHECK,
    &unasked::CHECK,
];
