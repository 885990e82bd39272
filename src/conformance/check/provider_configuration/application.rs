//! Each request names the Sage product that it is for.
//!
//! # What is required
//!
//! `x-application` stands on every request to the Provider API and its messaging.
//!
//! # Why
//!
//! Features are implemented differently across products; without the header the platform cannot know
//! which rules hold.
//!
//! # How it is judged
//!
//! FAIL for a request without the header or with an empty one. On the page it stands on the read of
//! the provider's configuration, so it is stated for that; for other requests it follows and is
//! reported as REVIEW. NOT_EXERCISED where no request was seen. The products that were named are
//! listed.
//!
//! # An example that conforms
//!
//! `x-application: sage.intacct`
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/establish-config`.

use std::collections::BTreeSet;

use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::{Profile, Provenance};

/// PC-04.
pub const CHECK: Check = Check {
    id: "PC-04",
    family: Family::ProviderConfiguration,
    title: "Each request names the Sage product that it is for",
    clauses: &["PO-APPLICATION"],
    subjects: &[Subject::Connector],
    // What a request carries is the same everywhere.
    vantages: &Vantage::ALL,
    provenance: |profile| profile.headers.application.provenance,
    severest: Level::Fail,
    flips_if: "the platform confirms that every request names its product",
    source: include_str!("application.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let header = &profile.headers.application;
    let configuration = format!(
        "GET {}/providers/{{providerId}}",
        profile.paths.provider_api.value
    );
    let mut judged = 0;
    let mut named = BTreeSet::new();
    let mut missing = Vec::new();
    for call in evidence.provider_calls() {
        judged += 1;
        match call.header(&header.value).filter(|name| !name.is_empty()) {
            Some(name) => drop(named.insert(name.to_owned())),
            None => missing.push(call),
        }
    }
    // What is stated comes first.
    missing.sort_by_key(|call| call.endpoint.operation != configuration);
    let ruling = match missing.as_slice() {
        [call, rest @ ..] => {
            let rests_on = if call.endpoint.operation == configuration {
                header.provenance
            } else {
                Provenance::Inferred
            };
            Ruling::new(
                Level::Fail,
                format!(
                    "{} has no {}{}.",
                    call.endpoint.operation,
                    header.value,
                    and_more(rest.len())
                ),
            )
            .resting_on(rests_on)
            .shown_by(Witness::of([call.place()]))
        }
        [] if judged == 0 => Ruling::new(
            Level::NotExercised,
            "No request to the Provider API was seen.",
        ),
        [] => Ruling::new(
            Level::Pass,
            format!(
                "{} with the product that it is for.",
                counted(judged, "request")
            ),
        ),
    };
    let named: Vec<String> = named.into_iter().collect();
    ruling.with("products", named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;

    #[test]
    fn it_is_stated_for_the_configuration_and_follows_for_the_rest() {
        let without = |of_batch: bool| {
            let mut run = Composer::of(Subject::Connector);
            if of_batch {
                run.get_batch("Received");
            } else {
                run.get_provider();
            }
            run.with(|exchange| exchange.request.headers.remove("x-application"));
            let finding = found(&CHECK, &mut run);
            (finding.raw, finding.reported)
        };
        assert_eq!(without(false), (Level::Fail, Level::Fail));
        assert_eq!(without(true), (Level::Fail, Level::Review));
    }
}
