//! The text of a line: an event as JSON, every text redacted, chained to the line before.
//!
//! Redaction happens while the JSON is written: a text is written as the serializer escapes it,
//! redacted when it is whole, and written again only where redaction changed it. No document is
//! built in between. Names and the values of the fields of [`FORM`] are left as they are.
//!
//! A server's texts repeat: headers, tokens, paths. What redaction made of a text is remembered,
//! by a digest of it, while the redaction knows no more secrets than it did.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, Serializer};

use super::format::{NOTHING_BEFORE, chain, digest};
use super::recorder::{FORM, Knowledge, Redaction};
use crate::event::Event;

/// How many texts are remembered.
const REMEMBERED: usize = 8_192;

/// How many bytes a text has at most that is remembered.
const LONGEST_REMEMBERED: usize = 4_096;

/// Makes the lines of one history, in their order.
pub(super) struct Lines {
    censor: Censor,
    previous: String,
    scratch: String,
}

impl Lines {
    /// Lines of which every text goes through `redaction`.
    pub(super) fn new(redaction: Redaction) -> Self {
        Self {
            censor: Censor {
                redaction,
                memory: None,
            },
            previous: NOTHING_BEFORE.to_owned(),
            scratch: String::new(),
        }
    }

    /// Lines of which every text goes through `redaction`, once while `knowledge` stays the same.
    pub(super) fn remembering(redaction: Redaction, knowledge: Knowledge) -> Self {
        let mut lines = Self::new(redaction);
        lines.censor.memory = Some(Memory {
            known: knowledge(),
            knowledge,
            hasher: RandomState::new(),
            texts: HashMap::new(),
        });
        lines
    }

    /// Appends the line of `event`, with its newline, to `out`; nothing where there is an error.
    pub(super) fn append(&mut self, event: &Event, out: &mut Vec<u8>) -> io::Result<()> {
        let start = out.len();
        self.censor.refresh();
        let tape = RefCell::new(std::mem::take(out));
        let redacting = Redacting {
            tape: &tape,
            censor: &mut self.censor,
            text: &mut self.scratch,
            place: Place::Value,
            start: 0,
            form: Form::Plain,
        };
        let written = event
            .serialize(&mut Serializer::with_formatter(Writer(&tape), redacting))
            .map_err(io::Error::from);
        *out = tape.into_inner();
        let written = written.and_then(|()| {
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

/// Redacts, and remembers what came of it.
struct Censor {
    redaction: Redaction,
    memory: Option<Memory>,
}

struct Memory {
    knowledge: Knowledge,
    /// How much the redaction knew when the first of the texts was redacted.
    known: usize,
    hasher: RandomState,
    /// By digest and length; what was made of it where that differs.
    texts: HashMap<(u64, usize), Option<Box<str>>>,
}

impl Censor {
    /// Forgets what may not hold any more.
    fn refresh(&mut self) {
        if let Some(memory) = &mut self.memory {
            let known = (memory.knowledge)();
            if known != memory.known || memory.texts.len() >= REMEMBERED {
                memory.texts.clear();
                memory.known = known;
            }
        }
    }

    /// Hands what redaction makes of `text` to `use_it` where that differs.
    fn redact(&mut self, text: &str, use_it: impl FnOnce(&str)) {
        let Some(memory) = self
            .memory
            .as_mut()
            .filter(|_| text.len() <= LONGEST_REMEMBERED)
        else {
            let redacted = (self.redaction)(text);
            if redacted != text {
                use_it(&redacted);
            }
            return;
        };
        let key = (memory.hasher.hash_one(text), text.len());
        let redacted = memory.texts.entry(key).or_insert_with(|| {
            let redacted = (self.redaction)(text);
            (redacted != text).then(|| redacted.into_boxed_str())
        });
        if let Some(redacted) = redacted {
            use_it(redacted);
        }
    }
}

/// What the serializer writes to.
struct Writer<'a>(&'a RefCell<Vec<u8>>);

impl Write for Writer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
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

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// As it is.
    Plain,
    /// With escapes; without them it stands apart.
    Escaped,
}

struct Redacting<'a> {
    /// What was written so far.
    tape: &'a RefCell<Vec<u8>>,
    censor: &'a mut Censor,
    place: Place,
    /// Where on the tape the text begins that is being written.
    start: usize,
    form: Form,
    /// That text without escapes, where it has any.
    text: &'a mut String,
}

impl Redacting<'_> {
    fn is_redacted(&self) -> bool {
        self.place == Place::Value
    }
}

