//! One row for each clause: what the verdict says of it.

use serde::Serialize;

use super::{CLAUSES, Clause, Coverage, Finding, Level, check};
use crate::event::Subject;
use crate::profile::Provenance;

/// A clause and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The clause.
    pub clause: &'static Clause,
    /// The checks of it that were judged, by id.
    pub checks: Vec<&'static str>,
    /// How it stands.
    pub standing: Standing,
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
    /// There is no check of it yet.
    NotTestedYet {
        /// Why.
        reason: &'static str,
    },
    /// A responsible person has to attest it.
    Attested {
        /// What.
        reason: &'static str,
    },
    /// The provider has to declare it.
    Declared {
        /// What.
        reason: &'static str,
    },
}

impl Standing {
    /// How it is called in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Judged { reported, .. } => reported.name(),
            Self::OutsideThisVerdict => "outside this verdict",
            Self::NotTestedYet { .. } => "not tested yet",
            Self::Attested { .. } => "to be attested",
            Self::Declared { .. } => "to be declared",
        }
    }
}

/// The rows of all clauses, in the order of the clauses.
pub(super) fn rows(subjects: &[Subject], findings: &[Finding]) -> Vec<Row> {
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
        Coverage::NotTestedYet(reason) => Standing::NotTestedYet { reason },
        Coverage::Attested(reason) => Standing::Attested { reason },
        Coverage::Declared(reason) => Standing::Declared { reason },
        Coverage::Checks => Standing::Judged {
            raw: Level::worst(judged.iter().map(|finding| finding.raw)),
            reported: Level::worst(judged.iter().map(|finding| finding.reported)),
            provenance: judged
                .iter()
                .map(|finding| finding.provenance)
                .min()
                .unwrap_or(Provenance::Assumed),
        },
    }
}
