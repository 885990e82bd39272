//! Writes a history beside the run, for runs that must not wait for each line.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::line::Lines;
use super::recorder::{Knowledge, Redaction, create};
use crate::event::{Event, EventKind, Listener, ListenerError};
use crate::exchange::{Body, Headers, Outcome};

/// How many events may wait to be written. As many may be being written, and as many kept after
/// that, so this bounds the memory of a server under load: some 5 KB an event are 15 MB.
const WAITING_EVENTS: usize = 1_024;

/// How many bytes of heads and bodies the events that wait may have, but for the last of them.
const WAITING_BYTES: usize = 32 * 1024 * 1024;

/// How many bytes of heads and bodies events have at most that are kept after they were written.
const SPENT_BYTES: usize = 8 * 1024 * 1024;

/// After how many bytes lines are handed to the operating system though more wait.
const BATCH: usize = 256 * 1024;

/// How many events are enough not to gather more.
const PLENTY: usize = WAITING_EVENTS / 2;

/// How long an event waits for others, so that they are written together.
const GATHERING: Duration = Duration::from_millis(2);

/// A listener that lets a thread of its own write each event as one line. Lines of the same two
/// milliseconds are written together. Whoever is faster than the thread waits when a
/// thousand events are queued: nothing is lost and memory stays bounded.
///
/// Taking note of [`EventKind::RunStarted`] waits until it is written, so that a disk without any
/// room is told before a run goes on; taking note of [`EventKind::RunEnded`] waits until everything
/// is. So does dropping it, but that cannot report an error.
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
    /// How many bytes of heads and bodies they have.
    bytes: usize,
    /// Events that were written. Whoever brings one takes one away: memory that is given back
    /// where it was taken costs a fraction of what it costs elsewhere.
    spent: VecDeque<Event>,
    /// How many bytes of heads and bodies those have that are being written.
    written: usize,
    writer: State,
    /// How many wait to be told that events were written.
    waiting: usize,
    /// Whether somebody waits for what is queued.
    is_urgent: bool,
    is_closed: bool,
    failure: Option<Broken>,
}

/// What the thread does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// It writes what it took from the queue.
    #[default]
    Writing,
    /// It waits for an event.
    Idle,
    /// It lets events gather.
    Gathering,
}

impl Queue {
    fn is_full(&self) -> bool {
        self.events.len() >= WAITING_EVENTS || self.bytes >= WAITING_BYTES
    }
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
    pub fn create(
        path: &Path,
        redaction: Redaction,
        knowledge: Knowledge,
    ) -> Result<Self, ListenerError> {
        let (file, place) = create(path)?;
        Self::new::<File>(file, place, redaction, knowledge)
    }

    /// Writes to `out`, which messages call `place`. `out` should not buffer.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn new<W: Write + Send + 'static>(
        out: W,
        place: impl Into<String>,
        redaction: Redaction,
        knowledge: Knowledge,
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
            .spawn(move || writing.write(out, Lines::remembering(redaction, knowledge)))
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
    #[cfg(test)]
    pub(crate) fn close(mut self) -> Result<(), ListenerError> {
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
        self.take(event.clone())
    }

