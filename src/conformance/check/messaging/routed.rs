//! An answer names the subscription of its question.
//!
//! # What is required
//!
//! The message that answers a question carries the `subscriptionId` of the question.
//!
//! # Why
//!
//! The platform routes by it. With another one the answer reaches another customer, or nobody.
//!
//! # How it is judged
//!
//! FAIL for a message that names no subscription at all, and for a question that stays open while a
//! message at the right operation follows that names another subscription and answers nothing else;
//! whether the platform took that message or refused it. The rule rests on the page; that each
//! question has an answer does not, so that what only looks misrouted is for REVIEW. NOT_APPLICABLE
//! where the history does not show the product; NOT_EXERCISED where nothing was said.
//!
//! # An example that conforms
//!
//! The question has `"subscriptionId": "8a7b…"`, and so has the answer.
//!
//! # Sources
//!
//! `/payments-out/guides/provider/understand-provider-messaging-webhooks` (routed by the subscription
//! id inside the message).

use super::conversation::Conversation;
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::{Profile, Provenance};

/// MG-04.
pub const CHECK: Check = Check {
    id: "MG-04",
    family: Family::Messaging,
    title: "An answer names the subscription of its question",
    clauses: &["PO-MESSAGES"],
    subjects: &[Subject::Connector],
    // It compares what was said, not when.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Inferred,
    severest: Level::Fail,
    flips_if: "the platform confirms how an answer is matched with its question",
    source: include_str!("routed.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let conversation = Conversation::of(evidence, profile);
    let mut violations = Vec::new();
    for statement in &conversation.beside {
        if statement.subscription.is_none() && statement.is_known() {
            violations.push((
                Provenance::Stated,
                format!("a message at {} names no subscription", statement.name),
                Witness::of([statement.call.place()]),
            ));
        }
    }
    for question in conversation.open(profile) {
        if let Some(statement) = conversation.astray(question)
            && statement.subscription.is_some()
        {
            violations.push((
                Provenance::Inferred,
                format!(
                    "a question at {} is answered under another subscription",
                    question.name
                ),
                Witness::of([question.asked.place(), statement.call.place()]),
            ));
        }
    }
    let answered = conversation
        .questions
        .iter()
        .filter(|it| it.answer.is_some());
    let answered = answered.count();
    let rest = violations.len().saturating_sub(1);
    match violations.into_iter().next() {
        Some((rests_on, message, witness)) => {
            Ruling::new(Level::Fail, format!("{message}{}.", and_more(rest)))
                .resting_on(rests_on)
                .shown_by(witness)
        }
        None if evidence.product_calls().is_empty() => Ruling::new(
            Level::NotApplicable,
            "The history does not show what the product asked.",
        ),
        None if answered == 0 => Ruling::new(Level::NotExercised, "No question was answered."),
        None => Ruling::new(
            Level::Pass,
            format!(
                "{} under the subscription of its question.",
                counted(answered, "answer")
            ),
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
    fn two_subscriptions_that_ask_are_told_apart() {
        let mut run = Composer::of(Subject::Connector);
        for subscription in ["s-1", "s-2"] {
            ask(&mut run, "creditorputs", subscription, 202);
        }
        for subscription in ["s-2", "s-1"] {
            say(&mut run, "creditorputs", subscription, 202);
        }
        run.wait(Duration::from_mins(1)).get_provider();
        assert_eq!(found(&CHECK, &mut run).raw, Level::Pass);
        ask(&mut run, "creditorputs", "s-1", 202);
        say(&mut run, "creditorputs", "s-3", 404);
        run.wait(Duration::from_mins(1)).get_provider();
        assert_eq!(found(&CHECK, &mut run).raw, Level::Fail);
    }

    #[test]
    fn a_message_without_a_subscription_breaks_what_is_stated() {
        let mut run = Composer::of(Subject::Connector);
        ask(&mut run, "creditorputs", "s-1", 202);
        say(&mut run, "creditorputs", "s-1", 400);
        run.with(|exchange| exchange.request.body = r#"{"data":{}}"#.to_owned().into());
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.reported, Level::Fail, "{}", finding.message);
    }
}
