//! Connections: made by way of TCP, a proxy and TLS as needed, kept for the next request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::failure::{io_failure, tls_message};
use super::spelling::{Heads, Spelled};
use crate::exchange::{Failure, FailureKind};

/// The longest head of a proxy's answer to CONNECT, in bytes.
const LONGEST_ANSWER: usize = 16 * 1024;

/// Where a connection leads, and how: whatever is the same may be shared by requests.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Destination {
    /// Whether TLS is spoken.
    pub(super) secure: bool,
    /// Without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    /// Which of the client's TLS configurations holds.
    pub(super) identity: usize,
}

impl Destination {
    /// As errors name it.
    pub(super) fn name(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            self.name()
        }
    }
}

/// A connection that is ready for a request.
pub(super) struct Connection {
    pub(super) sender: SendRequest<Full<Bytes>>,
    pub(super) heads: Heads,
}

/// Makes and keeps connections.
#[derive(Default)]
pub(super) struct Connections {
    idle: Mutex<HashMap<Destination, Vec<Connection>>>,
}

impl Connections {
    /// A connection that was used before and is still open.
    pub(super) fn kept(&self, destination: &Destination) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let connections = idle.get_mut(destination)?;
        std::iter::from_fn(|| connections.pop()).find(|connection| connection.sender.is_ready())
    }

    /// Keeps a connection whose response was read to its end.
    pub(super) fn keep(&self, destination: Destination, connection: Connection) {
        if !connection.sender.is_closed() {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.entry(destination).or_default().push(connection);
        }
    }
}

/// The proxy that the user's surroundings name for a destination.
pub(super) fn proxy_for(proxies: &Matcher, destination: &Destination) -> Option<Intercept> {
    let scheme = if destination.secure { "https" } else { "http" };
    let uri = http::Uri::builder()
        .scheme(scheme)
        .authority(destination.authority())
        .path_and_query("/")
        .build()
        .ok()?;
    proxies.intercept(&uri)
}

/// Makes a connection to `destination`, by way of `proxy` where there is one.
pub(super) async fn connected(
    destination: &Destination,
    proxy: Option<&Intercept>,
    tls: impl FnOnce() -> Result<Arc<rustls::ClientConfig>, Failure>,
) -> Result<Connection, Failure> {
    let mut stream = match proxy {
        Some(proxy) => {
            let host = proxy.uri().host().unwrap_or_default();
            let port = proxy.uri().port_u16().unwrap_or(80);
            if proxy.uri().scheme_str() != Some("http") {
                return Err(Failure {
                    kind: FailureKind::Connect,
                    message: format!(
                        "the proxy {host} is to be spoken to by {}, which cannot be done; name it as http://",
                        proxy.uri().scheme_str().unwrap_or_default()
                    ),
                });
            }
            plain(host.trim_matches(['[', ']']), port).await?
        }
        None => plain(&destination.host, destination.port).await?,
    };
    if !destination.secure {
        return shaken(stream, destination).await;
    }
    if let Some(proxy) = proxy {
        tunnel(&mut stream, proxy, destination).await?;
    }
    let failed = |message: String| Failure {
        kind: FailureKind::Tls,
        message,
    };
    let name = ServerName::try_from(destination.host.clone())
        .map_err(|error| failed(format!("«{}»: {error}", destination.host)))?;
    let stream = TlsConnector::from(tls()?)
        .connect(name, stream)
        .await
        .map_err(|error| match error.get_ref() {
            Some(inner) => match inner.downcast_ref::<rustls::Error>() {
                Some(error) => failed(tls_message(error)),
                None => failed(inner.to_string()),
            },
            None if error.kind() == std::io::ErrorKind::UnexpectedEof => Failure {
                kind: FailureKind::Cut,
                message: "Client network socket disconnected before secure TLS connection was \
                          established"
                    .into(),
            },
            None => {
                let (kind, message) = io_failure(&error, false, &destination.name());
                Failure { kind, message }
            }
        })?;
    shaken(stream, destination).await
}

/// A TCP connection.
async fn plain(host: &str, port: u16) -> Result<TcpStream, Failure> {
    let addresses: Vec<_> = tokio::net::lookup_host((host, port))
        .await
        .map(Iterator::collect)
        .unwrap_or_default();
    let Some(first) = addresses.first() else {
        return Err(Failure {
            kind: FailureKind::Resolve,
            message: format!("getaddrinfo ENOTFOUND {host}"),
        });
    };
    let place = first.to_string();
    let stream = TcpStream::connect(&*addresses).await.map_err(|error| {
        let (kind, message) = io_failure(&error, true, &place);
        Failure { kind, message }
    })?;
    // Small requests wait for nothing. What cannot be set is only slower.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

/// Asks a proxy for the way to `destination` (RFC 9110 §9.3.6).
async fn tunnel(
    stream: &mut TcpStream,
    proxy: &Intercept,
    destination: &Destination,
) -> Result<(), Failure> {
    let failed = |message: String| Failure {
        kind: FailureKind::Connect,
        message,
    };
    let authority = destination.authority();
    let mut request = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n").into_bytes();
    if let Some(credentials) = proxy.basic_auth() {
        request.extend_from_slice(b"Proxy-Authorization: ");
        request.extend_from_slice(credentials.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    let cut = |error: std::io::Error| failed(format!("the proxy broke off: {error}"));
    stream.write_all(&request).await.map_err(cut)?;
    let mut answer = Vec::new();
    // One byte at a time: what follows the answer belongs to the server behind.
    while !answer.ends_with(b"\r\n\r\n") && answer.len() < LONGEST_ANSWER {
        answer.push(stream.read_u8().await.map_err(cut)?);
    }
    let line = String::from_utf8_lossy(&answer);
    let line = line.lines().next().unwrap_or_default();
    let status = line.split(' ').nth(1).unwrap_or_default();
    if status.starts_with('2') {
        Ok(())
    } else {
        Err(failed(format!(
            "tunneling socket could not be established, statusCode={status}"
        )))
    }
}

/// Speaks HTTP/1.1 on a stream.
async fn shaken(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    destination: &Destination,
) -> Result<Connection, Failure> {
    let heads = Heads::default();
    let stream = TokioIo::new(Spelled::new(stream, heads.clone()));
    let (sender, driver) = http1::Builder::new()
        .handshake(stream)
        .await
        .map_err(|error| super::failure::failure(&error, &destination.name(), false))?;
    tokio::spawn(async move {
        // Whoever waits for the answer is told of the same error.
        let _ = driver.await;
    });
    Ok(Connection { sender, heads })
}
