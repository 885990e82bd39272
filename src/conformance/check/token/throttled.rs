//! The token endpoint is given time when it refuses.
//!
//! # What is required
//!
//! After 429 or 503 from the token endpoint a client waits before it asks again: as long as
//! `Retry-After` says, else by its own backoff. Whoever still holds a good token goes on with it.
//!
//! # Why
//!
//! Without a token nothing can be done, so an impatient client hammers the one service that everybody
//! needs.
//!
//! # How it is judged
//!
//! For each refusal with 429 or 503: the next request for a token of the same operation begins no
//! earlier than `Retry-After` names, less the tolerance `early` (and a second for dates, which are left
//! to BK-06 until the platform says that it sends any); that is raw FAIL, reported as REVIEW until the
//! platform confirms that it sends hints. Without a hint, FAIL
//! where most waits are below `backoff.minimum-wait`, and so many that a client whose waits
//! double with full jitter would have them less often than `certainty` says: one short wait may be
//! chance. That is reported as REVIEW where a client whose waits double from `minimum-wait` might have
//! them: its first retries are short by right. What was on its way when the refusal came is no retry; and requests for tokens are all
//! alike, so of a client with several declared instances the next one may be another's. How many calls
//! were made with a good token meanwhile is reported. NOT_EXERCISED where no request for a token was refused so, or none was tried again.
//!
//! # An example that conforms
//!
//! `POST /oauth/token` → 429 with `Retry-After: 3`; the next one 3.2 s later.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/setup` (the provider backs off suitably); RFC 9110
//! §10.2.3 and §15.6.4.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use super::client::{instances, requests};
use crate::base::{Timestamp, later, time_of_day};
use crate::conformance::check::{Check, Family};
use crate::conformance::wait::{Wait, are_none, short_of, within};
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::{Vantage, between};
use crate::history::Call;
use crate::profile::{Profile, Provenance};

/// TK-07.
pub const CHECK: Check = Check {
    id: "TK-07",
    family: Family::Token,
    title: "The token endpoint is given time when it refuses",
    clauses: &["PO-TOKEN", "PO-BACKOFF"],
    subjects: &[Subject::Connector],
    // On the way the network only lengthens a wait.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Stated,
    severest: Level::Fail,
    flips_if: "the platform confirms that it sends Retry-After",
    source: include_str!("throttled.rs"),
    rule,
};

/// What has to be seen before waits without a hint fail a client whatever its base is.
const NONE_OF_ANY_BASE: &str =
    "the waits are none even of a client whose waits double from minimum-wait";

/// A wait that was too short.
struct Early<'e> {
    wait: Wait<'e>,
    earliest: Timestamp,
    by: Duration,
    rests_on: Provenance,
    /// Whether a client with a smaller base than the profile's might have it by right.
    is_arguable: bool,
}

impl Early<'_> {
    /// What is sure comes first, then what is worst.
    fn rank(&self) -> impl Ord + use<> {
        let is_sure = self.rests_on == Provenance::Stated && !self.is_arguable;
        (!is_sure, Reverse(self.by))
    }

    fn ruling(&self, rest: usize) -> Ruling {
        let by = self.by.as_millis();
        let ruling = Ruling::new(
            Level::Fail,
            format!(
                "A token was asked for again {by} ms too early after {}{}.",
                self.wait.refused.status().unwrap_or_default(),
                and_more(rest)
            ),
        )
        .resting_on(self.rests_on)
        .shown_by(Witness::of(self.wait.places()).with_margin(format!(
            "{by} ms early; earliest allowed {}",
            time_of_day(self.earliest)
        )));
        if self.is_arguable {
            ruling.at_most(Level::Review, NONE_OF_ANY_BASE)
        } else {
            ruling
        }
    }
}

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let backoff = &profile.backoff;
    let minimum = backoff.minimum_wait.value;
    let (refusals, waits) = retries(evidence);
    let (hinted, own): (Vec<Wait<'_>>, Vec<Wait<'_>>) =
        waits.iter().partition(|wait| wait.refused.hint().is_some());
    let mut early: Vec<Early<'_>> = hinted
        .into_iter()
        .filter_map(|wait| before_the_hint(wait, profile))
        .collect();
    let short = short_of(&own, minimum);
    if are_none(&own, backoff, backoff.base.value) {
        let is_arguable = !are_none(&own, backoff, minimum);
        let short = own.iter().filter(|wait| wait.length < minimum);
        early.extend(short.map(|wait| Early {
            wait: *wait,
            earliest: later(wait.refused.ended(), minimum),
            by: minimum.saturating_sub(wait.length),
            rests_on: Provenance::Stated,
            is_arguable,
        }));
    }
    let rest = early.len().saturating_sub(1);
    let ruling = match early.iter().min_by_key(|early| early.rank()) {
        Some(worst) => worst.ruling(rest),
        None if waits.is_empty() => Ruling::new(
            Level::NotExercised,
            format!(
                "{} of token requests with 429 or 503; none was tried again.",
                counted(refusals, "refusal")
            ),
        ),
        None => {
            let waits = counted(waits.len(), "wait");
            let told = match short {
                0 => "each long enough".to_owned(),
                short => format!("{short} of them short, too few to convict"),
            };
            Ruling::new(
                Level::Pass,
                format!("{waits} at the token endpoint, {told}."),
            )
        }
    };
    let mut good: Vec<Timestamp> = evidence
        .calls()
        .iter()
        .filter(|call| evidence.token_of(call).is_some())
        .map(Call::began)
        .collect();
    good.sort_unstable();
    let meanwhile: usize = waits
        .iter()
        .map(|wait| within(&good, wait.refused.ended(), wait.next.began()))
        .sum();
    ruling
        .with("calls with a good token meanwhile", meanwhile)
        .with("minimum wait", format!("{} ms", minimum.as_millis()))
}

