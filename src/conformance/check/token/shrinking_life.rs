//! What the latest answer says of a token's life counts.
//!
//! # What is required
//!
//! Where the identity service answers with the same token as before and a smaller `expires_in`, the
//! client counts the token's life from the latest answer.
//!
//! # Why
//!
//! Some services give out a cached token until it ends. A client that remembers the first
//! `expires_in`, or a constant, uses such a token long after its end.
//!
//! # How it is judged
//!
//! For each token that was issued again with a smaller `expires_in`: FAIL where a call with it begins
//! later than the end of the latest answer plus its `expires_in` plus the tolerance `in-flight`.
//! Reported as INFO until the platform is known to do so. A PASS needs a call of the same client with
//! another token after that end; NOT_APPLICABLE where clients ask for another token only when the one
//! before is over; NOT_EXERCISED otherwise.
//!
//! # An example that conforms
//!
//! A token for 20 s; 16 s later the same token for 4 s; the call 5 s after that has a new one.
//!
//! # Sources
//!
//! RFC 6749 §5.1 `expires_in`; wso2/api-manager#773.

use std::collections::BTreeMap;

use super::client::landed;
use crate::base::{Timestamp, time_of_day};
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{Evidence, IssuedToken, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::{Vantage, between};
use crate::profile::{Profile, Provenance};

/// TK-08.
pub const CHECK: Check = Check {
    id: "TK-08",
    family: Family::Token,
    title: "What the latest answer says of a token's life counts",
    clauses: &["PO-TOKEN"],
    subjects: &[Subject::Connector],
    // What the network adds is within the tolerance.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Assumed,
    severest: Level::Fail,
    flips_if: "the platform confirms that it may issue the same token again",
    source: include_str!("shrinking_life.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let again = issued_again(evidence.tokens());
    let mut late = Vec::new();
    let mut outlasted = 0;
    for latest in again.values() {
        let lifetime = latest.expires_in.unwrap_or_default();
        let end = latest
            .received
            .checked_add(lifetime)
            .unwrap_or(Timestamp::MAX);
        let after: Vec<_> = evidence
            .calls()
            .iter()
            .filter(|call| call.provokes.is_empty() && call.began() > end)
            .filter_map(|call| evidence.token_of(call).map(|token| (call, token)))
            .filter(|(_, token)| token.client == latest.client)
            .collect();
        let with_it = after.iter().find(|(call, token)| {
            token.commitment == latest.commitment && call.began() > landed(end, profile)
        });
        if let Some((call, _)) = with_it {
            late.push((between(end, call.began()), *latest, *call, end));
        } else {
            let other = |(_, token): &(_, &IssuedToken)| token.commitment != latest.commitment;
            outlasted += usize::from(after.iter().any(other));
        }
    }
    match late.as_slice() {
        [(past, latest, call, end), rest @ ..] => Ruling::new(
            Level::Fail,
            format!(
                "{} used a token {} ms after the end that the latest answer gave it{}.",
                call.endpoint.operation,
                past.as_millis(),
                and_more(rest.len())
            ),
        )
        .shown_by(
            Witness::of([(latest.sequence, latest.received), call.place()]).with_margin(format!(
                "{} ms late; the token expired at {}",
                past.as_millis(),
                time_of_day(*end)
            )),
        ),
        [] if again.is_empty() && asks_when_it_is_over(evidence.tokens()) => Ruling::new(
            Level::NotApplicable,
            "Each token was asked for when the one before was over, so none can be issued again.",
        ),
        [] if again.is_empty() => Ruling::new(
            Level::NotExercised,
            "No token was issued again with a smaller expires_in.",
        ),
        [] if outlasted == 0 => Ruling::new(
            Level::NotExercised,
            "After the end of a token that was issued again nobody called.",
        ),
        [] => Ruling::new(
            Level::Pass,
            format!(
                "{} issued again with a smaller expires_in; none was used beyond it.",
                counted(again.len(), "token")
            ),
        ),
    }
}

/// Whether clients ask for tokens, and none while the one before lives.
fn asks_when_it_is_over(tokens: &[IssuedToken]) -> bool {
    let mut before: BTreeMap<&str, &IssuedToken> = BTreeMap::new();
    let mut renewals = 0;
    for token in tokens {
        let Some(earlier) = before.insert(&token.client, token) else {
            continue;
        };
        let Some(lifetime) = earlier.expires_in else {
            continue;
        };
        let end = earlier.received.checked_add(lifetime);
        if token.received < end.unwrap_or(Timestamp::MAX) {
            return false;
        }
        renewals += 1;
    }
    renewals > 0
}

/// The latest issue of each token that was issued again with a smaller lifetime.
fn issued_again(tokens: &[IssuedToken]) -> BTreeMap<&str, &IssuedToken> {
    let mut latest: BTreeMap<&str, &IssuedToken> = BTreeMap::new();
    let mut again = BTreeMap::new();
    for token in tokens {
        if let Some(earlier) = latest.insert(&token.commitment, token)
            && token.expires_in.is_some()
            && token.expires_in < earlier.expires_in
        {
            again.insert(token.commitment.as_str(), token);
        }
    }
    again
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::conformance::check::token::fixture::again;
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;

    #[test]
    fn a_token_that_was_issued_once_is_not_judged() {
        let mut run = Composer::of(Subject::Connector);
        run.token("provider", 20)
            .wait(Duration::from_mins(1))
            .get_provider();
        assert_eq!(found(&CHECK, &mut run).raw, Level::NotExercised);
    }

    #[test]
    fn the_latest_answer_says_when_it_ends() {
        for (after, level) in [
            (3, Level::NotExercised),
            (4, Level::NotExercised),
            (6, Level::Fail),
        ] {
            let mut run = again(4);
            run.wait(Duration::from_secs(after)).get_provider();
            assert_eq!(found(&CHECK, &mut run).raw, level, "{after}");
        }
    }
}
