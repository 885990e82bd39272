//! What was refused for good is not sent again as it was.
//!
//! # What is required
//!
//! A request that was answered with 400, 403, 404, 409 or 422 is not sent again unchanged.
//!
//! # Why
//!
//! These answers say that the request is wrong. It stays wrong: whoever repeats it spends the agreed
//! rate on being refused, and the fault is never looked at.
//!
//! # How it is judged
//!
//! FAIL where the same request (method, path, query, body) begins within twice the longest wait of
//! the default policy after such an answer, although nothing happened that would be a reason: no
//! notification of the same resource meanwhile, or shortly before for each of these requests one; and
//! no update of it that was accepted. A 401 is left to TK-04.
//! INFO where nothing was refused for good: there is nothing to judge.
//!
//! Name what is retried, not what is not: Java, Resilience4j `retryExceptions`; .NET, Polly
//! `ShouldHandle` with 408, 429 and 5xx (`HttpPolicyExtensions.HandleTransientHttpError`); Node,
//! `got` `retry.statusCodes`; Python, urllib3 `status_forcelist`; Go, `retryablehttp.CheckRetry`.
//!
//! # An example that conforms
//!
//! An update is answered with 422; the connector tells its operators and sends nothing more.
//!
//! # Sources
//!
//! RFC 9110 §15.5; retry conformance of googleapis/storage-testbench (scenario 5). With which status
//! the platform refuses is not public.

use super::alike::Alike;
use super::reason::Reasons;
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::{Vantage, between};
use crate::history::{Api, Call};
use crate::profile::{Profile, Provenance};

