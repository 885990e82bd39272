//! Writes a history beside the run, for runs that must not wait for each line.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use super::line::Lines;
use super::recorder::{Redaction, create};
use crate::event::{Event, EventKind, Listener, ListenerError};
use crate::exchange::Outcome;

/// How many events may wait to be written.
const WAITING_EVENTS: usize = 8_192;

/// How many bytes of bodies the events that wait may have, but for the last of them.
const WAITING_BYTES: usize = 64 * 1024 * 1024;

/// After how many bytes lines are handed to the operating system though more wait.
const BATCH: usize = 256 * 1024;

/// A listener that lets a thread of its own write each event as one line. Lines that are ready
/// together are written together; none waits for another to come. Whoever is faster than the
/// thread waits when [`WAITING_EVENTS`] are queued: nothing is lost and memory stays bounded.
///
/// Taking note of [`EventKind::RunStarted`] and [`EventKind::RunEnded`] waits until everything is
/// written. So does dropping it, but that cannot report an error.
pub struct BackgroundRecorder {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    queue: Mutex<Queue>,
    /// Told when events come, or no more will.
    filled: Condvar,
    /// Told when events were written, or writing failed.
    drained: Condvar,
    place: String,
}

#[derive(Default)]
struct Queue {
    events: VecDeque<Event>,
    /// How many bytes of bodies they have.
    bytes: usize,
    /// Whether events that were taken from the queue are being written.
    is_writing: bool,
    is_closed: bool,
    failure: Option<Broken>,
}

/// Why writing ended.
#[derive(Clone, Debug)]
struct Broken {
    sequence: u64,
    kind: io::ErrorKind,
    code: Option<i32>,
    message: String,
}

impl BackgroundRecorder {
    /// Writes to a new file at `path`; one that is there already is replaced.
    ///
    /// # Errors
    /// If it cannot be created, or no thread started.
    pub fn create(path: &Path, redaction: Redaction) -> Result<Self, ListenerError> {
        let (file, place) = create(path)?;
        Self::new::<File>(file, place, redaction)
    }

    /// Writes to `out`, which messages call `place`. `out` should not buffer.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn new<W: Write + Send + 'static>(
        out: W,
        place: impl Into<String>,
        redaction: Redaction,
    ) -> Result<Self, ListenerError> {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            filled: Condvar::new(),
            drained: Condvar::new(),
            place: place.into(),
        });
        let writing = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("history".into())
            .spawn(move || writing.write(out, Lines::new(redaction)))
            .map_err(|source| ListenerError {
                activity: format!("starting the writer of {}", shared.place),
                source,
            })?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Waits until everything is written.
    ///
    /// # Errors
    /// If something could not be.
    pub fn close(mut self) -> Result<(), ListenerError> {
        self.finish();
        self.shared.state()
    }

    fn finish(&mut self) {
        self.shared.queue().is_closed = true;
        self.shared.filled.notify_one();
        if let Some(thread) = self.thread.take() {
            // Its panic has been reported where it happened, and left a failure behind.
            let _panicked = thread.join();
        }
    }
}

impl Listener for BackgroundRecorder {
    fn notice(&mut self, event: &Event) -> Result<(), ListenerError> {
        // What cannot be written at all is known before anything happens.
        let waits = matches!(
            event.kind,
            EventKind::RunStarted(_) | EventKind::RunEnded { .. }
        );
        self.shared.put(event.clone())?;
        if waits {
            self.shared.flush();
        }
        self.shared.state()
    }
}

impl Drop for BackgroundRecorder {
    fn drop(&mut self) {
        self.finish();
    }
}

impl Shared {
    fn put(&self, event: Event) -> Result<(), ListenerError> {
        let bytes = body_bytes(&event);
        let mut queue = self.queue();
        while queue.failure.is_none()
            && (queue.events.len() >= WAITING_EVENTS || queue.bytes >= WAITING_BYTES)
        {
            queue = wait(&self.drained, queue);
        }
        if let Some(broken) = &queue.failure {
            return Err(broken.error(&self.place));
        }
        queue.bytes += bytes;
        queue.events.push_back(event);
        drop(queue);
        self.filled.notify_one();
        Ok(())
    }

    /// Waits until nothing is queued and nothing being written.
    fn flush(&self) {
        let mut queue = self.queue();
        while queue.failure.is_none() && (queue.is_writing || !queue.events.is_empty()) {
            queue = wait(&self.drained, queue);
        }
    }

    fn state(&self) -> Result<(), ListenerError> {
        match &self.queue().failure {
            Some(broken) => Err(broken.error(&self.place)),
            None => Ok(()),
        }
    }

    /// The next events to write; none when no more will come.
    fn take(&self) -> Option<VecDeque<Event>> {
        let mut queue = self.queue();
        while queue.events.is_empty() {
            if queue.is_closed {
                return None;
            }
            queue = wait(&self.filled, queue);
        }
        queue.is_writing = true;
        queue.bytes = 0;
        let events = std::mem::take(&mut queue.events);
        drop(queue);
        self.drained.notify_all();
        Some(events)
    }

