//! A stage in real time: a door in front of it, a courier behind it.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinSet;

use super::{Disturbances, Stage};
use crate::base::{Clock, Timestamp};
use crate::event::{End, EventKind, ListenerError};
use crate::exchange::{Connection, Exchange, Request};
use crate::mock::{Arrival, Attendant, Notification, Reply};
use crate::transport::Client;

/// How many notifications are on their way at once; others wait for one to arrive.
const COURIERS: usize = 64;

/// How long notifications that are on their way when the plan ends may take.
const LAST_POST: Duration = Duration::from_secs(2);

/// A stage that is served at a door, in real time. Cheap to clone; clones share one stage.
#[derive(Clone)]
pub struct Performance(Arc<Shared>);

struct Shared {
    stage: Mutex<Scene>,
    clock: Clock,
    token_path: String,
    /// Whether something happened that the loop has to look at.
    changed: Notify,
    /// Whether a token was asked for.
    introduced: watch::Sender<bool>,
    /// How many requests were answered.
    served: AtomicU64,
    disturbances: Disturbances,
    couriers: Semaphore,
}

struct Scene {
    stage: Stage,
    /// When the loop means to wake.
    awaited: Option<Timestamp>,
    failure: Option<ListenerError>,
    /// Whether the last event was written.
    ended: bool,
}

/// How a performance came to its end.
#[derive(Debug)]
pub enum Finale<I> {
    /// The plan ended.
    Ended(End),
    /// Something else came first.
    Interrupted(I),
    /// The record cannot be written any further.
    Unrecorded(ListenerError),
}

impl Performance {
    /// A performance of `stage`, which has not begun.
    #[must_use]
    pub fn new(stage: Stage, clock: Clock) -> Self {
        let token_path = stage.platform().profile().paths.token.value.clone();
        Self(Arc::new(Shared {
            stage: Mutex::new(Scene {
                stage,
                awaited: None,
                failure: None,
                ended: false,
            }),
            clock,
            token_path,
            changed: Notify::new(),
            introduced: watch::Sender::new(false),
            served: AtomicU64::new(0),
            disturbances: Disturbances::default(),
            couriers: Semaphore::new(COURIERS),
        }))
    }

    /// Does something on the stage, and lets the loop look at what came of it.
    pub fn with_stage<T>(&self, act: impl FnOnce(&mut Stage, Timestamp) -> T) -> T {
        let mut scene = self.0.scene();
        let now = self.0.clock.now();
        let result = act(&mut scene.stage, now);
        scene.look(&self.0.changed, Look::Always);
        result
    }

    /// Writes an event down.
    pub fn emit(&self, kind: EventKind) {
        if !self.0.scene().ended {
            self.with_stage(|stage, _| stage.emit(kind));
        }
    }

    /// Waits until the connector has asked for a token.
    pub async fn introduction(&self) {
        let mut introduced = self.0.introduced.subscribe();
        // The sender lives as long as the performance.
        let _ = introduced.wait_for(|introduced| *introduced).await;
    }

    /// Plays until the plan ends, `interruption` comes, or the record fails. Notifications are
    /// sent with `courier`.
    pub async fn play<I>(
        &self,
        courier: Arc<Client>,
        interruption: impl Future<Output = I>,
    ) -> Finale<I> {
        tokio::pin!(interruption);
        let mut errands = JoinSet::new();
        let finale = loop {
            let (notifications, next, end, failure) = {
                let mut scene = self.0.scene();
                let now = self.0.clock.now();
                let notifications = scene.stage.due(now);
                let next = scene.stage.next_due();
                scene.awaited = next;
                let end = scene.stage.end();
                (notifications, next, end, scene.take_failure())
            };
            for notification in notifications {
                let (shared, courier) = (Arc::clone(&self.0), Arc::clone(&courier));
                errands.spawn(async move { shared.deliver(&courier, notification).await });
            }
            if let Some(failure) = failure {
                break Finale::Unrecorded(failure);
            }
            if let Some(end) = end {
                break Finale::Ended(end);
            }
            let wait = next.map(|next| {
                let wait = next.duration_since(self.0.clock.now());
                // A moment that is over: what was due did not go away. Do not spin.
                Duration::try_from(wait)
                    .unwrap_or_default()
                    .max(Duration::from_millis(1))
            });
            let alarm = async {
                match wait {
                    Some(wait) => self.0.clock.sleep(wait).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.0.changed.notified() => {}
                () = alarm => {}
                Some(_) = errands.join_next() => {}
                interruption = &mut interruption => break Finale::Interrupted(interruption),
            }
        };
        if matches!(finale, Finale::Ended(_)) {
            tokio::select! {
                () = async { while errands.join_next().await.is_some() {} } => {}
                () = self.0.clock.sleep(LAST_POST) => {}
            }
        }
        // Those that are still on their way are dropped with the set.
        finale
    }

    /// Writes the last event down, and how many disturbed connections there were beyond those that
    /// were told. Nothing is written after it, not even another end.
    pub fn end(&self, end: End) {
        let mut scene = self.0.scene();
        if std::mem::replace(&mut scene.ended, true) {
            return;
        }
        if let Some(message) = self.0.disturbances.untold() {
            scene.stage.emit(EventKind::Notice { message });
        }
        scene.stage.close(end);
        scene.look(&self.0.changed, Look::Always);
    }

    /// How many requests were answered, whatever became of the platform meanwhile.
    #[must_use]
    pub fn served(&self) -> u64 {
        self.0.served.load(Ordering::Relaxed)
    }

    /// Remembers why the record failed.
    pub fn fail(&self, failure: ListenerError) {
        self.0.scene().failure.get_or_insert(failure);
    }

    /// Why the record failed, once.
    #[must_use]
    pub fn failure(&self) -> Option<ListenerError> {
        self.0.scene().take_failure()
    }
}

/// Whether the loop is told of every change or only of one that concerns it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Always,
    WhereNews,
}

