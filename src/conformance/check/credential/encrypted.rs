//! Credentials go over TLS.
//!
//! # What is required
//!
//! Every request that carries a secret is sent by `https`.
//!
//! # Why
//!
//! Over plain HTTP everybody on the way reads the token and the key.
//!
//! # How it is judged
//!
//! FAIL where a request of the connector has an `http` URL, unless the mock itself, or the proxy
//! on the way to the sandbox, was served without TLS: then every URL that the connector was given is
//! `http`, and there is nothing to judge (NOT_APPLICABLE; `preflight observe --tls` serves the mock
//! with TLS). NOT_EXERCISED where no request was
//! seen.
//!
//! # An example that conforms
//!
//! `https://api-payout.sage.com/api-provider-v1/…`
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/setup` (credentials are stored securely); RFC 6749 §1.6,
//! RFC 6750 §5.3.

use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::{EventKind, Subject, Target};
use crate::exchange::Vantage;
use crate::profile::{Profile, Provenance};

/// CR-04.
pub const CHECK: Check = Check {
    id: "CR-04",
    family: Family::Credential,
    title: "Credentials go over TLS",
    clauses: &["PO-CREDENTIALS"],
    subjects: &[Subject::Connector],
    // A URL is the same everywhere.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Stated,
    severest: Level::Fail,
    flips_if: "it rests on what is stated already",
    source: include_str!("encrypted.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    let at_mock = evidence.events().iter().any(
        |event| matches!(&event.kind, EventKind::RunStarted(start) if start.target == Target::Mock),
    );
    let through_proxy = evidence
        .calls()
        .iter()
        .all(|call| call.exchange.vantage == Vantage::Proxy);
    let (plain, safe): (Vec<_>, Vec<_>) = evidence
        .calls()
        .iter()
        .partition(|call| call.exchange.request.url.starts_with("http://"));
    match plain.as_slice() {
        [] if safe.is_empty() => Ruling::new(Level::NotExercised, "No request was seen."),
        [] => Ruling::new(
            Level::Pass,
            format!("{} over TLS.", counted(safe.len(), "request")),
        ),
        [_, ..] if (at_mock || through_proxy) && safe.is_empty() => Ruling::new(
            Level::NotApplicable,
            "The platform was served without TLS by us, so all URLs that the connector was given are http.",
        ),
        [first, rest @ ..] => Ruling::new(
            Level::Fail,
            format!(
                "{} was sent without TLS{}.",
                first.endpoint.operation,
                and_more(rest.len())
            ),
        )
        .shown_by(Witness::of([first.place()])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;

    #[test]
    fn only_a_connector_that_had_the_choice_is_judged() {
        let plain = |run: &mut Composer| {
            run.get_provider().with(|exchange| {
                exchange.request.url = exchange.request.url.replace("https://", "http://");
            });
        };
        let mut run = Composer::of(Subject::Connector);
        plain(&mut run);
        assert_eq!(found(&CHECK, &mut run).raw, Level::NotApplicable);
        run.get_provider();
        assert_eq!(found(&CHECK, &mut run).raw, Level::Fail);
        let mut run = Composer::of(Subject::Connector);
        run.get_provider();
        assert_eq!(found(&CHECK, &mut run).raw, Level::Pass);
    }
}
