//! Each check: what is asked, what was found, why it is reported so, and the events that show it.

use maud::{Markup, html};

use super::excerpt;
use super::figure::{counted, cut, nothing};
use super::levels::{badge, key, meaning};
use super::observed::Observed;
use crate::conformance::{
    Check, Finding, Keyword, Level, Overlay, Verdict, blocks, ceiling, check, clause,
};
use crate::report::Told;

/// How long a message may be.
const LONGEST: usize = 1_000;

/// How many numbers of a check are shown.
const MOST_PARAMETERS: usize = 25;

/// Where a finding stands on the page.
pub(super) fn anchor(verdict: &Verdict, finding: &Finding) -> String {
    format!("check-{}-{}", finding.check, verdict.whose(finding)).replace(' ', "-")
}

/// A link to a finding; of whom it is, where several were judged.
pub(super) fn reference(verdict: &Verdict, finding: &Finding) -> Markup {
    html! {
        a.id href={ "#" (anchor(verdict, finding)) } {
            (finding.check) @if verdict.runs.len() > 1 { " " (verdict.whose(finding)) }
        }
    }
}

pub(super) fn section(input: &Told<'_>, observed: &[Observed<'_>]) -> Markup {
    let findings = &input.verdict.findings;
    html! {
        section #checks aria-labelledby="checks-heading" {
            h2 #checks-heading { "Checks" }
            @if findings.is_empty() { (nothing("No check judges these subjects.")) }
            @for level in Level::WORST_FIRST {
                @let of_level: Vec<&Finding> = findings.iter().filter(|it| it.reported == level).collect();
                @if !of_level.is_empty() {
                    div.level-group data-group=(key(level)) {
                        h3 { (badge(level)) " " span.quiet { (counted(of_level.len(), "check")) " – " (meaning(level)) } }
                        @for finding in of_level { (card(input, observed, finding)) }
                    }
                }
            }
        }
    }
}

fn card(input: &Told<'_>, observed: &[Observed<'_>], finding: &Finding) -> Markup {
    let known = check(finding.check);
    let keyword = known.map_or(Keyword::Optional, Check::keyword);
    let several = input.verdict.runs.len() > 1;
    let blocking = blocks(input.outcome.gate, finding).is_some();
    let open = blocking && finding.reported != Level::NotExercised;
    html! {
        details.check data-level=(key(finding.reported)) open[open] {
            summary {
                span.id { (finding.check) }
                span.title { (known.map_or("", |check| check.title)) }
                span.tags {
                    @if several { span.tag { (input.verdict.whose(finding)) } }
                    span.tag { (keyword.name()) }
                    @if finding.raw != finding.reported { span.tag { "raw " (finding.raw.name()) } }
                    @for overlay in &finding.overlays { span.tag { (overlay.kind.name()) } }
                    @if blocking { span.tag.blocks { "blocks" } }
                }
            }
            div.body #(anchor(input.verdict, finding)) { (evidence(observed, finding)) }
        }
    }
}

/// What was found, why it is reported so, what is asked, and the events that show it.
pub(super) fn evidence(observed: &[Observed<'_>], finding: &Finding) -> Markup {
    let known = check(finding.check);
    html! {
        p.message { (cut(&finding.message, LONGEST)) }
        (outcome(finding, known))
        (asked(known))
        (numbers(finding))
        @if let Some(one) = observed.get(finding.run) {
            (excerpt::witness(one, finding))
        }
    }
}

/// Why the outcome is reported as it is.
fn outcome(finding: &Finding, known: Option<&Check>) -> Markup {
    let by_provenance = known.is_some_and(|check| {
        ceiling(finding.raw, finding.provenance, check.family) == finding.reported
    });
    html! {
        dl.facts {
            dt { "Outcome" }
            dd {
                @if finding.raw == finding.reported {
                    (badge(finding.reported)) " as the rule says; it rests on what is "
                    strong { (finding.provenance.name()) } "."
                } @else {
                    "The rule alone says " (badge(finding.raw)) ", reported is " (badge(finding.reported)) ": "
                    @if by_provenance {
                        "it rests on what is only " strong { (finding.provenance.name()) }
                        ", and only what is stated can fail a provider."
                    } @else {
                        "the rule itself says no more of what it saw; it rests on what is "
                        strong { (finding.provenance.name()) } "."
                    }
                }
                @if !finding.planned { " The plan does not exercise it." }
            }
            @if let Some(flip) = &finding.would_flip {
                dt { "What would change it" } dd { "It " (cut(flip, LONGEST)) "." }
            }
            @for overlay in &finding.overlays { dt { (overlay.kind.name()) } dd { (said(overlay)) } }
        }
    }
}

fn said(overlay: &Overlay) -> Markup {
    html! {
        (cut(&overlay.reason, LONGEST))
        @if !overlay.by.is_empty() { " (" (cut(&overlay.by, 200)) ")" }
        @if let Some(last) = overlay.expires { ", until " (last) }
    }
}

/// The clauses that a check follows from.
fn asked(known: Option<&Check>) -> Markup {
    let clauses = known.map_or(&[] as &[&str], |check| check.clauses);
    html! {
        dl.facts {
            @for clause in clauses.iter().filter_map(|id| clause(id)) {
                dt { a href={ "#clause-" (clause.id) } { (clause.id) } }
                dd {
                    span.keyword { (clause.keyword.name()) } " " (clause.text)
                    " " cite { (clause.source) }
                }
            }
            @if let Some(check) = known {
                dt { "How it is judged" } dd { code { "preflight explain " (check.id) } }
            }
        }
    }
}

fn numbers(finding: &Finding) -> Markup {
    html! {
        @if !finding.parameters.is_empty() {
            details.rest {
                summary { "Numbers that were used" }
                dl.facts.numbers {
                    @for (name, value) in finding.parameters.iter().take(MOST_PARAMETERS) {
                        dt { (cut(name, 80)) } dd { (cut(value, 200)) }
                    }
                }
            }
        }
    }
}
