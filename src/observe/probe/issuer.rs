//! The issuer that preflight plays: its keys, and whoever asks for them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::forge::Forge;
use crate::base::Clock;
use crate::exchange::{Body, Connection, Exchange, Headers, Request, Response};
use crate::mock::{
    Answer, Arrival, Attendant, Delivery, DoorError, DoorLimits, DoorOptions, HyperDoor, Reply,
};
use crate::profile::Profile;

/// The largest body that is taken, in bytes.
const LARGEST: usize = 64 * 1024;

/// How long answers that are under way may take when the issuer stops.
const GRACE: Duration = Duration::from_millis(100);

/// Answers as an identity service would, and as a stranger's key set. It stands in for the platform
/// too: a specimen gets a token, and finds nothing with it.
pub(super) struct Counterpart {
    pub(super) forge: Arc<Forge>,
    pub(super) profile: Arc<Profile>,
    /// The claim `iss` of its tokens.
    pub(super) issuer: String,
    /// Where it is reached.
    pub(super) origin: String,
}

impl Counterpart {
    pub(super) fn answer(&self, request: &Request) -> Response {
        let paths = &self.profile.paths;
        let path = request.path();
        match request.method.as_str() {
            "GET" if path == paths.key_set.value => found(&self.forge.key_set()),
            "GET" if path.starts_with("/strangers/") => found(&self.forge.strange_key_set()),
            // OpenID Connect Discovery §4, RFC 8414 §3.
            "GET"
                if path == "/.well-known/openid-configuration"
                    || path == "/.well-known/oauth-authorization-server" =>
            {
                found(&json!({
                    "issuer": self.issuer,
                    "jwks_uri": format!("{}{}", self.origin, paths.key_set.value),
                    "token_endpoint": format!("{}{}", self.origin, paths.token.value),
                    "id_token_signing_alg_values_supported": ["RS256"],
                    "response_types_supported": ["token"],
                    "subject_types_supported": ["public"],
                }))
            }
            "POST" if path == paths.token.value => found(&json!({
                "access_token": "a-token-of-the-probe",
                "token_type": "Bearer",
                "expires_in": 28_800,
            })),
            _ => answer(404, Body::default()),
        }
    }
}

fn found(body: &Value) -> Response {
    let mut response = answer(200, Body::from(body.to_string()));
    response.headers.push("content-type", "application/json");
    response
}

fn answer(status: u16, body: Body) -> Response {
    let reason = http::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason());
    Response {
        status,
        reason: reason.unwrap_or_default().to_owned(),
        headers: Headers::new(),
        body,
    }
}

/// The issuer cannot be reached.
#[derive(Debug, thiserror::Error)]
#[error("the test issuer cannot be opened at {address}; name another address with --issuer-listen")]
pub struct IssuerError {
    /// Where.
    pub address: SocketAddr,
    /// Why.
    #[source]
    pub source: DoorError,
}

/// The issuer at a door, for as long as it lives.
pub struct TestIssuer {
    door: HyperDoor,
    origin: String,
    heard: Arc<Ear>,
}

impl TestIssuer {
    /// Opens the issuer at `address`, whose tokens say `issuer`; its own origin where that is none.
    ///
    /// # Errors
    /// If it cannot listen there.
    pub fn open(
        address: SocketAddr,
        issuer: Option<String>,
        forge: Arc<Forge>,
        profile: Arc<Profile>,
        clock: Clock,
    ) -> Result<Self, IssuerError> {
        let ear = Arc::new(Ear {
            forge,
            profile,
            issuer,
            origin: Mutex::default(),
            exchanges: Mutex::default(),
        });
        let door = HyperDoor::open(
            Arc::clone(&ear),
            clock,
            DoorOptions {
                address,
                limits: DoorLimits {
                    body_bytes: LARGEST,
                    ..DoorLimits::default()
                },
                ..DoorOptions::default()
            },
        )
        .map_err(|source| IssuerError { address, source })?;
        let origin = door.origin();
        lock(&ear.origin).clone_from(&origin);
        Ok(Self {
            door,
            origin,
            heard: ear,
        })
    }

    /// Where it is: `http://127.0.0.1:9000`.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// What was asked since the last call, in order.
    pub fn take_exchanges(&self) -> Vec<Exchange> {
        std::mem::take(&mut *lock(&self.heard.exchanges))
    }

    /// Stops it.
    pub async fn close(self) {
        self.door.stop(GRACE).await;
    }
}

/// Who answers at the issuer's door.
struct Ear {
    forge: Arc<Forge>,
    profile: Arc<Profile>,
    issuer: Option<String>,
    origin: Mutex<String>,
    exchanges: Mutex<Vec<Exchange>>,
}

impl Attendant for Ear {
    async fn answer(&self, _: &Arrival, request: &Request) -> Reply {
        let origin = lock(&self.origin).clone();
        let counterpart = Counterpart {
            forge: Arc::clone(&self.forge),
            profile: Arc::clone(&self.profile),
            issuer: self.issuer.clone().unwrap_or_else(|| format!("{origin}/")),
            origin,
        };
        Reply::Answer(Answer {
            response: counterpart.answer(request),
            latency: Duration::ZERO,
            delay: Duration::ZERO,
            delivery: Delivery::Whole,
        })
    }

    fn done(&self, exchange: Exchange) {
        lock(&self.exchanges).push(exchange);
    }

    fn disturbed(&self, _: &Connection, _: &str) {}
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
