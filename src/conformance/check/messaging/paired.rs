//! An answer is sent at the operation that is the pair of the question's.
//!
//! # What is required
//!
//! | the product asks at | the provider answers at |
//! |---|---|
//! | `debtoraccountputs` | `debtoraccountputs` |
//! | `debtoraccountlistqueries` | `debtoraccountlistqueryresponses` |
//! | `debtoraccountdeletes` | `debtoraccountdeletes` |
//! | `creditorputs` | `creditorputs` |
//! | `creditorlistqueries` | `creditorlistqueryresponses` |
//! | `creditordeletes` | `creditordeletes` |
//!
//! # Why
//!
//! The platform routes a message by its operation. A list query that is answered with a put is to the
//! product a vendor that appeared by itself, and its query stays open.
//!
//! # How it is judged
//!
//! FAIL for a message to an operation that provider messaging does not have, and for a question that
//! stays open while a message about the same kind of thing (creditor or debtor account) and the same
//! subscription follows that answers nothing else. Reported as REVIEW: the pairs follow from two
//! lists of operations. NOT_APPLICABLE where the history does not show the product; NOT_EXERCISED
//! where no question was answered.
//!
//! # An example that conforms
//!
//! `creditorlistqueries` is answered by `POST …/creditorlistqueryresponses`.
//!
//! # Sources
//!
//! `/payments-out/guides/provider/understand-provider-messaging-webhooks` (the operations).

use super::conversation::Conversation;
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::{Profile, Provenance};

/// MG-02.
pub const CHECK: Check = Check {
    id: "MG-02",
    family: Family::Messaging,
    title: "An answer is sent at the operation that is the pair of the question's",
    clauses: &["PO-MESSAGES"],
    subjects: &[Subject::Connector],
    // It compares what was said, not when.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Inferred,
    severest: Level::Fail,
    flips_if: "the platform confirms which operation answers which",
    source: include_str!("paired.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let conversation = Conversation::of(evidence, profile);
    let mut violations = Vec::new();
    for question in conversation.open(profile) {
        if let Some(statement) = conversation.mistaken(question) {
            violations.push((
                format!(
                    "a question at {} is answered at {}, not at {}",
                    question.name, statement.name, question.expects
                ),
                Witness::of([question.asked.place(), statement.call.place()]),
            ));
        }
    }
    for statement in conversation.beside.iter().filter(|it| !it.is_known()) {
        violations.push((
            format!("provider messaging has no operation {}", statement.name),
            Witness::of([statement.call.place()]),
        ));
    }
    let answered = conversation
        .questions
        .iter()
        .filter(|it| it.answer.is_some());
    let answered = answered.count();
    let rest = violations.len().saturating_sub(1);
    match violations.into_iter().next() {
        Some((message, witness)) => {
            Ruling::new(Level::Fail, format!("{message}{}.", and_more(rest))).shown_by(witness)
        }
        None if evidence.product_calls().is_empty() => Ruling::new(
            Level::NotApplicable,
            "The history does not show what the product asked.",
        ),
        None if answered == 0 => Ruling::new(Level::NotExercised, "No question was answered."),
        None => Ruling::new(
            Level::Pass,
            format!("{} at the right operation.", counted(answered, "answer")),
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::conformance::check::messaging::fixture::{ask, say};
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;

    #[test]
    fn news_of_something_else_is_no_answer() {
        // asked, said, level
        let table = [
            (
                "creditorlistqueries",
                "creditorlistqueryresponses",
                Level::Pass,
            ),
            ("creditorlistqueries", "creditorputs", Level::Fail),
            ("creditorlistqueries", "creditorlistqueries", Level::Fail),
            (
                "creditorlistqueries",
                "debtoraccountputs",
                Level::NotExercised,
            ),
            ("creditorlistqueries", "notifications", Level::NotExercised),
            ("creditorlistqueries", "creditors", Level::Fail),
        ];
        for (asked, said, level) in table {
            let mut run = Composer::of(Subject::Connector);
            ask(&mut run, asked, "s-1", 202);
            say(&mut run, said, "s-1", 202);
            run.wait(Duration::from_mins(1)).get_provider();
            let finding = found(&CHECK, &mut run);
            assert_eq!(finding.raw, level, "{said}: {}", finding.message);
        }
    }
}