impl Formatter for Redacting<'_> {
    fn begin_string<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b"\"")?;
        self.start = self.tape.borrow().len();
        self.form = Form::Plain;
        Ok(())
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        if self.form == Form::Escaped {
            self.text.push_str(fragment);
        }
        writer.write_all(fragment.as_bytes())
    }

    fn write_char_escape<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        if self.form == Form::Plain {
            self.form = Form::Escaped;
            self.text.clear();
            let tape = self.tape.borrow();
            self.text.push_str(text(&tape[self.start..])?);
        }
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
        Plain.write_char_escape(writer, escape)
    }

    fn end_string<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        let mut tape = self.tape.borrow_mut();
        let is_redacted = self.is_redacted();
        let mut changed = None;
        {
            let plain = match self.form {
                Form::Plain => text(&tape[self.start..])?,
                Form::Escaped => self.text.as_str(),
            };
            self.place = match self.place {
                Place::Name if FORM.contains(&plain) => Place::Form,
                Place::Name | Place::Form | Place::Value => Place::Value,
            };
            if is_redacted {
                self.censor.redact(plain, |redacted| {
                    changed = Some(serde_json::to_vec(redacted));
                });
            }
        }
        if let Some(changed) = changed {
            // With both quotes.
            let changed = changed.map_err(io::Error::from)?;
            tape.truncate(self.start - 1);
            tape.extend_from_slice(&changed);
            return Ok(());
        }
        drop(tape);
        writer.write_all(b"\"")
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

/// The formatter of JSON without spaces.
struct Plain;

impl Formatter for Plain {}

/// What was written of a text, as text.
fn text(bytes: &[u8]) -> io::Result<&str> {
    std::str::from_utf8(bytes).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, LazyLock};

    use proptest::prelude::*;

    use super::*;
    use crate::base::{Clock, Redactor, redact_texts};
    use crate::event::EventKind;
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

    fn line(event: &Event, lines: &mut Lines) -> String {
        let mut out = b"what is there".to_vec();
        lines.append(event, &mut out).unwrap();
        assert_eq!(out.pop(), Some(b'\n'));
        let out = String::from_utf8(out).unwrap();
        out.strip_prefix("what is there").unwrap().to_owned()
    }

    fn assert_same(event: &Event) {
        let redaction = redaction();
        let reference = reference(event, &redaction);
        assert_eq!(
            line(event, &mut Lines::new(Arc::clone(&redaction))),
            reference
        );
        // What it remembers of the first time makes no difference the second.
        let mut remembering = Lines::remembering(redaction, Arc::new(|| 0));
        line(event, &mut remembering);
        NOTHING_BEFORE.clone_into(&mut remembering.previous);
        assert_eq!(line(event, &mut remembering), reference);
    }

    fn note(message: &str) -> Event {
        Event {
            sequence: 1,
            at: Clock::logical_start(),
            kind: EventKind::Notice {
                message: message.to_owned(),
            },
        }
    }

    #[test]
    fn a_secret_that_is_learned_later_is_redacted_though_its_text_was_seen_before() {
        let redactor = Redactor::new([7; 32]);
        let (redacting, knowing) = (redactor.clone(), redactor.clone());
        let mut lines = Lines::remembering(
            Arc::new(move |text| redacting.redact(text)),
            Arc::new(move || knowing.knowledge()),
        );
        assert!(line(&note("my hunter-2"), &mut lines).contains("hunter-2"));
        redactor.learn("password", "hunter-2");
        assert!(!line(&note("my hunter-2"), &mut lines).contains("hunter-2"));
    }

    #[test]
    fn a_text_is_redacted_once_while_nothing_is_learned_unless_it_is_long() {
        let count = Arc::new(AtomicUsize::new(0));
        let counting = Arc::clone(&count);
        let redaction: Redaction = Arc::new(move |text| {
            counting.fetch_add(1, Ordering::Relaxed);
            text.to_owned()
        });
        let mut lines = Lines::remembering(redaction, Arc::new(|| 0));
        for _ in 0..3 {
            line(&note("again"), &mut lines);
        }
        assert_eq!(count.load(Ordering::Relaxed), 1);
        for _ in 0..2 {
            line(&note(&"x".repeat(LONGEST_REMEMBERED + 1)), &mut lines);
        }
        assert_eq!(count.load(Ordering::Relaxed), 3);
        for number in 0..2 * REMEMBERED {
            line(&note(&number.to_string()), &mut lines);
        }
        assert!(lines.censor.memory.unwrap().texts.len() <= REMEMBERED + 10);
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
