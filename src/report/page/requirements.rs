//! The requirement matrix: clause, standing, checks; and what filters it.

use maud::{Markup, html};

use super::checks::anchor;
use super::figure::{counted, cut};
use super::levels::{NO_VERDICT, badge, key, key_of, sign, standing};
use crate::conformance::{Finding, Level, Row, Standing};
use crate::report::Told;

pub(super) fn section(input: &Told<'_>) -> Markup {
    html! {
        section #requirements aria-labelledby="requirements-heading" {
            h2 #requirements-heading { "Requirements" }
            p {
                (counted(input.verdict.matrix.len(), "clause"))
                " of the platform. A clause stands as its worst check does; only a judged one can be green."
            }
            (filters(input))
            div.scroll tabindex="0" role="region" aria-label="Requirement matrix" {
                table.matrix {
                    caption.hidden-text { "Each clause, how it stands, on what that rests, and its checks" }
                    thead { tr {
                        th scope="col" { "Clause" }
                        th scope="col" { "Standing" }
                        th scope="col" { "Raw" }
                        th scope="col" { "Rests on" }
                        th scope="col" { "Checks" }
                    } }
                    tbody { @for row in &input.verdict.matrix { (line(input, row)) } }
                }
            }
        }
    }
}

/// The filters stand there for whoever has script.
fn filters(input: &Told<'_>) -> Markup {
    let has = |level: Level| {
        let reported = |finding: &Finding| finding.reported == level;
        input.verdict.findings.iter().any(reported)
            || input
                .verdict
                .matrix
                .iter()
                .any(|row| key_of(row) == key(level))
    };
    let levels = Level::WORST_FIRST.into_iter().filter(|level| has(*level));
    html! {
        form.filters #filters hidden aria-label="Filter requirements and checks" {
            fieldset {
                legend { "Show" }
                @for level in levels {
                    label { input type="checkbox" name="level" value=(key(level)) checked; (badge(level)) }
                }
                label {
                    input type="checkbox" name="level" value=(NO_VERDICT) checked;
                    span class={ "badge level-" (NO_VERDICT) } { "no verdict" }
                }
            }
            div.search {
                label for="search" { "Search in clauses and checks" }
                input #search type="search" autocomplete="off" placeholder="BK-02, token, Retry-After";
            }
            div.buttons {
                button type="button" data-act="expand" { "Expand all" }
                button type="button" data-act="collapse" { "Collapse all" }
                button type="reset" { "Reset" }
            }
            p.shown role="status" aria-live="polite" {}
        }
    }
}

fn line(input: &Told<'_>, row: &Row) -> Markup {
    let (raw, rests_on) = match row.standing {
        Standing::Judged {
            raw, provenance, ..
        } => (Some(raw), provenance.name()),
        Standing::OutsideThisVerdict | Standing::NothingAsked { .. } | Standing::Promised => {
            (None, "")
        }
    };
    html! {
        tr #{ "clause-" (row.clause.id) } data-level=(key_of(row)) {
            th scope="row" {
                span.id { (row.clause.id) } " " span.keyword { (row.clause.keyword.name()) }
                span.clause { (row.clause.text) }
            }
            td { (standing(row)) }
            td {
                @match raw {
                    Some(raw) => (badge(raw)),
                    None => span.none { "–" },
                }
            }
            td { @if rests_on.is_empty() { span.none { "–" } } @else { (rests_on) } }
            td { (evidence(input, row)) }
        }
    }
}

/// What speaks for or against a clause.
fn evidence(input: &Told<'_>, row: &Row) -> Markup {
    let several = input.verdict.runs.len() > 1;
    let findings = input.verdict.findings.iter();
    let of_row = findings.filter(|finding| row.checks.contains(&finding.check));
    html! {
        ul.links {
            @for finding in of_row {
                li {
                    a href={ "#" (anchor(input.verdict, finding)) } title=(finding.reported.name()) {
                        span class={ "sign level-" (key(finding.reported)) } aria-hidden="true" { (sign(finding.reported)) }
                        (finding.check)
                        @if several { " " (input.verdict.whose(finding)) }
                        span.hidden-text { " " (finding.reported.name()) }
                    }
                }
            }
        }
        @if let Standing::NothingAsked { reason } = row.standing { span.said { (reason) } }
        @if let Some(said) = &row.said { span.said { (cut(&said.text(), 300)) } }
        @if row.standing == Standing::OutsideThisVerdict {
            span.said { "a history of this subject cannot show it" }
        }
    }
}