/// How often the stage is asked for before the thread sleeps: longer than an answer takes to make, and
/// less than it costs to be woken.
const PATIENCE: u32 = 400;

impl Scene {
    fn take_failure(&mut self) -> Option<ListenerError> {
        self.failure.take().or_else(|| self.stage.failure())
    }

    fn look(&mut self, changed: &Notify, look: Look) {
        self.failure = self.failure.take().or_else(|| self.stage.failure());
        let news = self.failure.is_some()
            || self.stage.end().is_some()
            || self.stage.next_due() != self.awaited;
        if news || look == Look::Always {
            changed.notify_one();
        }
    }
}

impl Shared {
    fn scene(&self) -> MutexGuard<'_, Scene> {
        for _ in 0..PATIENCE {
            if let Ok(scene) = self.stage.try_lock() {
                return scene;
            }
            std::hint::spin_loop();
        }
        // A request is answered whole or not at all, so a panic leaves the stage as it was.
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn deliver(&self, courier: &Client, notification: Notification) {
        // It is never closed.
        let _turn = self.couriers.acquire().await;
        let timeout = Some(notification.timeout);
        let sent = courier.send_within(&notification.request, timeout).await;
        let mut scene = self.scene();
        let now = self.clock.now();
        scene
            .stage
            .notified(now, notification, sent.outcome, sent.timing);
        scene.look(&self.changed, Look::Always);
    }
}

impl Attendant for Performance {
    async fn answer(&self, arrival: &Arrival, request: &Request) -> Reply {
        let address = address(&arrival.connection.peer);
        self.0.served.fetch_add(1, Ordering::Relaxed);
        let reply = {
            let mut scene = self.0.scene();
            let now = self.0.clock.now();
            scene.stage.answer(now, request, Some(address))
        };
        if request.path() == self.0.token_path {
            self.0.introduced.send_if_modified(|introduced| {
                let news = !*introduced;
                *introduced = true;
                news
            });
        }
        reply
    }

    fn done(&self, exchange: Exchange) {
        let mut scene = self.0.scene();
        if scene.ended {
            return;
        }
        let now = self.0.clock.now();
        scene.stage.done(now, exchange);
        scene.look(&self.0.changed, Look::WhereNews);
    }

    fn disturbed(&self, connection: &Connection, reason: &str) {
        if let Some(message) = self.0.disturbances.count(connection, reason) {
            self.emit(EventKind::Notice { message });
        }
    }
}

