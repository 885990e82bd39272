//! Status flows: which states there are, and which may follow which.

use std::collections::BTreeSet;

use indexmap::IndexSet;
use serde::Serialize;

use super::Provenance;

/// Who sets a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Setter {
    /// The Payments Out Service itself.
    Platform,
    /// The provider, by PATCH.
    Provider,
    /// The Sage product, through the Consumer API.
    Product,
}

impl Setter {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Platform, Self::Provider, Self::Product];

    /// The word used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Provider => "provider",
            Self::Product => "product",
        }
    }
}

/// One allowed change of status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edge {
    /// The status before.
    pub from: String,
    /// The status after.
    pub to: String,
    /// Who sets it.
    pub set_by: Setter,
}

/// The allowed life of a subscription, a batch or a payment. Names of states are compared exactly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Flow {
    pub(super) states: IndexSet<String>,
    pub(super) initial: BTreeSet<String>,
    pub(super) terminal: BTreeSet<String>,
    pub(super) edges: Vec<Edge>,
    /// On what the flow rests.
    pub provenance: Provenance,
    /// The pages it comes from.
    pub source: String,
}

impl Flow {
    /// The one status of a subscription under which a batch can be submitted
    /// (`/payments-out/guides/consumer/retrieve-subscription-details`).
    pub const AUTHORISED: &'static str = "Authorised";

    /// All states, in the order in which the profile names them.
    pub fn states(&self) -> impl Iterator<Item = &str> {
        self.states.iter().map(String::as_str)
    }

    /// All edges, in the order of the profile.
    #[must_use]
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// The initial states, by name.
    pub fn initial(&self) -> impl Iterator<Item = &str> {
        self.initial.iter().map(String::as_str)
    }

    /// The terminal states, by name.
    pub fn terminal(&self) -> impl Iterator<Item = &str> {
        self.terminal.iter().map(String::as_str)
    }

    /// Whether there is such a state.
    #[must_use]
    pub fn is_known(&self, state: &str) -> bool {
        self.states.contains(state)
    }

    /// Whether a life may begin in `state`.
    #[must_use]
    pub fn is_initial(&self, state: &str) -> bool {
        self.initial.contains(state)
    }

    /// Whether nothing may follow `state`.
    #[must_use]
    pub fn is_terminal(&self, state: &str) -> bool {
        self.terminal.contains(state)
    }

    /// Whether `to` may directly follow `from`, whoever sets it. A status does not follow itself.
    #[must_use]
    pub fn allows(&self, from: &str, to: &str) -> bool {
        self.successors(from).any(|successor| successor == to)
    }

    /// Whether `setter` may change `from` into `to`.
    #[must_use]
    pub fn allows_to(&self, setter: Setter, from: &str, to: &str) -> bool {
        self.edges
            .iter()
            .any(|edge| edge.set_by == setter && edge.from == from && edge.to == to)
    }

    /// The states that may directly follow `from`, in the order of the profile.
    pub fn successors<'a>(&'a self, from: &'a str) -> impl Iterator<Item = &'a str> {
        self.edges
            .iter()
            .filter(move |edge| edge.from == from)
            .map(|edge| edge.to.as_str())
    }

    /// Whether `to` can be reached from `from` in any number of steps, none included: what a poll
    /// may see, because it misses states in between.
    #[must_use]
    pub fn reaches(&self, from: &str, to: &str) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![from];
        while let Some(state) = open.pop() {
            if state == to {
                return true;
            }
            if seen.insert(state) {
                open.extend(self.successors(state));
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use crate::profile::{Profile, Setter};

    #[test]
    fn a_flow_answers_by_its_edges() {
        let profile = Profile::built_in();
        let batch = &profile.flows["batch"];
        assert!(batch.is_initial("Received") && batch.is_terminal("Failed"));
        assert!(batch.allows("Received", "Processing"));
        assert!(!batch.allows("Received", "Completed"), "no direct edge");
        assert!(batch.reaches("Received", "Completed"), "but a path");
        assert!(!batch.reaches("Completed", "Received"));
        assert!(!batch.is_known("received"), "names are exact");
        assert!(batch.allows_to(Setter::Provider, "Received", "Processing"));
        assert!(!batch.allows_to(Setter::Product, "Received", "Processing"));
    }

    #[test]
    fn reaching_ends_in_a_flow_with_a_circle() {
        let profile = Profile::built_in();
        let subscription = &profile.flows["subscription"];
        assert!(subscription.reaches("Suspended", "Authorised"));
        assert!(!subscription.reaches("Suspended", "Received"));
    }
}
