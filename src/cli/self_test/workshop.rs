//! What trials share.

use std::sync::Arc;

use crate::cli::observation::Stock;
use crate::observe::probe::Forge;

/// What trials share because it is dear to make; no trial comes out otherwise for it. Clones share it
/// too.
#[derive(Clone, Default)]
pub struct Workshop {
    /// Who signs probes.
    pub forge: Arc<Forge>,
    /// What all settings need.
    pub stock: Arc<Stock>,
}
