//! What happens when the disk is full, or somebody kills the process.

use std::os::unix::fs::symlink;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use preflight::base::{Random, Seed};
use preflight::event::EventKind;
use preflight::history::History;

use crate::certification::CERTIFIED;
use crate::collection::{Item as _, collection, environment, get};
use crate::server::{Reply, Server};
use crate::workplace::{Workplace, send};

/// How many lines were written whole.
fn lines(bytes: &[u8]) -> usize {
    bytes.split(|byte| *byte == b'\n').count() - 1
}

#[test]
fn a_full_disk_is_a_fault_with_its_place_and_a_remedy() {
    let place = Workplace::new();
    std::fs::create_dir(place.path("evidence")).unwrap();
    symlink("/dev/full", place.path("evidence/history.ndjson")).unwrap();
    let outcome = place.line("certify").expect(7);
    assert_eq!(outcome.stdout, "");
    insta::assert_snapshot!(outcome.shown());
    assert!(!place.path("evidence/results.json").exists());
}

#[test]
fn a_disk_that_fills_up_on_the_way_leaves_a_history_that_can_be_read() {
    let place = Workplace::new();
    // Blocks of 512 or 1024 bytes: 32 or 64 KiB, a part of the history.
    let mut command = std::process::Command::new("/bin/sh");
    command.args([
        "-c",
        "trap '' XFSZ; ulimit -f 64; exec \"$0\" certify",
        env!("CARGO_BIN_EXE_preflight"),
    ]);
    place.settle(&mut command);
    let outcome = place
        .finish(command.spawn().expect("a shell starts"))
        .expect(7);
    assert!(
        outcome.stderr.contains("evidence/history.ndjson"),
        "{}",
        outcome.stderr
    );
    assert!(outcome.stderr.contains("help:"), "{}", outcome.stderr);
    let history = History::read(&place.path("evidence/history.ndjson")).unwrap();
    assert!(history.events().len() > 10);
    assert_eq!(history.end(), None);
    assert!(!place.path("evidence/results.json").exists());
}

#[test]
fn a_run_that_fails_leaves_no_verdict_of_an_earlier_run_behind() {
    let place = Workplace::new();
    std::fs::create_dir(place.path("evidence")).unwrap();
    symlink("/dev/full", place.path("evidence/history.ndjson")).unwrap();
    for name in ["results.json", "junit.xml", "report.html"] {
        place.write(&format!("evidence/{name}"), "of an earlier run");
    }
    place.line("certify").expect(7);
    for name in ["results.json", "junit.xml", "report.html"] {
        assert!(!place.path(format!("evidence/{name}")).exists(), "{name}");
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_told() {
    let place = Workplace::new();
    place.write("evidence", "in the way");
    let outcome = place.line("certify").expect(7);
    insta::assert_snapshot!(outcome.shown());
}

#[test]
fn a_report_on_a_full_disk_is_told() {
    let server = Server::echo();
    let place = Workplace::new();
    place.write_json("c.json", &collection(&[get("r", &server.url("/x"))]));
    let outcome = place
        .line("run c.json -r json --reporter-json-export /dev/full")
        .expect(7);
    insta::assert_snapshot!(outcome.shown());
}

/// How often a run is killed; the long tests ask for more.
#[expect(
    clippy::disallowed_methods,
    reason = "a test has no settings; the variable makes it long"
)]
fn kills() -> u64 {
    std::env::var("PREFLIGHT_KILLS").map_or(6, |kills| kills.parse().expect("it is a number"))
}

/// What is held for so long stands in the history, whatever happens.
const HELD: Duration = Duration::from_millis(100);

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "what is tried are moments of real time"
)]
fn a_run_that_is_killed_at_any_moment_leaves_all_that_it_held_and_a_bundle_that_says_so() {
    let mut moments = Random::from_seed(Seed(1));
    for kill in 0..kills() {
        let arrivals = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&arrivals);
        let server = Server::new(move |_| {
            log.lock().unwrap().push(Instant::now());
            Reply::json(&format!("\"{}\"", "x".repeat(50_000)))
        });
        let place = endless(&server);
        let child = place
            .command(&["certify", "c.json", "-e", "e.json", "--target", "sandbox"])
            // A rate above what the platform states is no certification.
            .args(["--profile", "p.toml", "--gate", "ci"])
            .spawn()
            .expect("preflight starts");
        server.wait_for_request();
        std::thread::sleep(Duration::from_micros(moments.between(0, 400_000)));
        send("KILL", child.id());
        let until = Instant::now().checked_sub(HELD).unwrap();
        assert_eq!(place.finish(child).code, None, "a signal ends it");
        // Each request but the last one says that the answer to the one before was held.
        let asked = arrivals.lock().unwrap().clone();
        let held = asked.iter().filter(|at| **at <= until).count();
        let held = held.saturating_sub(1);
        let bytes = place.bytes("evidence/history.ndjson");
        let history = History::parse(&bytes).unwrap();
        let whole_lines = lines(&bytes);
        assert_eq!(history.end(), None);
        assert!(history.events().len() >= whole_lines);
        assert_eq!(
            history.torn().is_some(),
            !bytes.ends_with(b"\n") && history.events().len() == whole_lines
        );
        let events = history.events().iter();
        let exchanges = events
            .filter(|event| matches!(event.kind, EventKind::Exchange { .. }))
            .count();
        assert!(exchanges >= held, "kill {kill}: {exchanges} of {held}");
        let sealed = place.line("evidence evidence/history.ndjson --gate ci");
        let told = "the run was killed before its history had an end";
        assert!(sealed.stdout.contains(told), "{}", sealed.stdout);
        place.line("verify evidence.preflight.zip").expect(0);
    }
}

/// A replay that takes long, of a server that answers.
fn endless(server: &Server) -> Workplace {
    let place = Workplace::new();
    place.write_json(
        "e.json",
        &environment(&[("base", &server.url(""), "default")]),
    );
    let item =
        |number: u32| get(&format!("r{number}"), "{{base}}/x").tested("pm.test('t', () => {});");
    let items: Vec<_> = (0..1_000).map(item).collect();
    place.write_json("c.json", &collection(&items));
    place.write("p.toml", "rate = 100000.0\nburst = 100000\n");
    place
}

#[test]
fn a_history_torn_anywhere_loses_one_line_at_most() {
    let bytes = CERTIFIED.bytes("evidence/history.ndjson");
    let first = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for cut in (first..bytes.len()).step_by(bytes.len() / 25) {
        let history = History::parse(&bytes[..cut]).unwrap();
        assert!(history.events().len() >= lines(&bytes[..cut]), "{cut}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = Workplace::new();
    let mut command = std::process::Command::new("/bin/sh");
    command.args([
        "-c",
        "\"$0\" certify | true; \"$0\" run --help | true",
        env!("CARGO_BIN_EXE_preflight"),
    ]);
    place.settle(&mut command);
    let outcome = place
        .finish(command.spawn().expect("a shell starts"))
        .expect(0);
    assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
    assert!(place.path("evidence/results.json").exists());
}
