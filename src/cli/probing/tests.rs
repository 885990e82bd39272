use std::collections::BTreeSet;
use std::sync::Arc;

use super::{rehearse_probes, visit_specimen};
use crate::base::Seed;
use crate::cli::args::{PlatformArgs, TimeChoice};
use crate::cli::observation::{Credentials, Setting, Stock};
use crate::cli::surroundings::Surroundings;
use crate::conformance::check::notification_probe::LISTS;
use crate::conformance::{Finding, Level, Scope, judge};
use crate::event::{End, EventKind, ProbeRole};
use crate::history::History;
use crate::observe::probe::Stamina;
use crate::profile::Profile;
use crate::run::cancellation;
use crate::specimen::{Policy, RefusalWords, TokenQuirk, TokenValidation};

/// A block that is small, where tokens have a scope.
const PROFILE: &str = "token.scope = \"notify\"\nprobe.refusals = 5\nprobe.timing-samples = 3\n\
                       probe.large-body = 5_000_001\nrate = 1000\n";

fn profile() -> Arc<Profile> {
    Arc::new(Profile::with_override(PROFILE, "own.toml").unwrap())
}

fn rehearsed(policy: Policy, seed: u64) -> (History, Vec<u8>) {
    let file = tempfile::NamedTempFile::new().unwrap();
    let setting = Setting::logical(profile(), Seed(seed), &Stock::default());
    let events = setting.events_into(file.reopen().unwrap());
    let (_nobody, never) = cancellation();
    let forge = Arc::default();
    let probed = (policy, Stamina::Tried);
    let end = rehearse_probes(&setting, events, probed, &forge, &never).unwrap();
    assert_eq!(end, End::Complete);
    let bytes = std::fs::read(file.path()).unwrap();
    (History::parse(&bytes).unwrap(), bytes)
}

fn found(history: &History, id: &str) -> Finding {
    let verdict = judge(history, &profile(), &Scope::default());
    let mut findings = verdict.findings.into_iter();
    findings.find(|finding| finding.check == id).unwrap()
}

#[test]
fn what_is_sent_is_what_the_checks_expect() {
    let (history, _) = rehearsed(Policy::reference(), 1);
    let mut met = BTreeSet::new();
    for event in history.events() {
        match &event.kind {
            EventKind::ProbeStarted(start) if start.role != ProbeRole::ReadBack => {
                let (_, probes) = LISTS.iter().find(|(id, _)| *id == start.check).unwrap();
                let probe = probes.iter().find(|probe| probe.name == start.probe);
                let probe = probe.unwrap_or_else(|| panic!("{} {}", start.check, start.probe));
                assert_eq!((probe.role, probe.expect), (start.role, start.expect));
                met.insert((start.check.clone(), start.probe.clone()));
            }
            EventKind::ProbeWithheld(one) => {
                met.insert((one.check.clone(), one.probe.clone()));
            }
            _ => {}
        }
    }
    let listed: BTreeSet<(String, String)> = LISTS
        .iter()
        .flat_map(|(id, probes)| {
            probes
                .iter()
                .map(|probe| ((*id).to_owned(), probe.name.to_owned()))
        })
        .collect();
    assert_eq!(met, listed);
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_another_order() {
    let (_, one) = rehearsed(Policy::reference(), 7);
    let (_, same) = rehearsed(Policy::reference(), 7);
    assert!(one == same);
    let order = |history: &History| -> Vec<String> {
        let events = history.events().iter();
        events
            .filter_map(|event| match &event.kind {
                EventKind::ProbeStarted(start) => Some(start.factor.clone()),
                _ => None,
            })
            .collect()
    };
    let (seven, _) = rehearsed(Policy::reference(), 7);
    let (eight, _) = rehearsed(Policy::reference(), 8);
    let (mut seven, mut eight) = (order(&seven), order(&eight));
    assert_ne!(seven, eight);
    seven.sort();
    eight.sort();
    assert_eq!(seven, eight, "but nothing else differs");
}

#[test]
fn controls_come_first_last_and_before_every_so_many_probes() {
    let (history, _) = rehearsed(Policy::reference(), 3);
    let controls: Vec<bool> = history
        .events()
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::ProbeStarted(start) if start.check != "NP-63" => {
                Some(start.role == ProbeRole::Control)
            }
            _ => None,
        })
        .collect();
    assert!(controls.first() == Some(&true) && controls.last() == Some(&true));
    let longest = controls.split(|control| *control).map(<[bool]>::len).max();
    assert!(longest <= Some(11), "a pair stays together: {longest:?}");
}

