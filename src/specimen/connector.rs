//! The connector: told what happened, it says what it wants done.

use crate::base::{Random, Secret, Timestamp};
use crate::exchange::{Outcome, Request, Response};

use super::Policy;

/// What a connector is told of its surroundings: the values that `observe` hands to a process.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Origin of the Provider API and its messaging, without a slash at the end.
    pub api_url: String,
    /// Where tokens are asked for: the whole URL.
    pub token_url: String,
    /// The client's id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
    /// The audience of its tokens.
    pub audience: String,
    /// The API key.
    pub api_key: Secret,
    /// The value of `x-application`.
    pub application: String,
    /// Its own id at the platform.
    pub provider_id: String,
    /// The header that every notification carries.
    pub notification_header: String,
    /// That header's value.
    pub notification_value: Secret,
    /// Who issues the tokens of notifications.
    pub issuer: String,
    /// Where the issuer's keys are.
    pub jwks_url: String,
}

/// The number of a request that a connector sends, or of a notification that it receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Call(pub u64);

/// What happened to a connector.
#[derive(Clone, Debug)]
pub enum Input {
    /// It was started.
    Started,
    /// The answer to one of its requests came, or none will.
    Answered(Call, Outcome),
    /// A request arrived at its notification endpoint; it is to be answered under this number.
    Notified(Call, Request),
    /// A moment came for which it asked.
    Woken,
}

/// What a connector wants done.
#[derive(Clone, Debug)]
pub enum Output {
    /// Send this request.
    Send(Call, Request),
    /// Answer this notification.
    Answer(Call, Response),
    /// Wake it not before this moment.
    Wake(Timestamp),
}

/// A connector.
#[derive(Clone, Debug)]
pub struct Connector {
    _settings: Settings,
    _policy: Policy,
    _random: Random,
}

impl Connector {
    /// A connector that was not started yet.
    #[must_use]
    pub fn new(settings: Settings, policy: Policy, random: Random) -> Self {
        Self {
            _settings: settings,
            _policy: policy,
            _random: random,
        }
    }

    /// Tells it what happened at `now`. Moments never go back from call to call.
    pub fn handle(&mut self, _now: Timestamp, _input: Input) -> Vec<Output> {
        Vec::new()
    }
}
