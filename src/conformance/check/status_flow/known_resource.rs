//! States are told of what the platform knows, and of the provider's own only.
//!
//! # What is required
//!
//! An update names a subscription, a batch or a payment that the platform has made known to this
//! provider.
//!
//! # Why
//!
//! A state for an id that nobody knows is a state that is lost: the payment that was meant waits. One
//! for somebody else's batch is an attack, or will be taken for one.
//!
//! # How it is judged
//!
//! FAIL where an update is answered with 404, or with 403 although another request with the same
//! token was accepted before: the id is unknown, or another provider's. The mock has batches of a
//! second provider whose ids no notification names; a connector that tells of one found it somewhere
//! else. PASS where every update named something known; NOT_EXERCISED where nothing was updated. Steps
//! that name a foreign id on purpose are left out. Reads are not judged: whoever is told of a foreign
//! id may look and be refused.
//!
//! # An example that conforms
//!
//! A notification names a batch; a read shows its two payments; the update names that batch and those
//! payments.
//!
//! # Sources
//!
//! `/payments-out/guides/provider-api-update-batch-payments` (ids are the platform's);
//! `spec/judging.md` 5.4. Which code refuses is not public.

use std::collections::BTreeSet;

use super::stride::SERVING;
use super::violation::Violations;
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{counted, left_out};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::{Provocation, Subject};
use crate::history::Purpose;
use crate::profile::{Profile, Provenance};

/// ST-10.
pub const CHECK: Check = Check {
    id: "ST-10",
    family: Family::StatusFlow,
    title: "States are told of what the platform knows",
    clauses: &["PO-STATUS-FLOW"],
    subjects: &[Subject::Connector],
    // Who serves the requests sees them arrive; so does a proxy.
    vantages: &SERVING,
    provenance: |_| Provenance::Inferred,
    severest: Level::Fail,
    flips_if: "the platform confirms with which status it refuses unknown and foreign ids",
    source: include_str!("known_resource.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _profile: &Profile) -> Ruling {
    let mut trusted: BTreeSet<&str> = BTreeSet::new();
    let (mut updates, mut provoked) = (0, 0);
    let mut violations = Violations::default();
    for call in evidence.provider_calls() {
        if let (true, Some(token)) = (call.succeeded(), call.bearer()) {
            trusted.insert(token);
        }
        let is_update = call.exchange.request.method == "PATCH"
            && matches!(call.endpoint.purpose, Purpose::Resource(..));
        if !is_update {
            continue;
        }
        if call.is_provoking(Provocation::ForeignId) {
            provoked += 1;
            continue;
        }
        updates += 1;
        let is_trusted = call.bearer().is_some_and(|token| trusted.contains(token));
        let what = match call.status() {
            Some(404) => "something that the platform does not know",
            Some(403) if is_trusted => "something that is not the provider's",
            Some(_) | None => continue,
        };
        violations.add(
            format!("{} names {what}", call.endpoint.operation),
            Witness::of([call.place()]),
        );
    }
    violations
        .ruling(Level::Fail)
        .unwrap_or_else(|| {
            if updates == 0 {
                return Ruling::new(Level::NotExercised, "Nothing was updated.");
            }
            let message = format!("{} of what the platform knows.", counted(updates, "update"));
            Ruling::new(Level::Pass, message)
        })
        .and_says(left_out(provoked, Provocation::ForeignId))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;

    #[test]
    fn a_refusal_counts_where_the_credential_is_good() {
        let table = [
            (204, 204, Level::Pass),
            (204, 404, Level::Fail),
            (204, 403, Level::Fail),
            (403, 403, Level::Pass),
            (204, 409, Level::Pass),
        ];
        for (first, second, level) in table {
            let mut run = Composer::of(Subject::Connector);
            run.token("provider", 3600);
            for answer in [first, second] {
                run.set("b-1", json!({"status": "Processing"}), answer);
            }
            assert_eq!(found(&CHECK, &mut run).raw, level, "{first} {second}");
        }
    }

    #[test]
    fn nothing_is_said_of_reads() {
        let mut run = Composer::of(Subject::Connector);
        run.send(
            "GET",
            "/api-provider-v1/batchpayments/b-9",
            json!(null),
            404,
            json!(null),
        );
        assert_eq!(found(&CHECK, &mut run).raw, Level::NotExercised);
    }
}
