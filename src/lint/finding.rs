//! What a rule found, without what it found.

use std::fmt;

use serde::{Serialize, Serializer};

use super::{Rule, Severity};
use crate::base::{Place, keyed_sha256};

/// Values with fewer characters show none of them.
const SHOWN_FROM: usize = 12;

/// Where and what, never the value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// How much it matters here.
    pub severity: Severity,
    /// How the user calls the file; of a file that only a repository's history has, its path there.
    pub file: String,
    /// Where in the file.
    pub place: Place,
    /// The same as a path in the JSON: `item[0].request.header[2].value`; empty for other text.
    pub path: String,
    /// What it is: "`client_secret` of the authorisation".
    pub what: String,
    /// What may be shown of the value.
    pub value: Masked,
    /// What an allow file names it by: changes with rule and value, not with the place.
    pub fingerprint: String,
    /// The first commit that has it, where the history of a repository was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

impl Finding {
    /// What makes two findings one: the same value under the same rule in the same file.
    #[must_use]
    pub fn identity(&self) -> (&str, Rule, &str) {
        (&self.file, self.rule, &self.fingerprint)
    }
}

/// As much of a value as may be shown: two characters of a long one, and the length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Masked {
    shown: String,
    characters: usize,
}

impl Masked {
    /// Masks a credential.
    #[must_use]
    pub fn of(value: &str) -> Self {
        let characters = value.chars().count();
        let shown = if characters < SHOWN_FROM { 0 } else { 2 };
        let shown = value
            .chars()
            .take(shown)
            .filter(|character| !character.is_control())
            .collect();
        Self { shown, characters }
    }
}

impl fmt::Display for Masked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}… ({} characters)",
            self.shown, self.characters
        )
    }
}

impl Serialize for Masked {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What an allow file names a finding by: `LN-06:a1b:64`. The middle are twelve bits of a digest of
/// the value, so that another value of the same length is seen and nobody can guess this one by it.
pub(super) fn fingerprint(rule: Rule, value: &str) -> String {
    let digest = keyed_sha256(rule.id().as_bytes(), value.as_bytes());
    format!("{rule}:{}:{}", &digest.as_str()[..3], value.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_most_two_characters_and_the_length_are_shown() {
        for (value, shown) in [
            ("", "… (0 characters)"),
            ("hunter2", "… (7 characters)"),
            ("hunter2-long", "hu… (12 characters)"),
            ("Zürich-is-a-town", "Zü… (16 characters)"),
            ("\u{1b}[31m-is-a-colour", "[… (17 characters)"),
        ] {
            assert_eq!(Masked::of(value).to_string(), shown);
        }
    }

    #[test]
    fn a_fingerprint_changes_with_the_value_and_tells_twelve_bits_of_it() {
        let one = fingerprint(Rule::NamedCredential, "0123456789");
        assert_ne!(one, fingerprint(Rule::NamedCredential, "0123456780"));
        assert_ne!(one, fingerprint(Rule::RandomValue, "0123456789"));
        assert_eq!(one.len(), "LN-06:abc:10".len());
    }
}
