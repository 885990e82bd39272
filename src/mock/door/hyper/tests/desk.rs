//! An attendant who answers as the test says, and a client who sees bytes.

use std::future::Future;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::base::Clock;
use crate::exchange::{Body, Connection, Exchange, Failure, Outcome, Request};
use crate::mock::answer::empty;
use crate::mock::{
    Answer, Arrival, Attendant, Delivery, DoorLimits, DoorOptions, Ending, HyperDoor, Reply,
};

/// No wait of a test is longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Says what becomes of a request.
type Ruling = Box<dyn Fn(&Request) -> Reply + Send + Sync>;

pub struct Desk {
    ruling: Ruling,
    heard: Mutex<Heard>,
    news: Notify,
}

#[derive(Default)]
struct Heard {
    /// How many requests came.
    asked: usize,
    exchanges: Vec<Exchange>,
    disturbances: Vec<(Connection, String)>,
}

impl Attendant for Desk {
    fn answer(&self, arrival: &Arrival, request: &Request) -> impl Future<Output = Reply> + Send {
        assert!(arrival.first <= arrival.last);
        self.heard.lock().unwrap().asked += 1;
        self.news.notify_waiters();
        std::future::ready((self.ruling)(request))
    }

    fn done(&self, exchange: Exchange) {
        self.heard.lock().unwrap().exchanges.push(exchange);
        self.news.notify_waiters();
    }

    fn disturbed(&self, connection: &Connection, reason: &str) {
        let mut heard = self.heard.lock().unwrap();
        heard
            .disturbances
            .push((connection.clone(), reason.to_owned()));
        self.news.notify_waiters();
    }
}

impl Desk {
    /// Every request is answered with `reply`.
    pub fn always(reply: Reply) -> Arc<Self> {
        Self::ruling(move |_| reply.clone())
    }

    pub fn ruling(ruling: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            ruling: Box::new(ruling),
            heard: Mutex::default(),
            news: Notify::new(),
        })
    }

    /// The exchanges, as soon as there are `count`.
    pub async fn exchanges(&self, count: usize) -> Vec<Exchange> {
        self.until(|heard| (heard.exchanges.len() >= count).then(|| heard.exchanges.clone()))
            .await
    }

    /// The only exchange, which failed.
    pub async fn failure(&self) -> Failure {
        match self.exchanges(1).await.remove(0).outcome {
            Outcome::Failure(failure) => failure,
            Outcome::Response(response) => panic!("it was answered: {response:?}"),
        }
    }

    /// The reasons of disturbances, as soon as there are `count`.
    pub async fn disturbances(&self, count: usize) -> Vec<String> {
        self.until(|heard| {
            let reasons = heard.disturbances.iter().map(|(_, reason)| reason.clone());
            (heard.disturbances.len() >= count).then(|| reasons.collect())
        })
        .await
    }

    /// Waits until `count` requests have come.
    pub async fn asked(&self, count: usize) {
        self.until(|heard| (heard.asked >= count).then_some(()))
            .await;
    }

    /// What was heard so far: how many exchanges and disturbances.
    pub fn counts(&self) -> (usize, usize) {
        let heard = self.heard.lock().unwrap();
        (heard.exchanges.len(), heard.disturbances.len())
    }

    async fn until<T>(&self, ready: impl Fn(&Heard) -> Option<T>) -> T {
        bounded("news at the desk", async {
            loop {
                let news = self.news.notified();
                if let Some(found) = ready(&self.heard.lock().unwrap()) {
                    return found;
                }
                news.await;
            }
        })
        .await
    }
}

/// The result of `future`, which does not take long.
pub async fn bounded<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// A whole answer.
pub fn answer(status: u16, body: &str) -> Reply {
    delivered(status, body, Delivery::Whole, Duration::ZERO)
}

pub fn delivered(status: u16, body: &str, delivery: Delivery, delay: Duration) -> Reply {
    let mut response = empty(status);
    response
        .headers
        .push("date", "Thu, 01 Jan 2026 00:00:00 GMT");
    response.body = Body::from(body.to_owned());
    Reply::Answer(Answer {
        response,
        latency: Duration::from_millis(40),
        delay,
        delivery,
    })
}

pub fn cut(ending: Ending) -> Reply {
    Reply::Cut {
        latency: Duration::from_millis(40),
        ending,
    }
}

pub fn open(desk: &Arc<Desk>) -> HyperDoor {
    open_with(desk, Clock::system(), DoorLimits::default())
}

pub fn open_with(desk: &Arc<Desk>, clock: Clock, limits: DoorLimits) -> HyperDoor {
    let options = DoorOptions {
        limits,
        ..DoorOptions::default()
    };
    HyperDoor::open(Arc::clone(desk), clock, options).unwrap()
}

pub struct Client(pub TcpStream);

impl Client {
    pub async fn connect(door: &HyperDoor) -> Self {
        Self(TcpStream::connect(door.address()).await.unwrap())
    }

    /// Connects and sends `text`.
    pub async fn send(door: &HyperDoor, text: &str) -> Self {
        let mut client = Self::connect(door).await;
        client.write(text).await;
        client
    }

    pub async fn write(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// Reads until `end` is the end of what was read.
    pub async fn read_to(&mut self, end: &str) -> String {
        bounded(end, async {
            let mut text = Vec::new();
            while !text.ends_with(end.as_bytes()) {
                let byte = self.0.read_u8().await;
                text.push(byte.unwrap_or_else(|error| {
                    panic!("{error} after {}", String::from_utf8_lossy(&text))
                }));
            }
            String::from_utf8(text).unwrap()
        })
        .await
    }

    /// Reads to the end of the connection; what came, and what broke it.
    pub async fn read_to_end(&mut self) -> (String, Option<ErrorKind>) {
        bounded("the end of the connection", async {
            let mut text = Vec::new();
            let broken = self.0.read_to_end(&mut text).await.err();
            let text = String::from_utf8(text).unwrap();
            (text, broken.map(|error| error.kind()))
        })
        .await
    }
}