#[test]
fn neither_the_value_of_the_header_nor_what_is_made_of_it_is_written_down() {
    let setting = Setting::logical(profile(), Seed(5), &Stock::default());
    let value = setting.header.value.expose().to_owned();
    let (_, bytes) = rehearsed(Policy::reference(), 5);
    let text = String::from_utf8(bytes).unwrap();
    let backwards: String = value.chars().rev().collect();
    for secret in [&value[..value.len() - 1], &value[1..], backwards.as_str()] {
        assert!(!text.contains(secret), "{secret}");
        assert!(!text.contains(&secret.to_uppercase()), "{secret}");
    }
    assert!(
        text.len() < 4_000_000,
        "large bodies are cut: {}",
        text.len()
    );
}

#[test]
fn a_refused_control_voids_the_block() {
    let mut deaf = Policy::reference();
    deaf.reception.audience = Some("somebody else".into());
    let (history, _) = rehearsed(deaf, 1);
    assert_eq!(found(&history, "NP-00").raw, Level::Fail);
    let other = found(&history, "NP-21");
    assert_eq!(other.raw, Level::NotExercised);
    assert!(
        other.message.starts_with("The block is void"),
        "{}",
        other.message
    );
}

#[test]
fn refusals_that_can_be_told_apart_are_a_warning() {
    let mut chatty = Policy::reference();
    chatty.reception.refusal.words = RefusalWords::Reason;
    let (history, _) = rehearsed(chatty, 1);
    let finding = found(&history, "NP-12");
    assert_eq!(finding.raw, Level::Warn, "{finding:?}");
    assert_eq!(finding.witness.sequences.len(), 2);
}

#[test]
fn whoever_asks_a_strangers_address_is_convicted_though_he_refuses() {
    let mut curious = Policy::reference();
    curious.reception.token = TokenValidation::Quirky(TokenQuirk::OwnAddress);
    let (history, _) = rehearsed(curious, 1);
    assert_eq!(found(&history, "NP-24").raw, Level::Fail);
}

#[test]
fn the_leeway_that_was_found_is_told() {
    for (seconds, expected) in [(0, "less than 1s"), (10, "5s"), (60, "30s"), (200, "120s")] {
        let mut lenient = Policy::reference();
        lenient.reception.leeway = std::time::Duration::from_secs(seconds);
        let (history, _) = rehearsed(lenient, 1);
        let finding = found(&history, "NP-31");
        assert_eq!(finding.raw, Level::Pass, "{finding:?}");
        assert_eq!(finding.parameters["leeway found"], expected);
    }
}

/// The findings on a specimen that is served on this machine.
async fn visited(policy: Policy) -> Vec<Finding> {
    let folder = tempfile::tempdir().unwrap();
    let platform = PlatformArgs {
        profile: None,
        mock_defect: Vec::new(),
        seed: Some(4),
    };
    let setting = Setting::read(
        Arc::new(Profile::with_override(PROFILE, "own.toml").unwrap()),
        &platform,
        None,
        TimeChoice::Real,
        Credentials::Published,
        Surroundings::default(),
    )
    .unwrap();
    let path = folder.path().join("history.ndjson");
    let events = setting.events(Some(&path), Vec::new()).unwrap();
    let (_nobody, never) = cancellation();
    let end = visit_specimen(&setting, events, policy, Stamina::Tried, &never)
        .await
        .unwrap();
    assert_eq!(end, End::Complete);
    let history = History::read(&path).unwrap();
    judge(&history, &setting.profile, &Scope::default()).findings
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_http_the_reference_is_acquitted_of_everything() {
    let policy = Policy::reference();
    for finding in visited(policy).await {
        assert!(
            matches!(
                finding.raw,
                Level::Pass | Level::Info | Level::NotApplicable
            ),
            "{finding:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_http_an_endpoint_that_asks_a_strangers_address_is_convicted() {
    let mut curious = Policy::reference();
    curious.reception.token = TokenValidation::Quirky(TokenQuirk::OwnAddress);
    let findings = visited(curious).await;
    let convicted: Vec<&str> = findings
        .iter()
        .filter(|finding| finding.raw == Level::Fail)
        .map(|finding| finding.check)
        .collect();
    assert_eq!(convicted, ["NP-24"]);
}