/// How many requests for a token were refused for a while, and the waits of those that were tried
/// again.
fn retries<'e>(evidence: &'e Evidence<'_>) -> (usize, Vec<Wait<'e>>) {
    let mut operations: BTreeMap<u64, Vec<&Call<'_>>> = BTreeMap::new();
    for asked in requests(evidence) {
        let attempts = operations.entry(asked.attempt.group).or_default();
        attempts.push(asked);
    }
    let mut refusals = 0;
    let mut waits = Vec::new();
    for attempts in operations.values() {
        for (place, refused) in attempts.iter().enumerate() {
            if !refused.is_throttled() || !refused.provokes.is_empty() {
                continue;
            }
            refusals += 1;
            // What was on its way already is no retry; and each instance has its own.
            let next = attempts[place + 1..]
                .iter()
                .filter_map(|next| Wait::between(refused, next))
                .nth(instances(evidence) - 1);
            waits.extend(next);
        }
    }
    (refusals, waits)
}

/// `wait`, where it ended before the time that the platform had named.
fn before_the_hint<'e>(wait: Wait<'e>, profile: &Profile) -> Option<Early<'e>> {
    let hint = wait.refused.hint()?;
    // BK-06 judges it.
    if hint.is_date() && !profile.throttle.sends_dates() {
        return None;
    }
    let earliest = later(wait.refused.ended(), hint.wait);
    let by = between(wait.next.began(), earliest);
    (by > profile.tolerances.early.value + hint.coarseness).then_some(Early {
        wait,
        earliest,
        by,
        // Who was told nothing of hints by the platform rests on a page of a sibling service.
        rests_on: match profile.throttle.retry_after.provenance {
            Provenance::Stated => Provenance::Stated,
            Provenance::Inferred | Provenance::Assumed => Provenance::Inferred,
        },
        is_arguable: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::check::token::fixture::refused_token;
    use crate::conformance::fixture::found;
    use crate::event::Subject;
    use crate::exchange::Outcome;
    use crate::history::composer::Composer;

    /// Rows of requests for a token that are refused by 503 until the last of each; so many
    /// milliseconds are waited before the others.
    fn asked(rows: &[&[u64]]) -> crate::conformance::Finding {
        let mut run = Composer::of(Subject::Connector);
        let refuse = |run: &mut Composer| {
            run.with(|exchange| {
                if let Outcome::Response(response) = &mut exchange.outcome {
                    response.status = 503;
                }
            });
        };
        for row in rows {
            run.token("provider", 28_800);
            for wait in *row {
                refuse(&mut run);
                // An exchange is followed by a pause of 40 ms.
                run.back(Duration::from_millis(40))
                    .wait(Duration::from_millis(*wait))
                    .token("provider", 28_800)
                    .another_attempt();
            }
            run.get_provider();
        }
        found(&CHECK, &mut run)
    }

    #[test]
    fn one_longer_wait_does_not_excuse_those_that_hammer() {
        let mut waits = [10; 16];
        assert_eq!(asked(&[&waits]).reported, Level::Fail);
        waits[8] = 250;
        let finding = asked(&[&waits]);
        assert_eq!(finding.reported, Level::Fail, "{}", finding.message);
        assert!(
            finding
                .message
                .contains("190 ms too early after 503; 14 more")
        );
    }

    #[test]
    fn a_first_retry_that_is_short_by_right_is_for_review_at_most() {
        // Full jitter from 200 ms, with a fresh token each time; or one immediate retry.
        for rows in [
            [150_u64, 20, 60, 110, 5, 190, 90, 40],
            [1, 1, 1, 1, 1, 1, 1, 1],
        ] {
            let rows: Vec<&[u64]> = rows.iter().map(std::slice::from_ref).collect();
            let finding = asked(&rows);
            assert_eq!(
                (finding.raw, finding.reported),
                (Level::Fail, Level::Review)
            );
        }
        // At once, and then it waits.
        let finding = asked(&[&[2, 2_000, 4_000], &[2, 2_000]]);
        assert_eq!(
            (finding.reported, finding.message.as_str()),
            (
                Level::Pass,
                "5 waits at the token endpoint, 2 of them short, too few to convict."
            )
        );
    }

    #[test]
    fn an_immediate_retry_is_a_failure_and_an_early_one_is_for_review() {
        // hint, wait in milliseconds, raw, reported
        let table = [
            // Once may be chance.
            (None, 100, Level::Pass, Level::Pass),
            (None, 300, Level::Pass, Level::Pass),
            (Some("3"), 100, Level::Fail, Level::Review),
            (Some("3"), 2_900, Level::Fail, Level::Review),
            (Some("3"), 2_960, Level::Pass, Level::Pass),
            (Some("0"), 300, Level::Pass, Level::Pass),
        ];
        for (hint, wait, raw, reported) in table {
            let mut run = refused_token(hint, Duration::from_millis(wait));
            let finding = found(&CHECK, &mut run);
            assert_eq!(
                (finding.raw, finding.reported),
                (raw, reported),
                "{hint:?} {wait}: {}",
                finding.message
            );
        }
    }
}
