//! A notification that comes again has no second effect.
//!
//! # What is required
//!
//! A notification of a new subscription or batch that was taken before is taken again (2xx), and
//! nothing is told a second time for it.
//!
//! # Why
//!
//! An answer may be lost on its way; whoever sends then sends again. A connector that begins anew pays
//! twice.
//!
//! # How it is judged
//!
//! The platform gives notifications no id: what comes again names the same resource. After a
//! notification had been taken, and came again, each later update of that resource is held against the
//! accepted ones that had begun before: FAIL where it asks for exactly the states that were accepted
//! before, or is refused with 409 (it was illegal by then). An update that repeats an earlier one whose
//! outcome is not known (5xx, cut, throttled) is a retry and allowed. FAIL too where the repetition is
//! answered with 4xx: it is taken for a mistake. How often the platform delivers is not public, so that
//! this is reported as INFO. NOT_EXERCISED where nothing that was taken came again.
//!
//! Keep the ids of what was taken under a unique key in the same transaction as the work (any
//! database), not in the memory of one instance; and read the resource before you begin.
//!
//! # An example that conforms
//!
//! The notification of a batch comes twice and is answered with 201 twice; `Processing` is set once.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/integrate` (the notification and its answer); redelivery is
//! not public (`spec/judging.md`, 5.6).

use std::collections::BTreeMap;

