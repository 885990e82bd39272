//! What a connector says on its standard output and error.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::conceal_tokens;
use crate::base::{RedactingWriter, Redactor};

/// How many bytes of a connector's log are kept.
const KEPT_BYTES: usize = 10 * 1024 * 1024;

/// How many bytes of a line that does not end are held back.
const LONGEST_LINE: usize = 64 * 1024;

/// How many of its last lines a message shows.
const SHOWN_LINES: usize = 8;

/// How many bytes of such a line a message shows.
const SHOWN_BYTES: usize = 400;

/// The log of a connector: a file of bounded size without secrets. Cheap to clone; clones write to
/// one log.
#[derive(Clone)]
pub struct ConnectorLog {
    pages: Arc<Mutex<Pages>>,
    redactor: Redactor,
}

struct Pages {
    out: Box<dyn Write + Send>,
    room: usize,
    line: Vec<u8>,
    last_lines: VecDeque<String>,
    failure: Option<io::Error>,
}

impl ConnectorLog {
    /// A log in a new file at `path`.
    ///
    /// # Errors
    /// If the file cannot be made.
    pub fn create(path: &Path, redactor: &Redactor) -> io::Result<Self> {
        Ok(Self::new(File::create(path)?, KEPT_BYTES, redactor))
    }

    fn new(out: impl Write + Send + 'static, room: usize, redactor: &Redactor) -> Self {
        Self {
            pages: Arc::new(Mutex::new(Pages {
                out: Box::new(out),
                room,
                line: Vec::new(),
                last_lines: VecDeque::new(),
                failure: None,
            })),
            redactor: redactor.clone(),
        }
    }

    /// Writes down what comes out of `stream` until it ends. Lines appear whole, so that two
    /// streams do not mix inside of a line.
    pub async fn follow(self, mut stream: impl AsyncRead + Unpin) {
        let mut out = RedactingWriter::new(Pen(Arc::clone(&self.pages)), self.redactor.clone());
        let mut chunk = vec![0; 16 * 1024];
        let mut open = Vec::new();
        while let Ok(length) = stream.read(&mut chunk).await {
            if length == 0 {
                break;
            }
            open.extend_from_slice(&chunk[..length]);
            let lines = open.drain(..whole(&open)).collect::<Vec<u8>>();
            let lines = conceal_tokens(&self.redactor, &lines);
            // A pen never fails: it keeps the error.
            let _ = out.write_all(&lines).and_then(|()| out.flush());
        }
        let rest = conceal_tokens(&self.redactor, &open);
        let _ = out.write_all(&rest).and_then(|()| out.finish().map(drop));
    }

    /// The last lines, shortened where they are long.
    #[must_use]
    pub fn last_lines(&self) -> Vec<String> {
        let pages = lock(&self.pages);
        let rest = (!pages.line.is_empty()).then(|| shown(&pages.line));
        let mut lines: Vec<String> = pages.last_lines.iter().cloned().chain(rest).collect();
        lines.split_off(lines.len().saturating_sub(SHOWN_LINES))
    }

    /// Why the log is not whole, where it could not be written; it is said once.
    #[must_use]
    pub fn take_failure(&self) -> Option<io::Error> {
        lock(&self.pages).failure.take()
    }
}

/// How much of `open` can be written: all whole lines, or of one that does not end as much as
/// cannot be a part of a token that goes on.
fn whole(open: &[u8]) -> usize {
    let after = |place: Option<usize>| place.map_or(0, |place| place + 1);
    let lines = after(open.iter().rposition(|byte| *byte == b'\n'));
    if lines > 0 || open.len() < LONGEST_LINE {
        return lines;
    }
    let token = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    match after(open.iter().rposition(|byte| !token(byte))) {
        0 => open.len(),
        end => end,
    }
}

/// Writes into the log, whatever becomes of it: a connector must not stop because its log cannot
/// be written.
struct Pen(Arc<Mutex<Pages>>);