/// The address of a peer: what stands before its port, without brackets and zone.
fn address(peer: &str) -> &str {
    let Some((address, _port)) = peer.rsplit_once(':') else {
        return peer;
    };
    let bare = address.strip_prefix('[').unwrap_or(address);
    bare.split(['%', ']']).next().unwrap_or(bare)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Random, Seed};
    use crate::event::{Event, Events, Listener};
    use crate::exchange::{Body, Headers};
    use crate::mock::{Defects, Platform};
    use crate::observe::Logbook;
    use crate::observe::disturbances::TOLD;
    use crate::profile::Profile;
    use crate::transport::{ClientOptions, TargetMap, Trust};

    #[derive(Clone, Default)]
    struct Notes(Arc<Mutex<Vec<EventKind>>>);

    impl Listener for Notes {
        fn notice(&mut self, event: &Event) -> Result<(), ListenerError> {
            let mut notes = self.0.lock().unwrap();
            notes.push(event.kind.clone());
            if matches!(&event.kind, EventKind::Notice { message } if message == "full") {
                return Err(ListenerError {
                    activity: "writing".into(),
                    source: std::io::ErrorKind::StorageFull.into(),
                });
            }
            Ok(())
        }
    }

    struct Set {
        performance: Performance,
        notes: Notes,
        courier: Arc<Client>,
    }

    /// A stage without a director.
    fn set() -> Set {
        let profile = Arc::new(Profile::built_in());
        let clock = Clock::system();
        let notes = Notes::default();
        let events = Events::new(clock.clone(), vec![Box::new(notes.clone())]);
        let platform = Platform::new(
            Arc::clone(&profile),
            Random::from_seed(Seed(1)),
            Defects::none(),
        );
        let stage = Stage::new(platform, None, Logbook::new(events, &profile));
        let options = ClientOptions {
            trust: Trust::default(),
            timeout: None,
        };
        Set {
            performance: Performance::new(stage, clock.clone()),
            notes,
            courier: Arc::new(Client::new(clock, TargetMap::direct(), options)),
        }
    }

    fn connection(number: u64) -> Connection {
        Connection {
            number,
            peer: "127.0.0.1:4711".into(),
        }
    }

    #[test]
    fn an_address_is_the_peer_without_its_port() {
        for (peer, expected) in [
            ("127.0.0.1:4711", "127.0.0.1"),
            ("[::1]:4711", "::1"),
            ("[fe80::1%3]:4711", "fe80::1"),
            ("unknown", "unknown"),
        ] {
            assert_eq!(address(peer), expected);
        }
    }

    #[tokio::test]
    async fn without_a_plan_it_is_played_until_somebody_interrupts() {
        let set = set();
        let finale = set
            .performance
            .play(set.courier, std::future::ready("enough"))
            .await;
        assert!(
            matches!(finale, Finale::Interrupted("enough")),
            "{finale:?}"
        );
    }

    #[tokio::test]
    async fn a_record_that_cannot_be_written_ends_it() {
        let set = set();
        let performance = set.performance.clone();
        let play = set
            .performance
            .play(set.courier, std::future::pending::<()>());
        let (finale, ()) = tokio::join!(play, async {
            performance.emit(EventKind::Notice {
                message: "full".into(),
            });
        });
        assert!(matches!(finale, Finale::Unrecorded(_)), "{finale:?}");
    }

    #[tokio::test]
    async fn asking_for_a_token_is_an_introduction() {
        let set = set();
        let now = Clock::system().now();
        let arrival = Arrival {
            first: now,
            last: now,
            connection: connection(1),
        };
        let request = Request {
            method: "POST".into(),
            url: "http://a/oauth/token".into(),
            headers: Headers::new(),
            body: Body::default(),
        };
        let performance = set.performance.clone();
        tokio::join!(performance.introduction(), async {
            let _ = set.performance.answer(&arrival, &request).await;
        });
    }

    #[test]
    fn many_disturbances_are_counted_rather_than_told() {
        let set = set();
        for number in 0..TOLD + 1980 {
            set.performance
                .disturbed(&connection(number), "it was closed");
        }
        set.performance.end(End::Complete);
        set.performance.end(End::AbortedByUser);
        set.performance.disturbed(&connection(1), "too late");
        let notes = set.notes.0.lock().unwrap();
        assert_eq!(notes.len() as u64, TOLD + 2);
        let (before, last) = (&notes[notes.len() - 2], &notes[notes.len() - 1]);
        let message = "1980 more connections brought no whole request".to_owned();
        assert_eq!(*before, EventKind::Notice { message });
        assert_eq!(*last, EventKind::RunEnded { end: End::Complete });
    }

    #[test]
    fn scripted_answers_have_their_proof_before_the_end() {
        let set = set();
        let operation = "POST /oauth/token".to_owned();
        set.performance.with_stage(|stage, _| {
            let answers = vec!["503".parse().unwrap()];
            let platform = stage.platform_mut();
            platform
                .queue_faults("by hand", &operation, answers)
                .unwrap();
        });
        set.performance.end(End::Complete);
        let notes = set.notes.0.lock().unwrap();
        let [EventKind::FaultProof(proof), EventKind::RunEnded { .. }] = notes.as_slice() else {
            panic!("{notes:?}");
        };
        assert_eq!((&proof.operation, proof.delivered), (&operation, 0));
    }
}
