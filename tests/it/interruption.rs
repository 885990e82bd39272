//! Ctrl-C and its relatives: the run stops at once, what was done is written, the exit code is 130.

use std::time::Duration;

use preflight::base::{Clock, Timestamp};
use preflight::event::End;
use preflight::history::History;

use crate::collection::{Item as _, collection, environment, get};
use crate::outcome::Outcome;
use crate::server::{Incoming, Reply, Server};
use crate::workplace::{Running, Workplace, send};

/// A workplace whose collection asks `/first` and `/second` of a server.
fn workplace(handler: impl Fn(&Incoming) -> Reply + Send + Sync + 'static) -> (Workplace, Server) {
    let server = Server::new(handler);
    let place = Workplace::new();
    place.write_json(
        "e.json",
        &environment(&[("base", &server.url(""), "default")]),
    );
    place.write_json(
        "c.json",
        &collection(&[
            get("first", "{{base}}/first").tested("pm.test('one', () => {});"),
            get("second", "{{base}}/second"),
            get("third", "{{base}}/third"),
        ]),
    );
    (place, server)
}

fn silent_second(request: &Incoming) -> Reply {
    match request.path() {
        "/second" => Reply::Silence,
        _ => Reply::echo(request),
    }
}

/// The time since then.
fn elapsed(begun: Timestamp) -> Duration {
    Clock::system().now().duration_since(begun).unsigned_abs()
}

/// Starts a line and sends `signal` when the server was asked for the second time.
fn interrupted(place: &Workplace, server: &Server, line: &str, signal: &str) -> Outcome {
    let arguments: Vec<&str> = line.split_whitespace().collect();
    let child = Running::start(&mut place.command(&arguments));
    server.wait_for_request();
    server.wait_for_request();
    let begun = Clock::system().now();
    send(signal, child.id());
    let outcome = place.finish(child);
    assert!(
        elapsed(begun) < Duration::from_secs(20),
        "it did not stop at once"
    );
    outcome.expect(130)
}

#[test]
fn a_run_that_is_interrupted_writes_its_reports() {
    for signal in ["INT", "TERM"] {
        let (place, server) = workplace(silent_second);
        let outcome = interrupted(
            &place,
            &server,
            "run c.json -e e.json -r cli,json,junit --reporter-json-export r.json \
             --reporter-junit-export r.xml --export-environment out.json",
            signal,
        );
        assert!(outcome.stderr.contains("interrupted"), "{}", outcome.stderr);
        let report = place.json("r.json");
        let executions = report["run"]["executions"].as_array().unwrap();
        assert_eq!(executions[0]["response"]["code"], 200, "{signal}");
        assert_eq!(executions[0]["assertions"][0]["assertion"], "one");
        assert!(place.read("r.xml").contains("one"));
        assert_eq!(place.json("out.json")["name"], "Small environment");
        assert!(
            server
                .log()
                .iter()
                .all(|request| request.path() != "/third")
        );
    }
}

#[test]
fn a_run_that_is_interrupted_in_a_script_stops() {
    let (place, server) = workplace(Reply::echo);
    let base = server.url("");
    place.write_json(
        "c.json",
        &collection(&[
            get("first", &format!("{base}/first")),
            get("second", &format!("{base}/second")).tested("while (true) {}"),
            get("third", &format!("{base}/third")),
        ]),
    );
    interrupted(&place, &server, "run c.json", "INT");
    assert_eq!(server.log().len(), 2);
}

#[test]
fn a_certification_that_is_interrupted_leaves_a_history_that_says_so() {
    let (place, server) = workplace(silent_second);
    interrupted(
        &place,
        &server,
        "certify c.json -e e.json --target sandbox",
        "INT",
    );
    let history = History::read(&place.path("evidence/history.ndjson")).unwrap();
    assert_eq!(history.end(), Some(End::AbortedByUser));
    assert_eq!(history.torn(), None);
    let results = place.json("evidence/results.json");
    assert_eq!(results["runs"][0]["ended"], "ABORTED_BY_USER");
    assert_eq!(results["gate"]["exit"], 130);
    assert!(place.path("evidence/junit.xml").exists());
}

#[test]
fn a_certification_that_is_interrupted_while_it_backs_off_stops_at_once() {
    let (place, server) = workplace(|request| match request.path() {
        "/second" => Reply::answer(429, &[("Retry-After", "600")], ""),
        _ => Reply::echo(request),
    });
    interrupted(
        &place,
        &server,
        "certify c.json -e e.json --target sandbox",
        "INT",
    );
    let history = History::read(&place.path("evidence/history.ndjson")).unwrap();
    assert_eq!(history.end(), Some(End::AbortedByUser));
    assert_eq!(server.log().len(), 2, "it tried again before the time");
}

#[test]
fn a_certification_on_the_mock_in_real_time_is_interrupted_too() {
    // The token comes from a server of the test, which tells when the run is on its way.
    let server = Server::new(|_| Reply::Silence);
    let place = Workplace::new();
    let map = format!("https://id.mock.invalid={}", server.url(""));
    let child = place
        .command(&["certify", "--time", "real", "--map", &map])
        .spawn()
        .expect("preflight starts");
    server.wait_for_request();
    send("INT", child.id());
    place.finish(child).expect(130);
    let history = History::read(&place.path("evidence/history.ndjson")).unwrap();
    assert_eq!(history.end(), Some(End::AbortedByUser));
    assert_eq!(history.start().time, "real");
}
