//! A client that does everything right, so that a test changes one thing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::base::{Clock, Random, Seed, Timestamp, uuid};
use crate::exchange::{Body, Headers, Request, Response};
use crate::mock::{Credential, Defect, Platform, Tenant};
use crate::profile::Profile;

pub const API: &str = "https://api-payout.mock.invalid";

/// Which credentials are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum As {
    Provider,
    Product,
    SecondProvider,
    SecondProduct,
}

impl As {
    pub fn credential(self) -> Credential {
        let tenant = Tenant::seeded();
        match self {
            Self::Provider => tenant.provider,
            Self::Product => tenant.product,
            Self::SecondProvider => tenant.foreign_provider,
            Self::SecondProduct => tenant.foreign_product,
        }
    }
}

#[derive(Clone)]
pub struct Client {
    pub platform: Platform,
    pub now: Timestamp,
    tokens: BTreeMap<As, String>,
    random: Random,
}

impl Client {
    pub fn new() -> Self {
        Self::with("", &[])
    }

    /// With a profile of its own and defects.
    pub fn with(profile: &str, defects: &[Defect]) -> Self {
        let profile = Profile::with_override(profile, "own.toml").unwrap();
        let mut client = Self {
            platform: Platform::new(
                Arc::new(profile),
                Random::from_seed(Seed(1)),
                defects.iter().copied().collect(),
            ),
            now: Clock::logical_start(),
            tokens: BTreeMap::new(),
            random: Random::from_seed(Seed(2)),
        };
        client.renew_tokens();
        client
    }

    /// Forgets the tokens and asks for new ones, for the second pair when they are needed.
    pub fn renew_tokens(&mut self) {
        self.tokens.clear();
        for who in [As::Provider, As::Product] {
            // A profile may want another request than this one.
            self.ask_for_token(who);
        }
    }

    /// The token of `who`.
    pub fn token(&mut self, who: As) -> String {
        if !self.tokens.contains_key(&who) {
            self.ask_for_token(who);
        }
        self.tokens[&who].clone()
    }

    fn ask_for_token(&mut self, who: As) {
        let credential = who.credential();
        let response = self.send(&token_request(&json!({
            "grant_type": "client_credentials",
            "client_id": credential.client_id,
            "client_secret": credential.client_secret,
            "audience": credential.audience,
        })));
        let body = response.body.json().unwrap();
        if let Some(token) = body["access_token"].as_str() {
            self.tokens.insert(who, token.to_owned());
        }
    }

    /// A request with all its headers; `Value::Null` is no body.
    pub fn request(&mut self, who: As, method: &str, path: &str, body: &Value) -> Request {
        let credential = who.credential();
        let mut headers = Headers::from_iter([
            ("Authorization", format!("Bearer {}", self.token(who))),
            ("x-api-key", credential.api_key.to_owned()),
            ("x-application", "sage.intacct".to_owned()),
            ("x-fapi-interaction-id", uuid(&mut self.random).to_string()),
        ]);
        let body = if body.is_null() {
            Body::default()
        } else {
            headers.push("Content-Type", "application/json");
            Body::from(body.to_string())
        };
        Request {
            method: method.into(),
            url: format!("{API}{path}"),
            headers,
            body,
        }
    }

    /// Sends a request and lets a second pass, so that the throttle never interferes.
    pub fn send(&mut self, request: &Request) -> Response {
        let response = self.send_at_once(request);
        self.now += Duration::from_secs(1);
        response
    }

    pub fn send_at_once(&mut self, request: &Request) -> Response {
        let response = self
            .platform
            .handle(self.now, request)
            .response()
            .expect("the connection was cut")
            .clone();
        if response.status >= 400 {
            assert_shape(request, &response);
        }
        response
    }

    pub fn call(&mut self, who: As, method: &str, path: &str, body: &Value) -> Response {
        let request = self.request(who, method, path, body);
        self.send(&request)
    }

    /// As the provider.
    pub fn get(&mut self, path: &str) -> Value {
        let response = self.call(As::Provider, "GET", path, &Value::Null);
        assert_eq!(response.status, 200, "{response:?}");
        response.body.json().unwrap()
    }

    /// As the provider; the status and, if refused, the code.
    pub fn patch(&mut self, path: &str, body: &Value) -> (u16, String) {
        let response = self.call(As::Provider, "PATCH", path, body);
        (response.status, code(&response))
    }
}

/// Whatever is refused is refused in the one shape, or in that of RFC 6749 §5.2 where a token is
/// asked for.
fn assert_shape(request: &Request, response: &Response) {
    let body = response.body.json().expect("a refusal says why");
    if body["error"].is_string() {
        assert!(request.url.ends_with("/oauth/token"), "{body}");
        assert!(body["error_description"].is_string(), "{body}");
        return;
    }
    let members: Vec<_> = body["error"].as_object().unwrap().keys().collect();
    assert_eq!(members, ["code", "message", "path", "correlationId"]);
    assert_eq!(body["error"]["path"], request.path());
    let correlation = body["error"]["correlationId"].as_str().unwrap();
    match request.headers.get("x-fapi-interaction-id") {
        Some(interaction) => assert_eq!(correlation, interaction),
        None => assert_eq!(correlation.len(), 36, "{correlation}"),
    }
}

/// A token request with a JSON body.
pub fn token_request(body: &Value) -> Request {
    Request {
        method: "POST".into(),
        url: "https://id.mock.invalid/oauth/token".into(),
        headers: Headers::from_iter([("content-type", "application/json")]),
        body: Body::from(body.to_string()),
    }
}

/// The code of an error, empty if there is none.
pub fn code(response: &Response) -> String {
    let body = response.body.json().unwrap_or_default();
    let code = body["error"]["code"]
        .as_str()
        .or(body["error"].as_str())
        .unwrap_or_default();
    code.to_owned()
}

pub fn subscription(id: uuid::Uuid) -> String {
    format!("/api-provider-v1/subscriptions/{id}")
}

pub fn batch(id: uuid::Uuid) -> String {
    format!("/api-provider-v1/batchpayments/{id}")
}

pub fn provider() -> String {
    format!(
        "/api-provider-v1/providers/{}",
        Tenant::seeded().provider_id
    )
}
