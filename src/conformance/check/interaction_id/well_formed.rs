//! An interaction id is a UUID of RFC 4122.
//!
//! # What is required
//!
//! The value of `x-fapi-interaction-id` is a UUID of RFC 4122 (RFC 9562) in its usual form: 36
//! characters, hexadecimal digits and four hyphens.
//!
//! # Why
//!
//! Logs are indexed by it. What is no UUID may be cut, rejected or never found.
//!
//! # How it is judged
//!
//! FAIL for a request whose id is not one: a number, a name, braces, no hyphens, the nil UUID.
//! Requests without an id are IX-02's. NOT_EXERCISED where no request carried one.
//!
//! # An example that conforms
//!
//! `6d8c9df4-7c0e-4d3f-9b0a-5a3c1e2f4b60`: Java `UUID.randomUUID()`, .NET `Guid.NewGuid()`, Node
//! `crypto.randomUUID()`, Python `uuid.uuid4()`, Go `uuid.New()`.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/establish-config` (a new RFC 4122 UUID for each request);
//! RFC 9562 §4.

use super::fresh::identifier;
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::Profile;

/// IX-03.
pub const CHECK: Check = Check {
    id: "IX-03",
    family: Family::InteractionId,
    title: "An interaction id is a UUID of RFC 4122",
    clauses: &["PO-INTERACTION-ID"],
    subjects: &[Subject::Connector],
    // What a request carries is the same everywhere.
    vantages: &Vantage::ALL,
    provenance: |profile| profile.headers.interaction_id.provenance,
    severest: Level::Fail,
    flips_if: "the platform confirms the name of this header",
    source: include_str!("well_formed.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let header = &profile.headers.interaction_id.value;
    let mut judged = 0;
    let mut violations = Vec::new();
    for call in evidence.provider_calls() {
        let values = call.exchange.request.headers.all(header).map(str::trim);
        for value in values.filter(|value| !value.is_empty()) {
            judged += 1;
            if identifier(value).is_none() {
                violations.push((call, value));
            }
        }
    }
    match violations.as_slice() {
        [(call, value), rest @ ..] => Ruling::new(
            Level::Fail,
            format!(
                "{} has a {header} that is not an RFC 4122 UUID: {value:?}{}.",
                call.endpoint.operation,
                and_more(rest.len())
            ),
        )
        .shown_by(Witness::of([call.place()])),
        [] if judged == 0 => Ruling::new(
            Level::NotExercised,
            format!("No request carried a {header}."),
        ),
        [] => Ruling::new(
            Level::Pass,
            format!(
                "{} are UUIDs of RFC 4122.",
                counted(judged, "interaction id")
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;

    #[test]
    fn only_a_uuid_passes_and_one_that_is_missing_is_left_to_others() {
        for (value, level) in [
            ("6d8c9df4-7c0e-4d3f-9b0a-5a3c1e2f4b60", Level::Pass),
            ("request-17", Level::Fail),
            ("6d8c9df47c0e4d3f9b0a5a3c1e2f4b60", Level::Fail),
            (" ", Level::NotExercised),
        ] {
            let mut run = Composer::of(Subject::Connector);
            run.get_provider()
                .with(|exchange| exchange.request.headers.set("x-fapi-interaction-id", value));
            assert_eq!(found(&CHECK, &mut run).raw, level, "{value}");
        }
    }
}
