//! Notification endpoints that let through what they should not, or refuse what they should not.

use super::Specimen;

/// Each breaks one check.
pub const SPECIMENS: &[Specimen] = &[];
