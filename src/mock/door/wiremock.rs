//! The door for replays and tests.
//!
//! Two catch-all mocks: wiremock asks the matcher of the first whether the connection breaks, and
//! that matcher takes the decision by asking the platform; the answer it got is what the second
//! gives. wiremock serves under one lock, from the matcher to the answer, so the two belong to the
//! same request. Recording is off.
//!
//! On the system clock a scripted delay is real. On the logical clock the door advances the clock
//! by the modelled latency and the delay instead, after the platform was asked and before the
//! answer leaves: the client sees the time that the exchange took.
//!
//! wiremock knows no bytes. What it cannot do it does to the nearest: a reset is a closed
//! connection, an answer of which half should leave does not leave at all, and one whose body
//! should drip comes whole at the end of that time.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::wiremock::{Match, Mock, MockServer, Request as Incoming, ResponseTemplate};
use http::{HeaderName, HeaderValue};

use super::DoorError;
use crate::base::Clock;
use crate::exchange::{Body, Headers, Request};
use crate::mock::{Answer, Delivery, Platform, Reply};

/// A platform on a loopback socket. It closes when dropped.
#[derive(Debug)]
pub struct Door {
    server: MockServer,
}

/// What the matcher learnt and the answer needs.
struct Desk {
    platform: Arc<Mutex<Platform>>,
    clock: Clock,
    address: SocketAddr,
    answer: Mutex<Option<Answer>>,
}

impl Door {
    /// Serves `platform` on `listener`, or on a free port of the loopback interface.
    ///
    /// # Errors
    /// If there is no free port, or the listener has no address.
    pub async fn open(
        platform: Arc<Mutex<Platform>>,
        clock: Clock,
        listener: Option<TcpListener>,
    ) -> Result<Self, DoorError> {
        let refuse = |reason: &'static str| move |source| DoorError::new(reason, source);
        let listener = match listener {
            Some(listener) => listener,
            None => TcpListener::bind("127.0.0.1:0").map_err(refuse("no port is free"))?,
        };
        let address = listener
            .local_addr()
            .map_err(refuse("the socket has no address"))?;
        let server = MockServer::builder()
            .listener(listener)
            .disable_request_recording()
            .start()
            .await;
        let desk = Arc::new(Desk {
            platform,
            clock,
            address,
            answer: Mutex::new(None),
        });
        let answering = Arc::clone(&desk);
        Mock::given(Breaks(desk))
            .respond_with_err(|_: &Incoming| std::io::Error::other("a scripted cut"))
            .with_priority(1)
            .mount(&server)
            .await;
        Mock::given(::wiremock::matchers::any())
            .respond_with(move |_: &Incoming| answering.template())
            .with_priority(2)
            .mount(&server)
            .await;
        Ok(Self { server })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        *self.server.address()
    }
}

/// Whether the connection breaks: asks the platform.
struct Breaks(Arc<Desk>);

impl Match for Breaks {
    fn matches(&self, incoming: &Incoming) -> bool {
        let request = original(incoming, self.0.address);
        let reply = {
            let mut platform = lock(&self.0.platform);
            platform.handle(self.0.clock.now(), &request)
        };
        self.0.clock.advance(reply.cost());
        match reply {
            Reply::Answer(answer) => match answer.delivery {
                Delivery::Whole | Delivery::Slow(_) => {
                    *lock(&self.0.answer) = Some(answer);
                    false
                }
                Delivery::Half(_) => true,
            },
            Reply::Cut { .. } => true,
        }
    }
}

