//! A plan, the platform and the built-in connector in logical time: the reference conforms, and a
//! connector that is broken in one way is found out by the check for it.

use std::io::{self, Write};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use preflight::base::{Clock, Random, Secret, Seed};
use preflight::conformance::{Level, Scope, Verdict, judge};
use preflight::event::{End, EventKind, Events, RunStart, Subject, Target};
use preflight::exchange::between;
use preflight::history::{History, Recorder};
use preflight::mock::{Defects, NotificationEndpoint, Platform, Tenant};
use preflight::observe::{Director, Logbook, Plan, Stage, simulate};
use preflight::profile::Profile;
use preflight::specimen::{
    Connector, Dialect, GALLERY, Hint, InteractionId, Nature, Pacing, Policy, Retried, Settings,
    Step, TokenReuse, Trial,
};

/// A history that is kept in memory.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .expect("nobody panics with it")
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Played {
    bytes: Vec<u8>,
    history: History,
    profile: Profile,
    end: End,
    /// Of logical time.
    lasted: Duration,
}

fn settings(profile: &Profile) -> Settings {
    let tenant = Tenant::seeded();
    let provider = tenant.provider;
    Settings {
        api_url: "https://api-payout.mock.invalid".into(),
        dialect: Dialect::of(profile, "sage.specimen"),
        token_url: "https://id.mock.invalid/oauth/token".into(),
        client_id: provider.client_id.into(),
        client_secret: Secret::new(provider.client_secret),
        audience: provider.audience.into(),
        api_key: Secret::new(provider.api_key),
        application: "sage.specimen".into(),
        provider_id: tenant.provider_id.to_string(),
        notification_header: "x-provider-key".into(),
        notification_value: Secret::new("provider-notification-value"),
        issuer: "https://id.mock.invalid/".into(),
        jwks_url: "https://id.mock.invalid/.well-known/jwks.json".into(),
    }
}

fn plan(name: &str) -> Plan {
    Plan::built_in(name).expect("the plan is built in")
}

fn play(plan: Plan, policy: Policy, seed: u64) -> Played {
    let profile = Profile::built_in();
    let settings = settings(&profile);
    let chance = Random::from_seed(Seed(seed));
    let clock = Clock::logical(Clock::logical_start());
    let memory = Memory::default();
    let recorder = Recorder::new(memory.clone(), "memory", Arc::new(str::to_owned));
    let events = Events::new(clock.clone(), vec![Box::new(recorder)]);
    let mut platform = Platform::new(
        Arc::new(profile.clone()),
        chance.fork("mock"),
        Defects::none(),
    );
    platform.set_notification_endpoint(Some(NotificationEndpoint {
        url: "http://127.0.0.1:9000/notifications".into(),
        header: settings.notification_header.clone(),
        value: settings.notification_value.clone(),
    }));
    let name = plan.name.clone();
    let director = Director::new(plan, chance.fork("director"));
    let mut stage = Stage::new(platform, Some(director), Logbook::new(events, &profile));
    stage.emit(EventKind::RunStarted(Box::new(RunStart {
        format: 1,
        harness: "0.1.0".into(),
        target: Target::Mock,
        subject: Subject::Connector,
        profile: profile.name.clone(),
        profile_sha256: profile.sha256.clone(),
        profile_overridden: false,
        time: "logical".into(),
        seed: Seed(seed),
        map: Vec::new(),
        mock_defects: Vec::new(),
        backoff: None,
        insecure: false,
        plan: name,
        exercises: None,
        collections: Vec::new(),
        environment: None,
    })));
    let mut connector = Connector::new(settings, policy, chance.fork("specimen"));
    let end = simulate(&mut stage, &mut connector, &clock, &|| false)
        .unwrap_or_else(|error| panic!("{error}"));
    stage.emit(EventKind::RunEnded { end });
    let lasted = between(Clock::logical_start(), clock.now());
    drop(stage);
    let bytes = memory.0.lock().expect("nobody panics with it").clone();
    Played {
        history: History::parse(&bytes).expect("the history holds together"),
        bytes,
        profile,
        end,
        lasted,
    }
}

fn reference(name: &str, seed: u64) -> Played {
    play(plan(name), Policy::reference(), seed)
}

