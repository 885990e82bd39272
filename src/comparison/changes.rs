//! What became of each check.

use indexmap::IndexMap;
use serde::Serialize;

use super::figure::{Moved, moved};
use crate::conformance::{Finding, Level, Verdict, check};
use crate::event::Subject;

/// What became of the outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// It speaks more against the subject, or shows less.
    Worse,
    /// It speaks less against the subject, or shows more.
    Better,
    /// It is another one, and neither.
    Other,
    /// It was not asked before.
    New,
    /// It is not asked any more.
    Gone,
    /// It is the same.
    Same,
}

impl Change {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 6] = [
        Self::Worse,
        Self::Gone,
        Self::Better,
        Self::New,
        Self::Other,
        Self::Same,
    ];

    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Worse => "worse",
            Self::Better => "better",
            Self::Other => "other",
            Self::New => "new",
            Self::Gone => "gone",
            Self::Same => "same",
        }
    }
}

/// What a check said of one of the two runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// What the rule says.
    pub raw: Level,
    /// What may be reported.
    pub reported: Level,
    /// By how much, where that was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin: Option<String>,
    /// What was found.
    pub message: String,
}

/// A check, then and now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckChange {
    /// Its id.
    pub check: &'static str,
    /// Whom it judges.
    pub subject: Subject,
    /// What it asks for.
    pub title: &'static str,
    /// What became of it.
    pub change: Change,
    /// Whether that is a step back.
    pub worse: bool,
    /// What it said.
    pub then: Option<Outcome>,
    /// What it says.
    pub now: Option<Outcome>,
    /// The figures that are not what they were.
    pub figures: Vec<Moved>,
}

impl Outcome {
    fn of(finding: &Finding) -> Self {
        Self {
            raw: finding.raw,
            reported: finding.reported,
            margin: finding.witness.margin.clone(),
            message: finding.message.clone(),
        }
    }

    /// How bad it is: what is reported comes first, what the rule says second.
    fn weight(&self) -> (u8, u8) {
        (weight(self.reported), weight(self.raw))
    }

    /// `REVIEW`, or `REVIEW (raw FAIL)` where the rule says more.
    pub(super) fn words(&self) -> String {
        if self.raw == self.reported {
            self.reported.to_string()
        } else {
            format!("{} (raw {})", self.reported, self.raw)
        }
    }
}

/// How bad an outcome is. What says nothing against anybody weighs the same.
fn weight(level: Level) -> u8 {
    match level {
        Level::Pass | Level::Info | Level::NotApplicable => 0,
        Level::Warn => 1,
        Level::Review => 2,
        Level::Inconclusive => 3,
        Level::NotExercised => 4,
        Level::Fail => 5,
        Level::Error => 6,
    }
}

/// A check that is not asked shows as much as one that was not exercised.
const NOT_ASKED: (u8, u8) = (4, 4);

/// Every check of both verdicts, in the order of the newer one, then those that are gone.
pub(super) fn changes(then: &Verdict, now: &Verdict) -> Vec<CheckChange> {
    let mut earlier = by_place(then);
    let mut changes: Vec<CheckChange> = by_place(now)
        .into_iter()
        .map(|(place, now)| CheckChange::of(earlier.shift_remove(&place), Some(now)))
        .collect();
    changes.extend(
        earlier
            .into_values()
            .map(|then| CheckChange::of(Some(then), None)),
    );
    changes
}

/// Each finding by its check, its subject, and how many such were before it: two runs of one subject
/// are told apart by their order.
fn by_place(verdict: &Verdict) -> IndexMap<(&'static str, String, usize), &Finding> {
    let mut places = IndexMap::new();
    for finding in &verdict.findings {
        let mut place = (finding.check, finding.subject.to_string(), 0);
        while places.contains_key(&place) {
            place.2 += 1;
        }
        places.insert(place, finding);
    }
    places
}

