//! A token stands in the `Authorization` header and nowhere else.
//!
//! # What is required
//!
//! The access token is sent as `Authorization: Bearer …`: not in the URL, not in a body, not in
//! another header. The client secret is sent in the body of the token request, not in its URL.
//!
//! # Why
//!
//! URLs are written into the logs of every proxy on the way, and bodies into those of the
//! applications. Whoever reads a log can then pay.
//!
//! # How it is judged
//!
//! The history holds no token, only what stands for it, so the same token is found again wherever it
//! appears. FAIL where a token that was issued or used in this history stands in the URL, the body or
//! a header other than `Authorization`; where a URL has a parameter `access_token` or
//! `client_secret`; and where a token goes to a host to which no token request and no call of the
//! platform's APIs ever went. Steps that send a bad token on purpose are left out. NOT_EXERCISED
//! where no call carried a token.
//!
//! # An example that conforms
//!
//! `GET /api-provider-v1/batchpayments/…` with `Authorization: Bearer …`.
//!
//! # Sources
//!
//! `/payments-out/guides/provider/get-a-sage-id-access-token` (used in the authorisation header);
//! RFC 6750 §2.3, RFC 9700 §4.3.2.

use std::collections::BTreeSet;

use crate::conformance::check::{Check, Family};
use crate::conformance::commitment::{Spot, in_request};
use crate::conformance::wording::{and_more, counted, left_out};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::{Provocation, Subject};
use crate::exchange::Vantage;
use crate::history::{Api, Call};
use crate::profile::{Profile, Provenance};

/// TK-10.
pub const CHECK: Check = Check {
    id: "TK-10",
    family: Family::Token,
    title: "A token stands in the Authorization header and nowhere else",
    clauses: &["PO-TOKEN", "PO-CREDENTIALS"],
    subjects: &[Subject::Connector],
    // What a request carries is the same everywhere.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Stated,
    severest: Level::Fail,
    flips_if: "it rests on what is stated already",
    source: include_str!("header_only.rs"),
    rule,
};

/// Parameters of a URL that carry what belongs elsewhere.
const PARAMETERS: [&str; 2] = ["access_token", "client_secret"];

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    let mut left = 0;
    let bearers = evidence.calls().iter().filter_map(Call::bearer);
    let issued = evidence.tokens().iter().map(|it| it.commitment.as_str());
    let tokens: BTreeSet<&str> = bearers.chain(issued).collect();
    let hosts: BTreeSet<&str> = evidence
        .calls()
        .iter()
        .filter(|call| call.endpoint.api != Api::Elsewhere)
        .map(|call| call.exchange.request.origin())
        .collect();
    let mut carried = 0;
    let mut violations = Vec::new();
    for call in evidence.calls() {
        if call.is_provoking(Provocation::BadToken) {
            left += 1;
            continue;
        }
        carried += usize::from(call.bearer().is_some());
        if let Some(place) = misplaced(call, &tokens, &hosts) {
            violations.push((call, place));
        }
    }
    let ruling = match violations.as_slice() {
        [(call, place), rest @ ..] => Ruling::new(
            Level::Fail,
            format!(
                "{}: {place}{}.",
                call.endpoint.operation,
                and_more(rest.len())
            ),
        )
        .shown_by(Witness::of([call.place()])),
        [] if carried == 0 => Ruling::new(Level::NotExercised, "No call carried a token."),
        [] => Ruling::new(
            Level::Pass,
            format!(
                "{} with its token in the Authorization header only.",
                counted(carried, "call")
            ),
        ),
    };
    ruling.and_says(left_out(left, Provocation::BadToken))
}

/// What is wrong with where `call` carries a token.
fn misplaced(call: &Call<'_>, tokens: &BTreeSet<&str>, hosts: &BTreeSet<&str>) -> Option<String> {
    let request = &call.exchange.request;
    if let Some(query) = request.query() {
        let pairs = serde_urlencoded::from_str::<Vec<(String, String)>>(query).unwrap_or_default();
        let named = pairs
            .into_iter()
            .map(|(name, _)| name)
            .find(|name| PARAMETERS.iter().any(|it| it.eq_ignore_ascii_case(name)));
        if let Some(name) = named {
            return Some(format!("the URL has a parameter {name}"));
        }
    }
    for (spot, found) in in_request(call) {
        if !tokens.contains(found) {
            continue;
        }
        match spot {
            Spot::Header(name) if name.eq_ignore_ascii_case("authorization") => {
                let origin = request.origin();
                if !hosts.contains(origin) {
                    return Some(format!(
                        "a token goes to {origin}, which is not the platform"
                    ));
                }
            }
            Spot::Url | Spot::Header(_) | Spot::Body => {
                return Some(format!("a token stands in {spot}"));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::fixture::found;
    use crate::exchange::Request;
    use crate::history::composer::Composer;

    /// What is said of a call that was changed so.
    fn said(change: impl FnOnce(&mut Request, &str)) -> (Level, String) {
        let mut run = Composer::of(Subject::Connector);
        run.token("provider", 28_800).get_provider();
        run.get_provider().with(|exchange| {
            let token = exchange.request.headers.get("authorization").unwrap();
            let token = token.trim_start_matches("Bearer ").to_owned();
            change(&mut exchange.request, &token);
        });
        let finding = found(&CHECK, &mut run);
        (finding.raw, finding.message)
    }

    #[test]
    fn a_token_is_found_wherever_it_stands() {
        assert_eq!(said(|_, _| {}).0, Level::Pass);
        let url = said(|request, token| request.url.push_str(&format!("?t={token}")));
        assert!(url.1.ends_with("a token stands in the URL."), "{}", url.1);
        let body = said(|request, token| request.body = format!("{{\"t\":\"{token}\"}}").into());
        assert!(
            body.1.ends_with("a token stands in the body."),
            "{}",
            body.1
        );
        let header = said(|request, token| request.headers.push("x-token", token));
        assert!(header.1.contains("in the header x-token"), "{}", header.1);
        let named = said(|request, _| request.url.push_str("?Access_Token=x"));
        assert!(named.1.contains("parameter Access_Token"), "{}", named.1);
        let elsewhere = said(|request, _| request.url = "https://metrics.invalid/put".into());
        assert!(
            elsewhere
                .1
                .contains("goes to https://metrics.invalid, which is not the platform"),
            "{}",
            elsewhere.1
        );
    }
}
