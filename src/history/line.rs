//! The text of a line: an event as JSON, every text redacted, chained to the line before.
//!
//! Redaction happens while the JSON is written: what the serializer says of a text is gathered,
//! redacted, and only then written, so that no document is built in between. Names and the values
//! of the fields of [`FORM`] are written as they are.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, Serializer};

use super::format::{NOTHING_BEFORE, chain, digest};
use super::recorder::{FORM, Redaction};
use crate::event::Event;

/// Makes the lines of one history, in their order.
pub(super) struct Lines {
    redaction: Redaction,
    previous: String,
    scratch: String,
}

impl Lines {
    pub(super) fn new(redaction: Redaction) -> Self {
        Self {
            redaction,
            previous: NOTHING_BEFORE.to_owned(),
            scratch: String::new(),
        }
    }

    /// Appends the line of `event`, with its newline, to `out`; nothing where there is an error.
    pub(super) fn append(&mut self, event: &Event, out: &mut Vec<u8>) -> io::Result<()> {
        let start = out.len();
        let redacting = Redacting {
            redaction: &self.redaction,
            text: &mut self.scratch,
            place: Place::Value,
        };
        let written = event
            .serialize(&mut Serializer::with_formatter(&mut *out, redacting))
            .map_err(io::Error::from)
            .and_then(|()| {
                chain(out, start, &self.previous)
                    .ok_or_else(|| io::Error::other("an event is not a JSON object"))
            });
        if written.is_err() {
            out.truncate(start);
            return written;
        }
        digest(&out[start..])
            .as_str()
            .clone_into(&mut self.previous);
        out.push(b'\n');
        Ok(())
    }
}

/// Where a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// It is a name.
    Name,
    /// It is the value of a field of the format.
    Form,
    /// It is any other value.
    Value,
}

struct Redacting<'a> {
    redaction: &'a Redaction,
    /// The text that is being written, without escapes.
    text: &'a mut String,
    place: Place,
}

impl Formatter for Redacting<'_> {
    fn begin_string<W: ?Sized + Write>(&mut self, _writer: &mut W) -> io::Result<()> {
        self.text.clear();
        Ok(())
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        _writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        self.text.push_str(fragment);
        Ok(())
    }

    fn write_char_escape<W: ?Sized + Write>(
        &mut self,
        _writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        self.text.push(match escape {
            CharEscape::Quote => '"',
            CharEscape::ReverseSolidus => '\\',
            CharEscape::Solidus => '/',
            CharEscape::Backspace => '\u{8}',
            CharEscape::FormFeed => '\u{c}',
            CharEscape::LineFeed => '\n',
            CharEscape::CarriageReturn => '\r',
            CharEscape::Tab => '\t',
            CharEscape::AsciiControl(byte) => char::from(byte),
        });
        Ok(())
    }

    fn end_string<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        let place = match self.place {
            Place::Name if FORM.contains(&self.text.as_str()) => Place::Form,
            Place::Name | Place::Form | Place::Value => Place::Value,
        };
        match std::mem::replace(&mut self.place, place) {
            Place::Name | Place::Form => write_text(writer, self.text),
            Place::Value => write_text(writer, &(self.redaction)(self.text)),
        }
    }

    fn begin_object_key<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.place = Place::Name;
        if first {
            Ok(())
        } else {
            writer.write_all(b",")
        }
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.place = Place::Value;
        writer.write_all(b"[")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _writer: &mut W) -> io::Result<()> {
        self.place = Place::Value;
        Ok(())
    }
}

/// Writes `text` as JSON.
fn write_text<W: ?Sized + Write>(writer: &mut W, text: &str) -> io::Result<()> {
    serde_json::to_writer(writer, text).map_err(io::Error::from)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, LazyLock};

    use proptest::prelude::*;

    use super::*;
    use crate::base::{Redactor, redact_texts};
    use crate::history::composer::Composer;
    use crate::history::format::link;

    static REDACTOR: LazyLock<Redactor> = LazyLock::new(|| {
        let redactor = Redactor::new([7; 32]);
        let secrets = [
            "hunter-2\"\\\n",
            "exchange",
            "2026-01-01T00:00:00Z",
            "response",
        ];
        for secret in secrets {
            redactor.learn("secret", secret);
        }
        redactor
    });

    fn redaction() -> Redaction {
        Arc::new(|text| REDACTOR.redact(text))
    }

    /// The line as a document that is built, redacted and written says it.
    fn reference(event: &Event, redaction: &Redaction) -> String {
        let mut value = serde_json::to_value(event).unwrap();
        redact_texts(&mut value, &**redaction, &FORM);
        link(&value.to_string(), NOTHING_BEFORE).unwrap()
    }

    fn line(event: &Event, redaction: &Redaction) -> String {
        let mut out = Vec::new();
        Lines::new(Arc::clone(redaction))
            .append(event, &mut out)
            .unwrap();
        assert_eq!(out.pop(), Some(b'\n'));
        String::from_utf8(out).unwrap()
    }

    fn assert_same(event: &Event) {
        let redaction = redaction();
        assert_eq!(line(event, &redaction), reference(event, &redaction));
    }

    #[test]
    fn every_kind_of_event_reads_as_a_redacted_document() {
        let mut run = Composer::replay();
        run.step("exchange");
        run.token("client", 60);
        run.cut();
        run.proof(&["429", "response"], 1);
        run.assertion("a response", crate::event::AssertionOutcome::Skipped);
        for event in run.complete() {
            assert_same(&event);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_text_reads_as_in_a_redacted_document(
            name in "\\PC*|[\"\\\\\n\r\t\u{8}\u{c}\u{0}\u{1f}/a]*|hunter-2|response",
            body in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            let mut run = Composer::replay();
            run.step(&name);
            run.token(&name, 60);
            run.answered_with("x-hunter-2\"\\\n", &format!("{name}hunter-2\"\\\n{name}"));
            run.with(|exchange| exchange.request.body = body.clone().into());
            for event in run.complete() {
                assert_same(&event);
            }
        }
    }
}
