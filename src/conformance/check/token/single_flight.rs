//! When several operations need a token, one is fetched.
//!
//! # What is required
//!
//! When a token expires or is refused while much is to be done, the operations share one fetch
//! instead of asking for a token each.
//!
//! # Why
//!
//! A rush to the identity service at each expiry is throttled exactly when everything waits for it.
//!
//! # How it is judged
//!
//! A rush is a row of fetches of one client in which each begins within `rush` of the first (1 s), and
//! while a token that was fetched before was not used yet, or was still under way. So a client that
//! renews for each call, one after the other, makes no rush; that is for other checks, and so are
//! tokens whose life is unknown or no longer than a usual skew (TK-09, TK-03). One fetch more
//! than there are declared instances is forgiven. More is WARN; FAIL from three on, if each of those
//! tokens was used: then every operation fetched its own. That is reported as REVIEW where nobody
//! declares how many instances run, and as many as tokens are used by turns, or as hosts ask for them,
//! would explain it: declare the instances. NOT_EXERCISED where no renewal was followed
//! by two operations within the same time.
//!
//! Recipe: let all wait for one future. Java: `Mono.cache` or a lock around the cache; .NET:
//! `SemaphoreSlim` or MSAL's own cache; Node: keep the promise, not the token; Python: an
//! `asyncio.Lock`; Go: `singleflight` or `oauth2.ReuseTokenSource`.
//!
//! # An example that conforms
//!
//! Forty batches wait, the token has expired: one `POST /oauth/token`, then forty calls with it.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/integrate` (one token for each request is against the
//! requirements); AzureAD/microsoft-authentication-library-for-dotnet#2796.

use super::client::{Client, Fetch, clients, instances, is_long};
use super::side_by_side::{DECLARE, seen};
use crate::base::Timestamp;
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::{Profile, Provenance, TokenRules};

/// TK-06.
pub const CHECK: Check = Check {
    id: "TK-06",
    family: Family::Token,
    title: "When several operations need a token, one is fetched",
    clauses: &["PO-TOKEN"],
    subjects: &[Subject::Connector],
    // It compares moments that are a second apart.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Stated,
    severest: Level::Fail,
    flips_if: "it rests on what is stated already",
    source: include_str!("single_flight.rs"),
    rule,
};

/// From how many tokens a rush is one of all operations.
const MANY: usize = 3;

/// A row of fetches, and how many of their tokens were used.
struct Rush<'e> {
    client: &'e Client<'e>,
    used: usize,
    fetches: Vec<Fetch<'e>>,
}

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let clients = clients(evidence, profile);
    let instances = instances(evidence);
    let together = profile.token_rules.rush.value;
    let within = |start: Timestamp, at: Timestamp| {
        at <= start.checked_add(together).unwrap_or(Timestamp::MAX)
    };
    let mut exercised = 0;
    let mut worst: Option<Rush<'_>> = None;
    for client in clients.values() {
        exercised += client
            .fetches
            .iter()
            .skip(1)
            .filter(|fetch| {
                let after = client.calls().filter(|call| {
                    call.began() >= fetch.began && within(fetch.token.received, call.began())
                });
                let groups: std::collections::BTreeSet<u64> =
                    after.map(|call| call.attempt.group).collect();
                groups.len() >= 2
            })
            .count();
        for rush in rushes(client, &profile.token_rules, within) {
            let used = rush
                .iter()
                .filter(|fetch| !client.calls_with(fetch.token).is_empty())
                .count();
            if worst
                .as_ref()
                .is_none_or(|worst| rush.len() > worst.fetches.len())
            {
                worst = Some(Rush {
                    client,
                    used,
                    fetches: rush,
                });
            }
        }
    }
    let allowed = instances.saturating_add(1);
    let most = worst.as_ref().map_or(1, |worst| worst.fetches.len());
    let ruling = match worst {
        Some(Rush {
            client,
            used,
            fetches: rush,
        }) if most > allowed => {
            let level = if used == most && most >= MANY {
                Level::Fail
            } else {
                Level::Warn
            };
            let ruling = Ruling::new(
                level,
                format!(
                    "{most} tokens were fetched in a rush, {used} of them used; one would have done."
                ),
            )
            .shown_by(
                Witness::of(
                    rush.iter()
                        .take(allowed + 1)
                        .map(|fetch| (fetch.token.sequence, fetch.began)),
                )
                .with_margin(format!("{most} fetched; {allowed} allowed")),
            );
            let seen = seen(client, evidence, profile);
            if level == Level::Fail && seen.is_some_and(|seen| most <= seen.saturating_add(1)) {
                ruling.at_most(Level::Review, DECLARE)
            } else {
                ruling
            }
        }
        Some(_) | None if exercised == 0 => Ruling::new(
            Level::NotExercised,
            "No renewal of a token was followed by two operations at once.",
        ),
        Some(_) | None => Ruling::new(
            Level::Pass,
            format!(
                "{} while several operations waited; no rush.",
                counted(exercised, "renewal")
            ),
        ),
    };
    ruling
        .with("largest rush", counted(most, "token"))
        .with("instances", instances)
        .with("rush", format!("{} ms", together.as_millis()))
}

