//! What came of the trials of one specimen.

use std::collections::BTreeMap;

use super::doubt::GROWTH;
use crate::base::Seed;
use crate::conformance::{Finding, Level, check, most_by_chance};
use crate::specimen::{Nature, Specimen};

/// What came of the trials of one specimen.
pub struct Row {
    /// Who was tried.
    pub specimen: &'static Specimen,
    /// How often.
    pub trials: u64,
    /// How often its own check gave the severest outcome that it can give; 0 for one that conforms.
    pub convicted: u64,
    /// The first seed with which its own check did not convict it, and what the check said.
    pub escape: Option<(Seed, String)>,
    /// How often each check spoke against it, by its raw outcome: its own check first.
    pub against: BTreeMap<(&'static str, Level), u64>,
    /// How often chance alone has the rule on growth doubt that its waits grow: a share of the trials;
    /// of one that conforms.
    pub doubted: f64,
    /// The first seed with which a check spoke against it that should not have, and what it said.
    pub surprise: Option<(Seed, String)>,
}

impl Row {
    /// Nobody was tried yet.
    #[must_use]
    pub fn new(specimen: &'static Specimen) -> Self {
        Self {
            specimen,
            trials: 0,
            convicted: 0,
            escape: None,
            against: BTreeMap::new(),
            doubted: 0.0,
            surprise: None,
        }
    }

    /// Counts the findings of one trial.
    pub fn count(&mut self, seed: Seed, findings: &[Finding]) {
        self.trials += 1;
        for finding in findings {
            if matches!(finding.raw, Level::Fail | Level::Warn | Level::Review) {
                *self
                    .against
                    .entry((finding.check, finding.raw))
                    .or_default() += 1;
            }
            if self.is_surprised_by(finding) && self.surprise.is_none() {
                self.surprise = Some((seed, told(finding)));
            }
        }
        let Nature::Broken { check: own, .. } = self.specimen.nature else {
            return;
        };
        let finding = findings.iter().find(|finding| finding.check == own);
        let severest = check(own).map(|check| check.severest);
        if finding.map(|finding| finding.raw) == severest && severest.is_some() {
            self.convicted += 1;
        } else if self.escape.is_none() {
            let said = finding.map_or_else(|| format!("{own} was not judged"), told);
            self.escape = Some((seed, said));
        }
    }

    /// Whether nobody expects this of the specimen. A rule that rests on a sample may doubt one that
    /// conforms; it may not be reported as a failure, and how often it doubts is bounded elsewhere.
    fn is_surprised_by(&self, finding: &Finding) -> bool {
        let is_against = match check(finding.check) {
            Some(check) if check.is_statistical() => finding.reported == Level::Fail,
            Some(_) | None => finding.raw == Level::Fail,
        };
        is_against
            && match self.specimen.nature {
                Nature::Conforming => true,
                Nature::Broken {
                    check,
                    consequences,
                } => finding.check != check && !consequences.contains(&finding.check),
            }
    }

    /// Whether it came out as it should.
    #[must_use]
    pub fn is_green(&self) -> bool {
        let convicted = match self.specimen.nature {
            Nature::Conforming => self.doubts() <= self.most_doubts(),
            Nature::Broken { .. } => self.convicted == self.trials,
        };
        self.trials > 0 && convicted && self.surprise.is_none()
    }

    /// How often the rule on growth spoke against it.
    #[must_use]
    pub fn doubts(&self) -> u64 {
        let of_growth = self.against.iter().filter(|((id, _), _)| *id == GROWTH);
        of_growth.map(|(_, count)| count).sum()
    }

    /// How often it does by chance at most, in all but one of a thousand self-tests.
    #[must_use]
    pub fn most_doubts(&self) -> u64 {
        let trials = usize::try_from(self.trials).unwrap_or(usize::MAX);
        most_by_chance(trials, self.doubted, 0.001) as u64
    }

    /// Adds what another row says of the same specimen.
    pub fn add(&mut self, other: Self) {
        self.trials += other.trials;
        self.convicted += other.convicted;
        for (key, count) in other.against {
            *self.against.entry(key).or_default() += count;
        }
        self.escape = first(self.escape.take(), other.escape);
        self.surprise = first(self.surprise.take(), other.surprise);
    }
}

/// The one with the smaller seed.
fn first(one: Option<(Seed, String)>, other: Option<(Seed, String)>) -> Option<(Seed, String)> {
    one.into_iter().chain(other).min_by_key(|(seed, _)| seed.0)
}

fn told(finding: &Finding) -> String {
    format!("{} {}: {}", finding.check, finding.raw, finding.message)
}
