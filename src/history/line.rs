//! The text of a line: an event as JSON, every text redacted, chained to the line before.

use std::io;

use serde::Serialize;

use super::censor::Censor;
use super::format::{NOTHING_BEFORE, chain, digest};
use super::json::Json;
use super::recorder::{Knowledge, Redaction};
use crate::event::Event;

/// Makes the lines of one history, in their order.
pub(super) struct Lines {
    censor: Censor,
    previous: String,
    scratch: String,
}

impl Lines {
    /// Lines of which every text goes through `redaction`.
    pub(super) fn new(redaction: Redaction) -> Self {
        Self::of(Censor::new(redaction))
    }

    /// Lines of which every text goes through `redaction`, once while `knowledge` stays the same.
    pub(super) fn remembering(redaction: Redaction, knowledge: Knowledge) -> Self {
        Self::of(Censor::remembering(redaction, knowledge))
    }

    fn of(censor: Censor) -> Self {
        Self {
            censor,
            previous: NOTHING_BEFORE.to_owned(),
            scratch: String::new(),
        }
    }

    /// Appends the line of `event`, with its newline, to `out`; nothing where there is an error.
    pub(super) fn append(&mut self, event: &Event, out: &mut Vec<u8>) -> io::Result<()> {
        let start = out.len();
        self.censor.refresh();
        let written = event
            .serialize(&mut Json::new(out, &mut self.censor, &mut self.scratch))
            .map_err(io::Error::other)
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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, LazyLock};

    use proptest::prelude::*;

    use super::*;
    use crate::base::{Redactor, redact_texts};
    use crate::history::composer::Composer;
    use crate::history::format::link;
    use crate::history::recorder::FORM;

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