/// The rows of fetches in which each begins while an earlier token of the row was not used.
fn rushes<'e>(
    client: &Client<'e>,
    rules: &TokenRules,
    within: impl Fn(Timestamp, Timestamp) -> bool,
) -> Vec<Vec<Fetch<'e>>> {
    let mut fetches = client.fetches.clone();
    fetches.retain(|fetch| is_long(rules, fetch.token));
    fetches.sort_by_key(|fetch| (fetch.began, fetch.token.sequence));
    let first_use = |fetch: &Fetch<'e>| {
        let calls = client.calls_with(fetch.token).iter();
        calls.map(|call| call.began()).min()
    };
    let mut rushes: Vec<Vec<Fetch<'e>>> = Vec::new();
    for fetch in fetches {
        let joins = rushes.last().is_some_and(|rush| {
            within(rush[0].began, fetch.began)
                && rush.iter().any(|earlier| {
                    first_use(earlier).is_none_or(|used| used > fetch.began)
                        && earlier.began <= fetch.began
                })
        });
        match rushes.last_mut() {
            Some(rush) if joins => rush.push(fetch),
            Some(_) | None => rushes.push(vec![fetch]),
        }
    }
    rushes
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::conformance::check::token::fixture::{instances, rush};
    use crate::conformance::fixture::found;

    #[test]
    fn one_fetch_more_than_needed_is_forgiven() {
        for (tokens, level) in [
            (1, Level::Pass),
            (2, Level::Pass),
            (3, Level::Fail),
            (6, Level::Fail),
        ] {
            let finding = found(&CHECK, &mut rush(tokens));
            assert_eq!(finding.raw, level, "{tokens}: {}", finding.message);
        }
    }

    #[test]
    fn instances_that_nobody_declared_are_for_review_and_a_rush_of_one_is_not() {
        let finding = found(&CHECK, &mut instances(4, Duration::from_millis(100)));
        assert_eq!(
            (finding.raw, finding.reported),
            (Level::Fail, Level::Review)
        );
        assert_eq!(found(&CHECK, &mut rush(4)).reported, Level::Fail);
    }

    #[test]
    fn tokens_that_nobody_used_are_a_warning() {
        let mut run = rush(1);
        for _ in 0..3 {
            run.token("provider", 28_800)
                .back(Duration::from_millis(95));
        }
        run.wait(Duration::from_secs(1)).get_provider();
        assert_eq!(found(&CHECK, &mut run).raw, Level::Warn);
    }

    #[test]
    fn a_token_for_each_call_one_after_the_other_is_no_rush() {
        let mut run = rush(1);
        for _ in 0..5 {
            run.token("provider", 60).get_provider();
        }
        assert_eq!(found(&CHECK, &mut run).raw, Level::Pass);
    }
}