impl Played {
    /// The scenarios that were not completed, with what they waited for.
    fn open(&self) -> Vec<String> {
        self.history
            .events()
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::ScenarioEnded { scenario, missing } if !missing.is_empty() => {
                    Some(format!("{scenario}: {}", missing.join(", ")))
                }
                _ => None,
            })
            .collect()
    }

    fn judged(&self) -> Verdict {
        judge(&self.history, &self.profile, &Scope::default())
    }

    /// What each check says before its provenance has its say; but for those that read what a
    /// redaction puts in the place of credentials: here nothing is redacted.
    fn levels(&self) -> Vec<(&'static str, Level, String)> {
        let findings = self.judged().findings;
        findings
            .iter()
            .filter(|finding| !["CR-01", "CR-02", "TK-13"].contains(&finding.check))
            .map(|finding| (finding.check, finding.raw, finding.message.clone()))
            .collect()
    }
}

static CERTIFICATION: LazyLock<Played> = LazyLock::new(|| reference("certification", 1));

#[test]
fn the_reference_completes_every_plan_and_nothing_is_held_against_it() {
    let (smoke, ci) = (reference("smoke", 1), reference("ci", 1));
    for played in [&smoke, &ci, &*CERTIFICATION] {
        let name = &played.history.start().plan;
        assert_eq!(played.end, End::Complete, "{name}");
        assert_eq!(played.open(), Vec::<String>::new(), "{name}");
        for (check, level, message) in played.levels() {
            let is_decided = matches!(level, Level::Pass | Level::Info | Level::NotApplicable);
            let is_open = matches!(level, Level::NotExercised | Level::Inconclusive);
            assert!(
                is_decided || (is_open && name != "certification"),
                "{name}, {check}: {level:?}: {message}"
            );
        }
    }
}

#[test]
fn a_certification_lasts_more_than_an_hour_and_the_same_seed_gives_the_same_bytes() {
    let first = &*CERTIFICATION;
    assert!(first.lasted > Duration::from_hours(1), "{:?}", first.lasted);
    assert!(first.bytes == reference("certification", 1).bytes);
}

#[test]
fn another_seed_gives_other_bytes_and_the_same_verdict() {
    let one = reference("ci", 1);
    let other = reference("ci", 2);
    assert!(one.bytes != other.bytes);
    let outcomes = |played: &Played| -> Vec<_> {
        let levels = played.levels();
        levels
            .into_iter()
            .map(|(check, level, _)| (check, level))
            .collect()
    };
    // What overtakes what is chance's doing: not every run exercises it.
    let is_open = |level| matches!(level, Level::NotExercised | Level::Inconclusive);
    for (one, other) in outcomes(&one).into_iter().zip(outcomes(&other)) {
        assert!(
            one == other || (one.0 == other.0 && (is_open(one.1) || is_open(other.1))),
            "{one:?} {other:?}"
        );
    }
}

fn changed(change: impl FnOnce(&mut Policy)) -> Policy {
    let mut policy = Policy::reference();
    change(&mut policy);
    policy
}

#[test]
fn the_reference_is_acquitted_whatever_the_seed() {
    for seed in 2..12 {
        let played = reference("ci", seed);
        assert_eq!(played.open(), Vec::<String>::new(), "{seed}");
        for (check, level, message) in played.levels() {
            let held = [Level::Fail, Level::Warn, Level::Review].contains(&level);
            assert!(!held, "{seed}, {check}: {message}");
        }
    }
}

