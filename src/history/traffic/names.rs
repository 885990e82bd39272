//! Texts that come again and again, kept once.

use std::collections::HashSet;

use ecow::EcoString;
use foldhash::fast::RandomState;

/// Operations, ids and states that were seen so far.
#[derive(Default)]
pub(super) struct Names(HashSet<EcoString, RandomState>);

impl Names {
    /// `name`, as it was seen first.
    pub(super) fn shared(&mut self, name: &str) -> EcoString {
        if let Some(known) = self.0.get(name) {
            return known.clone();
        }
        let name = EcoString::from(name);
        self.0.insert(name.clone());
        name
    }
}
