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
//! For each client: with `D` from its first to its last exchange, token lifetime `L` (profile) and
//! an allowed skew `s` = the smaller of 300 s and `L`/5, it may fetch `1 + ⌈D/(L − s)⌉` tokens. More
//! is FAIL if there is one fetch for every two calls, or more, over at least 20 calls; otherwise
//! WARN. NOT_EXERCISED where no client that fetched a token made two calls with it. Calls are those
//! to the Provider API and the Consumer API with a token that was issued in this history.
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
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::between;
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
    // What may fail is one token for every second call: that is stated, whatever the lifetime.
    provenance: |_| Provenance::Stated,
    flips_if: "it rests on what is stated already",
    source: include_str!("reuse.rs"),
    rule,
};

/// What one client did.
#[derive(Default)]
struct Client {
    fetches: Vec<(u64, Timestamp)>,
    calls: usize,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

impl Client {
    fn saw(&mut self, at: Timestamp) {
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
    }

    /// How many tokens it may fetch.
    fn allowance(&self, usable: Duration) -> f64 {
        let duration = match (self.first, self.last) {
            (Some(first), Some(last)) => between(first, last),
            (None, _) | (_, None) => Duration::ZERO,
        };
        if duration.is_zero() {
            1.0
        } else {
            1.0 + (duration.as_secs_f64() / usable.as_secs_f64()).ceil()
        }
    }
}

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let lifetime = profile.token_lifetime.value;
    let usable = lifetime.saturating_sub(SKEW.min(lifetime / 5));
    let mut clients: BTreeMap<&str, Client> = BTreeMap::new();
    for token in evidence.tokens() {
        let client = clients.entry(&token.client).or_default();
        client.fetches.push((token.sequence, token.received));
        client.saw(token.received);
    }
    for call in evidence.calls() {
        if let Some(token) = evidence.token_of(call) {
            let client = clients.entry(&token.client).or_default();
            client.calls += 1;
            client.saw(call.began());
        }
    }
    let exercised = clients.values().filter(|client| client.calls >= 2).count();
    let worst = clients
        .values()
        .filter(|client| client.fetches.len() as f64 > client.allowance(usable))
        .max_by_key(|client| (is_failed(client), client.fetches.len()));
    let ruling = match worst {
        Some(client) => {
            let level = if is_failed(client) {
                Level::Fail
            } else {
                Level::Warn
            };
            let margin = format!(
                "{} fetched; {} allowed",
                client.fetches.len(),
                client.allowance(usable)
            );
            Ruling::new(
                level,
                format!(
                    "A client fetched {} for {}; {} would have done.",
                    counted(client.fetches.len(), "token"),
                    counted(client.calls, "call"),
                    client.allowance(usable)
                ),
            )
            // One more than allowed suffices to show it.
            .shown_by(
                Witness::of(
                    client
                        .fetches
                        .iter()
                        .copied()
                        .zip(0_u32..)
                        .take_while(|(_, before)| f64::from(*before) <= client.allowance(usable))
                        .map(|(fetch, _)| fetch),
                )
                .with_margin(margin),
            )
        }
        None if exercised == 0 => Ruling::new(
            Level::NotExercised,
            "No client made two calls with a token that it was issued.",
        ),
        None => {
            let fetches: usize = clients.values().map(|client| client.fetches.len()).sum();
            let calls: usize = clients.values().map(|client| client.calls).sum();
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
    ruling.with(
        "token lifetime",
        format!(
            "{} s ({})",
            lifetime.as_secs(),
            profile.token_lifetime.provenance
        ),
    )
}

/// Whether it fetches a token for every second call, or more often.
fn is_failed(client: &Client) -> bool {
    client.calls >= ENOUGH && client.fetches.len() * 2 >= client.calls
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::fixture::found;
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
