//! Sends a request byte for byte as it is spelled, and a greeting that no library would send.
//!
//! The HTTP library writes header names in lower case and speaks no TLS below 1.2. Whoever wants to
//! know what a server makes of the rest writes it himself. Each request has a connection of its own,
//! and no proxy of the user's is asked.

use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::client::Sent;
use super::failure::io_failure;
use super::tls::{Trust, configuration};
use crate::base::Clock;
use crate::exchange::{Body, Failure, FailureKind, Headers, Outcome, Request, Response, Timing};

/// The largest answer that is read, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// A sender of requests as they are spelled.
#[derive(Clone, Debug)]
pub struct Verbatim {
    clock: Clock,
    trust: Trust,
}

/// What a server made of the greeting of a client that speaks TLS 1.1 at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Greeting {
    /// It went on.
    Accepted,
    /// It broke off.
    Refused,
}

impl Verbatim {
    /// A sender that trusts `trust`.
    #[must_use]
    pub fn new(clock: Clock, trust: Trust) -> Self {
        Self { clock, trust }
    }

    /// Sends `request` and waits for the whole answer, `timeout` at most.
    pub async fn send(&self, request: &Request, timeout: Duration) -> Sent {
        let request_first = self.clock.now();
        let exchanged = tokio::select! {
            exchanged = self.exchange(request) => exchanged,
            () = self.clock.sleep(timeout) => Err(timed_out()),
        };
        let ended = self.clock.now();
        let (outcome, wire_size) = match exchanged {
            Ok(response) => {
                let size = u64::try_from(response.body.len()).unwrap_or(u64::MAX);
                (Outcome::Response(response), size)
            }
            Err(failure) => (Outcome::Failure(failure), 0),
        };
        Sent {
            outcome,
            timing: Timing {
                request_first,
                request_last: request_first,
                response_first: ended,
                response_last: ended,
            },
            wire_size,
        }
    }

    /// Greets the server of `url` as a client that speaks TLS 1.1 at most (RFC 4346 §7.4.1.2).
    ///
    /// # Errors
    /// If it cannot be reached, or says nothing in time.
    pub async fn greet_with_old_tls(
        &self,
        url: &str,
        timeout: Duration,
    ) -> Result<Greeting, Failure> {
        let place = Place::of(url)?;
        let greet = async {
            let mut stream = place.connect().await?;
            let told = stream.write_all(&hello(&place.host)).await;
            let mut heard = [0; 6];
            let answered = match told {
                Ok(()) => stream.read_exact(&mut heard).await.is_ok(),
                Err(_) => false,
            };
            // A record of the handshake protocol that holds a ServerHello.
            Ok(if answered && heard[0] == 22 && heard[5] == 2 {
                Greeting::Accepted
            } else {
                Greeting::Refused
            })
        };
        tokio::select! {
            greeted = greet => greeted,
            () = self.clock.sleep(timeout) => Err(timed_out()),
        }
    }

    async fn exchange(&self, request: &Request) -> Result<Response, Failure> {
        let place = Place::of(&request.url)?;
        let bytes = written(request, &place);
        let stream = place.connect().await?;
        if !place.secure {
            return converse(stream, &bytes, &place.name()).await;
        }
        let tls = |message: String| Failure {
            kind: FailureKind::Tls,
            message,
        };
        let configuration = configuration(&self.trust).map_err(|error| tls(error.to_string()))?;
        let name = ServerName::try_from(place.host.clone())
            .map_err(|error| tls(format!("«{}»: {error}", place.host)))?;
        let stream = TlsConnector::from(Arc::new(configuration))
            .connect(name, stream)
            .await
            .map_err(|error| tls(error.to_string()))?;
        converse(stream, &bytes, &place.name()).await
    }
}

fn timed_out() -> Failure {
    Failure {
        kind: FailureKind::Timeout,
        message: "ESOCKETTIMEDOUT".into(),
    }
}

/// Where a URL leads.
struct Place {
    secure: bool,
    /// Without brackets.
    host: String,
    port: u16,
    /// As it stands in `Host`.
    authority: String,
    /// Path and query.
    path: String,
}

