//! Writes a history while the run goes on.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use super::line::Lines;
use crate::event::{Event, Listener, ListenerError};

/// Takes the secrets out of a text: a header, a URL, a body, a message.
pub type Redaction = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// How much a [`Redaction`] knows. While that stays the same it makes the same of the same text.
pub type Knowledge = Arc<dyn Fn() -> usize + Send + Sync>;

/// The fields whose texts are the format's own words, moments and digests. They hold no secret, and
/// a secret that happens to be such a word must not change them.
pub const FORM: [&str; 23] = [
    "kind",
    "at",
    "request_first",
    "request_last",
    "response_first",
    "response_last",
    "profile_sha256",
    "sha256",
    "target",
    "subject",
    "time",
    "origin",
    "vantage",
    "listen",
    "outcome",
    "end",
    "level",
    "check",
    "probe",
    "role",
    "expect",
    "because",
    "noticed",
];

/// A listener that writes each event as one line, in one write, and flushes it before it answers.
pub struct Recorder<W> {
    out: W,
    /// How the place is called in a message.
    place: String,
    lines: Lines,
    /// The line that is being written.
    line: Vec<u8>,
    /// Whether a write failed: what follows would stand behind a torn line.
    failed: bool,
}

impl Recorder<File> {
    /// Writes to a new file at `path`; one that is there already is replaced.
    pub fn create(path: &Path, redaction: Redaction) -> Result<Self, ListenerError> {
        let (file, place) = create(path)?;
        Ok(Self::new(file, place, redaction))
    }
}

/// A new file at `path`, and how messages call it.
pub(super) fn create(path: &Path) -> Result<(File, String), ListenerError> {
    let place = path.display().to_string();
    match File::create(path) {
        Ok(file) => Ok((file, place)),
        Err(source) => Err(ListenerError {
            activity: format!("creating {place}"),
            source,
        }),
    }
}

impl<W: Write> Recorder<W> {
    /// Writes to `out`, which messages call `place`. `out` should not buffer.
    pub fn new(out: W, place: impl Into<String>, redaction: Redaction) -> Self {
        Self::of(out, place, Lines::new(redaction))
    }

    /// The same bytes; each text goes through `redaction` once while `knowledge` stays the same.
    pub fn remembering(
        out: W,
        place: impl Into<String>,
        redaction: Redaction,
        knowledge: Knowledge,
    ) -> Self {
        Self::of(out, place, Lines::remembering(redaction, knowledge))
    }

    fn of(out: W, place: impl Into<String>, lines: Lines) -> Self {
        Self {
            out,
            place: place.into(),
            lines,
            line: Vec::new(),
            failed: false,
        }
    }

    fn write(&mut self, event: &Event) -> io::Result<()> {
        if self.failed {
            return Err(io::Error::other("an earlier line could not be written"));
        }
        self.line.clear();
        self.lines.append(event, &mut self.line)?;
        self.out.write_all(&self.line)?;
        self.out.flush()
    }
}

impl<W: Write> Listener for Recorder<W> {
    fn notice(&mut self, event: &Event) -> Result<(), ListenerError> {
        self.write(event).map_err(|source| {
            self.failed = true;
            ListenerError {
                activity: format!("writing event {} to {}", event.sequence, self.place),
                source,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::base::Clock;
    use crate::event::EventKind;
    use crate::history::format::digest;

    /// A disk with little room that remembers each write and flush.
    #[derive(Clone, Default)]
    struct Disk(Arc<Mutex<Surface>>);

    #[derive(Default)]
    struct Surface {
        writes: Vec<Vec<u8>>,
        room: usize,
        flushes: usize,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut disk = self.0.lock().unwrap();
            let taken = bytes.len().min(disk.room);
            if taken == 0 {
                return Err(io::Error::from(io::ErrorKind::StorageFull));
            }
            disk.room -= taken;
            disk.writes.push(bytes[..taken].to_vec());
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            self.0.lock().unwrap().flushes += 1;
            Ok(())
        }
    }

    fn event(sequence: u64, message: &str) -> Event {
        Event {
            sequence,
            at: Clock::logical_start(),
            kind: EventKind::Notice {
                message: message.into(),
            },
        }
    }

    #[test]
    fn each_line_is_one_write_and_flushed_before_the_answer() {
        let disk = Disk::default();
        disk.0.lock().unwrap().room = 10_000;
        let mut recorder = Recorder::new(disk.clone(), "h", Arc::new(str::to_owned));
        for sequence in 1..=3 {
            recorder.notice(&event(sequence as u64, "hello")).unwrap();
            let disk = disk.0.lock().unwrap();
            assert_eq!((disk.writes.len(), disk.flushes), (sequence, sequence));
            assert_eq!(disk.writes.last().unwrap().last(), Some(&b'\n'));
        }
    }

    #[test]
    fn what_is_written_and_hashed_went_through_the_redaction() {
        let mut out = Vec::new();
        let redaction: Redaction = Arc::new(|text| text.replace("hunter2", "[secret:9f]"));
        let mut recorder = Recorder::new(&mut out, "h", redaction);
        recorder.notice(&event(1, "hunter2")).unwrap();
        recorder.notice(&event(2, "next")).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(!text.contains("hunter2") && text.contains("[secret:9f]"));
        let (first, second) = text.split_once('\n').unwrap();
        assert!(second.contains(digest(first).as_str()));
    }

    #[test]
    fn a_full_disk_is_an_error_with_its_place_and_nothing_follows_the_torn_line() {
        let disk = Disk::default();
        disk.0.lock().unwrap().room = 20;
        let mut recorder = Recorder::new(disk.clone(), "out/h.ndjson", Arc::new(str::to_owned));
        let error = recorder.notice(&event(1, "hello")).unwrap_err();
        assert_eq!(error.to_string(), "writing event 1 to out/h.ndjson failed");
        assert_eq!(error.source.kind(), io::ErrorKind::StorageFull);
        disk.0.lock().unwrap().room = 10_000;
        recorder.notice(&event(2, "late")).unwrap_err();
        assert_eq!(disk.0.lock().unwrap().writes.concat().len(), 20);
    }

    #[test]
    fn a_secret_that_is_a_word_of_the_format_does_not_break_the_line() {
        let mut out = Vec::new();
        let redaction: Redaction = Arc::new(|text| text.replace("notice", "[secret:9f]"));
        let mut recorder = Recorder::new(&mut out, "h", redaction);
        recorder.notice(&event(1, "a notice")).unwrap();
        let line: Event = serde_json::from_slice(&out).unwrap();
        let message = "a [secret:9f]".to_owned();
        assert_eq!(line.kind, EventKind::Notice { message });
    }

    #[test]
    fn a_file_that_cannot_be_created_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let Err(error) = Recorder::create(
            &folder.path().join("absent/history.ndjson"),
            Arc::new(str::to_owned),
        ) else {
            panic!("a file in a folder that is not there");
        };
        assert!(error.to_string().starts_with("creating "), "{error}");
    }
}
