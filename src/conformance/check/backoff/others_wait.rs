//! While a hint asks to wait, other requests of the same limit wait too.
//!
//! # What is required
//!
//! After a 429 with `Retry-After`, no request that counts against the same limit is sent before the
//! time it names, whichever operation it is for.
//!
//! # Why
//!
//! The limit is the credential's, not the operation's: whoever holds back one call and goes on with
//! all others is refused again and again, and every refusal costs both sides.
//!
//! # How it is judged
//!
//! For each 429 with a hint: requests of other operations that begin more than δ (what may have been
//! on the wire) after its end and more than the tolerance `early` before the time that it names are
//! violations. Raw FAIL where the limit is that of a credential, raw WARN where it is another one;
//! reported as WARN at most until the platform says what its limit covers. Where several instances
//! are declared, requests with another token are left out: instances do not know of each other.
//! NOT_EXERCISED where no other work was waiting: no other operation that was refused or notified
//! before the time came to be sent after it.
//!
//! Share one gate between all calls: Java, a `RateLimiter` or semaphore in the HTTP client's
//! interceptor; .NET, one `DelegatingHandler` for all clients; Node, one queue such as `bottleneck`
//! (`stop` on 429); Python, one transport adapter with a shared "not before"; Go, one
//! `http.RoundTripper` with it.
//!
//! # An example that conforms
//!
//! An update is refused with `Retry-After: 7` while two more wait; all three are sent after seven
//! seconds.
//!
//! # Sources
//!
//! draft-ietf-httpapi-ratelimit-headers (a client that is out of quota performs no requests);
//! CloudEvents web hooks. What the platform's limit covers is inferred from a sibling service.

use std::time::Duration;

use super::queue::{Queue, queues, sender};
use super::scope::{by_limit, in_flight, limit};
use crate::base::{Timestamp, later, time_of_day};
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::{Vantage, between};
use crate::history::Call;
use crate::profile::{Profile, Provenance, ThrottleScope};

/// BK-03.
pub const CHECK: Check = Check {
    id: "BK-03",
    family: Family::Backoff,
    title: "While a hint asks to wait, other requests wait too",
    clauses: &["PO-BACKOFF"],
    subjects: &[Subject::Connector],
    // The way of a request only makes it later.
    vantages: &Vantage::ALL,
    provenance: |profile| {
        let throttle = &profile.throttle;
        throttle
            .scope
            .provenance
            .min(throttle.retry_after.provenance)
    },
    severest: Level::Fail,
    flips_if: "the platform confirms that it sends Retry-After",
    source: include_str!("others_wait.rs"),
    rule,
};

/// Of the requests that should have waited for a hint, the one that was earliest.
struct Rash<'e> {
    wait: HintedRefusal<'e>,
    call: &'e Call<'e>,
}

/// A 429 and the time before which nothing is to be sent.
#[derive(Clone, Copy)]
struct HintedRefusal<'e> {
    refused: &'e Call<'e>,
    earliest: Timestamp,
    until: Timestamp,
}

impl Rash<'_> {
    fn early_by(&self) -> Duration {
        between(self.call.began(), self.wait.earliest)
    }
}

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let delta = in_flight(evidence, profile);
    let tolerance = profile.tolerances.early.value;
    let refusals = refusals(evidence, tolerance);
    let limits = by_limit(evidence, profile);
    let many = evidence.declaration().instances.is_some_and(|it| it > 1);
    let queues = queues(&limits, many);
    let told = told(evidence);
    let mut early = 0;
    let mut rash = Vec::new();
    let mut tried = 0;
    for refusal in &refusals {
        let refused = refusal.refused;
        let limit = limit(refused, profile);
        let queue = limit.and_then(|limit| queues.get(&sender(limit, refused, many)));
        let Some(queue) = queue else {
            continue;
        };
        let from = later(refused.ended(), delta);
        if let Some((count, call)) = queue.others(refused.attempt.group, from, refusal.until) {
            early += count;
            tried += 1;
            rash.push(Rash {
                wait: *refusal,
                call,
            });
        } else if waited(&told, profile, refusal, queue) {
            tried += 1;
        }
    }
    let scope = &profile.throttle.scope;
    let level = if scope.value.contains(&ThrottleScope::Credential) {
        Level::Fail
    } else {
        Level::Warn
    };
    let ruling = match rash.iter().max_by_key(|rash| rash.early_by()) {
        Some(worst) => Ruling::new(
            level,
            format!(
                "{} sent while a hint asked to wait; the worst: {}, {} ms before the time that the \
                 hint on {} names.",
                counted(early, "other request"),
                worst.call.endpoint.operation,
                worst.early_by().as_millis(),
                worst.wait.refused.endpoint.operation,
            ),
        )
        .shown_by(
            Witness::of([
                (worst.wait.refused.sequence, worst.wait.refused.ended()),
                worst.call.place(),
            ])
            .with_margin(format!(
                "{} ms early; earliest allowed {}",
                worst.early_by().as_millis(),
                time_of_day(worst.wait.earliest)
            )),
        ),
        None if tried == 0 => Ruling::new(
            Level::NotExercised,
            "No other operation was waiting while a hint asked to wait.",
        ),
        None => Ruling::new(
            Level::Pass,
            format!("Other work waited for {}.", counted(tried, "hint")),
        ),
    };
    let ruling = ruling
        .with("early tolerance", format!("{} ms", tolerance.as_millis()))
        .with("in flight (δ)", format!("{} ms", delta.as_millis()))
        .with("hints with other work waiting", tried);
    if scope.provenance == Provenance::Stated {
        ruling
    } else {
        ruling.at_most(Level::Warn, "the platform confirms what its limit covers")
    }
}

