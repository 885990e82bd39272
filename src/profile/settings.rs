//! The profile as the rest of the program reads it.

use std::collections::BTreeSet;
use std::time::Duration;

use indexmap::IndexMap;

use super::assembly;
use super::{Flow, Notifications, Probe, ProfileErrors, Provenance, Setting, Sourced, StatusRules};
use crate::base::Sha256Hex;

/// What may differ by agreement or is not public. See the prose of the room.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// The name: `payments-out` unless a file gives its own.
    pub name: String,
    /// The dotted keys that a file replaced, in the order of the built-in profile.
    pub overridden: Vec<String>,
    /// The digest of the built-in text, followed by that of the file where there is one.
    pub sha256: Sha256Hex,
    /// The agreed rate, in requests a second.
    pub rate: Sourced<f64>,
    /// How many requests may come at once.
    pub burst: Sourced<u32>,
    /// How long a token is valid from its issue.
    pub token_lifetime: Sourced<Duration>,
    /// The scope that a token request names, if any.
    pub token_scope: Sourced<Option<String>>,
    /// Within which time an update must be sent, where a number is agreed.
    pub latency_target: Sourced<Option<Duration>>,
    /// Hosts of the production platform, in lower case: never tested against.
    pub production_hosts: Sourced<Vec<String>>,
    /// How long the Consumer API remembers an idempotency key.
    pub idempotency_lifetime: Sourced<Duration>,
    /// Base paths.
    pub paths: Paths,
    /// Names of headers.
    pub headers: HeaderNames,
    /// What becomes of a request with a bad interaction id.
    pub interaction_id: InteractionId,
    /// What becomes of a request without the header that names the Sage product.
    pub missing_application: Sourced<Treatment>,
    /// With what the platform refuses.
    pub refusals: Refusals,
    /// What it makes of a provider's updates.
    pub updates: Updates,
    /// How tokens are asked for and what they say.
    pub token: Token,
    /// What the use of tokens is held against.
    pub token_rules: TokenRules,
    /// How the platform throttles.
    pub throttle: Throttle,
    /// What a suitable backoff is held against.
    pub backoff: Backoff,
    /// What the rules forgive.
    pub tolerances: Tolerances,
    /// Largest sizes.
    pub limits: Limits,
    /// The words in which a provider's rules are written.
    pub rules: RuleWords,
    /// How long the platform keeps things.
    pub retention: Retention,
    /// What an exchange costs on the logical clock.
    pub latency_model: LatencyModel,
    /// Notifications to the provider.
    pub notifications: Notifications,
    /// What is asked of updates of a status beside the flows.
    pub status: StatusRules,
    /// How a notification endpoint is probed.
    pub probe: Probe,
    /// The status flows: at least `subscription`, `batch` and `payment`.
    pub flows: IndexMap<String, Flow>,
    pub(super) settings: Vec<Setting>,
    pub(super) applications: IndexMap<String, Profile>,
}

/// Base paths of the platform's APIs, without a slash at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// Where tokens are asked for.
    pub token: Sourced<String>,
    /// Where the keys are published with which tokens are verified.
    pub key_set: Sourced<String>,
    /// The Provider API.
    pub provider_api: Sourced<String>,
    /// Provider messaging.
    pub provider_messaging: Sourced<String>,
    /// The Consumer API.
    pub consumer_api: Sourced<String>,
    /// Consumer messaging.
    pub consumer_messaging: Sourced<String>,
}

impl Paths {
    /// `operation` with these paths in place of `{token}`, `{provider-api}`,
    /// `{provider-messaging}`, `{consumer-api}` and `{consumer-messaging}`: plans are written so.
    #[must_use]
    pub fn addressed(&self, operation: &str) -> String {
        [
            ("{token}", &self.token),
            ("{provider-api}", &self.provider_api),
            ("{provider-messaging}", &self.provider_messaging),
            ("{consumer-api}", &self.consumer_api),
            ("{consumer-messaging}", &self.consumer_messaging),
        ]
        .into_iter()
        .fold(operation.to_owned(), |operation, (name, path)| {
            operation.replace(name, &path.value)
        })
    }
}

/// Names of headers, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderNames {
    /// The API key.
    pub api_key: Sourced<String>,
    /// The Sage product for which the request is made.
    pub application: Sourced<String>,
    /// A new UUID for each request.
    pub interaction_id: Sourced<String>,
    /// The idempotency key of a consumer's POST.
    pub idempotency_key: Sourced<String>,
}

/// What the platform does with a flawed request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// It is served all the same.
    Accepted,
    /// It is answered with a status from 400 on.
    Refused,
}

/// With which statuses the platform refuses what its pages only forbid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusals {
    /// A status that may not follow the one before.
    pub illegal_transition: Sourced<u16>,
    /// A batch under a subscription that is not authorised.
    pub unauthorised_subscription: Sourced<u16>,
}

/// For which payments of a batch `defaultStatus` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultStatus {
    /// For those that the same update does not name with a status of their own.
    Others,
    /// For all of them, whatever else the update says.
    All,
}