impl Desk {
    fn template(&self) -> ResponseTemplate {
        let answer = lock(&self.answer)
            .take()
            .expect("the matcher of the first mock left an answer");
        let mut template = ResponseTemplate::new(answer.response.status);
        for (name, value) in answer.response.headers.iter() {
            // An echoed value may be one that cannot be sent; a header less does no harm.
            if let (Ok(name), Ok(value)) =
                (name.parse::<HeaderName>(), HeaderValue::from_str(value))
            {
                template = template.append_header(name, value);
            }
        }
        if !answer.response.body.is_empty() {
            template = template.set_body_bytes(answer.response.body.bytes().to_vec());
        }
        let dripping = match answer.delivery {
            Delivery::Slow(time) => time,
            Delivery::Whole | Delivery::Half(_) => Duration::ZERO,
        };
        let late = answer.delay + dripping;
        if self.clock.is_logical() || late.is_zero() {
            template
        } else {
            template.set_delay(late)
        }
    }
}

/// The request as its sender knows it: the authority is that of the `Host` header, and the scheme
/// is `https` unless the door itself was addressed.
fn original(incoming: &Incoming, door: SocketAddr) -> Request {
    let host = incoming
        .headers
        .get("host")
        .and_then(|host| host.to_str().ok())
        .map_or_else(|| door.to_string(), str::to_owned);
    let is_door = host == door.to_string() || host == format!("localhost:{}", door.port());
    let scheme = if is_door { "http" } else { "https" };
    let rest = &incoming.url[url::Position::BeforePath..];
    Request {
        method: incoming.method.as_str().to_owned(),
        url: format!("{scheme}://{host}{rest}"),
        headers: incoming
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes())))
            .collect::<Headers>(),
        body: Body::from(incoming.body.clone()),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Whoever panicked did so in a test; the platform changes all or nothing.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::{Random, Seed};
    use crate::mock::{Defects, Tenant};
    use crate::profile::Profile;

    const TOKEN: &str = "POST /oauth/token";

    struct Served {
        platform: Arc<Mutex<Platform>>,
        clock: Clock,
        door: Door,
        client: reqwest::Client,
    }

    impl Served {
        async fn open(clock: Clock) -> Self {
            // An earlier test of this process may have installed it.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let platform = Arc::new(Mutex::new(Platform::new(
                Arc::new(Profile::built_in()),
                Random::from_seed(Seed(1)),
                Defects::none(),
            )));
            Self {
                door: Door::open(Arc::clone(&platform), clock.clone(), None)
                    .await
                    .unwrap(),
                platform,
                clock,
                client: reqwest::Client::builder().no_proxy().build().unwrap(),
            }
        }

        fn script(&self, operation: &str, answers: &[&str]) {
            let answers = answers.iter().map(|text| text.parse().unwrap()).collect();
            lock(&self.platform)
                .queue_faults("test", operation, answers)
                .unwrap();
        }

        async fn ask_for_token(&self) -> reqwest::Result<reqwest::Response> {
            let provider = Tenant::seeded().provider;
            let form = [
                ("grant_type", "client_credentials"),
                ("client_id", provider.client_id),
                ("client_secret", provider.client_secret),
                ("audience", provider.audience),
            ];
            self.client
                .post(format!("http://{}/oauth/token", self.door.address()))
                .header("host", "id.mock.invalid")
                .header("content-type", "application/x-www-form-urlencoded")
                .body(serde_urlencoded::to_string(form).unwrap())
                .send()
                .await
        }
    }

    #[tokio::test]
    async fn a_request_is_answered_over_a_socket_with_the_platforms_own_date() {
        let served = Served::open(Clock::logical(Clock::logical_start())).await;
        let response = served.ask_for_token().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["date"], "Thu, 01 Jan 2026 00:00:00 GMT");
        assert_eq!(response.headers().get_all("content-type").iter().count(), 1);
        assert_eq!(
            response.headers()["content-type"],
            "application/json; charset=utf-8"
        );
        let body: serde_json::Value =
            serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        assert_eq!(body["expires_in"], 28_800);
    }

    #[tokio::test]
    async fn on_the_logical_clock_an_exchange_costs_its_modelled_latency_and_delay() {
        let served = Served::open(Clock::logical(Clock::logical_start())).await;
        served.ask_for_token().await.unwrap();
        let spent = served.clock.now().duration_since(Clock::logical_start());
        assert!((40..=80).contains(&spent.as_millis()), "{spent:?}");
        served.script(TOKEN, &["delay=1h"]);
        served.ask_for_token().await.unwrap();
        let spent = served.clock.now().duration_since(Clock::logical_start());
        assert_eq!(spent.as_hours(), 1);
    }

    #[tokio::test]
    async fn on_the_system_clock_a_scripted_delay_is_real() {
        let served = Served::open(Clock::system()).await;
        served.script(TOKEN, &["500 delay=50ms"]);
        let start = served.clock.now();
        assert_eq!(served.ask_for_token().await.unwrap().status(), 500);
        let spent = served.clock.now().duration_since(start);
        assert!(spent.as_millis() >= 50, "{spent:?}");
    }

    #[tokio::test]
    async fn what_wiremock_cannot_do_to_the_byte_it_does_to_the_nearest() {
        let served = Served::open(Clock::system()).await;
        let answers = ["reset", "truncated", "reset-mid-answer", "slow-body=50ms"];
        served.script(TOKEN, &answers);
        for _ in 0..3 {
            assert!(served.ask_for_token().await.is_err());
        }
        let start = served.clock.now();
        assert_eq!(served.ask_for_token().await.unwrap().status(), 200);
        let spent = served.clock.now().duration_since(start);
        assert!(spent.as_millis() >= 50, "{spent:?}");
        assert_eq!(lock(&served.platform).counters().tokens, 3);
    }

    #[tokio::test]
    async fn a_scripted_cut_breaks_the_connection_and_the_next_request_is_served() {
        let served = Served::open(Clock::logical(Clock::logical_start())).await;
        served.script(TOKEN, &["cut", "cut-after-effect"]);
        assert!(served.ask_for_token().await.is_err());
        assert_eq!(lock(&served.platform).counters().tokens, 0);
        assert!(served.ask_for_token().await.is_err());
        assert_eq!(lock(&served.platform).counters().tokens, 1);
        assert_eq!(served.ask_for_token().await.unwrap().status(), 200);
        assert_eq!(
            lock(&served.platform).counters().requests,
            3,
            "the client did not resend by itself"
        );
    }

    #[tokio::test]
    async fn a_header_that_cannot_be_sent_back_does_no_harm() {
        let served = Served::open(Clock::logical(Clock::logical_start())).await;
        let response = served
            .client
            .get(format!("http://{}/nowhere", served.door.address()))
            .header(
                "x-fapi-interaction-id",
                reqwest::header::HeaderValue::from_bytes(b"\xc3\xbc").unwrap(),
            )
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 404);
    }

    #[tokio::test]
    async fn a_given_listener_is_used() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let platform = Arc::new(Mutex::new(Platform::new(
            Arc::new(Profile::built_in()),
            Random::from_seed(Seed(1)),
            Defects::none(),
        )));
        let door = Door::open(platform, Clock::system(), Some(listener))
            .await
            .unwrap();
        assert_eq!(door.address(), address);
    }

    #[test]
    fn the_url_is_that_of_the_host_header() {
        let door: SocketAddr = "127.0.0.1:4711".parse().unwrap();
        // Host, URL
        let table = [
            ("id.mock.invalid", "https://id.mock.invalid/a?b=c"),
            ("127.0.0.1:4711", "http://127.0.0.1:4711/a?b=c"),
            ("localhost:4711", "http://localhost:4711/a?b=c"),
        ];
        for (host, url) in table {
            let incoming = Incoming {
                url: "http://localhost/a?b=c".parse().unwrap(),
                method: http::Method::GET,
                headers: http::HeaderMap::from_iter([(
                    http::header::HOST,
                    HeaderValue::from_str(host).unwrap(),
                )]),
                body: Vec::new(),
            };
            assert_eq!(original(&incoming, door).url, url);
        }
    }
}
