//! What the verdict does not reach, and why.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::checks::reference;
use super::figure::{counted, cut, more, nothing};
use super::observed::Observed;
use crate::conformance::{Finding, Level, Standing, check};
use crate::event::EventKind;
use crate::report::Told;

/// How many lines a list has.
const MOST: usize = 200;

pub(super) fn section(input: &Told<'_>, observed: &[Observed<'_>]) -> Markup {
    html! {
        section #outside aria-labelledby="outside-heading" {
            h2 #outside-heading { "Outside the verdict, or not exercised" }
            (clauses(input))
            (unjudged(input, Level::NotExercised, "Checks that saw nothing to judge", "Every check saw what it judges."))
            (unjudged(input, Level::Inconclusive, "Checks whose evidence is too weak", "No evidence was too weak."))
            (unjudged(input, Level::NotApplicable, "Checks that do not apply", "Every check applies."))
            (unfinished(observed))
            (undelivered(observed))
        }
    }
}

fn clauses(input: &Told<'_>) -> Markup {
    let rows: Vec<_> = input
        .verdict
        .matrix
        .iter()
        .filter_map(|row| match row.standing {
            Standing::OutsideThisVerdict => Some((row, "a history of this subject cannot show it")),
            Standing::NothingAsked { reason } => Some((row, reason)),
            Standing::Judged { .. } | Standing::Promised => None,
        })
        .collect();
    html! {
        h3 { "Clauses" }
        @if rows.is_empty() { (nothing("Every clause is judged or promised.")) }
        ul.plain {
            @for (row, why) in rows {
                li {
                    a href={ "#clause-" (row.clause.id) } { (row.clause.id) } " "
                    strong { (row.name()) } ": " (why)
                }
            }
        }
    }
}

fn unjudged(input: &Told<'_>, level: Level, heading: &str, empty: &str) -> Markup {
    let findings: Vec<&Finding> = input
        .verdict
        .findings
        .iter()
        .filter(|finding| finding.reported == level)
        .collect();
    html! {
        h3 { (heading) }
        @if findings.is_empty() { (nothing(empty)) }
        ul.plain {
            @for finding in findings.iter().take(MOST) {
                li {
                    (reference(input.verdict, finding)) " "
                    (check(finding.check).map_or("", |check| check.title)) ": " (cut(&finding.message, 400))
                    @if !finding.planned { " (not in the plan)" }
                }
            }
        }
        (more(findings.len(), MOST, "check"))
    }
}

/// Scenarios that did not come to their end, with what they waited for.
fn unfinished(observed: &[Observed<'_>]) -> Markup {
    let mut missed: Vec<(&str, &[String])> = Vec::new();
    for event in observed.iter().flat_map(|one| one.history.events()) {
        if let EventKind::ScenarioEnded { scenario, missing } = &event.kind
            && !missing.is_empty()
        {
            missed.push((scenario, missing));
        }
    }
    html! {
        h3 { "Scenarios that were not completed" }
        @if missed.is_empty() { (nothing("Every scenario that began was completed, or none was planned.")) }
        ul.plain {
            @for (scenario, missing) in missed.iter().take(MOST) {
                li {
                    strong { (cut(scenario, 200)) } ": "
                    @for (place, thing) in missing.iter().take(5).enumerate() {
                        @if place > 0 { "; " }
                        (cut(thing, 300))
                    }
                    @if missing.len() > 5 { "; and " (missing.len() - 5) " more" }
                }
            }
        }
        (more(missed.len(), MOST, "scenario"))
    }
}

/// Scripted answers that were never asked for: what they provoke was not exercised.
fn undelivered(observed: &[Observed<'_>]) -> Markup {
    let mut open: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
    let mut queues = 0;
    for event in observed.iter().flat_map(|one| one.history.events()) {
        if let EventKind::FaultProof(proof) = &event.kind {
            queues += 1;
            if proof.delivered < proof.answers.len() {
                let known = open.entry((&proof.scenario, &proof.operation)).or_default();
                known.0 += proof.delivered;
                known.1 += proof.answers.len();
            }
        }
    }
    html! {
        h3 { "Scripted faults" }
        @if queues == 0 {
            (nothing("No fault was scripted."))
        } @else if open.is_empty() {
            (nothing(&format!("All answers of {} were delivered.", counted(queues, "queue"))))
        }
        ul.plain {
            @for ((scenario, operation), (delivered, all)) in open.iter().take(MOST) {
                li {
                    strong { (cut(scenario, 200)) } ": " (delivered) " of " (all) " delivered to "
                    code { (cut(operation, 200)) }
                }
            }
        }
        (more(open.len(), MOST, "queue"))
    }
}
