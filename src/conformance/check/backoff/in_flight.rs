//! After a 429 with a hint, no more arrives than was on the wire.
//!
//! # What is required
//!
//! Right after a 429 with `Retry-After` no more requests arrive than the client has under way at
//! once.
//!
//! # Why
//!
//! What was sent before the refusal was seen cannot be called back; whatever is more than that was
//! sent in spite of it.
//!
//! # How it is judged
//!
//! For each 429 with a hint: the requests against the same limit that begin within δ of its end (and
//! before the time that it names) are counted. WARN where there are more than the client had under
//! way at once in the time `concurrency-window` before. NOT_EXERCISED where no 429 with a hint came.
//!
//! # An example that conforms
//!
//! A client with up to four calls at once is refused; three that were on their way arrive within
//! 80 ms, then nothing.
//!
//! # Sources
//!
//! The same as BK-03; the bound is derived from what a client cannot know yet.

use std::time::Duration;

use super::scope::{begun, by_limit, in_flight, limit};
use crate::base::{Timestamp, later};
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::history::Call;
use crate::profile::Profile;

/// BK-04.
pub const CHECK: Check = Check {
    id: "BK-04",
    family: Family::Backoff,
    title: "After a 429 with a hint no more arrives than was on the wire",
    clauses: &["PO-BACKOFF"],
    subjects: &[Subject::Connector],
    // A proxy may hold requests back, so that they arrive together.
    vantages: &[Vantage::Mock, Vantage::Client],
    provenance: |profile| profile.throttle.retry_after.provenance,
    severest: Level::Warn,
    flips_if: "the platform confirms that it sends Retry-After",
    source: include_str!("in_flight.rs"),
    rule,
};

/// What followed on one refusal.
struct Wake<'e> {
    refused: &'e Call<'e>,
    arrived: Vec<&'e Call<'e>>,
    concurrency: usize,
}

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let delta = in_flight(evidence, profile);
    let tolerance = profile.tolerances.early.value;
    let window = profile.backoff.concurrency_window.value;
    let limits = by_limit(evidence, profile);
    let wakes: Vec<Wake<'_>> = evidence
        .provider_calls()
        .filter(|call| call.status() == Some(429))
        .filter_map(|refused| {
            let hint = refused.hint()?;
            let same = limits.get(&limit(refused, profile)?)?;
            let earliest = later(refused.ended(), hint.wait);
            let until = earliest.checked_sub(tolerance + hint.coarseness).ok()?;
            let until = until.min(later(refused.ended(), delta));
            Some(Wake {
                refused,
                arrived: begun(same, refused.ended(), until)
                    .iter()
                    .copied()
                    .filter(|call| call.began() > refused.ended())
                    .collect(),
                concurrency: concurrency(same, refused.ended(), window),
            })
        })
        .collect();
    let excess = |wake: &Wake<'_>| wake.arrived.len().saturating_sub(wake.concurrency);
    let worst = wakes.iter().max_by_key(|wake| excess(wake));
    let ruling = match worst {
        None => Ruling::new(Level::NotExercised, "No 429 with Retry-After was received."),
        Some(worst) if excess(worst) > 0 => Ruling::new(
            Level::Warn,
            format!(
                "{} within {} ms of a 429 with a hint; no more than {} at once were under way \
                 before.",
                counted(worst.arrived.len(), "request"),
                delta.as_millis(),
                worst.concurrency
            ),
        )
        .shown_by(
            Witness::of(
                [(worst.refused.sequence, worst.refused.ended())]
                    .into_iter()
                    .chain(worst.arrived.iter().map(|call| call.place())),
            )
            .with_margin(format!("{} too many", excess(worst))),
        ),
        Some(_) => Ruling::new(
            Level::Pass,
            format!(
                "After {} no more arrived than could be on the wire.",
                counted(wakes.len(), "hint")
            ),
        ),
    };
    let most = wakes.iter().map(|wake| wake.concurrency).max();
    ruling
        .with("in flight (δ)", format!("{} ms", delta.as_millis()))
        .with("concurrency seen", most.unwrap_or_default())
}

/// How many of `calls` were under way at once, at most, in the time `window` before `moment`.
fn concurrency<'e>(calls: &[&'e Call<'e>], moment: Timestamp, window: Duration) -> usize {
    let from = moment.checked_sub(window).unwrap_or(Timestamp::MIN);
    // At one moment ends come before beginnings.
    let mut turns: Vec<(Timestamp, i8)> =
        begun(calls, from, later(moment, Duration::from_nanos(1)))
            .iter()
            .flat_map(|call| {
                let ended = call
                    .ended()
                    .max(later(call.began(), Duration::from_nanos(1)));
                [(call.began(), 1), (ended, -1)]
            })
            .collect();
    turns.sort_unstable();
    let (mut now, mut most) = (0_usize, 1);
    for (_, turn) in turns {
        if turn > 0 {
            now += 1;
        } else {
            now = now.saturating_sub(1);
        }
        most = most.max(now);
    }
    most
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::base::Timestamp;
    use crate::conformance::fixture::{BATCH, found};
    use crate::history::composer::Composer;

    #[test]
    fn as_many_may_arrive_as_were_under_way_at_once() {
        // requests at once before, after, the level
        for (before, after, level) in [
            (1, 1, Level::Pass),
            (1, 2, Level::Warn),
            (3, 3, Level::Pass),
            (3, 4, Level::Warn),
            (4, 0, Level::Pass),
        ] {
            let mut run = Composer::of(Subject::Connector);
            for _ in 0..before {
                // Back to where it began: they are under way together.
                run.get_provider().back(Duration::from_millis(100));
            }
            run.wait(Duration::from_millis(200))
                .send("PATCH", BATCH, json!({"data": {}}), 429, Value::Null)
                .answered_with("Retry-After", "7");
            for _ in 0..after {
                run.get_provider();
            }
            let finding = found(&CHECK, &mut run);
            assert_eq!(finding.raw, level, "{before} {after}: {}", finding.message);
        }
    }

    #[test]
    fn a_refusal_at_the_end_of_the_calendar_is_judged() {
        let mut run = Composer::of(Subject::Connector);
        run.send("PATCH", BATCH, json!({"data": {}}), 429, Value::Null)
            .answered_with("Retry-After", "7")
            .with(|exchange| exchange.timing.response_last = Timestamp::MAX);
        let history = run.history();
        let profile = Profile::built_in();
        let finding = CHECK.judge(&Evidence::of(&history, &profile), &profile);
        assert_eq!(finding.raw, Level::Pass, "{}", finding.message);
    }
}
