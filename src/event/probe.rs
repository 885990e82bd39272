//! What a history says of the probes of a notification endpoint.

use serde::{Deserialize, Serialize};

/// A probe began: a request that differs in one factor from one that is accepted. What was sent and
/// answered are the exchanges of its step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeStart {
    /// The number of the step in the run, from 1.
    pub step: u64,
    /// The id of the check to which it belongs.
    pub check: String,
    /// Its name among the probes of that check.
    pub probe: String,
    /// In what it differs from the control, in words.
    pub factor: String,
    /// What it is for.
    pub role: ProbeRole,
    /// How it ought to be answered.
    pub expect: Expectation,
    /// The id of the resource that it tells of: whatever names it afterwards is an effect.
    pub resource: String,
}

/// What a probe is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeRole {
    /// Everything about it is right: it shows that the others are refused for what they differ in.
    Control,
    /// It is wrong in one factor.
    Negative,
    /// It differs in a factor that does not matter.
    Positive,
    /// It asks the provider for the state of the resource.
    ReadBack,
}

/// How a probe ought to be answered. 5xx, 3xx and no answer at all are never right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expectation {
    /// 201; another 2xx is tolerated.
    Created,
    /// 2xx.
    Accepted,
    /// 2xx; a refusal is tolerated.
    AcceptedIdeally,
    /// 401; another 4xx is tolerated.
    Refused,
    /// 401; another 4xx and 2xx are tolerated.
    RefusedIdeally,
    /// 401 with `WWW-Authenticate`; any other 4xx is tolerated.
    Challenged,
    /// 400 or 401; another 4xx is tolerated.
    RefusedOrMalformed,
    /// 403; another 4xx is tolerated.
    Forbidden,
    /// 401 or 403; another 4xx is tolerated.
    RefusedOrForbidden,
    /// 2xx or 401; another 4xx is tolerated.
    AcceptedOrRefused,
    /// 2xx or 409, and no second effect; another 4xx is tolerated.
    TakenOnce,
    /// Any 4xx, or 2xx without a second effect.
    NothingNew,
    /// 405; another 4xx is tolerated.
    MethodNotAllowed,
    /// 415; another 4xx is tolerated.
    UnsupportedMediaType,
    /// 413, 400, or the connection is closed; another 4xx is tolerated.
    TooLarge,
    /// 400; another 4xx is tolerated.
    BadRequest,
    /// 401 or 403: anything else shows that the body was read first.
    RefusedUnread,
    /// Anything but 2xx; no answer will do.
    NotServed,
    /// Nothing is expected: it is looked at beside another.
    Shown,
}

/// A probe was not sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeWithheld {
    /// The id of the check to which it belongs.
    pub check: String,
    /// Its name among the probes of that check.
    pub probe: String,
    /// Why.
    pub because: Withheld,
}

/// Why a probe was not sent; where there are several reasons, the first counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Withheld {
    /// The provider asks for no header of its own.
    NoHeader,
    /// The value of that header has no letters.
    NoLetters,
    /// The profile names no scope.
    NoScope,
    /// The endpoint was not reached over a network.
    NoSocket,
    /// The endpoint was reached without TLS.
    NoTls,
    /// The endpoint does not trust the issuer that preflight plays.
    NoTestIssuer,
    /// The user left it out.
    LeftOut,
}

/// Something that a probe showed beside its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Noticed {
    /// A server went on with a TLS handshake that it was offered.
    HandshakeAccepted,
    /// It broke the handshake off.
    HandshakeRefused,
}
