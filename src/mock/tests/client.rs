//! A client that does everything right, so that a test changes one thing.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::base::{Clock, Random, Seed, Timestamp, uuid};
use crate::exchange::{Body, Headers, Request, Response};
use crate::mock::{Defect, Platform, Tenant};
use crate::profile::Profile;

pub const API: &str = "https://api-payout.mock.invalid";

/// Which credentials are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum As {
    Provider,
    Product,
}

pub struct Client {
    pub platform: Platform,
    pub now: Timestamp,
    tokens: [String; 2],
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
            tokens: [String::new(), String::new()],
            random: Random::from_seed(Seed(2)),
        };
        client.renew_tokens();
        client
    }

    pub fn renew_tokens(&mut self) {
        for (index, credential) in [Tenant::seeded().provider, Tenant::seeded().product]
            .iter()
            .enumerate()
        {
            let response = self.send(&token_request(&json!({
                "grant_type": "client_credentials",
                "client_id": credential.client_id,
                "client_secret": credential.client_secret,
                "audience": credential.audience,
            })));
            let body = response.body.json().unwrap();
            body["access_token"]
                .as_str()
                .unwrap()
                .clone_into(&mut self.tokens[index]);
        }
    }

    pub fn token(&self, who: As) -> &str {
        match who {
            As::Provider => &self.tokens[0],
            As::Product => &self.tokens[1],
        }
    }

    /// A request with all its headers; `Value::Null` is no body.
    pub fn request(&mut self, who: As, method: &str, path: &str, body: &Value) -> Request {
        let credential = match who {
            As::Provider => Tenant::seeded().provider,
            As::Product => Tenant::seeded().product,
        };
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
        self.platform
            .handle(self.now, request)
            .response()
            .expect("the connection was cut")
            .clone()
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
