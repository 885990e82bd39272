//! What of a file is read, and what is refused.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::base::{Clock, Seed, sha256};
use crate::event::{Listener as _, Subject, Target};
use crate::history::Recorder;

fn start() -> EventKind {
    EventKind::RunStarted(Box::new(RunStart {
        format: FORMAT,
        harness: "0.1.0".into(),
        target: Target::Mock,
        subject: Subject::Replay,
        profile: "built-in".into(),
        profile_sha256: sha256(b"profile"),
        profile_overridden: false,
        time: "logical".into(),
        seed: Seed(1),
        map: Vec::new(),
        mock_defects: Vec::new(),
        backoff: None,
        insecure: false,
        plan: "full".into(),
        exercises: None,
        collections: vec!["Provider API".into()],
        environment: None,
    }))
}

fn events(messages: &[String]) -> Vec<Event> {
    let notices = messages.iter().map(|message| EventKind::Notice {
        message: message.clone(),
    });
    std::iter::once(start())
        .chain(notices)
        .zip(1..)
        .map(|(kind, sequence)| Event {
            sequence,
            at: Clock::logical_start(),
            kind,
        })
        .collect()
}

fn three() -> Vec<u8> {
    History::lines(&events(&["one".into(), "two".into()]))
}

fn failure(bytes: &[u8]) -> String {
    History::parse(bytes).unwrap_err().to_string()
}

/// The lines of `bytes` after `edit`, with a newline behind each.
fn edited(bytes: &[u8], edit: impl FnOnce(&mut Vec<String>)) -> Vec<u8> {
    let text = std::str::from_utf8(bytes).unwrap();
    let mut lines = text.lines().map(str::to_owned).collect();
    edit(&mut lines);
    lines
        .join("\n")
        .into_bytes()
        .into_iter()
        .chain([b'\n'])
        .collect()
}

proptest! {
    #[test]
    fn what_was_recorded_is_read(messages in prop::collection::vec(".{0,300}", 0..12)) {
        let events = events(&messages);
        let mut out = Vec::new();
        let mut recorder = Recorder::new(&mut out, "memory", Arc::new(str::to_owned));
        for event in &events {
            recorder.notice(event).unwrap();
        }
        prop_assert_eq!(&out, &History::lines(&events));
        let history = History::parse(&out).unwrap();
        prop_assert_eq!(history.events(), &events);
        let last = out.strip_suffix(b"\n").unwrap();
        let last = last.rsplit(|byte| *byte == b'\n').next().unwrap();
        prop_assert_eq!(history.head(), &sha256(last));
    }

    #[test]
    fn wherever_a_kill_cuts_the_whole_lines_before_it_are_read(cut in 0_usize..2000) {
        let bytes = three();
        let cut = &bytes[..cut.min(bytes.len())];
        let whole = cut.split(|byte| *byte == b'\n').count() - 1;
        match History::parse(cut) {
            Ok(history) => {
                // A line that lacks nothing but its newline is whole as well.
                let kept = history.events().len();
                prop_assert!(kept == whole || (kept == whole + 1 && history.torn().is_none()));
            }
            Err(error) => {
                prop_assert!(matches!(error, HistoryError::Empty));
                prop_assert_eq!(whole, 0);
            }
        }
    }

    #[test]
    fn no_changed_byte_goes_unseen(place in 0_usize..2000, flip in 1_u8..=255) {
        let bytes = three();
        let mut changed = bytes.clone();
        let place = place % bytes.len();
        changed[place] ^= flip;
        // The last line has no line after it that vouches for it: its head does.
        let read = History::parse(&changed);
        let original = History::parse(&bytes).unwrap();
        prop_assert!(read.map_or(true, |read| read.head() != original.head()));
    }
}

#[test]
fn a_torn_last_line_is_forgiven_and_told() {
    let mut bytes = three();
    bytes.truncate(bytes.len() - 9);
    let history = History::parse(&bytes).unwrap();
    assert_eq!(history.events().len(), 2);
    let torn = history.torn().unwrap();
    assert_eq!(torn.line, 3);
    assert!(torn.bytes > 50, "{torn:?}");
    assert_eq!(history.end(), None);
}