/// What the platform makes of a provider's updates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Updates {
    /// What becomes of a status that is there already: nothing changes, or it is refused as an
    /// illegal transition.
    pub repeated_status: Sourced<Treatment>,
    /// For which payments `defaultStatus` holds.
    pub default_status: Sourced<DefaultStatus>,
    /// The status of the answer to an update of the provider's configuration. Every one but 204
    /// and 205 comes with the configuration (RFC 9110 §15.3).
    pub configuration_answer: Sourced<u16>,
}

/// What becomes of a request whose interaction id is not a new RFC 4122 UUID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InteractionId {
    /// The header is not there.
    pub missing: Sourced<Treatment>,
    /// An earlier request had the same.
    pub repeated: Sourced<Treatment>,
    /// It is not a UUID.
    pub malformed: Sourced<Treatment>,
}

/// How a client proves who it is at the token endpoint (RFC 6749 §2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// `client_id` and `client_secret` in the body.
    Body,
    /// HTTP Basic.
    Basic,
    /// One of them, not both at once.
    Either,
}

impl ClientAuthentication {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Body, Self::Basic, Self::Either];

    /// The word used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Basic => "basic",
            Self::Either => "either",
        }
    }
}

/// Whether something has to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It is always there, or refused where it is not.
    Required,
    /// It may be left out.
    Optional,
}

/// How tokens are asked for and what they say. Their lifetime is [`Profile::token_lifetime`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The claim `iss` of every token.
    pub issuer: Sourced<String>,
    /// The claim `sub` of the tokens that the platform sends to a provider.
    pub platform_subject: Sourced<String>,
    /// How a client proves who it is.
    pub client_authentication: Sourced<ClientAuthentication>,
    /// Whether a request must name the audience.
    pub audience: Sourced<Presence>,
    /// Whether an answer says `expires_in`: `Optional` leaves it out.
    pub expires_in: Sourced<Presence>,
}

/// What the use of tokens is held against (`spec/judging.md`, 5.3).
#[derive(Clone, Debug, PartialEq)]
pub struct TokenRules {
    /// How long before its end a token may be renewed, where its life is long.
    pub longest_skew: Sourced<Duration>,
    /// How long before its end a token may be renewed, where its life is short: a part of it.
    pub skew_share: Sourced<f64>,
    /// The least number of calls by which a client is failed for fetching too often.
    pub enough_calls: Sourced<u32>,
    /// Fetches a call from which it is.
    pub fetch_share: Sourced<f64>,
    /// Which part of the fetches may find the old token alive.
    pub early_share: Sourced<f64>,
    /// Fetches within this time of each other are one rush.
    pub rush: Sourced<Duration>,
    /// How often a request may be sent again after 401.
    pub resends: Sourced<u32>,
}

/// Who shares a bucket of the throttle. A product never shares one with a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ThrottleScope {
    /// Each credential has its own.
    Credential,
    /// All credentials of a provider, or of a product, share one.
    Provider,
    /// All requests from one address share one.
    Address,
    /// All requests to one group of endpoints share one: token endpoint, Provider API, messaging,
    /// Consumer API.
    EndpointGroup,
}

/// What a 429 says of the wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfterHint {
    /// `Retry-After: 7`.
    Seconds,
    /// `Retry-After: Thu, 01 Jan 2026 00:00:07 GMT`.
    Date,
    /// Nothing.
    Absent,
}

/// Whether token requests are throttled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenThrottle {
    /// As many as one likes.
    Exempt,
    /// As all others.
    Throttled,
}

/// How the platform throttles.
#[derive(Clone, Debug, PartialEq)]
pub struct Throttle {
    /// Who shares a bucket. A request must pass all of its buckets.
    pub scope: Sourced<BTreeSet<ThrottleScope>>,
    /// Whether token requests are throttled too.
    pub token_endpoint: Sourced<TokenThrottle>,
    /// Requests a second from one address; none is the agreed rate.
    pub address_rate: Sourced<Option<f64>>,
    /// How many requests may come at once from one address; none is the agreed burst.
    pub address_burst: Sourced<Option<u32>>,
    /// Requests a second to one group of endpoints; none is the agreed rate.
    pub group_rate: Sourced<Option<f64>>,
    /// How many requests may come at once to one group; none is the agreed burst.
    pub group_burst: Sourced<Option<u32>>,
    /// What a 429 says.
    pub retry_after: Sourced<RetryAfterHint>,
}

impl Throttle {
    /// Whether the platform says that it sends dates in `Retry-After`.
    #[must_use]
    pub fn sends_dates(&self) -> bool {
        match self.retry_after.value {
            RetryAfterHint::Date => self.retry_after.provenance == Provenance::Stated,
            RetryAfterHint::Seconds | RetryAfterHint::Absent => false,
        }
    }
}

