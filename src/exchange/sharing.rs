//! What the messages of a history have in common, kept once.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher as _;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::header::{Common, HeaderList};
use super::{Body, Headers};

/// What was read so far of a part of a history. Most lists of headers differ in nothing but an id and
/// the date, most bodies of updates not at all.
#[derive(Default)]
pub struct Sharing {
    lists: HashMap<Box<[u8]>, Arc<HeaderList>, RandomState>,
    bodies: HashMap<Box<str>, Body, RandomState>,
    /// What stands for the bodies that came once.
    once: HashSet<u64, RandomState>,
    /// What stands for the list that is looked for.
    key: Vec<u8>,
}

/// The longest body that is looked for: longer ones do not come again.
const LONGEST_BODY: usize = 256;

impl Sharing {
    /// The headers with these names and values.
    pub fn headers<T: AsRef<str>>(&mut self, headers: &[(T, T)]) -> Headers {
        if headers.is_empty() {
            return Headers::new();
        }
        self.key.clear();
        let mut own = String::new();
        for (name, value) in headers {
            let (name, value) = (name.as_ref(), value.as_ref());
            self.key.extend_from_slice(&name.len().to_le_bytes());
            self.key.extend_from_slice(name.as_bytes());
            self.key.extend_from_slice(&value.len().to_le_bytes());
            if is_its_own(value) {
                self.key.push(0);
                own.push_str(value);
            } else {
                self.key.push(1);
                self.key.extend_from_slice(value.as_bytes());
            }
        }
        let list = if let Some(list) = self.lists.get(self.key.as_slice()) {
            Arc::clone(list)
        } else {
            let common = |value: &str| {
                if is_its_own(value) {
                    Common::Length(value.len())
                } else {
                    Common::Value(value.into())
                }
            };
            let headers = headers.iter();
            let list =
                Arc::new(HeaderList::new(headers.map(|(name, value)| {
                    (name.as_ref().into(), common(value.as_ref()))
                })));
            self.lists
                .insert(self.key.as_slice().into(), Arc::clone(&list));
            list
        };
        Headers::shared(list, own.into_boxed_str())
    }

    /// The body with this text.
    pub fn body(&mut self, text: &str) -> Body {
        if text.len() > LONGEST_BODY {
            return Body::from(Box::<[u8]>::from(text.as_bytes()));
        }
        if let Some(body) = self.bodies.get(text) {
            return body.clone();
        }
        let body = Body::from(Box::<[u8]>::from(text.as_bytes()));
        if !self.once.insert(self.bodies.hasher().hash_one(text)) {
            self.bodies.insert(text.into(), body.clone());
        }
        body
    }
}

/// Whether `value` is another in almost every message: it has the form of a UUID, or of a date (RFC
/// 9110 §5.6.7).
fn is_its_own(value: &str) -> bool {
    let has = |places: &[usize], byte: u8| places.iter().all(|it| value.as_bytes()[*it] == byte);
    match value.len() {
        36 => has(&[8, 13, 18, 23], b'-'),
        29 => has(&[19, 22], b':') && value.ends_with(" GMT"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shared_is_what_was_given() {
        let mut sharing = Sharing::default();
        let id = "3d2a9f40-6a1c-4d55-9f0b-7f6f0c1d2e3a";
        let other = "4d2a9f40-6a1c-4d55-9f0b-7f6f0c1d2e3a";
        for headers in [
            vec![],
            vec![("accept", "a"), ("x-id", id)],
            vec![("accept", "a"), ("x-id", other)],
            vec![("accept", id), ("x-id", id), ("x-id", "ü")],
            vec![("accep", "ta"), ("x-id", id)],
            vec![("x-id", "--------ü------------------------ü-")],
            vec![("date", "Thu, 01 Jan 2026 00:07:07 GMT")],
            vec![("date", "Thu, 01 Jan 2026 00:07:08 GMT"), ("x-id", id)],
        ] {
            let shared = sharing.headers(&headers);
            assert_eq!(shared, headers.iter().copied().collect());
        }
        for text in ["", "{}", "{}", "{}", &"x".repeat(LONGEST_BODY + 1)] {
            assert_eq!(sharing.body(text), Body::from(text.to_owned()));
        }
    }
}
