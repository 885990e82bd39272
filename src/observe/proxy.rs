//! A reverse proxy before the real sandbox, which records what passes.
//!
//! Nothing is scripted and nothing is judged on the way. What comes back is passed on as it came,
//! but for what belongs to one connection only (RFC 9110 §7.6.1) and for the coding of the body,
//! which is undone. Where the sandbox cannot be reached the connector is answered 502 or 504, and
//! the record says what happened instead.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::json;
use tokio::sync::Notify;

use super::{Disturbances, Finale, Logbook};
use crate::event::{End, EventKind, ListenerError};
use crate::exchange::{
    Body, Connection, Exchange, Failure, FailureKind, Headers, Outcome, Request, Response, Vantage,
};
use crate::mock::{Answer, Arrival, Attendant, Delivery, DoorLimits, Reply};
use crate::transport::Client;

/// Headers that belong to one connection.
const HOP_BY_HOP: [&str; 8] = [
    "connection",
    "proxy-connection",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "expect",
];

/// What a failed request is answered with beside its status, until it is recorded. It is no name
/// that a header can have: neither does the door send it on, nor can a sandbox say it.
const FAILED: &str = "failure of the proxy";

/// Where a proxy forwards to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// The base URL of the APIs, without a slash at the end.
    pub api: String,
    /// The base URL of the token endpoint.
    pub token: String,
    /// The path of the token endpoint.
    pub token_path: String,
}

/// A reverse proxy. Cheap to clone; clones share one record.
#[derive(Clone)]
pub struct Proxy(Arc<Shared>);

struct Shared {
    upstream: Upstream,
    client: Client,
    record: Mutex<Record>,
    changed: Notify,
    disturbances: Disturbances,
}

struct Record {
    logbook: Logbook,
    failure: Option<ListenerError>,
    forwarded: u64,
    answered: u64,
    ended: bool,
}

impl Upstream {
    /// Where `request`, which was sent to the door, is meant to go.
    fn url(&self, request: &Request) -> String {
        let base = if request.path() == self.token_path {
            &self.token
        } else {
            &self.api
        };
        let query = request
            .query()
            .map_or_else(String::new, |query| format!("?{query}"));
        format!("{base}{}{query}", request.path())
    }
}

impl Proxy {
    /// A proxy to `upstream` by way of `client`.
    #[must_use]
    pub fn new(upstream: Upstream, client: Client, logbook: Logbook) -> Self {
        Self(Arc::new(Shared {
            upstream,
            client,
            record: Mutex::new(Record {
                logbook,
                failure: None,
                forwarded: 0,
                answered: 0,
                ended: false,
            }),
            changed: Notify::new(),
            disturbances: Disturbances::default(),
        }))
    }

    /// Forwards until `interruption` comes or the record fails.
    pub async fn play<I>(&self, interruption: impl Future<Output = I>) -> Finale<I> {
        tokio::pin!(interruption);
        loop {
            if let Some(failure) = self.0.record().failure.take() {
                return Finale::Unrecorded(failure);
            }
            tokio::select! {
                () = self.0.changed.notified() => {}
                interruption = &mut interruption => return Finale::Interrupted(interruption),
            }
        }
    }

    /// Writes an event down that is not of the connector's making.
    pub fn note(&self, kind: impl IntoIterator<Item = EventKind>) {
        for kind in kind {
            self.0.write(|logbook| logbook.emit(kind));
        }
    }

    /// Writes the last event down; nothing is written after it, not even another end. Says how many requests were
    /// forwarded.
    ///
    /// # Errors
    /// If the record could not be written.
    pub fn end(&self, end: End) -> Result<u64, ListenerError> {
        let mut record = self.0.record();
        if !std::mem::replace(&mut record.ended, true) {
            let untold = self.0.disturbances.untold();
            let notice = untold.map(|message| EventKind::Notice { message });
            for kind in notice.into_iter().chain([EventKind::RunEnded { end }]) {
                if let Err(failure) = record.logbook.emit(kind) {
                    record.failure.get_or_insert(failure);
                }
            }
        }
        match record.failure.take() {
            Some(failure) => Err(failure),
            None => Ok(record.forwarded),
        }
    }
}

impl Shared {
    fn record(&self) -> MutexGuard<'_, Record> {
        // A panic elsewhere cannot leave an event half written.
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, act: impl FnOnce(&mut Logbook) -> Result<(), ListenerError>) {
        let mut record = self.record();
        if record.ended {
            return;
        }
        if let Err(failure) = act(&mut record.logbook) {
            record.failure.get_or_insert(failure);
            self.changed.notify_one();
        }
    }
}

