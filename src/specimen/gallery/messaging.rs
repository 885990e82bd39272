//! Broken in messages, answers to notifications, interaction ids, links and configuration.

use super::Specimen;

/// Each breaks one check.
pub const SPECIMENS: &[Specimen] = &[];
