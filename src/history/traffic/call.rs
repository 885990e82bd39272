//! The exchanges of a history, each with its step and its endpoint.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use rayon::prelude::*;

use super::groups::{Groups, Order};
use super::names::Names;
use super::{Endpoint, Purpose, Walk};
use crate::base::Timestamp;
use crate::event::{Attempt, Event, EventKind, ItemName, Origin, Provocation};
use crate::exchange::{Body, Exchange, RetryAfter, Vantage};
use crate::history::History;
use crate::profile::Profile;

/// All exchanges of a history that a client sent, in the order of their events.
#[derive(Clone, Debug)]
pub struct Traffic<'h> {
    calls: Vec<Call<'h>>,
    /// What the product asked that a plan plays: it says how resources came to be, and is nobody's
    /// behaviour.
    product: Vec<Call<'h>>,
    /// What the platform sent to the provider.
    notifications: Vec<Call<'h>>,
    /// What was sent to the provider in the platform's place, to see how it is answered.
    probes: Vec<Call<'h>>,
    /// How the calls stand in groups; nothing until it is asked for.
    order: OnceLock<Order>,
}

/// One exchange and what is known of it.
#[derive(Clone, Debug)]
pub struct Call<'h> {
    /// The sequence number of its event.
    pub sequence: u64,
    /// Its step.
    pub step: u64,
    /// The item of the step; none for an observed connector.
    pub item: Option<&'h ItemName>,
    /// What the plan says that the step does wrong on purpose.
    pub provokes: &'h [Provocation],
    /// Who sent it.
    pub origin: Origin,
    /// Which attempt of which operation it is.
    pub attempt: Attempt,
    /// The exchange.
    pub exchange: &'h Exchange,
    /// What it calls.
    pub endpoint: Endpoint,
    // What almost every rule asks is at hand: the exchange itself is far away in memory.
    status: Option<u16>,
    began: Timestamp,
    ended: Timestamp,
    vantage: Vantage,
    bearer: Option<&'h str>,
    path: &'h str,
    /// Whether the answer has a `Retry-After`.
    is_hinted: bool,
}

/// How many events share the names of what they call.
const TOGETHER: usize = 1024;

/// What is read of an exchange once and for all.
struct Facts<'h> {
    endpoint: Endpoint,
    bearer: Option<&'h str>,
    path: &'h str,
    is_hinted: bool,
}

/// The facts of each exchange among `events`.
fn facts<'h>(events: &'h [Event], profile: &Profile) -> Vec<Facts<'h>> {
    if events.len() <= TOGETHER {
        return facts_of_part(events, profile);
    }
    let parts = events.par_chunks(TOGETHER);
    parts
        .flat_map_iter(|part| facts_of_part(part, profile))
        .collect()
}

fn facts_of_part<'h>(events: &'h [Event], profile: &Profile) -> Vec<Facts<'h>> {
    let mut names = Names::default();
    let exchanges = events.iter().filter_map(|event| match &event.kind {
        EventKind::Exchange { exchange, .. } => Some(exchange),
        _ => None,
    });
    exchanges
        .map(|exchange| {
            let mut endpoint = Endpoint::of(&exchange.request, profile);
            endpoint.operation = names.shared(&endpoint.operation);
            if let Purpose::Resource(_, id) = &mut endpoint.purpose {
                *id = names.shared(id);
            }
            Facts {
                endpoint,
                bearer: bearer(exchange),
                path: exchange.request.path(),
                is_hinted: exchange
                    .response()
                    .is_some_and(|response| response.headers.contains("retry-after")),
            }
        })
        .collect()
}

