//! Reads a history and refuses one that does not hold together.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use rayon::prelude::*;

use super::HistoryError;
use super::format::{FORMAT, NOTHING_BEFORE, digest, link};
use super::parsed::Line;
use crate::base::Sha256Hex;
use crate::event::{End, Event, EventKind, RunStart};
use crate::exchange::Sharing;

/// The events of one run, in order, without gaps, from `run-started` on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    start: RunStart,
    events: Vec<Event>,
    /// The places of those with which the run, a step or a probe starts.
    starts: Vec<usize>,
    head: Sha256Hex,
    torn: Option<TornLine>,
}

/// A last line that was cut while it was written: the run was killed. What it said is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TornLine {
    /// Its number, from 1.
    pub line: usize,
    /// How many bytes of it are there.
    pub bytes: usize,
}

impl History {
    /// Reads the file at `path`.
    pub fn read(path: &Path) -> Result<Self, HistoryError> {
        let file = File::open(path).map_err(|source| HistoryError::File {
            path: path.to_owned(),
            source,
        })?;
        Self::read_from(file, path)
    }

    /// Reads such a file from `source`; messages call it `path`.
    pub fn read_from(mut source: impl Read + Send, path: &Path) -> Result<Self, HistoryError> {
        let failed = |source| HistoryError::File {
            path: path.to_owned(),
            source,
        };
        let mut reading = Reading::default();
        // Block by block, the next one while this one is parsed: the events alone are held, never the
        // file beside them.
        let (mut block, mut next) = (Vec::new(), Vec::new());
        fill(&mut block, &mut source).map_err(failed)?;
        while !block.is_empty() {
            let whole = block.iter().rposition(|byte| *byte == b'\n');
            let whole = whole.map_or(0, |place| place + 1);
            next.clear();
            next.extend_from_slice(&block[whole..]);
            let (taken, filled) = rayon::join(
                || reading.take(&block[..whole]),
                || fill(&mut next, &mut source),
            );
            taken?;
            if filled.map_err(failed)? == 0 {
                reading.take(&next)?;
                break;
            }
            std::mem::swap(&mut block, &mut next);
        }
        reading.end()
    }

    /// Reads the bytes of such a file.
    pub fn parse(bytes: &[u8]) -> Result<Self, HistoryError> {
        let mut reading = Reading::default();
        reading.take(bytes)?;
        reading.end()
    }

    /// The history of `events` as a recorder without redaction would have written it: for runs
    /// that are judged without a file.
    pub fn of(events: Vec<Event>) -> Result<Self, HistoryError> {
        Self::parse(&Self::lines(&events))
    }

    /// The bytes of the file that a recorder without redaction writes of `events`.
    #[must_use]
    pub fn lines(events: &[Event]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut previous = NOTHING_BEFORE.to_owned();
        for event in events {
            let json = serde_json::to_string(event)
                .expect("an event has text keys and no values that JSON lacks");
            let line = link(&json, &previous).expect("an event is a JSON object");
            digest(&line).as_str().clone_into(&mut previous);
            bytes.extend_from_slice(line.as_bytes());
            bytes.push(b'\n');
        }
        bytes
    }

    fn of_parts(
        events: Vec<Event>,
        head: Sha256Hex,
        torn: Option<TornLine>,
    ) -> Result<Self, HistoryError> {
        let Some(EventKind::RunStarted(start)) = events.first().map(|event| &event.kind) else {
            return Err(HistoryError::Beginning);
        };
        if start.format != FORMAT {
            return Err(HistoryError::Format {
                expected: FORMAT,
                found: start.format,
            });
        }
        Ok(Self {
            start: RunStart::clone(start),
            starts: starts(&events),
            events,
            head,
            torn,
        })
    }

