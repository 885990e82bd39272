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
//! where all waits are below `backoff.minimum-wait`, and there are so many that a client whose waits
//! double with full jitter would do that less often than `certainty` says: one short wait may be
//! chance. What was on its way when the refusal came is no retry; and requests for tokens are all
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

use super::client::{instances, requests};
use crate::base::{later, time_of_day};
use crate::conformance::check::{Check, Family};
use crate::conformance::wait::{Wait, are_none};
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::{Vantage, between};
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

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let minimum = profile.backoff.minimum_wait.value;
    let tolerance = profile.tolerances.early.value;
    let asked: Vec<_> = requests(evidence).collect();
    let mut refusals = 0;
    let mut waits = 0;
    let mut meanwhile = 0;
    let mut early = Vec::new();
    let mut own = Vec::new();
    for (place, refused) in asked.iter().enumerate() {
        if !refused.is_throttled() || !refused.provokes.is_empty() {
            continue;
        }
        refusals += 1;
        // What was on its way already is no retry; and each instance has its own.
        let next = asked[place + 1..]
            .iter()
            .filter(|next| next.attempt.group == refused.attempt.group)
            .filter_map(|next| Wait::between(refused, next))
            .nth(instances(evidence) - 1);
        let Some(wait) = next else { continue };
        waits += 1;
        meanwhile += evidence
            .calls()
            .iter()
            .filter(|call| {
                call.began() >= refused.ended()
                    && call.began() < wait.next.began()
                    && evidence.token_of(call).is_some()
            })
            .count();
        let Some(hint) = refused.hint() else {
            own.push(wait);
            continue;
        };
        // BK-06 judges it.
        if hint.is_date() && !profile.throttle.sends_dates() {
            continue;
        }
        let earliest = later(refused.ended(), hint.wait);
        let by = between(wait.next.began(), earliest);
        if by > tolerance + hint.coarseness {
            // Who was told nothing of hints by the platform rests on a page of a sibling service.
            let rests_on = match profile.throttle.retry_after.provenance {
                Provenance::Stated => Provenance::Stated,
                Provenance::Inferred | Provenance::Assumed => Provenance::Inferred,
            };
            early.push((rests_on, by, wait, earliest));
        }
    }
    if are_none(&own, &profile.backoff, profile.backoff.base.value) {
        early.extend(own.iter().map(|wait| {
            let earliest = later(wait.refused.ended(), minimum);
            let by = minimum.saturating_sub(wait.length);
            (Provenance::Stated, by, *wait, earliest)
        }));
    }
    early.sort_by_key(|(rests_on, by, ..)| {
        (*rests_on != Provenance::Stated, std::cmp::Reverse(*by))
    });
    let rest = early.len().saturating_sub(1);
    let ruling = match early.into_iter().next() {
        Some((rests_on, by, wait, earliest)) => Ruling::new(
            Level::Fail,
            format!(
                "A token was asked for again {} ms too early after {}{}.",
                by.as_millis(),
                wait.refused.status().unwrap_or_default(),
                and_more(rest)
            ),
        )
        .resting_on(rests_on)
        .shown_by(Witness::of(wait.places()).with_margin(format!(
            "{} ms early; earliest allowed {}",
            by.as_millis(),
            time_of_day(earliest)
        ))),
        None if waits == 0 => Ruling::new(
            Level::NotExercised,
            format!(
                "{} of token requests with 429 or 503; none was tried again.",
                counted(refusals, "refusal")
            ),
        ),
        None => Ruling::new(
            Level::Pass,
            format!(
                "{} at the token endpoint, each long enough.",
                counted(waits, "wait")
            ),
        ),
    };
    ruling
        .with("calls with a good token meanwhile", meanwhile)
        .with("minimum wait", format!("{} ms", minimum.as_millis()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::conformance::check::token::fixture::refused_token;
    use crate::conformance::fixture::found;

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
