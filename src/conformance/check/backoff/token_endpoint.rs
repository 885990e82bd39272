//! The token endpoint's refusals are obeyed like the API's.
//!
//! # What is required
//!
//! Where the token endpoint answers with 429, the next request for a token waits as long as asked, or
//! by the client's own policy. The two limits are told apart: each has its own waits.
//!
//! # Why
//!
//! Requests for tokens are often sent by another library than requests to the API, one that knows no
//! backoff: when the identity service is in trouble, every operation asks it again at once.
//!
//! # How it is judged
//!
//! FAIL where a request for a token that was refused with a hint (dates are left to BK-06) is tried again more than the
//! tolerance `early` before its time, or where all own waits are below `minimum-wait` and a client
//! whose waits double with full jitter would do that less often than `certainty` says. Waits at the
//! API are judged by the other rules. How many requests to the API were sent while the token endpoint
//! asked to wait is told: a token that is still valid may be used. NOT_EXERCISED where not both of
//! them refused with 429 and were asked again.
//!
//! # An example that conforms
//!
//! `POST /oauth/token` is refused with `Retry-After: 3`; the next one comes 3.2 s later.
//!
//! # Sources
//!
//! RFC 9110 §10.2.3, RFC 6585 §4. That the token endpoint throttles is not public.

use super::hinted::{HintedWaits, is_expected, shown};
use super::seconds::seconds;
use crate::conformance::check::{Check, Family};
use crate::conformance::wait::{HintedWait, Wait, are_none};
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::history::Api;
use crate::profile::Profile;

/// BK-17.
pub const CHECK: Check = Check {
    id: "BK-17",
    family: Family::Backoff,
    title: "The token endpoint's refusals are obeyed like the API's",
    clauses: &["PO-BACKOFF"],
    subjects: &[Subject::Connector],
    // The network only lengthens a wait.
    vantages: &Vantage::ALL,
    provenance: |profile| {
        let throttle = &profile.throttle;
        throttle
            .token_endpoint
            .provenance
            .min(throttle.retry_after.provenance)
    },
    severest: Level::Fail,
    flips_if: "the platform confirms that its token endpoint throttles, and how",
    source: include_str!("token_endpoint.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let tolerance = profile.tolerances.early.value;
    let hinted = HintedWaits::of(evidence, |call, hint| {
        call.status() == Some(429)
            && call.endpoint.api == Api::Identity
            && is_expected(hint, evidence, profile)
    });
    let groups = evidence.groups();
    let retried = |api: Api| -> Vec<Wait<'_>> {
        groups
            .iter()
            .flat_map(|group| (0..group.len()).filter_map(|place| Wait::after(group, place)))
            .filter(|wait| wait.refused.endpoint.api == api && wait.refused.status() == Some(429))
            .collect()
    };
    let (tokens, operations) = (retried(Api::Identity), retried(Api::Provider));
    let own: Vec<Wait<'_>> = tokens
        .iter()
        .copied()
        .filter(|wait| wait.refused.hint().is_none())
        .collect();
    let early: Vec<&HintedWait<'_>> = hinted
        .waits
        .iter()
        .filter(|wait| wait.is_early(tolerance))
        .collect();
    let ruling = match early.iter().max_by_key(|wait| wait.early_by()) {
        Some(worst) => Ruling::new(
            Level::Fail,
            format!(
                "{} of {} for tokens too early; the worst by {} ms.",
                early.len(),
                counted(hinted.waits.len(), "hinted wait"),
                worst.early_by().as_millis()
            ),
        )
        .shown_by(shown(worst)),
        None if are_none(&own, &profile.backoff, profile.backoff.base.value) => Ruling::new(
            Level::Fail,
            format!(
                "Tokens are asked for again at once: {}, none of {}.",
                counted(own.len(), "wait"),
                seconds(profile.backoff.minimum_wait.value)
            ),
        )
        .shown_by(Witness::of(own.iter().flat_map(Wait::places))),
        None if tokens.is_empty() || operations.is_empty() => Ruling::new(
            Level::NotExercised,
            format!(
                "Tried again after 429: {} for tokens, {} of the API.",
                counted(tokens.len(), "request"),
                operations.len()
            ),
        ),
        None => Ruling::new(
            Level::Pass,
            format!(
                "Each waited for itself: {} for tokens, {} of the API.",
                counted(tokens.len(), "wait"),
                operations.len()
            ),
        ),
    };
    let meanwhile: usize = hinted
        .waits
        .iter()
        .map(|wait| {
            let refused = wait.wait.refused.ended();
            evidence
                .provider_calls()
                .filter(|call| call.began() > refused && call.began() < wait.earliest)
                .count()
        })
        .sum();
    ruling
        .with("early tolerance", format!("{} ms", tolerance.as_millis()))
        .with("requests to the API meanwhile", meanwhile)
}
