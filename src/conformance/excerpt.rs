//! The smallest part of a history on which a check still fails.
//!
//! A witness names the events that a person looks at first. An excerpt is more: judged alone, it
//! gives the same raw outcome, and without any one of its events it does not. It is found by delta
//! debugging (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", 2002),
//! first among the events of the witness; where they do not suffice alone, among all exchanges.

use std::collections::BTreeSet;

use super::check::Check;
use super::{Evidence, Finding, Level};
use crate::event::EventKind;
use crate::history::History;
use crate::profile::{Declaration, Profile};

/// How many exchanges a history may have for the search to go beyond the witness: each question
/// judges what is left of them.
const LARGEST_SEARCHED: usize = 20_000;

/// How many questions are asked about a finding at most. What is left then is not the smallest.
const MOST_QUESTIONS: usize = 400;

/// How many events are judged for a finding at most, over all questions. A history of a thousand can be
/// asked all of them; in a larger one most questions are about a small part.
const MOST_JUDGED: usize = 500_000;

/// The largest excerpt that is worth showing: more is no explanation.
const LARGEST_SHOWN: usize = 200;

/// The sequence numbers of an excerpt of `history` on which `check` alone gives the raw FAIL of
/// `finding`; none where the finding is no FAIL, or where no part that a person could look through
/// fails alone.
#[must_use]
pub(super) fn excerpt(
    check: &Check,
    history: &History,
    profile: &Profile,
    declaration: &Declaration,
    finding: &Finding,
) -> Vec<u64> {
    if finding.raw != Level::Fail {
        return Vec::new();
    }
    let mut search = Search {
        check,
        history,
        profile,
        declaration,
        questions: 0,
        judged: 0,
    };
    let witness = &finding.witness.sequences;
    let found = if search.fails(witness) {
        search.smallest(witness.clone())
    } else {
        let exchanges = exchanges(history);
        if exchanges.len() > LARGEST_SEARCHED || !search.fails(&exchanges) {
            return Vec::new();
        }
        search.smallest(exchanges)
    };
    if found.len() > LARGEST_SHOWN {
        return Vec::new();
    }
    found
}

/// What can be left out: everything that says what happened on the wire or in a script.
fn exchanges(history: &History) -> Vec<u64> {
    let events = history.events().iter();
    events
        .filter(|event| {
            matches!(
                event.kind,
                EventKind::Exchange { .. } | EventKind::Assertion(_) | EventKind::FaultProof(_)
            )
        })
        .map(|event| event.sequence)
        .collect()
}

struct Search<'a> {
    check: &'a Check,
    history: &'a History,
    profile: &'a Profile,
    declaration: &'a Declaration,
    questions: usize,
    /// How many events were judged for them.
    judged: usize,
}

impl Search<'_> {
    /// Whether the check fails on these events alone.
    fn fails(&mut self, sequences: &[u64]) -> bool {
        self.questions += 1;
        let kept: BTreeSet<u64> = sequences.iter().copied().collect();
        let part = self.history.excerpt(&kept);
        self.judged += part.events().len();
        let evidence = Evidence::of(&part, self.profile).declared(self.declaration.clone());
        self.check.judge(&evidence, self.profile).raw == Level::Fail
    }

    /// Whether no more is asked.
    fn is_spent(&self) -> bool {
        self.questions >= MOST_QUESTIONS || self.judged >= MOST_JUDGED
    }

    /// The smallest part of `failing` that still fails, as far as the questions reach: ddmin on
    /// complements.
    fn smallest(&mut self, mut failing: Vec<u64>) -> Vec<u64> {
        let mut parts = 2;
        while failing.len() >= 2 && !self.is_spent() {
            let size = failing.len().div_ceil(parts);
            let smaller = (0..failing.len()).step_by(size).find_map(|start| {
                if self.is_spent() {
                    return None;
                }
                let end = (start + size).min(failing.len());
                let rest: Vec<u64> = failing[..start]
                    .iter()
                    .chain(&failing[end..])
                    .copied()
                    .collect();
                (!rest.is_empty() && self.fails(&rest)).then_some(rest)
            });
            match smaller {
                Some(rest) => {
                    failing = rest;
                    parts = (parts - 1).max(2);
                }
                None if size == 1 => break,
                None => parts = (parts * 2).min(failing.len()),
            }
        }
        failing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::fixture::{Kind, finding_of};
    use crate::conformance::{CHECKS, check};

    #[test]
    fn an_excerpt_fails_alone_and_none_of_its_events_can_be_spared() {
        let profile = Profile::built_in();
        let mut shown = 0;
        for check in CHECKS.iter().filter(|it| it.severest == Level::Fail) {
            let (history, declaration, finding) = finding_of(check, Kind::Breaking, &profile);
            let found = excerpt(check, &history, &profile, &declaration, &finding);
            if found.is_empty() {
                continue;
            }
            shown += 1;
            let fails = |kept: &[u64]| {
                let part = history.excerpt(&kept.iter().copied().collect());
                let evidence = Evidence::of(&part, &profile).declared(declaration.clone());
                check.judge(&evidence, &profile).raw == Level::Fail
            };
            assert!(fails(&found), "{}: {found:?}", check.id);
            for spared in &found {
                let rest: Vec<u64> = found.iter().copied().filter(|it| it != spared).collect();
                assert!(rest.is_empty() || !fails(&rest), "{}: {spared}", check.id);
            }
        }
        let failing = CHECKS
            .iter()
            .filter(|it| it.severest == Level::Fail)
            .count();
        assert!(
            shown * 10 >= failing * 9,
            "{shown} of {failing} have an excerpt"
        );
    }

    #[test]
    fn what_does_not_fail_has_no_excerpt() {
        let profile = Profile::built_in();
        let check = check("BK-02").unwrap();
        let (history, declaration, finding) = finding_of(check, Kind::Conforming, &profile);
        assert!(excerpt(check, &history, &profile, &declaration, &finding).is_empty());
    }
}
