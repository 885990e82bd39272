//! The probes of a history, and what became of each.

use std::sync::LazyLock;

use indexmap::IndexMap;
use regex::Regex;

use crate::conformance::Evidence;
use crate::event::{EventKind, Noticed, Origin, ProbeRole, ProbeStart, ProbeWithheld};
use crate::exchange::{Body, Exchange};
use crate::history::Call;

/// A probe that was sent.
#[derive(Clone, Debug)]
pub(super) struct Probed<'e> {
    pub(super) start: &'e ProbeStart,
    /// The sequence number and the time of its beginning.
    pub(super) begun: (u64, crate::base::Timestamp),
    /// Its attempts.
    pub(super) calls: Vec<&'e Call<'e>>,
    pub(super) noticed: Option<Noticed>,
}

impl Probed<'_> {
    /// The event that shows how it ended: the last answer, or the beginning where there is none.
    pub(super) fn place(&self) -> (u64, crate::base::Timestamp) {
        self.calls.last().map_or(self.begun, |call| call.place())
    }
}

/// All probes of a history.
#[derive(Clone, Debug)]
pub(super) struct Block<'e> {
    probes: Vec<Probed<'e>>,
    withheld: Vec<&'e ProbeWithheld>,
    /// What the endpoint's software asked of others meanwhile.
    consequences: Vec<&'e Call<'e>>,
}

impl<'e> Block<'e> {
    pub(super) fn of(evidence: &'e Evidence<'_>) -> Self {
        let mut probes: IndexMap<u64, Probed<'e>> = IndexMap::new();
        let mut withheld = Vec::new();
        for event in evidence.events() {
            match &event.kind {
                EventKind::ProbeStarted(start) => {
                    let begun = (event.sequence, event.at);
                    let probed = Probed {
                        start,
                        begun,
                        calls: Vec::new(),
                        noticed: None,
                    };
                    probes.insert(start.step, probed);
                }
                EventKind::ProbeWithheld(one) => withheld.push(one),
                EventKind::ProbeNoticed { step, noticed } => {
                    if let Some(probed) = probes.get_mut(step) {
                        probed.noticed = Some(*noticed);
                    }
                }
                _ => {}
            }
        }
        for call in evidence.probes() {
            if let Some(probed) = probes.get_mut(&call.step) {
                probed.calls.push(call);
            }
        }
        Self {
            probes: probes.into_values().collect(),
            withheld,
            consequences: evidence
                .calls()
                .iter()
                .filter(|call| call.origin == Origin::Connector)
                .collect(),
        }
    }

    /// The probes of the check `id`, the read-backs left out.
    pub(super) fn of_check<'b>(&'b self, id: &'b str) -> impl Iterator<Item = &'b Probed<'e>> {
        self.probes.iter().filter(move |probed| {
            probed.start.check == id && probed.start.role != ProbeRole::ReadBack
        })
    }

    /// The probes of the check `id` that were not sent.
    pub(super) fn withheld<'b>(&'b self, id: &'b str) -> impl Iterator<Item = &'e ProbeWithheld> {
        self.withheld
            .iter()
            .copied()
            .filter(move |one| one.check == id)
    }

    /// All controls.
    pub(super) fn controls(&self) -> impl Iterator<Item = &Probed<'e>> {
        let controls = self.probes.iter();
        controls.filter(|probed| probed.start.role == ProbeRole::Control)
    }

    /// All probes that are wrong in one factor.
    pub(super) fn negatives(&self) -> impl Iterator<Item = &Probed<'e>> {
        let negatives = self.probes.iter();
        negatives.filter(|probed| probed.start.role == ProbeRole::Negative)
    }

    /// What the endpoint's software asked because of the resource of `probed`.
    pub(super) fn consequences<'b>(
        &'b self,
        probed: &'b Probed<'e>,
    ) -> impl Iterator<Item = &'e Call<'e>> {
        let resource = probed.start.resource.as_str();
        self.consequences.iter().copied().filter(move |call| {
            names(
                &call.exchange.request.body,
                &call.exchange.request.url,
                resource,
            )
        })
    }

    /// A read-back of the resource of `probed` that shows something else than what is known of a
    /// resource that nobody ever mentioned.
    pub(super) fn trace(&self, probed: &Probed<'e>) -> Option<&Probed<'e>> {
        let resource = probed.start.resource.as_str();
        let unknown = self.read_backs().find(|other| {
            let unknown = other.start.resource.as_str();
            let told = |probe: &&Probed<'_>| probe.start.resource == unknown;
            !self.probes.iter().filter(told).any(is_told)
        })?;
        let expected = state(unknown)?;
        self.read_backs()
            .filter(|back| back.start.resource == resource)
            .find(|back| state(back).is_some_and(|state| state != expected))
    }

    /// The first and the last read-back of the resource of `probed`, where they differ.
    pub(super) fn change(&self, probed: &Probed<'e>) -> Option<(&Probed<'e>, &Probed<'e>)> {
        let mut backs = self
            .read_backs()
            .filter(|back| back.start.resource == probed.start.resource);
        let first = backs.next()?;
        let last = backs.last()?;
        (state(first)? != state(last)?).then_some((first, last))
    }

    /// Whether effects can be seen: somebody reads back, or the endpoint's software was seen to ask
    /// for a resource that a probe told of.
    pub(super) fn shows_effects(&self) -> bool {
        let told = self.probes.iter().filter(|probed| is_told(probed));
        self.read_backs().next().is_some()
            || told
                .into_iter()
                .any(|probed| self.consequences(probed).next().is_some())
    }

    fn read_backs(&self) -> impl Iterator<Item = &Probed<'e>> {
        let backs = self.probes.iter();
        backs.filter(|probed| probed.start.role == ProbeRole::ReadBack)
    }
}

/// Whether `probed` told the endpoint of its resource.
fn is_told(probed: &Probed<'_>) -> bool {
    probed.start.role != ProbeRole::ReadBack
}

fn names(body: &Body, url: &str, resource: &str) -> bool {
    url.contains(resource) || body.text().is_some_and(|text| text.contains(resource))
}

/// What a read-back shows: status and body, with the resource's own id taken out.
fn state(back: &Probed<'_>) -> Option<(u16, String)> {
    let response = back.calls.last()?.exchange.response()?;
    let body = String::from_utf8_lossy(response.body.bytes());
    let resource = back.start.resource.as_str();
    Some((response.status, body.replace(resource, "{id}")))
}

/// What differs from answer to answer whatever it says: ids, moments, digests.
static VOLATILE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[0-9A-Fa-f-]*[0-9][0-9A-Fa-f:.TZ+-]*").expect("a constant"));

/// The body of a refusal, without what differs from answer to answer.
pub(super) fn told_in(exchange: &Exchange) -> String {
    let body = exchange.response().map(|response| &response.body);
    let body = body.map(|body| String::from_utf8_lossy(body.bytes()).into_owned());
    VOLATILE
        .replace_all(&body.unwrap_or_default(), "#")
        .into_owned()
}
