//! `TK`: an access token is used until it expires, and not after.
//!
//! The history never holds a token, only a commitment that stands for it: equality is all that
//! these rules need.

pub mod expiry;
pub mod reuse;

#[cfg(test)]
pub(crate) mod fixture;

use super::Check;

/// The checks of this family, by id.
pub(super) const CHECKS: &[&Check] = &[&reuse::CHECK, &expiry::CHECK];
