//! A short life does not make a client fetch a token for each call.
//!
//! # What is required
//!
//! A token that lives for a minute or two is still used for more than one call.
//!
//! # Why
//!
//! A client that renews a fixed time before the end never finds a token good whose whole life is
//! shorter than that. It then fetches one for each call, which is against the requirements, on the
//! day on which the platform shortens the lives of its tokens.
//!
//! # How it is judged
//!
//! Of tokens whose life is no longer than `longest-skew` of the profile: a renewal is explained by a
//! 401, by a declared instance that has no token, and by age once no more than `skew-share` of the
//! life is left. REVIEW where more than `early-share` of the fetches are not explained: "a fixed skew
//! as long as the life". It is never FAIL: a fixed skew is a usual and correct way, and only the mock
//! issues such tokens, so it is reported as INFO until the platform does. NOT_EXERCISED where no such
//! token was renewed.
//!
//! Recipe: renew at `min(skew, life / 5)` before the end. Java: `setClockSkew` of Spring's providers
//! is fixed (60 s); .NET: MSAL's is fixed (300 s); Go: `oauth2` uses 10 s; Python: `leeway` of
//! `authlib` is 60 s.
//!
//! # An example that conforms
//!
//! Tokens for 60 s, and a new one every 50 s.
//!
//! # Sources
//!
//! `spec/judging.md` 5.3; transip/gotransip#29 (a fixed skew longer than the life).

use std::time::Duration;

use super::client::{Cause, Renewal, clients, instances, is_short, skew};
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::{Profile, Provenance};

/// TK-03.
pub const CHECK: Check = Check {
    id: "TK-03",
    family: Family::Token,
    title: "A short life does not make a client fetch a token for each call",
    clauses: &["PO-TOKEN"],
    subjects: &[Subject::Connector],
    // It counts; a latency only makes a token older.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Assumed,
    severest: Level::Review,
    flips_if: "the platform really issues tokens that live so short",
    source: include_str!("short_life.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let rules = &profile.token_rules;
    let clients = clients(evidence, profile);
    let renewals: Vec<Renewal<'_>> = clients
        .values()
        .flat_map(|client| {
            client.renewals(instances(evidence), |token| {
                token.expires_in.map_or(Duration::MAX, |lifetime| {
                    lifetime.saturating_sub(skew(rules, lifetime))
                })
            })
        })
        .filter(|renewal| is_short(rules, renewal.old))
        .collect();
    let early: Vec<&Renewal<'_>> = renewals
        .iter()
        .filter(|renewal| renewal.cause == Cause::Early)
        .collect();
    let share = early.len() as f64 / renewals.len().max(1) as f64;
    let skew = renewals
        .iter()
        .filter(|renewal| renewal.cause != Cause::Refused)
        .filter_map(Renewal::skew)
        .max();
    let ruling = match early.as_slice() {
        [] if renewals.is_empty() => Ruling::new(
            Level::NotExercised,
            format!(
                "No token was renewed whose life is {} s or less.",
                rules.longest_skew.value.as_secs()
            ),
        ),
        [worst, ..] if share > rules.early_share.value => Ruling::new(
            Level::Review,
            format!(
                "{} of {} came while the old token lived: a fixed skew as long as the life of such \
                 tokens would explain it.",
                early.len(),
                counted(renewals.len(), "renewal")
            ),
        )
        .shown_by(
            Witness::of([
                (worst.old.sequence, worst.old.received),
                (worst.new.token.sequence, worst.new.began),
            ])
            .with_margin(format!(
                "{} s old of {} s",
                worst.age().as_secs(),
                worst.old.expires_in.unwrap_or_default().as_secs()
            )),
        ),
        _ => Ruling::new(
            Level::Pass,
            format!(
                "{} of short-lived tokens, {} of them early.",
                counted(renewals.len(), "renewal"),
                early.len()
            ),
        ),
    };
    ruling.with(
        "largest skew",
        skew.map_or_else(|| "none".to_owned(), |skew| format!("{} s", skew.as_secs())),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;

    /// Tokens for so many seconds, ten of them, fetched so far apart.
    fn fetching(lifetime: u64, apart: u64) -> Composer {
        let mut run = Composer::of(Subject::Connector);
        for _ in 0..10 {
            run.token("provider", lifetime)
                .wait(Duration::from_secs(apart));
        }
        run
    }

    #[test]
    fn only_short_lives_count_and_only_early_renewals_speak_against_a_client() {
        for (lifetime, apart, level) in [
            (60, 50, Level::Pass),
            (60, 60, Level::Pass),
            (60, 1, Level::Review),
            (300, 1, Level::Review),
            (301, 1, Level::NotExercised),
        ] {
            let finding = found(&CHECK, &mut fetching(lifetime, apart));
            assert_eq!(
                finding.raw, level,
                "{lifetime} {apart}: {}",
                finding.message
            );
            if level == Level::Review {
                assert_eq!(finding.reported, Level::Info);
            }
        }
    }
}