/// The 429s of the Provider API with a hint, and until when each asks to wait.
fn refusals<'e>(evidence: &'e Evidence<'_>, tolerance: Duration) -> Vec<HintedRefusal<'e>> {
    evidence
        .provider_calls()
        .filter(|call| call.status() == Some(429))
        .filter_map(|refused| {
            let hint = refused.hint()?;
            let earliest = later(refused.ended(), hint.wait);
            let until = earliest.checked_sub(tolerance + hint.coarseness).ok()?;
            Some(HintedRefusal {
                refused,
                earliest,
                until,
            })
        })
        .collect()
}

/// When the provider was told of something: the end of each notification, in order.
fn told(evidence: &Evidence<'_>) -> Vec<Timestamp> {
    let mut told: Vec<Timestamp> = evidence.notifications().iter().map(Call::ended).collect();
    told.sort_unstable();
    told
}

/// Whether other work was there before the time came, and was sent after it.
fn waited(
    told: &[Timestamp],
    profile: &Profile,
    refusal: &HintedRefusal<'_>,
    queue: &Queue<'_>,
) -> bool {
    let cap = profile.backoff.cap.value;
    let (refused, until) = (refusal.refused, refusal.until);
    let end = later(refusal.earliest, cap);
    let mut after = queue
        .others_since(refused.attempt.group, until)
        .take_while(|call| call.began() < end)
        .peekable();
    if after.peek().is_none() {
        return false;
    }
    let from = refused.ended().checked_sub(cap).unwrap_or(Timestamp::MIN);
    let first = told.partition_point(|ended| *ended < from);
    let was_told = told.get(first).is_some_and(|ended| *ended <= until);
    was_told || after.any(|call| queue.failed(call.attempt.group, from, until))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::conformance::Evidence;
    use crate::conformance::fixture::{BATCH, found};
    use crate::event::Origin;
    use crate::history::composer::Composer;
    use crate::profile::Declaration;

    /// An update refused with a hint of seven seconds, and another operation so many milliseconds
    /// after the refusal ended.
    fn other_after(milliseconds: u64) -> Composer {
        let mut run = Composer::of(Subject::Connector);
        run.send("POST", "/notifications", json!({}), 201, Value::Null)
            .sent_by(Origin::Platform)
            .send("PATCH", BATCH, json!({"data": {}}), 429, Value::Null)
            .answered_with("Retry-After", "7")
            .back(Duration::from_millis(40))
            .wait(Duration::from_millis(milliseconds))
            .get_provider();
        run
    }

    #[test]
    fn only_what_was_on_the_wire_comes_before_the_time_of_the_hint() {
        for (milliseconds, level) in [
            (10, Level::NotExercised),
            (1_000, Level::NotExercised),
            (1_001, Level::Fail),
            (6_949, Level::Fail),
            (6_950, Level::Pass),
            (8_000, Level::Pass),
            (60_000, Level::NotExercised),
        ] {
            let finding = found(&CHECK, &mut other_after(milliseconds));
            assert_eq!(finding.raw, level, "{milliseconds}: {}", finding.message);
        }
    }

    #[test]
    fn instances_do_not_know_of_each_other() {
        let mut run = other_after(3_000);
        run.with(|exchange| {
            exchange
                .request
                .headers
                .push("Authorization", "Bearer [secret:2]");
        });
        let history = run.history();
        let profile = Profile::built_in();
        for (instances, level) in [(None, Level::Fail), (Some(2), Level::NotExercised)] {
            let evidence = Evidence::of(&history, &profile).declared(Declaration {
                instances,
                ..Declaration::default()
            });
            assert_eq!(CHECK.judge(&evidence, &profile).raw, level, "{instances:?}");
        }
    }

    #[test]
    fn a_limit_of_endpoints_and_not_of_credentials_makes_it_a_recommendation() {
        let history = other_after(3_000).history();
        let table = [
            ("", Level::Fail, Level::Warn),
            (
                "throttle.scope = \"endpoint-group\"",
                Level::Warn,
                Level::Warn,
            ),
        ];
        for (text, raw, reported) in table {
            let profile = Profile::with_override(text, "own.toml").unwrap();
            let finding = CHECK.judge(&Evidence::of(&history, &profile), &profile);
            assert_eq!((finding.raw, finding.reported), (raw, reported), "{text}");
        }
    }
}
