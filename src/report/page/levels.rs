//! How outcomes look: a sign, a word and a colour, so that none of them is needed.

use maud::{Markup, html};

use crate::conformance::{Level, Row, Standing};

/// The sign that stands before the word.
pub(super) fn sign(level: Level) -> &'static str {
    match level {
        Level::Pass => "✓",
        Level::Fail => "✕",
        Level::Warn => "▲",
        Level::Review => "◆",
        Level::Info => "i",
        Level::NotApplicable => "–",
        Level::NotExercised => "○",
        Level::Inconclusive => "?",
        Level::Error => "!",
    }
}

/// The word in the names of classes: `not-exercised`.
pub(super) fn key(level: Level) -> &'static str {
    match level {
        Level::Pass => "pass",
        Level::Fail => "fail",
        Level::Warn => "warn",
        Level::Review => "review",
        Level::Info => "info",
        Level::NotApplicable => "not-applicable",
        Level::NotExercised => "not-exercised",
        Level::Inconclusive => "inconclusive",
        Level::Error => "error",
    }
}

/// The key of what has no verdict.
pub(super) const NO_VERDICT: &str = "none";

/// What a level means, in a line.
pub(super) fn meaning(level: Level) -> &'static str {
    match level {
        Level::Pass => "exercised, and the requirement is met",
        Level::Fail => "exercised, and a requirement is violated",
        Level::Warn => {
            "a recommendation is violated, or a requirement is met outside the recommended margin"
        }
        Level::Review => "a person has to decide; the evidence is attached",
        Level::Info => "a measurement, no verdict",
        Level::NotApplicable => "optional, and declared unsupported; or there is nothing to judge",
        Level::NotExercised => "what the rule judges never happened: this is not a pass",
        Level::Inconclusive => "exercised, but the evidence is too weak",
        Level::Error => "a fault of the harness or of its environment",
    }
}

/// A level, in the words of the reports.
pub(super) fn badge(level: Level) -> Markup {
    html! {
        span class={ "badge level-" (key(level)) } {
            span.sign aria-hidden="true" { (sign(level)) } (level.name())
        }
    }
}

/// How a clause stands.
pub(super) fn standing(row: &Row) -> Markup {
    match row.standing {
        Standing::Judged { reported, .. } => badge(reported),
        Standing::OutsideThisVerdict | Standing::NothingAsked { .. } | Standing::Promised => {
            html! {
                span class={ "badge level-" (NO_VERDICT) } { (row.name()) }
            }
        }
    }
}

/// The key by which a row is filtered.
pub(super) fn key_of(row: &Row) -> &'static str {
    match row.standing {
        Standing::Judged { reported, .. } => key(reported),
        Standing::OutsideThisVerdict | Standing::NothingAsked { .. } | Standing::Promised => {
            NO_VERDICT
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_level_has_a_sign_a_key_and_a_rule_of_its_own() {
        let style = include_str!("style.css");
        let all = Level::WORST_FIRST;
        let signs: BTreeSet<&str> = all.into_iter().map(sign).collect();
        let meanings: BTreeSet<&str> = all.into_iter().map(meaning).collect();
        assert_eq!((signs.len(), meanings.len()), (all.len(), all.len()));
        for level in all {
            assert_eq!(key(level).replace('-', "_").to_uppercase(), level.name());
            let class = format!("level-{}", key(level));
            assert!(style.contains(&class), "{class}");
            assert!(badge(level).into_string().contains(level.name()));
        }
        assert!(style.contains("level-none"));
    }
}
