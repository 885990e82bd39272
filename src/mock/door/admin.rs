//! An interface for whoever runs the mock, beside the one that it plays.
//!
//! JSON over HTTP on a loopback port, under `/_preflight/`. A web page that somebody happens to
//! have open can send requests to loopback ports too: a request whose `Host` is not this machine
//! (DNS rebinding) or that says that it comes from another site (`Origin`) is refused.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Arrival, Attendant, DoorError, DoorLimits, DoorOptions, HyperDoor};
use crate::base::Clock;
use crate::exchange::{Body, Connection, Exchange, Request, Response};
use crate::mock::answer::{self, empty};
use crate::mock::{Answer, Delivery, Reply};

/// Where the interface is.
const BASE: &str = "/_preflight/";

/// Who answers at the interface.
pub trait Administrator: Send + Sync + 'static {
    /// What there is to ask.
    fn services(&self) -> &'static [AdminService];

    /// Does what `call` asks. It may wait for files and locks.
    ///
    /// # Errors
    /// If it cannot be done, and why.
    fn serve(&self, call: &AdminCall) -> Result<AdminAnswer, AdminRefusal>;
}

/// Something that can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdminService {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// What follows `/_preflight/` in its path.
    pub path: &'static str,
    /// What it does, in a sentence.
    pub purpose: &'static str,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct AdminCall {
    /// Which service.
    pub service: AdminService,
    /// The query, as sent.
    pub query: Option<String>,
    /// The body; null where there is none.
    pub body: Value,
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdminAnswer {
    /// A JSON document.
    Document(Value),
    /// Lines of JSON, each ending in a newline.
    Lines(Vec<u8>),
}

/// Why nothing is done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct AdminRefusal {
    /// 400 to 599.
    pub status: u16,
    /// The reason, and what to do instead.
    pub reason: String,
}

impl AdminRefusal {
    /// A refusal with `status` for `reason`.
    #[must_use]
    pub fn new(status: u16, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self { status, reason }
    }
}

/// An administrator at a loopback socket. It closes at once when dropped.
#[derive(Debug)]
pub struct AdminDoor {
    door: HyperDoor,
}

impl AdminDoor {
    /// Lets `administrator` answer at `address`, whose port may be 0 for a free one. To be called
    /// inside a runtime.
    ///
    /// # Errors
    /// If the address is in use, or is not one of the loopback interface.
    pub fn open(
        administrator: Arc<impl Administrator>,
        address: SocketAddr,
    ) -> Result<Self, DoorError> {
        if !address.ip().is_loopback() {
            return Err(DoorError::new(
                format!("{address} can be reached from other machines"),
                std::io::ErrorKind::PermissionDenied.into(),
            ));
        }
        let options = DoorOptions {
            address,
            tls: None,
            limits: DoorLimits {
                connections: 64,
                ..DoorLimits::default()
            },
        };
        let desk = Arc::new(Desk(administrator));
        HyperDoor::open(desk, Clock::system(), options).map(|door| Self { door })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.door.address()
    }

    /// Its address, to print: `http://127.0.0.1:4711/_preflight/`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}{BASE}", self.door.origin())
    }

    /// Closes it; what is in flight may end within `grace`.
    pub async fn stop(self, grace: Duration) {
        self.door.stop(grace).await;
    }
}

/// The administrator as an attendant.
struct Desk<A>(Arc<A>);

impl<A: Administrator> Attendant for Desk<A> {
    fn answer(&self, _arrival: &Arrival, request: &Request) -> impl Future<Output = Reply> + Send {
        let administrator = Arc::clone(&self.0);
        let request = request.clone();
        async move {
            let served = tokio::task::spawn_blocking(move || respond(&*administrator, &request));
            let response = served.await.unwrap_or_else(|_panicked| {
                refuse(&AdminRefusal::new(500, "preflight failed; it has said why"))
            });
            Reply::Answer(Answer {
                response,
                latency: Duration::ZERO,
                delay: Duration::ZERO,
                delivery: Delivery::Whole,
            })
        }
    }

    // What is done here is no part of what is observed.
    fn done(&self, _exchange: Exchange) {}

    fn disturbed(&self, _connection: &Connection, _reason: &str) {}
}

