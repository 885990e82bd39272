//! Figures of a finding that moved.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::quantity::Quantity;

/// A figure, or another number that a check used, that is not what it was.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Moved {
    /// Its name: `p95`.
    pub figure: String,
    /// What it was; none where the check did not tell it.
    pub then: Option<String>,
    /// What it is.
    pub now: Option<String>,
    /// How many times what it was; none where that cannot be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<f64>,
    /// Whether it moved so far that a person should know.
    pub notable: bool,
    /// What it is held against: its name, and what it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<(&'static str, String)>,
}

/// Which figure is held against which.
const LIMITS: [(&str, &str); 3] = [
    ("p95", "target"),
    ("max", "timeout"),
    ("attempts seen", "attempts allowed"),
];

/// Those that differ between `then` and `now`.
pub(super) fn moved(then: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Vec<Moved> {
    let names: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
    names
        .into_iter()
        .filter(|name| then.get(*name) != now.get(*name))
        .map(|name| {
            let (before, after) = (then.get(name), now.get(name));
            let number = |text: Option<&String>| text.and_then(|text| Quantity::of(text));
            let numbers = number(before).zip(number(after));
            Moved {
                figure: name.clone(),
                then: before.cloned(),
                now: after.cloned(),
                times: numbers
                    .as_ref()
                    .and_then(|(before, after)| after.times(before)),
                notable: numbers
                    .and_then(|(before, after)| before.moved_to(&after))
                    // What is no number either way is another thing altogether.
                    .unwrap_or(true),
                limit: limit(name, now),
            }
        })
        .collect()
}

/// What the figure `name` is held against in `figures`.
fn limit(name: &str, figures: &BTreeMap<String, String>) -> Option<(&'static str, String)> {
    let (_, limit) = LIMITS.iter().find(|(figure, _)| *figure == name)?;
    let value = figures.get(*limit).filter(|value| *value != "none")?;
    Some((limit, value.clone()))
}

impl Moved {
    /// `p95 went from 1.1 s to 1.9 s of 2.0 s (target)`.
    pub(super) fn words(&self) -> String {
        let name = &self.figure;
        let words = match (&self.then, &self.now) {
            (Some(then), Some(now)) => format!("{name} went from {then} to {now}"),
            (Some(then), None) => format!("{name} was {then} and is not told any more"),
            (None, now) => format!("{name} is {} now", now.as_deref().unwrap_or_default()),
        };
        match &self.limit {
            Some((limit, value)) => format!("{words} of {value} ({limit})"),
            None => words,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(all: &[(&str, &str)]) -> BTreeMap<String, String> {
        let all = all.iter();
        all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn a_figure_that_moved_is_told_with_what_it_is_held_against() {
        let then = [("p95", "1.1 s"), ("p50", "200 ms"), ("target", "2.0 s")];
        let now = [("p95", "1.9 s"), ("p50", "205 ms"), ("target", "2.0 s")];
        let moved = moved(&figures(&then), &figures(&now));
        let told: Vec<(String, bool)> = moved.iter().map(|it| (it.words(), it.notable)).collect();
        assert_eq!(
            told,
            [
                ("p50 went from 200 ms to 205 ms".to_owned(), false),
                (
                    "p95 went from 1.1 s to 1.9 s of 2.0 s (target)".to_owned(),
                    true
                ),
            ]
        );
    }

    #[test]
    fn a_figure_that_came_or_went_is_told() {
        let moved = moved(
            &figures(&[("n", "3")]),
            &figures(&[("max", "1 s"), ("target", "none")]),
        );
        let told: Vec<String> = moved.iter().map(Moved::words).collect();
        assert_eq!(
            told,
            [
                "max is 1 s now",
                "n was 3 and is not told any more",
                "target is none now"
            ]
        );
        assert!(moved.iter().all(|it| it.notable));
    }
}
