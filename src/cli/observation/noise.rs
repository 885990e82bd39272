//! What this host itself adds to the times that are measured on it.
//!
//! Before a connector is observed in real time and after it, the reference connector is run for less
//! than a second against a door of the same kind, on loopback, with a platform of its own. Measured are
//! how late a wait ends, and how long after a notification left the reference connector's request for
//! what it tells of arrives: by the same clock and at the same places as with the connector that is
//! observed. What came of it is written into the history as a notice, so that every report shows it. It
//! is subtracted from nothing: a time that misses its limit by less than this may be the host's.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;
use thiserror::Error;
use tokio::sync::mpsc;

use super::live::Production;
use super::{Setting, brief};
use crate::base::{Clock, Random, Timestamp, later, uuid};
use crate::event::EventKind;
use crate::exchange::{Body, Connection, Exchange, Headers, Outcome, Request, between};
use crate::mock::{Arrival, Attendant, DoorError, DoorOptions, HyperDoor, Platform, Reply, Tenant};
use crate::observe::Performance;
use crate::profile::Profile;
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

/// What a host adds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct NoiseFloor {
    /// How late each wait ended.
    waits: Delays,
    /// How long after each notification had left the request for what it tells of arrived.
    requests: Delays,
}

/// Delays, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Delays(Vec<Duration>);

/// There is no noise floor.
#[derive(Debug, Error)]
enum NoiseError {
    #[error("the profile of the measurement is wrong: {0}")]
    Profile(String),
    #[error("nothing can listen on 127.0.0.1: {0}")]
    Door(#[from] DoorError),
    #[error("the reference connector did not take a notification: {0}")]
    Refused(String),
    #[error("the reference connector was not done within {BOUND:?}")]
    Late,
}

impl Delays {
    fn add(&mut self, delay: Duration) {
        let place = self.0.partition_point(|known| *known <= delay);
        self.0.insert(place, delay);
    }

    /// The smallest that `percent` in a hundred do not exceed: measured, never interpolated.
    fn rank(&self, percent: usize) -> Duration {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).copied().unwrap_or_default()
    }

    /// `p50 0.3 ms, p95 1.2 ms, max 2.0 ms`.
    fn words(&self) -> String {
        let told = |percent| self.rank(percent).as_secs_f64() * 1_000.0;
        let (middle, most, worst) = (told(50), told(95), told(100));
        format!("p50 {middle:.1} ms, p95 {most:.1} ms, max {worst:.1} ms")
    }
}

impl NoiseFloor {
    fn words(&self, when: &str) -> String {
        format!(
            "noise floor {when} the run, {} rounds of the reference connector on this host: waits ended \
             late by {}; requests followed on notifications after {}",
            self.waits.0.len(),
            self.waits.words(),
            self.requests.words(),
        )
    }
}

/// Measures the noise floor and writes it down: `when` is `before` or `after`. Why there is none is
/// written down too. A user who has had enough does not wait for it.
pub(super) async fn tell_noise(performance: &Performance, production: &Production<'_>, when: &str) {
    let setting = production.setting;
    let measured = tokio::select! {
        biased;
        () = production.cancellation.cancelled() => return,
        measured = measure(setting, setting.chance.fork("noise").fork(when)) => measured,
    };
    let message = match measured {
        Ok(floor) => floor.words(when),
        Err(error) => format!("the noise floor {when} the run is not known: {error}"),
    };
    performance.emit(EventKind::Notice { message });
}

/// Runs the reference connector and measures.
async fn measure(setting: &Setting, chance: Random) -> Result<NoiseFloor, NoiseError> {
    let profile = Profile::with_override(PROFILE, "the noise floor")
        .map_err(|error| NoiseError::Profile(error.to_string()))?;
    let setting = setting.apart(Arc::new(profile), chance);
    let (tell, heard) = mpsc::unbounded_channel();
    let ear = Arc::new(Ear {
        platform: Mutex::new(setting.platform()),
        clock: setting.clock.clone(),
        tell,
    });
    let options = DoorOptions::default();
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
        HostOptions::default(),
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
        Err(_) => Ok(NoiseFloor::default()),
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
) -> Result<NoiseFloor, NoiseError> {
    let clock = &setting.clock;
    let options = ClientOptions {
        trust: Trust::default(),
        timeout: Some(BOUND),
    };
    let courier = Client::new(clock.clone(), TargetMap::direct(), options);
    let mut ids = setting.chance.fork("ids");
    let mut floor = NoiseFloor::default();
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
            floor.waits.add(late);
            floor.requests.add(between(sent, arrived));
        }
    }
    Ok(floor)
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

    #[test]
    fn the_words_name_values_that_were_measured() {
        let mut delays = Delays::default();
        assert_eq!(delays.words(), "p50 0.0 ms, p95 0.0 ms, max 0.0 ms");
        for milliseconds in (1..=20).rev() {
            delays.add(Duration::from_millis(milliseconds));
        }
        assert_eq!(delays.words(), "p50 10.0 ms, p95 19.0 ms, max 20.0 ms");
        let floor = NoiseFloor {
            waits: delays.clone(),
            requests: delays,
        };
        assert_eq!(
            floor.words("before"),
            "noise floor before the run, 20 rounds of the reference connector on this host: waits \
             ended late by p50 10.0 ms, p95 19.0 ms, max 20.0 ms; requests followed on notifications \
             after p50 10.0 ms, p95 19.0 ms, max 20.0 ms"
        );
    }

    #[tokio::test]
    async fn the_reference_connector_is_measured_in_every_round() {
        let profile = Arc::new(Profile::built_in());
        let mut setting = Setting::logical(profile, Seed(1), &Stock::default());
        setting.clock = Clock::system();
        let floor = measure(&setting, Random::from_seed(Seed(2))).await.unwrap();
        assert_eq!(
            (floor.waits.0.len(), floor.requests.0.len()),
            (ROUNDS, ROUNDS)
        );
        assert!(floor.requests.rank(50) > Duration::ZERO);
        assert!(floor.requests.0.is_sorted() && floor.requests.rank(100) < BOUND);
    }
}