fn respond(administrator: &impl Administrator, request: &Request) -> Response {
    let call = match read(administrator.services(), request) {
        Ok(Asked::Service(call)) => call,
        Ok(Asked::Index) => return answer::json(200, &index(administrator.services())),
        Err(response) => return *response,
    };
    match administrator.serve(&call) {
        Ok(AdminAnswer::Document(document)) => answer::json(200, &document),
        Ok(AdminAnswer::Lines(lines)) => {
            let mut response = empty(200);
            response
                .headers
                .push("content-type", "application/x-ndjson; charset=utf-8");
            response.body = Body::from(lines);
            response
        }
        Err(refusal) => refuse(&refusal),
    }
}

enum Asked {
    Index,
    Service(AdminCall),
}

/// What `request` asks, if it may.
fn read(services: &[AdminService], request: &Request) -> Result<Asked, Box<Response>> {
    let refused = |status, reason: &str| Box::new(refuse(&AdminRefusal::new(status, reason)));
    let authority = request
        .origin()
        .split_once("://")
        .map_or("", |parts| parts.1);
    if !is_this_machine(authority) {
        return Err(refused(
            403,
            "use localhost or a loopback address as the host",
        ));
    }
    let from_elsewhere = request.headers.all("origin").any(|origin| {
        !origin
            .split_once("://")
            .is_some_and(|(_, host)| is_this_machine(host))
    });
    if from_elsewhere {
        return Err(refused(403, "requests of other sites are refused"));
    }
    let Some(path) = request.path().strip_prefix(BASE) else {
        return Err(refused(404, "there is nothing here; see /_preflight/"));
    };
    if path.is_empty() && request.method == "GET" {
        return Ok(Asked::Index);
    }
    let methods: Vec<_> = services
        .iter()
        .filter(|service| service.path == path)
        .map(|service| service.method)
        .chain(path.is_empty().then_some("GET"))
        .collect();
    let service = services
        .iter()
        .find(|service| service.path == path && service.method == request.method);
    let Some(service) = service else {
        if methods.is_empty() {
            return Err(refused(404, "there is nothing here; see /_preflight/"));
        }
        let allowed = methods.join(", ");
        let mut response = refused(405, &format!("the method here is {allowed}"));
        response.headers.push("allow", allowed);
        return Err(response);
    };
    let body = if request.body.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(request.body.bytes())
            .map_err(|error| refused(400, &format!("the body is not JSON: {error}")))?
    };
    Ok(Asked::Service(AdminCall {
        service: *service,
        query: request.query().map(str::to_owned),
        body,
    }))
}

