use super::{Matrix, Row, Trial, Wholeness, Workshop, try_all};
use crate::base::Seed;
use crate::conformance::{CHECKS, Finding};
use crate::specimen::GALLERY;

fn trials() -> Vec<Trial> {
    let workshop = Workshop::default();
    GALLERY
        .iter()
        .flat_map(|specimens| specimens.iter())
        .map(|specimen| Trial::of(specimen, &workshop).unwrap())
        .collect()
}

/// How many seeds: `.ci/run` tries twenty with the optimised program, which is ten times as fast.
const SEEDS: u64 = 1;

#[test]
fn every_broken_specimen_is_convicted_and_every_conforming_one_acquitted() {
    let matrix = Matrix::of(try_all(&trials(), SEEDS).unwrap(), Wholeness::Whole);
    assert!(matrix.is_green(), "{}", matrix.text());
}

#[test]
fn a_check_that_is_gone_turns_the_matrix_red() {
    let seed = Seed(1);
    let found: Vec<(Trial, Vec<Finding>)> = trials()
        .into_iter()
        .map(|trial| {
            let findings = trial.findings(seed).unwrap();
            (trial, findings)
        })
        .collect();
    for check in CHECKS.iter().filter(|check| Matrix::needs_specimen(check)) {
        let rows = found.iter().map(|(trial, findings)| {
            let mut row = Row::new(trial.specimen);
            let others: Vec<Finding> = findings
                .iter()
                .filter(|finding| finding.check != check.id)
                .cloned()
                .collect();
            row.count(seed, &others);
            row
        });
        let matrix = Matrix::of(rows.collect(), Wholeness::Whole);
        assert!(!matrix.is_green(), "nothing notices without {}", check.id);
    }
}

#[test]
fn the_same_seed_gives_the_same_findings() {
    for trial in trials().iter().take(2) {
        assert_eq!(
            trial.findings(Seed(7)).unwrap(),
            trial.findings(Seed(7)).unwrap()
        );
    }
}

#[test]
fn what_trials_share_changes_nothing_of_what_is_recorded() {
    let seed = Seed(3);
    let of = |workshop: &Workshop, place: usize| {
        let specimens = GALLERY.iter().flat_map(|specimens| specimens.iter());
        let specimen = specimens.clone().nth(place).unwrap();
        Trial::of(specimen, workshop)
            .unwrap()
            .history(seed)
            .unwrap()
    };
    let shared = Workshop::default();
    let count = GALLERY.iter().map(|specimens| specimens.len()).sum();
    for place in (0..count).step_by(9) {
        assert_eq!(of(&shared, place), of(&Workshop::default(), place));
    }
}
