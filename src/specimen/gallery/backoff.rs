//! Broken in how they try again, and how fast they are.

use super::Specimen;

/// Each breaks one check.
pub const SPECIMENS: &[Specimen] = &[];
