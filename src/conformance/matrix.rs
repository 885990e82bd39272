//! One row for each clause: what the verdict says of it.

use serde::Serialize;

use super::promise::{Given, Promise};
use super::{CLAUSES, Clause, Coverage, Finding, Level, check};
use crate::event::Subject;
use crate::profile::{Declaration, Provenance};

/// A clause and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The clause.
    pub clause: &'static Clause,
    /// The checks of it that were judged, by id.
    pub checks: Vec<&'static str>,
    /// How it stands.
    pub standing: Standing,
    /// What the provider says of it, where that is asked for.
    pub said: Option<Said>,
}

/// How a clause stands. Only a judged one can be green.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Standing {
    /// Its checks were judged.
    Judged {
        /// The worst raw outcome.
        raw: Level,
        /// The worst reported outcome.
        reported: Level,
        /// The weakest of what its checks rest on.
        provenance: Provenance,
    },
    /// A history of this subject cannot show it.
    OutsideThisVerdict,
    /// It asks nothing of the provider.
    NothingAsked {
        /// What follows from it.
        reason: &'static str,
    },
    /// No check judges it: what the provider says of it is all there is.
    Promised,
}

/// What was asked of a provider, and what it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// What is to be said.
    pub promise: Promise,
    /// What was said; none where nothing was.
    pub given: Option<Given>,
}

impl Said {
    /// How it stands: `to be attested`, `attested`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.given {
            Some(_) => self.promise.kept(),
            None => self.promise.open(),
        }
    }

    /// The same in full: `attested by Jo Smith on 2026-03-02`.
    #[must_use]
    pub fn text(&self) -> String {
        match &self.given {
            Some(given) => given.text(),
            None => self.promise.open().to_owned(),
        }
    }
}

impl Row {
    /// How the clause stands, in a word or two.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match (self.standing, &self.said) {
            (Standing::Judged { reported, .. }, _) => reported.name(),
            (Standing::OutsideThisVerdict, _) => "outside this verdict",
            (Standing::NothingAsked { .. }, _) => "nothing asked",
            (Standing::Promised, Some(said)) => said.name(),
            (Standing::Promised, None) => "left open",
        }
    }
}

/// The rows of all clauses, in the order of the clauses.
pub(super) fn rows(
    subjects: &[Subject],
    findings: &[Finding],
    declarations: &[&Declaration],
) -> Vec<Row> {
    CLAUSES
        .iter()
        .map(|clause| {
            let judged: Vec<&Finding> = findings
                .iter()
                .filter(|finding| {
                    check(finding.check).is_some_and(|check| check.clauses.contains(&clause.id))
                })
                .collect();
            let mut checks: Vec<_> = judged.iter().map(|finding| finding.check).collect();
            checks.sort_unstable();
            checks.dedup();
            Row {
                clause,
                checks,
                standing: standing(clause, subjects, &judged),
                said: clause.coverage.promise().map(|promise| Said {
                    promise,
                    given: promise.given(declarations),
                }),
            }
        })
        .collect()
}

fn standing(clause: &Clause, subjects: &[Subject], judged: &[&Finding]) -> Standing {
    let covered = subjects
        .iter()
        .any(|subject| clause.concern.covers(*subject));
    if !clause.concern.is_declaration() && !covered {
        return Standing::OutsideThisVerdict;
    }
    match clause.coverage {
        Coverage::NothingAsked(reason) => Standing::NothingAsked { reason },
        Coverage::Promised(..) => Standing::Promised,
        // Its checks judge somebody else.
        Coverage::ChecksAndPromised(..) if clause.concern.is_declaration() && judged.is_empty() => {
            Standing::Promised
        }
        Coverage::Checks | Coverage::ChecksAndPromised(..) => {
            let reported = Level::worst(judged.iter().map(|finding| finding.reported));
            // A failure rests on what those rest on that fail, and not on what else was judged.
            let decisive = judged
                .iter()
                .filter(|finding| reported != Level::Fail || finding.reported == Level::Fail);
            Standing::Judged {
                raw: Level::worst(judged.iter().map(|finding| finding.raw)),
                reported,
                provenance: decisive
                    .map(|finding| finding.provenance)
                    .min()
                    .unwrap_or(Provenance::Assumed),
            }
        }
    }
}