/// The token that a request carries.
fn bearer(exchange: &Exchange) -> Option<&str> {
    let authorization = exchange.request.headers.get("authorization")?.trim();
    let (scheme, token) = authorization.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

impl<'h> Traffic<'h> {
    /// The traffic of `history`, read with the paths of `profile`.
    #[must_use]
    pub fn of(history: &'h History, profile: &Profile) -> Self {
        let mut steps: BTreeMap<u64, (&'h ItemName, &'h [Provocation])> = BTreeMap::new();
        let mut calls = Vec::new();
        let mut product = Vec::new();
        let mut notifications = Vec::new();
        let mut probes = Vec::new();
        let mut facts = facts(history.events(), profile).into_iter();
        for event in history.events() {
            match &event.kind {
                EventKind::StepStarted {
                    step,
                    item,
                    provokes,
                    ..
                } => {
                    steps.insert(*step, (item, provokes));
                }
                EventKind::Exchange {
                    step,
                    origin,
                    attempt,
                    exchange,
                } => {
                    let started = steps.get(step);
                    let facts = facts.next().expect("each exchange has some");
                    let side = match origin {
                        Origin::Platform => &mut notifications,
                        Origin::Product => &mut product,
                        Origin::Probe => &mut probes,
                        Origin::Item | Origin::Script | Origin::Redirect | Origin::Connector => {
                            &mut calls
                        }
                    };
                    side.push(Call {
                        sequence: event.sequence,
                        step: *step,
                        item: started.map(|(item, _)| *item),
                        provokes: started.map_or(&[], |(_, provokes)| provokes),
                        origin: *origin,
                        attempt: *attempt,
                        exchange,
                        endpoint: facts.endpoint,
                        status: exchange.status(),
                        began: exchange.timing.request_first,
                        ended: exchange.timing.response_last,
                        vantage: exchange.vantage,
                        bearer: facts.bearer,
                        path: facts.path,
                        is_hinted: facts.is_hinted,
                    });
                }
                EventKind::RunStarted(_)
                | EventKind::ScenarioStarted { .. }
                | EventKind::ScenarioEnded { .. }
                | EventKind::Connector { .. }
                | EventKind::Waited { .. }
                | EventKind::Assertion(_)
                | EventKind::RequestFailed { .. }
                | EventKind::ScriptFailed { .. }
                | EventKind::Console { .. }
                | EventKind::StepSkipped { .. }
                | EventKind::StepEnded { .. }
                | EventKind::FaultProof(_)
                | EventKind::ProbeStarted(_)
                | EventKind::ProbeWithheld(_)
                | EventKind::ProbeNoticed { .. }
                | EventKind::NoiseFloor(_)
                | EventKind::Notice { .. }
                | EventKind::RunEnded { .. } => {}
            }
        }
        Self {
            calls,
            product,
            notifications,
            probes,
            order: OnceLock::new(),
        }
    }

    /// The probes of a notification endpoint, in order.
    #[must_use]
    pub fn probes(&self) -> &[Call<'h>] {
        &self.probes
    }

    /// What the product asked that a plan plays, in order.
    #[must_use]
    pub fn product_calls(&self) -> &[Call<'h>] {
        &self.product
    }

    /// The notifications that the platform sent, in order.
    #[must_use]
    pub fn notifications(&self) -> &[Call<'h>] {
        &self.notifications
    }

    /// The exchanges of the client that is judged, in order.
    #[must_use]
    pub fn calls(&self) -> &[Call<'h>] {
        &self.calls
    }

    /// The exchanges of each operation, attempt by attempt, in the order in which the operations
    /// began. Redirects that were followed are not attempts.
    #[must_use]
    pub fn groups(&self) -> Groups<'_, 'h> {
        let order = self.order.get_or_init(|| Order::of(&self.calls));
        Groups::of(&self.calls, order)
    }

    /// What is known of each resource, in the order of first mention; mentions are in the order in
    /// which they took effect, as far as that is known.
    #[must_use]
    pub fn walks(&self, profile: &Profile) -> Vec<Walk> {
        let mut all: Vec<&Call<'_>> = self.calls.iter().chain(&self.product).collect();
        // The events are in the order in which exchanges ended. Where the platform's side recorded
        // them, what took effect first is known better: what had arrived first.
        let by_arrival = all.iter().all(|call| call.vantage == Vantage::Mock);
        all.sort_by_cached_key(|call| {
            let arrived = call.exchange.timing.request_last;
            (by_arrival.then_some(arrived), call.sequence)
        });
        Walk::all(&all, profile)
    }
}

impl Call<'_> {
    /// Whether its step does `provocation` on purpose.
    #[must_use]
    pub fn is_provoking(&self, provocation: Provocation) -> bool {
        self.provokes.contains(&provocation)
    }

    /// The status code, if an answer came.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// Whether the answer was a success (RFC 9110 §15.3).
    #[must_use]
    pub fn succeeded(&self) -> bool {
        matches!(self.status(), Some(200..=299))
    }

    /// Whether the answer asked to come less often, or later (RFC 6585 §4, RFC 9110 §15.6.4).
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        matches!(self.status(), Some(429 | 503))
    }

    /// From where it was observed.
    #[must_use]
    pub fn vantage(&self) -> Vantage {
        self.vantage
    }

    /// When its first byte left.
    #[must_use]
    pub fn began(&self) -> Timestamp {
        self.began
    }

    /// When the last byte of the answer had come.
    #[must_use]
    pub fn ended(&self) -> Timestamp {
        self.ended
    }

    /// The sequence number and the time it began: how a witness names it.
    #[must_use]
    pub fn place(&self) -> (u64, Timestamp) {
        (self.sequence, self.began())
    }

    /// The first value of a request header, without the spaces around it.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.exchange.request.headers.get(name).map(str::trim)
    }

    /// The token of `Authorization: Bearer …`, as the history shows it: a commitment that stands
    /// for it.
    #[must_use]
    pub fn bearer(&self) -> Option<&str> {
        self.bearer
    }

    /// The path of its URL ([`Request::path`](crate::exchange::Request::path)).
    #[must_use]
    pub fn path(&self) -> &str {
        self.path
    }

    /// What the answer says in `Retry-After`.
    #[must_use]
    pub fn hint(&self) -> Option<RetryAfter> {
        if !self.is_hinted {
            return None;
        }
        let response = self.exchange.response()?;
        RetryAfter::of(&response.headers, self.ended())
    }

    /// The JSON of the answer's body.
    #[must_use]
    pub fn answer(&self) -> Option<serde_json::Value> {
        self.exchange
            .response()
            .map(|response| &response.body)
            .and_then(Body::json)
    }
}
