//! What the product has submitted stays as it is.
//!
//! # What is required
//!
//! Where an update repeats members of a payment that are the product's (amount, currency, parties,
//! reference), they are equal to what was submitted.
//!
//! # Why
//!
//! An update that carries another amount or another creditor belongs to another payment. A product
//! that believes it books what was never ordered; a platform that ignores it hides the mistake.
//!
//! # How it is judged
//!
//! An update names a payment by its id and needs none of these members; the platform documents no
//! event that repeats them. What an update repeats all the same, of the members that the profile
//! lists under `status.immutable`, is compared with what the creation or a read of the batch shows:
//! FAIL where it differs. Texts that are numbers are compared as numbers (`125.50` is 125.5); an
//! object may be repeated in part; what was never shown is not compared. PASS where payments were
//! updated and nothing differs; NOT_EXERCISED where none was.
//!
//! Amounts change where they pass through binary floating point: keep them as `BigDecimal` (Java),
//! `decimal` (.NET), `Decimal` (Python), or as text.
//!
//! # An example that conforms
//!
//! `{"paymentId": "…", "status": "Completed", "amount": "125.50"}`, and the batch shows `"125.50"`.
//!
//! # Sources
//!
//! `/payments-out/guides/provider-api-update-batch-payments`; the rule on immutable fields of
//! `spec/judging.md` 5.4. The list of members is the profile's, assumed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::stride::SERVING;
use super::violation::{Violations, place};
use crate::base::Timestamp;
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::counted;
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::history::{NoteKind, Purpose, ResourceKind};
use crate::profile::Profile;

/// ST-08.
pub const CHECK: Check = Check {
    id: "ST-08",
    family: Family::StatusFlow,
    title: "What the product has submitted stays as it is",
    clauses: &["PO-STATUS-FLOW"],
    subjects: &[Subject::Connector],
    // Who serves the requests sees them arrive; so does a proxy.
    vantages: &SERVING,
    provenance: |profile| profile.status.immutable.provenance,
    severest: Level::Fail,
    flips_if: "the platform says which members of a payment an update may not change",
    source: include_str!("untouched_fields.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let shown = shown(evidence, profile);
    let mut updates = 0;
    let mut compared = 0;
    let mut violations = Violations::default();
    for walk in evidence.walks() {
        if walk.kind != ResourceKind::Payment {
            continue;
        }
        for note in &walk.notes {
            let NoteKind::Asked(_) = note.kind else {
                continue;
            };
            updates += 1;
            let Some(details) = &note.details else {
                continue;
            };
            let Some((seen_at, original)) = shown.get(walk.id.as_str()) else {
                continue;
            };
            for member in &walk.profile(profile).status.immutable.value {
                let (Some(repeated), Some(original)) =
                    (details.repeated.get(member), original.get(member))
                else {
                    continue;
                };
                compared += 1;
                if !is_same(repeated, original) {
                    violations.add(
                        format!("An update changes `{member}` of a payment"),
                        Witness::of([*seen_at, place(note)])
                            .with_margin(format!("{original} became {repeated}")),
                    );
                }
            }
        }
    }
    violations
        .ruling(Level::Fail)
        .unwrap_or_else(|| {
            if updates == 0 {
                return Ruling::new(Level::NotExercised, "No payment was updated.");
            }
            let message = format!(
                "{} of payments; {} repeated, none changed.",
                counted(updates, "update"),
                counted(compared, "member")
            );
            Ruling::new(Level::Pass, message)
        })
        .with("members compared", compared)
}

type Shown = BTreeMap<String, ((u64, Timestamp), Map<String, Value>)>;

/// The payments whose updates repeat something, as they were shown first, each with where that was.
fn shown(evidence: &Evidence<'_>, profile: &Profile) -> Shown {
    let wanted: BTreeSet<(&str, &str)> = evidence
        .walks()
        .iter()
        .filter(|walk| {
            let mut details = walk.notes.iter().filter_map(|note| note.details.as_ref());
            let members = &walk.profile(profile).status.immutable.value;
            details.any(|details| {
                members
                    .iter()
                    .any(|name| details.repeated.contains_key(name))
            })
        })
        .filter_map(|walk| Some((walk.batch.as_deref()?, walk.id.as_str())))
        .collect();
    let mut shown = Shown::new();
    if wanted.is_empty() {
        return shown;
    }
    let batches: BTreeSet<&str> = wanted.iter().map(|(batch, _)| *batch).collect();
    for call in evidence.product_calls().iter().chain(evidence.calls()) {
        let of_a_batch = match &call.endpoint.purpose {
            Purpose::Creation(kind) => *kind == ResourceKind::Batch,
            Purpose::Resource(_, id) => batches.contains(id.as_str()),
            Purpose::Token | Purpose::Other => false,
        };
        if !of_a_batch || !call.succeeded() {
            continue;
        }
        let Some(answer) = call.answer() else {
            continue;
        };
        for payment in answer["data"]["payments"].as_array().into_iter().flatten() {
            if let (Some(id), Some(members)) = (payment["paymentId"].as_str(), payment.as_object())
                && !shown.contains_key(id)
                && wanted.iter().any(|(_, wanted)| *wanted == id)
            {
                shown.insert(id.to_owned(), (call.place(), members.clone()));
            }
        }
    }
    shown
}

/// Whether `repeated` says nothing else than `original`.
fn is_same(repeated: &Value, original: &Value) -> bool {
    match (repeated, original) {
        (Value::Object(repeated), Value::Object(original)) => {
            repeated.iter().all(|(name, value)| {
                original
                    .get(name)
                    .is_none_or(|original| is_same(value, original))
            })
        }
        (repeated, original) => {
            repeated == original
                || matches!((decimal(repeated), decimal(original)), (Some(one), Some(other)) if one == other)
        }
    }
}

/// A decimal number in its shortest form: `125.5` for `0125.50`.
fn decimal(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    Some(format!("{whole}.{}", part.trim_end_matches('0')))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;

    fn repeated(members: Value) -> Level {
        let mut run = Composer::of(Subject::Connector);
        run.begin("b-1", &["p-1"]);
        let mut payment = json!({"paymentId": "p-1", "status": "Completed"});
        for (name, value) in members.as_object().unwrap() {
            payment[name] = value.clone();
        }
        run.set("b-1", json!({"payments": [payment]}), 204);
        found(&CHECK, &mut run).raw
    }

    #[test]
    fn what_is_repeated_is_compared_as_what_it_means() {
        let table = [
            (json!({}), Level::Pass),
            (json!({"amount": "125.50"}), Level::Pass),
            (json!({"amount": 125.5}), Level::Pass),
            (json!({"amount": "125.05"}), Level::Fail),
            (json!({"amount": null}), Level::Fail),
            (json!({"currency": "EUR"}), Level::Fail),
            (
                json!({"creditor": {"name": "Northwind Paper Ltd"}}),
                Level::Pass,
            ),
            (json!({"creditor": {"id": "c-1"}}), Level::Pass),
            (
                json!({"creditor": {"name": "Somebody Else Ltd"}}),
                Level::Fail,
            ),
            (json!({"debtor": {"name": "Never Shown Ltd"}}), Level::Pass),
            (json!({"fee": "1.00"}), Level::Pass),
        ];
        for (members, level) in table {
            assert_eq!(repeated(members.clone()), level, "{members}");
        }
    }

    #[test]
    fn nothing_is_compared_where_no_payment_is_updated() {
        let mut run = Composer::of(Subject::Connector);
        run.set("b-1", json!({"status": "Processing"}), 204);
        assert_eq!(found(&CHECK, &mut run).raw, Level::NotExercised);
    }
}
