//! What this host itself adds to the times that are measured on it.
//!
//! Before a connector is observed in real time and after it, the reference connector is run for less
//! than a second against a door of the same kind, on loopback, with a platform of its own. Measured are
//! how late a wait ends, and how long after a notification left the reference connector's request for
//! what it tells of arrives: by the same clock and at the same places as with the connector that is
//! observed, and with TLS where that has it. What came of it is an event of the history: every report
//! shows it, and no failure is reported that so much noise may have made.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;
use thiserror::Error;
use tokio::sync::mpsc;

use super::{Setting, brief};
use crate::base::{Clock, Random, Timestamp, later, uuid};
use crate::event::{Delays, EventKind, NoiseFloor, NoiseMoment};
use crate::exchange::{Body, Connection, Exchange, Headers, Outcome, Request, between};
use crate::mock::{
    Arrival, Attendant, DoorError, DoorOptions, HyperDoor, Platform, Reply, Tenant, Tls,
};
use crate::profile::Profile;
use crate::run::Cancellation;
use crate::specimen::{Host, HostOptions, Pacing, Policy};
use crate::transport::{Client, ClientOptions, TargetMap, Trust};

/// How often it is measured. One round before counts for nothing: connections are made then, and keys
/// are fetched.
const ROUNDS: usize = 20;

/// How long the wait is whose end is looked at.
const WAIT: Duration = Duration::from_millis(20);

/// How long a measurement may take, all in all.
const BOUND: Duration = Duration::from_secs(3);

/// How long requests that are being answered at the end may take.
const GRACE: Duration = Duration::from_millis(200);

/// The platform of a measurement throttles nobody.
const PROFILE: &str = "rate = 100_000\n";

/// The Sage product of a measurement.
const APPLICATION: &str = "sage.noise";

