//! Sends one request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::proxy::matcher::Matcher;

use super::connection::{Connection, Connections, Destination, connected, proxy_for};
use super::content::decoded;
use super::failure::failure;
use super::head::{self, Form};
use super::target::{Route, TargetMap};
use super::tls::{CertificateError, Trust, configuration_as};
use crate::base::{Clock, Timestamp};
use crate::exchange::{Failure, FailureKind, Outcome, Request, Response, Timing};

/// How requests are sent.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// Whom we trust.
    pub trust: Trust,
    /// How long an exchange may take by the machine's time; `None` for as long as it takes.
    pub timeout: Option<Duration>,
}

/// What became of a request that was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The response or the failure.
    pub outcome: Outcome,
    /// When.
    pub timing: Timing,
    /// The bytes of the response's body on the wire, before `Content-Encoding` was undone.
    pub wire_size: u64,
}

/// Sends requests. One client serves a whole run: connections are kept.
pub struct Client {
    clock: Clock,
    map: TargetMap,
    options: ClientOptions,
    connections: Connections,
    /// Reading the user's proxies and the system's certificates is the dearest part of a start, and
    /// most cold starts speak to a mock.
    proxies: OnceLock<Matcher>,
    /// By the certificate that is shown: 0 is none.
    tls: Mutex<HashMap<usize, Arc<rustls::ClientConfig>>>,
}

impl Client {
    /// A client that sends to where `map` says.
    #[must_use]
    pub fn new(clock: Clock, map: TargetMap, options: ClientOptions) -> Self {
        Self {
            clock,
            map,
            options,
            connections: Connections::default(),
            proxies: OnceLock::new(),
            tls: Mutex::default(),
        }
    }

    /// Reads the certificates now rather than at the first https request, to tell the user about
    /// unusable ones before anything is sent.
    pub fn check_certificates(&self) -> Result<(), CertificateError> {
        for identity in 0..=self.options.trust.identities.len() {
            self.configuration(identity)?;
        }
        Ok(())
    }

    /// The routes of the run.
    #[must_use]
    pub fn map(&self) -> &TargetMap {
        &self.map
    }

    /// Sends `request` and waits for the whole response.
    pub async fn send(&self, request: &Request) -> Sent {
        self.send_within(request, self.options.timeout).await
    }

    /// Sends `request`; the exchange may take `timeout` by the machine's time.
    pub async fn send_within(&self, request: &Request, timeout: Option<Duration>) -> Sent {
        let request_first = self.clock.now();
        let (outcome, response_first, wire_size) =
            match within(timeout, self.exchange(request)).await {
                Ok(received) => (
                    Outcome::Response(received.response),
                    received.first_byte,
                    received.wire_size,
                ),
                Err(failure) => (Outcome::Failure(failure), self.clock.now(), 0),
            };
        let response_last = self.clock.now();
        // The HTTP library does not tell when the last byte of a request left.
        let request_last = request_first;
        let timing = Timing {
            request_first,
            request_last,
            response_first,
            response_last,
        };
        Sent {
            outcome,
            timing,
            wire_size,
        }
    }

