//! Golden snapshots: what differs is shown, waits for a person, and is never accepted in CI.

use std::ffi::OsStr;
use std::path::Path;

use crate::workplace::{Workplace, repository};

/// A workplace with the shipped snapshots in `golden`, one of them edited.
fn edited(place: &Workplace) {
    for name in ["status-flow.snap", "backoff.snap"] {
        let shipped = repository().join("fixtures/snapshots").join(name);
        let text = std::fs::read_to_string(shipped).unwrap();
        let text = match name {
            "backoff.snap" => {
                let edited = text.replace("waits 65 s", "waits 64 s");
                assert_ne!(edited, text, "the shipped snapshot has no wait of 65 s");
                edited
            }
            _ => text,
        };
        place.write(&format!("golden/{name}"), text);
    }
}

/// A workplace in which an edited snapshot waits for a decision, as a run leaves it.
fn waiting() -> Workplace {
    let place = Workplace::new();
    edited(&place);
    let run = place
        .read("golden/backoff.snap")
        .replace("waits 64 s", "waits 65 s");
    place.write("golden/backoff.snap.new", run);
    place
}

/// Whether a file is a snapshot that waits for a decision.
pub fn waits(name: &str) -> bool {
    Path::new(name).extension() == Some(OsStr::new("new"))
}

fn pending(place: &Workplace) -> Vec<String> {
    place
        .files("golden")
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| waits(name))
        .collect()
}

const CERTIFY: &str = "certify --snapshots golden";

#[test]
fn a_snapshot_that_differs_blocks_and_is_shown() {
    let place = Workplace::new();
    edited(&place);
    let outcome = place.line(CERTIFY).expect(1);
    assert!(
        outcome.stdout.contains("-  waits 64 s"),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome.stdout.contains("+  waits 65 s"),
        "{}",
        outcome.stdout
    );
    let results = place.json("evidence/results.json");
    assert_eq!(
        results["gate"]["blockers"],
        serde_json::json!(["snapshot backoff differs"])
    );
    assert_eq!(pending(&place), ["backoff.snap.new"]);
    // The accepted one is as it was.
    assert!(place.read("golden/backoff.snap").contains("waits 64 s"));
}

#[test]
fn an_accepted_snapshot_passes_from_then_on() {
    let place = waiting();
    let outcome = place.line("snapshot accept --snapshots golden").expect(0);
    insta::assert_snapshot!(outcome.shown());
    assert_eq!(pending(&place), Vec::<String>::new());
    place.line(CERTIFY).expect(0);
    let again = place.line("snapshot accept --snapshots golden").expect(0);
    assert!(again.stdout.contains("no snapshot"), "{}", again.stdout);
}

#[test]
fn a_rejected_snapshot_is_gone_and_the_accepted_one_stays() {
    let place = waiting();
    let outcome = place.line("snapshot reject --snapshots golden").expect(0);
    insta::assert_snapshot!(outcome.shown());
    assert_eq!(pending(&place), Vec::<String>::new());
    assert!(place.read("golden/backoff.snap").contains("waits 64 s"));
}

#[test]
fn a_review_without_a_terminal_shows_and_decides_nothing() {
    let place = waiting();
    let outcome = place.line("snapshot review --snapshots golden").expect(1);
    insta::assert_snapshot!(outcome.shown());
    assert_eq!(pending(&place), ["backoff.snap.new"]);
    let nothing = place.line("snapshot review --snapshots empty").expect(0);
    insta::assert_snapshot!("review_nothing", nothing.shown());
}

#[test]
fn one_of_several_is_chosen_by_its_name() {
    let place = Workplace::new();
    // Nothing accepted yet: both wait.
    place.write("golden/backoff.snap.new", "---\nsource: x\n---\none\n");
    place.write("golden/status-flow.snap.new", "---\nsource: x\n---\ntwo\n");
    assert_eq!(
        pending(&place),
        ["backoff.snap.new", "status-flow.snap.new"]
    );
    place
        .line("snapshot accept backoff --snapshots golden")
        .expect(0);
    assert_eq!(pending(&place), ["status-flow.snap.new"]);
    place
        .line("snapshot reject status-flow.snap.new --snapshots golden")
        .expect(0);
    assert_eq!(pending(&place), Vec::<String>::new());
    place.write("golden/backoff.snap.new", "---\nsource: x\n---\nthree\n");
    let unknown = place.line("snapshot accept absent --snapshots golden");
    insta::assert_snapshot!("unknown_snapshot", unknown.expect(2).shown());
}

#[test]
fn snapshots_that_were_never_accepted_block() {
    let place = Workplace::new();
    let outcome = place.line(CERTIFY);
    assert!(
        matches!(outcome.code, Some(1 | 3 | 4)),
        "{:?}",
        outcome.code
    );
    let results = place.json("evidence/results.json");
    assert_eq!(results["gate"]["met"], false);
}

#[test]
fn nothing_is_accepted_in_continuous_integration() {
    let place = Workplace::new().with_variable("CI", "true");
    edited(&place);
    place.line(CERTIFY).expect(1);
    assert_eq!(pending(&place), Vec::<String>::new(), "CI put something up");
    place.write("golden/backoff.snap.new", "---\nsource: x\n---\nnew\n");
    let outcome = place.line("snapshot accept --snapshots golden").expect(2);
    insta::assert_snapshot!(outcome.shown());
    assert!(place.read("golden/backoff.snap").contains("waits 64 s"));
    assert_eq!(pending(&place), ["backoff.snap.new"]);
}

#[test]
fn continuous_integration_passes_where_nothing_differs() {
    let place = Workplace::new().with_variable("CI", "1");
    place.line("certify --gate ci").expect(0);
    let made: Vec<_> = place
        .files("evidence")
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert!(made.iter().all(|name| !waits(name)), "{made:?}");
}

#[test]
fn a_snapshot_whose_form_is_broken_is_told() {
    let place = Workplace::new();
    edited(&place);
    place.write("golden/backoff.snap", "no front matter");
    let outcome = place.line(CERTIFY).expect(7);
    insta::assert_snapshot!(outcome.stderr);
    // The run is judged all the same.
    assert!(place.path("evidence/results.json").exists());
}
