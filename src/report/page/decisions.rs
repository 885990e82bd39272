//! What a reviewer decides first.

use maud::{Markup, html};

use super::checks::reference;
use super::figure::{counted, cut, more, nothing};
use super::levels::badge;
use crate::conformance::{ExitStatus, Finding, Level, Standing, blocks, check, risk};
use crate::report::Told;

/// How many lines a list has.
const MOST: usize = 60;

/// How long a text may be here.
const LONGEST: usize = 400;

pub(super) fn section(input: &Told<'_>) -> Markup {
    let findings = &input.verdict.findings;
    let mut open: Vec<&Finding> = findings
        .iter()
        .filter(|finding| match finding.reported {
            Level::Review | Level::Warn => true,
            Level::Info => finding.raw != Level::Info,
            Level::Fail
            | Level::Error
            | Level::NotExercised
            | Level::Inconclusive
            | Level::Pass
            | Level::NotApplicable => false,
        })
        // What blocks otherwise stands above.
        .filter(|finding| finding.reported == Level::Review || !is_blocking(input, finding))
        .collect();
    open.sort_by_cached_key(|finding| risk(finding));
    html! {
        section #decide aria-labelledby="decide-heading" {
            h2 #decide-heading { "What has to be decided first" }
            (blockers(input))
            h3 { "For a person to decide, in order of risk" }
            @if open.is_empty() {
                (nothing("Nothing: no check is left to a person, and none warns."))
            } @else {
                ol.decisions {
                    @for finding in open.iter().take(MOST) { (item(input, finding)) }
                }
                (more(open.len(), MOST, "check"))
            }
            (promises(input))
        }
    }
}

fn is_blocking(input: &Told<'_>, finding: &Finding) -> bool {
    blocks(input.outcome.gate, finding).is_some()
}

fn item(input: &Told<'_>, finding: &Finding) -> Markup {
    let known = check(finding.check);
    html! {
        li {
            p.what {
                (badge(finding.reported)) " " (reference(input.verdict, finding))
                " " strong { (known.map_or("", |check| check.title)) }
                @for overlay in &finding.overlays { " " span.tag { (overlay.kind.name()) } }
                @if is_blocking(input, finding) { " " span.tag.blocks { "blocks" } }
            }
            p { (cut(&finding.message, LONGEST)) }
            @if finding.raw != finding.reported {
                p.why {
                    "The rule alone says " (finding.raw.name()) "; it rests on what is "
                    strong { (finding.provenance.name()) } "."
                    @if let Some(flip) = &finding.would_flip { " It " (cut(flip, LONGEST)) "." }
                }
            }
        }
    }
}

/// What stands between the run and its gate.
fn blockers(input: &Told<'_>) -> Markup {
    let outcome = input.outcome;
    let met = outcome.exit == ExitStatus::Met;
    let mut blocking: Vec<&Finding> = input
        .verdict
        .findings
        .iter()
        .filter(|finding| is_blocking(input, finding))
        .filter(|finding| finding.reported != Level::Review)
        .collect();
    blocking.sort_by_cached_key(|finding| (exit_rank(input, finding), risk(finding)));
    let missing = |finding: &&&Finding| finding.reported == Level::NotExercised;
    let unexercised: Vec<&&Finding> = blocking.iter().filter(missing).collect();
    html! {
        h3 { "What blocks the gate «" (outcome.gate.name()) "»" }
        @if met && outcome.blockers.is_empty() {
            (nothing("Nothing: the gate is met."))
        } @else {
            @let rest: Vec<&&Finding> = blocking.iter().filter(|it| !missing(it)).collect();
            @if !rest.is_empty() {
                ol.decisions { @for finding in rest.iter().take(MOST) { (item(input, finding)) } }
                (more(rest.len(), MOST, "check"))
            }
            @if !unexercised.is_empty() {
                p {
                    (badge(Level::NotExercised)) " "
                    (counted(unexercised.len(), "check")) " saw nothing to judge: "
                    @for (place, finding) in unexercised.iter().take(200).enumerate() {
                        @if place > 0 { ", " }
                        (reference(input.verdict, finding))
                    }
                    "."
                }
            }
            details.rest open[blocking.is_empty()] {
                summary { (counted(outcome.blockers.len(), "blocker")) ", worst first" }
                ol { @for blocker in outcome.blockers.iter().take(MOST) { li { (cut(blocker, LONGEST)) } } }
                (more(outcome.blockers.len(), MOST, "blocker"))
            }
        }
    }
}

/// How the exit status that a finding asks for ranks.
fn exit_rank(input: &Told<'_>, finding: &Finding) -> Option<usize> {
    let status = blocks(input.outcome.gate, finding)?;
    let mut all = ExitStatus::WORST_FIRST.iter();
    all.position(|it| *it == status)
}

/// What nobody has said yet.
fn promises(input: &Told<'_>) -> Markup {
    let open: Vec<_> = input
        .verdict
        .matrix
        .iter()
        .filter(|row| row.standing != Standing::OutsideThisVerdict)
        .filter_map(|row| Some((row, row.said.as_ref()?)))
        .filter(|(_, said)| said.given.is_none())
        .collect();
    html! {
        @if !open.is_empty() {
            h3 { "For the provider to say" }
            ul.plain {
                @for (row, said) in open {
                    li {
                        a href={ "#clause-" (row.clause.id) } { (row.clause.id) } " "
                        strong { (said.name()) } " – " (row.clause.text)
                    }
                }
            }
        }
    }
}
