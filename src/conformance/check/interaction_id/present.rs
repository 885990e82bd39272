//! Each request carries exactly one interaction id.
//!
//! # What is required
//!
//! `x-fapi-interaction-id` stands on every request to the Provider API and its messaging, once.
//!
//! # Why
//!
//! A request without it cannot be found in the platform's logs when somebody asks for help.
//!
//! # How it is judged
//!
//! FAIL for a request without the header, with an empty one, or with more than one. NOT_EXERCISED
//! where no request to the Provider API was seen. What the id looks like is IX-03, whether it is new
//! IX-01.
//!
//! Recipe: set the header where all requests pass. Java: a `ClientHttpRequestInterceptor`; .NET: a
//! `DelegatingHandler`; Node: an axios interceptor; Python: an `httpx` event hook; Go: a
//! `RoundTripper`. Below the retries, so that a retry has an id of its own.
//!
//! # An example that conforms
//!
//! `x-fapi-interaction-id: 6d8c9df4-7c0e-4d3f-9b0a-5a3c1e2f4b60`
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/establish-config` (a new RFC 4122 UUID for each request).

use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::Profile;

/// IX-02.
pub const CHECK: Check = Check {
    id: "IX-02",
    family: Family::InteractionId,
    title: "Each request carries exactly one interaction id",
    clauses: &["PO-INTERACTION-ID"],
    subjects: &[Subject::Connector],
    // What a request carries is the same everywhere.
    vantages: &Vantage::ALL,
    provenance: |profile| profile.headers.interaction_id.provenance,
    severest: Level::Fail,
    flips_if: "the platform confirms the name of this header",
    source: include_str!("present.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let header = &profile.headers.interaction_id.value;
    let mut judged = 0;
    let mut violations = Vec::new();
    for call in evidence.provider_calls() {
        judged += 1;
        let values: Vec<&str> = call.exchange.request.headers.all(header).collect();
        let message = match values.as_slice() {
            [] => format!("has no {header}"),
            [one] if one.trim().is_empty() => format!("has an empty {header}"),
            [_] => continue,
            many => format!("has the {header} {} times", many.len()),
        };
        violations.push((call, message));
    }
    match violations.as_slice() {
        [(call, message), rest @ ..] => Ruling::new(
            Level::Fail,
            format!(
                "{} {message}{}.",
                call.endpoint.operation,
                and_more(rest.len())
            ),
        )
        .shown_by(Witness::of([call.place()])),
        [] if judged == 0 => Ruling::new(
            Level::NotExercised,
            "No request to the Provider API was seen.",
        ),
        [] => Ruling::new(
            Level::Pass,
            format!(
                "{} with one interaction id each.",
                counted(judged, "request")
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::fixture::found;
    use crate::exchange::Headers;
    use crate::history::composer::Composer;

    #[test]
    fn a_missing_an_empty_and_a_doubled_id_are_failures() {
        type Change = fn(&mut Headers);
        let header = "x-fapi-interaction-id";
        let changes: [(Change, Level); 4] = [
            (|_| {}, Level::Pass),
            (
                |headers| headers.remove("x-fapi-interaction-id"),
                Level::Fail,
            ),
            (
                |headers| headers.set("x-fapi-interaction-id", " "),
                Level::Fail,
            ),
            (
                |headers| headers.push("X-FAPI-Interaction-Id", "again"),
                Level::Fail,
            ),
        ];
        for (change, level) in changes {
            let mut run = Composer::of(Subject::Connector);
            run.get_provider()
                .with(|exchange| change(&mut exchange.request.headers));
            let finding = found(&CHECK, &mut run);
            assert_eq!(finding.raw, level, "{}", finding.message);
            assert!(level == Level::Pass || finding.message.contains(header));
        }
        let mut nothing = Composer::of(Subject::Connector);
        assert_eq!(found(&CHECK, &mut nothing).raw, Level::NotExercised);
    }
}
