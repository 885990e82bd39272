//! A link leads to the authorisation endpoint that is declared.
//!
//! # What is required
//!
//! The link at which a user authorises lies at or under the authorisation endpoint that the provider
//! declared for the environment.
//!
//! # Why
//!
//! The endpoint is part of onboarding. A link to another host looks like phishing, and a link to the
//! other environment authorises the wrong account.
//!
//! # How it is judged
//!
//! The scheme, host and port of the link are those of a declared endpoint, and its path begins with
//! that endpoint's path. Against the mock and the sandbox the sandbox endpoint counts; a link to the
//! production endpoint is named as such. FAIL otherwise, reported as REVIEW: no page says that the
//! link lies under the endpoint. INFO where no endpoint is declared; NOT_APPLICABLE where no link was
//! offered.
//!
//! # An example that conforms
//!
//! Declared is `https://bank.example/authorise`; the link is `https://bank.example/authorise/3f0c…`.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/setup` (the authorisation endpoint, sandbox and
//! production).

use url::Url;

use super::link::{nothing_offered, offers};
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::{Profile, Provenance};

/// AE-02.
pub const CHECK: Check = Check {
    id: "AE-02",
    family: Family::AuthorisationEndpoint,
    title: "A link leads to the authorisation endpoint that is declared",
    clauses: &["PO-AUTH-LINK"],
    subjects: &[Subject::Connector],
    // What a request carries is the same everywhere.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Inferred,
    severest: Level::Fail,
    flips_if: "the platform confirms that the link lies under the endpoint",
    source: include_str!("declared_place.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    let offers = offers(evidence);
    if offers.is_empty() {
        return nothing_offered();
    }
    let declared = &evidence.declaration().authorisation_endpoint;
    let read = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<Url>().ok());
    let (sandbox, production) = (read(&declared.sandbox), read(&declared.production));
    let Some(sandbox) = sandbox else {
        return Ruling::new(
            Level::Info,
            format!(
                "{}; no sandbox endpoint is declared that they could be held against.",
                counted(offers.len(), "link")
            ),
        );
    };
    let violations: Vec<_> = offers
        .iter()
        .filter_map(|offer| {
            let url = offer.url();
            let under = |endpoint: &Url| url.as_ref().is_some_and(|url| is_under(url, endpoint));
            if under(&sandbox) {
                return None;
            }
            let place = match &production {
                Some(production) if under(production) => "leads to production",
                Some(_) | None => "does not lie under the declared endpoint",
            };
            Some((offer, place))
        })
        .collect();
    match violations.as_slice() {
        [(offer, place), rest @ ..] => Ruling::new(
            Level::Fail,
            format!(
                "The link of {} {place}{}.",
                offer.call.endpoint.operation,
                and_more(rest.len())
            ),
        )
        .shown_by(Witness::of([offer.call.place()])),
        [] => Ruling::new(
            Level::Pass,
            format!(
                "{} under the declared endpoint.",
                counted(offers.len(), "link")
            ),
        ),
    }
}

/// Whether `url` is `endpoint` or lies under it.
fn is_under(url: &Url, endpoint: &Url) -> bool {
    let base = endpoint.path().trim_end_matches('/');
    let rest = url.path().strip_prefix(base);
    url.origin() == endpoint.origin()
        && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn under_means_same_origin_and_a_path_that_goes_on() {
        let endpoint: Url = "https://bank.example/authorise".parse().unwrap();
        for (url, expected) in [
            ("https://bank.example/authorise", true),
            ("https://bank.example/authorise?id=1", true),
            ("https://bank.example/authorise/1", true),
            ("https://bank.example:443/authorise/1", true),
            ("https://bank.example/authorised", false),
            ("https://bank.example.evil.example/authorise/1", false),
            ("https://bank.example:8443/authorise/1", false),
            ("http://bank.example/authorise/1", false),
        ] {
            assert_eq!(
                is_under(&url.parse().unwrap(), &endpoint),
                expected,
                "{url}"
            );
        }
    }
}
