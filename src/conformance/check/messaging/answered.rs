//! Each question of the product is answered.
//!
//! # What is required
//!
//! To every message of the product about a creditor or a debtor account (put, list query, delete) the
//! provider sends a message back.
//!
//! # Why
//!
//! The product waits. A vendor whose enrolment is never answered cannot be paid, and nobody is told.
//!
//! # How it is judged
//!
//! Questions are the product's messages that the platform accepted and of which a notification was
//! accepted by the provider (2xx). They are matched with the provider's messages (2xx) by operation
//! and subscription, first asked, first answered. FAIL for a question without an answer, if the
//! history goes on for longer than `backoff.cap`; one that was answered at the wrong operation or
//! under the wrong subscription is left to MG-02 and MG-04. Reported as REVIEW: that each question has
//! an answer follows from two lists of operations, no page says so. NOT_APPLICABLE where the history
//! does not show the product (a proxied sandbox); NOT_EXERCISED where no question was delivered.
//!
//! # An example that conforms
//!
//! A notification of `creditorputs` is answered with 202; a second later the provider posts
//! `creditorputs` with the same `subscriptionId`.
//!
//! # Sources
//!
//! `/payments-out/guides/provider/understand-provider-messaging-webhooks`,
//! `/payments-out/guides/consumer/understand-consumer-messaging-webhooks`.

use super::conversation::Conversation;
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::{Profile, Provenance};

/// MG-01.
pub const CHECK: Check = Check {
    id: "MG-01",
    family: Family::Messaging,
    title: "Each question of the product is answered",
    clauses: &["PO-MESSAGES"],
    subjects: &[Subject::Connector],
    // It compares what was said, not when.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Inferred,
    severest: Level::Fail,
    flips_if: "the platform confirms that each message of the product is answered",
    source: include_str!("answered.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let conversation = Conversation::of(evidence, profile);
    let delivered = conversation.questions.iter().filter(|it| it.deliveries > 0);
    let delivered = delivered.count();
    let open: Vec<_> = conversation
        .open(profile)
        .filter(|question| {
            conversation.mistaken(question).is_none() && conversation.astray(question).is_none()
        })
        .collect();
    let answered = conversation
        .questions
        .iter()
        .filter(|it| it.answer.is_some());
    let answered = answered.count();
    match open.as_slice() {
        [first, rest @ ..] => Ruling::new(
            Level::Fail,
            format!(
                "A question at {} was never answered{}; {answered} of {delivered} were.",
                first.name,
                and_more(rest.len())
            ),
        )
        .shown_by(Witness::of([first.asked.place()])),
        [] if evidence.product_calls().is_empty() => Ruling::new(
            Level::NotApplicable,
            "The history does not show what the product asked.",
        ),
        [] if answered == 0 => Ruling::new(
            Level::NotExercised,
            format!(
                "{} delivered, none to judge.",
                counted(delivered, "question")
            ),
        ),
        [] => Ruling::new(
            Level::Pass,
            format!("{} answered.", counted(answered, "question")),
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
    fn a_question_that_was_not_delivered_or_has_just_come_needs_no_answer() {
        for (accepted, seconds, level) in [
            (201, 60, Level::Fail),
            (503, 60, Level::NotExercised),
            (201, 5, Level::NotExercised),
        ] {
            let mut run = Composer::of(Subject::Connector);
            ask(&mut run, "creditorputs", "s-1", accepted);
            run.wait(Duration::from_secs(seconds)).get_provider();
            assert_eq!(found(&CHECK, &mut run).raw, level, "{accepted} {seconds}");
        }
    }

    #[test]
    fn an_answer_that_was_refused_is_none() {
        for (status, level) in [(202, Level::Pass), (400, Level::Fail)] {
            let mut run = Composer::of(Subject::Connector);
            ask(&mut run, "creditordeletes", "s-1", 202);
            say(&mut run, "creditordeletes", "s-1", status);
            run.wait(Duration::from_mins(1)).get_provider();
            assert_eq!(found(&CHECK, &mut run).raw, level, "{status}");
        }
    }
}
