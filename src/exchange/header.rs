//! Headers in order, with repetitions.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// Headers as they were sent: in order, repeated ones repeated, names as written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Headers(Vec<(CompactString, CompactString)>);

impl Headers {
    /// No headers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
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
        self.0.push((name.into(), value.into()));
    }

    /// Removes every header called `name` and adds this one.
    pub fn set(&mut self, name: impl Into<CompactString>, value: impl Into<CompactString>) {
        let name = name.into();
        self.remove(&name);
        self.0.push((name, value.into()));
    }

    /// Gives the headers called `name` another value, each at its place.
    pub fn replace(&mut self, name: &str, value: &str) {
        for (_, old) in self
            .0
            .iter_mut()
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
        {
            *old = value.into();
        }
    }

    /// Removes every header called `name` in any case.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
    }

    /// Name and value of each, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The number of headers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<N: Into<CompactString>, V: Into<CompactString>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(headers: I) -> Self {
        Self(
            headers
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
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
}
