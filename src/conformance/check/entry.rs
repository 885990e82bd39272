//! What the catalogue knows of a check.

use serde::Serialize;

use crate::conformance::clause::clause;
use crate::conformance::{Evidence, Finding, Keyword, Ruling};
use crate::event::Subject;
use crate::profile::{Profile, Provenance};

/// A kind of check; its folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// `BK`: throttling and what follows from it.
    Backoff,
    /// `IX`: the interaction id.
    InteractionId,
    /// `RP`: what the collections assert themselves.
    Replay,
    /// `ST`: the states of subscriptions, batches and payments.
    StatusFlow,
    /// `TK`: access tokens.
    Token,
}

impl Family {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Backoff,
        Self::InteractionId,
        Self::Replay,
        Self::StatusFlow,
        Self::Token,
    ];

    /// The letters with which the ids of its checks begin.
    #[must_use]
    pub fn letters(self) -> &'static str {
        match self {
            Self::Backoff => "BK",
            Self::InteractionId => "IX",
            Self::Replay => "RP",
            Self::StatusFlow => "ST",
            Self::Token => "TK",
        }
    }
}

/// One rule.
pub struct Check {
    /// Its id: `BK-02`.
    pub id: &'static str,
    /// Its kind.
    pub family: Family,
    /// What is required, in a line.
    pub title: &'static str,
    /// The ids of the clauses that it checks.
    pub clauses: &'static [&'static str],
    /// Whom it judges.
    pub subjects: &'static [Subject],
    /// On what it rests in this profile.
    pub provenance: fn(&Profile) -> Provenance,
    /// What would have to be known for its raw outcome to be reported, behind "becomes FAIL if …".
    pub flips_if: &'static str,
    /// The text of its file; the prose at its head is the documentation.
    pub source: &'static str,
    /// The rule.
    pub rule: fn(&Evidence<'_>, &Profile) -> Ruling,
}

/// The sections of a check's prose, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// What is required.
    Required,
    /// Why.
    Why,
    /// How it is judged.
    Judged,
    /// An example that conforms.
    Example,
    /// Sources.
    Sources,
}

impl Section {
    /// All of them, in order.
    pub const ALL: [Self; 5] = [
        Self::Required,
        Self::Why,
        Self::Judged,
        Self::Example,
        Self::Sources,
    ];

    /// Its heading.
    #[must_use]
    pub fn heading(self) -> &'static str {
        match self {
            Self::Required => "What is required",
            Self::Why => "Why",
            Self::Judged => "How it is judged",
            Self::Example => "An example that conforms",
            Self::Sources => "Sources",
        }
    }
}

impl Check {
    /// Applies the rule, and the ceiling of what it rests on.
    #[must_use]
    pub fn judge(&self, evidence: &Evidence<'_>, profile: &Profile) -> Finding {
        Finding::new(self, profile, (self.rule)(evidence, profile))
    }

    /// How strongly the strictest of its clauses is worded.
    #[must_use]
    pub fn keyword(&self) -> Keyword {
        self.clauses
            .iter()
            .filter_map(|id| clause(id))
            .map(|clause| clause.keyword)
            .max()
            .unwrap_or(Keyword::Optional)
    }

    /// Its documentation, in Markdown.
    #[must_use]
    pub fn prose(&self) -> String {
        let mut prose = String::new();
        for line in self.source.lines() {
            let Some(text) = line.strip_prefix("//!") else {
                break;
            };
            prose.push_str(text.strip_prefix(' ').unwrap_or(text));
            prose.push('\n');
        }
        prose
    }
}

#[cfg(test)]
mod tests {
    use crate::conformance::CHECKS;

    #[test]
    fn the_prose_is_what_stands_at_the_head_of_the_file() {
        let check = CHECKS.iter().find(|check| check.id == "BK-02").unwrap();
        let prose = check.prose();
        assert!(prose.starts_with("A retry does not come before"), "{prose}");
        assert!(prose.ends_with(".\n"), "{prose}");
        assert!(!prose.contains("use crate"), "{prose}");
    }
}
