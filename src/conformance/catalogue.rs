//! All checks.

use std::sync::LazyLock;

use super::check::{Check, FAMILIES};

/// All checks, sorted by id.
pub static CHECKS: LazyLock<Vec<&'static Check>> = LazyLock::new(|| FAMILIES.concat());

/// The check with this id.
#[must_use]
pub fn check(id: &str) -> Option<&'static Check> {
    CHECKS.iter().copied().find(|check| check.id == id)
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
    use crate::conformance::{CLAUSES, Coverage, Level, Section, clause};
    use crate::event::Subject;

    #[test]
    fn the_catalogue_is_sorted_and_each_id_has_the_letters_of_its_family() {
        assert!(CHECKS.is_sorted_by(|before, after| before.id < after.id));
        for check in CHECKS.iter() {
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
        for check in CHECKS.iter() {
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
                Coverage::Checks | Coverage::ChecksAndPromised(..) => {
                    assert!(has_checks, "{} has no check", clause.id);
                }
                Coverage::NothingAsked(_) | Coverage::Promised(..) => {
                    assert!(!has_checks, "{} has a check", clause.id);
                }
            }
            let reason = clause.coverage.reason();
            assert!(
                reason.is_none_or(|reason| reason.len() > 20),
                "{}",
                clause.id
            );
        }
        let ids: BTreeSet<&str> = CLAUSES.iter().map(|clause| clause.id).collect();
        assert_eq!(ids.len(), CLAUSES.len());
    }

    #[test]
    fn every_check_is_documented_in_all_sections_in_order() {
        for check in CHECKS.iter() {
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
                let harmless = matches!(
                    check(id).unwrap().severest,
                    Level::Info | Level::NotApplicable
                );
                let there = folder.join(id).join(name).is_file();
                assert_eq!(
                    there,
                    name == "conforming.ndjson" || !harmless,
                    "{id}/{name}"
                );
            }
        }
    }

    #[test]
    fn a_replay_is_held_to_what_it_can_show() {
        let held: Vec<_> = CHECKS
            .iter()
            .filter(|check| check.subjects.contains(&Subject::Replay))
            .map(|check| check.id)
            .collect();
        let expected = [
            "BK-01", "BK-02", "BK-15", "IX-01", "RP-01", "ST-01", "ST-02", "ST-03", "ST-13",
            "TK-01", "TK-05",
        ];
        assert_eq!(held, expected);
    }

    #[test]
    fn a_check_is_found_by_its_id() {
        assert_eq!(check("BK-02").unwrap().id, "BK-02");
        assert!(check("BK-99").is_none());
        assert!(is_known("BK-02") && !is_known("BK-99") && !is_known("bk-02"));
    }
}
