//! `MG`: messages of the product about creditors and debtor accounts, and the provider's answers.

#[cfg(test)]
pub(crate) mod fixture;

use super::Check;

/// The checks of this family, by id.
pub(super) const CHECKS: &[&Check] = &[];
