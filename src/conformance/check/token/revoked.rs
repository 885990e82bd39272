//! After a refused token the operation is done with another.
//!
//! # What is required
//!
//! A 401 in the middle of work costs a new token, not the work: the operation that was refused is
//! sent again with a new one.
//!
//! # Why
//!
//! Tokens are revoked when keys are rotated or a breach is suspected. An update that is lost then
//! leaves a payment open at the product although it was made.
//!
//! # How it is judged
//!
//! A 401 counts as for TK-04. FAIL where no later request with the same method and path got any other
//! answer than 401, if the history goes on for longer than `backoff.cap` after the refusal. How many
//! tokens were fetched until then at most is reported. NOT_EXERCISED where no token was refused.
//!
//! # An example that conforms
//!
//! `PATCH …/batchpayments/…` → 401; a new token; the same `PATCH` → 204.
//!
//! # Sources
//!
//! RFC 6750 §3.1 (a client may ask for a new token and try again);
//! `/payments-out/provider-api/get-started/setup` (updates in near real time).

use super::client::refusals;
use crate::base::Timestamp;
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::{Vantage, between};
use crate::history::Call;
use crate::profile::{Profile, Provenance};

/// TK-12.
pub const CHECK: Check = Check {
    id: "TK-12",
    family: Family::Token,
    title: "After a refused token the operation is done with another",
    clauses: &["PO-TOKEN"],
    subjects: &[Subject::Connector],
    // Later is later everywhere.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Inferred,
    severest: Level::Fail,
    flips_if: "the platform confirms that tokens may be revoked before their end",
    source: include_str!("revoked.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let refusals = refusals(evidence);
    let end = evidence
        .events()
        .last()
        .map_or(Timestamp::MIN, |event| event.at);
    let patience = profile.backoff.cap.value;
    let mut lost = Vec::new();
    let mut undecided = 0;
    let mut fetches = 0;
    for refused in &refusals {
        match recovery(evidence, refused) {
            Some(again) => {
                let fetched = evidence
                    .tokens()
                    .iter()
                    .filter(|token| (refused.sequence..again.sequence).contains(&token.sequence));
                fetches = fetches.max(fetched.count());
            }
            None if between(refused.ended(), end) > patience => lost.push(*refused),
            None => undecided += 1,
        }
    }
    let ruling = match lost.as_slice() {
        [first, rest @ ..] => Ruling::new(
            Level::Fail,
            format!(
                "{} was refused with 401 and never done{}.",
                first.endpoint.operation,
                and_more(rest.len())
            ),
        )
        .shown_by(Witness::of([first.place()]).with_margin(format!(
            "the history goes on for {} s",
            between(first.ended(), end).as_secs()
        ))),
        [] if refusals.len() == undecided => Ruling::new(
            Level::NotExercised,
            "The platform refused no token with 401 long enough before the end of the history.",
        ),
        [] => Ruling::new(
            Level::Pass,
            format!(
                "{} with 401; each operation was done all the same.",
                counted(refusals.len() - undecided, "refusal")
            ),
        ),
    };
    ruling.with("tokens fetched until it was done, at most", fetches)
}

/// The later request for the same thing that got past the gate, or to which nothing was answered.
fn recovery<'e, 'h>(evidence: &'e Evidence<'h>, refused: &Call<'_>) -> Option<&'e Call<'h>> {
    let request = &refused.exchange.request;
    let mut same = evidence.of_target(&request.method, request.path());
    same.find(|call| {
        call.began() >= refused.began()
            && call.sequence != refused.sequence
            && call.status() != Some(401)
            && call.bearer() != refused.bearer()
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::conformance::check::token::fixture::refuse;
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;

    #[test]
    fn an_operation_is_lost_only_if_there_was_time_to_do_it() {
        for (seconds, level) in [(10, Level::NotExercised), (60, Level::Fail)] {
            let mut run = Composer::of(Subject::Connector);
            refuse(run.token("provider", 28_800).get_provider());
            run.wait(Duration::from_secs(seconds)).get_batch("Received");
            assert_eq!(found(&CHECK, &mut run).raw, level, "{seconds}");
        }
    }

    #[test]
    fn the_same_call_with_another_token_makes_up_for_it() {
        let mut run = Composer::of(Subject::Connector);
        refuse(run.token("provider", 28_800).get_provider());
        run.token("provider", 28_800)
            .get_provider()
            .wait(Duration::from_mins(2))
            .get_provider();
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.raw, Level::Pass, "{}", finding.message);
        let fetched = &finding.parameters["tokens fetched until it was done, at most"];
        assert_eq!(fetched, "1");
    }
}
