//! Status flows: which steps were walked, how often, and how long states lasted.

use std::collections::BTreeMap;
use std::time::Duration;

use ecow::EcoString;
use maud::{Markup, PreEscaped, html};

use super::figure::{Spread, counted, cut, grouped, more, nothing, span};
use super::observed::Observed;
use crate::conformance::Evidence;
use crate::event::Subject;
use crate::exchange::between;
use crate::history::{Answer, Note, NoteKind, ResourceKind, Walk};
use crate::profile::{Flow, Profile};
use crate::report::Told;
use crate::report::flow_graph::{Walked, walked_flow_svg};

/// How many steps or states are listed.
const MOST: usize = 60;

/// How many flows are drawn for a run.
const MOST_FLOWS: usize = 12;

type Step = (EcoString, EcoString);

/// What was seen of a step.
#[derive(Default)]
struct Seen {
    /// How long the state before lasted, each time.
    dwells: Vec<Duration>,
    /// How often an update told of it; the others were only read.
    told: usize,
    /// The first event that shows it.
    first: u64,
}

/// What was seen of the resources of one flow.
#[derive(Default)]
struct Tally {
    resources: usize,
    steps: BTreeMap<Step, Seen>,
    /// What was asked for and refused with 409, how often, and the first event.
    refused: BTreeMap<Step, (usize, u64)>,
    /// The state in which each was seen last.
    last: BTreeMap<EcoString, usize>,
}

pub(super) fn section(input: &Told<'_>, observed: &[Observed<'_>]) -> Markup {
    html! {
        section #flows aria-labelledby="flows-heading" {
            h2 #flows-heading { "Status flows" }
            p.quiet {
                "A heavy line was walked, and the number says how often. Lines are whole where the provider sets the "
                "status, dashed where the platform does, dotted where the product does. A heavy frame is an initial "
                "state, a double one a final state."
            }
            @for (place, one) in observed.iter().enumerate() {
                h3 { (one.name) }
                @let tallies = tallies(&one.evidence, input.profile);
                @if tallies.is_empty() {
                    (nothing(match one.run.subject {
                        Subject::Replay | Subject::Connector => {
                            "No state of a subscription, batch or payment was seen."
                        }
                        Subject::Endpoint => "A probed endpoint is told of resources that do not exist.",
                    }))
                } @else {
                    @for (number, ((kind, application), tally)) in tallies.iter().take(MOST_FLOWS).enumerate() {
                        @let profile = application.as_ref().map_or(input.profile, |it| input.profile.for_application(it));
                        (flow(*kind, application.as_deref(), profile, tally, &format!("flow-{place}-{number}")))
                    }
                    (more(tallies.len(), MOST_FLOWS, "flow"))
                }
            }
        }
    }
}

/// The flow of which kind of resource; of which application, where that has one of its own.
type Key = (ResourceKind, Option<EcoString>);

fn tallies(evidence: &Evidence<'_>, profile: &Profile) -> BTreeMap<Key, Tally> {
    let mut tallies: BTreeMap<Key, Tally> = BTreeMap::new();
    for walk in evidence.walks() {
        let (flow, common) = (walk.flow(profile), walk.kind.flow(profile));
        let own = !std::ptr::eq(flow, common) && flow != common;
        let application = walk.application.clone().filter(|_| own);
        let tally = tallies.entry((walk.kind, application)).or_default();
        tally.add(walk);
    }
    tallies
}

impl Tally {
    fn add(&mut self, walk: &Walk) {
        self.resources += 1;
        let mut now: Option<&Note> = None;
        for note in &walk.notes {
            match note.kind {
                NoteKind::Created
                | NoteKind::Observed
                | NoteKind::Asked(Answer::Accepted | Answer::AcceptedByDefault) => {}
                NoteKind::Asked(Answer::Refused) => {
                    if let Some(before) = now.filter(|_| !note.provoked) {
                        let step = (before.status.clone(), note.status.clone());
                        let refused = self.refused.entry(step).or_insert((0, note.sequence));
                        refused.0 += 1;
                    }
                    continue;
                }
                // Nothing happened, or nobody knows.
                NoteKind::Asked(Answer::Declined(_) | Answer::Unknown) => continue,
            }
            match now {
                Some(before) if before.status == note.status => {}
                Some(before) => {
                    let step = (before.status.clone(), note.status.clone());
                    let seen = self.steps.entry(step).or_insert_with(|| Seen {
                        first: note.sequence,
                        ..Seen::default()
                    });
                    seen.dwells.push(between(before.began, note.began));
                    seen.told += usize::from(matches!(note.kind, NoteKind::Asked(_)));
                    now = Some(note);
                }
                None => now = Some(note),
            }
        }
        if let Some(last) = now {
            *self.last.entry(last.status.clone()).or_default() += 1;
        }
    }
}

