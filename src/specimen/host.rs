//! Runs a connector in real time, over HTTP.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::{Call, Connector, Input, Output, Policy, Settings};
use crate::base::{Clock, Random, Timestamp};
use crate::exchange::{Connection, Exchange, Outcome, Request, Response, between};
use crate::mock::{
    Answer, Arrival, Attendant, Delivery, DoorError, DoorLimits, DoorOptions, Ending, HyperDoor,
    Reply,
};
use crate::transport::{Client, ClientOptions, Route, TargetMap, Trust};

/// The largest body of a notification that is kept, in bytes.
const LARGEST: usize = 5_000_000;

/// How long notifications may still be answered when the host stops.
const GRACE: Duration = Duration::from_secs(1);

/// How a host is reached, and whom it trusts.
#[derive(Clone, Debug, Default)]
pub struct HostOptions {
    /// The port of its notification endpoint at 127.0.0.1; 0 for a free one.
    pub port: u16,
    /// Whom it believes to be the platform.
    pub trust: Trust,
}

/// A connector that runs in real time. It stops when dropped; [`Host::stop`] waits for that.
pub struct Host {
    door: HyperDoor,
    /// The one task in which the connector lives.
    life: JoinSet<()>,
    end: oneshot::Sender<()>,
}

/// What a connector hears.
enum Heard {
    Notified(Request, oneshot::Sender<Response>),
    Answered(Call, Outcome),
}

impl Host {
    /// Starts a connector.
    ///
    /// # Errors
    /// If its notification endpoint cannot listen.
    pub fn start(
        settings: Settings,
        policy: Policy,
        chance: Random,
        options: HostOptions,
        clock: Clock,
    ) -> Result<Self, DoorError> {
        let (tell, heard) = mpsc::unbounded_channel();
        let bell = Arc::new(Bell { tell: tell.clone() });
        let door = HyperDoor::open(
            bell,
            clock.clone(),
            DoorOptions {
                address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), options.port),
                limits: DoorLimits {
                    body_bytes: LARGEST,
                    ..DoorLimits::default()
                },
                ..DoorOptions::default()
            },
        )?;
        let client = Client::new(
            clock.clone(),
            routes(&settings),
            ClientOptions {
                trust: options.trust,
                timeout: Some(policy.patience),
            },
        );
        let life = Life {
            connector: Connector::new(settings, policy, chance),
            clock,
            client: Arc::new(client),
            tell,
            sendings: JoinSet::new(),
            wakes: BTreeSet::new(),
            bells: BTreeMap::new(),
            notifications: 0,
        };
        let (end, ended) = oneshot::channel();
        let mut lives = JoinSet::new();
        lives.spawn(life.live(heard, ended));
        Ok(Self {
            door,
            life: lives,
            end,
        })
    }

    /// Where it is told of something: `http://127.0.0.1:9000/notifications`.
    #[must_use]
    pub fn notification_url(&self) -> String {
        format!("{}/notifications", self.door.origin())
    }

    /// Stops it, whatever it is doing. Nothing of it runs any more when this returns.
    pub async fn stop(mut self) {
        // It may have ended by itself, with a panic that was reported where it happened.
        let _ended = self.end.send(());
        while self.life.join_next().await.is_some() {}
        self.door.stop(GRACE).await;
    }
}

/// A mock on this machine is reached without the proxies of its user.
fn routes(settings: &Settings) -> TargetMap {
    let mut map = TargetMap::direct();
    for url in [&settings.api_url, &settings.token_url, &settings.jwks_url] {
        let address = url::Url::parse(url).ok().and_then(|url| {
            let host: IpAddr = url.host_str()?.parse().ok()?;
            let address = SocketAddr::new(host, url.port_or_known_default()?);
            (url.scheme() == "http").then_some(address)
        });
        if let Some(address) = address {
            // It was a URL a moment ago.
            let _added = map.add(url, Route::Mock(address));
        }
    }
    map
}

/// Rings for the connector when a notification arrives.
struct Bell {
    tell: mpsc::UnboundedSender<Heard>,
}

impl Attendant for Bell {
    async fn answer(&self, _: &Arrival, request: &Request) -> Reply {
        let (reply, answered) = oneshot::channel();
        // Where nobody listens any more the other end of `answered` is dropped with the message.
        let _told = self.tell.send(Heard::Notified(request.clone(), reply));
        match answered.await {
            Ok(response) => Reply::Answer(Answer {
                response,
                latency: Duration::ZERO,
                delay: Duration::ZERO,
                delivery: Delivery::Whole,
            }),
            Err(_) => Reply::Cut {
                latency: Duration::ZERO,
                ending: Ending::Closed,
            },
        }
    }

    fn done(&self, _: Exchange) {}

    fn disturbed(&self, _: &Connection, _: &str) {}
}

/// A connector and what it is waiting for.
struct Life {
    connector: Connector,
    clock: Clock,
    client: Arc<Client>,
    tell: mpsc::UnboundedSender<Heard>,
    sendings: JoinSet<()>,
    wakes: BTreeSet<Timestamp>,
    /// Notifications that are not answered yet.
    bells: BTreeMap<Call, oneshot::Sender<Response>>,
    notifications: u64,
}

impl Life {
    async fn live(
        mut self,
        mut heard: mpsc::UnboundedReceiver<Heard>,
        mut ended: oneshot::Receiver<()>,
    ) {
        self.handle(Input::Started);
        loop {
            let next = self.wakes.first().copied();
            let alarm = async {
                match next {
                    Some(at) => self.clock.sleep(between(self.clock.now(), at)).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                // Told or dropped: the host is gone.
                _ = &mut ended => return,
                Some(heard) = heard.recv() => self.hear(heard),
                Some(_) = self.sendings.join_next() => {}
                () = alarm => self.wake(),
            }
        }
    }

    fn hear(&mut self, heard: Heard) {
        match heard {
            Heard::Answered(call, outcome) => self.handle(Input::Answered(call, outcome)),
            Heard::Notified(request, reply) => {
                self.notifications += 1;
                let call = Call(self.notifications);
                self.bells.insert(call, reply);
                self.handle(Input::Notified(call, request));
            }
        }
    }

    fn wake(&mut self) {
        let now = self.clock.now();
        self.wakes.retain(|at| *at > now);
        self.handle(Input::Woken);
    }

    fn handle(&mut self, input: Input) {
        for output in self.connector.handle(self.clock.now(), input) {
            match output {
                Output::Send(call, request) => {
                    let (client, tell) = (Arc::clone(&self.client), self.tell.clone());
                    self.sendings.spawn(async move {
                        let sent = client.send(&request).await;
                        // Nobody listens any more: the host has stopped.
                        let _told = tell.send(Heard::Answered(call, sent.outcome));
                    });
                }
                Output::Answer(call, response) => {
                    if let Some(bell) = self.bells.remove(&call) {
                        // Whoever rang may have gone away.
                        let _answered = bell.send(response);
                    }
                }
                Output::Wake(at) => {
                    self.wakes.insert(at);
                }
            }
        }
    }
}
