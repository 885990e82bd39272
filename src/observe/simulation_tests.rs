use std::cell::Cell;
use std::io;
use std::sync::{Arc, Mutex};

use super::*;
use crate::base::{Random, Secret, Seed};
use crate::event::{Event, EventKind, Events, Listener, Origin};
use crate::mock::{Defects, NotificationEndpoint, Platform, Tenant};
use crate::observe::{Director, Logbook, Plan};
use crate::profile::Profile;
use crate::specimen::{Dialect, Policy, Settings, TokenValidation};

#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<Event>>>);

impl Listener for Memory {
    fn notice(&mut self, event: &Event) -> Result<(), ListenerError> {
        self.0.lock().unwrap().push(event.clone());
        Ok(())
    }
}

/// A record that fails at this event.
struct Full(u64);

impl Listener for Full {
    fn notice(&mut self, event: &Event) -> Result<(), ListenerError> {
        if event.sequence < self.0 {
            return Ok(());
        }
        Err(ListenerError {
            activity: "writing".into(),
            source: io::Error::other("no space"),
        })
    }
}

fn settings() -> Settings {
    let provider = Tenant::seeded().provider;
    Settings {
        api_url: "https://api-payout.mock.invalid".into(),
        dialect: Dialect::of(&Profile::built_in(), "sage.test"),
        token_url: "https://id.mock.invalid/oauth/token".into(),
        client_id: provider.client_id.into(),
        client_secret: Secret::new(provider.client_secret),
        audience: provider.audience.into(),
        api_key: Secret::new(provider.api_key),
        application: "sage.test".into(),
        provider_id: Tenant::seeded().provider_id.to_string(),
        notification_header: "x-key".into(),
        notification_value: Secret::new("value"),
        issuer: "https://id.mock.invalid/".into(),
        jwks_url: "https://id.mock.invalid/jwks".into(),
    }
}

fn policy() -> Policy {
    let mut policy = Policy::reference();
    policy.reception.token = TokenValidation::Ignored;
    policy
}

struct Theatre {
    stage: Stage,
    connector: Connector,
    clock: Clock,
    memory: Memory,
}

impl Theatre {
    fn new(plan: Option<&str>, policy: Policy) -> Self {
        let memory = Memory::default();
        Self::told(plan, policy, Box::new(memory.clone()), memory)
    }

    fn told(
        plan: Option<&str>,
        policy: Policy,
        listener: Box<dyn Listener + Send>,
        memory: Memory,
    ) -> Self {
        let profile = Arc::new(Profile::built_in());
        let clock = Clock::logical(Clock::logical_start());
        let chance = Random::from_seed(Seed(1));
        let logbook = Logbook::new(Events::new(clock.clone(), vec![listener]), &profile);
        let mut platform = Platform::new(profile, chance.fork("mock"), Defects::none());
        platform.set_notification_endpoint(Some(NotificationEndpoint {
            url: "https://connector.invalid/notifications".into(),
            header: "x-key".into(),
            value: Secret::new("value"),
        }));
        let director = plan.map(|text| {
            let plan = Plan::read("own.plan.toml", text).unwrap();
            Director::new(plan, chance.fork("director"))
        });
        Self {
            stage: Stage::new(platform, director, logbook),
            connector: Connector::new(settings(), policy, chance.fork("specimen")),
            clock,
            memory,
        }
    }

    fn fault(mut self, operation: &str, answers: &[&str]) -> Self {
        let answers = answers.iter().map(|text| text.parse().unwrap()).collect();
        let platform = self.stage.platform_mut();
        platform.queue_faults("test", operation, answers).unwrap();
        self
    }

    fn play(&mut self) -> Result<End, SimulationError> {
        simulate(&mut self.stage, &mut self.connector, &self.clock, &|| false)
    }

    /// The exchanges: who, operation, status, beginning and end in milliseconds.
    fn exchanges(&self) -> Vec<(Origin, String, Option<u16>, i64, i64)> {
        let since =
            |moment: Timestamp| moment.as_millisecond() - Clock::logical_start().as_millisecond();
        let events = self.memory.0.lock().unwrap();
        events
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::Exchange {
                    origin, exchange, ..
                } => Some((
                    *origin,
                    format!("{} {}", exchange.request.method, exchange.request.path()),
                    exchange.status(),
                    since(exchange.timing.request_first),
                    since(exchange.timing.response_last),
                )),
                _ => None,
            })
            .collect()
    }
}

/// One batch, with a limit of time.
const ONE_BATCH: &str = r#"
name = "one"
description = "One batch."

[[scenario]]
name = "One batch"
description = "One batch."
budget = "60s"
quiet = "1s"

[[scenario.act]]
do = "submit-batch"
"#;

const TOKEN: &str = "POST /oauth/token";
const READ: &str = "GET /api-provider-v1/providers/{providerId}";

#[test]
fn without_a_director_it_ends_when_nobody_has_anything_left_to_do() {
    let mut theatre = Theatre::new(None, policy());
    assert_eq!(theatre.play().unwrap(), End::Complete);
    let exchanges = theatre.exchanges();
    let [token, read, publish] = exchanges.as_slice() else {
        panic!("{exchanges:?}");
    };
    assert_eq!((token.0, token.1.as_str()), (Origin::Connector, TOKEN));
    assert_eq!(token.3, 20, "half of the modelled latency on its way up");
    assert!((60..=100).contains(&token.4), "and the whole on top");
    assert_eq!(read.3, token.4 + 20);
    assert_eq!(read.2, Some(200));
    assert_eq!(publish.2, Some(204));
}

