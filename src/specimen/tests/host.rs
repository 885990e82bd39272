//! The connector over HTTP, with the mock at a door of its own.

use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use super::*;
use crate::exchange::{Connection, Exchange};
use crate::mock::{
    Arrival, Attendant, Defects, DoorOptions, HyperDoor, Platform, Reply, Store, Tenant,
};
use crate::profile::Profile;
use crate::specimen::{Host, HostOptions, Step, TokenValidation};
use crate::transport::{Client, ClientOptions, TargetMap, Trust};

/// How long anything may take here.
const BOUND: Duration = Duration::from_secs(20);

struct Desk {
    platform: Mutex<Platform>,
    clock: Clock,
    served: Notify,
}

impl Attendant for Desk {
    async fn answer(&self, _: &Arrival, request: &Request) -> Reply {
        let mut platform = self.platform.lock().unwrap();
        platform.handle(self.clock.now(), request)
    }

    fn done(&self, _: Exchange) {
        self.served.notify_one();
    }

    fn disturbed(&self, _: &Connection, _: &str) {}
}

impl Desk {
    /// Waits for a state of the platform's data.
    async fn until(&self, is_reached: impl Fn(&Store) -> bool) {
        let reached = async {
            loop {
                if is_reached(self.platform.lock().unwrap().store()) {
                    return;
                }
                self.served.notified().await;
            }
        };
        tokio::time::timeout(BOUND, reached)
            .await
            .expect("the state is reached in time");
    }
}

struct Stage {
    desk: Arc<Desk>,
    door: HyperDoor,
    host: Host,
    client: Client,
}

fn stage() -> Stage {
    let clock = Clock::system();
    let platform = Platform::new(
        Arc::new(Profile::built_in()),
        Random::from_seed(Seed(1)),
        Defects::none(),
    );
    let desk = Arc::new(Desk {
        platform: Mutex::new(platform),
        clock: clock.clone(),
        served: Notify::new(),
    });
    let door = HyperDoor::open(Arc::clone(&desk), clock.clone(), DoorOptions::default()).unwrap();
    let provider = Tenant::seeded().provider;
    let settings = Settings {
        api_url: door.origin(),
        token_url: format!("{}/oauth/token", door.origin()),
        client_id: provider.client_id.into(),
        client_secret: Secret::new(provider.client_secret),
        audience: provider.audience.into(),
        api_key: Secret::new(provider.api_key),
        provider_id: Tenant::seeded().provider_id.to_string(),
        ..settings()
    };
    let mut policy = Policy::reference();
    policy.reception.token = TokenValidation::Ignored;
    for step in policy.subscription.iter_mut().chain(&mut policy.batch) {
        if let Step::Work(time) = step {
            *time = Duration::from_millis(10);
        }
    }
    let chance = Random::from_seed(Seed(7));
    let host = Host::start(
        settings,
        policy,
        chance,
        HostOptions::default(),
        clock.clone(),
    );
    let options = ClientOptions {
        trust: Trust::default(),
        timeout: Some(BOUND),
    };
    Stage {
        desk,
        door,
        host: host.unwrap(),
        client: Client::new(clock, TargetMap::direct(), options),
    }
}

impl Stage {
    async fn notify(&self, mut request: Request) -> Option<u16> {
        request.url = self.host.notification_url();
        match self.client.send(&request).await.outcome {
            Outcome::Response(response) => Some(response.status),
            Outcome::Failure(_) => None,
        }
    }
}

#[tokio::test]
async fn a_batch_reaches_its_end_over_http() {
    let stage = stage();
    let tenant = Tenant::seeded();
    let batch = notification(&created("batch", &tenant.batch_id.to_string()));
    assert_eq!(stage.notify(batch).await, Some(201));
    stage
        .desk
        .until(|store| store.batches[&tenant.batch_id].status == "Completed")
        .await;
    let mut stranger = notification(&created("batch", "b-1"));
    stranger.headers.remove("x-notify-key");
    assert_eq!(stage.notify(stranger).await, Some(401));
    stage.host.stop().await;
    stage.door.stop(BOUND).await;
}

#[tokio::test]
async fn a_host_that_was_stopped_cannot_be_reached_any_more() {
    let stage = stage();
    let url = stage.host.notification_url();
    stage.host.stop().await;
    let mut request = notification(&created("batch", "b-1"));
    request.url = url;
    let sent = stage.client.send(&request).await;
    assert!(matches!(sent.outcome, Outcome::Failure(_)), "{sent:?}");
}

#[tokio::test]
async fn a_platform_that_is_not_there_is_a_failure_that_passes() {
    let stage = stage();
    let tenant = Tenant::seeded();
    let origin = stage.door.origin();
    let (host, desk) = (stage.host, stage.desk);
    // The door is closed before the first token could be kept, and opened again at the same port.
    stage.door.stop(BOUND).await;
    let mut request = notification(&created(
        "subscription",
        &tenant.subscription_id.to_string(),
    ));
    request.url = host.notification_url();
    let answered = stage.client.send(&request).await.outcome;
    assert!(matches!(answered, Outcome::Response(response) if response.status == 201));
    let address = origin.trim_start_matches("http://").parse().unwrap();
    let options = DoorOptions {
        address,
        ..DoorOptions::default()
    };
    let again = HyperDoor::open(Arc::clone(&desk), desk.clock.clone(), options).unwrap();
    desk.until(|store| store.subscriptions[&tenant.subscription_id].status == "Authorised")
        .await;
    host.stop().await;
    again.stop(BOUND).await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_said_so() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let options = HostOptions {
        port: taken.local_addr().unwrap().port(),
        trust: Trust::default(),
    };
    let chance = Random::from_seed(Seed(7));
    let refused = Host::start(
        settings(),
        Policy::reference(),
        chance,
        options,
        Clock::system(),
    );
    assert!(refused.is_err());
}