    /// Writes until no more will come, or writing fails.
    fn write<W: Write>(&self, out: W, lines: Lines) {
        let mut writer = Writer {
            out,
            lines,
            batch: Vec::new(),
        };
        let guard = PanicGuard(self);
        while let Some(events) = self.take() {
            let written = writer.write(events);
            let mut queue = self.queue();
            queue.is_writing = false;
            queue.failure = written.err();
            let failed = queue.failure.is_some();
            drop(queue);
            self.drained.notify_all();
            if failed {
                break;
            }
        }
        std::mem::forget(guard);
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Nobody panics while holding it.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leaves a failure behind when the thread panics, so that nobody waits for it.
struct PanicGuard<'a>(&'a Shared);

impl Drop for PanicGuard<'_> {
    fn drop(&mut self) {
        self.0.queue().failure = Some(Broken {
            sequence: 0,
            kind: io::ErrorKind::Other,
            code: None,
            message: "the writer of the history failed".into(),
        });
        self.0.drained.notify_all();
    }
}

struct Writer<W> {
    out: W,
    lines: Lines,
    batch: Vec<u8>,
}

impl<W: Write> Writer<W> {
    fn write(&mut self, events: VecDeque<Event>) -> Result<(), Broken> {
        let mut first = 0;
        for event in events {
            if self.batch.is_empty() {
                first = event.sequence;
            }
            if let Err(error) = self.lines.append(&event, &mut self.batch) {
                // What came before it is whole.
                self.hand_over(first)?;
                return Err(Broken::new(event.sequence, &error));
            }
            if self.batch.len() >= BATCH {
                self.hand_over(first)?;
            }
        }
        self.hand_over(first)
    }

    /// Writes the lines that are ready; `first` is the number of the first of them.
    fn hand_over(&mut self, first: u64) -> Result<(), Broken> {
        let mut written = 0;
        while written < self.batch.len() {
            let error = match self.out.write(&self.batch[written..]) {
                Ok(0) => io::ErrorKind::WriteZero.into(),
                Ok(count) => {
                    written += count;
                    continue;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => error,
            };
            let whole = self.batch[..written].iter().filter(|byte| **byte == b'\n');
            return Err(Broken::new(first + whole.count() as u64, &error));
        }
        self.batch.clear();
        self.batch.shrink_to(4 * BATCH);
        self.out.flush().map_err(|error| Broken::new(first, &error))
    }
}

impl Broken {
    fn new(sequence: u64, error: &io::Error) -> Self {
        Self {
            sequence,
            kind: error.kind(),
            code: error.raw_os_error(),
            message: error.to_string(),
        }
    }

