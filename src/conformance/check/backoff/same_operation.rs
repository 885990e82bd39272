//! What is tried again is the same request.
//!
//! # What is required
//!
//! An operation that was refused is sent again as it was: the same body, and the same idempotency
//! key where it has one.
//!
//! # Why
//!
//! A request that is built anew for each attempt carries another time or another key, so nobody can
//! tell the second attempt from a second operation, and what was taken the first time is done twice.
//!
//! # How it is judged
//!
//! An operation that was answered with 429 or 5xx, or not at all, and never sent again as it was is
//! compared with the next request of the same method and path. FAIL where that one has the same
//! members and differs from it in moments only (`paymentCompletedDate`, a `sentAt`), where it has the
//! same body with another idempotency key, or the same key with another body. NOT_EXERCISED where no
//! request with a body was tried again.
//!
//! Build the body once, before the loop: Java, keep the serialised bytes in the retried lambda's
//! closure; .NET, create the content outside the Polly policy; Node and Python, serialise before
//! `retry`; Go, `retryablehttp.NewRequest` with the bytes.
//!
//! # An example that conforms
//!
//! `PATCH …/batchpayments/{batchId}` with `paymentCompletedDate: 10:02:00` is refused at 10:02:01
//! and sent again with the same date at 10:02:02.
//!
//! # Sources
//!
//! Retry conformance of googleapis/storage-testbench (scenarios 2 to 4). What the platform makes of a
//! repeated update is not public.

use std::collections::{HashMap, HashSet};

use foldhash::fast::RandomState;

use super::repetition::{is_same, written_anew};
use crate::conformance::check::{Check, Family};
use crate::conformance::series::Series;
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::history::{Call, Groups};
use crate::profile::{Profile, Provenance};

/// BK-09.
pub const CHECK: Check = Check {
    id: "BK-09",
    family: Family::Backoff,
    title: "What is tried again is the same request",
    clauses: &["PO-BACKOFF"],
    subjects: &[Subject::Connector],
    // A request is the same from everywhere.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Assumed,
    severest: Level::Fail,
    flips_if: "the platform says how it tells a repeated update from a new one",
    source: include_str!("same_operation.rs"),
    rule,
};

/// A refused request and what was sent in its place.
struct Rewritten<'e> {
    refused: &'e Call<'e>,
    instead: &'e Call<'e>,
    difference: String,
}

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let groups = evidence.groups();
    let repeated = groups
        .iter()
        .filter(|group| group.len() > 1 && has_body(group[0]))
        .count();
    let by_target = by_target(evidence, &groups);
    let key = profile.headers.idempotency_key.value.as_str();
    let mut rewritten: Vec<Rewritten<'_>> = Vec::new();
    for group in groups.iter() {
        // Grouped by key: another body under the same one.
        for pair in group.windows(2) {
            if invites_another(pair[0]) && has_body(pair[0]) && !is_same(pair[0], pair[1]) {
                rewritten.push(Rewritten {
                    refused: pair[0],
                    instead: pair[1],
                    difference: "its body".to_owned(),
                });
            }
        }
        let last = group[group.len() - 1];
        if !invites_another(last) || !has_body(last) {
            continue;
        }
        let same = by_target.get(&target(last));
        let next = same.and_then(|same| same.later(last.sequence, last.ended()).next());
        let Some(next) = next else { continue };
        let difference = if is_same(last, next) {
            (last.header(key) != next.header(key)).then(|| "its idempotency key".to_owned())
        } else {
            written_anew(last, next)
        };
        if let Some(difference) = difference {
            rewritten.push(Rewritten {
                refused: last,
                instead: next,
                difference,
            });
        }
    }
    match rewritten.first() {
        Some(first) => Ruling::new(
            Level::Fail,
            format!(
                "{} was refused and sent again with another request in its place; it differs in \
                 {}{}.",
                first.refused.endpoint.operation,
                first.difference,
                and_more(rewritten.len() - 1)
            ),
        )
        .shown_by(Witness::of([first.refused.place(), first.instead.place()])),
        None if repeated == 0 => Ruling::new(
            Level::NotExercised,
            "No request with a body was tried again.",
        ),
        None => Ruling::new(
            Level::Pass,
            format!("{} sent again as they were.", counted(repeated, "request")),
        ),
    }
}

fn has_body(call: &Call<'_>) -> bool {
    !call.exchange.request.body.is_empty()
}

/// Method, path and query.
type Target<'e> = (&'e str, &'e str, Option<&'e str>);

fn target<'e>(call: &'e Call<'_>) -> Target<'e> {
    let request = &call.exchange.request;
    (&request.method, request.path(), request.query())
}

/// The calls of each target for which an operation with a body was refused in the end.
fn by_target<'e>(
    evidence: &'e Evidence<'_>,
    groups: &Groups<'e, '_>,
) -> HashMap<Target<'e>, Series<'e>, RandomState> {
    let refused = groups.iter().filter_map(|group| group.last().copied());
    let refused = refused.filter(|last| invites_another(last) && has_body(last));
    let refused: HashSet<Target<'_>, RandomState> = refused.map(target).collect();
    let mut targets: HashMap<_, Series<'_>, _> = HashMap::default();
    for call in evidence.provider_calls() {
        let target = target(call);
        if refused.contains(&target) {
            targets.entry(target).or_default().push(call);
        }
    }
    targets
}

/// Whether the request may be tried again: it may pass, or was not answered.
fn invites_another(call: &Call<'_>) -> bool {
    matches!(call.status(), None | Some(429 | 500..=599))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::conformance::fixture::{BATCH, found};
    use crate::history::composer::Composer;

    #[test]
    fn a_request_that_is_written_anew_is_told_from_another_one() {
        let update = |status: &str, at: &str| json!({"data": {"payments": [{"paymentId": "p-1", "status": status, "at": at}]}});
        let first = update("Completed", "2026-01-01T10:00:00Z");
        // the second body, the level
        let table = [
            (first.clone(), Level::NotExercised),
            (update("Completed", "2026-01-01T10:00:01Z"), Level::Fail),
            (
                update("Failed", "2026-01-01T10:00:01Z"),
                Level::NotExercised,
            ),
            (update("Completed", "later"), Level::NotExercised),
            (json!({"data": {}}), Level::NotExercised),
        ];
        for (second, level) in table {
            let mut run = Composer::of(Subject::Connector);
            run.send("PATCH", BATCH, first.clone(), 429, serde_json::Value::Null)
                .send("PATCH", BATCH, second.clone(), 204, serde_json::Value::Null);
            assert_eq!(found(&CHECK, &mut run).raw, level, "{second}");
        }
    }

    #[test]
    fn another_idempotency_key_makes_it_another_operation() {
        for (key, level) in [("one", Level::NotExercised), ("two", Level::Fail)] {
            let mut run = Composer::of(Subject::Connector);
            let body = json!({"data": {}});
            let header = "x-idempotency-key";
            run.send("POST", BATCH, body.clone(), 503, serde_json::Value::Null)
                .with(|exchange| exchange.request.headers.push(header, "one"))
                .send("POST", BATCH, body, 204, serde_json::Value::Null)
                .with(|exchange| exchange.request.headers.push(header, key));
            assert_eq!(found(&CHECK, &mut run).raw, level, "{key}");
        }
    }
}
