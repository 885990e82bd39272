//! Reads settings of the built-in profile, or of the file that is laid over it.

use std::time::Duration;

use indexmap::{IndexMap, IndexSet};
use serde::Serialize;
use toml::de::{DeTable, DeValue};

use super::kind::{DURATION, Kind};
use super::layer::{Layer, Leaf, describe};
use super::{Edge, Flow, Problem, Provenance, Reason, Setter, Skipping, Sourced};
use crate::base::place_of;

/// What an edge may have.
const PARTS: [&str; 6] = ["from", "to", "by", "may-skip", "needs-reason", "max-dwell"];

/// What a value in a file rests on when neither it nor the file says.
const SOURCE_OF_FILES: &str = "the profile file";

/// One setting in the form of a table: for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// The dotted key: `backoff.cap`.
    pub key: String,
    /// The value as written.
    pub value: String,
    /// On what it rests.
    pub provenance: Provenance,
    /// The page, agreement or reasoning it comes from.
    pub source: String,
    /// Whether a file replaced the built-in value.
    pub overridden: bool,
}

/// Gives out typed settings and keeps what is wrong with the file.
pub(super) struct Reader<'l, 't> {
    /// The strongest first; the built-in profile is the last.
    pub(super) layers: Vec<&'l Layer<'t>>,
    pub(super) problems: Vec<Problem>,
    pub(super) settings: Vec<Setting>,
}

impl<'l, 't> Reader<'l, 't> {
    pub(super) fn new(layers: Vec<&'l Layer<'t>>) -> Self {
        Self {
            layers,
            problems: Vec::new(),
            settings: Vec::new(),
        }
    }

    fn built_in(&self) -> &'l Layer<'t> {
        self.layers.last().expect("the built-in profile is there")
    }

    /// The layers of the user's file.
    fn overlays(&self) -> impl Iterator<Item = &'l Layer<'t>> + use<'_, 'l, 't> {
        self.layers[..self.layers.len() - 1].iter().copied()
    }

    /// The file's value of `key`.
    fn overlay(&self, key: &str) -> Option<(&'l Layer<'t>, &'l Leaf<'t>)> {
        self.overlays()
            .find_map(|layer| layer.leaves.get(key).map(|leaf| (layer, leaf)))
    }

    /// Whether the file says something of `key`.
    pub(super) fn is_overridden(&self, key: &str) -> bool {
        self.overlay(key).is_some()
    }

    /// The setting `key`. A value that cannot be read is a problem, and the built-in one stands in.
    pub(super) fn read<T>(&mut self, key: &str, kind: &Kind<T>) -> Sourced<T> {
        if let Some((layer, leaf)) = self.overlay(key) {
            if let Some(value) = (kind.parse)(leaf.value.get_ref()) {
                let written = &layer.text[leaf.value.span()];
                let provenance = leaf.provenance.unwrap_or(Provenance::Assumed);
                let source = leaf.source.as_deref().unwrap_or(SOURCE_OF_FILES);
                return keep(&mut self.settings, key, written, value, provenance, source);
            }
            self.problems.push(Problem {
                place: place_of(layer.text, leaf.value.span().start),
                key: format!("{}{key}", layer.prefix),
                message: format!(
                    "{} is not {}",
                    describe(leaf.value.get_ref()),
                    kind.expected
                ),
                remedy: format!("write, for example, {}", kind.example),
            });
        }
        let layer = self.built_in();
        let leaf = (layer.leaves.get(key)).expect("the built-in profile has every setting");
        let value =
            (kind.parse)(leaf.value.get_ref()).expect("the built-in profile's values are right");
        let (provenance, source) = (
            leaf.provenance
                .expect("every built-in value has a provenance"),
            leaf.source
                .as_deref()
                .expect("every built-in value has a source"),
        );
        let written = &layer.text[leaf.value.span()];
        keep(&mut self.settings, key, written, value, provenance, source)
    }

    /// Where the file sets `key`, for a problem between settings.
    pub(super) fn contradiction(&mut self, keys: [&str; 2], message: &str, remedy: &str) {
        let found = self.overlays().find_map(|layer| {
            keys.iter()
                .find_map(|key| layer.leaves.get(*key).map(|leaf| (key, layer, leaf)))
        });
        let (key, layer, leaf) = found.expect("the built-in profile does not contradict itself");
        self.problems.push(Problem {
            place: place_of(layer.text, leaf.value.span().start),
            key: format!("{}{key}", layer.prefix),
            message: message.to_owned(),
            remedy: remedy.to_owned(),
        });
    }

    /// All flows: those of the built-in profile, in its order, then new ones of the file.
    pub(super) fn flows(&mut self) -> IndexMap<String, Flow> {
        let mut flows = IndexMap::new();
        let mut settings = Vec::new();
        let mut problems = Vec::new();
        for layer in self.layers.iter().rev() {
            for (key, leaf) in &layer.leaves {
                let Some(name) = key.strip_prefix("flows.") else {
                    continue;
                };
                let mut reading = FlowReading {
                    text: layer.text,
                    key: format!("{}{key}", layer.prefix),
                    start: leaf.value.span().start,
                    problems: &mut problems,
                };
                if let Some(flow) = reading.flow(leaf) {
                    settings.retain(|setting: &Setting| setting.key != *key);
                    settings.push(Setting {
                        key: key.clone(),
                        value: written(&flow),
                        provenance: flow.provenance,
                        source: flow.source.clone(),
                        overridden: false,
                    });
                    flows.insert(name.to_owned(), flow);
                }
            }
        }
        self.settings.extend(settings);
        self.problems.extend(problems);
        flows
    }
}

