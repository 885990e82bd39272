//! A token is reused until it expires.
//!
//! # What is required
//!
//! A client asks for a new access token when the old one is about to expire, not for each request.
//!
//! # Why
//!
//! A token for each request doubles the traffic and exhausts the quota of the identity service.
//!
//! # How it is judged
//!
//! A token is usable for `L − s`: its lifetime `L` is the smaller of its `expires_in` and that of the
//! profile, the allowed skew `s` the smaller of `longest-skew` and `skew-share` of `L` (300 s, a
//! fifth). With `I` declared instances (1 where nothing is declared) a client may fetch
//! `I·(1 + ceil(D/(L − s)))` tokens in the time `D` until its last exchange, and one more for each
//! token that was refused with 401 before the next was fetched. More is FAIL if there is one fetch
//! for every two calls, or more (`fetch-share`), over at least 20 calls (`enough-calls`), where
//! fetches do not count that come after the usable life of the old token or after a 401; otherwise
//! WARN. NOT_EXERCISED where no client made two calls with one token. Calls are those to the Provider
//! API and the Consumer API with a token that was issued in this history. Of an observed connector,
//! tokens whose life is no longer than the longest skew are left to TK-03, because a correct client
//! with a fixed skew renews such a token for each call, and those of unknown life to TK-09; for the
//! rest `s` is the longest skew.
//!
//! Recipe: keep the token in one place of the process, with the moment `asked + expires_in − skew`;
//! Java: `OAuth2AuthorizedClientManager` of Spring Security; .NET: the token cache of MSAL or
//! `Duende.AccessTokenManagement`; Node: one promise that all wait for; Python: the token of
//! `requests-oauthlib` or `authlib`; Go: `oauth2.ReuseTokenSource`.
//!
//! # An example that conforms
//!
//! One token, then 400 calls with it in 20 minutes.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/setup`, `…/integrate` (a token is reused until it
//! expires; one for each request is against the requirements); RFC 6749 §5.1 `expires_in`.

use std::collections::BTreeSet;
use std::time::Duration;

use super::client::{Cause, Client, clients, instances, is_long, skew};

use crate::base::Timestamp;
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, IssuedToken, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::{Vantage, between};
use crate::profile::{Profile, Provenance, TokenRules};

/// TK-01.
pub const CHECK: Check = Check {
    id: "TK-01",
    family: Family::Token,
    title: "A token is reused until it expires",
    clauses: &["PO-TOKEN"],
    subjects: &[Subject::Replay, Subject::Connector],
    // It counts, and lives of tokens are long beside the latency.
    vantages: &Vantage::ALL,
    // What may fail is one token for every second call: that is stated, whatever the lifetime.
    provenance: |_| Provenance::Stated,
    severest: Level::Fail,
    flips_if: "it rests on what is stated already",
    source: include_str!("reuse.rs"),
    rule,
};

/// How long a client is expected to use `token`: its lifetime, but at most `longest`, less the skew.
fn usable(token: &IssuedToken, longest: Duration, rules: &TokenRules) -> Duration {
    let lifetime = token.expires_in.unwrap_or(longest).min(longest);
    let usable = lifetime.saturating_sub(skew(rules, lifetime));
    // Whoever issues tokens that are never good has them fetched as often as need be.
    usable.max(Duration::from_millis(1))
}

/// What one client did with the tokens that are judged.
struct Account<'e> {
    /// The tokens that are judged.
    fetches: Vec<&'e IssuedToken>,
    calls: usize,
    /// Whether one of them was used twice.
    is_exercised: bool,
    allowance: f64,
    /// How many of its fetches nothing explains but that it wanted a token: the first is one.
    unexplained: usize,
}

