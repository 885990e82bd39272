//! What went wrong on the wire, in newman's words where it has any.

use std::error::Error;
use std::io;

use crate::exchange::{Failure, FailureKind};

/// Says what the HTTP library's error means. `place` is the host and port that were spoken to;
/// `answered` says whether any byte had come back.
pub(super) fn failure(error: &hyper::Error, place: &str, answered: bool) -> Failure {
    let chain = Chain(error);
    let (kind, message) = if error.is_parse() || error.is_parse_too_large() {
        (
            FailureKind::Protocol,
            format!("Parse Error: {}", chain.last()),
        )
    } else if let Some(io) = chain.io() {
        io_failure(io, false, place)
    } else if answered {
        (FailureKind::Cut, "aborted".into())
    } else if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        (FailureKind::Cut, "socket hang up".into())
    } else {
        (FailureKind::Protocol, chain.last())
    };
    Failure { kind, message }
}

/// What an error of the connection to `place` means; while it is made, or later.
pub(super) fn io_failure(
    error: &io::Error,
    connecting: bool,
    place: &str,
) -> (FailureKind, String) {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => (
            FailureKind::Connect,
            format!("connect ECONNREFUSED {place}"),
        ),
        io::ErrorKind::ConnectionReset if !connecting => {
            (FailureKind::Cut, "read ECONNRESET".into())
        }
        io::ErrorKind::BrokenPipe if !connecting => (FailureKind::Cut, "write EPIPE".into()),
        io::ErrorKind::UnexpectedEof if !connecting => (FailureKind::Cut, "aborted".into()),
        io::ErrorKind::TimedOut => (FailureKind::Timeout, format!("connect ETIMEDOUT {place}")),
        io::ErrorKind::HostUnreachable => (
            FailureKind::Connect,
            format!("connect EHOSTUNREACH {place}"),
        ),
        io::ErrorKind::NetworkUnreachable => {
            (FailureKind::Connect, format!("connect ENETUNREACH {place}"))
        }
        _ if connecting => (
            FailureKind::Connect,
            format!("connect to {place} failed: {error}"),
        ),
        _ => (FailureKind::Cut, error.to_string()),
    }
}

/// Certificate problems in the words that Node has for them; they are what users search for.
pub(super) fn tls_message(error: &rustls::Error) -> String {
    use rustls::CertificateError as Certificate;
    match error {
        rustls::Error::InvalidCertificate(problem) => match problem {
            Certificate::Expired | Certificate::ExpiredContext { .. } => {
                "certificate has expired".into()
            }
            Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => {
                "certificate is not yet valid".into()
            }
            Certificate::UnknownIssuer => "unable to verify the first certificate: no trusted \
                authority issued it (name yours with --ssl-extra-ca-certs)"
                .into(),
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                "Hostname/IP does not match certificate's altnames".into()
            }
            other => format!("certificate refused: {other}"),
        },
        other => format!("TLS handshake failed: {other}"),
    }
}

/// An error and its sources.
struct Chain<'a>(&'a (dyn Error + 'static));

impl<'a> Chain<'a> {
    fn iter(&self) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
        std::iter::successors(Some(self.0), |error: &&'a (dyn Error + 'static)| {
            let error: &'a (dyn Error + 'static) = *error;
            // io::Error hides what it wraps from source(); rustls' errors travel like that.
            error
                .downcast_ref::<io::Error>()
                .and_then(io::Error::get_ref)
                .map(|inner| inner as &(dyn Error + 'static))
                .or_else(|| error.source())
        })
    }

    fn io(&self) -> Option<&'a io::Error> {
        self.iter()
            .filter_map(|error| error.downcast_ref::<io::Error>())
            .last()
    }

    fn last(&self) -> String {
        self.iter()
            .last()
            .map(ToString::to_string)
            .unwrap_or_default()
    }
}