#[test]
fn a_broken_line_that_was_ended_is_not_forgiven() {
    let bytes = edited(&three(), |lines| lines[2].truncate(30));
    assert_eq!(
        failure(&bytes),
        "line 3 of the history is not an event of format 1: the file was damaged or edited, \
         or written by a newer preflight. Take the original file, or update preflight"
    );
}

#[test]
fn a_changed_line_breaks_the_chain_at_the_line_after_it() {
    let bytes = edited(&three(), |lines| lines[1] = lines[1].replace("one", "own"));
    assert!(
        failure(&bytes).starts_with("the chain breaks at line 3 of the history"),
        "{}",
        failure(&bytes)
    );
}

#[test]
fn a_removed_line_breaks_the_chain() {
    let bytes = edited(&three(), |lines| drop(lines.remove(1)));
    assert!(failure(&bytes).starts_with("the chain breaks at line 2"));
}

#[test]
fn a_gap_in_the_sequence_is_found_even_where_the_chain_holds() {
    let mut events = events(&["one".into()]);
    events[1].sequence = 3;
    assert_eq!(
        failure(&History::lines(&events)),
        "line 2 of the history has sequence 3 (expected: 2): events were lost while it was \
         written. Run it again"
    );
}

#[test]
fn a_line_without_a_link_is_refused() {
    let bytes = edited(&three(), |lines| {
        let cut = lines[2].find(",\"previous").unwrap();
        lines[2].replace_range(cut.., "}");
    });
    assert!(failure(&bytes).contains("does not end in `previous_sha256` (expected: "));
}

#[test]
fn bytes_that_are_not_text_are_refused() {
    let mut bytes = three();
    bytes[10] = 0xff;
    assert!(failure(&bytes).starts_with("line 1 of the history is not UTF-8"));
}

#[test]
fn a_history_begins_with_what_ran() {
    assert!(failure(b"").starts_with("the history has no whole line"));
    let mut events = events(&["one".into()]);
    events.remove(0);
    events[0].sequence = 1;
    assert!(failure(&History::lines(&events)).starts_with("line 1 of the history is not"));
}

#[test]
fn another_format_is_refused() {
    let mut events = events(&[]);
    if let EventKind::RunStarted(start) = &mut events[0].kind {
        start.format = 2;
    }
    assert_eq!(
        failure(&History::lines(&events)),
        "the history has format 2 (expected: 1). Use the preflight that wrote it, or run again"
    );
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = History::read(&folder.path().join("absent.ndjson")).unwrap_err();
    assert!(error.to_string().starts_with("cannot read the history "));
    assert!(error.to_string().ends_with("absent.ndjson"));
}

#[test]
fn the_end_is_what_the_last_event_says() {
    let mut events = events(&[]);
    events.push(Event {
        sequence: 2,
        at: Clock::logical_start(),
        kind: EventKind::RunEnded { end: End::Complete },
    });
    assert_eq!(History::of(events).unwrap().end(), Some(End::Complete));
}

#[test]
fn a_line_of_megabytes_is_read() {
    let long = "x".repeat(3 * 1024 * 1024);
    let history = History::of(events(&[long])).unwrap();
    assert_eq!(history.events().len(), 2);
}

#[test]
fn a_line_that_is_longer_than_what_is_read_at_once_is_read() {
    let long = "x".repeat(2 * BLOCK + 7);
    let bytes = History::lines(&events(&["one".into(), long, "three".into()]));
    let path = Path::new("long.ndjson");
    let history = History::read_from(bytes.as_slice(), path).unwrap();
    assert_eq!(history, History::parse(&bytes).unwrap());
    assert_eq!(history.events().len(), 4);
    let cut = &bytes[..2 * BLOCK];
    let torn = History::read_from(cut, path).unwrap().torn().unwrap();
    assert_eq!((torn.line, torn.bytes), (3, cut.len() - before(&bytes, 2)));
}

/// How many bytes the first `lines` lines have.
fn before(bytes: &[u8], lines: usize) -> usize {
    let all = bytes.split_inclusive(|byte| *byte == b'\n');
    all.take(lines).map(<[u8]>::len).sum()
}
