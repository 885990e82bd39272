//! Probes of what the token says.

use serde_json::{Value, json};

use super::recipe::{Need, Recipe, negative, positive};
use crate::event::Expectation::{
    Accepted, AcceptedOrRefused, Forbidden, Refused, RefusedIdeally, RefusedOrForbidden,
};
use crate::observe::probe::draft::Draft;

/// What the right issuer signed.
const ISSUER: &[Need] = &[Need::Issuer];

/// The same with a scope.
const SCOPE: &[Need] = &[Need::Issuer, Need::Scope];

/// A minute and a second, in seconds.
const MINUTE: i64 = 61;
const TEN_MINUTES: i64 = 600;
const DAY: i64 = 86_400;
const WEEK: i64 = 7 * DAY;

/// How much longer ago than the longest leeway the last probe of it expired, in seconds.
const BEYOND: i64 = 30;

/// NP-30 to NP-44.
pub(super) const RECIPES: &[Recipe] = &[
    negative(
        "NP-30",
        ("a-minute", "the token expired 61 s ago"),
        RefusedIdeally,
        ISSUER,
        |draft| expired(draft, MINUTE),
    ),
    negative(
        "NP-30",
        ("ten-minutes", "the token expired 10 min ago"),
        Refused,
        ISSUER,
        |draft| expired(draft, TEN_MINUTES),
    ),
    negative(
        "NP-30",
        ("a-day", "the token expired a day ago"),
        Refused,
        &[],
        |draft| expired(draft, DAY),
    ),
    negative(
        "NP-30",
        ("absent", "the token does not say when it expires"),
        Refused,
        ISSUER,
        |draft| draft.claim("exp", Value::Null),
    ),
    negative(
        "NP-30",
        ("text", "the token says when it expires in a text"),
        Refused,
        ISSUER,
        |draft| {
            let text = draft.token.claims["exp"].to_string();
            draft.claim("exp", json!(text));
        },
    ),
    leeway("1s", "the token expired 1 s ago", |draft| {
        expired(draft, 1);
    }),
    leeway("5s", "the token expired 5 s ago", |draft| {
        expired(draft, 5);
    }),
    leeway("30s", "the token expired 30 s ago", |draft| {
        expired(draft, 30);
    }),
    leeway("120s", "the token expired 120 s ago", |draft| {
        expired(draft, 120);
    }),
    negative(
        "NP-31",
        (
            "beyond",
            "the token expired longer ago than the longest leeway",
        ),
        Refused,
        ISSUER,
        |draft| {
            let longest = draft.materials.profile.probe.longest_leeway.value;
            let longest = i64::try_from(longest.as_secs()).unwrap_or(DAY);
            expired(draft, longest + BEYOND);
        },
    ),
    negative(
        "NP-32",
        ("not-before-ahead", "the token is valid in 10 min"),
        Refused,
        ISSUER,
        |draft| {
            let ahead = draft.seconds() + TEN_MINUTES;
            draft.claim("nbf", json!(ahead));
            draft.claim("exp", json!(ahead + TEN_MINUTES));
        },
    ),
    negative(
        "NP-32",
        ("issued-ahead", "the token was issued 10 min from now"),
        Refused,
        ISSUER,
        |draft| {
            let ahead = draft.seconds() + TEN_MINUTES;
            draft.claim("iat", json!(ahead));
            draft.claim("exp", json!(ahead + TEN_MINUTES));
        },
    ),
    negative(
        "NP-32",
        (
            "issued-long-ago",
            "the token was issued a week ago and is still valid",
        ),
        RefusedIdeally,
        ISSUER,
        |draft| {
            let ago = draft.seconds() - WEEK;
            draft.claim("iat", json!(ago));
        },
    ),
    negative(
        "NP-40",
        ("another", "the token is of another issuer"),
        Refused,
        ISSUER,
        |draft| draft.claim("iss", json!("https://issuer.invalid/")),
    ),
    negative(
        "NP-40",
        ("absent", "the token names no issuer"),
        Refused,
        ISSUER,
        |draft| draft.claim("iss", Value::Null),
    ),
    negative(
        "NP-40",
        (
            "slash",
            "the issuer's last slash is added, or taken away where there is one",
        ),
        Refused,
        ISSUER,
        |draft| {
            let issuer = &draft.materials.target.issuer;
            let other = match issuer.strip_suffix('/') {
                Some(without) => without.to_owned(),
                None => format!("{issuer}/"),
            };
            draft.claim("iss", json!(other));
        },
    ),
    negative(
        "NP-40",
        (
            "other-environment",
            "the token is of the issuer of the other environment",
        ),
        Refused,
        ISSUER,
        |draft| draft.claim("iss", json!(draft.materials.target.other_issuer)),
    ),
    negative(
        "NP-41",
        ("another", "the token is for somebody else"),
        Refused,
        ISSUER,
        |draft| draft.claim("aud", json!("urn:preflight:somebody-else")),
    ),
    negative(
        "NP-41",
        ("absent", "the token is for nobody"),
        Refused,
        ISSUER,
        |draft| draft.claim("aud", Value::Null),
    ),
    negative(
        "NP-41",
        ("list-without", "the token is for a list of others"),
        Refused,
        ISSUER,
        |draft| draft.claim("aud", json!(["urn:preflight:one", "urn:preflight:two"])),
    ),
    positive(
        "NP-41",
        (
            "list-with",
            "the token is for a list of which this endpoint is one",
        ),
        Accepted,
        ISSUER,
        |draft| {
            let audience = draft.materials.target.audience.clone();
            draft.claim("aud", json!(["urn:preflight:one", audience]));
        },
    ),
    negative(
        "NP-42",
        ("identity", "the token is an ID token"),
        Refused,
        ISSUER,
        |draft| {
            draft.claim("nonce", json!("n-0S6_WzA2Mj"));
            draft.claim("at_hash", json!("77QmUPtjPfzWtF2AnpK9RQ"));
        },
    ),
    negative(
        "NP-42",
        ("type", "the token's type is logout+jwt"),
        Refused,
        ISSUER,
        |draft| draft.token_header("typ", json!("logout+jwt")),
    ),
    negative(
        "NP-43",
        ("absent", "the token has no scope"),
        Forbidden,
        SCOPE,
        |draft| draft.claim("scope", Value::Null),
    ),
    negative(
        "NP-43",
        ("another", "the token has another scope"),
        Forbidden,
        SCOPE,
        |draft| draft.claim("scope", json!("preflight.other")),
    ),
    negative(
        "NP-44",
        ("another", "the token is another client's"),
        RefusedOrForbidden,
        ISSUER,
        |draft| draft.claim("sub", json!("another-provider")),
    ),
    negative(
        "NP-44",
        ("absent", "the token is nobody's"),
        RefusedOrForbidden,
        ISSUER,
        |draft| draft.claim("sub", Value::Null),
    ),
];

/// A probe of the leeway.
const fn leeway(name: &'static str, factor: &'static str, change: fn(&mut Draft<'_>)) -> Recipe {
    positive("NP-31", (name, factor), AcceptedOrRefused, ISSUER, change)
}

/// Lets the token have expired so many seconds ago, an hour after it was issued.
fn expired(draft: &mut Draft<'_>, ago: i64) {
    let end = draft.seconds() - ago;
    draft.claim("exp", json!(end));
    draft.claim("iat", json!(end - 3_600));
}
