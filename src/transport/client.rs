//! Sends one request.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::content::decoded;
use super::failure::failure;
use super::target::{Route, TargetMap};
use super::tls::{CertificateError, Trust, configuration};
use crate::base::{Clock, Timestamp};
use crate::exchange::{Failure, FailureKind, Headers, Outcome, Request, Response, Timing};

/// Methods that say nothing of the length of a body that they do not have; any other says that it
/// is 0 (newman; RFC 9110 §8.6).
const WITHOUT_LENGTH: [&str; 6] = ["GET", "HEAD", "TRACE", "DELETE", "CONNECT", "OPTIONS"];

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
    /// Without TLS: most cold starts speak to a mock, and reading the system's certificates is
    /// the dearest part of a start.
    plain: OnceLock<reqwest::Client>,
    /// To the embedded mock: never by way of a proxy.
    embedded: OnceLock<reqwest::Client>,
    secure: OnceLock<reqwest::Client>,
    tls: Mutex<Option<rustls::ClientConfig>>,
}

impl Client {
    /// A client that sends to where `map` says.
    #[must_use]
    pub fn new(clock: Clock, map: TargetMap, options: ClientOptions) -> Self {
        Self {
            clock,
            map,
            options,
            plain: OnceLock::new(),
            embedded: OnceLock::new(),
            secure: OnceLock::new(),
            tls: Mutex::new(None),
        }
    }

