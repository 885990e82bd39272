//! The client secret is sent to the token endpoint and nowhere else.
//!
//! # What is required
//!
//! The client secret stands in the body of a token request (or its Basic credentials, where that is
//! agreed), never in a URL, never in another request.
//!
//! # Why
//!
//! Whoever has it can ask for tokens until somebody notices. URLs and bodies end up in logs.
//!
//! # How it is judged
//!
//! What stands for the secret in token requests is looked for in all requests of the connector. FAIL
//! where it stands in a URL, or in the header or body of anything but a token request.
//! NOT_EXERCISED where no token request carried a secret.
//!
//! # An example that conforms
//!
//! `POST /oauth/token` with `"client_secret"` in its body, and no other request with it.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/setup` (credentials are stored securely);
//! `/payments-out/guides/provider/get-a-sage-id-access-token`; RFC 6749 §2.3.1.

use super::secret::client_secrets;
use crate::conformance::check::{Check, Family};
use crate::conformance::commitment::{Spot, in_request};
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::history::Purpose;
use crate::profile::{Profile, Provenance};

/// CR-01.
pub const CHECK: Check = Check {
    id: "CR-01",
    family: Family::Credential,
    title: "The client secret is sent to the token endpoint and nowhere else",
    clauses: &["PO-CREDENTIALS"],
    subjects: &[Subject::Connector],
    // What a request carries is the same everywhere.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Stated,
    severest: Level::Fail,
    flips_if: "it rests on what is stated already",
    source: include_str!("client_secret.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    let secrets = client_secrets(evidence);
    let mut leaks = Vec::new();
    for call in evidence.calls() {
        let is_token = call.endpoint.purpose == Purpose::Token;
        let leak = in_request(call)
            .filter(|(_, found)| secrets.contains(found))
            .map(|(spot, _)| spot)
            .find(|spot| match spot {
                Spot::Url => true,
                Spot::Header(_) | Spot::Body => !is_token,
            });
        if let Some(spot) = leak {
            leaks.push((call, spot));
        }
    }
    match leaks.as_slice() {
        [(call, spot), rest @ ..] => Ruling::new(
            Level::Fail,
            format!(
                "{} has the client secret in {spot}{}.",
                call.endpoint.operation,
                and_more(rest.len())
            ),
        )
        .shown_by(Witness::of([call.place()])),
        [] if secrets.is_empty() => Ruling::new(
            Level::NotExercised,
            "No token request carried a client secret.",
        ),
        [] => Ruling::new(
            Level::Pass,
            format!(
                "{} looked through; the client secret stands in token requests only.",
                counted(evidence.calls().len(), "request")
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
    fn the_secret_is_found_in_any_other_request() {
        let secret = "[secret:5ec4e75ec4e7]";
        let mut run = Composer::of(Subject::Connector);
        assert_eq!(found(&CHECK, &mut run).raw, Level::NotExercised);
        run.token("provider", 28_800).get_provider();
        assert_eq!(found(&CHECK, &mut run).raw, Level::Pass);
        run.get_provider()
            .with(|exchange| exchange.request.headers.push("x-debug", secret));
        let finding = found(&CHECK, &mut run);
        assert_eq!(finding.raw, Level::Fail);
        assert!(finding.message.contains("the header x-debug"));
    }
}
