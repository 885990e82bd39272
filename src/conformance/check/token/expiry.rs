//! A token is not used after it expired.
//!
//! # What is required
//!
//! No request carries a token whose `expires_in` has passed since it was received.
//!
//! # Why
//!
//! The platform answers with 401; an update that was due is late.
//!
//! # How it is judged
//!
//! For each call with a token that was issued in this history: FAIL if it begins later than the end
//! of the token response plus `expires_in` plus the tolerance `in-flight`, for requests that were
//! under way. Tokens without `expires_in`, and tokens that were not issued in this history, are not
//! judged. Exchanges of steps that send a bad token on purpose are left out. A PASS needs a token
//! that was used, expired, and was followed by a call of the same client with another one: as long
//! as no token expires, nobody can use one too long. NOT_EXERCISED otherwise.
//!
//! # An example that conforms
//!
//! A token with `"expires_in": 60` is received at 10:00:00; the call at 10:00:59 uses it, the call
//! at 10:01:10 uses a new one.
//!
//! # Sources
//!
//! RFC 6749 §5.1 `expires_in`; `/payments-out/provider-api/get-started/setup` (a token is used
//! until it expires).

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{Timestamp, time_of_day};
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{and_more, counted, left_out};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::{Provocation, Subject};
use crate::exchange::{Vantage, between};
use crate::profile::{Profile, Provenance};

