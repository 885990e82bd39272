//! What a provider says of itself.

use std::fmt;
use std::time::Duration;

use indexmap::IndexMap;

use crate::base::Secret;

/// What a provider declares, as far as a file says it: everything may be missing, and what is
/// missing is told where a check or a clause asks for it.
#[derive(Clone, Debug, Default)]
pub struct Declaration {
    /// The organisation.
    pub provider: Option<String>,
    /// The software that is judged.
    pub product: Option<Product>,
    /// Where a user of the product authorises a subscription.
    pub authorisation_endpoint: Endpoints,
    /// The notification endpoint, where there is one.
    pub notification: Option<DeclaredNotification>,
    /// How the connector tries again.
    pub retry: Option<DeclaredRetry>,
    /// How long before its expiry a token is renewed.
    pub token_skew: Option<Duration>,
    /// Within which time an update follows its cause, for 95 of 100 updates.
    pub latency_target: Option<Duration>,
    /// How many instances of the connector run, each with a token of its own; 1 where nothing is
    /// said.
    pub instances: Option<u32>,
    /// Optional features by name, and whether they are supported.
    pub features: IndexMap<String, Support>,
    /// How API key and client secret are delivered, as agreed with Live Services Management.
    pub key_delivery: Option<String>,
    /// What responsible people attest, by kind.
    pub attestations: IndexMap<AttestationKind, Attestation>,
}

impl Declaration {
    /// Whether it says anything at all.
    #[must_use]
    pub fn says_anything(&self) -> bool {
        let Self {
            provider,
            product,
            authorisation_endpoint,
            notification,
            retry,
            token_skew,
            latency_target,
            instances,
            features,
            key_delivery,
            attestations,
        } = self;
        provider.is_some()
            || product.is_some()
            || authorisation_endpoint.sandbox.is_some()
            || authorisation_endpoint.production.is_some()
            || notification.is_some()
            || retry.is_some()
            || token_skew.is_some()
            || latency_target.is_some()
            || instances.is_some()
            || !features.is_empty()
            || key_delivery.is_some()
            || !attestations.is_empty()
    }
}

/// A piece of software.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The digest of what is deployed, `sha256:…`, where one is given.
    pub digest: Option<String>,
}

impl fmt::Display for Product {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.name, self.version)?;
        match &self.digest {
            Some(digest) => write!(formatter, " ({digest})"),
            None => Ok(()),
        }
    }
}

/// An endpoint in both environments; absolute URLs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// In the sandbox.
    pub sandbox: Option<String>,
    /// In production.
    pub production: Option<String>,
}

/// The notification endpoint and what it asks for.
#[derive(Clone, Debug)]
pub struct DeclaredNotification {
    /// Where it is.
    pub endpoint: Endpoints,
    /// The name of the header that it requires.
    pub header: Option<String>,
    /// The value of that header.
    pub value: Option<Secret>,
    /// A URL of the provider's that shows the state of a resource whose id takes the place of
    /// `{id}`: probes look there for effects.
    pub read_back: Option<String>,
    /// Whether its test build trusts the issuer and the key set that preflight serves.
    pub test_issuer: Trust,
}

/// Whether a test build trusts the test issuer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// It does: the positive control can be accepted.
    Trusted,
    /// It trusts the platform's issuer only.
    #[default]
    Untrusted,
}

/// Whether an optional feature is supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// It is.
    Supported,
    /// It is not.
    Unsupported,
}

/// How a connector says that it tries again (`spec/judging.md`, 5.2, route A).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DeclaredRetry {
    /// How the wait grows.
    pub growth: DeclaredGrowth,
    /// The first wait.
    pub base: Duration,
    /// The longest wait.
    pub cap: Duration,
    /// What chance does to a wait.
    pub jitter: DeclaredJitter,
    /// How often an operation is tried, the first time included.
    pub attempts: Option<u32>,
}

/// How the wait grows from attempt to attempt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DeclaredGrowth {
    /// Not at all.
    Fixed,
    /// By the base each time.
    Linear,
    /// By this factor each time.
    Exponential(f64),
}

/// What chance does to a wait `x`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DeclaredJitter {
    /// Nothing.
    None,
    /// `x(1 − j)` to `x(1 + j)`.
    Proportional(f64),
    /// `x/2` to `x`.
    Equal,
    /// 0 to `x`.
    Full,
    /// The base to three times the wait before, and no longer than the cap.
    Decorrelated,
    /// `x` to `x` and so much more.
    Additive(Duration),
}

/// What is attested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AttestationKind {
    /// Client credentials and API keys are stored securely.
    CredentialStorage,
    /// A breach is notified immediately, by whom.
    BreachContact,
    /// Who maintains the connector.
    Owner,
}

impl AttestationKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::CredentialStorage, Self::BreachContact, Self::Owner];

    /// The word used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CredentialStorage => "credential-storage",
            Self::BreachContact => "breach-contact",
            Self::Owner => "owner",
        }
    }
}

/// A statement of a responsible person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attestation {
    /// The statement.
    pub statement: String,
    /// Who says so.
    pub name: String,
    /// On which day.
    pub date: jiff::civil::Date,
}