    async fn exchange(&self, request: &Request) -> Result<Received, Failure> {
        let url = url::Url::parse(&request.url).map_err(|error| Failure {
            kind: FailureKind::Address,
            message: format!("Invalid URI \"{}\": {error}", request.url),
        })?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Failure {
                kind: FailureKind::Address,
                message: format!(
                    "Invalid protocol: {}: (only http and https are spoken)",
                    url.scheme()
                ),
            });
        }
        let host = url.host_str().unwrap_or_default();
        if host.contains("{{") {
            return Err(Failure {
                kind: FailureKind::Address,
                message: format!("getaddrinfo ENOTFOUND {host}: the variable has no value"),
            });
        }
        let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
        let route = self.map.route(&url)?;
        let is_embedded = matches!(route, Route::Mock(_));
        let (target, host) = match route {
            Route::Direct => (url.clone(), authority.to_owned()),
            Route::Mock(address) => (
                moved(&url, &format!("http://{address}"))?,
                authority.to_owned(),
            ),
            Route::Origin(origin) => {
                let target = moved(&url, &origin)?;
                let host = target[url::Position::BeforeHost..url::Position::AfterPort].to_owned();
                (target, host)
            }
        };
        let destination = Destination {
            secure: target.scheme() == "https",
            host: target
                .host_str()
                .unwrap_or_default()
                .trim_matches(['[', ']'])
                .to_owned(),
            port: target.port_or_known_default().unwrap_or_default(),
            identity: self.identity(&target),
        };
        let proxy = if is_embedded {
            None
        } else {
            let proxies = self.proxies.get_or_init(Matcher::from_system);
            proxy_for(proxies, &destination)
        };
        let form = match &proxy {
            Some(_) if !destination.secure => Form::Absolute,
            Some(_) | None => Form::Origin,
        };
        let mut head = head::written(request, &url, &host, form)?;
        if let Some(credentials) = proxy.as_ref().and_then(|proxy| proxy.basic_auth())
            && form == Form::Absolute
        {
            head.truncate(head.len() - 2);
            head.extend_from_slice(b"Proxy-Authorization: ");
            head.extend_from_slice(credentials.as_bytes());
            head.extend_from_slice(b"\r\n\r\n");
        }
        let mut message = message(request)?;
        if let Some(connection) = self.connections.kept(&destination) {
            match self
                .converse(connection, &destination, head.clone(), message)
                .await
            {
                Ok(received) => return Ok(received),
                // The server closed the connection before it was told anything.
                Err(Unanswered::Unsent(unsent)) => message = *unsent,
                Err(Unanswered::Failed(failure)) => return Err(failure),
            }
        }
        let connection = connected(&destination, proxy.as_ref(), || {
            self.configuration(destination.identity)
                .map_err(|error| Failure {
                    kind: FailureKind::Tls,
                    message: error.to_string(),
                })
        })
        .await?;
        match self.converse(connection, &destination, head, message).await {
            Ok(received) => Ok(received),
            Err(Unanswered::Failed(failure)) => Err(failure),
            Err(Unanswered::Unsent(_)) => Err(Failure {
                kind: FailureKind::Cut,
                message: "socket hang up".into(),
            }),
        }
    }

    /// Sends a message on a connection and reads the answer to its end.
    async fn converse(
        &self,
        mut connection: Connection,
        destination: &Destination,
        head: Vec<u8>,
        message: http::Request<Full<Bytes>>,
    ) -> Result<Received, Unanswered> {
        connection.heads.tell(head);
        let place = destination.name();
        let failed = |error: &hyper::Error, connection: &Connection| {
            let answered = connection.heads.is_answered();
            Unanswered::Failed(failure(error, &place, answered))
        };
        let answer = match connection.sender.try_send_request(message).await {
            Ok(answer) => answer,
            Err(mut error) => {
                return Err(match error.take_message() {
                    Some(message) => Unanswered::Unsent(Box::new(message)),
                    None => failed(error.error(), &connection),
                });
            }
        };
        let first_byte = self.clock.now();
        let status = answer.status().as_u16();
        let (reason, headers) = head::read(&connection.heads.heard());
        let collected = answer.into_body().collect().await;
        let bytes = collected
            .map_err(|error| Unanswered::Failed(failure(&error, &place, true)))?
            .to_bytes();
        self.connections.keep(destination.clone(), connection);
        let wire_size = bytes.len() as u64;
        let body = decoded(&headers, bytes).map_err(Unanswered::Failed)?.into();
        let response = Response {
            status,
            reason,
            headers,
            body,
        };
        Ok(Received {
            response,
            first_byte,
            wire_size,
        })
    }

    /// Which certificate is shown to the server of `url`.
    fn identity(&self, url: &url::Url) -> usize {
        let identities = &self.options.trust.identities;
        let fitting = identities.iter().position(|identity| identity.fits(url));
        fitting.map_or(0, |place| place + 1)
    }

    /// The TLS configuration that shows this certificate, made when it is first needed.
    fn configuration(
        &self,
        identity: usize,
    ) -> Result<Arc<rustls::ClientConfig>, CertificateError> {
        let mut tls = self.tls.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tls) = tls.get(&identity) {
            return Ok(Arc::clone(tls));
        }
        let trust = &self.options.trust;
        let shown = identity
            .checked_sub(1)
            .and_then(|place| trust.identities.get(place));
        let made = Arc::new(configuration_as(trust, shown)?);
        tls.insert(identity, Arc::clone(&made));
        Ok(made)
    }
}

/// Why there is no answer.
enum Unanswered {
    /// Nothing was sent: the message can go by another connection.
    Unsent(Box<http::Request<Full<Bytes>>>),
    /// It went wrong.
    Failed(Failure),
}

struct Received {
    response: Response,
    first_byte: Timestamp,
    wire_size: u64,
}

/// What comes of `work`, which may take `limit` by the machine's time.
async fn within<T>(
    limit: Option<Duration>,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let Some(limit) = limit else {
        return work.await;
    };
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| {
        Err(Failure {
            kind: FailureKind::Timeout,
            message: "ESOCKETTIMEDOUT".into(),
        })
    })
}

/// The message as the library needs it: it frames the body and knows which answers have none. Its
/// head is not what is sent.
fn message(request: &Request) -> Result<http::Request<Full<Bytes>>, Failure> {
    http::Request::builder()
        .method(request.method.as_bytes())
        .uri("/")
        .body(Full::new(head::framed(request)))
        .map_err(|_| Failure {
            kind: FailureKind::Address,
            message: format!("Method must be a valid HTTP token [\"{}\"]", request.method),
        })
}