/// There is no noise floor.
#[derive(Debug, Error)]
enum NoiseError {
    #[error("the profile of the measurement is wrong: {0}")]
    Profile(String),
    #[error("nothing can listen on 127.0.0.1: {0}")]
    Door(#[from] DoorError),
    #[error("the measurement has no certificate: {0}")]
    Certificate(String),
    #[error("the reference connector did not take a notification: {0}")]
    Refused(String),
    #[error("the reference connector was not done within {BOUND:?}")]
    Late,
}

/// What is to be written down of the noise floor: why there is none, too. Nothing of a user who has had
/// enough and does not wait for it. `tls` says whether the connector's door speaks TLS.
pub(super) async fn noise(
    setting: &Setting,
    tls: bool,
    when: NoiseMoment,
    cancellation: &Cancellation,
) -> Option<EventKind> {
    let chance = setting.chance.fork("noise").fork(&when.to_string());
    let measured = tokio::select! {
        biased;
        () = cancellation.cancelled() => return None,
        measured = measure(setting, tls, chance) => measured,
    };
    Some(match measured {
        Ok((waits, requests)) => EventKind::NoiseFloor(NoiseFloor {
            when,
            rounds: waits.len(),
            waits: Delays::of(waits),
            requests: Delays::of(requests),
        }),
        Err(error) => EventKind::Notice {
            message: format!("the noise floor {when} the run is not known: {error}"),
        },
    })
}

/// How late each wait ended, and how long after each notification had left the request for what it
/// tells of arrived.
type Measured = (Vec<Duration>, Vec<Duration>);

/// Runs the reference connector and measures.
async fn measure(setting: &Setting, tls: bool, chance: Random) -> Result<Measured, NoiseError> {
    let profile = Profile::with_override(PROFILE, "the noise floor")
        .map_err(|error| NoiseError::Profile(error.to_string()))?;
    let setting = setting.apart(Arc::new(profile), chance);
    let (tell, heard) = mpsc::unbounded_channel();
    let ear = Arc::new(Ear {
        platform: Mutex::new(setting.platform()),
        clock: setting.clock.clone(),
        tell,
    });
    let tls = tls.then(certificate).transpose()?;
    let trust = Trust {
        extra_authorities: tls
            .as_ref()
            .map_or_else(Vec::new, |tls| tls.ca_pem().into()),
        anybody: false,
        identities: Vec::new(),
    };
    let options = DoorOptions {
        tls,
        ..DoorOptions::default()
    };
    let door = HyperDoor::open(Arc::clone(&ear), setting.clock.clone(), options)?;
    let settings = brief(&setting, &door.origin(), None, APPLICATION, None).settings;
    let policy = Policy {
        // Its own waits are not the host's.
        pacing: Pacing::Off,
        ..Policy::reference()
    };
    let host = Host::start(
        settings,
        policy,
        setting.chance.fork("specimen"),
        HostOptions { port: 0, trust },
        setting.clock.clone(),
    );
    let measured = match &host {
        Ok(host) => {
            let url = host.notification_url();
            tokio::select! {
                measured = rounds(&setting, &ear, url, heard) => measured,
                () = setting.clock.sleep(BOUND) => Err(NoiseError::Late),
            }
        }
        Err(_) => Ok(Measured::default()),
    };
    match host {
        Ok(host) => host.stop().await,
        Err(error) => return Err(error.into()),
    }
    door.stop(GRACE).await;
    measured
}

async fn rounds(
    setting: &Setting,
    ear: &Ear,
    url: String,
    mut heard: mpsc::UnboundedReceiver<(String, Timestamp)>,
) -> Result<Measured, NoiseError> {
    let clock = &setting.clock;
    let options = ClientOptions {
        trust: Trust::default(),
        timeout: Some(BOUND),
    };
    let courier = Client::new(clock.clone(), TargetMap::direct(), options);
    let mut ids = setting.chance.fork("ids");
    let (mut waits, mut requests) = Measured::default();
    for round in 0..=ROUNDS {
        let end = later(clock.now(), WAIT);
        clock.sleep(WAIT).await;
        let late = between(end, clock.now());
        let id = uuid(&mut ids).to_string();
        let request = ear.notification(setting, &url, &id);
        let sent = clock.now();
        match courier.send(&request).await.outcome {
            Outcome::Response(response) if (200..300).contains(&response.status) => {}
            Outcome::Response(response) => {
                return Err(NoiseError::Refused(format!("status {}", response.status)));
            }
            Outcome::Failure(failure) => return Err(NoiseError::Refused(failure.message)),
        }
        let arrived = loop {
            match heard.recv().await {
                Some((asked, at)) if asked.contains(&id) => break at,
                Some(_) => {}
                None => return Err(NoiseError::Late),
            }
        };
        if round > 0 {
            waits.push(late);
            requests.push(between(sent, arrived));
        }
    }
    Ok((waits, requests))
}

fn certificate() -> Result<Tls, NoiseError> {
    Tls::generate(&["localhost", "127.0.0.1", "::1"])
        .map_err(|error| NoiseError::Certificate(error.to_string()))
}

/// Answers as the platform would, and tells what arrived when.
struct Ear {
    platform: Mutex<Platform>,
    clock: Clock,
    tell: mpsc::UnboundedSender<(String, Timestamp)>,
}

impl Ear {
    fn platform(&self) -> std::sync::MutexGuard<'_, Platform> {
        // A request is answered whole or not at all.
        self.platform.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// That there is a new subscription `id`, as the platform says it. There is none: whoever asks for
    /// it has nothing more to do.
    fn notification(&self, setting: &Setting, url: &str, id: &str) -> Request {
        let notifications = &setting.profile.notifications;
        let own = Tenant::seeded().provider.client_id;
        let audience = notifications.audience.value.as_deref().unwrap_or(own);
        let now = self.clock.now();
        let token = self.platform().sign_notification_token(now, audience);
        let body = notifications.subscription.value.fill(|name| match name {
            "subscriptionId" | "organisationId" => Some(json!(id)),
            _ => None,
        });
        Request {
            method: "POST".into(),
            url: url.to_owned(),
            headers: Headers::from_iter([
                ("authorization", format!("Bearer {token}").as_str()),
                (&setting.header.name, setting.header.value.expose()),
                ("content-type", "application/json"),
                (&setting.profile.headers.interaction_id.value, id),
            ]),
            body: Body::from(body.to_string()),
        }
    }
}

impl Attendant for Ear {
    async fn answer(&self, arrival: &Arrival, request: &Request) -> Reply {
        // Where nobody listens any more the measurement is over.
        let _told = self.tell.send((request.url.clone(), arrival.first));
        self.platform().handle(self.clock.now(), request)
    }

    fn done(&self, _: Exchange) {}

    fn disturbed(&self, _: &Connection, _: &str) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;
    use crate::cli::observation::Stock;

    #[tokio::test]
    async fn the_reference_connector_is_measured_in_every_round_with_tls_and_without() {
        let profile = Arc::new(Profile::built_in());
        let mut setting = Setting::logical(profile, Seed(1), &Stock::default());
        setting.clock = Clock::system();
        for tls in [false, true] {
            let chance = Random::from_seed(Seed(2));
            let (waits, requests) = measure(&setting, tls, chance).await.unwrap();
            assert_eq!((waits.len(), requests.len()), (ROUNDS, ROUNDS));
            let mut took = requests.iter();
            assert!(took.all(|took| *took > Duration::ZERO && *took < BOUND));
        }
    }
}