/// BK-10.
pub const CHECK: Check = Check {
    id: "BK-10",
    family: Family::Backoff,
    title: "What was refused for good is not sent again as it was",
    clauses: &["PO-BACKOFF"],
    subjects: &[Subject::Connector],
    // A request is the same from everywhere.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Assumed,
    severest: Level::Fail,
    flips_if: "the platform says which answers mean that a request is wrong",
    source: include_str!("refused_for_good.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let within = profile.backoff.cap.value * 2;
    let refused: Vec<&Call<'_>> = evidence
        .provider_calls()
        .filter(|call| matches!(call.status(), Some(400 | 403 | 404 | 409 | 422)))
        .collect();
    let alike = Alike::of(evidence, &refused);
    let reasons = Reasons::of(evidence, &refused);
    let repeated: Vec<(&Call<'_>, &Call<'_>)> = refused
        .iter()
        .filter_map(|refused| {
            let same = alike.to(refused)?;
            let again = same
                .later(refused.sequence, refused.ended())
                .find(|call| call.endpoint.api == Api::Provider)?;
            let soon = between(refused.ended(), again.began()) <= within;
            (soon && !reasons.explain(same, refused, again, within)).then_some((*refused, again))
        })
        .collect();
    let ruling = match repeated.first() {
        Some((first, again)) => Ruling::new(
            Level::Fail,
            format!(
                "{} was answered with {} and sent again unchanged{}.",
                first.endpoint.operation,
                first.status().unwrap_or_default(),
                and_more(repeated.len() - 1)
            ),
        )
        .shown_by(
            Witness::of([first.place(), again.place()]).with_margin(format!(
                "{} ms after the answer",
                between(first.ended(), again.began()).as_millis()
            )),
        ),
        None if refused.is_empty() => Ruling::new(
            Level::Info,
            "Nothing was refused for good, so there is nothing to judge.",
        ),
        None => Ruling::new(
            Level::Pass,
            format!(
                "{} for good, and not sent again as they were.",
                counted(refused.len(), "refusal")
            ),
        ),
    };
    ruling.with("watched for", format!("{} s after", within.as_secs()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;
    use crate::conformance::fixture::{BATCH, found};
    use crate::event::Origin;
    use crate::history::composer::Composer;

    #[test]
    fn the_same_again_is_a_fault_unless_something_happened_in_between() {
        let body = || json!({"data": {"status": "Completed"}});
        let refused = |status: u16| {
            let mut run = Composer::of(Subject::Connector);
            run.send("PATCH", BATCH, body(), status, Value::Null);
            run
        };
        for status in [400, 403, 404, 409, 422] {
            let mut run = refused(status);
            run.send("PATCH", BATCH, body(), status, Value::Null);
            assert_eq!(found(&CHECK, &mut run).raw, Level::Fail, "{status}");
        }
        let mut run = refused(409);
        assert_eq!(found(&CHECK, &mut run).raw, Level::Pass, "not again");
        let mut run = refused(401);
        run.send("PATCH", BATCH, body(), 401, Value::Null);
        assert_eq!(found(&CHECK, &mut run).raw, Level::Info, "TK-04");
        let mut run = refused(409);
        run.send(
            "PATCH",
            BATCH,
            json!({"data": {"status": "Failed"}}),
            204,
            Value::Null,
        )
        .send("PATCH", BATCH, body(), 409, Value::Null);
        assert_eq!(found(&CHECK, &mut run).raw, Level::Pass, "it was changed");
        let mut run = refused(404);
        let notification = json!({"resource": {"id": BATCH.rsplit('/').next()}});
        run.send("POST", "/notifications", notification, 201, Value::Null)
            .sent_by(Origin::Platform)
            .send("PATCH", BATCH, body(), 404, Value::Null);
        assert_eq!(
            found(&CHECK, &mut run).raw,
            Level::Pass,
            "it was told again"
        );
        let mut run = refused(404);
        run.wait(Duration::from_secs(65))
            .send("PATCH", BATCH, body(), 404, Value::Null);
        assert_eq!(found(&CHECK, &mut run).raw, Level::Pass, "much later");
    }

    #[test]
    fn one_notification_is_the_reason_for_one_request() {
        let notification = json!({"resource": {"id": BATCH.rsplit('/').next()}});
        for (notifications, level) in [(1, Level::Fail), (2, Level::Pass)] {
            let mut run = Composer::of(Subject::Connector);
            for _ in 0..notifications {
                run.send(
                    "POST",
                    "/notifications",
                    notification.clone(),
                    201,
                    Value::Null,
                )
                .sent_by(Origin::Platform);
            }
            // The last is answered after the work that it causes.
            run.back(Duration::from_millis(60));
            for _ in 0..2 {
                run.send("GET", BATCH, Value::Null, 404, Value::Null);
            }
            assert_eq!(found(&CHECK, &mut run).raw, level, "{notifications}");
        }
    }

    #[test]
    fn what_came_long_before_and_further_attempts_are_no_reasons() {
        let notification = json!({"resource": {"id": BATCH.rsplit('/').next()}});
        let notify = |run: &mut Composer, again: bool| {
            if again {
                run.again(
                    "POST",
                    "/notifications",
                    notification.clone(),
                    201,
                    Value::Null,
                );
            } else {
                run.send(
                    "POST",
                    "/notifications",
                    notification.clone(),
                    500,
                    Value::Null,
                );
            }
            run.sent_by(Origin::Platform);
        };
        let update = || json!({"data": {"status": "Completed"}});
        let mut run = Composer::of(Subject::Connector);
        notify(&mut run, false);
        notify(&mut run, true);
        run.wait(Duration::from_mins(15));
        run.send("PATCH", BATCH, update(), 409, Value::Null).send(
            "PATCH",
            BATCH,
            update(),
            409,
            Value::Null,
        );
        assert_eq!(found(&CHECK, &mut run).raw, Level::Fail);
        // Told twice before it asked; the first time it asked it was throttled once.
        let mut run = Composer::of(Subject::Connector);
        notify(&mut run, false);
        notify(&mut run, false);
        run.send("GET", BATCH, Value::Null, 429, Value::Null)
            .again("GET", BATCH, Value::Null, 404, Value::Null)
            .send("GET", BATCH, Value::Null, 404, Value::Null);
        assert_eq!(found(&CHECK, &mut run).raw, Level::Pass);
    }
}