impl Write for Pen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut pages = lock(&self.0);
        pages.remember(bytes);
        pages.keep(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Pages {
    fn remember(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let room = SHOWN_BYTES.saturating_sub(self.line.len());
            let text = piece.strip_suffix(b"\n").unwrap_or(piece);
            self.line.extend_from_slice(&text[..text.len().min(room)]);
            if piece.ends_with(b"\n") {
                self.last_lines.push_back(shown(&self.line));
                self.line.clear();
                if self.last_lines.len() > SHOWN_LINES {
                    self.last_lines.pop_front();
                }
            }
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.failure.is_some() || self.room == 0 {
            return;
        }
        let kept = bytes.len().min(self.room);
        self.room -= kept;
        let mut written = self.out.write_all(&bytes[..kept]);
        if self.room == 0 {
            let note = b"\n[preflight: the log was cut here]\n";
            written = written.and_then(|()| self.out.write_all(note));
        }
        self.failure = written.err();
    }
}

fn shown(line: &[u8]) -> String {
    String::from_utf8_lossy(line).trim_end().to_owned()
}

fn lock(pages: &Mutex<Pages>) -> MutexGuard<'_, Pages> {
    // A panic elsewhere can at most lose a line.
    pages.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knowing(secret: &str) -> Redactor {
        let redactor = Redactor::new([7; 32]);
        redactor.learn("secret", secret);
        redactor
    }

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Paper {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn secrets_do_not_reach_the_log_nor_the_lines_that_are_shown() {
        let paper = Paper::default();
        let log = ConnectorLog::new(paper.clone(), 1000, &knowing("hunter2-hunter2"));
        log.clone()
            .follow(&b"starting\npassword hunter2-hunter2\nlast"[..])
            .await;
        assert!(!paper.text().contains("hunter2"), "{}", paper.text());
        assert!(paper.text().starts_with("starting\npassword [secret:"));
        let lines = log.last_lines();
        assert_eq!(lines.len(), 3);
        assert!(!lines.concat().contains("hunter2"));
        assert_eq!(lines[2], "last");
    }

    #[tokio::test]
    async fn a_long_log_is_cut_with_a_note_and_its_end_is_still_shown() {
        let paper = Paper::default();
        let log = ConnectorLog::new(paper.clone(), 20, &knowing("hunter2-hunter2"));
        let text = (0..100).fold(String::new(), |text, number| {
            text + "line " + &number.to_string() + "\n"
        });
        log.clone().follow(text.as_bytes()).await;
        assert!(paper.text().ends_with("the log was cut here]\n"));
        assert!(paper.text().len() < 80, "{}", paper.text());
        let lines = log.last_lines();
        assert_eq!(lines.len(), SHOWN_LINES);
        assert_eq!(lines.last().unwrap(), "line 99");
    }

    #[tokio::test]
    async fn a_line_that_never_ends_is_shortened_where_it_is_shown() {
        let log = ConnectorLog::new(Paper::default(), 10_000, &knowing("hunter2-hunter2"));
        log.clone().follow("ü".repeat(5000).as_bytes()).await;
        assert!(log.last_lines()[0].len() <= SHOWN_BYTES + 3);
    }

    #[tokio::test]
    async fn tokens_are_concealed_also_where_they_come_in_pieces() {
        let token = "eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiIxIn0.c2lnbmVk";
        let redactor = knowing("hunter2-hunter2");
        for text in [
            format!("{}\ntoken {token}\n", "x".repeat(16 * 1024 - 20)),
            format!(
                "{} token {token} and more",
                "x ".repeat(LONGEST_LINE / 2 - 12)
            ),
        ] {
            let paper = Paper::default();
            let log = ConnectorLog::new(paper.clone(), 1_000_000, &redactor);
            log.follow(text.as_bytes()).await;
            let shown = text.replace(token, &redactor.commitment(token));
            assert_eq!(paper.text(), shown);
        }
    }

    #[tokio::test]
    async fn a_log_that_cannot_be_written_does_not_stop_the_connector() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let log = ConnectorLog::new(Full, 1000, &knowing("hunter2-hunter2"));
        log.clone().follow(&b"one\ntwo\n"[..]).await;
        assert_eq!(log.last_lines(), ["one", "two"]);
        assert_eq!(
            log.take_failure().unwrap().kind(),
            io::ErrorKind::StorageFull
        );
    }
}