impl CheckChange {
    /// What became of a check; one of both is there.
    fn of(then: Option<&Finding>, now: Option<&Finding>) -> Self {
        let either = now.or(then).expect("a change is made of a finding");
        let figures = match (then, now) {
            (Some(then), Some(now)) => moved(&then.parameters, &now.parameters),
            (Some(_), None) | (None, _) => Vec::new(),
        };
        let (then, now) = (then.map(Outcome::of), now.map(Outcome::of));
        let before = then.as_ref().map_or(NOT_ASKED, Outcome::weight);
        let after = now.as_ref().map_or(NOT_ASKED, Outcome::weight);
        let change = match (&then, &now) {
            (None, _) => Change::New,
            (_, None) => Change::Gone,
            (Some(_), Some(_)) if after > before => Change::Worse,
            (Some(_), Some(_)) if after < before => Change::Better,
            (Some(then), Some(now)) if (then.raw, then.reported) != (now.raw, now.reported) => {
                Change::Other
            }
            (Some(_), Some(_)) => Change::Same,
        };
        Self {
            check: either.check,
            subject: either.subject,
            title: check(either.check).map_or("", |check| check.title),
            worse: after > before,
            change,
            then,
            now,
            figures,
        }
    }

    /// `PASS → FAIL`; what is not there is said.
    pub(super) fn words(&self) -> String {
        match (&self.then, &self.now) {
            (Some(then), Some(now)) if then.words() == now.words() => now.words(),
            (Some(then), Some(now)) => format!("{} → {}", then.words(), now.words()),
            (None, now) => format!(
                "new: {}",
                now.as_ref().map(Outcome::words).unwrap_or_default()
            ),
            (Some(then), None) => format!("gone: was {}", then.words()),
        }
    }

    /// Whether the outcome is the same by another margin.
    #[must_use]
    pub fn margin_moved(&self) -> bool {
        let margin = |outcome: &Option<Outcome>| outcome.as_ref()?.margin.clone();
        self.change == Change::Same && margin(&self.then) != margin(&self.now)
    }

    /// The figures that moved so far that a person should know.
    pub fn notable(&self) -> impl Iterator<Item = &Moved> {
        self.figures.iter().filter(|figure| figure.notable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::{Ruling, Scope, judge};
    use crate::history::composer::Composer;
    use crate::profile::Profile;

    /// A verdict with one finding of such an outcome, or with none.
    fn verdict(outcome: Option<(Level, Level)>) -> Verdict {
        let profile = Profile::built_in();
        let history = Composer::replay().history();
        let mut verdict = judge(&history, &profile, &Scope::default());
        verdict.findings.clear();
        if let Some((raw, reported)) = outcome {
            let known = check("ST-02").unwrap();
            let ruling = Ruling::new(raw, "Found.");
            let mut finding = Finding::new(known, Subject::Replay, &profile, ruling);
            finding.reported = reported;
            verdict.findings.push(finding);
        }
        verdict
    }

    #[test]
    fn an_outcome_gets_better_or_worse_by_what_it_says_and_what_it_shows() {
        use Level::{Error, Fail, Inconclusive, Info, NotExercised, Pass, Review, Warn};
        let both = |level| Some((level, level));
        let table = [
            (both(Pass), both(Pass), Change::Same, false),
            (both(Pass), both(Fail), Change::Worse, true),
            (both(Fail), both(Warn), Change::Better, false),
            (both(Pass), both(NotExercised), Change::Worse, true),
            (both(Inconclusive), both(NotExercised), Change::Worse, true),
            (both(Pass), both(Info), Change::Other, false),
            (both(Fail), both(Error), Change::Worse, true),
            // What the rule says counts where what is reported is the same.
            (both(Review), Some((Fail, Review)), Change::Worse, true),
            (both(Info), Some((Fail, Info)), Change::Worse, true),
            (Some((Fail, Info)), both(Pass), Change::Better, false),
            (None, both(Pass), Change::New, false),
            (None, both(NotExercised), Change::New, false),
            (None, both(Fail), Change::New, true),
            (both(Pass), None, Change::Gone, true),
            (both(Fail), None, Change::Gone, false),
        ];
        for (then, now, change, worse) in table {
            let found = changes(&verdict(then), &verdict(now));
            let [found] = found.as_slice() else {
                panic!("one check has one change");
            };
            assert_eq!(
                (found.change, found.worse),
                (change, worse),
                "{then:?} {now:?}"
            );
        }
    }

    #[test]
    fn two_runs_of_one_subject_are_told_apart_by_their_order() {
        let mut then = verdict(Some((Level::Pass, Level::Pass)));
        then.findings.push(then.findings[0].clone());
        let mut now = then.clone();
        now.findings[1].raw = Level::Fail;
        now.findings[1].reported = Level::Fail;
        let changes: Vec<Change> = changes(&then, &now).iter().map(|it| it.change).collect();
        assert_eq!(changes, [Change::Same, Change::Worse]);
    }
}
