//! How a connector receives notifications, as data.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How notifications are received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReceptionPolicy {
    /// Whether the header that the provider chose is looked at.
    pub header: Validation,
    /// Whether the token is looked at.
    pub token: TokenValidation,
    /// For whom the token has to be; none for the client id.
    pub audience: Option<String>,
    /// The subject that the token has to have; none for any.
    pub subject: Option<String>,
    /// The scope that the token has to have; none for any.
    pub scope: Option<String>,
    /// How far the issuer's clock may be off.
    pub leeway: Duration,
    /// What else than a `POST` is taken.
    pub methods: Methods,
    /// What is looked at first.
    pub order: Order,
    /// How somebody is refused who may not speak.
    pub refusal: RefusalPolicy,
    /// The answer to a body that is no JSON.
    pub unreadable: u16,
    /// Over what it can be reached.
    pub transport: Transport,
    /// After how many refusals in a row everybody is refused, and for how long.
    pub lock_out: Option<LockOut>,
    /// The answer to a new subscription and a new batch.
    pub created: u16,
    /// The answer to anything else.
    pub accepted: u16,
    /// How long the answer takes.
    pub delay: Duration,
    /// What becomes of a notification that came before.
    pub repetition: Repetition,
}

/// How the header that the provider chose is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Validation {
    /// It comes once and is right.
    Checked,
    /// It is looked at, but not as it should be.
    Quirky(HeaderQuirk),
    /// It does not matter.
    Ignored,
}

/// How a header is looked at wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeaderQuirk {
    /// It has to be right where there is one.
    Optional,
    /// It has to be there, with any value.
    AnyValue,
    /// It has to begin as the right one, or the right one as it.
    Prefix,
    /// Upper and lower case are the same in its value.
    ValueCase,
    /// Upper and lower case differ in its name.
    NameCase,
    /// The first of several counts.
    First,
    /// The last of several counts.
    Last,
    /// It may stand in the query.
    Query,
    /// It may stand in a cookie.
    Cookie,
    /// It or the token has to be right.
    OrToken,
}

/// What is looked at in the token of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenValidation {
    /// Signature, issuer, audience, subject, kind, scope and times.
    Checked,
    /// All but this.
    CheckedExcept(Claim),
    /// All, but in one case not as it should be.
    Quirky(TokenQuirk),
    /// That there is one.
    Present,
    /// Nothing.
    Ignored,
}

/// What a token says that has to be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Claim {
    /// Who signed it.
    Signature,
    /// Who issued it.
    Issuer,
    /// For whom.
    Audience,
    /// Until when.
    Expiry,
    /// From when.
    NotBefore,
    /// When it was made.
    IssuedAt,
    /// Who speaks with it.
    Subject,
    /// What it is a token of.
    Kind,
    /// What it allows.
    Scope,
}

/// How a token is looked at wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenQuirk {
    /// One that says that it is unsigned is believed.
    Unsigned,
    /// The issuer's public key counts as a secret that both sides share.
    SharedSecret,
    /// A key that the token brings along counts.
    OwnKey,
    /// Keys at an address that the token names count.
    OwnAddress,
    /// Where nobody published the key that it names, it is believed.
    UnknownKey,
    /// What it calls critical is passed over.
    Critical,
    /// The scheme has to be spelled `Bearer`.
    SchemeCase,
    /// A list of audiences is not understood.
    SingleAudience,
}

/// What else than a `POST` is taken for a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Methods {
    /// Nothing.
    PostOnly,
    /// Everything.
    Any,
}

/// What is looked at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Header and token; then the body.
    CredentialsFirst,
    /// The body; then header and token.
    BodyFirst,
}

/// How somebody is refused who may not speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RefusalPolicy {
    /// The status.
    pub status: u16,
    /// What is said beside it.
    pub words: RefusalWords,
}

/// What is said beside a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalWords {
    /// The challenge, and nothing else.
    Challenge,
    /// Nothing.
    Silence,
    /// The challenge, and what was wrong.
    Reason,
}

/// Over what an endpoint can be reached, where whoever runs it plays TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    /// TLS 1.2 and later.
    Modern,
    /// TLS 1.1 too.
    Old,
    /// No TLS too.
    Plain,
}

/// Everybody is refused for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LockOut {
    /// After so many refusals in a row.
    pub after: u32,
    /// For so long.
    pub span: Duration,
}

/// What becomes of a notification that came before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Repetition {
    /// It is answered as before and has no effect.
    Recognised,
    /// It is the same one only where its body is.
    ByBody,
    /// It has its effect again.
    Repeated,
}

impl ReceptionPolicy {
    /// The one that conforms.
    #[must_use]
    pub fn reference() -> Self {
        Self {
            header: Validation::Checked,
            token: TokenValidation::Checked,
            audience: None,
            subject: Some("payments-out-service".into()),
            scope: None,
            leeway: Duration::from_secs(10),
            methods: Methods::PostOnly,
            order: Order::CredentialsFirst,
            refusal: RefusalPolicy {
                status: 401,
                words: RefusalWords::Challenge,
            },
            unreadable: 400,
            transport: Transport::Modern,
            lock_out: None,
            created: 201,
            accepted: 202,
            delay: Duration::ZERO,
            repetition: Repetition::Recognised,
        }
    }
}
