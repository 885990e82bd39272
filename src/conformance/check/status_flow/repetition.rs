//! An update that was accepted is not sent again, and a key for repetitions means one update.
//!
//! # What is required
//!
//! An update that the platform has accepted is not sent a second time without a reason. Where the
//! connector sends an idempotency key, one key stands for one update: whatever is sent under it
//! again is the same, byte for byte.
//!
//! # Why
//!
//! A connector that forgets what it has told repeats it at the wrong moment as well. And a key that
//! stands for two updates makes a platform that honours it drop the second one without a word.
//!
//! # How it is judged
//!
//! The platform gives updates no event id: what identifies one is its resource and its body. FAIL
//! where the header that the profile names for idempotency keys has the same value on two requests
//! that differ in method, path or body. WARN where an update is sent that is identical to the last
//! one of the same resource that was accepted (2xx) and says something of a state. A repetition after 429, 5xx or no answer is at
//! least once delivery and is counted, no more; what the platform makes of it is not public.
//! NOT_EXERCISED where no update was answered in a way that invites a repetition.
//!
//! # An example that conforms
//!
//! `PATCH …/batchpayments/{batchId}` is cut; the same bytes are sent again and answered with 204; the
//! next update of that batch says something else.
//!
//! # Sources
//!
//! `/payments-out/guides/consumer/create-subscription-to-payment-provider` (idempotency keys of
//! products; for providers nothing is public); at-least-once delivery: `spec/judging.md` 5.6.

use std::collections::BTreeMap;

use super::stride::{SERVING, provenance};
use super::violation::Violations;
use crate::base::Timestamp;
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::history::{Call, Purpose};
use crate::profile::Profile;

/// ST-05.
pub const CHECK: Check = Check {
    id: "ST-05",
    family: Family::StatusFlow,
    title: "An accepted update is not sent again, and a key means one update",
    clauses: &["PO-STATUS-FLOW"],
    subjects: &[Subject::Connector],
    // Who serves the requests sees them arrive; so does a proxy.
    vantages: &SERVING,
    provenance,
    severest: Level::Fail,
    flips_if: "the platform says what it makes of repeated updates and of idempotency keys",
    source: include_str!("repetition.rs"),
    rule,
};

