//! The events that show a finding, so that a person can read them.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::figure::{counted, cut, span};
use super::observed::Observed;
use crate::base::{Timestamp, time_of_day};
use crate::conformance::Finding;
use crate::event::{AssertionOutcome, Event, EventKind};
use crate::exchange::{Exchange, Outcome, between};
use crate::profile::Profile;
use crate::report::correlation::interaction_id;

/// How many events a finding shows.
const MOST: usize = 14;

/// How many events a command names before it says where the rest is.
const MOST_NAMED: usize = 200;

/// The events that show `finding`, its margin, and the command that shows it alone.
pub(super) fn witness(one: &Observed<'_>, finding: &Finding) -> Markup {
    let witness = &finding.witness;
    let mut sequences: BTreeSet<u64> = witness.sequences.iter().take(MOST).copied().collect();
    let wanted = witness.excerpt.iter().copied();
    for sequence in wanted {
        if sequences.len() < MOST {
            sequences.insert(sequence);
        }
    }
    let all: BTreeSet<u64> = witness
        .sequences
        .iter()
        .chain(&witness.excerpt)
        .copied()
        .collect();
    let events: Vec<&Event> = sequences.iter().filter_map(|it| event(one, *it)).collect();
    html! {
        @if all.is_empty() {
            p.quiet { "No event speaks against the subject here." }
        } @else {
            @if let Some(margin) = &witness.margin {
                p.margin { strong { "Margin " } (cut(margin, 600)) }
            }
            p.quiet {
                "Events " (named(&witness.sequences, 40)) " of " code { (file(one)) }
                @if !witness.excerpt.is_empty() {
                    "; " (counted(witness.excerpt.len(), "event")) " alone suffice"
                }
                "."
            }
            (table(one, &events, finding))
            @if all.len() > events.len() {
                p.more { (counted(all.len() - events.len(), "event")) " more, see " code { "history.ndjson" } "." }
            }
            p.replay {
                span { "Judge it again" }
                code {
                    (one.command) " --check " (finding.check)
                    @if !witness.excerpt.is_empty() && witness.excerpt.len() <= MOST_NAMED {
                        " --events " (witness.excerpt_ranges())
                    }
                }
            }
        }
    }
}

fn file<'o>(one: &'o Observed<'_>) -> std::borrow::Cow<'o, str> {
    cut(one.run.file.as_deref().unwrap_or("history.ndjson"), 200)
}

/// The event with this number.
fn event<'a>(one: &Observed<'a>, sequence: u64) -> Option<&'a Event> {
    let events = one.history.events();
    let place = events.binary_search_by_key(&sequence, |event| event.sequence);
    place.ok().map(|place| &events[place])
}

/// The first `most` of `sequences`.
fn named(sequences: &[u64], most: usize) -> String {
    let shown: Vec<String> = sequences.iter().take(most).map(u64::to_string).collect();
    let rest = sequences.len().saturating_sub(most);
    match rest {
        0 => shown.join(", "),
        rest => format!("{} and {rest} more", shown.join(", ")),
    }
}

fn table(one: &Observed<'_>, events: &[&Event], finding: &Finding) -> Markup {
    // Each beside the end of the one before it.
    let befores = std::iter::once(None).chain(events.iter().map(|event| Some(times(event).1)));
    html! {
        div.scroll tabindex="0" role="region" aria-label={ "Events that show " (finding.check) " " (finding.subject) } {
            table.events {
                thead { tr {
                    th scope="col" { "Event" }
                    th scope="col" { "Time (UTC)" }
                    th scope="col" { "After" }
                    th scope="col" { "What" }
                    th scope="col" { "Answer" }
                    th scope="col" { "Retry-After" }
                } }
                tbody { @for (event, before) in events.iter().zip(befores) { (line(one, event, before)) } }
            }
        }
    }
}

