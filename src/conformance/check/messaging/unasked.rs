//! What nobody asked is not answered.
//!
//! # What is required
//!
//! The answer to a list query, and the status of a delete, are sent when there was such a question;
//! once for each time that it was delivered, at most.
//!
//! # Why
//!
//! A product takes the answer for that to its latest question. An answer to nothing, or one that is
//! sent twice, overwrites what it knows.
//!
//! # How it is judged
//!
//! FAIL for an accepted `…listqueryresponses` or `…deletes` beyond the number of accepted deliveries
//! of such questions under that subscription before it. A put may come without a question: it tells
//! that a vendor or an account exists or has changed; so may `notifications`. An attempt that is
//! tried again counts once. Reported as REVIEW: no page rules it out. NOT_APPLICABLE where the history
//! does not show the product; NOT_EXERCISED where no such answer was sent.
//!
//! # An example that conforms
//!
//! One `creditorlistqueries`, delivered twice; one `creditorlistqueryresponses`, or two.
//!
//! # Sources
//!
//! `/payments-out/guides/provider/understand-provider-messaging-webhooks` (answer to a query; status
//! of a delete).

use super::conversation::{Conversation, Statement};
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::{Profile, Provenance};

/// MG-05.
pub const CHECK: Check = Check {
    id: "MG-05",
    family: Family::Messaging,
    title: "What nobody asked is not answered",
    clauses: &["PO-MESSAGES"],
    subjects: &[Subject::Connector],
    // It compares what was said, not when.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Inferred,
    severest: Level::Fail,
    flips_if: "the platform says that answers without a question are not allowed",
    source: include_str!("unasked.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let conversation = Conversation::of(evidence, profile);
    let is_judged = |name: &str| name.ends_with("listqueryresponses") || name.ends_with("deletes");
    let answers = conversation
        .questions
        .iter()
        .filter(|question| question.answer.is_some() && is_judged(question.expects))
        .count();
    let mut surplus: Vec<&Statement<'_>> = Vec::new();
    let mut seen: Vec<&Statement<'_>> = Vec::new();
    let judged = conversation.beside.iter().filter(|statement| {
        statement.call.succeeded() && statement.is_known() && is_judged(statement.name)
    });
    for statement in judged {
        // What was delivered again may be answered again.
        let spare: usize = conversation
            .questions
            .iter()
            .filter(|question| {
                question.expects == statement.name
                    && Some(&question.subscription) == statement.subscription.as_ref()
                    && question.asked.began() <= statement.call.began()
            })
            .map(|question| question.deliveries.saturating_sub(1))
            .sum();
        seen.push(statement);
        let taken = seen
            .iter()
            .filter(|it| it.name == statement.name && it.subscription == statement.subscription);
        if taken.count() > spare {
            surplus.push(statement);
        }
    }
    if evidence.product_calls().is_empty() {
        return Ruling::new(
            Level::NotApplicable,
            "The history does not show what the product asked.",
        );
    }
    match surplus.as_slice() {
        [first, rest @ ..] => Ruling::new(
            Level::Fail,
            format!(
                "A message at {} answers no question{}.",
                first.name,
                and_more(rest.len())
            ),
        )
        .shown_by(Witness::of([first.call.place()])),
        [] if answers == 0 => {
            Ruling::new(Level::NotExercised, "No query and no delete was answered.")
        }
        [] => Ruling::new(
            Level::Pass,
            format!("{}, each to a question.", counted(answers, "answer")),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::check::messaging::fixture::{ask, deliver, say};
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;

    #[test]
    fn a_question_that_was_delivered_twice_may_be_answered_twice() {
        for (deliveries, answers, level) in [
            (1, 1, Level::Pass),
            (1, 2, Level::Fail),
            (2, 2, Level::Pass),
            (2, 3, Level::Fail),
        ] {
            let mut run = Composer::of(Subject::Connector);
            ask(&mut run, "creditordeletes", "s-1", 202);
            for _ in 1..deliveries {
                deliver(&mut run, "creditordeletes", "s-1", 202);
            }
            for _ in 0..answers {
                say(&mut run, "creditordeletes", "s-1", 202);
            }
            let finding = found(&CHECK, &mut run);
            assert_eq!(
                finding.raw, level,
                "{deliveries} {answers}: {}",
                finding.message
            );
        }
    }

    #[test]
    fn without_the_product_nobody_knows_what_was_asked() {
        let mut run = Composer::of(Subject::Connector);
        say(&mut run, "creditordeletes", "s-1", 202);
        assert_eq!(found(&CHECK, &mut run).raw, Level::NotApplicable);
    }

    #[test]
    fn news_needs_no_question() {
        let mut run = Composer::of(Subject::Connector);
        ask(&mut run, "creditordeletes", "s-1", 202);
        say(&mut run, "creditordeletes", "s-1", 202);
        for name in ["creditorputs", "debtoraccountputs", "notifications"] {
            say(&mut run, name, "s-1", 202);
        }
        assert_eq!(found(&CHECK, &mut run).raw, Level::Pass);
        say(&mut run, "debtoraccountlistqueryresponses", "s-1", 202);
        assert_eq!(found(&CHECK, &mut run).raw, Level::Fail);
    }
}