/// What a key stands for: method, path and body.
type Whole<'c> = [&'c [u8]; 3];

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let header = profile.headers.idempotency_key.value.as_str();
    let mut keys: BTreeMap<&str, (Whole<'_>, (u64, Timestamp))> = BTreeMap::new();
    // The last accepted update of each resource.
    let mut accepted: BTreeMap<&str, (&[u8], &Call<'_>)> = BTreeMap::new();
    let (mut updates, mut invited, mut keyed) = (0, 0, 0);
    let mut ambiguous = Violations::default();
    let mut repeated = Violations::default();
    for call in evidence.provider_calls() {
        let request = &call.exchange.request;
        let body = request.body.bytes().as_ref();
        if let Some(key) = call.header(header).filter(|key| !key.is_empty()) {
            keyed += 1;
            let whole = [request.method.as_bytes(), call.path().as_bytes(), body];
            match keys.get(key) {
                Some((before, place)) if *before != whole => ambiguous.add(
                    format!(
                        "{} came with the key of another request",
                        call.endpoint.operation
                    ),
                    Witness::of([*place, call.place()]),
                ),
                Some(_) => {}
                None => drop(keys.insert(key, (whole, call.place()))),
            }
        }
        let Some(id) = updated(call) else { continue };
        updates += 1;
        match call.status() {
            Some(200..=299) => {
                if let Some((before, first)) = accepted.get(id)
                    && *before == body
                    // What was on its way already is no repetition.
                    && call.began() >= first.ended()
                    && says_a_state(call)
                {
                    repeated.add(
                        format!(
                            "{} was sent again with the same body after it had been accepted",
                            call.endpoint.operation
                        ),
                        Witness::of([first.place(), call.place()]),
                    );
                }
                accepted.insert(id, (body, call));
            }
            Some(429 | 500..) | None => invited += 1,
            Some(_) => {}
        }
    }
    let again = repeated.count();
    ambiguous
        .ruling(Level::Fail)
        .or_else(|| repeated.ruling(Level::Warn))
        .unwrap_or_else(|| {
            if invited == 0 {
                let message = "No update was refused or cut: nothing invited a repetition.";
                Ruling::new(Level::NotExercised, message)
            } else {
                let message = format!(
                    "{} sent, {invited} of them refused or cut; none was repeated after it had \
                     been accepted.",
                    counted(updates, "update")
                );
                Ruling::new(Level::Pass, message)
            }
        })
        .with("updates", updates)
        .with("refused or cut", invited)
        .with("repeated after acceptance", again)
        .with("requests with an idempotency key", keyed)
}

/// Whether `call` says something of a state: what it says beside may well be repeated.
fn says_a_state(call: &Call<'_>) -> bool {
    let body = call.exchange.request.body.json().unwrap_or_default();
    ["status", "defaultStatus", "payments"]
        .iter()
        .any(|member| !body["data"][member].is_null())
}

/// The id of the resource that `call` updates.
fn updated<'c>(call: &'c Call<'_>) -> Option<&'c str> {
    match &call.endpoint.purpose {
        Purpose::Resource(_, id) if call.exchange.request.method == "PATCH" => Some(id),
        Purpose::Resource(..) | Purpose::Token | Purpose::Creation(_) | Purpose::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;

    fn begun() -> Composer {
        let mut run = Composer::of(Subject::Connector);
        run.set("b-1", json!({"status": "Processing"}), 503)
            .set_again("b-1", json!({"status": "Processing"}), 204);
        run
    }

    #[test]
    fn a_repetition_after_a_failure_is_none() {
        assert_eq!(found(&CHECK, &mut begun()).raw, Level::Pass);
        let mut run = Composer::of(Subject::Connector);
        run.set("b-1", json!({"status": "Processing"}), 204);
        assert_eq!(found(&CHECK, &mut run).raw, Level::NotExercised);
    }

    #[test]
    fn the_same_update_after_it_was_accepted_is_a_warning() {
        let mut run = begun();
        run.set("b-1", json!({"status": "Processing"}), 204);
        let finding = found(&CHECK, &mut run);
        assert_eq!((finding.raw, finding.reported), (Level::Warn, Level::Warn));
        assert_eq!(finding.witness.sequences, [3, 4]);
    }

    #[test]
    fn what_was_on_its_way_already_is_no_repetition() {
        let mut run = begun();
        run.set("b-1", json!({"status": "Completed"}), 204)
            .back(Duration::from_millis(50));
        run.set("b-1", json!({"status": "Completed"}), 204);
        assert_eq!(found(&CHECK, &mut run).raw, Level::Pass);
    }

    #[test]
    fn what_says_nothing_of_a_state_may_be_repeated() {
        let mut run = begun();
        for _ in 0..2 {
            run.set("b-1", json!({"extendedStatus": "AtTheBank"}), 204);
        }
        assert_eq!(found(&CHECK, &mut run).raw, Level::Pass);
    }

    #[test]
    fn a_state_that_comes_back_later_is_no_repetition() {
        let mut run = begun();
        for status in ["Suspended", "Authorised", "Suspended", "Authorised"] {
            run.set("s-1", json!({"status": status}), 204);
        }
        assert_eq!(found(&CHECK, &mut run).raw, Level::Pass);
    }

    #[test]
    fn a_key_stands_for_one_update() {
        let keyed = |status: &str| {
            let mut run = begun();
            for status in ["Processing", status] {
                run.set("b-2", json!({"status": status}), 503)
                    .with(|exchange| {
                        let key = "6e3f0c58-0b2e-4a66-9d3c-0a1f4a3e5d11";
                        exchange.request.headers.push("x-idempotency-key", key);
                    });
            }
            found(&CHECK, &mut run)
        };
        assert_eq!(keyed("Processing").raw, Level::Pass);
        let finding = keyed("Completed");
        assert_eq!(
            (finding.raw, finding.reported),
            (Level::Fail, Level::Review)
        );
        assert_eq!(finding.witness.sequences, [4, 5]);
    }
}
