//! Ways in which the mock can be wrong on purpose.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// One way in which the mock is wrong, so that tests can show that somebody notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Defect {
    /// Any known status may follow any other.
    AcceptIllegalTransition,
    /// There is never a 429, neither from the throttle nor a scripted one.
    No429,
    /// Tokens live for two seconds.
    ShortTokens,
    /// The API key is not looked at.
    AcceptAnyKey,
}

impl Defect {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::AcceptIllegalTransition,
        Self::No429,
        Self::ShortTokens,
        Self::AcceptAnyKey,
    ];

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AcceptIllegalTransition => "accept-illegal-transition",
            Self::No429 => "no-429",
            Self::ShortTokens => "short-tokens",
            Self::AcceptAnyKey => "accept-any-key",
        }
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// No defect has that name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the mock has no defect `{0}`; use one of {names}", names = Defect::ALL.map(Defect::name).join(", "))]
pub struct UnknownDefect(String);

impl FromStr for Defect {
    type Err = UnknownDefect;

    fn from_str(name: &str) -> Result<Self, UnknownDefect> {
        Self::ALL
            .into_iter()
            .find(|defect| defect.name() == name)
            .ok_or_else(|| UnknownDefect(name.to_owned()))
    }
}

/// The defects of one mock; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Defects(BTreeSet<Defect>);

impl Defects {
    /// A mock that is right.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Whether the mock has `defect`.
    #[must_use]
    pub fn has(&self, defect: Defect) -> bool {
        self.0.contains(&defect)
    }
}

impl FromIterator<Defect> for Defects {
    fn from_iter<I: IntoIterator<Item = Defect>>(defects: I) -> Self {
        Self(defects.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        for defect in Defect::ALL {
            assert_eq!(defect.name().parse(), Ok(defect));
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        assert_eq!(
            "no-500".parse::<Defect>().unwrap_err().to_string(),
            "the mock has no defect `no-500`; use one of accept-illegal-transition, no-429, \
             short-tokens, accept-any-key"
        );
    }
}