impl Proxy {
    /// How the run ended that is over: where no request was answered by the sandbox, nothing was
    /// observed.
    #[must_use]
    pub fn outcome(&self) -> End {
        if self.0.record().answered > 0 {
            End::Complete
        } else {
            End::TargetUnreachable
        }
    }
}

impl Attendant for Proxy {
    async fn answer(&self, _: &Arrival, request: &Request) -> Reply {
        let limit = DoorLimits::default().body_bytes;
        if request.body.len() > limit {
            // The door read no further: what there is of it is not the connector's request.
            return answer(too_large(limit));
        }
        let mut headers = end_to_end(&request.headers);
        headers.remove("host");
        let forwarded = Request {
            method: request.method.clone(),
            url: self.0.upstream.url(request),
            headers,
            body: request.body.clone(),
        };
        let response = match self.0.client.send(&forwarded).await.outcome {
            Outcome::Response(mut response) => {
                response.headers = end_to_end(&response.headers);
                // The body was decoded, and its length is said anew.
                response.headers.remove("content-encoding");
                response.headers.remove("content-length");
                response
            }
            Outcome::Failure(failure) => apology(&failure),
        };
        answer(response)
    }

    fn done(&self, mut exchange: Exchange) {
        exchange.vantage = Vantage::Proxy;
        exchange.request.url = self.0.upstream.url(&exchange.request);
        if let Some(failure) = exchange.response().and_then(failure) {
            exchange.outcome = Outcome::Failure(failure);
        }
        {
            let mut record = self.0.record();
            record.forwarded += 1;
            record.answered += u64::from(exchange.response().is_some());
        }
        self.0.write(|logbook| logbook.connector(exchange));
    }

    fn disturbed(&self, connection: &Connection, reason: &str) {
        if let Some(message) = self.0.disturbances.count(connection, reason) {
            self.0
                .write(|logbook| logbook.emit(EventKind::Notice { message }));
        }
    }
}

/// The headers that are for the other end, in order.
fn end_to_end(headers: &Headers) -> Headers {
    let named: Vec<String> = headers
        .all("connection")
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    headers
        .iter()
        .filter(|(name, _)| {
            let name = name.to_ascii_lowercase();
            !HOP_BY_HOP.contains(&name.as_str()) && !named.contains(&name)
        })
        .collect()
}

/// What the connector gets where the sandbox gives nothing.
fn answer(response: Response) -> Reply {
    Reply::Answer(Answer {
        response,
        latency: Duration::ZERO,
        delay: Duration::ZERO,
        delivery: Delivery::Whole,
    })
}

/// A body that is longer than the door reads.
fn too_large(limit: usize) -> Response {
    let mut headers = Headers::new();
    headers.push("content-type", "application/json");
    let body = json!({"error": {
        "code": "Proxy",
        "message": format!("preflight forwards bodies of {limit} bytes at most"),
    }});
    Response {
        status: 413,
        reason: "Content Too Large".to_owned(),
        headers,
        body: Body::from(body.to_string()),
    }
}

fn apology(failure: &Failure) -> Response {
    let (status, reason) = match failure.kind {
        FailureKind::Timeout => (504, "Gateway Timeout"),
        FailureKind::Address
        | FailureKind::Refused
        | FailureKind::Resolve
        | FailureKind::Connect
        | FailureKind::Tls
        | FailureKind::Cut
        | FailureKind::Redirects
        | FailureKind::Protocol
        | FailureKind::Interrupted => (502, "Bad Gateway"),
    };
    let mut headers = Headers::new();
    headers.push("content-type", "application/json");
    let note = serde_json::to_string(failure).unwrap_or_default();
    headers.push(FAILED, note);
    let body = json!({"error": {
        "code": "Proxy",
        "message": format!("preflight cannot reach the sandbox: {}", failure.message),
    }});
    Response {
        status,
        reason: reason.to_owned(),
        headers,
        body: Body::from(body.to_string()),
    }
}

