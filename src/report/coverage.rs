//! Which requirement is covered by which check with which outcome: a row for each pair.

use super::Told;
use super::csv::row;
use crate::conformance::{Finding, Row, check};

const COLUMNS: [&str; 14] = [
    "clause",
    "keyword",
    "requirement",
    "source",
    "covered by",
    "standing",
    "check",
    "title",
    "subject",
    "outcome",
    "raw",
    "rests on",
    "planned",
    "overlays",
];

/// The table. A clause that no check judged has a row too, with the last columns empty.
#[must_use]
pub fn coverage_csv(told: Told<'_>) -> String {
    let mut table = String::new();
    row(&mut table, COLUMNS);
    for clause in &told.verdict.matrix {
        let judged: Vec<&Finding> = told
            .verdict
            .findings
            .iter()
            .filter(|finding| {
                check(finding.check).is_some_and(|it| it.clauses.contains(&clause.clause.id))
            })
            .collect();
        if judged.is_empty() {
            row(&mut table, beginning(clause).into_iter().chain([""; 8]));
        }
        for finding in judged {
            write(&mut table, clause, finding);
        }
    }
    table
}

fn beginning(row: &Row) -> [&str; 6] {
    let clause = row.clause;
    [
        clause.id,
        clause.keyword.name(),
        clause.text,
        clause.source,
        clause.coverage.name(),
        row.name(),
    ]
}

fn write(table: &mut String, clause: &Row, finding: &Finding) {
    let subject = finding.subject.to_string();
    let overlays = finding.overlays.iter().map(|overlay| overlay.kind.name());
    let overlays = overlays.collect::<Vec<_>>().join(" ");
    let of_check = [
        finding.check,
        check(finding.check).map_or("", |check| check.title),
        &subject,
        finding.reported.name(),
        finding.raw.name(),
        finding.provenance.name(),
        if finding.planned { "yes" } else { "no" },
        &overlays,
    ];
    row(table, beginning(clause).into_iter().chain(of_check));
}
