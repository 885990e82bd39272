//! `preflight explain`: a check, a clause or a rule of `lint` in full.

use std::fmt::Write as _;

use crate::cli::failure::CommandFailure;
use crate::cli::printer::Printer;
use crate::conformance::{CHECKS, CLAUSES, Check, Clause, ExitStatus, check, clause};
use crate::lint::Rule;
use crate::profile::Profile;

/// Prints what each of `ids` means; small letters will do.
///
/// # Errors
/// If one of them is nothing of the kind; then nothing is printed.
pub fn explain(ids: &[String], printer: Printer) -> Result<ExitStatus, CommandFailure> {
    let profile = Profile::built_in();
    let texts = ids
        .iter()
        .map(|typed| {
            let id = typed.to_ascii_uppercase();
            let found = check(&id)
                .map(|check| of_check(check, &profile))
                .or_else(|| clause(&id).map(of_clause))
                .or_else(|| Rule::of(&id).map(of_rule));
            found.ok_or_else(|| unknown(typed))
        })
        .collect::<Result<Vec<String>, CommandFailure>>()?;
    printer.data(&texts.join("\n"));
    Ok(ExitStatus::Met)
}

fn of_check(check: &Check, profile: &Profile) -> String {
    let subjects: Vec<String> = check.subjects.iter().map(ToString::to_string).collect();
    let vantages: Vec<&str> = check.vantages.iter().map(|it| it.name()).collect();
    let provenance = (check.provenance)(profile);
    format!(
        "# {}: {}\n\n{}\n\
         Clauses: {}\n\
         Judges: {} (observed from: {})\n\
         Worst raw outcome: {}; rests on what is {provenance} in the built-in profile. Becomes FAIL \
         if {}.\n",
        check.id,
        check.title,
        demoted(&check.prose()),
        check.clauses.join(", "),
        subjects.join(", "),
        vantages.join(", "),
        check.severest,
        check.flips_if,
    )
}

/// The headings of `prose` one level down: the check's own is above them.
fn demoted(prose: &str) -> String {
    let mut text = String::new();
    for line in prose.lines() {
        if line.starts_with("# ") {
            text.push('#');
        }
        text.push_str(line);
        text.push('\n');
    }
    text
}

fn of_clause(clause: &Clause) -> String {
    let mut text = format!(
        "# {} ({})\n\n{}\n\nSource: {}\n",
        clause.id, clause.keyword, clause.text, clause.source
    );
    let review = clause.review();
    writeln!(text, "Held against it on {} by {}.", review.on, review.by)
        .expect("writing to a String cannot fail");
    if let Some(covered) = clause.coverage.text() {
        writeln!(text, "Beside checks, or in their place: {covered}")
            .expect("writing to a String cannot fail");
    }
    for check in CHECKS.iter().filter(|it| it.clauses.contains(&clause.id)) {
        writeln!(text, "{}  {}", check.id, check.title).expect("writing to a String cannot fail");
    }
    text
}

fn of_rule(rule: Rule) -> String {
    format!(
        "# {rule}: {}\n\n`preflight lint` says {} where a file holds one. Remedy: {}.\n",
        rule.title(),
        rule.severity().name(),
        rule.remedy(),
    )
}

/// Names what was meant, as far as that can be guessed.
fn unknown(typed: &str) -> CommandFailure {
    let ids = CHECKS
        .iter()
        .map(|check| check.id)
        .chain(CLAUSES.iter().map(|clause| clause.id))
        .chain(Rule::ALL.iter().map(|rule| rule.id()));
    let family = typed.to_ascii_uppercase();
    let family = family.split('-').next().unwrap_or_default();
    let alike: Vec<&str> = ids
        .filter(|id| !family.is_empty() && id.starts_with(family))
        .collect();
    CommandFailure::Usage {
        message: format!("there is neither a check, a clause nor a rule of lint «{typed}»"),
        remedy: if alike.is_empty() {
            "`preflight catalogue` names them all".into()
        } else {
            format!("use one of {}", alike.join(", "))
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_and_every_clause_is_explained() {
        let profile = Profile::built_in();
        for check in CHECKS.iter() {
            let text = of_check(check, &profile);
            assert!(text.contains("## How it is judged"), "{}", check.id);
            assert!(text.contains(check.title), "{}", check.id);
        }
        for rule in Rule::ALL {
            let text = of_rule(rule);
            assert!(
                text.contains(rule.title()) && text.contains(rule.remedy()),
                "{rule}"
            );
        }
        for clause in CLAUSES {
            assert!(of_clause(clause).contains(clause.text), "{}", clause.id);
        }
    }

    #[test]
    fn what_is_not_known_is_guessed_by_its_family() {
        let CommandFailure::Usage { remedy, .. } = unknown("bk-99") else {
            panic!("it is the user's mistake");
        };
        assert!(remedy.starts_with("use one of BK-01, "), "{remedy}");
        let CommandFailure::Usage { remedy, .. } = unknown("?") else {
            panic!("it is the user's mistake");
        };
        assert_eq!(remedy, "`preflight catalogue` names them all");
    }
}
