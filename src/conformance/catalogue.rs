//! All checks.

use super::check::{Check, backoff, interaction_id, replay, status_flow, token};

/// All checks, sorted by id.
pub const CHECKS: &[Check] = &[
    backoff::faults_delivered::CHECK,
    backoff::hint_obeyed::CHECK,
    backoff::agreed_rate::CHECK,
    interaction_id::fresh::CHECK,
    replay::assertions::CHECK,
    status_flow::first_state::CHECK,
    status_flow::allowed_step::CHECK,
    status_flow::final_state::CHECK,
    status_flow::read_your_writes::CHECK,
    token::reuse::CHECK,
    token::expiry::CHECK,
];

/// The check with this id.
#[must_use]
pub fn check(id: &str) -> Option<&'static Check> {
    CHECKS.iter().find(|check| check.id == id)
}

/// Whether there is a check with this id.
#[must_use]
pub fn is_known(id: &str) -> bool {
    check(id).is_some()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::conformance::{CLAUSES, Coverage, Section, clause};
    use crate::event::Subject;

    #[test]
    fn the_catalogue_is_sorted_and_each_id_has_the_letters_of_its_family() {
        assert!(CHECKS.is_sorted_by(|before, after| before.id < after.id));
        for check in CHECKS {
            let (letters, number) = check.id.split_once('-').unwrap();
            assert_eq!(letters, check.family.letters());
            assert!(
                number.len() == 2 && number.parse::<u8>().is_ok(),
                "{}",
                check.id
            );
            assert!(!check.title.ends_with('.') && !check.subjects.is_empty());
        }
    }

    #[test]
    fn every_check_has_a_clause_and_only_clauses_that_there_are() {
        for check in CHECKS {
            assert!(!check.clauses.is_empty(), "{}", check.id);
            for id in check.clauses {
                let clause = clause(id).unwrap_or_else(|| panic!("{id} of {}", check.id));
                for subject in check.subjects {
                    assert!(clause.concern.covers(*subject), "{} {id}", check.id);
                }
            }
        }
    }

    #[test]
    fn every_clause_has_checks_or_says_why_it_has_none() {
        for clause in CLAUSES {
            let has_checks = CHECKS
                .iter()
                .any(|check| check.clauses.contains(&clause.id));
            match clause.coverage {
                Coverage::Checks => assert!(has_checks, "{} has no check", clause.id),
                Coverage::NotTestedYet(reason)
                | Coverage::Attested(reason)
                | Coverage::Declared(reason) => {
                    assert!(!has_checks, "{} has a check", clause.id);
                    assert!(reason.len() > 20, "{}", clause.id);
                }
            }
        }
        let ids: BTreeSet<&str> = CLAUSES.iter().map(|clause| clause.id).collect();
        assert_eq!(ids.len(), CLAUSES.len());
    }

    #[test]
    fn every_check_is_documented_in_all_sections_in_order() {
        for check in CHECKS {
            let prose = check.prose();
            assert!(
                !prose.starts_with('#'),
                "{} begins with a sentence",
                check.id
            );
            let headings: Vec<&str> = prose
                .lines()
                .filter_map(|line| line.strip_prefix("# "))
                .collect();
            assert_eq!(headings, Section::ALL.map(Section::heading), "{}", check.id);
            let bodies = prose.split("\n# ").skip(1);
            for body in bodies {
                assert!(body.lines().skip(2).any(|line| !line.is_empty()), "{body}");
            }
        }
    }

    #[test]
    fn every_check_has_a_conforming_and_a_breaking_history() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/check");
        let mut there: Vec<String> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        there.sort();
        let ids: Vec<&str> = CHECKS.iter().map(|check| check.id).collect();
        assert_eq!(there, ids, "one folder for each check, and no other");
        for id in ids {
            for name in ["conforming.ndjson", "breaking.ndjson"] {
                assert!(folder.join(id).join(name).is_file(), "{id}/{name}");
            }
        }
    }

    #[test]
    fn a_replay_is_held_to_every_check() {
        assert!(
            CHECKS
                .iter()
                .all(|check| check.subjects.contains(&Subject::Replay))
        );
    }

    #[test]
    fn a_check_is_found_by_its_id() {
        assert_eq!(check("BK-02").unwrap().id, "BK-02");
        assert!(check("BK-99").is_none());
        assert!(is_known("BK-02") && !is_known("BK-99") && !is_known("bk-02"));
    }
}
