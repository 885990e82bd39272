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

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::client::refusals;
use crate::base::Timestamp;
use crate::conformance::check::{Check, Family};
use crate::conformance::series::Series;
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
    let tokens = evidence.tokens();
    let before = |end: &Call<'_>| tokens.partition_point(|it| it.sequence < end.sequence);
    let mut passed: HashMap<_, Passed<'_>, RandomState> = HashMap::default();
    for refused in &refusals {
        let target = (refused.exchange.request.method.as_str(), refused.path());
        let passed = passed
            .entry(target)
            .or_insert_with(|| Passed::of(evidence.of_target(target.0, target.1)));
        match passed.after(refused) {
            Some(again) => fetches = fetches.max(before(again).saturating_sub(before(refused))),
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

/// The requests for one thing that got past the gate, or to which nothing was answered.
struct Passed<'e> {
    calls: Series<'e>,
    /// For each of them, the place of the next with another token.
    next: Vec<usize>,
}

impl<'e> Passed<'e> {
    fn of(same: impl Iterator<Item = &'e Call<'e>>) -> Self {
        let calls: Series<'_> = same.filter(|call| call.status() != Some(401)).collect();
        let all = calls.calls();
        let mut next = vec![all.len(); all.len()];
        for place in (1..all.len()).rev() {
            let is_other = all[place - 1].bearer() != all[place].bearer();
            next[place - 1] = if is_other { place } else { next[place] };
        }
        Self { calls, next }
    }

    /// The first of them that is later than `refused` and has another token.
    fn after(&self, refused: &Call<'_>) -> Option<&'e Call<'e>> {
        let mut place = self.calls.since(refused.began());
        loop {
            let call = self.calls.calls().get(place)?;
            if call.bearer() == refused.bearer() {
                place = self.next[place];
            } else if call.began() < refused.began() {
                place += 1;
            } else {
                return Some(call);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::Value;

    use super::*;
    use crate::conformance::check::token::fixture::refuse;
    use crate::conformance::fixture::{BATCH, found};
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

    #[test]
    fn the_first_later_call_with_another_token_that_passed_makes_up_for_it() {
        // The token and the answer of each call.
        let table = [
            ("a401 a200 a200 b200", Some(3)),
            ("a401 b401 a200 a200 b401 c200", Some(5)),
            ("a200 b200 a401 a200", None),
            ("a401 a200 b401 b200", Some(3)),
            ("b200 a401", None),
        ];
        for (calls, expected) in table {
            let mut run = Composer::of(Subject::Connector);
            for call in calls.split(' ') {
                let (token, status) = call.split_at(1);
                run.send(
                    "GET",
                    BATCH,
                    Value::Null,
                    status.parse().unwrap(),
                    Value::Null,
                );
                let bearer = format!("Bearer [secret:{token}]");
                run.with(|exchange| exchange.request.headers.push("Authorization", &bearer));
            }
            let history = run.history();
            let evidence = Evidence::of(&history, &Profile::built_in());
            let calls: Vec<&Call<'_>> = evidence.calls().iter().collect();
            let passed = Passed::of(calls.iter().copied());
            let refused = calls
                .iter()
                .find(|call| call.status() == Some(401))
                .unwrap();
            let found = passed.after(refused).map(|call| call.sequence);
            assert_eq!(found, expected.map(|place: usize| calls[place].sequence));
        }
    }
}
