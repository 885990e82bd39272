//! The catalogue: clauses, checks, and which covers which.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::conformance::{CHECKS, CLAUSES, Check, Clause};
use crate::profile::Profile;

/// Each clause with its checks, for people.
#[must_use]
pub fn catalogue_text(profile: &Profile) -> String {
    let mut text = String::new();
    for clause in CLAUSES {
        writeln!(
            text,
            "{} ({})\n  {}",
            clause.id, clause.keyword, clause.text
        )
        .expect("writing to a String cannot fail");
        if let Some(reason) = clause.coverage.text() {
            writeln!(text, "  {reason}").expect("writing to a String cannot fail");
        }
        for check in of(clause) {
            let subjects: Vec<String> = check.subjects.iter().map(ToString::to_string).collect();
            writeln!(
                text,
                "  {}  {} [{}; {}; at worst {}]",
                check.id,
                check.title,
                subjects.join(", "),
                (check.provenance)(profile),
                check.severest,
            )
            .expect("writing to a String cannot fail");
        }
        text.push('\n');
    }
    let tested = CLAUSES.iter().filter(|clause| of(clause).next().is_some());
    writeln!(
        text,
        "{} clauses, {} of them tested by {} checks; the others say why not.",
        CLAUSES.len(),
        tested.count(),
        CHECKS.len()
    )
    .expect("writing to a String cannot fail");
    text
}

/// The same for machines.
#[must_use]
pub fn catalogue_json(profile: &Profile) -> String {
    let clauses: Vec<Value> = CLAUSES
        .iter()
        .map(|clause| {
            let checks: Vec<&str> = of(clause).map(|check| check.id).collect();
            let mut value = json!(clause);
            value["checks"] = json!(checks);
            value["review"] = json!(clause.review());
            value
        })
        .collect();
    let checks: Vec<Value> = CHECKS
        .iter()
        .map(|check| {
            let vantages: Vec<&str> = check.vantages.iter().map(|it| it.name()).collect();
            json!({
                "id": check.id,
                "family": check.family,
                "title": check.title,
                "clauses": check.clauses,
                "subjects": check.subjects,
                "vantages": vantages,
                "keyword": check.keyword(),
                "provenance": (check.provenance)(profile),
                "severest": check.severest,
                "statistical": check.is_statistical(),
                "flipsIf": check.flips_if,
            })
        })
        .collect();
    let catalogue = json!({"version": 1, "clauses": clauses, "checks": checks});
    format!("{catalogue:#}\n")
}

fn of(clause: &'static Clause) -> impl Iterator<Item = &'static Check> {
    CHECKS
        .iter()
        .copied()
        .filter(|check| check.clauses.contains(&clause.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_clause_and_every_check_is_in_both() {
        let profile = Profile::built_in();
        let text = catalogue_text(&profile);
        let json: Value = serde_json::from_str(&catalogue_json(&profile)).unwrap();
        assert_eq!(json["clauses"].as_array().unwrap().len(), CLAUSES.len());
        assert_eq!(json["checks"].as_array().unwrap().len(), CHECKS.len());
        for check in CHECKS.iter() {
            assert!(text.contains(&format!("  {}  ", check.id)), "{}", check.id);
        }
        for clause in CLAUSES {
            assert!(text.contains(clause.id), "{}", clause.id);
        }
    }
}