#[test]
fn a_plan_is_played_to_its_end_and_the_clock_goes_with_it() {
    let mut theatre = Theatre::new(Some(ONE_BATCH), policy());
    assert_eq!(theatre.play().unwrap(), End::Complete);
    let events = theatre.memory.0.lock().unwrap();
    let ended = events.iter().find_map(|event| match &event.kind {
        EventKind::ScenarioEnded { missing, .. } => Some(missing.clone()),
        _ => None,
    });
    assert_eq!(ended, Some(Vec::new()));
    for event in events.iter() {
        if let EventKind::Exchange { exchange, .. } = &event.kind {
            assert_eq!(event.at, exchange.timing.response_last);
        }
    }
}

#[test]
fn connections_that_break_are_failures_and_slow_answers_are_late() {
    // answers to the first request for a token, how it ends, what it costs in milliseconds
    let table = [
        ("cut", None, 40..=80),
        ("reset", None, 40..=80),
        ("truncated", None, 40..=80),
        ("delay=3s", Some(200), 3040..=3080),
        ("slow-body=3s", Some(200), 3040..=3080),
    ];
    for (fault, status, cost) in table {
        let mut theatre = Theatre::new(None, policy()).fault(TOKEN, &[fault]);
        theatre.play().unwrap();
        let exchanges = theatre.exchanges();
        let (_, operation, seen, began, ended) = &exchanges[0];
        assert_eq!((operation.as_str(), *seen), (TOKEN, status), "{fault}");
        assert!(cost.contains(&(ended - began)), "{fault}: {exchanges:?}");
        let last = exchanges.last().unwrap();
        assert_eq!(last.2, Some(204), "{fault}: it got through in the end");
    }
}

#[test]
fn a_client_waits_no_longer_than_it_means_to() {
    let mut theatre = Theatre::new(None, policy()).fault(READ, &["delay=10m"]);
    theatre.play().unwrap();
    let exchanges = theatre.exchanges();
    let reads: Vec<_> = exchanges
        .iter()
        .filter(|(_, operation, ..)| operation.starts_with("GET "))
        .collect();
    assert_eq!(reads[0].2, None, "it closed the connection");
    assert_eq!(reads[0].4 - reads[0].3, 29_980, "30 s after it was sent");
    assert_eq!(reads[1].2, Some(200));
}

#[test]
fn an_answer_to_a_notification_that_comes_too_late_does_not_count() {
    let mut late = policy();
    late.reception.delay = Duration::from_secs(11);
    let mut theatre = Theatre::new(Some(ONE_BATCH), late);
    theatre.play().unwrap();
    let notified: Vec<_> = theatre
        .exchanges()
        .into_iter()
        .filter(|(origin, ..)| *origin == Origin::Platform)
        .collect();
    assert!(notified.len() > 1, "it is sent again: {notified:?}");
    for (_, _, status, began, ended) in notified {
        assert_eq!((status, ended - began), (None, 10_000));
    }
}

#[test]
fn what_is_under_way_when_the_plan_ends_comes_to_its_end_and_nothing_new_begins() {
    let plan = ONE_BATCH
        .replace("60s", "1s")
        .replace("quiet = \"1s\"\n", "");
    let mut theatre = Theatre::new(Some(&plan), policy());
    theatre.play().unwrap();
    let end = theatre.clock.now();
    let began = theatre.exchanges();
    let last = began.iter().map(|(.., ended)| *ended).max().unwrap();
    let since = end.as_millisecond() - Clock::logical_start().as_millisecond();
    assert!((last..last + 1_000).contains(&since), "{last} {since}");
    assert_eq!(theatre.stage.end(), Some(End::Complete));
}

#[test]
fn it_stops_when_the_user_has_had_enough() {
    let mut theatre = Theatre::new(Some(ONE_BATCH), policy());
    let asked = Cell::new(0);
    let end = simulate(
        &mut theatre.stage,
        &mut theatre.connector,
        &theatre.clock,
        &|| {
            asked.set(asked.get() + 1);
            true
        },
    );
    assert_eq!(end.unwrap(), End::AbortedByUser);
    assert_eq!(asked.get(), 1);
}

#[test]
fn a_record_that_fails_ends_it() {
    let mut theatre = Theatre::told(None, policy(), Box::new(Full(2)), Memory::default());
    let error = theatre.play().unwrap_err();
    assert!(matches!(error, SimulationError::Record(_)), "{error}");
}

#[test]
fn the_clock_of_the_machine_is_refused() {
    let mut theatre = Theatre::new(None, policy());
    theatre.clock = Clock::system();
    assert!(matches!(theatre.play(), Err(SimulationError::RealTime)));
}

#[test]
fn a_play_without_an_end_is_given_up_and_says_so() {
    let mut theatre = Theatre::new(Some(ONE_BATCH), policy());
    let (stage, connector) = (&mut theatre.stage, &mut theatre.connector);
    let mut endless = Simulation::new(stage, connector, &theatre.clock);
    endless.put_due(theatre.clock.now());
    let error = endless.play(3, &|| false).unwrap_err().to_string();
    assert!(
        error.starts_with("3 things have happened by 2026-01-01T00:00:"),
        "{error}"
    );

    let mut theatre = Theatre::new(Some(ONE_BATCH), policy());
    let (stage, connector) = (&mut theatre.stage, &mut theatre.connector);
    let mut stuck = Simulation::new(stage, connector, &theatre.clock);
    let error = stuck.play(3, &|| false).unwrap_err().to_string();
    assert!(
        error.contains("nothing is under way and nothing is due"),
        "{error}"
    );
}
