//! What a notification endpoint was sent, and how it answered.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::figure::{counted, cut, grouped, more, nothing, span};
use super::levels::badge;
use super::observed::Observed;
use crate::conformance::{Finding, Level, Verdict};
use crate::event::{EventKind, Expectation, ProbeRole, ProbeStart, Subject, Withheld};
use crate::history::Call;
use crate::report::Told;

/// How many probes are listed.
const MOST: usize = 250;

pub(super) fn section(input: &Told<'_>, observed: &[Observed<'_>]) -> Markup {
    let probed: Vec<&Observed<'_>> = observed
        .iter()
        .filter(|one| one.run.subject == Subject::Endpoint)
        .collect();
    html! {
        section #probes aria-labelledby="probes-heading" {
            h2 #probes-heading { "Notification probes" }
            @if probed.is_empty() {
                (nothing("No notification endpoint was judged here; preflight probe does that."))
            }
            @for one in probed {
                h3 { (one.name) }
                (endpoint(input, one))
            }
        }
    }
}

/// What an endpoint was sent.
fn endpoint(input: &Told<'_>, one: &Observed<'_>) -> Markup {
    let mut answers: BTreeMap<u64, &Call<'_>> = BTreeMap::new();
    for call in one.evidence.probes() {
        answers.insert(call.step, call);
    }
    let mut probes: Vec<&ProbeStart> = Vec::new();
    let mut withheld: BTreeMap<Withheld, usize> = BTreeMap::new();
    for event in one.history.events() {
        if let EventKind::ProbeStarted(probe) = &event.kind {
            probes.push(probe);
        } else if let EventKind::ProbeWithheld(probe) = &event.kind {
            *withheld.entry(probe.because).or_default() += 1;
        }
    }
    let of_check = |id: &str| {
        let findings = input.verdict.findings.iter();
        let mut of_run = findings.filter(|it| it.run == one.place);
        of_run.find(|it| it.check == id)
    };
    html! {
        @if probes.is_empty() {
            (nothing("The history has no probe."))
        } @else {
            (summary(&probes, &answers))
            (left_out(&withheld))
            details.rest {
                summary { "All " (counted(probes.len(), "probe")) }
                div.scroll tabindex="0" role="region" aria-label="Probes" {
                    table.events {
                        thead { tr {
                            th scope="col" { "Check" }
                            th scope="col" { "What is different" }
                            th scope="col" { "Role" }
                            th scope="col" { "Expected" }
                            th scope="col" { "Answered" }
                            th.number scope="col" { "In" }
                            th.number scope="col" { "Event" }
                        } }
                        tbody {
                            @for probe in probes.iter().take(MOST) {
                                (row(input.verdict, probe, answers.get(&probe.step).copied(), of_check(&probe.check)))
                            }
                        }
                    }
                }
                (more(probes.len(), MOST, "probe"))
            }
        }
    }
}

fn role(role: ProbeRole) -> &'static str {
    match role {
        ProbeRole::Control => "control",
        ProbeRole::Negative => "negative",
        ProbeRole::Positive => "positive",
        ProbeRole::ReadBack => "read-back",
    }
}

/// How many of each role were accepted and refused.
fn summary(probes: &[&ProbeStart], answers: &BTreeMap<u64, &Call<'_>>) -> Markup {
    let told = [
        (ProbeRole::Control, "valid notifications as controls"),
        (ProbeRole::Positive, "valid ones with a harmless difference"),
        (ProbeRole::Negative, "with one thing wrong"),
        (ProbeRole::ReadBack, "read-backs"),
    ];
    html! {
        ul.plain {
            @for (role, words) in told {
                @let of_role: Vec<&&ProbeStart> = probes.iter().filter(|probe| probe.role == role).collect();
                @if !of_role.is_empty() {
                    @let answered = |wanted: fn(u16) -> bool| of_role
                        .iter()
                        .filter_map(|probe| answers.get(&probe.step)?.status())
                        .filter(|status| wanted(*status))
                        .count();
                    li {
                        strong { (grouped(of_role.len())) } " " (words) ": "
                        (answered(|status| (200..300).contains(&status))) " accepted, "
                        (answered(|status| (400..500).contains(&status))) " refused, "
                        (of_role.len() - answered(|status| (200..300).contains(&status) || (400..500).contains(&status)))
                        " answered otherwise or not at all"
                    }
                }
            }
        }
    }
}

fn left_out(withheld: &BTreeMap<Withheld, usize>) -> Markup {
    html! {
        @if !withheld.is_empty() {
            p { "Not sent:" }
            ul.plain {
                @for (because, count) in withheld {
                    li { (counted(*count, "probe")) ": " (why(*because)) }
                }
            }
        }
    }
}

/// Why a probe was not sent.
pub(super) fn why(because: Withheld) -> &'static str {
    match because {
        Withheld::NoHeader => "the provider asks for no header of its own",
        Withheld::NoLetters => "the value of that header has no letters",
        Withheld::NoScope => "the profile names no scope",
        Withheld::NoSocket => "the endpoint was not reached over a network",
        Withheld::NoTls => "the endpoint was reached without TLS",
        Withheld::NoTestIssuer => "the endpoint does not trust the issuer that preflight plays",
        Withheld::LeftOut => "the user left it out",
    }
}

fn expected(expect: Expectation) -> &'static str {
    match expect {
        Expectation::Created => "201",
        Expectation::Accepted => "2xx",
        Expectation::AcceptedIdeally => "2xx, or a refusal",
        Expectation::Refused => "401",
        Expectation::RefusedIdeally => "401; 2xx is tolerated",
        Expectation::Challenged => "401 with a challenge",
        Expectation::RefusedOrMalformed => "400 or 401",
        Expectation::Forbidden => "403",
        Expectation::RefusedOrForbidden | Expectation::RefusedUnread => "401 or 403",
        Expectation::AcceptedOrRefused => "2xx or 401",
        Expectation::TakenOnce => "2xx or 409, one effect",
        Expectation::NothingNew => "no second effect",
        Expectation::MethodNotAllowed => "405",
        Expectation::UnsupportedMediaType => "415",
        Expectation::TooLarge => "413, 400 or a close",
        Expectation::BadRequest => "400",
        Expectation::NotServed => "not 2xx",
        Expectation::Shown => "nothing",
    }
}

fn row(
    verdict: &Verdict,
    probe: &ProbeStart,
    answer: Option<&Call<'_>>,
    finding: Option<&Finding>,
) -> Markup {
    html! {
        tr {
            th scope="row" {
                @match finding {
                    Some(finding) => {
                        (super::checks::reference(verdict, finding))
                        @if !matches!(finding.reported, Level::Pass | Level::Info) { " " (badge(finding.reported)) }
                    }
                    None => span.id { (cut(&probe.check, 20)) },
                }
            }
            td { (cut(&probe.factor, 200)) }
            td { (role(probe.role)) }
            td { (expected(probe.expect)) }
            td {
                @match answer {
                    Some(call) => @match call.status() { Some(status) => strong { (status) }, None => "no answer" },
                    None => "no exchange",
                }
            }
            td.number { @if let Some(call) = answer { (span(call.exchange.timing.total())) } }
            td.number { @if let Some(call) = answer { (call.sequence) } }
        }
    }
}