    fn error(&self, place: &str) -> ListenerError {
        ListenerError {
            activity: format!("writing event {} to {place}", self.sequence),
            source: match self.code {
                Some(code) => io::Error::from_raw_os_error(code),
                None => io::Error::new(self.kind, self.message.clone()),
            },
        }
    }
}

/// How many bytes the bodies of an event have.
fn body_bytes(event: &Event) -> usize {
    let EventKind::Exchange { exchange, .. } = &event.kind else {
        return 0;
    };
    let answered = match &exchange.outcome {
        Outcome::Response(response) => response.body.len(),
        Outcome::Failure(_) => 0,
    };
    exchange.request.body.len() + answered
}

fn wait<'a>(condition: &Condvar, queue: MutexGuard<'a, Queue>) -> MutexGuard<'a, Queue> {
    condition
        .wait(queue)
        .unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Clock;
    use crate::event::End;
    use crate::history::composer::Composer;
    use crate::history::{History, Recorder};

    /// A disk that takes nothing until it is opened, and has room for so much.
    #[derive(Clone)]
    struct Disk(Arc<(Mutex<Surface>, Condvar)>);

    struct Surface {
        bytes: Vec<u8>,
        writes: usize,
        room: usize,
        is_open: bool,
    }

    impl Disk {
        fn new(room: usize) -> Self {
            let surface = Surface {
                bytes: Vec::new(),
                writes: 0,
                room,
                is_open: false,
            };
            Self(Arc::new((Mutex::new(surface), Condvar::new())))
        }

        fn surface(&self) -> MutexGuard<'_, Surface> {
            self.0.0.lock().unwrap()
        }

        fn open(&self) {
            self.surface().is_open = true;
            self.0.1.notify_all();
        }
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let closed = |surface: &mut Surface| !surface.is_open;
            let mut surface = self.0.1.wait_while(self.surface(), closed).unwrap();
            let taken = bytes.len().min(surface.room);
            if taken == 0 {
                return Err(io::Error::from_raw_os_error(28));
            }
            surface.room -= taken;
            surface.writes += 1;
            surface.bytes.extend_from_slice(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn recorder(disk: &Disk) -> BackgroundRecorder {
        BackgroundRecorder::new(disk.clone(), "h", Arc::new(str::to_owned)).unwrap()
    }

    fn note(sequence: u64) -> Event {
        let message = format!("note {sequence}");
        event(sequence, EventKind::Notice { message })
    }

    fn event(sequence: u64, kind: EventKind) -> Event {
        Event {
            sequence,
            at: Clock::logical_start(),
            kind,
        }
    }

    #[test]
    fn it_writes_what_the_other_recorder_writes() {
        let mut run = Composer::replay();
        for _ in 0..200 {
            run.step("again");
            run.token("client", 60);
        }
        let events = run.complete();
        let redaction: Redaction = Arc::new(|text| text.replace("client", "[secret:9f]"));
        let mut expected = Vec::new();
        let mut plain = Recorder::new(&mut expected, "h", Arc::clone(&redaction));
        let disk = Disk::new(usize::MAX);
        disk.open();
        let mut background = BackgroundRecorder::new(disk.clone(), "h", redaction).unwrap();
        for event in &events {
            plain.notice(event).unwrap();
            background.notice(event).unwrap();
        }
        assert_eq!(disk.surface().bytes, expected, "the last event waits");
        background.close().unwrap();
        let history = History::parse(&expected).unwrap();
        assert_eq!(history.events().len(), events.len());
    }

    #[test]
    fn lines_that_wait_together_are_written_together() {
        let disk = Disk::new(usize::MAX);
        let mut recorder = recorder(&disk);
        for sequence in 1..=1_000 {
            recorder.notice(&note(sequence)).unwrap();
        }
        disk.open();
        recorder.close().unwrap();
        let surface = disk.surface();
        assert_eq!(surface.bytes.split(|byte| *byte == b'\n').count(), 1_001);
        assert!(surface.writes <= 4, "{}", surface.writes);
    }

    #[test]
    fn whoever_is_faster_than_the_disk_waits_for_it() {
        let disk = Disk::new(usize::MAX);
        let mut recorder = recorder(&disk);
        let shared = Arc::clone(&recorder.shared);
        let count = 3 * WAITING_EVENTS as u64;
        let run = std::thread::spawn(move || {
            for sequence in 1..=count {
                recorder.notice(&note(sequence)).unwrap();
            }
            recorder.close().unwrap();
        });
        while shared.queue().events.len() < WAITING_EVENTS {
            std::thread::yield_now();
        }
        for _ in 0..1_000 {
            assert!(shared.queue().events.len() <= WAITING_EVENTS);
            std::thread::yield_now();
        }
        disk.open();
        run.join().unwrap();
        let lines = disk.surface().bytes.split(|byte| *byte == b'\n').count();
        assert_eq!(lines as u64, count + 1);
    }

    #[test]
    fn a_full_disk_is_an_error_from_then_on_and_nothing_follows_the_torn_line() {
        let disk = Disk::new(400);
        let mut recorder = recorder(&disk);
        for sequence in 1..=100 {
            recorder.notice(&note(sequence)).unwrap();
        }
        disk.open();
        let last = event(101, EventKind::RunEnded { end: End::Complete });
        let error = recorder.notice(&last).unwrap_err();
        assert_eq!(error.to_string(), "writing event 3 to h failed");
        assert_eq!(error.source.kind(), io::ErrorKind::StorageFull);
        disk.surface().room = 10_000;
        recorder.notice(&note(102)).unwrap_err();
        let error = recorder.close().unwrap_err();
        assert_eq!(error.source.kind(), io::ErrorKind::StorageFull);
        assert_eq!(disk.surface().bytes.len(), 400);
    }

    #[test]
    fn a_writer_that_panics_is_an_error_and_nobody_waits_for_it() {
        let redaction: Redaction = Arc::new(|_| panic!("as the test wants"));
        let mut recorder = BackgroundRecorder::new(Vec::new(), "h", redaction).unwrap();
        let mut told = Ok(());
        for sequence in 1..=3 * WAITING_EVENTS as u64 {
            told = told.and(recorder.notice(&note(sequence)));
        }
        told.unwrap_err();
        recorder.close().unwrap_err();
    }

    #[test]
    fn what_was_noticed_is_written_when_it_is_dropped() {
        let disk = Disk::new(usize::MAX);
        disk.open();
        let mut recorder = recorder(&disk);
        recorder.notice(&note(1)).unwrap();
        drop(recorder);
        assert_eq!(disk.surface().bytes.last(), Some(&b'\n'));
    }

    #[test]
    fn a_file_that_cannot_be_created_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("absent/history.ndjson");
        let error = BackgroundRecorder::create(&path, Arc::new(str::to_owned)).err();
        assert!(error.unwrap().to_string().starts_with("creating "));
    }
}