    /// Reads the certificates now rather than at the first https request, to tell the user about
    /// unusable ones before anything is sent.
    pub fn check_certificates(&self) -> Result<(), CertificateError> {
        let tls = configuration(&self.options.trust)?;
        *self.tls.lock().unwrap_or_else(PoisonError::into_inner) = Some(tls);
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
        let (outcome, response_first, wire_size) = match self.exchange(request, timeout).await {
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

    async fn exchange(
        &self,
        request: &Request,
        timeout: Option<Duration>,
    ) -> Result<Received, Failure> {
        let url = url::Url::parse(&request.url).map_err(|error| Failure {
            kind: FailureKind::Address,
            message: format!("Invalid URI \"{}\": {error}", request.url),
        })?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Failure {
                kind: FailureKind::Address,
                message: format!("the scheme «{}:» is neither http nor https", url.scheme()),
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
        let way = match (&route, url.scheme()) {
            (Route::Mock(_), _) => Way::Embedded,
            (Route::Origin(origin), _) if origin.starts_with("https:") => Way::Secure,
            (Route::Direct, "https") => Way::Secure,
            (Route::Origin(_) | Route::Direct, _) => Way::Plain,
        };
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
        let place = format!(
            "{}:{}",
            target.host_str().unwrap_or_default(),
            target.port_or_known_default().unwrap_or_default()
        );
        let mut headers = header_map(&request.headers, &host)?;
        if request.body.is_empty() && !WITHOUT_LENGTH.contains(&request.method.as_str()) {
            headers
                .entry(reqwest::header::CONTENT_LENGTH)
                .or_insert(HeaderValue::from_static("0"));
        }
        let method =
            reqwest::Method::from_bytes(request.method.as_bytes()).map_err(|_| Failure {
                kind: FailureKind::Address,
                message: format!("«{}» is not a method", request.method),
            })?;
        let client = self.client(way)?;
        let mut builder = client.request(method, target).headers(headers);
        if !request.body.is_empty() {
            builder = builder.body(request.body.bytes().clone());
        }
        if let Some(timeout) = timeout {
            builder = builder.timeout(timeout);
        }
        let response = builder
            .send()
            .await
            .map_err(|error| failure(&error, &place))?;
        let first_byte = self.clock.now();
        let status = response.status();
        let headers: Headers = response
            .headers()
            .iter()
            .map(|(name, value)| {
                (
                    name.as_str(),
                    String::from_utf8_lossy(value.as_bytes()).into_owned(),
                )
            })
            .collect();
        let bytes = response
            .bytes()
            .await
            .map_err(|error| failure(&error, &place))?;
        let wire_size = bytes.len() as u64;
        let body = decoded(&headers, bytes)?.into();
        let reason = status.canonical_reason().unwrap_or_default().to_owned();
        let response = Response {
            status: status.as_u16(),
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

    fn client(&self, way: Way) -> Result<reqwest::Client, Failure> {
        let cell = match way {
            Way::Plain => &self.plain,
            Way::Embedded => &self.embedded,
            Way::Secure => &self.secure,
        };
        if let Some(client) = cell.get() {
            return Ok(client.clone());
        }
        let tls = |error: &dyn std::error::Error| Failure {
            kind: FailureKind::Tls,
            message: error.to_string(),
        };
        let configuration = if way == Way::Secure {
            let prepared = self
                .tls
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            match prepared {
                Some(prepared) => prepared,
                None => configuration(&self.options.trust).map_err(|error| tls(&error))?,
            }
        } else {
            nobody().map_err(|error| tls(&error))?
        };
        let builder = match way {
            Way::Embedded => reqwest::Client::builder().no_proxy(),
            Way::Plain | Way::Secure => reqwest::Client::builder(),
        };
        let client = builder
            .tls_backend_preconfigured(configuration)
            .redirect(reqwest::redirect::Policy::none())
            .http1_only()
            .pool_idle_timeout(Duration::from_secs(30))
            .build()
            .map_err(|error| tls(&error))?;
        Ok(cell.get_or_init(|| client).clone())
    }
}

/// How a request travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Without TLS.
    Plain,
    /// Without TLS, to the embedded mock in this process.
    Embedded,
    /// With TLS.
    Secure,
}

struct Received {
    response: Response,
    first_byte: Timestamp,
    wire_size: u64,
}

/// A TLS configuration that trusts nobody, for the client that never speaks TLS.
fn nobody() -> Result<rustls::ClientConfig, CertificateError> {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    Ok(rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(CertificateError::Setup)?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth())
}

/// `url` at another origin.
fn moved(url: &url::Url, origin: &str) -> Result<url::Url, Failure> {
    let rest = &url[url::Position::BeforePath..];
    url::Url::parse(&format!("{origin}{rest}")).map_err(|error| Failure {
        kind: FailureKind::Address,
        message: format!("the mapped address {origin} cannot be used: {error}"),
    })
}

fn header_map(headers: &Headers, host: &str) -> Result<HeaderMap, Failure> {
    let mut map = HeaderMap::with_capacity(headers.len() + 1);
    for (name, value) in headers.iter() {
        let invalid = |what: &str| Failure {
            kind: FailureKind::Protocol,
            message: format!("Invalid {what} in header [\"{name}\"]"),
        };
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| invalid("character in header name"))?;
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| invalid("character"))?;
        map.append(name, value);
    }
    if !map.contains_key(reqwest::header::HOST) {
        let host = HeaderValue::from_str(host).map_err(|_| Failure {
            kind: FailureKind::Address,
            message: format!("«{host}» cannot be a host"),
        })?;
        map.insert(reqwest::header::HOST, host);
    }
    Ok(map)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

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
    async fn a_body_that_is_missing_is_told_where_one_is_usual() {
        let clock = Clock::system();
        for (method, told) in [
            ("POST", true),
            ("PATCH", true),
            ("COPY", true),
            ("MADE-UP", true),
            ("GET", false),
            ("DELETE", false),
        ] {
            let (url, task) = server(Some(b"HTTP/1.1 204 No Content\r\n\r\n")).await;
            let request = Request {
                method: method.into(),
                ..get(&url)
            };
            client(TargetMap::direct(), &clock).send(&request).await;
            let seen = String::from_utf8(task.await.unwrap()).unwrap();
            assert_eq!(seen.contains("content-length: 0\r\n"), told, "{seen}");
        }
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
                "neither http nor https".into(),
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
        assert!(seen.contains("host: api.mock.invalid"), "{seen}");
    }
}
