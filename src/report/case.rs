//! What a verdict comes to as cases of a test: what JUnit and CTRF have in common. Each case has one
//! status, whatever the form:
//!
//! | reported | status |
//! |---|---|
//! | PASS | passed |
//! | ERROR | error |
//! | FAIL, REVIEW, NOT_EXERCISED, INCONCLUSIVE, WARN where they block the gate | failed |
//! | NOT_EXERCISED where it does not; NOT_APPLICABLE | skipped |
//! | the others where they do not; INFO | told |

use crate::conformance::{
    Family, Finding, Gate, GoldenState, JudgedRun, Level, Stale, Verdict, blocks, check,
};

/// What became of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// It holds.
    Passed,
    /// It blocks.
    Failed {
        /// The outcome, or the kind of what is wrong.
        kind: String,
        /// In words.
        message: String,
    },
    /// The harness or the run is at fault.
    Error {
        /// In words.
        message: String,
    },
    /// There was nothing to judge.
    Skipped {
        /// In words, the outcome first.
        message: String,
    },
    /// Something has to be said, and nothing blocks.
    Told {
        /// In words, the outcome first.
        message: String,
    },
}

/// A case.
#[derive(Clone, Debug)]
pub(super) struct Case<'v> {
    /// How it is called.
    pub(super) name: String,
    /// What it tells; none where it tells of the run and of what stands beside the findings.
    pub(super) finding: Option<&'v Finding>,
    /// What became of it.
    pub(super) status: Status,
}

/// Cases that belong together.
#[derive(Clone, Debug)]
pub(super) struct Suite<'v> {
    /// The letters of a family, or what else the cases are about.
    pub(super) name: &'static str,
    /// Its cases.
    pub(super) cases: Vec<Case<'v>>,
}

/// All cases of `verdict` at `gate`.
pub(super) fn suites(verdict: &Verdict, gate: Gate) -> Vec<Suite<'_>> {
    let mut suites: Vec<Suite<'_>> = Vec::new();
    for family in Family::ALL {
        let cases: Vec<Case<'_>> = verdict
            .findings
            .iter()
            .filter(|finding| check(finding.check).is_some_and(|check| check.family == family))
            .map(|finding| case(finding, gate))
            .collect();
        if !cases.is_empty() {
            suites.push(Suite {
                name: family.letters(),
                cases,
            });
        }
    }
    if !verdict.golden.is_empty() {
        suites.push(Suite {
            name: "snapshots",
            cases: golden(verdict),
        });
    }
    if !verdict.stale.is_empty() {
        suites.push(Suite {
            name: "baseline",
            cases: verdict.stale.iter().map(stale).collect(),
        });
    }
    suites.push(Suite {
        name: "run",
        cases: verdict.runs.iter().map(run).collect(),
    });
    suites
}

/// What a finding says, with its margin.
pub(super) fn message(finding: &Finding) -> String {
    match &finding.witness.margin {
        Some(margin) => format!("{} [{margin}]", finding.message),
        None => finding.message.clone(),
    }
}

/// A check by its id and title.
pub(super) fn title(finding: &Finding) -> String {
    let title = check(finding.check).map_or("", |check| check.title);
    format!("{} {title}", finding.check)
}

fn case(finding: &Finding, gate: Gate) -> Case<'_> {
    let message = message(finding);
    let blocking = blocks(gate, finding).is_some();
    let status = match finding.reported {
        Level::Pass => Status::Passed,
        Level::Error => Status::Error { message },
        Level::Fail | Level::Review | Level::NotExercised | Level::Inconclusive | Level::Warn
            if blocking =>
        {
            Status::Failed {
                kind: finding.reported.to_string(),
                message,
            }
        }
        Level::NotExercised | Level::NotApplicable => Status::Skipped {
            message: format!("{}: {message}", finding.reported),
        },
        // A failure that does not block is expected or waived.
        Level::Fail | Level::Review | Level::Inconclusive | Level::Warn | Level::Info => {
            Status::Told {
                message: format!("{}: {message}", finding.reported),
            }
        }
    };
    Case {
        name: title(finding),
        finding: Some(finding),
        status,
    }
}

fn stale(stale: &Stale) -> Case<'static> {
    Case {
        name: stale.text(),
        finding: None,
        status: Status::Failed {
            kind: "STALE".to_owned(),
            message: format!("the entry in the {} is out of date", stale.list),
        },
    }
}

fn golden(verdict: &Verdict) -> Vec<Case<'_>> {
    let failed = |kind: &str, message: &str| Status::Failed {
        kind: kind.to_owned(),
        message: message.to_owned(),
    };
    verdict
        .golden
        .iter()
        .map(|golden| Case {
            name: format!("snapshot {}", golden.name),
            finding: None,
            status: match golden.state {
                GoldenState::Match => Status::Passed,
                GoldenState::Missing => failed("Missing", "no transcript was accepted yet"),
                GoldenState::Differs => {
                    failed("Differs", "the run differs from the accepted transcript")
                }
            },
        })
        .collect()
}

fn run(run: &JudgedRun) -> Case<'_> {
    let unfinished = (!run.unfinished.is_empty())
        .then(|| format!("not completed: {}", run.unfinished.join(", ")));
    let message = run.cut_short().map(str::to_owned).or(unfinished);
    Case {
        name: format!("the run is complete: {}", run.subject),
        finding: None,
        status: match message {
            Some(message) => Status::Error { message },
            None if run.notices.is_empty() => Status::Passed,
            None => Status::Told {
                message: run.notices.join("\n"),
            },
        },
    }
}
