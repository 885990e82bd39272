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
//! tolerance `early` before its time, or where most own waits are below `minimum-wait` and a client
//! whose waits double with full jitter would have that many less often than `certainty` says. Own waits
//! are reported as REVIEW at most where a client whose waits double from `minimum-wait` would have them. Waits at the
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
use super::seconds::{few_below, seconds};
use crate::base::Timestamp;
use crate::conformance::check::{Check, Family};
use crate::conformance::wait::{HintedWait, Wait, are_none, short_of, within};
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::history::{Api, Call};
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

/// What has to be seen before own waits are a failure whatever a client's base is.
const FLIPS_IF: &str = "the waits are none even of a client whose waits double from minimum-wait";

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
    let backoff = &profile.backoff;
    let minimum = backoff.minimum_wait.value;
    let short = short_of(&own, minimum);
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
        None if are_none(&own, backoff, backoff.base.value) => {
            let ruling = Ruling::new(
                Level::Fail,
                format!(
                    "Tokens are asked for again at once: {short} of {} below {}.",
                    counted(own.len(), "wait"),
                    seconds(minimum)
                ),
            )
            .shown_by(Witness::of(own.iter().flat_map(Wait::places)));
            if are_none(&own, backoff, minimum) {
                ruling
            } else {
                ruling.at_most(Level::Review, FLIPS_IF)
            }
        }
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
                "Each waited for itself: {} for tokens, {} of the API.{}",
                counted(tokens.len(), "wait"),
                operations.len(),
                few_below(short, minimum)
            ),
        ),
    };
    let mut began: Vec<Timestamp> = evidence.provider_calls().map(Call::began).collect();
    began.sort_unstable();
    let waits = hinted.waits.iter();
    let meanwhile: usize = waits
        .map(|wait| within(&began, wait.wait.refused.ended(), wait.earliest))
        .sum();
    ruling
        .with("early tolerance", format!("{} ms", tolerance.as_millis()))
        .with("requests to the API meanwhile", meanwhile)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::Value;

    use super::*;
    use crate::conformance::fixture::{PROVIDER, found};
    use crate::exchange::Outcome;
    use crate::history::composer::Composer;

    /// Rows of refused requests for a token, each followed by attempts so many milliseconds apart, and
    /// an operation of the API that waits.
    fn level(rows: &[&[u64]]) -> (Level, Level) {
        let mut run = Composer::of(Subject::Connector);
        run.send("GET", PROVIDER, Value::Null, 429, Value::Null)
            .wait(Duration::from_secs(1))
            .again("GET", PROVIDER, Value::Null, 200, Value::Null);
        for row in rows {
            refuse(run.token("provider", 28_800));
            for wait in *row {
                // An exchange is followed by a pause of 40 ms.
                run.back(Duration::from_millis(40))
                    .wait(Duration::from_millis(*wait))
                    .token("provider", 28_800)
                    .another_attempt();
                refuse(&mut run);
            }
        }
        let finding = found(&CHECK, &mut run);
        (finding.raw, finding.reported)
    }

    fn refuse(run: &mut Composer) {
        run.with(|exchange| {
            if let Outcome::Response(response) = &mut exchange.outcome {
                response.status = 429;
            }
        });
    }

    #[test]
    fn one_longer_wait_does_not_excuse_a_row_of_short_ones() {
        let failed = (Level::Fail, Level::Review);
        let passed = (Level::Pass, Level::Pass);
        assert_eq!(level(&[&[10; 8]]), failed);
        assert_eq!(level(&[&[10, 10, 10, 250, 10, 10, 10, 10]]), failed);
        assert_eq!(level(&[&[10, 2_000, 4_000], &[10, 2_000, 4_000]]), passed);
    }
}
