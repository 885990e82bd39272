//! What came back, or why nothing did.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Body, Headers, Request, Timing, Vantage};

/// A response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// The status code (RFC 9110 §15).
    pub status: u16,
    /// The reason phrase as sent, or the registered one.
    pub reason: String,
    /// The headers.
    pub headers: Headers,
    /// The body after `Content-Encoding` was undone.
    #[serde(default, skip_serializing_if = "Body::is_empty")]
    pub body: Body,
}

/// One request and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// What was sent.
    pub request: Request,
    /// What came back, or why nothing did.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// When.
    pub timing: Timing,
    /// From where it was observed.
    pub vantage: Vantage,
    /// On which connection, where a server saw it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<Connection>,
}

/// A connection as the server that accepted it knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Its number, in the order in which they were accepted, from 1.
    pub number: u64,
    /// The address and port of the client.
    pub peer: String,
}

impl Exchange {
    /// The response, if one came.
    #[must_use]
    pub fn response(&self) -> Option<&Response> {
        match &self.outcome {
            Outcome::Response(response) => Some(response),
            Outcome::Failure(_) => None,
        }
    }

    /// The status code, if a response came.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.response().map(|response| response.status)
    }
}

/// Either a response or a transport failure. After a failure it is unknown whether the request
/// took effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// A whole response.
    Response(Response),
    /// No whole response.
    Failure(Failure),
}

/// Why there is no whole response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What kind of failure.
    pub kind: FailureKind,
    /// What the transport said, without secrets and without local paths.
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

/// Kinds of transport failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The URL cannot be sent to (unresolved variable, no host, unknown scheme).
    Address,
    /// The target map or the guard of hosts refuses the host.
    Refused,
    /// The host name has no address.
    Resolve,
    /// No connection.
    Connect,
    /// The TLS handshake failed.
    Tls,
    /// A time limit passed.
    Timeout,
    /// The connection was closed or reset before the whole response had come.
    Cut,
    /// More redirects than allowed.
    Redirects,
    /// What came is not HTTP, or its body cannot be decoded.
    Protocol,
    /// The run was interrupted.
    Interrupted,
}
