//! A link at which a user authorises is an absolute `https` URL.
//!
//! # What is required
//!
//! The `authorise` link on a subscription, a batch or a message is an absolute URL with the scheme
//! `https`, a host, and no user name or password.
//!
//! # Why
//!
//! The product puts it behind a button. A relative link leads into the product, a plain one lets
//! everybody on the way take part in the authorisation.
//!
//! # How it is judged
//!
//! FAIL for a link that is not an absolute URL, has another scheme than `https`, or carries a user
//! name. Reported as REVIEW: no page says how a link is written. NOT_APPLICABLE where none was
//! offered.
//!
//! # An example that conforms
//!
//! `https://bank.example/authorise/3f0c…`
//!
//! # Sources
//!
//! `/payments-out/announcements/2021-07-26` (the `authorise` link); RFC 9110 §4.2.2 and §4.2.4.

use super::link::{nothing_offered, offers};
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::{Profile, Provenance};

/// AE-01.
pub const CHECK: Check = Check {
    id: "AE-01",
    family: Family::AuthorisationEndpoint,
    title: "A link at which a user authorises is an absolute https URL",
    clauses: &["PO-AUTH-LINK"],
    subjects: &[Subject::Connector],
    // What a request carries is the same everywhere.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Inferred,
    severest: Level::Fail,
    flips_if: "the platform says how the link is written",
    source: include_str!("absolute.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    let offers = offers(evidence);
    let violations: Vec<_> = offers
        .iter()
        .filter_map(|offer| {
            let flaw = match offer.url() {
                None => "is not an absolute URL",
                Some(url) if url.scheme() != "https" => "is not https",
                Some(url) if !url.username().is_empty() || url.password().is_some() => {
                    "carries a user name"
                }
                Some(_) => return None,
            };
            Some((offer, flaw))
        })
        .collect();
    match violations.as_slice() {
        [(offer, flaw), rest @ ..] => Ruling::new(
            Level::Fail,
            format!(
                "The link of {} {flaw}{}.",
                offer.call.endpoint.operation,
                and_more(rest.len())
            ),
        )
        .shown_by(Witness::of([offer.call.place()])),
        [] if offers.is_empty() => nothing_offered(),
        [] => Ruling::new(
            Level::Pass,
            format!("{}, all absolute and https.", counted(offers.len(), "link")),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::check::authorisation_endpoint::fixture::offer;
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;

    #[test]
    fn only_an_absolute_https_url_passes() {
        for (href, level) in [
            ("https://bank.example/authorise/1", Level::Pass),
            ("/authorise/1", Level::Fail),
            ("http://bank.example/authorise/1", Level::Fail),
            ("https://user:word@bank.example/authorise/1", Level::Fail),
            ("mailto:user@bank.example", Level::Fail),
        ] {
            let mut run = Composer::of(Subject::Connector);
            offer(&mut run, href);
            assert_eq!(found(&CHECK, &mut run).raw, level, "{href}");
        }
        let mut nothing = Composer::of(Subject::Connector);
        assert_eq!(found(&CHECK, &mut nothing).raw, Level::NotApplicable);
    }
}
