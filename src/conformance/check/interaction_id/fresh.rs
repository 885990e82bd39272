//! Each request to the Provider API carries a new UUID as its interaction id.
//!
//! # What is required
//!
//! `x-fapi-interaction-id` is on each request to the Provider API, is an RFC 4122 UUID, and no two
//! requests have the same; a retry is a request of its own.
//!
//! # Why
//!
//! It is how a request is found again in the logs of both sides. A repeated id finds two.
//!
//! # How it is judged
//!
//! FAIL for a request without the header, with more than one of it, with one that is not a UUID of
//! RFC 4122 (RFC 9562) in its usual form, or with one that an earlier request had: then both are the
//! witness. Exchanges of steps that send a bad interaction id on purpose are left out, and so are
//! those in which a redirect was followed: that is the runner's doing, and it sends the request on
//! as it was. Of an observed connector missing and malformed ids are left to IX-02 and IX-03: a fault
//! is told once. That a retry is a request too is our reading of the page: an id that only retries of
//! one operation share is reported as REVIEW. NOT_EXERCISED for fewer than two requests: one alone cannot repeat an id.
//!
//! # An example that conforms
//!
//! `x-fapi-interaction-id: 6d8c9df4-7c0e-4d3f-9b0a-5a3c1e2f4b60`, and another one on the retry.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/establish-config` (a new RFC 4122 UUID for each
//! request); RFC 9562 §4.

use std::collections::BTreeMap;

use uuid::{Uuid, Variant};

use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{and_more, counted, left_out};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::{Origin, Provocation, Subject};
use crate::exchange::Vantage;
use crate::history::Call;
use crate::profile::{Profile, Provenance};

/// How many requests it takes to show that ids are not repeated.
const ENOUGH: usize = 2;

