//! Work that stands in one history is judged like the same work in two.

use std::collections::BTreeSet;
use std::time::Duration;

use super::story::{Case, cases, convicts, differences, findings};
use crate::base::{Random, Seed};
use crate::conformance::Level;
use crate::event::Subject;
use crate::history::History;

/// How long after the end of one half the other begins.
const GAP: Duration = Duration::from_mins(10);

/// Pairs of cases of one subject, each with another that is drawn, in both orders, and each with itself
/// where `itself` says so; the second of each can happen later.
fn pairs(cases: &[Case], itself: Itself) -> Vec<[&Case; 2]> {
    let mut pairs = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        let mut random = Random::from_seed(Seed(index as u64));
        let place = random.between(0, cases.len() as u64 - 1);
        let partner = &cases[usize::try_from(place).expect("there are not that many")];
        pairs.extend([[case, partner], [partner, case]]);
        match itself {
            Itself::Too => pairs.push([case, case]),
            Itself::LeftOut => {}
        }
    }
    pairs.retain(|[_, second]| !second.story().is_dated());
    pairs
}

/// Whether a case is a partner of its own.
#[derive(Clone, Copy)]
enum Itself {
    Too,
    LeftOut,
}

/// Whether `together` speaks against the subject where one of the two does, and for it where one of
/// the two does and the other says nothing. What was inconclusive may be decided by more evidence.
fn is_fold(together: Level, apart: [Level; 2]) -> bool {
    if apart.contains(&Level::Inconclusive) {
        true
    } else if apart.into_iter().any(convicts) {
        convicts(together)
    } else if apart.contains(&Level::Pass) {
        together == Level::Pass
    } else {
        !convicts(together)
    }
}

/// TK-12 asks whether what was refused was done later: both halves read the configuration of the one
/// provider, so that the second may do what the first left undone.
const DONE_BY_THE_OTHER_HALF: &str = "TK-12";

#[test]
fn two_histories_in_one_are_as_bad_as_the_worse_of_them() {
    let mut found = Vec::new();
    for subject in [Subject::Connector, Subject::Replay] {
        let cases = cases(subject);
        for [one, two] in pairs(&cases, Itself::Too) {
            let (joined, _) = one.story().then(GAP, &two.story());
            let judge = |history: &History| findings(history, &one.declaration);
            let together = judge(&joined.history());
            let two_alone = judge(&two.history);
            for (together, (one_alone, two_alone)) in
                together.iter().zip(one.alone.iter().zip(&two_alone))
            {
                if together.check != DONE_BY_THE_OTHER_HALF
                    && !is_fold(together.raw, [one_alone.raw, two_alone.raw])
                {
                    found.push(format!(
                        "{} in {} then {}: {} and {} apart, {} together: {}",
                        together.check,
                        one.name(),
                        two.name(),
                        one_alone.raw,
                        two_alone.raw,
                        together.raw,
                        together.message
                    ));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn what_was_joined_and_is_split_again_is_judged_as_before() {
    let mut found = Vec::new();
    for subject in [Subject::Connector, Subject::Replay] {
        let cases = cases(subject);
        for [one, two] in pairs(&cases, Itself::LeftOut) {
            let (joined, middle) = one.story().then(GAP, &two.story());
            let joined = joined.history();
            let (first, second): (BTreeSet<u64>, BTreeSet<u64>) = joined
                .events()
                .iter()
                .map(|event| event.sequence)
                .partition(|sequence| *sequence <= middle);
            for (half, case) in [(first, one), (second, two)] {
                let part = findings(&joined.excerpt(&half), &case.declaration);
                let differing = differences(&case.alone, &part);
                found.extend(differing.iter().map(|difference| {
                    format!(
                        "{} of {} and {}: {difference}",
                        case.name(),
                        one.name(),
                        two.name()
                    )
                }));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
