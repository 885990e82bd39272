//! Which exchange of one run stands beside which of the other.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde::Serialize;

use crate::event::{EventKind, Origin};
use crate::exchange::Exchange;
use crate::history::{Endpoint, History};
use crate::profile::Profile;

/// The place of an exchange in its plan: the same in every run of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Place {
    /// The scenario; none before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// Collection, folders and item, or the probe; none of an observed connector.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// The iteration, from 0.
    pub iteration: u32,
    /// How often this item had come before in this scenario and iteration.
    pub round: u32,
    /// Who sent it.
    pub origin: Origin,
    /// What it called, where its item does not say it: `POST /oauth/token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Which attempt it is, from 1.
    pub attempt: u32,
}

/// An exchange with its place.
#[derive(Clone, Debug)]
pub(super) struct Placed<'h> {
    pub(super) sequence: u64,
    pub(super) place: Place,
    pub(super) operation: String,
    pub(super) exchange: &'h Exchange,
}

/// Where the exchanges of two runs stand beside each other.
#[derive(Debug, Default)]
pub(super) struct Pairing<'h> {
    pub(super) pairs: Vec<(Placed<'h>, Placed<'h>)>,
    pub(super) only_then: Vec<Placed<'h>>,
    pub(super) only_now: Vec<Placed<'h>>,
}

/// A step that goes on.
#[derive(Clone)]
struct Step {
    scenario: Option<String>,
    item: String,
    iteration: u32,
    round: u32,
}

/// All exchanges of a history with their places, in order.
fn placed<'h>(history: &'h History, profile: &Profile) -> Vec<Placed<'h>> {
    let mut scenario: Option<String> = None;
    let mut steps: HashMap<u64, Step> = HashMap::new();
    let mut rounds: HashMap<(Option<String>, String, u32), u32> = HashMap::new();
    let mut placed = Vec::new();
    for event in history.events() {
        if let EventKind::ScenarioStarted { scenario: name } = &event.kind {
            scenario = Some(name.clone());
        } else if let Some((number, item, iteration)) = begun(&event.kind) {
            let before = rounds
                .entry((scenario.clone(), item.clone(), iteration))
                .or_default();
            let step = Step {
                scenario: scenario.clone(),
                item,
                iteration,
                round: *before,
            };
            *before += 1;
            steps.insert(number, step);
        } else if let EventKind::Exchange {
            step,
            origin,
            attempt,
            exchange,
        } = &event.kind
        {
            let step = steps.get(step);
            let operation = Endpoint::of(&exchange.request, profile).operation;
            placed.push(Placed {
                sequence: event.sequence,
                place: Place {
                    scenario: step.map_or_else(|| scenario.clone(), |it| it.scenario.clone()),
                    item: step.map(|it| it.item.clone()),
                    iteration: step.map_or(0, |it| it.iteration),
                    round: step.map_or(0, |it| it.round),
                    origin: *origin,
                    operation: (*origin != Origin::Item).then(|| operation.to_string()),
                    attempt: attempt.number,
                },
                operation: operation.into(),
                exchange,
            });
        }
    }
    placed
}

/// The step that begins with an event: its number, its name and its iteration.
fn begun(kind: &EventKind) -> Option<(u64, String, u32)> {
    if let EventKind::StepStarted {
        step,
        iteration,
        item,
        ..
    } = kind
    {
        Some((*step, item.path.join(" › "), *iteration))
    } else if let EventKind::ProbeStarted(probe) = kind {
        Some((probe.step, format!("{} › {}", probe.check, probe.probe), 0))
    } else {
        None
    }
}

impl<'h> Pairing<'h> {
    /// Pairs the exchanges of two runs, each read by its profile. Those at one place are paired in
    /// their order.
    pub(super) fn of(
        (then, by): (&'h History, &Profile),
        (now, now_by): (&'h History, &Profile),
    ) -> Self {
        let mut waiting: IndexMap<Place, Vec<Placed<'h>>> = IndexMap::new();
        for exchange in placed(then, by) {
            let at_place = waiting.entry(exchange.place.clone()).or_default();
            at_place.push(exchange);
        }
        for at_place in waiting.values_mut() {
            at_place.reverse();
        }
        let mut pairing = Self::default();
        for exchange in placed(now, now_by) {
            match waiting.get_mut(&exchange.place).and_then(Vec::pop) {
                Some(before) => pairing.pairs.push((before, exchange)),
                None => pairing.only_now.push(exchange),
            }
        }
        pairing.only_then = waiting.into_values().flatten().collect();
        pairing.only_then.sort_by_key(|exchange| exchange.sequence);
        pairing
    }
}
