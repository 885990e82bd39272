//! `preflight certify` with the shipped collections on the logical clock.

use std::path::Path;
use std::sync::LazyLock;

use preflight::history::History;
use serde_json::Value;

use crate::collection::{Item as _, collection, environment, get};
use crate::server::{Reply, Server};
use crate::snapshots::waits;
use crate::workplace::{Workplace, repository};

/// The checks of a results file, by id.
pub fn check<'a>(results: &'a Value, id: &str) -> &'a Value {
    results["checks"]
        .as_array()
        .expect("results list the checks")
        .iter()
        .find(|check| check["check"] == id)
        .unwrap_or_else(|| panic!("no {id} in the results"))
}

/// A workplace in which the shipped collections were certified, for tests that only look.
pub static CERTIFIED: LazyLock<Workplace> = LazyLock::new(|| {
    let place = Workplace::new();
    place.line("certify").expect(0);
    place
});

/// How long the runner waited to back off, in milliseconds.
fn backoff(events: &[Value]) -> u64 {
    events
        .iter()
        .filter(|event| event["kind"] == "waited")
        .filter(|event| event["reason"] == "retry-after" || event["reason"] == "backoff")
        .map(|event| event["milliseconds"].as_u64().expect("a wait has a length"))
        .sum()
}

#[test]
fn the_shipped_collections_pass_on_the_embedded_mock() {
    let place = Workplace::new();
    let outcome = place.line("certify").expect(0);
    insta::assert_snapshot!(outcome.shown());
    let results = place.json("evidence/results.json");
    assert_eq!(results["version"], 4);
    assert_eq!(results["gate"]["met"], true);
    assert_eq!(results["runs"][0]["ended"], "COMPLETE");
    for check in results["checks"].as_array().unwrap() {
        assert_eq!(check["reported"], "PASS", "{check}");
    }
    let junit = place.read("evidence/junit.xml");
    assert!(junit.contains("failures=\"0\" errors=\"0\""), "{junit}");
    let history = History::read(&place.path("evidence/history.ndjson")).unwrap();
    assert_eq!(history.torn(), None);
    assert_eq!(results["runs"][0]["head"], history.head().as_str());
}

#[test]
fn a_minute_of_backoff_is_waited_on_the_logical_clock_in_no_time() {
    let place = &*CERTIFIED;
    let events = place.events("evidence/history.ndjson");
    let waited = backoff(&events);
    assert!(waited >= 60_000, "{waited} ms");
    let time =
        |event: &Value| -> jiff::Timestamp { event["at"].as_str().unwrap().parse().unwrap() };
    let taken = time(events.last().unwrap()).duration_since(time(&events[0]));
    assert!(taken.as_millis() >= i128::from(waited), "{taken}");
}

#[test]
fn two_runs_in_two_folders_leave_the_same_bytes() {
    let first = &*CERTIFIED;
    // What surrounds a run must not reach its evidence.
    let second = Workplace::new()
        .with_variable("TZ", "Pacific/Auckland")
        .with_variable("LANG", "de_DE.UTF-8")
        .with_variable("HOME", "/nowhere");
    second.line("certify --evidence else/where").expect(0);
    for name in ["history.ndjson", "results.json", "junit.xml", "report.html"] {
        let (one, other) = (
            first.bytes(Path::new("evidence").join(name)),
            second.bytes(Path::new("else/where").join(name)),
        );
        assert!(one == other, "{name} differs");
    }
    for (place, folder) in [(first, "evidence"), (&second, "else/where")] {
        for (name, bytes) in place.files(folder) {
            assert!(!waits(&name), "{name}");
            let folder = place.path("").display().to_string();
            assert!(!String::from_utf8_lossy(&bytes).contains(folder.trim_end_matches('/')));
        }
    }
}

#[test]
fn a_second_run_into_the_same_folder_replaces_the_first() {
    let place = Workplace::new();
    place.line("certify").expect(0);
    let first = place.files("evidence");
    place.line("certify").expect(0);
    assert!(place.files("evidence") == first);
}

