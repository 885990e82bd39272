//! The recorder against disks that are slow, full, or broken.

use serde_json::{Value, json};

use super::*;
use crate::base::Clock;
use crate::event::End;
use crate::exchange::Exchange;
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
    background(disk.clone(), Arc::new(str::to_owned))
}

fn background<W: Write + Send + 'static>(out: W, redaction: Redaction) -> BackgroundRecorder {
    BackgroundRecorder::new(out, "h", redaction, Arc::new(|| 0)).unwrap()
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
    let mut background = background(disk.clone(), redaction);
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
fn heads_weigh_as_much_as_bodies() {
    let bytes = |change: fn(&mut Exchange)| -> usize {
        let mut run = Composer::replay();
        run.send("GET", "/a", Value::Null, 200, json!({"a": 1}));
        run.with(change).complete().iter().map(bytes_of).sum()
    };
    let plain = bytes(|_| {});
    let heavy = bytes(|exchange| {
        exchange.request.headers.push("x-long", "y".repeat(1_994));
        let Outcome::Response(response) = &mut exchange.outcome else {
            panic!("it is answered");
        };
        response.headers.push("x-long", "y".repeat(994));
    });
    assert!(plain > 0);
    assert_eq!(heavy, plain + 3_000);
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
    let mut recorder = background(Vec::new(), redaction);
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
    let error = BackgroundRecorder::create(&path, Arc::new(str::to_owned), Arc::new(|| 0)).err();
    assert!(error.unwrap().to_string().starts_with("creating "));
}
