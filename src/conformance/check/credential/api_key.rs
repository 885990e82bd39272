//! The API key stands in its header and nowhere else.
//!
//! # What is required
//!
//! The API key is sent in its header (`x-api-key`) to the platform; not in a URL, not in a body, not
//! in another header, not to another host.
//!
//! # Why
//!
//! It names the provider to the platform. A key in a URL is in every access log on the way.
//!
//! # How it is judged
//!
//! What stands for the key in its header is looked for in all requests of the connector. FAIL where
//! it stands in a URL, a body or another header, and where it goes to a host to which no token
//! request and no call of the platform's APIs ever went. NOT_EXERCISED where no request carried a
//! key.
//!
//! # An example that conforms
//!
//! `x-api-key: …` on each request to the Provider API, and nothing of it elsewhere.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/establish-config` (the header), `…/setup` (keys are
//! stored securely).

use super::secret::{api_keys, origins};
use crate::conformance::check::{Check, Family};
use crate::conformance::commitment::{Spot, in_request};
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::{Profile, Provenance};

/// CR-02.
pub const CHECK: Check = Check {
    id: "CR-02",
    family: Family::Credential,
    title: "The API key stands in its header and nowhere else",
    clauses: &["PO-CREDENTIALS"],
    subjects: &[Subject::Connector],
    // What a request carries is the same everywhere.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Stated,
    severest: Level::Fail,
    flips_if: "it rests on what is stated already",
    source: include_str!("api_key.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let header = &profile.headers.api_key.value;
    let keys = api_keys(evidence, profile);
    let origins = origins(evidence);
    let mut leaks = Vec::new();
    for call in evidence.calls() {
        let origin = call.exchange.request.origin();
        let leak = in_request(call)
            .filter(|(_, found)| keys.contains(found))
            .find_map(|(spot, _)| match spot {
                Spot::Header(name) if name.eq_ignore_ascii_case(header) => (!origins
                    .contains(origin))
                .then(|| format!("sends the API key to {origin}, which is not the platform")),
                Spot::Url | Spot::Header(_) | Spot::Body => {
                    Some(format!("has the API key in {spot}"))
                }
            });
        if let Some(leak) = leak {
            leaks.push((call, leak));
        }
    }
    match leaks.as_slice() {
        [(call, leak), rest @ ..] => Ruling::new(
            Level::Fail,
            format!(
                "{} {leak}{}.",
                call.endpoint.operation,
                and_more(rest.len())
            ),
        )
        .shown_by(Witness::of([call.place()])),
        [] if keys.is_empty() => Ruling::new(Level::NotExercised, "No request carried an API key."),
        [] => Ruling::new(
            Level::Pass,
            format!(
                "{} looked through; the API key stands in its header only.",
                counted(evidence.calls().len(), "request")
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::fixture::found;
    use crate::exchange::Request;
    use crate::history::composer::Composer;

    #[test]
    fn the_key_is_found_wherever_it_stands() {
        type Change = fn(&mut Request);
        let changes: [(Change, &str); 5] = [
            (|_| {}, ""),
            (
                |request| request.url.push_str("?apikey=[secret:0a1b2c3d4e5f]"),
                "in the URL",
            ),
            (
                |request| request.body = r#"{"key":"[secret:0a1b2c3d4e5f]"}"#.to_owned().into(),
                "in the body",
            ),
            (
                |request| request.headers.push("x-trace", "[secret:0a1b2c3d4e5f]"),
                "in the header x-trace",
            ),
            (
                |request| request.url = "https://metrics.invalid/put".into(),
                "to https://metrics.invalid, which is not the platform",
            ),
        ];
        for (change, said) in changes {
            let mut run = Composer::of(Subject::Connector);
            run.get_provider();
            run.get_provider()
                .with(|exchange| change(&mut exchange.request));
            let finding = found(&CHECK, &mut run);
            assert_eq!(finding.raw == Level::Fail, !said.is_empty(), "{said}");
            assert!(finding.message.contains(said), "{}", finding.message);
        }
    }
}