    fn take(&mut self, event: Event) -> Result<(), ListenerError> {
        let is_waited_for = matches!(
            event.kind,
            EventKind::RunStarted(_) | EventKind::RunEnded { .. }
        );
        self.shared.put(event)?;
        if is_waited_for {
            self.shared.flush();
            self.shared.state()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), ListenerError> {
        self.shared.flush();
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
        let bytes = bytes_of(&event);
        let mut queue = self.queue();
        while queue.failure.is_none() && queue.is_full() {
            queue = self.wait_for_the_writer(queue);
        }
        if let Some(broken) = &queue.failure {
            return Err(broken.error(&self.place));
        }
        queue.bytes += bytes;
        queue.events.push_back(event);
        let spent = queue.spent.pop_front();
        let wakes = match queue.writer {
            State::Writing => false,
            State::Idle => true,
            State::Gathering => queue.events.len() == PLENTY || queue.is_full(),
        };
        if wakes {
            // It is told once.
            queue.writer = State::Writing;
        }
        drop(queue);
        if wakes {
            self.filled.notify_one();
        }
        drop(spent);
        Ok(())
    }

    /// Waits until nothing is queued and nothing being written.
    fn flush(&self) {
        let mut queue = self.queue();
        queue.is_urgent = true;
        self.filled.notify_one();
        while queue.failure.is_none()
            && (queue.writer == State::Writing || !queue.events.is_empty())
        {
            queue = self.wait_for_the_writer(queue);
        }
    }

    /// Waits until events were taken or written, or writing failed.
    fn wait_for_the_writer<'a>(&self, mut queue: MutexGuard<'a, Queue>) -> MutexGuard<'a, Queue> {
        queue.waiting += 1;
        let mut queue = wait(&self.drained, queue);
        queue.waiting -= 1;
        queue
    }

    fn state(&self) -> Result<(), ListenerError> {
        match &self.queue().failure {
            Some(broken) => Err(broken.error(&self.place)),
            None => Ok(()),
        }
    }

    /// Exchanges `events`, which were written, for the next ones; none when no more will come.
    fn take(&self, events: &mut VecDeque<Event>) {
        let mut queue = self.queue();
        if queue.spent.is_empty() && queue.written < SPENT_BYTES {
            std::mem::swap(&mut queue.spent, events);
        }
        drop(queue);
        events.clear();
        let mut queue = self.queue();
        queue.writer = State::Idle;
        self.tell(&queue);
        while queue.events.is_empty() && !queue.is_closed {
            queue.writer = State::Idle;
            queue = wait(&self.filled, queue);
        }
        if !queue.is_closed && !queue.is_urgent && queue.events.len() < PLENTY {
            queue.writer = State::Gathering;
            let gathered = self.filled.wait_timeout(queue, GATHERING);
            queue = gathered.unwrap_or_else(PoisonError::into_inner).0;
        }
        queue.writer = State::Writing;
        queue.is_urgent = false;
        queue.written = std::mem::take(&mut queue.bytes);
        std::mem::swap(&mut queue.events, events);
        self.tell(&queue);
    }

    /// Tells those who wait for the writer.
    fn tell(&self, queue: &Queue) {
        if queue.waiting > 0 {
            self.drained.notify_all();
        }
    }

    /// Writes until no more will come, or writing fails.
    fn write<W: Write>(&self, out: W, lines: Lines) {
        let mut writer = Writer {
            out,
            lines,
            batch: Vec::new(),
        };
        let guard = PanicGuard(self);
        let mut events = VecDeque::new();
        loop {
            self.take(&mut events);
            if events.is_empty() {
                break;
            }
            if let Err(broken) = writer.write(&events) {
                let mut queue = self.queue();
                queue.failure = Some(broken);
                self.tell(&queue);
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
        let mut queue = self.0.queue();
        queue.failure = Some(Broken {
            sequence: 0,
            kind: io::ErrorKind::Other,
            code: None,
            message: "the writer of the history failed".into(),
        });
        self.0.tell(&queue);
    }
}

struct Writer<W> {
    out: W,
    lines: Lines,
    batch: Vec<u8>,
}

impl<W: Write> Writer<W> {
    fn write(&mut self, events: &VecDeque<Event>) -> Result<(), Broken> {
        let mut first = 0;
        for event in events {
            if self.batch.is_empty() {
                first = event.sequence;
            }
            if let Err(error) = self.lines.append(event, &mut self.batch) {
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

/// How many bytes head and body of the messages of an event have.
fn bytes_of(event: &Event) -> usize {
    let EventKind::Exchange { exchange, .. } = &event.kind else {
        return 0;
    };
    let message = |headers: &Headers, body: &Body| {
        let texts = headers.iter().map(|(name, value)| name.len() + value.len());
        texts.sum::<usize>() + body.len()
    };
    let answered = match &exchange.outcome {
        Outcome::Response(response) => message(&response.headers, &response.body),
        Outcome::Failure(_) => 0,
    };
    let request = &exchange.request;
    request.url.len() + message(&request.headers, &request.body) + answered
}

fn wait<'a>(condition: &Condvar, queue: MutexGuard<'a, Queue>) -> MutexGuard<'a, Queue> {
    condition
        .wait(queue)
        .unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[path = "background_tests.rs"]
mod tests;