/// TK-05.
pub const CHECK: Check = Check {
    id: "TK-05",
    family: Family::Token,
    title: "A token is not used after it expired",
    clauses: &["PO-TOKEN"],
    subjects: &[Subject::Replay, Subject::Connector],
    // What the network adds on the way is within the tolerance; at the client it adds nothing.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Stated,
    severest: Level::Fail,
    flips_if: "it rests on what is stated already",
    source: include_str!("expiry.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let in_flight = profile.tolerances.in_flight.value;
    let mut left = 0;
    let mut judged = 0;
    let mut late = Vec::new();
    // The tokens that were used, and when they expire; those that a later call did without.
    let mut used: BTreeMap<&str, BTreeSet<(Timestamp, u64)>> = BTreeMap::new();
    let mut outlasted = BTreeSet::new();
    for call in evidence.calls() {
        if call.is_provoking(Provocation::BadToken) {
            left += usize::from(call.bearer().is_some());
            continue;
        }
        let Some(token) = evidence.token_of(call) else {
            continue;
        };
        let Some(lifetime) = token.expires_in else {
            continue;
        };
        let expiry = token
            .received
            .checked_add(lifetime)
            .unwrap_or(Timestamp::MAX);
        judged += 1;
        let used = used.entry(token.client.as_str()).or_default();
        let own = (expiry, token.sequence);
        used.remove(&own);
        while let Some(first) = used.first().copied()
            && first.0 <= call.began()
        {
            used.remove(&first);
            outlasted.insert(first.1);
        }
        used.insert(own);
        let past = between(expiry, call.began());
        if past > in_flight {
            late.push((past, token, call, expiry));
        }
    }
    let ruling = match late.as_slice() {
        [] if judged == 0 => Ruling::new(
            Level::NotExercised,
            "No call used a token that was issued with expires_in.",
        ),
        [] if outlasted.is_empty() => Ruling::new(
            Level::NotExercised,
            format!(
                "{} with a valid token, but no token expired before a later call of its client. To \
                 exercise this, let the run last longer than a token's expires_in and call again.",
                counted(judged, "call")
            ),
        ),
        [] => Ruling::new(
            Level::Pass,
            format!(
                "{} with a valid token; {} expired, and later calls used another.",
                counted(judged, "call"),
                counted(outlasted.len(), "token")
            ),
        ),
        [(past, token, call, expiry), rest @ ..] => Ruling::new(
            Level::Fail,
            format!(
                "{} used a token {} ms after it had expired{}.",
                call.endpoint.operation,
                past.as_millis(),
                and_more(rest.len())
            ),
        )
        .shown_by(
            Witness::of([(token.sequence, token.received), call.place()]).with_margin(format!(
                "{} ms late; the token expired at {}",
                past.as_millis(),
                time_of_day(*expiry)
            )),
        ),
    };
    ruling.and_says(left_out(left, Provocation::BadToken)).with(
        "in-flight tolerance",
        format!("{} ms", in_flight.as_millis()),
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;

    /// A token for a minute, and a call so many milliseconds after it was received.
    fn used_after(milliseconds: u64) -> Composer {
        let mut run = Composer::replay();
        // The pause after an exchange is 40 ms.
        run.step("Get an access token")
            .token("provider", 60)
            .wait(Duration::from_millis(milliseconds - 40));
        run
    }

    #[test]
    fn a_call_may_be_in_flight_for_a_second() {
        for (after, level) in [
            (60_000, Level::NotExercised),
            (61_000, Level::NotExercised),
            (61_001, Level::Fail),
        ] {
            let finding = found(&CHECK, used_after(after).get_provider());
            assert_eq!(finding.raw, level, "{after}: {}", finding.message);
        }
    }

    #[test]
    fn an_expired_token_on_purpose_is_left_out_and_told() {
        let mut run = used_after(1_000);
        run.get_provider()
            .wait(Duration::from_mins(1))
            .step("Get an access token")
            .token("provider", 60)
            .get_provider()
            .wait(Duration::from_mins(5))
            .provoking("Expired", &[Provocation::BadToken])
            .send(
                "GET",
                "/api-provider-v1/providers/p",
                serde_json::Value::Null,
                401,
                serde_json::Value::Null,
            );
        let finding = found(&CHECK, &mut run);
        assert_eq!(
            finding.message,
            "2 calls with a valid token; 1 token expired, and later calls used another. Left out: \
             1 exchange of a step that provokes bad-token."
        );
    }

    /// What is said after a token for a minute was used (or not), `then` happened a moment before
    /// or after its end, and nothing else.
    fn after(seconds: u64, used: bool, then: impl FnOnce(&mut Composer)) -> Level {
        let mut run = used_after(1_000);
        if used {
            run.get_provider();
        }
        run.wait(Duration::from_secs(seconds - 1));
        then(&mut run);
        found(&CHECK, &mut run).raw
    }

    fn renew(run: &mut Composer, client: &str) {
        run.step("Get an access token")
            .token(client, 60)
            .get_provider();
    }

    #[test]
    fn only_a_later_call_of_the_same_client_with_another_token_proves_it() {
        let renewed = |run: &mut Composer| renew(run, "provider");
        assert_eq!(after(70, true, renewed), Level::Pass);
        assert_eq!(after(50, true, renewed), Level::NotExercised, "not expired");
        assert_eq!(after(70, false, renewed), Level::NotExercised, "never used");
        let other = |run: &mut Composer| renew(run, "product");
        assert_eq!(
            after(70, true, other),
            Level::NotExercised,
            "another client"
        );
        let nothing = |_: &mut Composer| {};
        assert_eq!(
            after(70, true, nothing),
            Level::NotExercised,
            "no later call"
        );
        let on_purpose = |run: &mut Composer| {
            run.provoking("Expired", &[Provocation::BadToken])
                .token("provider", 60)
                .get_provider_again();
        };
        assert_eq!(after(70, true, on_purpose), Level::NotExercised);
        let mut run = used_after(1_000);
        assert!(
            found(&CHECK, run.get_provider())
                .message
                .contains("let the run last longer than a token's expires_in")
        );
    }

    #[test]
    fn tokens_from_elsewhere_and_without_a_lifetime_are_not_judged() {
        let mut run = used_after(70_000);
        run.get_provider().with(|exchange| {
            exchange
                .request
                .headers
                .set("Authorization", "Bearer other");
        });
        assert_eq!(found(&CHECK, &mut run).raw, Level::NotExercised);
    }
}
