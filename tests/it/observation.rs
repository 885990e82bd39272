//! Observing a connector that a test made.

use std::time::Duration;

use preflight::event::{End, EventKind, Origin};
use preflight::history::History;

use crate::outcome::Outcome;
use crate::workplace::{PATIENCE, Running, Workplace, send};

/// The command line of a connector of this binary: `rogue::floods`.
pub fn rogue(name: &str) -> String {
    let binary = std::env::current_exe().expect("this binary has a path");
    format!(
        "'{}' --ignored --exact rogue::{name} --nocapture",
        binary.display()
    )
}

/// A workplace with a plan of `scenarios` batches, each with a budget of `milliseconds`.
pub fn rehearsal(scenarios: usize, milliseconds: u64) -> Workplace {
    let place = Workplace::new();
    let mut plan = "name = \"short\"\ndescription = \"A plan of the tests.\"\n".to_owned();
    for number in 1..=scenarios {
        plan += &format!(
            "\n[[scenario]]\nname = \"Batch {number}\"\nbudget = \"{milliseconds}ms\"\n\
             quiet = \"10ms\"\n[[scenario.act]]\ndo = \"submit-batch\"\npayments = 1\n"
        );
    }
    place.write("short.toml", plan);
    place
}

/// Starts `preflight observe` with a connector.
pub fn observe(place: &Workplace, connector: &str, more: &[&str]) -> Running {
    let mut arguments = vec!["observe", "--connector", connector, "--plan", "short.toml"];
    arguments.extend(more);
    Running::start(&mut place.command(&arguments))
}

/// The log of the connector.
pub fn log(place: &Workplace) -> String {
    String::from_utf8_lossy(&place.bytes("evidence/connector.log")).into_owned()
}

/// Waits, within bounds, until the log of the connector has a line with `text`.
pub fn wait_for_log(place: &Workplace, text: &str) {
    let path = place.path("evidence/connector.log");
    wait_until(&format!("«{text}» in the log"), || {
        std::fs::read_to_string(&path).is_ok_and(|log| log.contains(text))
    });
}

/// Looks at a state again and again until it is there, within bounds.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let step = Duration::from_millis(10);
    let mut waited = Duration::ZERO;
    while !is_so() {
        assert!(waited < PATIENCE, "{what}: not within {PATIENCE:?}");
        std::thread::park_timeout(step);
        waited += step;
    }
}

/// The processes that told their ids in the log.
pub fn processes(place: &Workplace) -> Vec<u32> {
    log(place)
        .lines()
        .filter_map(|line| line.strip_prefix("pid ")?.parse().ok())
        .collect()
}

/// Whether a process runs; one that ended and that nobody asked after does not.
pub fn is_alive(process: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{process}/stat"))
        .is_ok_and(|stat| !stat.contains(") Z "))
}

/// Waits for the end of an observation and holds it to what must hold whatever happened: the exit
/// code, a history that can be read and says how it ended, no process left.
#[track_caller]
pub fn finish(place: &Workplace, child: impl Into<Running>, code: i32, end: End) -> Outcome {
    let outcome = place.finish(child).expect(code);
    let history = History::read(&place.path("evidence/history.ndjson")).unwrap();
    assert_eq!(history.end(), Some(end), "{}", outcome.stderr);
    assert_eq!(history.torn(), None);
    let processes = processes(place);
    assert!(!processes.is_empty(), "nobody told its process id");
    for process in processes {
        wait_until("a process that is left", || !is_alive(process));
    }
    outcome
}

/// As [`finish`] after a signal to preflight.
#[track_caller]
pub fn interrupt(place: &Workplace, child: impl Into<Running>, signal: &str) -> Outcome {
    let child: Running = child.into();
    send(signal, child.id());
    finish(place, child, 130, End::AbortedByUser)
}

/// What the history says of the connector, in order: `started`, `ready`, …
pub fn states(place: &Workplace) -> Vec<String> {
    let history = History::read(&place.path("evidence/history.ndjson")).unwrap();
    history
        .events()
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Connector { state, .. } => {
                let state = serde_json::to_value(state).unwrap();
                Some(state.as_str().unwrap_or_default().to_owned())
            }
            _ => None,
        })
        .collect()
}

/// How many requests of the connector the history has.
pub fn exchanges(place: &Workplace) -> usize {
    let history = History::read(&place.path("evidence/history.ndjson")).unwrap();
    history
        .events()
        .iter()
        .filter(|event| {
            let EventKind::Exchange { origin, .. } = &event.kind else {
                return false;
            };
            *origin == Origin::Connector
        })
        .count()
}