use crate::base::{Sha256Hex, Timestamp, sha256};
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{About, Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::history::{Call, Purpose};
use crate::profile::{Profile, Provenance};

/// NA-04.
pub const CHECK: Check = Check {
    id: "NA-04",
    family: Family::NotificationAnswer,
    title: "A notification that comes again has no second effect",
    clauses: &["PO-NOTIFY-ANSWER"],
    subjects: &[Subject::Connector],
    // Whoever sends the notifications sees the answers.
    vantages: &[Vantage::Mock],
    provenance: |_| Provenance::Assumed,
    severest: Level::Fail,
    flips_if: "the platform says that it may deliver a notification more than once",
    source: include_str!("effect_once.rs"),
    rule,
};

type Place = (u64, Timestamp);

fn rule(evidence: &Evidence<'_>, _profile: &Profile) -> Ruling {
    let updates = updates(evidence);
    let mut again = 0;
    let mut wrong: Vec<(String, Witness)> = Vec::new();
    for notified in evidence.notified() {
        let (About::Creation(kind), Some(id)) = (notified.about, &notified.id) else {
            continue;
        };
        let Some(taken) = evidence.taken(notified) else {
            continue;
        };
        let repetitions: Vec<&Call<'_>> = evidence
            .attempts(notified)
            .filter(|call| call.began() >= taken.ended() && call.sequence != taken.sequence)
            .collect();
        let Some(first) = repetitions.first() else {
            continue;
        };
        again += 1;
        let refusal = repetitions
            .iter()
            .find(|call| matches!(call.status(), Some(400..=407 | 409..=428)));
        if let Some(refusal) = refusal {
            let status = refusal.status().unwrap_or_default();
            let message = format!("A notification that came again was answered with {status}");
            wrong.push((message, Witness::of([taken.place(), refusal.place()])));
        }
        let of_it = updates
            .get(id.as_str())
            .map_or(&[] as &[Update<'_>], Vec::as_slice);
        if let Some((before, update)) = second_effect(of_it, first.began()) {
            let message = format!("A {kind} that was told of again was worked on again");
            let places = [first.place(), update].into_iter().chain(before);
            wrong.push((message, Witness::of(places)));
        }
    }
    let count = wrong.len();
    let ruling = match wrong.into_iter().next() {
        Some((message, witness)) => {
            let message = format!("{message}{}.", and_more(count - 1));
            Ruling::new(Level::Fail, message).shown_by(witness)
        }
        None if again == 0 => Ruling::new(
            Level::NotExercised,
            "No notification that was taken came again.",
        ),
        None => Ruling::new(
            Level::Pass,
            format!(
                "{} again, without a second effect.",
                counted(again, "notification")
            ),
        ),
    };
    ruling.with("notifications that came again", again)
}

/// An update of a resource.
struct Update<'e> {
    call: &'e Call<'e>,
    /// What stands for the states that it asks for.
    states: Sha256Hex,
}

/// The updates of each subscription and batch that say something of a state, in order.
fn updates<'e>(evidence: &'e Evidence<'_>) -> BTreeMap<&'e str, Vec<Update<'e>>> {
    let mut notified: BTreeMap<&str, Vec<Update<'e>>> = BTreeMap::new();
    let again = evidence
        .notified()
        .iter()
        .filter(|one| evidence.attempts(one).count() > 1);
    for id in again.filter_map(|one| one.id.as_deref()) {
        notified.entry(id).or_default();
    }
    for call in evidence.provider_calls() {
        let Purpose::Resource(_, id) = &call.endpoint.purpose else {
            continue;
        };
        if call.exchange.request.method != "PATCH" {
            continue;
        }
        if let Some(updates) = notified.get_mut(id.as_str())
            && let Some(states) = states(call)
        {
            updates.push(Update { call, states });
        }
    }
    notified
}

/// The states that `call` asks for, whatever else it says: dates and reasons may differ.
fn states(call: &Call<'_>) -> Option<Sha256Hex> {
    let body = call.exchange.request.body.json()?;
    let data = &body["data"];
    let mut told = format!("{} {}", data["status"], data["defaultStatus"]);
    let mut payments: Vec<String> = data["payments"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|payment| format!(" {} {}", payment["paymentId"], payment["status"]))
        .collect();
    payments.sort();
    told.extend(payments);
    (told != "null null").then(|| sha256(told.as_bytes()))
}

/// The first of `updates` after `again` that does again what was done before: that repeats an update
/// which had been accepted by then, or the first of all, with that one; or that was refused as illegal. A
/// later update that is sent twice is a repetition of that update only.
fn second_effect(updates: &[Update<'_>], again: Timestamp) -> Option<(Option<Place>, Place)> {
    let mut accepted: BTreeMap<&Sha256Hex, Place> = BTreeMap::new();
    for update in updates {
        let call = update.call;
        if call.began() > again {
            if let Some(before) = accepted.get(&update.states) {
                return Some((Some(*before), call.place()));
            }
            if call.status() == Some(409) && !accepted.is_empty() {
                return Some((None, call.place()));
            }
        }
        if call.succeeded() && (accepted.is_empty() || call.ended() <= again) {
            accepted.insert(&update.states, call.place());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;

    /// A batch is told of twice, begun in between, and then updated to this state.
    fn told_again(answer: u16, status: Option<(&str, u16)>) -> Level {
        let mut run = Composer::of(Subject::Connector);
        run.begin("b-1", &["p-1"])
            .notify_batch("b-1", answer)
            .another_attempt();
        if let Some((status, answer)) = status {
            run.set("b-1", json!({"defaultStatus": status}), answer);
        }
        found(&CHECK, &mut run).raw
    }

    #[test]
    fn what_is_told_again_is_not_done_again() {
        assert_eq!(told_again(201, None), Level::Pass);
        assert_eq!(told_again(200, None), Level::Pass);
        assert_eq!(told_again(409, None), Level::Fail);
        assert_eq!(told_again(503, None), Level::Pass);
        assert_eq!(
            told_again(201, Some(("Completed", 204))),
            Level::Pass,
            "goes on"
        );
        assert_eq!(told_again(201, Some(("Processing", 204))), Level::Fail);
        assert_eq!(told_again(201, Some(("Received", 409))), Level::Fail);
    }

    #[test]
    fn the_last_update_sent_twice_is_no_second_effect_and_work_begun_twice_is() {
        let told_twice_at_once = |statuses: &[&str]| {
            let mut run = Composer::of(Subject::Connector);
            run.notify_batch("b-1", 201)
                .notify_batch("b-1", 201)
                .another_attempt();
            for status in statuses {
                run.set("b-1", json!({"defaultStatus": status}), 204);
            }
            found(&CHECK, &mut run).raw
        };
        let once = ["Processing", "Completed", "Completed"];
        assert_eq!(told_twice_at_once(&once), Level::Pass);
        let twice = ["Processing", "Processing", "Completed"];
        assert_eq!(told_twice_at_once(&twice), Level::Fail);
    }

    #[test]
    fn what_came_once_says_nothing() {
        let mut run = Composer::of(Subject::Connector);
        run.begin("b-1", &["p-1"]);
        assert_eq!(found(&CHECK, &mut run).raw, Level::NotExercised);
    }
}