/// Each conforming connector on the whole plan of a regression gate, where everything happens to it
/// that the scenario of its own trial leaves out. `PREFLIGHT_SEEDS` for more seeds than one.
#[test]
fn whoever_conforms_is_reported_for_no_failure_in_a_whole_plan() {
    #[expect(
        clippy::disallowed_methods,
        reason = "whoever doubts it can have it tried more often"
    )]
    let seeds = std::env::var("PREFLIGHT_SEEDS");
    let seeds = seeds.ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(1);
    let conforming = GALLERY
        .iter()
        .flat_map(|specimens| specimens.iter())
        .filter(|specimen| specimen.nature == Nature::Conforming)
        .filter(|specimen| specimen.profile.is_empty() && specimen.trial != Trial::Probes);
    let mut reported = Vec::new();
    for specimen in conforming {
        for seed in 1..=seeds {
            let policy = specimen.policy(&Profile::built_in(), "sage.specimen");
            let played = play(plan("ci"), policy, seed);
            let scope = Scope {
                declaration: (specimen.declaration)(),
                ..Scope::default()
            };
            for finding in judge(&played.history, &played.profile, &scope).findings {
                if finding.reported == Level::Fail {
                    reported.push(format!(
                        "{}, seed {seed}: {} {}",
                        specimen.name, finding.check, finding.message
                    ));
                }
            }
        }
    }
    assert!(reported.is_empty(), "\n{}", reported.join("\n"));
}

/// One broken connector or more for each check that a connector can break. What is created in a
/// wrong state (ST-01), and a read that does not show what was accepted (ST-13), are the platform's
/// doing; whether faults were delivered (BK-01) nobody can fail.
#[test]
fn a_connector_that_is_broken_in_one_way_is_convicted_by_the_check_for_it() {
    let rate = |rate, burst| changed(|policy| policy.pacing = Pacing::At { rate, burst });
    let hint = |hint| changed(|policy| policy.retry.hint = hint);
    let interaction = |id| changed(|policy| policy.interaction_id = id);
    let reuse = |reuse| changed(|policy| policy.tokens.reuse = reuse);
    let batch = |steps: Vec<Step>| changed(|policy| policy.batch = steps);
    let processing = || Step::Mark("Processing".into());
    // check, what differs, connector
    let table = [
        ("BK-02", "ignores hints", hint(Hint::Ignored)),
        (
            "BK-02",
            "shortens hints",
            hint(Hint::Clamped(Duration::from_secs(2))),
        ),
        ("BK-06", "knows no dates", hint(Hint::SecondsOnly)),
        (
            "BK-15",
            "has no pace",
            changed(|policy| policy.pacing = Pacing::Off),
        ),
        ("BK-15", "is twice too fast", rate(20.0, 10)),
        (
            "IX-01",
            "repeats ids on retries",
            interaction(InteractionId::PerOperation),
        ),
        ("IX-01", "has one id", interaction(InteractionId::Constant)),
        (
            "IX-03",
            "has no UUIDs",
            interaction(InteractionId::Malformed),
        ),
        ("IX-02", "has no ids", interaction(InteractionId::Absent)),
        (
            "ST-02",
            "skips Processing",
            batch(vec![Step::Read, Step::Pay, Step::Close]),
        ),
        (
            "ST-03",
            "changes payments after their end",
            batch(vec![
                Step::Read,
                processing(),
                Step::Pay,
                Step::Close,
                Step::Reverse,
            ]),
        ),
        (
            "ST-03",
            "goes back after the end",
            batch(vec![
                Step::Read,
                processing(),
                Step::Pay,
                Step::Close,
                Step::Set("Processing".into()),
            ]),
        ),
        (
            "TK-01",
            "fetches a token each time",
            reuse(TokenReuse::Once),
        ),
        (
            "TK-05",
            "uses tokens until they are refused",
            reuse(TokenReuse::UntilRefused),
        ),
    ];
    let mut acquitted = Vec::new();
    for (check, difference, policy) in table {
        let levels = play(plan("ci"), policy, 1).levels();
        let of_it = levels.iter().find(|(id, ..)| *id == check);
        let (_, level, message) = of_it.expect("the check is in the catalogue");
        if *level != Level::Fail {
            acquitted.push(format!("{check}, it {difference}: {level:?}, {message}"));
        }
    }
    assert!(acquitted.is_empty(), "\n{}", acquitted.join("\n"));
}

#[test]
fn a_connector_that_never_tries_again_leaves_faults_undelivered_and_scenarios_open() {
    let policy = changed(|policy| policy.retry.retried = Retried::Nothing);
    let played = play(plan("ci"), policy, 1);
    assert!(!played.open().is_empty());
    let levels = played.levels();
    let delivered = levels.iter().find(|(check, ..)| *check == "BK-01");
    assert_eq!(delivered.map(|found| found.1), Some(Level::NotExercised));
}
