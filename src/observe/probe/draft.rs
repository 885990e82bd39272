//! A notification before it is sent, with everything about it that a probe may change.

use serde_json::{Value, json};

use super::forge::{Forge, KeyName, Signature};
use super::target::Target;
use crate::base::Timestamp;
use crate::exchange::{Body, Headers, Request};
use crate::profile::Profile;

/// How long before the minute in which it is sent a token was issued, in seconds.
const ISSUED_AGO: i64 = 5;

/// For how long from then on it is valid, in seconds.
const VALID_FOR: i64 = 600;

/// What is drafted from.
#[derive(Clone, Copy)]
pub(super) struct Materials<'a> {
    pub(super) target: &'a Target,
    pub(super) profile: &'a Profile,
    pub(super) forge: &'a Forge,
    /// The id of the resource that it tells of.
    pub(super) resource: &'a str,
    /// A new interaction id.
    pub(super) interaction: &'a str,
    pub(super) now: Timestamp,
}

/// A notification, valid until something is changed.
pub(super) struct Draft<'a> {
    pub(super) materials: Materials<'a>,
    pub(super) method: String,
    pub(super) url: String,
    /// The name of the agreed header, as it is spelled.
    pub(super) header: String,
    /// Its values, one line each.
    pub(super) values: Vec<String>,
    pub(super) cookie: Option<String>,
    pub(super) authorization: Authorization,
    pub(super) token: Token,
    pub(super) content_type: String,
    pub(super) body: Body,
}

/// What stands in `Authorization`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Authorization {
    /// The token, behind this scheme.
    Token(&'static str),
    /// Something else.
    Text(String),
    /// There is no such header.
    Absent,
}

/// What a token says and how it is signed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) header: Value,
    pub(super) claims: Value,
    pub(super) signature: Signature,
}

impl<'a> Draft<'a> {
    pub(super) fn new(materials: Materials<'a>) -> Self {
        let Materials {
            target, profile, ..
        } = materials;
        let (header, values) = match &target.header {
            Some((name, value)) => (name.clone(), vec![value.expose().to_owned()]),
            None => (String::new(), Vec::new()),
        };
        let body = profile
            .notifications
            .subscription
            .value
            .fill(|name| match name {
                "subscriptionId" | "organisationId" => Some(json!(materials.resource)),
                _ => None,
            });
        // An issuer hands one token out many times: within a minute it is the same.
        let minute = materials.now.as_second().div_euclid(60) * 60;
        let mut claims = json!({
            "iss": target.issuer,
            "sub": target.subject,
            "aud": target.audience,
            "iat": minute - ISSUED_AGO,
            "exp": minute + VALID_FOR,
        });
        if let Some(scope) = &target.scope {
            claims["scope"] = json!(scope);
        }
        Self {
            materials,
            method: "POST".into(),
            url: target.url.clone(),
            header,
            values,
            cookie: None,
            authorization: Authorization::Token("Bearer"),
            token: Token {
                header: json!({"alg": "RS256", "typ": "JWT", "kid": KeyName::First.id()}),
                claims,
                signature: Signature::By(KeyName::First),
            },
            content_type: "application/json".into(),
            body: Body::from(body.to_string()),
        }
    }

    /// The right value of the agreed header; empty where there is none.
    pub(super) fn value(&self) -> &'a str {
        let header = self.materials.target.header.as_ref();
        header.map_or("", |(_, value)| value.expose())
    }

    /// Now, in seconds since 1970.
    pub(super) fn seconds(&self) -> i64 {
        self.materials.now.as_second()
    }

    /// Sets a claim; null takes it away.
    pub(super) fn claim(&mut self, name: &str, value: Value) {
        set(&mut self.token.claims, name, value);
    }

    /// Sets a header of the token; null takes it away.
    pub(super) fn token_header(&mut self, name: &str, value: Value) {
        set(&mut self.token.header, name, value);
    }

    /// The request.
    pub(super) fn finish(self) -> Request {
        let mut headers = Headers::new();
        match self.authorization {
            Authorization::Token(scheme) => {
                let Token {
                    header,
                    claims,
                    signature,
                } = &self.token;
                let token = self.materials.forge.token(header, claims, signature);
                headers.push("authorization", format!("{scheme} {token}"));
            }
            Authorization::Text(text) => headers.push("authorization", text),
            Authorization::Absent => {}
        }
        for value in self.values {
            headers.push(self.header.clone(), value);
        }
        if let Some(cookie) = self.cookie {
            headers.push("cookie", cookie);
        }
        let names = &self.materials.profile.headers;
        headers.push("content-type", self.content_type);
        headers.push(
            names.interaction_id.value.clone(),
            self.materials.interaction,
        );
        Request {
            method: self.method,
            url: self.url,
            headers,
            body: self.body,
        }
    }
}

/// Has the token signed by nobody whom the issuer knows.
pub(super) fn sign_as_stranger(draft: &mut Draft<'_>) {
    draft.token.signature = Signature::By(KeyName::Stranger);
}

fn set(object: &mut Value, name: &str, value: Value) {
    if value.is_null() {
        if let Some(object) = object.as_object_mut() {
            object.shift_remove(name);
        }
    } else {
        object[name] = value;
    }
}