impl Place {
    fn of(url: &str) -> Result<Self, Failure> {
        let wrong = || Failure {
            kind: FailureKind::Address,
            message: format!("Invalid URI \"{url}\""),
        };
        let url = url::Url::parse(url).map_err(|_| wrong())?;
        let host = url.host_str().ok_or_else(wrong)?;
        Ok(Self {
            secure: url.scheme() == "https",
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port_or_known_default().ok_or_else(wrong)?,
            authority: url[url::Position::BeforeHost..url::Position::AfterPort].to_owned(),
            path: url[url::Position::BeforePath..url::Position::AfterQuery].to_owned(),
        })
    }

    fn name(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    async fn connect(&self) -> Result<TcpStream, Failure> {
        TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(|error| {
                let (kind, message) = io_failure(&error, true, &self.name());
                Failure { kind, message }
            })
    }
}

/// The request as it goes on the wire.
fn written(request: &Request, place: &Place) -> Vec<u8> {
    let mut text = format!(
        "{} {} HTTP/1.1\r\nHost: {}\r\n",
        request.method, place.path, place.authority
    );
    for (name, value) in request.headers.iter() {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!(
        "Content-Length: {}\r\nConnection: close\r\n\r\n",
        request.body.len()
    ));
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(request.body.bytes());
    bytes
}

/// Writes the request, and reads until the server closes.
async fn converse(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    request: &[u8],
    place: &str,
) -> Result<Response, Failure> {
    let failed = |error: std::io::Error| {
        let (kind, message) = io_failure(&error, false, place);
        Failure { kind, message }
    };
    stream.write_all(request).await.map_err(failed)?;
    stream.flush().await.map_err(failed)?;
    let mut answer = Vec::new();
    let read = stream.take(LARGEST).read_to_end(&mut answer).await;
    match (understood(&answer), read) {
        (Some(response), _) => Ok(response),
        (None, Err(error)) => Err(failed(error)),
        (None, Ok(_)) if answer.is_empty() => Err(Failure {
            kind: FailureKind::Cut,
            message: "socket hang up".into(),
        }),
        (None, Ok(_)) => Err(Failure {
            kind: FailureKind::Protocol,
            message: "Parse Error: this is no HTTP response".into(),
        }),
    }
}

/// The response that `bytes` are (RFC 9112 §4); none where they are none.
fn understood(bytes: &[u8]) -> Option<Response> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let mut status_line = lines.next()?.splitn(3, ' ');
    status_line
        .next()
        .filter(|version| version.starts_with("HTTP/1."))?;
    let status = status_line.next()?.parse().ok()?;
    let reason = status_line.next().unwrap_or_default().to_owned();
    let headers: Headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect();
    let rest = &bytes[end + 4..];
    let chunked = headers
        .get("transfer-encoding")
        .is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
    let body = if chunked {
        unchunked(rest)
    } else {
        let length = headers.get("content-length");
        let length = length.and_then(|length| length.parse().ok());
        rest[..length.unwrap_or(rest.len()).min(rest.len())].to_vec()
    };
    Some(Response {
        status,
        reason,
        headers,
        body: Body::from(body),
    })
}

/// What the chunks of `rest` hold (RFC 9112 §7.1), as far as they are whole.
fn unchunked(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = std::str::from_utf8(&rest[..end]).unwrap_or_default();
        let size = size.split(';').next().unwrap_or_default().trim();
        let Ok(size) = usize::from_str_radix(size, 16) else {
            break;
        };
        let chunk = rest[end + 2..].get(..size);
        let (Some(chunk), true) = (chunk, size > 0) else {
            break;
        };
        body.extend_from_slice(chunk);
        rest = rest[end + 2 + size..].get(2..).unwrap_or_default();
    }
    body
}

/// Suites of old servers: with elliptic curves and without, AES and 3DES, all with SHA-1.
const SUITES: [u16; 7] = [0xc014, 0xc013, 0xc00a, 0xc009, 0x0035, 0x002f, 0x000a];

/// The groups P-256, P-384 and P-521.
const GROUPS: [u16; 3] = [23, 24, 25];

