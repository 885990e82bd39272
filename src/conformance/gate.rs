//! Gates, and the exit status that says whether one is met.

use std::fmt;

use serde::Serialize;

use super::{Finding, GoldenState, Keyword, Level, OverlayKind, Verdict, check, headline};
use crate::event::End;

/// What a verdict is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gate {
    /// A regression gate: what was not exercised blocks only where a clause says *must*.
    Ci,
    /// The gate before go-live: whatever is open blocks, or is told in the headline.
    Certify,
}

impl Gate {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Ci, Self::Certify];

    /// The word used on the command line and in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ci => "ci",
            Self::Certify => "certify",
        }
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// How the process ends (`spec/judging.md`, 6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExitStatus {
    /// The gate is met.
    Met,
    /// Something blocks that does not conform.
    NonConformant,
    /// The command line or a file is wrong; nothing was sent.
    Usage,
    /// Evidence is missing or too weak.
    Incomplete,
    /// Somebody has to decide.
    ReviewPending,
    /// A baseline, a waiver or a clause is out of date.
    StaleBaseline,
    /// The target does not answer.
    Unreachable,
    /// preflight itself failed.
    HarnessFault,
    /// What was judged again is not what was judged.
    Mismatch,
    /// The user stopped it.
    Interrupted,
}

impl ExitStatus {
    /// All of them, the one that wins first. What the user stopped is told as such, and a wrong
    /// command line comes before anything can happen; the rest is in the order of the table.
    pub const WORST_FIRST: [Self; 10] = [
        Self::Usage,
        Self::Interrupted,
        Self::HarnessFault,
        Self::Unreachable,
        Self::Mismatch,
        Self::NonConformant,
        Self::StaleBaseline,
        Self::Incomplete,
        Self::ReviewPending,
        Self::Met,
    ];

    /// The number that the process ends with.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Met => 0,
            Self::NonConformant => 1,
            Self::Usage => 2,
            Self::Incomplete => 3,
            Self::ReviewPending => 4,
            Self::StaleBaseline => 5,
            Self::Unreachable => 6,
            Self::HarnessFault => 7,
            Self::Mismatch => 8,
            Self::Interrupted => 130,
        }
    }

    /// The one that wins where several apply; met where none does.
    pub fn worst(statuses: impl IntoIterator<Item = Self>) -> Self {
        let present: Vec<Self> = statuses.into_iter().collect();
        Self::WORST_FIRST
            .into_iter()
            .find(|status| present.contains(status))
            .unwrap_or(Self::Met)
    }

    /// What it means, for a summary.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Met => "gate met",
            Self::NonConformant => "non-conformant",
            Self::Usage => "usage or configuration error",
            Self::Incomplete => "incomplete evidence",
            Self::ReviewPending => "review pending",
            Self::StaleBaseline => "stale baseline",
            Self::Unreachable => "target unreachable",
            Self::HarnessFault => "harness fault",
            Self::Mismatch => "integrity or re-judgement mismatch",
            Self::Interrupted => "interrupted",
        }
    }
}

/// Whether a gate is met, and what stands in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateOutcome {
    /// The gate.
    pub gate: Gate,
    /// How the process ends.
    pub exit: ExitStatus,
    /// What blocks, in words, worst first; empty where the gate is met.
    pub blockers: Vec<String>,
}

impl GateOutcome {
    /// The same where something stands in the way beside the findings, with what it makes of the
    /// exit status.
    #[must_use]
    pub fn blocked_by(mut self, others: &[(ExitStatus, String)]) -> Self {
        for (exit, blocker) in others {
            self.blockers.push(blocker.clone());
            self.exit = ExitStatus::worst([self.exit, *exit]);
        }
        self
    }
}

/// What `verdict` means at `gate`, where `stands` says whether a finding stands in the way, and how.
pub(super) fn outcome(
    gate: Gate,
    verdict: &Verdict,
    stands: impl Fn(&Finding) -> Option<(ExitStatus, String)>,
) -> GateOutcome {
    let mut blocking: Vec<(ExitStatus, String)> = Vec::new();
    for scenario in verdict.runs.iter().flat_map(|run| &run.unfinished) {
        let what = headline::unfinished(scenario);
        blocking.push((ExitStatus::Incomplete, what));
    }
    for run in &verdict.runs {
        let Some(what) = run.cut_short() else {
            continue;
        };
        let status = match run.ended {
            Some(End::AbortedByUser) => ExitStatus::Interrupted,
            Some(End::TargetUnreachable) => ExitStatus::Unreachable,
            Some(End::HarnessFault) => ExitStatus::HarnessFault,
            Some(End::Complete | End::TimeBudget) | None => ExitStatus::Incomplete,
        };
        blocking.push((status, what.to_owned()));
    }
    blocking.extend(verdict.findings.iter().filter_map(stands));
    for stale in &verdict.stale {
        blocking.push((ExitStatus::StaleBaseline, stale.text()));
    }
    for golden in &verdict.golden {
        match golden.state {
            GoldenState::Match => {}
            GoldenState::Missing => blocking.push((
                ExitStatus::ReviewPending,
                format!("snapshot {} was never accepted", golden.name),
            )),
            GoldenState::Differs => blocking.push((
                ExitStatus::NonConformant,
                format!("snapshot {} differs", golden.name),
            )),
        }
    }
    let rank = |status: ExitStatus| ExitStatus::WORST_FIRST.iter().position(|it| *it == status);
    blocking.sort_by_key(|(status, _)| rank(*status));
    GateOutcome {
        gate,
        exit: ExitStatus::worst(blocking.iter().map(|(status, _)| *status)),
        blockers: blocking.into_iter().map(|(_, what)| what).collect(),
    }
}

