//! A link says from when until when it is good, and is good when it is offered.
//!
//! # What is required
//!
//! Beside or inside of the link stand `authoriseIssuedAt` and `authoriseExpiresAt`; the first is
//! earlier than the second, and the second lies ahead when the link is offered.
//!
//! # Why
//!
//! The product shows the link until it expires. An expired link sends a user into an error.
//!
//! # How it is judged
//!
//! FAIL where the old names `issuedAt` and `expiresAt` are used, which hold no longer since
//! 2021-07-26; where a date is not one of RFC 3339; where it is issued after it expires; and where it
//! expires before the request that offers it begins. A missing date is raw FAIL too, reported as
//! REVIEW: that both must be there is not stated. NOT_APPLICABLE where no link was offered.
//!
//! # An example that conforms
//!
//! `"authoriseIssuedAt": "2026-01-01T10:00:00Z", "authoriseExpiresAt": "2026-01-01T10:20:00Z"`
//!
//! # Sources
//!
//! `/payments-out/announcements/2021-07-26`, `/payments-out/announcements/2021-07-08`.

use super::link::{Offer, nothing_offered, offers};
use crate::base::Timestamp;
use crate::conformance::check::{Check, Family};
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::{Profile, Provenance};

/// AE-03.
pub const CHECK: Check = Check {
    id: "AE-03",
    family: Family::AuthorisationEndpoint,
    title: "A link says from when until when it is good, and is good when it is offered",
    clauses: &["PO-AUTH-LINK"],
    subjects: &[Subject::Connector],
    // A date is compared with the moment in which the request arrived.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Stated,
    severest: Level::Fail,
    flips_if: "the platform says that both dates are required",
    source: include_str!("validity.rs"),
    rule,
};

/// The names since 2021-07-26, and those before.
const NAMES: [(&str, &str); 2] = [
    ("authoriseIssuedAt", "issuedAt"),
    ("authoriseExpiresAt", "expiresAt"),
];

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    let offers = offers(evidence);
    let mut violations: Vec<_> = offers
        .iter()
        .filter_map(|offer| flaw(offer, profile).map(|(rests_on, flaw)| (rests_on, offer, flaw)))
        .collect();
    violations.sort_by_key(|(rests_on, ..)| *rests_on != Provenance::Stated);
    let rest = violations.len().saturating_sub(1);
    match violations.into_iter().next() {
        Some((rests_on, offer, flaw)) => Ruling::new(
            Level::Fail,
            format!(
                "The link of {}: {flaw}{}.",
                offer.call.endpoint.operation,
                and_more(rest)
            ),
        )
        .resting_on(rests_on)
        .shown_by(Witness::of([offer.call.place()])),
        None if offers.is_empty() => nothing_offered(),
        None => Ruling::new(
            Level::Pass,
            format!(
                "{}, each good when it was offered.",
                counted(offers.len(), "link")
            ),
        ),
    }
}

/// What is wrong with the dates of `offer`, and on what that rests.
fn flaw(offer: &Offer<'_>, profile: &Profile) -> Option<(Provenance, String)> {
    for (name, retired) in NAMES {
        if offer.has(retired) {
            let flaw = format!("{retired} has been called {name} since 2021-07-26");
            return Some((Provenance::Stated, flaw));
        }
    }
    let mut dates = [None; 2];
    for (place, (name, _)) in NAMES.into_iter().enumerate() {
        let Some(text) = offer.member(name) else {
            return Some((Provenance::Inferred, format!("there is no {name}")));
        };
        let Ok(date) = text.parse::<Timestamp>() else {
            let flaw = format!("{name} is no date of RFC 3339: {text:?}");
            return Some((Provenance::Stated, flaw));
        };
        dates[place] = Some(date);
    }
    let [Some(issued), Some(expires)] = dates else {
        return None;
    };
    let forgiven = profile.tolerances.in_flight.value;
    let offered = offer.call.began();
    if issued >= expires {
        let flaw = "it expires before it is issued".to_owned();
        Some((Provenance::Stated, flaw))
    } else if crate::exchange::between(expires, offered) > forgiven {
        let flaw = format!(
            "it had expired {} s before it was offered",
            crate::exchange::between(expires, offered).as_secs()
        );
        Some((Provenance::Stated, flaw))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::conformance::check::authorisation_endpoint::fixture::offer_links;
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;

    #[test]
    fn dates_are_read_beside_and_inside_of_the_link() {
        let href = "https://bank.example/authorise/1";
        let (start, end) = ("2026-01-01T00:00:00Z", "2026-01-01T00:20:00Z");
        let inside = |issued: &str, expires: &str| {
            json!({"authorise": {
                "href": href, "authoriseIssuedAt": issued, "authoriseExpiresAt": expires,
            }})
        };
        let beside = json!({
            "authorise": {"href": href}, "authoriseIssuedAt": start, "authoriseExpiresAt": end,
        });
        let retired = json!({"authorise": {"href": href, "issuedAt": start, "expiresAt": end}});
        let table = [
            (inside(start, end), Level::Pass),
            (beside, Level::Pass),
            (retired, Level::Fail),
            (inside(end, start), Level::Fail),
            (inside("soon", end), Level::Fail),
            (
                inside("2025-12-31T00:00:00Z", "2025-12-31T23:59:00Z"),
                Level::Fail,
            ),
            (json!({"authorise": href}), Level::Review),
        ];
        for (links, reported) in table {
            let mut run = Composer::of(Subject::Connector);
            offer_links(&mut run, &links);
            let finding = found(&CHECK, &mut run);
            assert_eq!(finding.reported, reported, "{links}: {}", finding.message);
        }
    }
}
