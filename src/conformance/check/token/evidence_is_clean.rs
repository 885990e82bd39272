//! The evidence holds no token.
//!
//! # What is required
//!
//! What is handed to a reviewer shows that two calls used the same token, and never the token itself.
//!
//! # Why
//!
//! A token in a bundle is a token in a mailbox. It may be good for hours.
//!
//! # How it is judged
//!
//! This check judges the harness, not the provider. ERROR where the history holds a text that looks
//! like a signed token (three parts in base64url, the first of which begins a JSON object), an
//! `Authorization: Bearer` whose token is not a commitment, or an `access_token` that is none.
//! Everything that was recorded is looked at: requests, answers, and notifications. NOT_EXERCISED
//! where no token was issued or used. When and for how long each token was issued stands in the
//! history: the number of the exchange, its times, its `expires_in`.
//!
//! # An example that conforms
//!
//! `Authorization: Bearer [secret:0a1b2c3d4e5f]`
//!
//! # Sources
//!
//! `spec/judging.md` 5.3 and 6.3; RFC 7519 §3 (the form of a token).

use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::conformance::check::{Check, Family};
use crate::conformance::commitment::is_commitment;
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::Subject;
use crate::exchange::{Body, Headers, Vantage};
use crate::history::Call;
use crate::profile::{Profile, Provenance};

/// TK-13.
pub const CHECK: Check = Check {
    id: "TK-13",
    family: Family::Token,
    title: "The evidence holds no token",
    clauses: &["PO-TOKEN", "PO-CREDENTIALS"],
    subjects: &[Subject::Connector],
    // What was recorded is the same everywhere.
    vantages: &Vantage::ALL,
    provenance: |_| Provenance::Stated,
    severest: Level::Error,
    flips_if: "it rests on what is stated already",
    source: include_str!("evidence_is_clean.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    let all = || {
        let own = evidence.calls().iter().chain(evidence.notifications());
        own.chain(evidence.product_calls())
    };
    let exposed: Vec<_> = all()
        .filter_map(|call| exposure(call).map(|place| (call, place)))
        .collect();
    let tokens = all().filter(|call| call.bearer().is_some()).count();
    match exposed.as_slice() {
        [(call, place), rest @ ..] => Ruling::new(
            Level::Error,
            format!(
                "The history holds a token in {place} of {}{}. Do not hand it on; report this fault \
                 of preflight.",
                call.endpoint.operation,
                and_more(rest.len())
            ),
        )
        .shown_by(Witness::of([call.place()])),
        [] if tokens == 0 => Ruling::new(Level::NotExercised, "No call carried a token."),
        [] => Ruling::new(
            Level::Pass,
            format!("{} with a token; none of them is shown.", counted(tokens, "exchange")),
        ),
    }
}

/// Where `call` shows a token.
fn exposure(call: &Call<'_>) -> Option<&'static str> {
    let request = &call.exchange.request;
    let in_headers = |headers: &Headers| headers.iter().any(|(_, value)| holds_token(value));
    let in_body = |body: &Body| body.text().is_some_and(holds_token);
    if call.bearer().is_some_and(|bearer| !is_commitment(bearer)) {
        return Some("the Authorization header");
    }
    if holds_token(&request.url) {
        return Some("the URL");
    }
    if in_headers(&request.headers) {
        return Some("a header");
    }
    if in_body(&request.body) {
        return Some("the body");
    }
    let response = call.exchange.response()?;
    if in_headers(&response.headers) || in_body(&response.body) {
        return Some("the answer");
    }
    let names_one = response.body.may_name("access_token");
    let answer = names_one.then(|| call.answer())??;
    let shown = answer["access_token"].as_str()?;
    (!is_commitment(shown)).then_some("the answer")
}

/// Whether `text` holds something that looks like a signed token.
fn holds_token(text: &str) -> bool {
    // A JSON object begins with `{"`.
    static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("eyJ"));
    FINDER.find_iter(text.as_bytes()).any(|start| {
        let mut parts = text[start..].split('.');
        let is_part = |part: &str| part.len() >= 8 && part.bytes().all(in_alphabet);
        let signature =
            |part: &str| part.bytes().take_while(|byte| in_alphabet(*byte)).count() >= 8;
        parts.next().is_some_and(is_part)
            && parts.next().is_some_and(is_part)
            && parts.next().is_some_and(signature)
    })
}

/// Of base64url.
fn in_alphabet(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::fixture::found;
    use crate::history::composer::Composer;

    const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiIxIn0.c2lnbmVkIGJ5IG5vYm9keQ";

    #[test]
    fn what_looks_like_a_token_is_found_in_any_text() {
        assert!(holds_token(TOKEN));
        assert!(holds_token(&format!("{{\"a\":\"{TOKEN}\"}}")));
        for text in [
            "eyJ",
            "eyJhbGciOiJSUzI1NiJ9",
            "",
            "eyJhbGciOiJ.eyJqdGkiOiI. x",
        ] {
            assert!(!holds_token(text), "{text}");
        }
    }

    #[test]
    fn a_token_that_is_no_jwt_is_found_where_tokens_stand() {
        for (change, place) in [
            ("Bearer opaque-token", "the Authorization header"),
            ("Bearer [secret:0a1b2c3d4e5f]", ""),
        ] {
            let mut run = Composer::of(Subject::Connector);
            run.get_provider()
                .with(|exchange| exchange.request.headers.set("Authorization", change));
            let finding = found(&CHECK, &mut run);
            let expected = if place.is_empty() {
                Level::Pass
            } else {
                Level::Error
            };
            assert_eq!(finding.raw, expected, "{}", finding.message);
            assert!(finding.message.contains(place));
        }
    }
}
