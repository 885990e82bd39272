//! Outcomes of checks, and what provenance lets a report say of them.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

use super::check::{Check, Family};
use super::overlay::Overlay;
use crate::base::Timestamp;
use crate::event::Subject;
use crate::profile::{Profile, Provenance};

/// The outcome of one check (`spec/judging.md`, 6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Exercised, requirement met.
    Pass,
    /// Exercised, requirement violated.
    Fail,
    /// A recommendation violated, or a requirement met outside the recommended margin.
    Warn,
    /// A person has to decide; the evidence is attached.
    Review,
    /// A measurement, no verdict.
    Info,
    /// The feature is optional and declared unsupported.
    NotApplicable,
    /// What the rule judges never happened.
    NotExercised,
    /// Exercised, but the evidence is too weak.
    Inconclusive,
    /// A fault of the harness or of its environment.
    Error,
}

impl Level {
    /// All of them, worst first: the order of the roll-up, and of every report.
    pub const WORST_FIRST: [Self; 9] = [
        Self::Error,
        Self::Fail,
        Self::NotExercised,
        Self::Inconclusive,
        Self::Review,
        Self::Warn,
        Self::Pass,
        Self::Info,
        Self::NotApplicable,
    ];

    /// The word used in reports: `NOT_EXERCISED`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::Warn => "WARN",
            Self::Review => "REVIEW",
            Self::Info => "INFO",
            Self::NotApplicable => "NOT_APPLICABLE",
            Self::NotExercised => "NOT_EXERCISED",
            Self::Inconclusive => "INCONCLUSIVE",
            Self::Error => "ERROR",
        }
    }

    /// How much an outcome says against the provider; 0 where it says nothing.
    pub(super) fn strength(self) -> u8 {
        match self {
            Self::Fail => 3,
            Self::Review => 2,
            Self::Warn => 1,
            Self::Pass
            | Self::Info
            | Self::NotApplicable
            | Self::NotExercised
            | Self::Inconclusive
            | Self::Error => 0,
        }
    }

    /// The worst of `levels`; nothing at all was not exercised, it never passed.
    pub fn worst(levels: impl IntoIterator<Item = Self>) -> Self {
        let present: Vec<Self> = levels.into_iter().collect();
        Self::WORST_FIRST
            .into_iter()
            .find(|level| present.contains(level))
            .unwrap_or(Self::NotExercised)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl Serialize for Level {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// What a rule that rests on `provenance` may report of `raw` (`spec/judging.md`, 5.6): a failure
/// rests on what is stated, or it is not reported as one.
///
/// | raw | stated | inferred | assumed, status flows and backoff | assumed, else |
/// |---|---|---|---|---|
/// | FAIL | FAIL | REVIEW | REVIEW | INFO |
/// | REVIEW | REVIEW | REVIEW | REVIEW | INFO |
/// | WARN | WARN | WARN | WARN | INFO |
///
/// Other outcomes say nothing against the provider and stay as they are.
#[must_use]
pub fn ceiling(raw: Level, provenance: Provenance, family: Family) -> Level {
    match (raw, provenance) {
        (Level::Fail, Provenance::Inferred) => Level::Review,
        (Level::Fail | Level::Review | Level::Warn, Provenance::Assumed) => match family {
            Family::StatusFlow | Family::Backoff => ceiling(raw, Provenance::Inferred, family),
            Family::AuthorisationEndpoint
            | Family::Credential
            | Family::InteractionId
            | Family::Messaging
            | Family::NotificationAnswer
            | Family::NotificationProbe
            | Family::ProviderConfiguration
            | Family::Replay
            | Family::Token => Level::Info,
        },
        (_, Provenance::Stated)
        | (
            Level::Pass
            | Level::Warn
            | Level::Review
            | Level::Info
            | Level::NotApplicable
            | Level::NotExercised
            | Level::Inconclusive
            | Level::Error,
            Provenance::Inferred,
        )
        | (
            Level::Pass
            | Level::Info
            | Level::NotApplicable
            | Level::NotExercised
            | Level::Inconclusive
            | Level::Error,
            Provenance::Assumed,
        ) => raw,
    }
}

/// How many ranges of events a line names.
const MOST_NAMED: usize = 20;

/// Ascending numbers, those that follow each other as one: `3-9`.
fn ranges(numbers: &[u64]) -> Vec<String> {
    numbers
        .chunk_by(|before, next| before + 1 == *next)
        .map(|run| match run {
            [first, .., last] => format!("{first}-{last}"),
            [] | [_] => run.iter().map(u64::to_string).collect(),
        })
        .collect()
}

/// The events that show why: the smallest set that suffices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Witness {
    /// Their sequence numbers in the history, ascending.
    pub sequences: Vec<u64>,
    /// Their times, one for each sequence number.
    pub times: Vec<Timestamp>,
    /// The smallest part of the history that was found on which alone the check still fails; empty
    /// where it was not looked for, or where no part suffices that a person could look through.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub excerpt: Vec<u64>,
    /// By how much, in words: `312 ms early; earliest allowed 10:02:07.418`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin: Option<String>,
}

impl Witness {
    /// The events at these places, put in order; one event counts once.
    pub fn of(places: impl IntoIterator<Item = (u64, Timestamp)>) -> Self {
        let places: BTreeMap<u64, Timestamp> = places.into_iter().collect();
        let (sequences, times) = places.into_iter().unzip();
        Self {
            sequences,
            times,
            excerpt: Vec::new(),
            margin: None,
        }
    }

    /// The excerpt as `preflight judge --events` takes it: `3-9,12`.
    #[must_use]
    pub fn excerpt_ranges(&self) -> String {
        ranges(&self.excerpt).join(",")
    }

    /// Its events for a line: `3-9, 12`, and how many more there are where they do not fit.
    #[must_use]
    pub fn named(&self) -> String {
        let ranges = ranges(&self.sequences);
        let (shown, more) = ranges.split_at(ranges.len().min(MOST_NAMED));
        let named = shown.join(", ");
        match more.len() {
            0 => named,
            _ => format!("{named} and more, {} in all", self.sequences.len()),
        }
    }

    /// The same with a margin.
    #[must_use]
    pub fn with_margin(mut self, margin: impl Into<String>) -> Self {
        self.margin = Some(margin.into());
        self
    }
}

/// What a rule says of a history, before provenance has its say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// The raw outcome.
    pub level: Level,
    /// What was found, in a sentence or two.
    pub message: String,
    /// The events that show it; empty where nothing speaks against the subject.
    pub witness: Witness,
    /// The numbers that were used, with unit.
    pub parameters: BTreeMap<String, String>,
    /// On what this outcome rests, where it is not what the check says of itself: an immediate
    /// retry breaks what is stated, a flat wait only what is assumed.
    pub rests_on: Option<Provenance>,
    /// The strongest that may be reported, where it is not for provenance to say, and what would
    /// have to be known for more ("becomes FAIL if …").
    pub limit: Option<(Level, &'static str)>,
}

impl Ruling {
    /// A ruling without witness and parameters.
    pub fn new(level: Level, message: impl Into<String>) -> Self {
        Self {
            level,
            message: message.into(),
            witness: Witness::default(),
            parameters: BTreeMap::new(),
            rests_on: None,
            limit: None,
        }
    }

    /// The same, resting on something else than the check does otherwise.
    #[must_use]
    pub fn resting_on(mut self, provenance: Provenance) -> Self {
        self.rests_on = Some(provenance);
        self
    }

    /// The same, reported no stronger than `level` until `flips_if` holds.
    #[must_use]
    pub fn at_most(mut self, level: Level, flips_if: &'static str) -> Self {
        self.limit = Some((level, flips_if));
        self
    }

    /// The same with the events that show it.
    #[must_use]
    pub fn shown_by(mut self, witness: Witness) -> Self {
        self.witness = witness;
        self
    }

    /// The same with a number that was used.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.parameters.insert(name.to_owned(), value.to_string());
        self
    }

    /// The same with `sentence` behind the message; nothing where there is none.
    #[must_use]
    pub fn and_says(mut self, sentence: Option<String>) -> Self {
        if let Some(sentence) = sentence {
            self.message.push(' ');
            self.message.push_str(&sentence);
        }
        self
    }
}

