//! Headers in order, with repetitions.

use std::fmt;
use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Headers as they were sent: in order, repeated ones repeated, names as written.
#[derive(Clone)]
pub struct Headers(Form);

/// How they are kept.
#[derive(Clone)]
enum Form {
    /// By themselves.
    Own(Vec<(CompactString, CompactString)>),
    /// A list that many messages have, and the values that only this one has, one after the other.
    Shared(Arc<HeaderList>, Box<str>),
}

/// What many messages have in common: the names, and the values that do not differ.
#[derive(Debug)]
pub(super) struct HeaderList(Box<[(CompactString, Common)]>);

/// The value of a header in a list.
#[derive(Debug)]
pub(super) enum Common {
    /// The same in all messages.
    Value(CompactString),
    /// Another in each, of so many bytes.
    Length(usize),
}

impl HeaderList {
    pub(super) fn new(headers: impl IntoIterator<Item = (CompactString, Common)>) -> Self {
        Self(headers.into_iter().collect())
    }
}

impl Headers {
    /// No headers.
    #[must_use]
    pub fn new() -> Self {
        Self(Form::Own(Vec::new()))
    }

    /// Those of `list`, with `own` as the values that differ, one after the other.
    pub(super) fn shared(list: Arc<HeaderList>, own: Box<str>) -> Self {
        Self(Form::Shared(list, own))
    }

    /// The first value of the header called `name` in any case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// All values of the header called `name` in any case.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.iter()
            .filter(move |(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// Whether there is a header called `name` in any case.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Adds a header after the others.
    pub fn push(&mut self, name: impl Into<CompactString>, value: impl Into<CompactString>) {
        self.own().push((name.into(), value.into()));
    }

    /// Removes every header called `name` and adds this one.
    pub fn set(&mut self, name: impl Into<CompactString>, value: impl Into<CompactString>) {
        let name = name.into();
        self.remove(&name);
        self.own().push((name, value.into()));
    }

    /// Gives the headers called `name` another value, each at its place.
    pub fn replace(&mut self, name: &str, value: &str) {
        for (_, old) in self
            .own()
            .iter_mut()
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
        {
            *old = value.into();
        }
    }

    /// Removes every header called `name` in any case.
    pub fn remove(&mut self, name: &str) {
        self.own()
            .retain(|(key, _)| !key.eq_ignore_ascii_case(name));
    }

    /// Name and value of each, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let (own, list, values): (&[_], &[_], &str) = match &self.0 {
            Form::Own(own) => (own, &[], ""),
            Form::Shared(list, values) => (&[], &list.0, values),
        };
        let own = own
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let shared = list.iter().scan(values, |rest, (name, value)| {
            let value = match value {
                Common::Value(value) => value.as_str(),
                Common::Length(length) => {
                    let (value, others) = rest.split_at(*length);
                    *rest = others;
                    value
                }
            };
            Some((name.as_str(), value))
        });
        own.chain(shared)
    }

    /// The number of headers.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Form::Own(own) => own.len(),
            Form::Shared(list, _) => list.0.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The headers, for a change: nobody else has them from now on.
    fn own(&mut self) -> &mut Vec<(CompactString, CompactString)> {
        if let Form::Shared(..) = &self.0 {
            *self = self.iter().collect();
        }
        match &mut self.0 {
            Form::Own(own) => own,
            Form::Shared(..) => unreachable!("they were collected above"),
        }
    }
}

impl Default for Headers {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<(&str, &str)> = self.iter().collect();
        formatter.debug_tuple("Headers").field(&all).finish()
    }
}

impl PartialEq for Headers {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Headers {}

impl Serialize for Headers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(|own| Self(Form::Own(own)))
    }
}

impl<N: Into<CompactString>, V: Into<CompactString>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(headers: I) -> Self {
        Self(Form::Own(
            headers
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_and_repetitions_are_kept() {
        let mut headers = Headers::from_iter([("Set-Cookie", "a=1"), ("set-cookie", "b=2")]);
        assert_eq!(
            headers.all("SET-COOKIE").collect::<Vec<_>>(),
            ["a=1", "b=2"]
        );
        headers.set("Set-cookie", "c=3");
        assert_eq!(headers.iter().collect::<Vec<_>>(), [("Set-cookie", "c=3")]);
    }

    #[test]
    fn what_is_shared_is_read_and_changed_like_what_is_not() {
        let list = HeaderList::new([
            ("accept".into(), Common::Value("text/plain".into())),
            ("x-id".into(), Common::Length(2)),
            ("x-other".into(), Common::Length(3)),
        ]);
        let mut shared = Headers::shared(Arc::new(list), "abcde".into());
        let mut own =
            Headers::from_iter([("accept", "text/plain"), ("x-id", "ab"), ("x-other", "cde")]);
        assert_eq!(shared, own);
        assert_eq!(format!("{shared:?}"), format!("{own:?}"));
        assert_eq!(
            serde_json::to_string(&shared).unwrap(),
            r#"[["accept","text/plain"],["x-id","ab"],["x-other","cde"]]"#
        );
        assert_eq!((shared.len(), shared.get("X-Other")), (3, Some("cde")));
        for headers in [&mut shared, &mut own] {
            headers.replace("x-id", "longer");
            headers.remove("accept");
            headers.push("x-last", "z");
        }
        assert_eq!(shared, own);
    }
}