    /// The part of this history that has the events in `kept` and what says of which step or probe
    /// they are. Sequence numbers stay; it has no end, and it stands in no file.
    #[must_use]
    pub fn excerpt(&self, kept: &BTreeSet<u64>) -> Self {
        // Asked hundreds of times about a few events of many: not all are looked through.
        let place = |sequence| {
            let events = self.events.binary_search_by_key(sequence, |it| it.sequence);
            events.ok()
        };
        let mut places: BTreeSet<usize> = kept.iter().filter_map(place).collect();
        let steps: BTreeSet<u64> = places
            .iter()
            .filter_map(|place| match &self.events[*place].kind {
                EventKind::Exchange { step, .. } => Some(*step),
                EventKind::Assertion(record) => Some(record.step),
                _ => None,
            })
            .collect();
        places.retain(|place| !is_start(&self.events[*place]));
        places.extend(
            self.starts
                .iter()
                .filter(|place| match &self.events[**place].kind {
                    EventKind::StepStarted { step, .. } => steps.contains(step),
                    EventKind::ProbeStarted(probe) => steps.contains(&probe.step),
                    _ => true,
                }),
        );
        let events = places.iter().map(|place| self.events[*place].clone());
        let events: Vec<Event> = events.collect();
        Self {
            start: self.start.clone(),
            starts: starts(&events),
            events,
            head: self.head.clone(),
            torn: None,
        }
    }

    /// What ran.
    #[must_use]
    pub fn start(&self) -> &RunStart {
        &self.start
    }

    /// The events in order; the first is `run-started`.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// How the run ended; `None` where the history does not say, because the run was killed.
    #[must_use]
    pub fn end(&self) -> Option<End> {
        let Some(EventKind::RunEnded { end }) = self.events.last().map(|event| &event.kind) else {
            return None;
        };
        Some(*end)
    }

    /// The digest of the last whole line: it stands for the whole history.
    #[must_use]
    pub fn head(&self) -> &Sha256Hex {
        &self.head
    }

    /// The last line, where it was cut while it was written.
    #[must_use]
    pub fn torn(&self) -> Option<TornLine> {
        self.torn
    }
}

/// Whether the run, a step or a probe starts with `event`.
fn is_start(event: &Event) -> bool {
    matches!(
        event.kind,
        EventKind::RunStarted(_) | EventKind::StepStarted { .. } | EventKind::ProbeStarted(_)
    )
}

/// The places of the events with which something starts.
fn starts(events: &[Event]) -> Vec<usize> {
    let places = events.iter().enumerate();
    places
        .filter(|(_, event)| is_start(event))
        .map(|(place, _)| place)
        .collect()
}

/// How many bytes of a file are read at once.
const BLOCK: usize = 4 << 20;

/// How many lines share what their messages have in common.
const TOGETHER: usize = 256;

/// Reads the next bytes of `source` behind those of `block`, and says how many.
fn fill(block: &mut Vec<u8>, source: &mut impl Read) -> std::io::Result<usize> {
    // Memory that was asked for once is not asked for again.
    block.reserve(BLOCK);
    source.take(BLOCK as u64).read_to_end(block)
}

/// How far the reading of a history is.
#[derive(Default)]
struct Reading {
    events: Vec<Event>,
    head: Option<[u8; 32]>,
    torn: Option<TornLine>,
}

impl Reading {
    /// Reads `lines`: whole ones, but for the last of all. They are parsed on all processors and
    /// linked in their order.
    fn take(&mut self, lines: &[u8]) -> Result<(), HistoryError> {
        let lines: Vec<&[u8]> = lines.split_inclusive(|byte| *byte == b'\n').collect();
        let before = self.events.len();
        let parsed: Vec<Vec<Result<Line<'_>, HistoryError>>> = lines
            .par_chunks(TOGETHER)
            .enumerate()
            .map(|(chunk, lines)| {
                let mut sharing = Sharing::default();
                let numbers = before + chunk * TOGETHER + 1..;
                lines
                    .iter()
                    .zip(numbers)
                    .map(|(line, number)| Line::parse(line, number, &mut sharing))
                    .collect()
            })
            .collect();
        self.events.reserve(lines.len());
        for (line, parsed) in lines.iter().zip(parsed.into_iter().flatten()) {
            let number = self.events.len() + 1;
            match parsed.and_then(|parsed| parsed.linked_to(self.head.as_ref(), number)) {
                Ok((event, digest)) => {
                    self.head = Some(digest);
                    self.events.push(event);
                }
                // Whatever is wrong with a line without its newline: it was not written whole.
                Err(_) if !line.ends_with(b"\n") => {
                    self.torn = Some(TornLine {
                        line: number,
                        bytes: line.len(),
                    });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn end(self) -> Result<History, HistoryError> {
        let head = self.head.ok_or(HistoryError::Empty)?;
        History::of_parts(self.events, Sha256Hex::of(&head), self.torn)
    }
}

#[cfg(test)]
mod tests {
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
}
