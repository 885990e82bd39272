//! What a connector shows of its credentials, as data.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::exchange::{Body, Request, Response};

use super::Settings;

/// Where credentials stand that should not stand there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exposure {
    /// Nowhere.
    Nowhere,
    /// The access token, in the URL too.
    TokenInUrl,
    /// The client secret, in a header of every request.
    SecretInHeader,
    /// The API key, in the URL too.
    KeyInUrl,
    /// The value of the notification header, in the answer to every notification.
    InAnswers,
    /// Tokens are asked for without TLS.
    WithoutTls,
}

impl Exposure {
    /// Shows it in a request to the Provider API that carries `token`.
    pub(super) fn mark_request(self, request: &mut Request, token: &str, settings: &Settings) {
        match self {
            Self::Nowhere | Self::InAnswers | Self::WithoutTls => {}
            Self::TokenInUrl => append(request, "access_token", token),
            Self::KeyInUrl => append(request, "apikey", settings.api_key.expose()),
            Self::SecretInHeader => {
                let secret = settings.client_secret.expose();
                request.headers.push("x-debug", secret);
            }
        }
    }

    /// Shows it in a request for a token.
    pub(super) fn mark_token_request(self, request: &mut Request) {
        match self {
            Self::Nowhere
            | Self::TokenInUrl
            | Self::SecretInHeader
            | Self::KeyInUrl
            | Self::InAnswers => {}
            Self::WithoutTls => request.url = request.url.replacen("https://", "http://", 1),
        }
    }

    /// Shows it in the answer to a notification.
    pub(super) fn mark_answer(self, response: &mut Response, settings: &Settings) {
        match self {
            Self::Nowhere
            | Self::TokenInUrl
            | Self::SecretInHeader
            | Self::KeyInUrl
            | Self::WithoutTls => {}
            Self::InAnswers => {
                let received = settings.notification_value.expose();
                response.body = Body::from(json!({ "received": received }).to_string());
            }
        }
    }
}

fn append(request: &mut Request, name: &str, value: &str) {
    let sign = if request.url.contains('?') { '&' } else { '?' };
    request.url = format!("{}{sign}{name}={value}", request.url);
}
