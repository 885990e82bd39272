//! An operation is not tried more often than the policy says.
//!
//! # What is required
//!
//! An operation that is refused again and again is tried no more often than declared, the first time
//! included; without a declaration, than the profile's `maximum-attempts`. Afterwards it rests.
//!
//! # Why
//!
//! What failed five times in a row will not pass the sixth time a moment later; whatever is tried
//! for ever keeps a throttled platform throttled.
//!
//! # How it is judged
//!
//! The attempts of an operation are counted in rounds: a rest of twice the longest wait ends a round,
//! and so does an answer that is neither 429, 5xx nor none. Requests for tokens are left out: all are
//! alike. FAIL where a round has more attempts than
//! allowed. PASS asks for a round that was refused to its last allowed attempt, or for a throttling of
//! three times the longest wait that was met with fewer. Else NOT_EXERCISED.
//!
//! Park what is exhausted, do not drop it: Java, a JMS or SQS queue with a delay; .NET, a hosted
//! service over an outbox table; Node, BullMQ `attempts` and a delayed job; Python, Celery
//! `max_retries` and a beat job; Go, an outbox table and a ticker.
//!
//! # An example that conforms
//!
//! Five attempts within 15 s, then nothing for 96 s, then another five.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/setup` (the provider backs off appropriately). The numbers
//! are those of the declaration, else the profile's: AWS SDKs try three times, the profile allows
//! five.

use std::time::Duration;

use super::policy::{longest_wait, most_attempts};
use super::seconds::seconds;
use super::spell::Spell;
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::{Vantage, between};
use crate::history::{Api, Call};
use crate::profile::{Profile, Provenance};

/// BK-11.
pub const CHECK: Check = Check {
    id: "BK-11",
    family: Family::Backoff,
    title: "An operation is not tried more often than the policy says",
    clauses: &["PO-BACKOFF"],
    subjects: &[Subject::Connector],
    // Attempts are counted; the network adds none.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Assumed,
    severest: Level::Fail,
    flips_if: "a number of attempts is agreed with the platform",
    source: include_str!("attempts.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let most = most_attempts(evidence, profile);
    let cap = longest_wait(evidence, profile);
    let rest = cap * 2;
    let groups = evidence.groups();
    let rounds: Vec<Vec<&Call<'_>>> = groups
        .iter()
        // Requests for tokens are all alike: nobody can tell attempts from operations.
        .filter(|group| group[0].endpoint.api == Api::Provider)
        .flat_map(|group| rounds(group, rest))
        .collect();
    let longest = rounds.iter().max_by_key(|round| round.len());
    let tried = longest.map_or(0, Vec::len);
    let reached = rounds
        .iter()
        .any(|round| round.len() >= most && round.last().is_some_and(|call| is_refused(call)));
    let survived = Spell::all(evidence)
        .iter()
        .any(|spell| spell.length >= cap * 3 && !spell.refused(evidence).is_empty());
    let ruling = match longest {
        Some(round) if tried > most => {
            let first = round[0];
            let extra = round[most];
            Ruling::new(
                Level::Fail,
                format!(
                    "{} was tried {} times within {}, where {most} are allowed.",
                    first.endpoint.operation,
                    tried,
                    seconds(between(first.began(), round[tried - 1].began())),
                ),
            )
            .shown_by(
                Witness::of([first.place(), extra.place()])
                    .with_margin(format!("{} too many", tried - most)),
            )
        }
        _ if reached => Ruling::new(
            Level::Pass,
            format!("No operation was tried more than {tried} times before it rested."),
        ),
        _ if survived => Ruling::new(
            Level::Pass,
            format!(
                "{} at most; throttling of {} or more did not use them up.",
                counted(tried, "attempt"),
                seconds(cap * 3)
            ),
        ),
        _ => Ruling::new(
            Level::NotExercised,
            format!(
                "No operation was refused {most} times in a row: {} at most.",
                counted(tried, "attempt")
            ),
        ),
    };
    let source = match evidence
        .declaration()
        .retry
        .and_then(|retry| retry.attempts)
    {
        Some(_) => "declared",
        None => "of the profile",
    };
    ruling
        .with("attempts allowed", format!("{most} ({source})"))
        .with("attempts seen", tried)
        .with("a rest", seconds(rest))
}

/// The attempts of one operation, round by round; what was sent before the answer to another was
/// there is none of them.
fn rounds<'e>(group: &[&'e Call<'e>], rest: Duration) -> Vec<Vec<&'e Call<'e>>> {
    let mut rounds: Vec<Vec<&Call<'_>>> = Vec::new();
    let mut answered = None;
    for call in group {
        if answered.is_some_and(|answered| call.began() < answered) {
            continue;
        }
        answered = Some(call.ended());
        let goes_on = rounds
            .last()
            .and_then(|round| round.last())
            .is_some_and(|before| {
                is_refused(before) && between(before.ended(), call.began()) < rest
            });
        match rounds.last_mut() {
            Some(round) if goes_on => round.push(call),
            Some(_) | None => rounds.push(vec![call]),
        }
    }
    rounds
}

/// Whether trying again may help, apart from another token.
fn is_refused(call: &Call<'_>) -> bool {
    matches!(call.status(), None | Some(429 | 500..=599))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::conformance::fixture::{PROVIDER, found};
    use crate::history::composer::Composer;
    use crate::profile::{Declaration, DeclaredGrowth, DeclaredJitter, DeclaredRetry};

    /// Attempts with so many seconds between them; all are answered with `status`.
    fn tried(status: u16, waits: &[u64]) -> Composer {
        let mut run = Composer::of(Subject::Connector);
        run.send("GET", PROVIDER, Value::Null, status, Value::Null);
        for wait in waits {
            run.wait(Duration::from_secs(*wait)).again(
                "GET",
                PROVIDER,
                Value::Null,
                status,
                Value::Null,
            );
        }
        run
    }

    #[test]
    fn rounds_are_parted_by_rests() {
        let table: [(u16, &[u64], Level); 6] = [
            (429, &[1, 2, 4], Level::NotExercised),
            (429, &[1, 2, 4, 8], Level::Pass),
            (429, &[1, 2, 4, 8, 16], Level::Fail),
            (429, &[1, 2, 4, 8, 64, 1, 2, 4, 8], Level::Pass),
            (429, &[1, 2, 4, 8, 60, 1], Level::Fail),
            (401, &[1, 1, 1, 1, 1, 1, 1], Level::NotExercised),
        ];
        for (status, waits, level) in table {
            let finding = found(&CHECK, &mut tried(status, waits));
            assert_eq!(finding.raw, level, "{waits:?}: {}", finding.message);
        }
    }

    #[test]
    fn the_declared_number_counts() {
        let history = tried(429, &[1, 2, 4]).history();
        let profile = Profile::built_in();
        for (attempts, level) in [(3, Level::Fail), (4, Level::Pass), (9, Level::NotExercised)] {
            let retry = DeclaredRetry {
                growth: DeclaredGrowth::Exponential(2.0),
                base: Duration::from_secs(1),
                cap: Duration::from_secs(32),
                jitter: DeclaredJitter::Equal,
                attempts: Some(attempts),
            };
            let evidence = Evidence::of(&history, &profile).declared(Declaration {
                retry: Some(retry),
                ..Declaration::default()
            });
            assert_eq!(CHECK.judge(&evidence, &profile).raw, level, "{attempts}");
        }
    }
}