#[test]
fn another_seed_is_another_history_with_the_same_verdict() {
    let place = Workplace::new();
    place.line("certify --seed 7").expect(0);
    assert_ne!(
        CERTIFIED.bytes("evidence/history.ndjson"),
        place.bytes("evidence/history.ndjson")
    );
    let outcomes = |place: &Workplace| -> Vec<Value> {
        place.json("evidence/results.json")["checks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|check| check["reported"].clone())
            .collect()
    };
    assert_eq!(outcomes(&CERTIFIED), outcomes(&place));
}

#[test]
fn the_verdict_is_printed_as_json_where_asked_for() {
    let place = Workplace::new();
    let outcome = place.line("certify --json").expect(0);
    let printed: Value = serde_json::from_str(&outcome.stdout).expect("stdout is JSON");
    assert_eq!(printed, place.json("evidence/results.json"));
}

#[test]
fn a_verdict_on_a_replay_does_not_stand_for_the_connector() {
    let place = Workplace::new();
    let outcome = place.line("certify --require connector").expect(3);
    assert!(outcome.stdout.contains("replay"), "{}", outcome.stdout);
    assert_eq!(place.json("evidence/results.json")["gate"]["exit"], 3);
}

#[test]
fn one_shipped_collection_by_name_of_its_file_is_certified_too() {
    let place = Workplace::new();
    let path = repository().join("collections/payments-out-consumer-api.postman_collection.json");
    let path = path.display().to_string();
    place.preflight(&["certify", &path, "--gate", "ci"]);
    let results = place.json("evidence/results.json");
    assert_eq!(check(&results, "RP-01")["reported"], "PASS");
    assert_eq!(check(&results, "ST-01")["reported"], "PASS");
}

#[test]
fn a_collection_of_ones_own_is_certified_against_a_server() {
    let server = Server::new(|request| match request.number {
        0 => Reply::answer(429, &[("Retry-After", "1")], ""),
        _ => Reply::echo(request),
    });
    let place = Workplace::new();
    place.write_json(
        "e.json",
        &environment(&[("base", &server.url(""), "default")]),
    );
    place.write_json(
        "c.json",
        &collection(&[get("named", "{{base}}/x")
            .tested("pm.test('fine', () => pm.response.to.have.status(200));")]),
    );
    let outcome = place.line("certify c.json -e e.json --target sandbox");
    assert_eq!(server.log().len(), 2, "{}", outcome.stdout);
    let events = place.events("evidence/history.ndjson");
    let waited = backoff(&events);
    assert!((1000..5000).contains(&waited), "{waited} ms");
    assert_eq!(events[0]["target"], "sandbox");
    assert_eq!(events[0]["time"], "real");
    assert_eq!(events.last().unwrap()["end"], "COMPLETE");
}

#[test]
fn nothing_is_sent_to_a_host_that_nobody_named() {
    let (named, other) = (Server::echo(), Server::echo());
    let place = Workplace::new();
    place.write_json(
        "e.json",
        &environment(&[("base", &named.url(""), "default")]),
    );
    place.write_json(
        "c.json",
        &collection(&[
            get("named", "{{base}}/x").tested(&format!(
                "pm.sendRequest('{}', (error) => {{ pm.test('refused', () => \
                 pm.expect(String(error)).to.contain('--map')); }});",
                other.url("/script")
            )),
            get("other", &other.url("/item")),
        ]),
    );
    let outcome = place.line("certify c.json -e e.json --target sandbox");
    assert_ne!(outcome.code, Some(0));
    assert_eq!((named.log().len(), other.log().len()), (1, 0));
    assert!(place.read("evidence/history.ndjson").contains("--map"));
    let results = place.json("evidence/results.json");
    assert!(
        !check(&results, "RP-01").to_string().contains("refused:"),
        "{results}"
    );
}