/// What a step is to its flow.
fn standing(flow: &Flow, (from, to): &Step, seen: &Seen) -> &'static str {
    if flow.edge(from, to).is_some() {
        "in the flow"
    } else if flow.allows(from, to) {
        "passes over a step that may be left out"
    } else if seen.told == 0 && flow.reaches(from, to) {
        "only read: what was between was not seen"
    } else {
        "not in the flow"
    }
}

fn flow(
    kind: ResourceKind,
    application: Option<&str>,
    profile: &Profile,
    tally: &Tally,
    id: &str,
) -> Markup {
    let flow = kind.flow(profile);
    let name = match application {
        Some(application) => format!("{kind} for {}", cut(application, 80)),
        None => kind.to_string(),
    };
    let walked: Walked = tally
        .steps
        .iter()
        .map(|(step, seen)| (step.clone(), format!("{}×", grouped(seen.dwells.len()))))
        .collect();
    html! {
        h4 { (name) " " span.quiet { "(" (counted(tally.resources, "resource")) "; the flow is " (flow.provenance.name()) ")" } }
        div.scroll.flow tabindex="0" role="region" aria-label={ "Flow: " (name) } {
            (PreEscaped(walked_flow_svg(&name, flow, &walked, id)))
        }
        (steps(flow, tally, &name))
        p {
            "Last seen: "
            @for (place, (state, count)) in tally.last.iter().take(MOST).enumerate() {
                @if place > 0 { ", " }
                (grouped(*count)) " " (cut(state, 80))
                @if flow.is_terminal(state) { " (final)" }
            }
            "."
        }
    }
}

fn steps(flow: &Flow, tally: &Tally, name: &str) -> Markup {
    html! {
        @if tally.steps.is_empty() && tally.refused.is_empty() {
            (nothing("No step was walked: no resource was seen in two states."))
        } @else {
            div.scroll tabindex="0" role="region" aria-label={ "Steps: " (name) } {
                table.events {
                    thead { tr {
                        th scope="col" { "Step" }
                        th.number scope="col" { "Times" }
                        th.number scope="col" { "Told by update" }
                        th.number scope="col" { "Lasted before, p50" }
                        th.number scope="col" { "p95" }
                        th.number scope="col" { "Most" }
                        th scope="col" { "In the flow" }
                        th.number scope="col" { "First event" }
                    } }
                    tbody {
                        @for (step, seen) in tally.steps.iter().take(MOST) { (row(flow, step, seen)) }
                        @for ((from, to), (count, first)) in tally.refused.iter().take(MOST) {
                            tr {
                                th.step scope="row" { (cut(from, 80)) " → " (cut(to, 80)) }
                                td.number { (grouped(*count)) }
                                td.number { (grouped(*count)) }
                                td colspan="3" {}
                                td { strong { "refused by the platform (409)" } }
                                td.number { (first) }
                            }
                        }
                    }
                }
            }
            (more(tally.steps.len(), MOST, "step"))
        }
    }
}

fn row(flow: &Flow, step: &Step, seen: &Seen) -> Markup {
    let mut dwells = seen.dwells.clone();
    let standing = standing(flow, step, seen);
    html! {
        tr {
            th.step scope="row" { (cut(&step.0, 80)) " → " (cut(&step.1, 80)) }
            td.number { (grouped(seen.dwells.len())) }
            td.number { (grouped(seen.told)) }
            @if let Some(spread) = Spread::of(&mut dwells) {
                td.number { (span(spread.median)) }
                td.number { (span(spread.p95)) }
                td.number { (span(spread.most)) }
            }
            td { @if standing == "not in the flow" { strong { (standing) } } @else { (standing) } }
            td.number { (seen.first) }
        }
    }
}
