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
//! profile, the allowed skew `s` the smaller of 300 s and `L`/5. For each client: it may fetch one
//! token, one more for each usable life that passes until its last exchange (rounded up), and one
//! more for each token that was refused with 401 before the next was fetched. More is FAIL if there
//! is one fetch for every two calls, or more, over at least 20 calls, those left out that come after
//! the usable life of the token before or after a 401; otherwise WARN. NOT_EXERCISED where no client
//! made two calls with one token. Calls are those to the Provider API and the Consumer API with a
//! token that was issued in this history.
//!
//! # An example that conforms
//!
//! One token, then 400 calls with it in 20 minutes.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/setup`, `…/integrate` (a token is reused until it
//! expires; one for each request is against the requirements); RFC 6749 §5.1 `expires_in`.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::Timestamp;
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, IssuedToken, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::{Vantage, between};
use crate::profile::{Profile, Provenance};

/// The least number of calls by which a client is failed.
const ENOUGH: usize = 20;

/// The largest skew that is allowed.
const SKEW: Duration = Duration::from_mins(5);

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

/// What one client did.
#[derive(Default)]
struct Client<'e> {
    fetches: Vec<&'e IssuedToken>,
    /// How many calls it made with each token, by the sequence number of its issue.
    calls: BTreeMap<u64, usize>,
    /// The tokens with which a call was refused by 401, and the sequence number of the first such
    /// call.
    refused: BTreeMap<u64, u64>,
    last: Option<Timestamp>,
}

impl<'e> Client<'e> {
    fn saw(&mut self, at: Timestamp) {
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
    }

    fn calls(&self) -> usize {
        self.calls.values().sum()
    }

    fn is_exercised(&self) -> bool {
        self.calls.values().any(|calls| *calls >= 2)
    }

    /// Each token but the last with the one that followed it.
    fn renewals(&self) -> impl Iterator<Item = (&'e IssuedToken, &'e IssuedToken)> {
        let following = self.fetches.iter().skip(1);
        self.fetches.iter().copied().zip(following.copied())
    }

    /// Whether the platform refused `token` before `next` was fetched.
    fn was_refused(&self, token: &IssuedToken, next: &IssuedToken) -> bool {
        let refused = self.refused.get(&token.sequence);
        refused.is_some_and(|call| *call < next.sequence)
    }

    /// How many tokens it may fetch: one, one for each time that a token's usable life had passed,
    /// and one for each that was refused.
    fn allowance(&self, longest: Duration) -> f64 {
        let ends = self.fetches.iter().skip(1).map(|next| next.received);
        let lives: f64 = self
            .fetches
            .iter()
            .zip(ends.chain(self.last))
            .map(|(token, end)| {
                between(token.received, end).as_secs_f64() / usable(token, longest).as_secs_f64()
            })
            .sum();
        let refused = self
            .renewals()
            .filter(|(token, next)| self.was_refused(token, next))
            .count();
        1.0 + lives.ceil() + refused as f64
    }

    /// How many of its fetches nothing explains but that it wanted a token: the first is one.
    fn unexplained(&self, longest: Duration) -> usize {
        let unexplained = self.renewals().filter(|(token, next)| {
            let expired = between(token.received, next.received) >= usable(token, longest);
            !expired && !self.was_refused(token, next)
        });
        1 + unexplained.count()
    }

    /// Whether it fetches a token for every second call, or more often.
    fn is_failed(&self, longest: Duration) -> bool {
        self.calls() >= ENOUGH && self.unexplained(longest) * 2 >= self.calls()
    }
}

/// How long a client is expected to use `token`: its lifetime, but at most `longest`, less the skew.
fn usable(token: &IssuedToken, longest: Duration) -> Duration {
    let lifetime = token.expires_in.unwrap_or(longest).min(longest);
    let usable = lifetime.saturating_sub(SKEW.min(lifetime / 5));
    // Whoever issues tokens that are never good has them fetched as often as need be.
    usable.max(Duration::from_millis(1))
}

fn clients<'e>(evidence: &'e Evidence<'_>) -> BTreeMap<&'e str, Client<'e>> {
    let mut clients: BTreeMap<&str, Client<'_>> = BTreeMap::new();
    for token in evidence.tokens() {
        let client = clients.entry(&token.client).or_default();
        client.fetches.push(token);
        client.saw(token.received);
    }
    for call in evidence.calls() {
        if let Some(token) = evidence.token_of(call) {
            let client = clients.entry(&token.client).or_default();
            *client.calls.entry(token.sequence).or_default() += 1;
            client.saw(call.began());
            // A refusal on purpose is no reason for a new token.
            if call.status() == Some(401) && call.provokes.is_empty() {
                client
                    .refused
                    .entry(token.sequence)
                    .or_insert(call.sequence);
            }
        }
    }
    clients
}

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let longest = profile.token_lifetime.value;
    let clients = clients(evidence);
    let exercised = clients.values().any(Client::is_exercised);
    let worst = clients
        .values()
        .filter(|client| client.fetches.len() as f64 > client.allowance(longest))
        .max_by_key(|client| (client.is_failed(longest), client.fetches.len()));
    let ruling = match worst {
        Some(client) => excess(client, longest),
        None if !exercised => Ruling::new(
            Level::NotExercised,
            "No client made two calls with one token that it was issued.",
        ),
        None => {
            let fetches: usize = clients.values().map(|client| client.fetches.len()).sum();
            let calls: usize = clients.values().map(Client::calls).sum();
            Ruling::new(
                Level::Pass,
                format!(
                    "{} for {} by {}.",
                    counted(fetches, "token"),
                    counted(calls, "call"),
                    counted(clients.len(), "client")
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
    ruling.with("shortest lifetime issued", issued).with(
        "token lifetime",
        format!(
            "{} s ({})",
            longest.as_secs(),
            profile.token_lifetime.provenance
        ),
    )
}

/// What is said of a client that fetched more than it may.
fn excess(client: &Client<'_>, longest: Duration) -> Ruling {
    let level = if client.is_failed(longest) {
        Level::Fail
    } else {
        Level::Warn
    };
    let allowance = client.allowance(longest);
    // One more than allowed suffices to show it.
    let shown = client
        .fetches
        .iter()
        .zip(0_u32..)
        .take_while(|(_, before)| f64::from(*before) <= allowance)
        .map(|(token, _)| (token.sequence, token.received));
    Ruling::new(
        level,
        format!(
            "A client fetched {} for {}; {allowance} would have done.",
            counted(client.fetches.len(), "token"),
            counted(client.calls(), "call"),
        ),
    )
    .shown_by(Witness::of(shown).with_margin(format!(
        "{} fetched; {allowance} allowed",
        client.fetches.len()
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
