//! What has nothing to do with the work of a subject does not change what is found in it: calls of
//! other services, the product's calls for others, remarks.

use super::story::{cases, differences, findings};
use crate::base::{Random, Seed};
use crate::event::Subject;

/// How many mixtures are tried of each history.
const MIXTURES: usize = 2;

#[test]
fn what_is_unrelated_changes_no_outcome_and_no_witness() {
    let mut found = Vec::new();
    for subject in Subject::ALL {
        for (index, case) in cases(subject).iter().enumerate() {
            let mut random = Random::from_seed(Seed(index as u64));
            for _ in 0..MIXTURES {
                let (mixed, before) = case.story().among_strangers(&mut random);
                let mixed = findings(&mixed.history(), &case.declaration);
                let differing = differences(&case.alone, &mixed);
                found.extend(differing.iter().map(|it| format!("{}: {it}", case.name())));
                for (alone, mixed) in case.alone.iter().zip(&mixed) {
                    let numbers = mixed.witness.sequences.iter();
                    let numbers: Vec<u64> = numbers
                        .map(|number| before.get(number).copied().unwrap_or_default())
                        .collect();
                    if numbers != alone.witness.sequences {
                        found.push(format!(
                            "{}: {} shows {:?} alone and {numbers:?} among strangers",
                            case.name(),
                            alone.check,
                            alone.witness.sequences
                        ));
                    }
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
