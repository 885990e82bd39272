//! A token without `expires_in` is used more than once.
//!
//! # What is required
//!
//! Where the answer does not say how long the token lives, the client uses it until the platform
//! refuses it, or for a time of its own; it does not fetch one for each call.
//!
//! # Why
//!
//! `expires_in` is only recommended. A client that takes its absence for "already expired" fetches a
//! token for each request.
//!
//! # How it is judged
//!
//! Of tokens that were issued without `expires_in`: WARN where more than `early-share` of them were
//! replaced after one call at most, with no 401 that would explain it. Reported as INFO until the
//! platform is known to leave it out. A PASS needs such a token that was used for two calls;
//! NOT_EXERCISED otherwise.
//!
//! # An example that conforms
//!
//! A token without `expires_in`, forty calls, a 401, a new token.
//!
//! # Sources
//!
//! RFC 6749 §5.1 (`expires_in` is RECOMMENDED).

use std::time::Duration;

use super::client::{Cause, clients, instances};
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::Profile;

/// TK-09.
pub const CHECK: Check = Check {
    id: "TK-09",
    family: Family::Token,
    title: "A token without expires_in is used more than once",
    clauses: &["PO-TOKEN"],
    subjects: &[Subject::Connector],
    // It counts.
    vantages: &Vantage::ALL,
    provenance: |profile| profile.token.expires_in.provenance,
    severest: Level::Warn,
    flips_if: "the platform confirms that it leaves expires_in out",
    source: include_str!("unknown_life.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let clients = clients(evidence, profile);
    let issued = evidence
        .tokens()
        .iter()
        .filter(|token| token.expires_in.is_none())
        .count();
    let mut hasty = Vec::new();
    let mut used_twice = 0;
    for client in clients.values() {
        let unknown = client
            .fetches
            .iter()
            .filter(|fetch| fetch.token.expires_in.is_none());
        used_twice += unknown
            .filter(|fetch| client.calls_with(fetch.token).len() >= 2)
            .count();
        let renewals = client.renewals(instances(evidence), |token| {
            token.expires_in.unwrap_or(Duration::MAX)
        });
        hasty.extend(renewals.into_iter().filter(|renewal| {
            renewal.old.expires_in.is_none()
                && renewal.cause == Cause::Early
                && client.calls_with(renewal.old).len() <= 1
        }));
    }
    let share = hasty.len() as f64 / issued.max(1) as f64;
    match hasty.first() {
        Some(first) if share > profile.token_rules.early_share.value => Ruling::new(
            Level::Warn,
            format!(
                "{} of {} without expires_in were replaced after one call or none.",
                hasty.len(),
                counted(issued, "token")
            ),
        )
        .shown_by(Witness::of([
            (first.old.sequence, first.old.received),
            (first.new.token.sequence, first.new.began),
        ])),
        Some(_) | None if used_twice == 0 => Ruling::new(
            Level::NotExercised,
            format!(
                "{} without expires_in; none was used for two calls.",
                counted(issued, "token")
            ),
        ),
        Some(_) | None => Ruling::new(
            Level::Pass,
            format!(
                "{} without expires_in, {used_twice} of them used for several calls.",
                counted(issued, "token")
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::check::token::fixture::without_lifetime;
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;

    /// So many tokens, each used for so many calls.
    fn tokens(count: usize, calls: usize) -> Composer {
        let mut run = Composer::of(Subject::Connector);
        for _ in 0..count {
            without_lifetime(&mut run);
            for _ in 0..calls {
                run.get_provider();
            }
        }
        run
    }

    #[test]
    fn a_token_for_each_call_is_a_warning() {
        for (count, calls, level) in [
            (1, 1, Level::NotExercised),
            (1, 2, Level::Pass),
            (5, 2, Level::Pass),
            (5, 1, Level::Warn),
            (5, 0, Level::Warn),
        ] {
            let finding = found(&CHECK, &mut tokens(count, calls));
            assert_eq!(finding.raw, level, "{count} {calls}: {}", finding.message);
        }
    }
}
