//! Redaction of one text after another, each of them once.
//!
//! A server's texts repeat: headers, tokens, paths. What redaction made of a text is remembered as
//! JSON, while the redaction knows no more secrets than it did. The text is remembered with it,
//! because only the whole text tells that it is the same; it is wiped when it is forgotten.

use std::collections::HashMap;
use std::hash::BuildHasher as _;

use foldhash::fast::RandomState;

use super::recorder::{Knowledge, Redaction};
use crate::base::Secret;

/// How many bytes are remembered, texts and what was made of them.
const REMEMBERED: usize = 4 * 1024 * 1024;

/// How many bytes a text has at most that is remembered.
const LONGEST: usize = 8 * 1024;

/// What a memory costs beside its bytes.
const OVERHEAD: usize = 64;

/// Writes texts as JSON strings, redacted.
pub(super) struct Censor {
    redaction: Redaction,
    memory: Option<Memory>,
}

struct Memory {
    knowledge: Knowledge,
    /// How much the redaction knew when the first of the texts was redacted.
    known: usize,
    hasher: RandomState,
    /// By the hash of the text. Of two texts with one hash the later is remembered.
    texts: HashMap<u64, Remembered, RandomState>,
    /// How many bytes they have, all in all.
    bytes: usize,
}

struct Remembered {
    text: Secret,
    /// The JSON string of the redacted text.
    string: Box<[u8]>,
}

impl Censor {
    pub(super) fn new(redaction: Redaction) -> Self {
        Self {
            redaction,
            memory: None,
        }
    }

    /// One that redacts a text once while `knowledge` stays the same.
    pub(super) fn remembering(redaction: Redaction, knowledge: Knowledge) -> Self {
        Self {
            redaction,
            memory: Some(Memory {
                known: knowledge(),
                knowledge,
                hasher: RandomState::default(),
                texts: HashMap::default(),
                bytes: 0,
            }),
        }
    }

    /// Forgets what may not hold any more.
    pub(super) fn refresh(&mut self) {
        if let Some(memory) = &mut self.memory {
            let known = (memory.knowledge)();
            if known != memory.known || memory.bytes >= REMEMBERED {
                memory.texts.clear();
                memory.bytes = 0;
                memory.known = known;
            }
        }
    }

    /// Appends `text`, redacted, to `out`. It is not likely to come again.
    pub(super) fn write_once(&self, text: &str, out: &mut Vec<u8>) {
        write(&(self.redaction)(text), out);
    }

    /// Appends `text`, redacted, to `out`.
    pub(super) fn write(&mut self, text: &str, out: &mut Vec<u8>) {
        let Some(memory) = self.memory.as_mut().filter(|_| text.len() <= LONGEST) else {
            return self.write_once(text, out);
        };
        let hash = memory.hasher.hash_one(text);
        let remembered = memory.texts.get(&hash);
        if let Some(same) = remembered.filter(|remembered| remembered.text.expose() == text) {
            return out.extend_from_slice(&same.string);
        }
        let start = out.len();
        write(&(self.redaction)(text), out);
        let string = &out[start..];
        memory.bytes += text.len() + string.len() + OVERHEAD;
        let remembered = Remembered {
            text: Secret::new(text),
            string: string.into(),
        };
        memory.texts.insert(hash, remembered);
    }
}

/// Appends `text` as a JSON string to `out`.
pub(super) fn write(text: &str, out: &mut Vec<u8>) {
    serde_json::to_writer(out, text).expect("a vector takes every byte of a text");
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::base::Redactor;

    fn written(censor: &mut Censor, text: &str) -> String {
        let mut out = Vec::new();
        censor.refresh();
        censor.write(text, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_secret_that_is_learned_later_is_redacted_though_its_text_was_seen_before() {
        let redactor = Redactor::new([7; 32]);
        let (redacting, knowing) = (redactor.clone(), redactor.clone());
        let mut censor = Censor::remembering(
            Arc::new(move |text| redacting.redact(text)),
            Arc::new(move || knowing.knowledge()),
        );
        assert_eq!(written(&mut censor, "my hunter-2"), r#""my hunter-2""#);
        redactor.learn("password", "hunter-2");
        assert!(!written(&mut censor, "my hunter-2").contains("hunter-2"));
    }

    #[test]
    fn a_text_is_redacted_once_while_nothing_is_learned_unless_it_is_long() {
        let count = Arc::new(AtomicUsize::new(0));
        let counting = Arc::clone(&count);
        let redaction: Redaction = Arc::new(move |text| {
            counting.fetch_add(1, Ordering::Relaxed);
            text.to_uppercase()
        });
        let mut censor = Censor::remembering(redaction, Arc::new(|| 0));
        for _ in 0..3 {
            assert_eq!(written(&mut censor, "a\"b"), r#""A\"B""#);
        }
        assert_eq!(count.load(Ordering::Relaxed), 1);
        for _ in 0..2 {
            written(&mut censor, &"x".repeat(LONGEST + 1));
        }
        assert_eq!(count.load(Ordering::Relaxed), 3);
    }

    #[test]
    fn what_is_remembered_stays_within_its_bounds() {
        let mut censor = Censor::remembering(Arc::new(str::to_owned), Arc::new(|| 0));
        for number in 0..2_000 {
            written(&mut censor, &format!("{number}{}", "x".repeat(LONGEST - 8)));
        }
        let memory = censor.memory.unwrap();
        let sizes = memory.texts.values();
        let sizes =
            sizes.map(|remembered| remembered.text.expose().len() + remembered.string.len());
        let bytes: usize = sizes.sum();
        assert!(bytes < REMEMBERED + 4 * LONGEST, "{bytes}");
        assert!(!memory.texts.is_empty());
    }
}