/// Whether `authority`, a host with or without a port, is the loopback interface.
fn is_this_machine(authority: &str) -> bool {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let host = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn index(services: &[AdminService]) -> Value {
    let services: Vec<_> = services
        .iter()
        .map(|service| {
            json!({
                "method": service.method,
                "path": format!("{BASE}{}", service.path),
                "purpose": service.purpose,
            })
        })
        .collect();
    json!({ "services": services })
}

fn refuse(refusal: &AdminRefusal) -> Response {
    let document = json!({"error": {"reason": refusal.reason}});
    answer::json(refusal.status, &document)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::Headers;

    struct Echo;

    const SERVICES: &[AdminService] = &[
        AdminService {
            method: "GET",
            path: "lines",
            purpose: "Gives two lines.",
        },
        AdminService {
            method: "POST",
            path: "echo",
            purpose: "Says it again.",
        },
    ];

    impl Administrator for Echo {
        fn services(&self) -> &'static [AdminService] {
            SERVICES
        }

        fn serve(&self, call: &AdminCall) -> Result<AdminAnswer, AdminRefusal> {
            match (call.service.path, &call.body) {
                ("lines", _) => Ok(AdminAnswer::Lines(b"1\n2\n".to_vec())),
                (_, Value::Null) => Err(AdminRefusal::new(422, "say something")),
                (_, body) => Ok(AdminAnswer::Document(json!([call.query, body]))),
            }
        }
    }

    fn ask(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let host = headers
            .iter()
            .find(|(name, _)| *name == "host")
            .map_or("localhost:1", |(_, value)| value);
        let request = Request {
            method: method.into(),
            url: format!("http://{host}{path}"),
            headers: headers.iter().copied().collect::<Headers>(),
            body: Body::from(body.to_owned()),
        };
        respond(&Echo, &request)
    }

    #[test]
    fn what_cannot_be_served_is_refused_with_a_reason() {
        // method, path, header, body, status, reason
        let table = [
            (
                "GET",
                "/",
                ("", ""),
                "",
                404,
                "there is nothing here; see /_preflight/",
            ),
            (
                "GET",
                "/_preflight/no",
                ("", ""),
                "",
                404,
                "there is nothing here; see /_preflight/",
            ),
            (
                "POST",
                "/_preflight/",
                ("", ""),
                "",
                405,
                "the method here is GET",
            ),
            (
                "GET",
                "/_preflight/echo",
                ("", ""),
                "",
                405,
                "the method here is POST",
            ),
            (
                "POST",
                "/_preflight/echo",
                ("", ""),
                "",
                422,
                "say something",
            ),
            (
                "POST",
                "/_preflight/echo",
                ("", ""),
                "{",
                400,
                "the body is not JSON: EOF while parsing an object at line 1 column 1",
            ),
            (
                "GET",
                "/_preflight/",
                ("host", "evil.invalid"),
                "",
                403,
                "use localhost or a loopback address as the host",
            ),
            (
                "GET",
                "/_preflight/",
                ("host", "127.0.0.1.evil.invalid:80"),
                "",
                403,
                "use localhost or a loopback address as the host",
            ),
            (
                "GET",
                "/_preflight/",
                ("origin", "https://evil.invalid"),
                "",
                403,
                "requests of other sites are refused",
            ),
            (
                "GET",
                "/_preflight/",
                ("origin", "null"),
                "",
                403,
                "requests of other sites are refused",
            ),
        ];
        for (method, path, header, body, status, reason) in table {
            let response = ask(method, path, &[header], body);
            assert_eq!(response.status, status, "{method} {path} {header:?}");
            assert_eq!(
                response.body.json().unwrap(),
                json!({"error": {"reason": reason}})
            );
        }
        let response = ask("GET", "/_preflight/echo", &[], "");
        assert_eq!(response.headers.get("allow"), Some("POST"));
    }

    #[test]
    fn this_machine_has_many_names() {
        for host in [
            "localhost",
            "LOCALHOST:80",
            "127.0.0.1",
            "127.1.2.3:80",
            "[::1]",
            "[::1]:80",
        ] {
            let response = ask("GET", "/_preflight/", &[("host", host)], "");
            assert_eq!(response.status, 200, "{host}");
        }
        let own = ("origin", "http://localhost:3000");
        assert_eq!(ask("GET", "/_preflight/", &[own], "").status, 200);
    }

    #[tokio::test]
    async fn services_are_listed_and_served_over_a_socket() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let door = AdminDoor::open(Arc::new(Echo), "127.0.0.1:0".parse().unwrap()).unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let get = async |path: &str| {
            let url = format!("{}{path}", door.url());
            let response = client.get(url).send().await.unwrap();
            let media_type = response.headers()["content-type"]
                .to_str()
                .unwrap()
                .to_owned();
            (media_type, response.text().await.unwrap())
        };
        let (media_type, text) = get("").await;
        assert_eq!(media_type, "application/json; charset=utf-8");
        let index: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(index["services"][1]["path"], "/_preflight/echo");
        let (media_type, text) = get("lines").await;
        assert_eq!(media_type, "application/x-ndjson; charset=utf-8");
        assert_eq!(text, "1\n2\n");
        let echo = client
            .post(format!("{}echo?a=b", door.url()))
            .body(r#"{"c":1}"#);
        let text = echo.send().await.unwrap().text().await.unwrap();
        assert_eq!(text, r#"["a=b",{"c":1}]"#);
        door.stop(Duration::from_secs(20)).await;
    }

    #[tokio::test]
    async fn it_is_not_opened_to_other_machines() {
        let error = AdminDoor::open(Arc::new(Echo), "0.0.0.0:0".parse().unwrap()).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("can be reached from other machines")
        );
    }
}
