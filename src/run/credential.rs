//! Credentials that come into being during a run are secrets too.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::base::Redactor;
use crate::exchange::Exchange;

/// Fields of a token response that are secret (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3).
pub const TOKEN_FIELDS: [&str; 3] = ["access_token", "refresh_token", "id_token"];

/// What is shorter is more likely a word than a credential: making it a secret would black out
/// half of a report.
const SHORTEST: usize = 12;

/// Makes the tokens and passwords of an exchange known to the redactor, before anybody writes the
/// exchange down.
pub(super) fn learn_credentials(redactor: &Redactor, exchange: &Exchange) {
    for (name, credential) in credentials(exchange) {
        redactor.learn(name, &credential);
    }
}

/// The tokens and passwords of an exchange, each with what it is called.
pub fn credentials(exchange: &Exchange) -> Vec<(&'static str, Cow<'_, str>)> {
    let mut found = Vec::new();
    if let Some(Value::Object(fields)) = exchange
        .response()
        .filter(|response| could_hold_token(&response.body))
        .and_then(|response| response.body.json())
    {
        for field in TOKEN_FIELDS {
            if let Some(Value::String(token)) = fields.get(field) {
                found.extend(credential(field, Cow::Owned(token.clone())));
            }
        }
    }
    let Some(authorization) = exchange.request.headers.get("authorization") else {
        return found;
    };
    match authorization.trim().split_once(' ') {
        Some((scheme, pair)) if scheme.eq_ignore_ascii_case("basic") => {
            // A user and a password are secret however short; the redactor has its own limit.
            found.push(("authorization", pair.trim().into()));
            if let Ok(decoded) = STANDARD.decode(pair.trim())
                && let Ok(decoded) = String::from_utf8(decoded)
                && let Some((_, password)) = decoded.split_once(':')
            {
                found.push(("password", password.to_owned().into()));
            }
        }
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("digest") => {}
        Some((_, value)) => found.extend(credential("authorization", value.trim().into())),
        None => found.extend(credential("authorization", authorization.trim().into())),
    }
    found
}

fn could_hold_token(body: &crate::exchange::Body) -> bool {
    // A token response is small; parsing every large body again would cost more than the run.
    body.len() < 64 * 1024
        && body
            .text()
            .is_some_and(|text| TOKEN_FIELDS.iter().any(|field| text.contains(field)))
}

fn credential<'v>(name: &'static str, value: Cow<'v, str>) -> Option<(&'static str, Cow<'v, str>)> {
    (value.len() >= SHORTEST && !value.contains("{{")).then_some((name, value))
}