/// A ClientHello of TLS 1.1 (RFC 4346 §7.4.1.2) that names `host` (RFC 6066 §3) where it is a name.
fn hello(host: &str) -> Vec<u8> {
    let numbers =
        |numbers: &[u16]| -> Vec<u8> { numbers.iter().flat_map(|it| it.to_be_bytes()).collect() };
    let mut extensions = Vec::new();
    if host.parse::<std::net::IpAddr>().is_err() {
        let name = [vec![0], sized(host.as_bytes())].concat();
        extensions.extend(extension(0, &sized(&name)));
    }
    extensions.extend(extension(10, &sized(&numbers(&GROUPS))));
    // Points are written uncompressed.
    extensions.extend(extension(11, &[1, 0]));
    let mut body = vec![3, 2];
    // Nothing is ever encrypted, so nothing has to be random.
    body.extend([0x5a; 32]);
    body.push(0);
    body.extend(sized(&numbers(&SUITES)));
    body.extend([1, 0]);
    body.extend(sized(&extensions));
    let mut handshake = vec![1, 0];
    handshake.extend(sized(&body));
    // The first record of a connection names the oldest version that is known.
    [vec![22, 3, 1], sized(&handshake)].concat()
}

fn extension(kind: u16, content: &[u8]) -> Vec<u8> {
    [kind.to_be_bytes().to_vec(), sized(content)].concat()
}

/// `content` behind its length in two bytes.
fn sized(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes(), content].concat()
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// A server that takes one connection, answers with `answer` and gives back what it heard.
    async fn server(answer: &'static [u8]) -> (String, tokio::task::JoinHandle<Vec<u8>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/n?x=1", listener.local_addr().unwrap());
        let task = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut heard = vec![0; 4096];
            let length = socket.read(&mut heard).await.unwrap();
            heard.truncate(length);
            socket.write_all(answer).await.unwrap();
            heard
        });
        (url, task)
    }

    fn verbatim() -> Verbatim {
        Verbatim::new(Clock::system(), Trust::default())
    }

    #[tokio::test]
    async fn names_of_headers_are_sent_as_they_are_spelled() {
        let (url, task) = server(
            b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        )
        .await;
        let request = Request {
            method: "POST".into(),
            url,
            headers: Headers::from_iter([("X-nOtIfY", "1")]),
            body: Body::from("{}".to_owned()),
        };
        let sent = verbatim().send(&request, Duration::from_secs(5)).await;
        let Outcome::Response(response) = sent.outcome else {
            panic!("no response")
        };
        assert_eq!((response.status, response.body.text()), (201, Some("ok")));
        assert_eq!(response.headers.get("x-a"), Some("1"));
        let heard = String::from_utf8(task.await.unwrap()).unwrap();
        assert!(heard.starts_with("POST /n?x=1 HTTP/1.1\r\n"), "{heard}");
        assert!(heard.contains("\r\nX-nOtIfY: 1\r\n"), "{heard}");
        assert!(heard.ends_with("\r\n\r\n{}"), "{heard}");
    }

    #[tokio::test]
    async fn a_server_goes_on_with_old_tls_or_does_not() {
        let limit = Duration::from_secs(5);
        for (answer, expected) in [
            (&b"\x16\x03\x02\x00\x2a\x02\x00\x00"[..], Greeting::Accepted),
            (&b"\x15\x03\x01\x00\x02\x02\x46"[..], Greeting::Refused),
            (&b""[..], Greeting::Refused),
        ] {
            let (url, task) = server(answer).await;
            let greeting = verbatim().greet_with_old_tls(&url, limit).await.unwrap();
            assert_eq!(greeting, expected, "{answer:?}");
            let heard = task.await.unwrap();
            assert_eq!(heard[..3], [22, 3, 1]);
            assert_eq!(
                usize::from(heard[3]) * 256 + usize::from(heard[4]) + 5,
                heard.len()
            );
            assert_eq!(heard[9..11], [3, 2], "TLS 1.1");
        }
    }

    #[test]
    fn what_is_no_answer_is_told_from_one() {
        assert!(understood(b"\x15\x03\x01\x00\x02\x02\x46").is_none());
        assert!(understood(b"HTTP/2 200\r\n\r\n").is_none());
        let response = understood(b"HTTP/1.1 401 \r\nContent-Length: 1\r\n\r\nno").unwrap();
        assert_eq!((response.status, response.body.text()), (401, Some("n")));
    }
}
