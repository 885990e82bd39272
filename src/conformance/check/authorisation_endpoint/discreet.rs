//! A link carries no credentials and no bank data.
//!
//! # What is required
//!
//! The link at which a user authorises names the subscription by an id that says nothing; no token,
//! key, secret, account number, sort code or IBAN stands in it.
//!
//! # Why
//!
//! Links are kept in the histories of browsers, in referrers, in the logs of proxies, and in mails.
//!
//! # How it is judged
//!
//! FAIL where the link holds a secret of the history; where a parameter of its query or fragment has
//! the name of a credential or of bank data (`token`, `secret`, `password`, `apikey`, `iban`,
//! `accountNumber`, `sortCode`, … whatever the case, hyphens and underscores); and where an account
//! number or IBAN of a payment or a message of the history stands in it. Reported as REVIEW: no page
//! says what a link may hold. NOT_APPLICABLE where none was offered.
//!
//! # An example that conforms
//!
//! `https://bank.example/authorise/3f0c6d2e-…`
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/setup` (credentials are stored securely); RFC 9700 §4.2.4.

use std::collections::BTreeSet;

use serde_json::Value;

use super::link::{Offer, nothing_offered, offers};
use crate::conformance::check::{Check, Family};
use crate::conformance::commitment::commitments;
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::{Profile, Provenance};

/// AE-04.
pub const CHECK: Check = Check {
    id: "AE-04",
    family: Family::AuthorisationEndpoint,
    title: "A link carries no credentials and no bank data",
    clauses: &["PO-AUTH-LINK", "PO-CREDENTIALS"],
    subjects: &[Subject::Connector],
    // What a request carries is the same everywhere.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Inferred,
    severest: Level::Fail,
    flips_if: "the platform says what a link may hold",
    source: include_str!("discreet.rs"),
    rule,
};

/// Names of parameters that give something away, in lower case without hyphens and underscores.
const NAMES: [&str; 14] = [
    "accesstoken",
    "accountnumber",
    "apikey",
    "authorization",
    "bankaccount",
    "clientsecret",
    "iban",
    "idtoken",
    "password",
    "refreshtoken",
    "routingnumber",
    "secret",
    "sortcode",
    "token",
];

/// Members of a body that hold bank data.
const BANK_DATA: [&str; 2] = ["accountNumber", "iban"];

/// A shorter number may stand in a link by chance.
const SHORTEST: usize = 6;

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    let offers = offers(evidence);
    if offers.is_empty() {
        return nothing_offered();
    }
    let mut accounts = BTreeSet::new();
    let product = evidence.product_calls().iter();
    for call in product.chain(evidence.calls()) {
        let bodies = [call.exchange.request.body.json(), call.answer()];
        for body in bodies.iter().flatten() {
            collect(body, &mut accounts);
        }
    }
    let violations: Vec<_> = offers
        .iter()
        .filter_map(|offer| exposure(offer, &accounts).map(|found| (offer, found)))
        .collect();
    match violations.as_slice() {
        [(offer, found), rest @ ..] => Ruling::new(
            Level::Fail,
            format!(
                "The link of {} holds {found}{}.",
                offer.call.endpoint.operation,
                and_more(rest.len())
            ),
        )
        .shown_by(Witness::of([offer.call.place()])),
        [] => Ruling::new(
            Level::Pass,
            format!("{} without anything secret.", counted(offers.len(), "link")),
        ),
    }
}

/// What the link of `offer` gives away.
fn exposure(offer: &Offer<'_>, accounts: &BTreeSet<String>) -> Option<String> {
    if commitments(&offer.href).next().is_some() {
        return Some("a secret".to_owned());
    }
    let url = offer.url()?;
    let fragment = url.fragment().unwrap_or_default();
    let fragment = url::form_urlencoded::parse(fragment.as_bytes());
    let named = url.query_pairs().chain(fragment).find(|(name, _)| {
        let plain: String = name
            .chars()
            .filter(|letter| !matches!(letter, '-' | '_'))
            .collect();
        NAMES.contains(&plain.to_ascii_lowercase().as_str())
    });
    if let Some((name, _)) = named {
        return Some(format!("the parameter {name}"));
    }
    let parts = url
        .path_segments()
        .into_iter()
        .flatten()
        .map(str::to_owned)
        .chain(url.query_pairs().map(|(_, value)| value.into_owned()));
    parts
        .into_iter()
        .any(|part| accounts.contains(&part))
        .then(|| "an account number".to_owned())
}

/// Adds the account numbers and IBANs in `body`.
fn collect(body: &Value, accounts: &mut BTreeSet<String>) {
    match body {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text)
                        if BANK_DATA.contains(&name.as_str()) && text.len() >= SHORTEST =>
                    {
                        accounts.insert(text.clone());
                    }
                    Value::Null
                    | Value::Bool(_)
                    | Value::Number(_)
                    | Value::String(_)
                    | Value::Array(_)
                    | Value::Object(_) => collect(member, accounts),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, accounts)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::conformance::check::authorisation_endpoint::fixture::offer;
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;

    #[test]
    fn credentials_and_bank_data_are_found_by_name_and_by_value() {
        for (href, level) in [
            ("https://bank.example/authorise/3f0c?lang=en", Level::Pass),
            ("https://bank.example/authorise?Access-Token=x", Level::Fail),
            (
                "https://bank.example/authorise#sort_code=200000",
                Level::Fail,
            ),
            (
                "https://bank.example/authorise/[secret:0a1b2c3d4e5f]",
                Level::Fail,
            ),
            ("https://bank.example/authorise/55779911", Level::Fail),
            ("https://bank.example/authorise?to=55779911", Level::Fail),
            ("https://bank.example/authorise/557799110", Level::Pass),
        ] {
            let mut run = Composer::of(Subject::Connector);
            let batch = json!({"data": {"payments": [{"creditor": {
                "bankAccount": {"accountNumber": "55779911"},
            }}]}});
            run.send(
                "GET",
                "/api-provider-v1/batchpayments/b-1",
                Value::Null,
                200,
                batch,
            );
            offer(&mut run, href);
            let finding = found(&CHECK, &mut run);
            assert_eq!(finding.raw, level, "{href}: {}", finding.message);
        }
    }
}