/// `url` at another origin.
fn moved(url: &url::Url, origin: &str) -> Result<url::Url, Failure> {
    let rest = &url[url::Position::BeforePath..];
    url::Url::parse(&format!("{origin}{rest}")).map_err(|error| Failure {
        kind: FailureKind::Address,
        message: format!("the mapped address {origin} cannot be used: {error}"),
    })
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;
    use crate::exchange::Headers;

    fn client(map: TargetMap, clock: &Clock) -> Client {
        let options = ClientOptions {
            trust: Trust::default(),
            timeout: None,
        };
        Client::new(clock.clone(), map, options)
    }

    fn get(url: &str) -> Request {
        Request {
            method: "GET".into(),
            url: url.into(),
            headers: Headers::new(),
            body: crate::exchange::Body::default(),
        }
    }

    /// A server that answers one connection with `answer` and then closes it, or, where there is
    /// no answer, keeps it open until the client goes.
    async fn server(answer: Option<&'static [u8]>) -> (String, tokio::task::JoinHandle<Vec<u8>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/x?y=1", listener.local_addr().unwrap());
        let task = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut seen = vec![0; 4096];
            let length = socket.read(&mut seen).await.unwrap();
            seen.truncate(length);
            match answer {
                Some(answer) => socket.write_all(answer).await.unwrap(),
                None => {
                    while socket
                        .read(&mut [0; 64])
                        .await
                        .is_ok_and(|length| length > 0)
                    {}
                }
            }
            seen
        });
        (url, task)
    }

    async fn kind_of(
        answer: Option<&'static [u8]>,
        timeout: Option<Duration>,
    ) -> (FailureKind, String) {
        let (url, _task) = server(answer).await;
        let clock = Clock::system();
        match client(TargetMap::direct(), &clock)
            .send_within(&get(&url), timeout)
            .await
            .outcome
        {
            Outcome::Failure(failure) => (failure.kind, failure.message),
            Outcome::Response(response) => panic!("answered {}", response.status),
        }
    }

    #[tokio::test]
    async fn an_answer_comes_back_with_headers_body_and_size() {
        let (url, task) = server(Some(
            b"HTTP/1.1 201 Created\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 2\r\n\r\nok",
        ))
        .await;
        let clock = Clock::system();
        let sent = client(TargetMap::direct(), &clock).send(&get(&url)).await;
        let Outcome::Response(response) = sent.outcome else {
            panic!("no response")
        };
        assert_eq!(
            (response.status, response.reason.as_str()),
            (201, "Created")
        );
        assert_eq!(response.headers.all("X-A").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!((response.body.text(), sent.wire_size), (Some("ok"), 2));
        let seen = String::from_utf8(task.await.unwrap()).unwrap();
        assert!(seen.starts_with("GET /x?y=1 HTTP/1.1\r\n"), "{seen}");
    }

    #[tokio::test]
    async fn failures_are_told_apart() {
        let cut = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok";
        assert_eq!(kind_of(Some(cut), None).await.0, FailureKind::Cut);
        assert_eq!(kind_of(Some(b""), None).await.0, FailureKind::Cut);
        assert_eq!(
            kind_of(Some(b"nonsense\r\n\r\n"), None).await.0,
            FailureKind::Protocol
        );
        let limit = Some(Duration::from_millis(50));
        assert_eq!(
            kind_of(None, limit).await,
            (FailureKind::Timeout, "ESOCKETTIMEDOUT".into())
        );
    }

    #[tokio::test]
    async fn addresses_that_do_not_answer_are_named() {
        let closed = {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            listener.local_addr().unwrap()
        };
        let table = [
            (
                format!("http://{closed}/"),
                FailureKind::Connect,
                format!("connect ECONNREFUSED {closed}"),
            ),
            (
                "http://{{host}}/".into(),
                FailureKind::Address,
                "ENOTFOUND {{host}}: the variable has no value".into(),
            ),
            (
                "ftp://h/".into(),
                FailureKind::Address,
                "Invalid protocol: ftp:".into(),
            ),
        ];
        let clock = Clock::system();
        for (url, kind, message) in table {
            match client(TargetMap::direct(), &clock)
                .send(&get(&url))
                .await
                .outcome
            {
                Outcome::Failure(failure) => {
                    assert_eq!(failure.kind, kind, "{failure}");
                    assert!(failure.message.contains(&message), "{failure}");
                }
                Outcome::Response(_) => panic!("{url} answered"),
            }
        }
    }

    #[tokio::test]
    async fn a_mapped_host_keeps_its_name() {
        let (url, task) = server(Some(b"HTTP/1.1 204 No Content\r\n\r\n")).await;
        let mut map = TargetMap::closed();
        let address = url::Url::parse(&url)
            .unwrap()
            .socket_addrs(|| None)
            .unwrap()[0];
        map.add("https://api.mock.invalid", Route::Mock(address))
            .unwrap();
        let clock = Clock::logical(Clock::logical_start());
        let sent = client(map, &clock)
            .send(&get("https://api.mock.invalid/z"))
            .await;
        assert!(
            matches!(sent.outcome, Outcome::Response(_)),
            "{:?}",
            sent.outcome
        );
        let seen = String::from_utf8(task.await.unwrap()).unwrap();
        assert!(seen.contains("Host: api.mock.invalid"), "{seen}");
    }
}
