//! Broken in what they tell of states, and when.

use super::Specimen;

/// Each breaks one check.
pub const SPECIMENS: &[Specimen] = &[];