fn line(one: &Observed<'_>, event: &Event, before: Option<Timestamp>) -> Markup {
    let (began, _) = times(event);
    let waited = before
        .filter(|end| began >= *end)
        .map(|end| between(end, began));
    html! {
        tr {
            th scope="row" { (event.sequence) }
            td.time {
                (time_of_day(began))
                span.quiet { " +" (span(between(one.began(), began))) }
            }
            td.time { @match waited { Some(waited) => (span(waited)), None => span.none { "–" } } }
            (row(&event.kind, one.profile))
        }
    }
}

/// When an event began and when it was over.
fn times(event: &Event) -> (Timestamp, Timestamp) {
    if let EventKind::Exchange { exchange, .. } = &event.kind {
        (exchange.timing.request_first, exchange.timing.response_last)
    } else {
        (event.at, event.at)
    }
}

fn row(kind: &EventKind, profile: &Profile) -> Markup {
    if let EventKind::Exchange { exchange, .. } = kind {
        return exchanged(exchange, profile);
    }
    html! {
        td colspan="3" { (cut(&told(kind), 400)) }
    }
}

fn exchanged(exchange: &Exchange, profile: &Profile) -> Markup {
    let hint = exchange
        .response()
        .and_then(|response| response.headers.get("retry-after"));
    let id = interaction_id(exchange, profile);
    html! {
        td {
            strong { (cut(&exchange.request.method, 20)) } " "
            span.path { (cut(exchange.request.path(), 200)) }
            @if let Some(id) = id { span.interaction { "interaction " code { (cut(id, 60)) } } }
        }
        td {
            @match &exchange.outcome {
                Outcome::Response(response) => {
                    strong { (response.status) } " " (cut(&response.reason, 60))
                }
                Outcome::Failure(failure) => { "no answer: " (cut(&failure.message, 200)) }
            }
        }
        td { @match hint { Some(hint) => code { (cut(hint, 60)) }, None => span.none { "–" } } }
    }
}

/// What an event that is no exchange says.
fn told(kind: &EventKind) -> String {
    match kind {
        EventKind::Exchange { .. } => String::new(),
        EventKind::RunStarted(start) => format!("the run began: {}", start.plan),
        EventKind::ScenarioStarted { scenario } => format!("scenario «{scenario}» began"),
        EventKind::ScenarioEnded { scenario, missing } if missing.is_empty() => {
            format!("scenario «{scenario}» ended")
        }
        EventKind::ScenarioEnded { scenario, missing } => {
            format!("scenario «{scenario}» ended without {}", missing.join("; "))
        }
        EventKind::Connector { message, .. } => format!("connector: {message}"),
        EventKind::StepStarted { item, .. } => format!("step {}", item.path.join(" / ")),
        EventKind::Waited { milliseconds, .. } => format!("the runner waited {milliseconds} ms"),
        EventKind::Assertion(record) => match &record.outcome {
            AssertionOutcome::Passed => format!("assertion «{}» held", record.name),
            AssertionOutcome::Failed { message } => {
                format!("assertion «{}» did not hold: {message}", record.name)
            }
            AssertionOutcome::Skipped => format!("assertion «{}» was skipped", record.name),
        },
        EventKind::RequestFailed { failure, .. } => format!("request failed: {failure}"),
        EventKind::ScriptFailed { message, .. } => format!("script failed: {message}"),
        EventKind::Console { message, .. } => format!("console: {message}"),
        EventKind::StepSkipped { .. } => "the step was skipped".to_owned(),
        EventKind::StepEnded { .. } => "the step ended".to_owned(),
        EventKind::FaultProof(proof) => format!(
            "{} of {} scripted answers were delivered to {}",
            proof.delivered,
            proof.answers.len(),
            proof.operation
        ),
        EventKind::ProbeStarted(probe) => {
            format!("probe {} {}: {}", probe.check, probe.probe, probe.factor)
        }
        EventKind::ProbeWithheld(probe) => {
            format!("probe {} {} was not sent", probe.check, probe.probe)
        }
        EventKind::ProbeNoticed { .. } => "the probe showed something beside its answer".to_owned(),
        EventKind::NoiseFloor(floor) => floor.to_string(),
        EventKind::Notice { message } => message.clone(),
        EventKind::RunEnded { .. } => "the run ended".to_owned(),
    }
}
