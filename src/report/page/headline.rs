//! What the verdict is, of whom, and on what it rests.

use maud::{Markup, html};

use super::figure::{counted, cut, grouped, moment, span};
use super::levels::{badge, meaning};
use super::observed::Observed;
use crate::conformance::{ExitStatus, Readiness};
use crate::event::{Subject, Target};
use crate::exchange::between;
use crate::profile::Provenance;
use crate::report::Told;

/// How long a text of somebody else's may be here.
const LONGEST: usize = 200;

/// How many characters of the headline stand there before the rest is folded.
const HEADLINE: usize = 420;

/// The state in a few words, and its class.
pub(super) fn state(readiness: Readiness) -> (&'static str, &'static str) {
    match readiness {
        Readiness::Ready => ("Ready", "ready"),
        Readiness::SubjectToAssessment => ("Ready, subject to assessment", "open"),
        Readiness::NotReady => ("Not ready", "not-ready"),
    }
}

/// Who was judged.
pub(super) fn subjects(observed: &[Observed<'_>]) -> String {
    let subjects: Vec<&str> = observed.iter().map(|one| one.name.as_str()).collect();
    subjects.join(" and ")
}

pub(super) fn section(input: &Told<'_>, observed: &[Observed<'_>]) -> Markup {
    let (words, class) = state(input.verdict.headline.readiness);
    let sign = match input.verdict.headline.readiness {
        Readiness::Ready => "✓",
        Readiness::SubjectToAssessment => "◆",
        Readiness::NotReady => "✕",
    };
    html! {
        section.verdict #verdict aria-labelledby="verdict-heading" {
            p.eyebrow { "Conformance report · Payments Out Service Provider API" }
            h1 #verdict-heading { (subjects(observed)) @if let Some(who) = provider(observed) { " of " (who) } }
            div class={ "outcome outcome-" (class) } {
                p.state { span.sign aria-hidden="true" { (sign) } (words) }
                p.gate {
                    "Gate " strong { (input.outcome.gate.name()) } ": "
                    (input.outcome.exit.meaning()) " · exit " (input.outcome.exit.code())
                    @if input.outcome.exit != ExitStatus::Met {
                        " · " a href="#decide" { (counted(input.outcome.blockers.len(), "blocker")) }
                    }
                }
            }
            (told(&input.verdict.headline.text))
            (counts(input))
            (facts(input, observed))
            (rests_on(input))
        }
    }
}

fn told(text: &str) -> Markup {
    html! {
        @if text.chars().count() <= HEADLINE {
            p.told { (text) }
        } @else {
            p.told { (cut(text, HEADLINE)) }
            details.rest { summary { "The headline in full" } p { (cut(text, 20_000)) } }
        }
    }
}

fn provider(observed: &[Observed<'_>]) -> Option<String> {
    let mut declared = observed.iter().map(Observed::declaration);
    let who = declared.find_map(|declaration| declaration.provider.as_deref())?;
    Some(cut(who, LONGEST).into_owned())
}

fn counts(input: &Told<'_>) -> Markup {
    let counts = input.verdict.counts();
    html! {
        h2.small #counts { (counted(input.verdict.findings.len(), "check")) }
        ul.counts aria-labelledby="counts" {
            @for (level, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
                li {
                    span.number { (grouped(count)) } (badge(level))
                    span.meaning { (meaning(level)) }
                }
            }
        }
    }
}

fn facts(input: &Told<'_>, observed: &[Observed<'_>]) -> Markup {
    let profile = &input.verdict.profile;
    html! {
        h2.small { "What was judged" }
        div.facts-of-runs {
            @for one in observed { (run(one)) }
            dl.facts {
                dt { "Profile" }
                dd { (cut(&profile.name, LONGEST)) " " code.digest { (profile.sha256) } }
                dt { "Differs from the built-in profile in" }
                dd {
                    @if profile.overridden.is_empty() { "nothing" } @else {
                        (cut(&profile.overridden.join(", "), 2_000))
                    }
                }
                dt { "Run under the same profile" }
                dd { @if profile.same_as_run { "yes" } @else { strong { "no" } } }
                dt { "preflight" }
                dd { (cut(&input.verdict.harness, LONGEST)) }
            }
        }
    }
}

fn run(one: &Observed<'_>) -> Markup {
    let start = one.history.start();
    let target = match (one.run.target, one.run.subject) {
        (_, Subject::Endpoint) => "the provider's endpoint",
        (Target::Sandbox, Subject::Replay | Subject::Connector) => "the sandbox",
        (Target::Mock, Subject::Replay | Subject::Connector) => "the mock of the platform",
    };
    let took = between(one.began(), one.ended());
    let ended = match one.run.cut_short() {
        None => "complete".to_owned(),
        Some(why) => format!("cut short: {why}"),
    };
    let product = one.declaration().product.as_ref();
    html! {
        dl.facts {
            dt { "Subject" } dd { strong { (one.name) } }
            @if let Some(product) = product {
                dt { "Software" }
                dd {
                    (cut(&product.name, LONGEST)) " " (cut(&product.version, LONGEST))
                    @if let Some(digest) = &product.digest { " " code.digest { (cut(digest, LONGEST)) } }
                }
            }
            dt { "Target" } dd { (target) }
            dt { "Plan" }
            dd {
                (cut(&start.plan, LONGEST))
                @if !start.collections.is_empty() {
                    ": " (cut(&start.collections.join(", "), LONGEST))
                }
            }
            dt { "Began" } dd { (moment(one.began())) " (" (cut(&start.time, 20)) " time)" }
            dt { "Took" } dd { (span(took)) }
            dt { "Ended" }
            dd {
                @if one.run.cut_short().is_some() { strong { (ended) } } @else { (ended) }
                @if !one.run.unfinished.is_empty() {
                    ", " strong { (counted(one.run.unfinished.len(), "scenario")) " not completed" }
                }
            }
            dt { "History" }
            dd {
                (counted(one.run.events, "event")) ", head " code.digest { (one.run.history_head) }
                @if one.run.torn { ", " strong { "its last line cut" } }
            }
            dt { "Seed" } dd { code { (start.seed.0) } }
            @if !start.mock_defects.is_empty() {
                dt { "The mock misbehaved on purpose" }
                dd { (cut(&start.mock_defects.join(", "), LONGEST)) }
            }
            @if start.insecure {
                dt { "TLS" } dd { strong { "any certificate was accepted" } }
            }
        }
    }
}

fn rests_on(input: &Told<'_>) -> Markup {
    let findings = &input.verdict.findings;
    let count = |provenance: Provenance| {
        let those = findings.iter();
        those.filter(|it| it.provenance == provenance).count()
    };
    html! {
        h2.small { "On what the checks rest" }
        ul.rests {
            @for provenance in Provenance::ALL.into_iter().rev() {
                li {
                    strong { (count(provenance)) " " (provenance.name()) } " – "
                    (match provenance {
                        Provenance::Stated => {
                            "a page of the platform or a written agreement says so; only this can fail a provider"
                        }
                        Provenance::Inferred => {
                            "it follows from what a page says; a violation is put to a person"
                        }
                        Provenance::Assumed => {
                            "nothing public says so; a violation is at most put to a person"
                        }
                    })
                }
            }
        }
    }
}
