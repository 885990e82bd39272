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
        let mut searched = 0;
        while !block.is_empty() {
            let Some(last) = memchr::memrchr(b'\n', &block[searched..]) else {
                // The line goes on. What was read of it is neither copied nor searched again.
                searched = block.len();
                if fill(&mut block, &mut source).map_err(failed)? == 0 {
                    reading.take(&block)?;
                    break;
                }
                continue;
            };
            let whole = searched + last + 1;
            next.clear();
            next.extend_from_slice(&block[whole..]);
            searched = next.len();
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

/// The lines of `bytes`, each with its newline.
fn split(bytes: &[u8]) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    let mut start = 0;
    for newline in memchr::memchr_iter(b'\n', bytes) {
        lines.push(&bytes[start..=newline]);
        start = newline + 1;
    }
    if start < bytes.len() {
        lines.push(&bytes[start..]);
    }
    lines
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
        let lines = split(lines);
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
#[path = "reader_tests.rs"]
mod tests;
