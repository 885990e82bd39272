//! What stands beside the findings: entries out of date, golden transcripts, notices.

use maud::{Markup, html};

use super::figure::{cut, more, nothing};
use super::observed::Observed;
use crate::conformance::GoldenState;
use crate::report::Told;

/// How many lines a list has.
const MOST: usize = 100;

/// Entries of a baseline and of waivers that are out of date.
pub(super) fn stale(input: &Told<'_>) -> Markup {
    let stale = &input.verdict.stale;
    html! {
        section #stale aria-labelledby="stale-heading" {
            h2 #stale-heading { "Stale entries" }
            @if stale.is_empty() {
                (nothing("No entry of a baseline or a waiver is out of date, or none was given."))
            }
            ul.plain { @for entry in stale.iter().take(MOST) { li { (cut(&entry.text(), 400)) } } }
            (more(stale.len(), MOST, "entry"))
        }
    }
}

/// How the run compared with golden transcripts.
pub(super) fn golden(input: &Told<'_>) -> Markup {
    let golden = &input.verdict.golden;
    html! {
        section #golden aria-labelledby="golden-heading" {
            h2 #golden-heading { "Golden transcripts" }
            @if golden.is_empty() { (nothing("The run was held against no golden transcript.")) }
            ul.plain {
                @for one in golden.iter().take(MOST) {
                    li {
                        strong { (cut(&one.name, 200)) } ": "
                        (match one.state {
                            GoldenState::Match => "✓ the same as the accepted transcript",
                            GoldenState::Missing => "○ no transcript was accepted yet",
                            GoldenState::Differs => "✕ differs from the accepted transcript",
                        })
                    }
                }
            }
            (more(golden.len(), MOST, "transcript"))
        }
    }
}

/// What was noticed of the runs themselves.
pub(super) fn notices(observed: &[Observed<'_>]) -> Markup {
    let notices: Vec<(&str, &String)> = observed
        .iter()
        .flat_map(|one| {
            one.run
                .notices
                .iter()
                .map(|notice| (one.name.as_str(), notice))
        })
        .collect();
    html! {
        section #notices aria-labelledby="notices-heading" {
            h2 #notices-heading { "Notices" }
            p.quiet { "What was noticed of the runs themselves. A failure by no more than twice the noise of the host is not reported as one; no rule rests on the rest." }
            @if notices.is_empty() { (nothing("Nothing was noticed.")) }
            ul.plain {
                @for (name, notice) in notices.iter().take(MOST) {
                    li { strong { (name) } ": " (cut(notice, 1_000)) }
                }
            }
            (more(notices.len(), MOST, "notice"))
        }
    }
}
