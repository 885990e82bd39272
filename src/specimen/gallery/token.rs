//! Broken in how they keep tokens and credentials.

use super::Specimen;

/// Each breaks one check.
pub const SPECIMENS: &[Specimen] = &[];