fn keep<T>(
    settings: &mut Vec<Setting>,
    key: &str,
    written: &str,
    value: T,
    provenance: Provenance,
    source: &str,
) -> Sourced<T> {
    settings.push(Setting {
        key: key.to_owned(),
        value: written.to_owned(),
        provenance,
        source: source.to_owned(),
        overridden: false,
    });
    Sourced {
        value,
        provenance,
        source: source.to_owned(),
    }
}

/// A flow in one line.
fn written(flow: &Flow) -> String {
    flow.edges
        .iter()
        .map(|edge| format!("{} → {}", edge.from, edge.to))
        .collect::<Vec<_>>()
        .join(", ")
}

struct FlowReading<'a> {
    text: &'a str,
    key: String,
    start: usize,
    problems: &'a mut Vec<Problem>,
}

impl FlowReading<'_> {
    fn flow(&mut self, leaf: &Leaf<'_>) -> Option<Flow> {
        let before = self.problems.len();
        let DeValue::Table(table) = leaf.value.get_ref() else {
            self.problem(
                self.start,
                "a flow is a table".into(),
                "write `initial`, `terminal` and `edges`",
            );
            return None;
        };
        for part in table.keys() {
            if !["initial", "terminal", "edges"].contains(&part.get_ref().as_ref()) {
                self.problem(
                    part.span().start,
                    format!("a flow has no `{}`", part.get_ref()),
                    "use `initial`, `terminal`, `edges`, `provenance` and `source`",
                );
            }
        }
        let initial = self.names(table, "initial");
        let terminal = self.names(table, "terminal");
        let edges = self.edges(table);
        let mut states = IndexSet::new();
        states.extend(initial.iter().map(|(name, _)| name.clone()));
        for edge in &edges {
            states.insert(edge.from.clone());
            states.insert(edge.to.clone());
        }
        if initial.is_empty() {
            self.problem(
                self.start,
                "the flow has no initial state".into(),
                r#"write `initial = ["Received"]`"#,
            );
        }
        for (name, start) in &terminal {
            if let Some(edge) = edges.iter().find(|edge| edge.from == *name) {
                self.problem(
                    *start,
                    format!("{name} is terminal but {} follows it", edge.to),
                    "remove it from `terminal`, or remove the edge",
                );
            }
            states.insert(name.clone());
        }
        let flow = Flow {
            states,
            initial: initial.into_iter().map(|(name, _)| name).collect(),
            terminal: terminal.into_iter().map(|(name, _)| name).collect(),
            edges,
            provenance: leaf.provenance.unwrap_or(Provenance::Assumed),
            source: leaf
                .source
                .clone()
                .unwrap_or_else(|| SOURCE_OF_FILES.into()),
        };
        let unreachable: Vec<_> = flow
            .states()
            .filter(|state| !flow.initial().any(|start| flow.reaches(start, state)))
            .map(str::to_owned)
            .collect();
        if !flow.initial.is_empty() && !unreachable.is_empty() {
            self.problem(
                self.start,
                format!("no edge leads to {}", unreachable.join(", ")),
                "add the edge, or correct the name of the state",
            );
        }
        (self.problems.len() == before).then_some(flow)
    }

    /// The names of states under `part`, each with its offset.
    fn names(&mut self, table: &DeTable<'_>, part: &str) -> Vec<(String, usize)> {
        let Some(value) = table.get(part) else {
            self.problem(
                self.start,
                format!("the flow has no `{part}`"),
                "write it as a list of states",
            );
            return Vec::new();
        };
        self.list(value)
    }

    fn list(&mut self, value: &toml::Spanned<DeValue<'_>>) -> Vec<(String, usize)> {
        let Some(items) = value.get_ref().as_array() else {
            let found = describe(value.get_ref());
            self.problem(
                value.span().start,
                format!("{found} is not a list of states"),
                r#"write, for example, ["Completed", "Failed"]"#,
            );
            return Vec::new();
        };
        let mut names = Vec::new();
        for item in items {
            match item.get_ref().as_str() {
                Some(name) if !name.trim().is_empty() => {
                    names.push((name.to_owned(), item.span().start));
                }
                Some(_) | None => self.problem(
                    item.span().start,
                    format!("{} is not a state", describe(item.get_ref())),
                    r#"write its name between quotes: "Completed""#,
                ),
            }
        }
        names
    }

    fn edges(&mut self, table: &DeTable<'_>) -> Vec<Edge> {
        const REMEDY: &str =
            r#"write `edges = [{ from = "Received", to = ["Processing"], by = "provider" }]`"#;
        let mut edges: Vec<Edge> = Vec::new();
        let Some(items) = table
            .get("edges")
            .and_then(|edges| edges.get_ref().as_array())
        else {
            self.problem(self.start, "the flow has no list `edges`".into(), REMEDY);
            return edges;
        };
        for item in items {
            let start = item.span().start;
            let Some(edge) = item.get_ref().as_table() else {
                self.problem(start, "an edge is a table".into(), REMEDY);
                continue;
            };
            if let Some(part) = edge
                .keys()
                .find(|part| !PARTS.contains(&part.get_ref().as_ref()))
            {
                let message = format!("an edge has no `{}`", part.get_ref());
                self.problem(part.span().start, message, REMEDY);
            }
            let from = edge.get("from").and_then(|from| from.get_ref().as_str());
            let by = match edge.get("by") {
                None => Some(Setter::Provider),
                Some(by) => Setter::ALL
                    .into_iter()
                    .find(|setter| by.get_ref().as_str() == Some(setter.name())),
            };
            let skipping = if self.is_flagged(edge, "may-skip") {
                Skipping::Allowed
            } else {
                Skipping::Forbidden
            };
            let reason = if self.is_flagged(edge, "needs-reason") {
                Reason::Needed
            } else {
                Reason::Optional
            };
            let max_dwell = self.dwell(edge);
            let Some(set_by) = by else {
                self.problem(
                    start,
                    "nobody known sets this status".into(),
                    r#"write `by` as "platform", "provider" or "product""#,
                );
                continue;
            };
            let (Some(from), Some(to)) = (from, edge.get("to")) else {
                self.problem(start, "the edge lacks `from` or `to`".into(), REMEDY);
                continue;
            };
            for (to, start) in self.list(to) {
                if from == to || edges.iter().any(|edge| edge.from == from && edge.to == to) {
                    self.problem(
                        start,
                        format!("the edge from {from} to {to} is there already or leads nowhere"),
                        "remove it",
                    );
                } else {
                    edges.push(Edge {
                        from: from.to_owned(),
                        to,
                        set_by,
                        skipping,
                        reason,
                        max_dwell,
                    });
                }
            }
        }
        edges
    }

    /// Whether the edge says `true` of `part`.
    fn is_flagged(&mut self, edge: &DeTable<'_>, part: &str) -> bool {
        let Some(value) = edge.get(part) else {
            return false;
        };
        value.get_ref().as_bool().unwrap_or_else(|| {
            let message = format!("`{part}` is {}", describe(value.get_ref()));
            self.problem(value.span().start, message, "write true or false");
            false
        })
    }

    /// How long the status before the edge may last.
    fn dwell(&mut self, edge: &DeTable<'_>) -> Option<Duration> {
        let value = edge.get("max-dwell")?;
        let dwell = (DURATION.parse)(value.get_ref());
        if dwell.is_none() {
            let message = format!("`max-dwell` is {}", describe(value.get_ref()));
            self.problem(
                value.span().start,
                message,
                r#"write a duration: "2s", "5m""#,
            );
        }
        dwell
    }

    fn problem(&mut self, offset: usize, message: String, remedy: &str) {
        self.problems.push(Problem {
            place: place_of(self.text, offset),
            key: self.key.clone(),
            message,
            remedy: remedy.to_owned(),
        });
    }
}