/// The outcome of one check on one history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The id of the check.
    pub check: &'static str,
    /// Whom it judges here.
    pub subject: Subject,
    /// In which of the verdict's runs, from 0.
    #[serde(skip)]
    pub run: usize,
    /// Whether the plan means to exercise it.
    pub planned: bool,
    /// What the rule says.
    pub raw: Level,
    /// What provenance lets it say.
    pub reported: Level,
    /// On what the rule rests.
    pub provenance: Provenance,
    /// What was found.
    pub message: String,
    /// The events that show it.
    pub witness: Witness,
    /// What would turn the reported outcome into the raw one; only where they differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub would_flip: Option<String>,
    /// The numbers that were used, with unit.
    pub parameters: BTreeMap<String, String>,
    /// What a baseline and waivers say of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub overlays: Vec<Overlay>,
}

impl Finding {
    /// The finding of `check` on `subject` that follows from `ruling`, as if the plan meant it.
    #[must_use]
    pub fn new(check: &Check, subject: Subject, profile: &Profile, ruling: Ruling) -> Self {
        let provenance = ruling
            .rests_on
            .unwrap_or_else(|| (check.provenance)(profile));
        let mut reported = ceiling(ruling.level, provenance, check.family);
        let mut flips_if = check.flips_if;
        if let Some((limit, condition)) = ruling.limit
            && limit.strength() < reported.strength()
        {
            reported = limit;
            flips_if = condition;
        }
        let would_flip =
            (reported != ruling.level).then(|| format!("becomes {} if {flips_if}", ruling.level));
        Self {
            check: check.id,
            subject,
            run: 0,
            planned: true,
            raw: ruling.level,
            reported,
            provenance,
            message: ruling.message,
            witness: ruling.witness,
            would_flip,
            parameters: ruling.parameters,
            overlays: Vec::new(),
        }
    }