/// What a suitable backoff is held against (`spec/judging.md`, 5.1 and 5.2).
#[derive(Clone, Debug, PartialEq)]
pub struct Backoff {
    /// A retry sooner than this is immediate (`b_min`).
    pub minimum_wait: Sourced<Duration>,
    /// The largest number of attempts, the first included.
    pub maximum_attempts: Sourced<u32>,
    /// The first wait of the default policy.
    pub base: Sourced<Duration>,
    /// The longest wait of the default policy.
    pub cap: Sourced<Duration>,
    /// By how much each wait of a declared policy is longer than the one before, at least.
    pub minimum_multiplier: Sourced<f64>,
    /// How long the longest wait of a declared policy is, at least (`cap_min`).
    pub minimum_cap: Sourced<Duration>,
    /// The hints that have to be obeyed, in whole seconds.
    pub hints: Sourced<Vec<Duration>>,
    /// Longer ones, where a plan has them.
    pub long_hints: Sourced<Vec<Duration>>,
    /// Of how many waits of an episode the growth is measured at most (`K`).
    pub waits: Sourced<u32>,
    /// Shorter waits count as this one.
    pub shortest_wait: Sourced<Duration>,
    /// A smaller slope of the binary logarithm of the waits is that of waits that do not grow.
    pub flat_slope: Sourced<f64>,
    /// This slope or a larger one is that of waits that grow.
    pub growing_slope: Sourced<f64>,
    /// In which part of all samples, at most, one that fails would fail a client that conforms.
    pub false_failures: Sourced<f64>,
    /// How improbable it is, at most, that a client which conforms waits so little throughout.
    pub certainty: Sourced<f64>,
    /// How much first waits differ at least: their standard deviation by their mean.
    pub dispersal: Sourced<f64>,
    /// How many first waits show whether they differ.
    pub dispersal_sample: Sourced<u32>,
    /// Over which time before a 429 the concurrency of a client is counted.
    pub concurrency_window: Sourced<Duration>,
    /// For how long after throttling the rate is watched.
    pub catching_up: Sourced<Duration>,
    /// Within which time after throttling requests come again.
    pub recovery: Sourced<Duration>,
}

/// What the rules forgive (`spec/judging.md`, 5.0).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tolerances {
    /// How much too early a retry may come (`ε`).
    pub early: Sourced<Duration>,
    /// How long after a 429 requests may still arrive that were on the wire (`δ`).
    pub in_flight: Sourced<Duration>,
    /// How much too late a wait may end.
    pub late: Sourced<Duration>,
    /// How far the network may bunch requests (`τ`).
    pub rate_bunching: Sourced<Duration>,
}

/// Largest sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Payments in a batch.
    pub payments_per_batch: Sourced<u32>,
    /// Bytes in a request's body.
    pub body_bytes: Sourced<usize>,
    /// Characters in `addressLine1` to `addressLine3`.
    pub address_line_characters: Sourced<u32>,
    /// Characters in `countrySubdivision`.
    pub country_subdivision_characters: Sourced<u32>,
}

/// The words in which a provider's rules are written
/// (`/payments-out/guides/understand-provider-rules`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleWords {
    /// Each `apiPath` whose rules hold for a new subscription.
    pub subscriptions: Sourced<Vec<String>>,
    /// Each `apiPath` whose rules hold for a creditor that a product puts.
    pub creditors: Sourced<Vec<String>>,
    /// Each `apiPath` whose rules hold for a new batch.
    pub batches: Sourced<Vec<String>>,
    /// The `optionality` of what must be there.
    pub required: Sourced<String>,
    /// The `optionality` of what may be there.
    pub optional: Sourced<String>,
    /// The `optionality` of what must not be there.
    pub not_allowed: Sourced<String>,
}

/// What is said of a thing that the platform has deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Afterwards {
    /// 404, as if it had never been.
    NotFound,
    /// 410.
    Gone,
}

/// How long the platform keeps things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    /// A batch, from its submission.
    pub batches: Sourced<Duration>,
    /// What a later request for it is told.
    pub afterwards: Sourced<Afterwards>,
}

/// What an exchange costs on the logical clock: `base` plus a seeded part of `spread`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LatencyModel {
    /// The least.
    pub base: Sourced<Duration>,
    /// How much more at most.
    pub spread: Sourced<Duration>,
}

impl Profile {
    /// The built-in profile, `payments-out`.
    #[must_use]
    pub fn built_in() -> Self {
        assembly::read(None).expect("a test reads the built-in profile")
    }

    /// The built-in profile with the settings of a file laid over it.
    ///
    /// # Errors
    /// Everything that is wrong with the file at once, each with its place under `file_name`.
    pub fn with_override(toml_text: &str, file_name: &str) -> Result<Self, ProfileErrors> {
        assembly::read(Some((toml_text, file_name)))
    }

    /// All settings in the form of a table, flows last, then those of single applications.
    #[must_use]
    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// What holds for requests that name the Sage product `application`: this profile with what a
    /// file says under `[application."…"]` laid over it.
    #[must_use]
    pub fn for_application(&self, application: &str) -> &Self {
        self.applications.get(application).unwrap_or(self)
    }

    /// The Sage products for which a file says something of their own, in its order.
    pub fn applications(&self) -> impl Iterator<Item = &str> {
        self.applications.keys().map(String::as_str)
    }
}