/// IX-01.
pub const CHECK: Check = Check {
    id: "IX-01",
    family: Family::InteractionId,
    title: "Each request carries a new UUID as its interaction id",
    clauses: &["PO-INTERACTION-ID"],
    subjects: &[Subject::Replay, Subject::Connector],
    // What a request carries is the same everywhere.
    vantages: &Vantage::ALL,
    provenance: |profile| profile.headers.interaction_id.provenance,
    severest: Level::Fail,
    flips_if: "the platform says that a retry needs an interaction id of its own",
    source: include_str!("fresh.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let header = &profile.headers.interaction_id.value;
    let mut left = 0;
    let mut redirected = 0;
    let mut judged = 0;
    let mut seen: BTreeMap<Uuid, &Call<'_>> = BTreeMap::new();
    let mut violations = Vec::new();
    let mut retried = Vec::new();
    for call in evidence.provider_calls() {
        if call.is_provoking(Provocation::BadInteractionId) {
            left += 1;
            continue;
        }
        if call.origin == Origin::Redirect {
            redirected += 1;
            continue;
        }
        judged += 1;
        let operation = &call.endpoint.operation;
        let values: Vec<&str> = call.exchange.request.headers.all(header).collect();
        let [value] = values.as_slice() else {
            if evidence.subject() == Subject::Connector {
                judged -= 1;
                continue;
            }
            let message = match values.len() {
                0 => format!("{operation} has no {header}"),
                many => format!("{operation} has the {header} {many} times"),
            };
            violations.push((message, Witness::of([call.place()])));
            for id in values.iter().filter_map(|value| identifier(value.trim())) {
                seen.entry(id).or_insert(call);
            }
            continue;
        };
        let value = value.trim();
        let Some(id) = identifier(value) else {
            if evidence.subject() == Subject::Connector {
                judged -= 1;
                continue;
            }
            violations.push((
                format!("{operation} has a {header} that is not an RFC 4122 UUID: {value:?}"),
                Witness::of([call.place()]),
            ));
            continue;
        };
        if let Some(earlier) = seen.insert(id, call) {
            let message = format!("{operation} repeats the {header} of an earlier request");
            let witness = Witness::of([earlier.place(), call.place()]);
            if earlier.attempt.group == call.attempt.group {
                retried.push((message, witness));
            } else {
                violations.push((message, witness));
            }
        }
    }
    let rests_on = if violations.is_empty() {
        Provenance::Inferred
    } else {
        Provenance::Stated
    };
    violations.append(&mut retried);
    let rest = violations.len().saturating_sub(1);
    let ruling = match violations.into_iter().next() {
        None if judged == 0 => Ruling::new(
            Level::NotExercised,
            "No request to the Provider API with a UUID as its interaction id was seen.",
        ),
        None if judged < ENOUGH => Ruling::new(
            Level::NotExercised,
            format!(
                "{} to the Provider API; {ENOUGH} are needed to show that ids are not repeated.",
                counted(judged, "request")
            ),
        ),
        None => Ruling::new(
            Level::Pass,
            format!("{} with a new UUID each.", counted(judged, "request")),
        ),
        Some((message, witness)) => {
            Ruling::new(Level::Fail, format!("{message}{}.", and_more(rest)))
                .resting_on(rests_on)
                .shown_by(witness)
        }
    };
    let redirected = (redirected > 0)
        .then(|| format!("{} by redirect: left out.", counted(redirected, "request")));
    ruling
        .and_says(redirected)
        .and_says(left_out(left, Provocation::BadInteractionId))
}

/// The UUID that `value` is in its usual form, if its variant is that of RFC 4122.
pub(super) fn identifier(value: &str) -> Option<Uuid> {
    let id = Uuid::try_parse(value).ok()?;
    (value.len() == 36 && id.get_variant() == Variant::RFC4122).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;

    #[test]
    fn only_the_usual_form_of_an_rfc_4122_uuid_counts() {
        let table = [
            ("6d8c9df4-7c0e-4d3f-9b0a-5a3c1e2f4b60", true),
            ("6D8C9DF4-7C0E-4D3F-9B0A-5A3C1E2F4B60", true),
            ("6d8c9df47c0e4d3f9b0a5a3c1e2f4b60", false),
            ("{6d8c9df4-7c0e-4d3f-9b0a-5a3c1e2f4b60}", false),
            ("urn:uuid:6d8c9df4-7c0e-4d3f-9b0a-5a3c1e2f4b60", false),
            ("00000000-0000-0000-0000-000000000000", false),
            ("6d8c9df4-7c0e-4d3f-cb0a-5a3c1e2f4b60", false),
            ("request-17", false),
            ("", false),
        ];
        for (value, counts) in table {
            assert_eq!(identifier(value).is_some(), counts, "{value}");
        }
    }

    #[test]
    fn a_missing_and_a_malformed_id_are_failures_and_those_on_purpose_are_left_out() {
        let mut run = Composer::replay();
        run.get_provider()
            .with(|exchange| exchange.request.headers.remove("x-fapi-interaction-id"));
        assert!(
            found(&CHECK, &mut run)
                .message
                .contains("has no x-fapi-interaction-id")
        );
        let mut run = Composer::replay();
        run.get_provider()
            .with(|exchange| exchange.request.headers.set("X-Fapi-Interaction-Id", "17"));
        assert!(
            found(&CHECK, &mut run)
                .message
                .contains("is not an RFC 4122 UUID: \"17\"")
        );
        let mut run = Composer::replay();
        run.get_provider()
            .get_provider()
            .provoking("On purpose", &[Provocation::BadInteractionId])
            .send(
                "GET",
                "/api-provider-v1/providers/p",
                serde_json::Value::Null,
                400,
                serde_json::Value::Null,
            )
            .repeat_interaction_id();
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.raw, Level::Pass);
        assert!(
            finding
                .message
                .ends_with("Left out: 1 exchange of a step that provokes bad-interaction-id.")
        );
    }

    #[test]
    fn one_request_alone_cannot_repeat_an_id() {
        let mut run = Composer::replay();
        let finding = found(&CHECK, run.get_provider());
        assert_eq!(finding.raw, Level::NotExercised);
        assert!(finding.message.contains("2 are needed"));
        assert_eq!(found(&CHECK, run.get_provider()).raw, Level::Pass);
    }

    #[test]
    fn a_doubled_header_is_a_failure_and_its_values_count() {
        let id = "6d8c9df4-7c0e-4d3f-9b0a-5a3c1e2f4b60";
        let double = |run: &mut Composer| {
            run.last().request.headers.push("X-FAPI-Interaction-Id", id);
        };
        let mut run = Composer::replay();
        run.get_provider().get_provider();
        double(&mut run);
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.raw, Level::Fail);
        assert!(
            finding
                .message
                .contains("has the x-fapi-interaction-id 2 times."),
            "{}",
            finding.message
        );
        run.get_provider()
            .with(|exchange| exchange.request.headers.set("x-fapi-interaction-id", id));
        let finding = found(&CHECK, &mut run);
        assert!(
            finding.message.ends_with("; 1 more like it."),
            "its second value is repeated: {}",
            finding.message
        );
        let mut run = Composer::replay();
        run.get_provider().get_provider();
        run.provoking("On purpose", &[Provocation::BadInteractionId])
            .get_provider_again();
        double(&mut run);
        assert_eq!(found(&CHECK, &mut run).raw, Level::Pass);
    }

    #[test]
    fn a_redirect_that_the_runner_followed_is_left_out_and_told() {
        let mut run = Composer::replay();
        run.get_provider()
            .get_provider()
            .get_provider_again()
            .repeat_interaction_id()
            .sent_by(Origin::Redirect);
        let finding = found(&CHECK, &mut run);
        assert_eq!(
            finding.message,
            "2 requests with a new UUID each. 1 request by redirect: left out."
        );
        assert_eq!(finding.raw, Level::Pass);
    }

    #[test]
    fn only_requests_to_the_provider_api_are_held_to_it() {
        let mut run = Composer::replay();
        run.step("Product").send(
            "GET",
            "/v3/providers",
            serde_json::Value::Null,
            200,
            serde_json::Value::Null,
        );
        run.last().request.headers.remove("x-fapi-interaction-id");
        assert_eq!(found(&CHECK, &mut run).raw, Level::NotExercised);
    }
}