    /// What would have to be known for the raw outcome to be reported; none where it is.
    #[must_use]
    pub fn condition(&self) -> Option<&str> {
        let (_, condition) = self.would_flip.as_deref()?.split_once(" if ")?;
        Some(condition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::fixture::{Kind, finding_of};

    #[test]
    fn an_outcome_against_the_provider_is_no_stronger_than_what_it_rests_on() {
        use Level::{Fail, Info, Review, Warn};
        use Provenance::{Assumed, Inferred, Stated};
        // raw, provenance, reported for status flows and backoff, reported else
        let table = [
            (Fail, Stated, Fail, Fail),
            (Fail, Inferred, Review, Review),
            (Fail, Assumed, Review, Info),
            (Review, Stated, Review, Review),
            (Review, Inferred, Review, Review),
            (Review, Assumed, Review, Info),
            (Warn, Stated, Warn, Warn),
            (Warn, Inferred, Warn, Warn),
            (Warn, Assumed, Warn, Info),
        ];
        for (raw, provenance, of_flows, of_others) in table {
            for family in Family::ALL {
                let expected = match family {
                    Family::StatusFlow | Family::Backoff => of_flows,
                    Family::AuthorisationEndpoint
                    | Family::Credential
                    | Family::InteractionId
                    | Family::Messaging
                    | Family::NotificationAnswer
                    | Family::NotificationProbe
                    | Family::ProviderConfiguration
                    | Family::Replay
                    | Family::Token => of_others,
                };
                assert_eq!(
                    ceiling(raw, provenance, family),
                    expected,
                    "{raw} {provenance} {family:?}"
                );
            }
        }
    }

    #[test]
    fn what_says_nothing_against_the_provider_has_no_ceiling() {
        for raw in Level::WORST_FIRST {
            if matches!(raw, Level::Fail | Level::Review | Level::Warn) {
                continue;
            }
            for provenance in Provenance::ALL {
                for family in Family::ALL {
                    assert_eq!(ceiling(raw, provenance, family), raw);
                }
            }
        }
    }

    #[test]
    fn the_worst_counts_and_nothing_at_all_was_not_exercised() {
        use Level::{
            Error, Fail, Inconclusive, Info, NotApplicable, NotExercised, Pass, Review, Warn,
        };
        let table: &[(&[Level], Level)] = &[
            (&[], NotExercised),
            (&[NotApplicable], NotApplicable),
            (&[NotApplicable, Pass], Pass),
            (&[Info, Pass], Pass),
            (&[Pass, Warn], Warn),
            (&[Review, Warn], Review),
            (&[Review, Inconclusive], Inconclusive),
            (&[NotExercised, Inconclusive], NotExercised),
            (&[NotExercised, Fail, Pass], Fail),
            (&[Fail, Error], Error),
        ];
        for (levels, worst) in table {
            assert_eq!(Level::worst(levels.iter().copied()), *worst, "{levels:?}");
        }
    }

    #[test]
    fn events_of_an_excerpt_that_follow_each_other_are_named_together() {
        let witness = |excerpt: &[u64]| Witness {
            excerpt: excerpt.to_vec(),
            ..Witness::default()
        };
        assert_eq!(
            witness(&[3, 4, 5, 9, 11, 12]).excerpt_ranges(),
            "3-5,9,11-12"
        );
        assert_eq!(witness(&[7]).excerpt_ranges(), "7");
        assert_eq!(witness(&[]).excerpt_ranges(), "");
    }

    #[test]
    fn what_is_reported_more_mildly_says_what_would_change_that() {
        let profile = Profile::built_in();
        let untold: Vec<&str> = crate::conformance::CHECKS
            .iter()
            .filter(|check| check.severest == Level::Fail)
            .map(|check| finding_of(check, Kind::Breaking, &profile).2)
            .filter(|finding| {
                let said = finding.condition().unwrap_or_default();
                said.starts_with("it rests on what is stated")
            })
            .map(|finding| finding.check)
            .collect();
        assert!(untold.is_empty(), "{untold:?}");
    }

    #[test]
    fn a_line_names_no_more_events_than_fit() {
        let at = crate::base::Clock::logical_start();
        let witness = |sequences: &[u64]| Witness::of(sequences.iter().map(|it| (*it, at)));
        assert_eq!(witness(&[1, 2, 5]).named(), "1-2, 5");
        let odd: Vec<u64> = (0..2_000).map(|number| number * 2 + 1).collect();
        let named = witness(&odd).named();
        assert!(
            named.starts_with("1, 3, 5, ") && named.len() < 120,
            "{named}"
        );
        assert!(named.ends_with(" and more, 2000 in all"), "{named}");
    }

    #[test]
    fn a_witness_names_each_event_once_and_in_order() {
        let at = crate::base::Clock::logical_start();
        assert_eq!(Witness::of([(9, at), (4, at), (9, at)]).sequences, [4, 9]);
    }
}