impl<'e> Account<'e> {
    /// The account of `client`; `judged` says which tokens count.
    fn of(
        client: &Client<'e>,
        instances: usize,
        judged: impl Fn(&IssuedToken) -> bool,
        usable: impl Fn(&IssuedToken) -> Duration,
    ) -> Self {
        let fetches: Vec<_> = client.fetches.iter().map(|fetch| fetch.token).collect();
        let following = fetches.iter().skip(1).map(|next| next.received);
        let ends = following.chain(client.last);
        let judged: Vec<(&IssuedToken, Timestamp)> = fetches
            .iter()
            .copied()
            .zip(ends)
            .filter(|(token, _)| judged(token))
            .collect();
        let lives: f64 = judged
            .iter()
            .map(|(token, end)| {
                between(token.received, *end).as_secs_f64() / usable(token).as_secs_f64()
            })
            .sum();
        let numbers: BTreeSet<u64> = judged.iter().map(|(token, _)| token.sequence).collect();
        // Whoever comes back from tokens that do not count begins anew.
        let returns = fetches
            .windows(2)
            .filter(|pair| {
                !numbers.contains(&pair[0].sequence) && numbers.contains(&pair[1].sequence)
            })
            .count();
        let renewals = client.renewals(instances, &usable);
        let caused = |cause: Cause| {
            let of_judged = renewals.iter().filter(|renewal| {
                renewal.cause == cause && numbers.contains(&renewal.old.sequence)
            });
            of_judged.count()
        };
        let calls = |token: &IssuedToken| client.calls_with(token).len();
        Self {
            calls: judged.iter().map(|(token, _)| calls(token)).sum(),
            is_exercised: judged.iter().any(|(token, _)| calls(token) >= 2),
            allowance: instances as f64 * (1.0 + lives.ceil() + returns as f64)
                + caused(Cause::Refused) as f64,
            unexplained: 1 + caused(Cause::Early),
            fetches: judged.into_iter().map(|(token, _)| token).collect(),
        }
    }

    fn is_excessive(&self) -> bool {
        self.fetches.len() as f64 > self.allowance
    }

    /// Whether it fetches a token for every second call, or more often.
    fn is_failed(&self, rules: &TokenRules) -> bool {
        let enough = usize::try_from(rules.enough_calls.value).unwrap_or(usize::MAX);
        let share = self.unexplained as f64 / self.calls as f64;
        self.calls >= enough && share >= rules.fetch_share.value
    }
}

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let longest = profile.token_lifetime.value;
    let rules = &profile.token_rules;
    let instances = instances(evidence);
    let counts = |token: &IssuedToken| match evidence.subject() {
        Subject::Replay | Subject::Endpoint => true,
        Subject::Connector => is_long(rules, token),
    };
    let clients = clients(evidence, profile);
    let accounts: Vec<Account<'_>> = clients
        .values()
        .map(|client| {
            Account::of(client, instances, counts, |token| {
                match evidence.subject() {
                    Subject::Replay | Subject::Endpoint => usable(token, longest, rules),
                    Subject::Connector => {
                        let lifetime = token.expires_in.unwrap_or(longest).min(longest);
                        let usable = lifetime.saturating_sub(rules.longest_skew.value);
                        usable.max(Duration::from_millis(1))
                    }
                }
            })
        })
        .collect();
    let worst = accounts
        .iter()
        .filter(|account| account.is_excessive())
        .max_by_key(|account| (account.is_failed(rules), account.fetches.len()));
    let ruling = match worst {
        Some(account) => excess(account, rules),
        None if !accounts.iter().any(|account| account.is_exercised) => Ruling::new(
            Level::NotExercised,
            "No client made two calls with one token that it was issued.",
        ),
        None => {
            let fetches: usize = accounts.iter().map(|account| account.fetches.len()).sum();
            let calls: usize = accounts.iter().map(|account| account.calls).sum();
            Ruling::new(
                Level::Pass,
                format!(
                    "{} for {} by {}.",
                    counted(fetches, "token"),
                    counted(calls, "call"),
                    counted(accounts.len(), "client")
                ),
            )
        }
    };
    let issued = evidence
        .tokens()
        .iter()
        .filter_map(|token| token.expires_in);
    let issued = issued.min().map_or_else(
        || "not said".to_owned(),
        |shortest| format!("{} s", shortest.as_secs()),
    );
    let short = evidence
        .tokens()
        .iter()
        .filter(|token| !counts(token))
        .count();
    let short = (short > 0).then(|| {
        format!(
            "Left to TK-03 and TK-09: {} of {} s or less, or of unknown life.",
            counted(short, "token"),
            rules.longest_skew.value.as_secs()
        )
    });
    ruling
        .and_says(short)
        .with("instances", instances)
        .with("shortest lifetime issued", issued)
        .with(
            "token lifetime",
            format!(
                "{} s ({})",
                longest.as_secs(),
                profile.token_lifetime.provenance
            ),
        )
}