/// With which status `finding` blocks `gate` (`spec/judging.md`, 6.1). Certification asks for every
/// check, whether the plan means to exercise it or not: a plan that leaves one out does not certify.
///
/// | reported | certify | ci |
/// |---|---|---|
/// | FAIL | 1 | 1 unless EXPECTED |
/// | ERROR | 7 | 7 |
/// | NOT_EXERCISED | 3 | 3 if planned and a clause says *must*, unless EXPECTED |
/// | INCONCLUSIVE | 3 | 3 if NEW |
/// | REVIEW | 4 | 4 if raw FAIL, unless EXPECTED |
/// | WARN | – | 1 if NEW |
/// | else | – | – |
///
/// What is WAIVED blocks neither gate, ERROR excepted.
#[must_use]
pub fn blocks(gate: Gate, finding: &Finding) -> Option<ExitStatus> {
    let waived = finding.is_overlaid(OverlayKind::Waived);
    let expected = gate == Gate::Ci && finding.is_overlaid(OverlayKind::Expected);
    if (waived || expected) && finding.reported != Level::Error {
        return None;
    }
    let is_new = finding.is_overlaid(OverlayKind::New);
    match (finding.reported, gate) {
        (Level::Fail, Gate::Ci | Gate::Certify) => Some(ExitStatus::NonConformant),
        (Level::Error, Gate::Ci | Gate::Certify) => Some(ExitStatus::HarnessFault),
        (Level::NotExercised | Level::Inconclusive, Gate::Certify) => Some(ExitStatus::Incomplete),
        (Level::NotExercised, Gate::Ci) => {
            let must = check(finding.check).is_some_and(|check| check.keyword() == Keyword::Must);
            (finding.planned && must).then_some(ExitStatus::Incomplete)
        }
        (Level::Review, Gate::Certify) => Some(ExitStatus::ReviewPending),
        (Level::Review, Gate::Ci) => {
            (finding.raw == Level::Fail).then_some(ExitStatus::ReviewPending)
        }
        (Level::Inconclusive, Gate::Ci) => is_new.then_some(ExitStatus::Incomplete),
        (Level::Warn, Gate::Ci) => is_new.then_some(ExitStatus::NonConformant),
        (Level::Warn, Gate::Certify)
        | (Level::Pass | Level::Info | Level::NotApplicable, Gate::Ci | Gate::Certify) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::fixture::bare;

    fn finding(check: &'static str, raw: Level, reported: Level) -> Finding {
        Finding {
            raw,
            reported,
            ..bare(check)
        }
    }

    #[test]
    fn what_blocks_which_gate() {
        use Level::{
            Error, Fail, Inconclusive, Info, NotApplicable, NotExercised, Pass, Review, Warn,
        };
        // check, raw, reported, planned, certify, ci. TK-01 is a must, BK-02 a should.
        let table = [
            ("TK-01", Pass, Pass, true, 0, 0),
            ("TK-01", Fail, Fail, true, 1, 1),
            ("TK-01", Fail, Fail, false, 1, 1),
            ("TK-01", Error, Error, true, 7, 7),
            ("TK-01", NotExercised, NotExercised, true, 3, 3),
            ("BK-02", NotExercised, NotExercised, true, 3, 0),
            ("TK-01", NotExercised, NotExercised, false, 3, 0),
            ("BK-02", NotExercised, NotExercised, false, 3, 0),
            ("TK-01", Inconclusive, Inconclusive, true, 3, 0),
            ("BK-02", Fail, Review, true, 4, 4),
            ("BK-02", Review, Review, true, 4, 0),
            ("TK-01", Warn, Warn, true, 0, 0),
            ("TK-01", Fail, Info, true, 0, 0),
            ("TK-01", NotApplicable, NotApplicable, true, 0, 0),
        ];
        for (id, raw, reported, planned, certify, ci) in table {
            for (gate, code) in [(Gate::Certify, certify), (Gate::Ci, ci)] {
                let mut finding = finding(id, raw, reported);
                finding.planned = planned;
                let status = blocks(gate, &finding);
                assert_eq!(
                    status.map_or(0, ExitStatus::code),
                    code,
                    "{id} {raw} {reported} {planned} {gate}"
                );
            }
        }
    }

    #[test]
    fn where_several_apply_the_order_of_the_table_decides() {
        // spec/judging.md, 6.2: 7, 6, 8, 1, 5, 3, 4.
        let order = [7, 6, 8, 1, 5, 3, 4, 0];
        let statuses: Vec<ExitStatus> = order
            .iter()
            .map(|code| {
                ExitStatus::WORST_FIRST
                    .into_iter()
                    .find(|status| status.code() == *code)
                    .unwrap()
            })
            .collect();
        for (index, status) in statuses.iter().enumerate() {
            let mut rest = statuses[index..].to_vec();
            rest.reverse();
            assert_eq!(ExitStatus::worst(rest), *status);
        }
        assert_eq!(ExitStatus::worst([]), ExitStatus::Met);
        assert_eq!(
            ExitStatus::worst([ExitStatus::NonConformant, ExitStatus::Interrupted]).code(),
            130
        );
    }
}
