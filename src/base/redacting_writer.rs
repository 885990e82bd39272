//! A writer that lets no known secret pass.

use std::io::{self, Write};

use super::Redactor;

/// Redacts what is written through it, also where a secret is spread over several writes.
///
/// It holds back the end of what it was given, because a secret may begin there. `flush` passes on
/// all whole lines: whoever flushes promises that no secret goes on behind that line end.
/// [`RedactingWriter::finish`] passes on everything; dropping the writer does so too, but cannot
/// report an error.
pub struct RedactingWriter<W: Write> {
    inner: Option<W>,
    redactor: Redactor,
    held: Vec<u8>,
}

impl<W: Write> RedactingWriter<W> {
    /// Writes redacted to `inner`.
    pub fn new(inner: W, redactor: Redactor) -> Self {
        Self {
            inner: Some(inner),
            redactor,
            held: Vec::new(),
        }
    }

    /// Passes on what is held back, flushes, and gives the inner writer back.
    pub fn finish(mut self) -> io::Result<W> {
        self.pass_on(self.held.len())?;
        let mut inner = self
            .inner
            .take()
            .expect("only finish and drop take the inner writer, and both end this one");
        inner.flush()?;
        Ok(inner)
    }

    /// Passes on the first `length` bytes held back.
    fn pass_on(&mut self, length: usize) -> io::Result<()> {
        let Some(inner) = &mut self.inner else {
            return Ok(());
        };
        let rest = self.held.split_off(length);
        let beginning = std::mem::replace(&mut self.held, rest);
        inner.write_all(&self.redactor.redact_bytes(&beginning))
    }
}

impl<W: Write> Write for RedactingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        let mut output = Vec::new();
        let taken = self.redactor.redact_beginning(&self.held, &mut output);
        self.held.drain(..taken);
        if let Some(inner) = &mut self.inner {
            inner.write_all(&output)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let lines = self
            .held
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |newline| newline + 1);
        self.pass_on(lines)?;
        self.inner.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl<W: Write> Drop for RedactingWriter<W> {
    fn drop(&mut self) {
        let _unreported = self.pass_on(self.held.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "correct horse \"battery\" staple";

    fn redactor() -> Redactor {
        let redactor = Redactor::new([7; 32]);
        redactor.learn("password", SECRET);
        redactor
    }

    #[test]
    fn a_secret_is_found_wherever_the_writes_are_cut() {
        let escaped = serde_json::to_string(SECRET).unwrap();
        let text = format!("{}{escaped} tail", "x".repeat(20));
        for size in 1..text.len() {
            let mut writer = RedactingWriter::new(Vec::new(), redactor());
            for chunk in text.as_bytes().chunks(size) {
                writer.write_all(chunk).unwrap();
            }
            let written = String::from_utf8(writer.finish().unwrap()).unwrap();
            assert_eq!(
                written,
                format!(
                    "{}\"{}\" tail",
                    "x".repeat(20),
                    redactor().commitment(SECRET)
                )
            );
        }
    }

    #[test]
    fn a_long_text_passes_on_early_and_whole() {
        let line = format!("a line of text with a {SECRET} in it and \\\\ more % & text\n");
        let text = line.repeat(20_000);
        let mut writer = RedactingWriter::new(Vec::new(), redactor());
        for chunk in text.as_bytes().chunks(7_001) {
            writer.write_all(chunk).unwrap();
        }
        assert!(writer.held.len() < 600_000, "{}", writer.held.len());
        let written = String::from_utf8(writer.finish().unwrap()).unwrap();
        assert_eq!(
            written,
            text.replace(SECRET, &redactor().commitment(SECRET))
        );
    }

    #[test]
    fn a_flush_passes_on_whole_lines_and_a_drop_the_rest() {
        let mut output = Vec::new();
        let mut writer = RedactingWriter::new(&mut output, redactor());
        writer.write_all(b"one\ntwo").unwrap();
        writer.flush().unwrap();
        assert_eq!(writer.inner.as_ref().unwrap().as_slice(), b"one\n");
        drop(writer);
        assert_eq!(output, b"one\ntwo");
    }
}