/// The failure for which an answer apologises.
fn failure(response: &Response) -> Option<Failure> {
    serde_json::from_str(response.headers.get(FAILED)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Clock;
    use crate::event::{Event, Events, Listener, Origin};
    use crate::exchange::Timing;
    use crate::mock::{DoorOptions, HyperDoor};
    use crate::profile::Profile;
    use crate::transport::{ClientOptions, Route, TargetMap, Trust};

    #[derive(Clone, Default)]
    struct Notes(Arc<Mutex<Vec<EventKind>>>);

    impl Listener for Notes {
        fn notice(&mut self, event: &Event) -> Result<(), ListenerError> {
            self.0.lock().unwrap().push(event.kind.clone());
            Ok(())
        }
    }

    /// A proxy to where nobody listens.
    fn proxy() -> (Proxy, Notes) {
        let clock = Clock::system();
        let notes = Notes::default();
        let events = Events::new(clock.clone(), vec![Box::new(notes.clone())]);
        let upstream = Upstream {
            api: "http://127.0.0.1:1/base".into(),
            token: "http://127.0.0.1:2".into(),
            token_path: "/oauth/token".into(),
        };
        let options = ClientOptions {
            trust: Trust::default(),
            timeout: None,
        };
        let client = Client::new(clock, TargetMap::direct(), options);
        let logbook = Logbook::new(events, &Profile::built_in());
        (Proxy::new(upstream, client, logbook), notes)
    }

    fn request(path: &str) -> Request {
        Request {
            method: "GET".into(),
            url: format!("http://127.0.0.1:8080{path}"),
            headers: Headers::new(),
            body: Body::default(),
        }
    }

    #[test]
    fn the_token_endpoint_may_have_an_origin_of_its_own() {
        let (proxy, _) = proxy();
        for (path, url) in [
            ("/a/b?c=d", "http://127.0.0.1:1/base/a/b?c=d"),
            ("/oauth/token", "http://127.0.0.1:2/oauth/token"),
        ] {
            assert_eq!(proxy.0.upstream.url(&request(path)), url);
        }
    }

    #[test]
    fn what_belongs_to_a_connection_is_not_passed_on() {
        let mut headers = Headers::new();
        for (name, value) in [
            ("Accept", "a"),
            ("Connection", "close, X-Mine"),
            ("x-mine", "1"),
            ("Keep-Alive", "timeout=5"),
            ("TE", "trailers"),
            ("Upgrade", "h2c"),
            ("x-api-key", "k"),
        ] {
            headers.push(name, value);
        }
        let passed = end_to_end(&headers);
        let passed: Vec<_> = passed.iter().collect();
        assert_eq!(passed, [("Accept", "a"), ("x-api-key", "k")]);
    }

    #[tokio::test]
    async fn a_sandbox_that_cannot_be_reached_is_a_failure_in_the_record() {
        let (proxy, notes) = proxy();
        let now = Clock::system().now();
        let connection = Connection {
            number: 1,
            peer: "127.0.0.1:1".into(),
        };
        let arrival = Arrival {
            first: now,
            last: now,
            connection: connection.clone(),
        };
        let request = request("/a");
        let reply = proxy.answer(&arrival, &request).await;
        let response = reply.response().unwrap().clone();
        assert_eq!(response.status, 502);
        proxy.done(Exchange {
            request,
            outcome: Outcome::Response(response),
            timing: Timing {
                request_first: now,
                request_last: now,
                response_first: now,
                response_last: now,
            },
            vantage: Vantage::Mock,
            connection: Some(connection),
        });
        assert_eq!(proxy.end(End::Complete).unwrap(), 1);
        let notes = notes.0.lock().unwrap();
        let EventKind::Exchange {
            origin, exchange, ..
        } = &notes[0]
        else {
            panic!("no exchange")
        };
        assert_eq!(*origin, Origin::Connector);
        assert_eq!(exchange.vantage, Vantage::Proxy);
        assert_eq!(exchange.request.url, "http://127.0.0.1:1/base/a");
        let Outcome::Failure(failure) = &exchange.outcome else {
            panic!("no failure")
        };
        assert_eq!(failure.kind, FailureKind::Connect);
        assert_eq!(notes.len(), 2);
    }

    #[tokio::test]
    async fn a_connector_is_told_of_a_failure_in_the_body_alone() {
        let (proxy, notes) = proxy();
        let door = HyperDoor::open(
            Arc::new(proxy.clone()),
            Clock::system(),
            DoorOptions::default(),
        )
        .unwrap();
        let courier = ClientOptions {
            trust: Trust::default(),
            timeout: None,
        };
        let mut asked = request("/a");
        asked.url = format!("{}/a", door.origin());
        let mut map = TargetMap::direct();
        map.add(&asked.url, Route::Mock(door.address())).unwrap();
        let sent = Client::new(Clock::system(), map, courier)
            .send(&asked)
            .await;
        let Outcome::Response(response) = sent.outcome else {
            panic!("no response")
        };
        assert_eq!(response.status, 502);
        let mut names: Vec<_> = response.headers.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        assert_eq!(names, ["content-length", "content-type", "date"]);
        assert!(response.body.text().unwrap().contains("cannot reach"));
        door.stop(Duration::from_secs(1)).await;
        let notes = notes.0.lock().unwrap();
        let EventKind::Exchange { exchange, .. } = &notes[0] else {
            panic!("no exchange")
        };
        assert!(exchange.response().is_none());
    }
}
