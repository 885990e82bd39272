//! Status flows: which states there are, and which may follow which.

use std::collections::BTreeSet;
use std::time::Duration;

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

/// Whether an update may pass over a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Skipping {
    /// It has to be told.
    Forbidden,
    /// Whoever is before it may tell what follows it instead.
    Allowed,
}

/// Whether a change of status says why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// It may.
    Optional,
    /// It has to.
    Needed,
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
    /// Whether it may be passed over.
    pub skipping: Skipping,
    /// Whether it needs a reason.
    pub reason: Reason,
    /// How long the status before may last where this edge is what ends it; none for any time.
    pub max_dwell: Option<Duration>,
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

    /// Whether an update may change `from` into `to`, whoever sends it: by one edge, or by several
    /// of which all but the last may be passed over. A status does not follow itself.
    #[must_use]
    pub fn allows(&self, from: &str, to: &str) -> bool {
        from != to && self.leaving(from).any(|edge| edge.to == to)
    }

    /// Whether `setter` may change `from` into `to`: the last of the edges is his.
    #[must_use]
    pub fn allows_to(&self, setter: Setter, from: &str, to: &str) -> bool {
        let mut edges = self.leaving(from);
        from != to && edges.any(|edge| edge.set_by == setter && edge.to == to)
    }

    /// The edge from `from` to `to`, where one leads there directly.
    #[must_use]
    pub fn edge(&self, from: &str, to: &str) -> Option<&Edge> {
        self.edges
            .iter()
            .find(|edge| edge.from == from && edge.to == to)
    }

    /// The states that an update may put in the place of `from`, in the order of the profile.
    pub fn successors<'a>(&'a self, from: &'a str) -> impl Iterator<Item = &'a str> {
        self.leaving(from)
            .map(|edge| edge.to.as_str())
            .filter(move |to| *to != from)
    }

    /// The edges that an update may take from `from`: those that leave it, and those behind edges
    /// that may be passed over.
    fn leaving<'a>(&'a self, from: &'a str) -> impl Iterator<Item = &'a Edge> {
        let mut starts = vec![from];
        let mut next = 0;
        while let Some(start) = starts.get(next).copied() {
            next += 1;
            for edge in &self.edges {
                let is_skipped = edge.from == start && edge.skipping == Skipping::Allowed;
                if is_skipped && !starts.contains(&edge.to.as_str()) {
                    starts.push(&edge.to);
                }
            }
        }
        self.edges
            .iter()
            .filter(move |edge| starts.contains(&edge.from.as_str()))
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
                let edges = self.edges.iter().filter(|edge| edge.from == state);
                open.extend(edges.map(|edge| edge.to.as_str()));
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;

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
    fn a_step_that_may_be_passed_over_is_no_obstacle_to_an_update() {
        let text = r#"
[flows.payment]
initial = ["Received"]
terminal = ["Paid"]
edges = [
  { from = "Received", to = ["Processing"], may-skip = true },
  { from = "Processing", to = ["Sent"], by = "platform", max-dwell = "2s" },
  { from = "Sent", to = ["Paid"], needs-reason = true },
]
"#;
        let profile = Profile::with_override(text, "own.toml").unwrap();
        let flow = &profile.flows["payment"];
        assert!(flow.allows("Received", "Processing") && flow.allows("Received", "Sent"));
        assert!(!flow.allows("Received", "Paid"), "Sent has to be told");
        assert!(flow.allows_to(Setter::Platform, "Received", "Sent"));
        assert!(!flow.allows_to(Setter::Provider, "Received", "Sent"));
        assert!(flow.edge("Received", "Sent").is_none());
        let edge = flow.edge("Processing", "Sent").unwrap();
        assert_eq!(edge.max_dwell, Some(Duration::from_secs(2)));
        assert_eq!(flow.edge("Sent", "Paid").unwrap().reason, Reason::Needed);
    }

    #[test]
    fn reaching_ends_in_a_flow_with_a_circle() {
        let profile = Profile::built_in();
        let subscription = &profile.flows["subscription"];
        assert!(subscription.reaches("Suspended", "Authorised"));
        assert!(!subscription.reaches("Suspended", "Received"));
    }
}
