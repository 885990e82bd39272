//! Probes of what is sent, how often and over what.

use serde_json::json;

use super::recipe::{Making, Need, Recipe, negative, positive};
use crate::event::Expectation::{
    Accepted, BadRequest, MethodNotAllowed, NotServed, NothingNew, RefusedUnread, Shown, TakenOnce,
    TooLarge, UnsupportedMediaType,
};
use crate::exchange::Body;
use crate::observe::probe::draft::{Draft, sign_as_stranger};

/// With a right token.
const ISSUER: &[Need] = &[Need::Issuer];

/// Something that is no JSON.
const BROKEN: &str = r#"{"type":"resourceCreated","resource":"#;

/// NP-50 to NP-63. Two probes that follow on each other here and have one check stay together where
/// the second is made of the first.
pub(super) const RECIPES: &[Recipe] = &[
    positive(
        "NP-50",
        ("first", "nothing is changed"),
        Accepted,
        ISSUER,
        |_| {},
    ),
    positive(
        "NP-50",
        ("again", "the same bytes come again"),
        TakenOnce,
        ISSUER,
        |_| {},
    )
    .made(Making::Again),
    positive(
        "NP-53",
        ("first", "nothing is changed"),
        Accepted,
        ISSUER,
        |_| {},
    ),
    positive(
        "NP-53",
        ("changed", "the same resource comes with another body"),
        NothingNew,
        ISSUER,
        |_| {},
    )
    .made(Making::OfTheSame(|draft| {
        let mut body = draft.body.json().unwrap_or_default();
        body["preflight"] = json!("another body");
        draft.body = Body::from(body.to_string());
    })),
    negative(
        "NP-60",
        ("get", "the method is GET, without a body"),
        MethodNotAllowed,
        ISSUER,
        |draft| {
            draft.method = "GET".into();
            draft.body = Body::default();
        },
    ),
    negative(
        "NP-60",
        ("put", "the method is PUT"),
        MethodNotAllowed,
        ISSUER,
        |draft| draft.method = "PUT".into(),
    ),
    negative(
        "NP-60",
        ("content-type", "the body is said to be text/plain"),
        UnsupportedMediaType,
        ISSUER,
        |draft| draft.content_type = "text/plain".into(),
    ),
    negative(
        "NP-60",
        (
            "large",
            "the body is larger than any that the platform sends",
        ),
        TooLarge,
        ISSUER,
        large,
    ),
    negative(
        "NP-60",
        ("broken", "the body is broken JSON"),
        BadRequest,
        ISSUER,
        |draft| draft.body = Body::from(BROKEN.to_owned()),
    ),
    negative(
        "NP-60",
        (
            "broken-stranger",
            "the body is broken JSON, the token a stranger's",
        ),
        RefusedUnread,
        &[],
        |draft| {
            sign_as_stranger(draft);
            draft.body = Body::from(BROKEN.to_owned());
        },
    ),
    negative(
        "NP-61",
        ("plain", "the request comes without TLS"),
        NotServed,
        &[Need::Issuer, Need::Tls],
        |draft| {
            if let Some(rest) = draft.url.strip_prefix("https://") {
                draft.url = format!("http://{}", with_port(rest));
            }
        },
    ),
    negative(
        "NP-61",
        ("tls-1.1", "the client speaks TLS 1.1 at most"),
        NotServed,
        &[Need::Tls],
        |_| {},
    )
    .made(Making::OldHandshake),
    negative(
        "NP-62",
        (
            "first-wrong",
            "the first character of the header's value is wrong",
        ),
        Shown,
        &[Need::Issuer, Need::Header, Need::Socket, Need::Stamina],
        |draft| draft.values = vec![super::header::first_changed(draft.value())],
    ),
    negative(
        "NP-62",
        (
            "last-wrong",
            "the last character of the header's value is wrong",
        ),
        Shown,
        &[Need::Issuer, Need::Header, Need::Socket, Need::Stamina],
        |draft| draft.values = vec![super::header::last_changed(draft.value())],
    ),
    negative(
        "NP-63",
        ("wrong", "one of hundreds of wrong requests"),
        Shown,
        &[Need::Issuer, Need::Stamina],
        |draft| {
            // The cheapest that can be refused: by the header where there is one.
            if draft.values.is_empty() {
                sign_as_stranger(draft);
            } else {
                draft.values = vec!["preflight-wrong-value".into()];
            }
        },
    ),
    positive(
        "NP-63",
        ("valid-afterwards", "nothing is changed"),
        Accepted,
        &[Need::Issuer, Need::Stamina],
        |_| {},
    ),
];

/// The port that `https` means stays, whatever `http` means.
fn with_port(rest: &str) -> String {
    let (authority, path) = match rest.split_once('/') {
        Some((authority, path)) => (authority, format!("/{path}")),
        None => (rest, String::new()),
    };
    let named = authority
        .rsplit_once(':')
        .is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|it| it.is_ascii_digit()));
    if named {
        format!("{authority}{path}")
    } else {
        format!("{authority}:443{path}")
    }
}

/// A JSON object of many bytes.
fn large(draft: &mut Draft<'_>) {
    let size = draft.materials.profile.probe.large_body.value;
    draft.body = draft.materials.forge.large_body(size);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_of_https_stays() {
        for (https, http) in [
            ("a.example/n?x=1", "a.example:443/n?x=1"),
            ("a.example", "a.example:443"),
            ("a.example:8443/n", "a.example:8443/n"),
            ("[::1]/n", "[::1]:443/n"),
        ] {
            assert_eq!(with_port(https), http);
        }
    }
}