/// What is said of a client that fetched more than it may.
fn excess(account: &Account<'_>, rules: &TokenRules) -> Ruling {
    let level = if account.is_failed(rules) {
        Level::Fail
    } else {
        Level::Warn
    };
    let allowance = account.allowance;
    // One more than allowed suffices to show it.
    let shown = account
        .fetches
        .iter()
        .zip(0_u32..)
        .take_while(|(_, before)| f64::from(*before) <= allowance)
        .map(|(token, _)| (token.sequence, token.received));
    Ruling::new(
        level,
        format!(
            "A client fetched {} for {}; {allowance} would have done.",
            counted(account.fetches.len(), "token"),
            counted(account.calls, "call"),
        ),
    )
    .shown_by(Witness::of(shown).with_margin(format!(
        "{} fetched; {allowance} allowed",
        account.fetches.len()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::fixture::found;
    use crate::event::Provocation;
    use crate::exchange::Outcome;
    use crate::history::composer::Composer;

    /// `tokens` tokens, each used for `calls` calls.
    fn client(tokens: usize, calls: usize) -> Composer {
        let mut run = Composer::replay();
        for _ in 0..tokens {
            run.step("Get an access token").token("provider", 28_800);
            for _ in 0..calls {
                run.get_provider();
            }
        }
        run
    }

    #[test]
    fn how_many_tokens_are_too_many() {
        // tokens, calls with each, level
        let table = [
            (1, 0, Level::NotExercised),
            (1, 1, Level::NotExercised),
            (1, 2, Level::Pass),
            (2, 1, Level::NotExercised),
            (2, 10, Level::Pass),
            (3, 10, Level::Warn),
            (10, 1, Level::Warn),
            (20, 1, Level::Fail),
            (10, 2, Level::Fail),
            (9, 3, Level::Warn),
        ];
        for (tokens, calls, level) in table {
            let finding = found(&CHECK, &mut client(tokens, calls));
            assert_eq!(finding.raw, level, "{tokens} {calls}: {}", finding.message);
        }
    }

    #[test]
    fn the_witness_is_one_more_than_allowed() {
        let finding = found(&CHECK, &mut client(20, 1));
        assert_eq!(finding.witness.sequences.len(), 3);
        assert_eq!(
            finding.witness.margin.as_deref(),
            Some("20 fetched; 2 allowed")
        );
    }

    #[test]
    fn a_long_run_may_fetch_again() {
        let mut run = Composer::replay();
        for _ in 0..4 {
            run.step("Get an access token").token("provider", 28_800);
            for _ in 0..10 {
                run.get_provider();
            }
            run.wait(Duration::from_hours(8));
        }
        assert_eq!(found(&CHECK, &mut run).raw, Level::Pass);
    }

    /// `tokens` tokens for `lifetime` seconds, each used for two calls, fetched `apart` seconds
    /// apart.
    fn renewing(tokens: usize, lifetime: u64, apart: u64) -> Composer {
        let mut run = Composer::replay();
        for _ in 0..tokens {
            run.step("Get an access token").token("provider", lifetime);
            // Three exchanges take 300 ms.
            run.get_provider()
                .get_provider()
                .wait(Duration::from_millis(apart * 1_000 - 300));
        }
        run
    }

    #[test]
    fn the_lifetime_that_was_issued_counts_where_it_is_shorter_than_the_profiles() {
        // Usable are 48 of 60 seconds, and 480 minutes less 5 minutes.
        for (lifetime, apart, level) in [
            (60, 48, Level::Pass),
            (60, 60, Level::Pass),
            (60, 20, Level::Fail),
            (28_800, 48, Level::Fail),
            (28_800, 28_500, Level::Pass),
            (999_999, 28_500, Level::Pass),
        ] {
            let finding = found(&CHECK, &mut renewing(12, lifetime, apart));
            assert_eq!(
                finding.raw, level,
                "{lifetime} {apart}: {}",
                finding.message
            );
        }
    }

    #[test]
    fn a_fetch_after_a_401_is_explained_and_one_after_a_401_on_purpose_is_not() {
        let renewing = |provokes: &[Provocation]| {
            let mut run = Composer::replay();
            for _ in 0..12 {
                run.step("Get an access token").token("provider", 28_800);
                run.get_provider()
                    .provoking("Refused", provokes)
                    .get_provider_again()
                    .with(|exchange| match &mut exchange.outcome {
                        Outcome::Response(response) => response.status = 401,
                        Outcome::Failure(_) => unreachable!("it was answered"),
                    });
            }
            found(&CHECK, &mut run).raw
        };
        assert_eq!(renewing(&[]), Level::Pass);
        assert_eq!(renewing(&[Provocation::BadKey]), Level::Fail);
    }

    #[test]
    fn two_clients_have_a_token_each() {
        let mut run = Composer::replay();
        for client in ["provider", "product"] {
            run.step("Get an access token").token(client, 28_800);
            for _ in 0..3 {
                run.get_provider();
            }
        }
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.message, "2 tokens for 6 calls by 2 clients.");
    }
}
