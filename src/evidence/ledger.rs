//! The ledger of attempts: what was tried before, and how it ended.
//!
//! Before anything is sent a line says that an attempt begins, by what it will be judged and how often
//! its target was tried before; when it has its verdict, another says how it ended. Each line names the
//! digest of the one before it, so none can be changed or taken out alone. An attempt without an end was
//! broken off. A bundle holds the lines up to the beginning of its own attempt: whoever shows the fifth
//! attempt shows the four before it.
//!
//! What nobody can see is a ledger that was thrown away: the next attempt is then the first again.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::canonical::canonical;
use crate::base::{Sha256Hex, Timestamp, sha256};
use crate::conformance::{ExitStatus, Expectations, JudgedRun};
use crate::event::{End, Subject, Target};
use crate::profile::{Declaration, Profile};

/// The path of the ledger in a bundle.
pub(super) const LEDGER: &str = "ledger.ndjson";

/// What was tried at one or several targets, in order.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    entries: Vec<Entry>,
    text: Vec<u8>,
    /// How many attempts there were at each target.
    counts: BTreeMap<String, u64>,
    /// The place of its end by the line on which an attempt begins.
    endings: BTreeMap<usize, usize>,
}

/// A ledger does not hold together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct LedgerError {
    /// The line, from 1.
    pub line: usize,
    /// Why.
    pub reason: &'static str,
}

/// By what an attempt is judged: what may change from one to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Circumstances {
    /// The version of preflight.
    harness: String,
    /// The software under test, with its version, where it is declared.
    product: Option<String>,
    /// The digest of the profile.
    profile: Sha256Hex,
    /// The digest of what is declared; secrets are no part of it.
    declaration: Sha256Hex,
    /// The digest of what is expected and waived.
    expectations: Sha256Hex,
}

/// What is tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Undertaking {
    /// Where the requests go.
    pub target: Target,
    /// Who is judged.
    pub subjects: Vec<Subject>,
    /// By which plan.
    pub plan: String,
}

/// The beginning of an attempt, as whoever began it keeps it.
#[derive(Clone, Debug)]
pub struct Begun {
    /// Its line, from 1.
    line: usize,
    /// Which attempt at its target it is, from 1.
    pub number: u64,
    /// The ledger up to this line: what goes into the bundle.
    pub ledger: Vec<u8>,
}

/// How a bundle's attempt stands among the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosure {
    /// Which attempt at its target it is, from 1.
    pub number: u64,
    /// Those before it, first to last.
    pub earlier: Vec<Earlier>,
    /// What is not as it was at the attempt before.
    pub changed: Vec<&'static str>,
}

/// An attempt before another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// Its number.
    pub number: u64,
    /// When it began.
    pub at: Timestamp,
    /// With what exit code it ended, and what that means; none where it was broken off.
    pub ended: Option<(u8, String)>,
    /// What was not as at the attempt before it.
    pub changed: Vec<&'static str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Entry {
    Begun(Beginning),
    Ended(Ending),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Beginning {
    attempt: u64,
    at: Timestamp,
    undertaking: Undertaking,
    circumstances: Circumstances,
    previous_sha256: Option<Sha256Hex>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Ending {
    /// The line of its beginning.
    begun: usize,
    exit: u8,
    meaning: String,
    runs: Vec<EndedRun>,
    /// The digest of the bundle's manifest; none where no bundle was made.
    manifest: Option<Sha256Hex>,
    previous_sha256: Option<Sha256Hex>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct EndedRun {
    subject: Subject,
    ended: Option<End>,
    head: Sha256Hex,
}

impl Circumstances {
    /// Those of a verdict.
    #[must_use]
    pub fn of(profile: &Profile, declaration: &Declaration, expectations: &Expectations) -> Self {
        // What `Debug` shows of a declaration has no secrets in it.
        let digest = |shown: String| sha256(shown.as_bytes());
        Self {
            harness: env!("CARGO_PKG_VERSION").to_owned(),
            product: declaration.product.as_ref().map(ToString::to_string),
            profile: profile.sha256.clone(),
            declaration: digest(format!("{declaration:?}")),
            expectations: digest(format!("{expectations:?}")),
        }
    }

    /// What is not as it was in `before`.
    fn changed_since(&self, before: &Self) -> Vec<&'static str> {
        [
            ("preflight", self.harness == before.harness),
            ("the product", self.product == before.product),
            ("the profile", self.profile == before.profile),
            ("the declaration", self.declaration == before.declaration),
            (
                "baseline or waivers",
                self.expectations == before.expectations,
            ),
        ]
        .into_iter()
        .filter_map(|(what, is_same)| (!is_same).then_some(what))
        .collect()
    }
}

impl Undertaking {
    /// What stands for target and subjects: attempts at the same are counted together.
    fn name(&self) -> String {
        format!("{:?} {:?}", self.target, self.subjects)
    }
}

impl Entry {
    fn previous(&self) -> Option<&Sha256Hex> {
        match self {
            Self::Begun(beginning) => beginning.previous_sha256.as_ref(),
            Self::Ended(ending) => ending.previous_sha256.as_ref(),
        }
    }
}

impl Ledger {
    /// Reads a ledger; one without a line is empty.
    ///
    /// # Errors
    /// If a line was changed, taken out, or cut.
    pub fn read(text: &[u8]) -> Result<Self, LedgerError> {
        let mut ledger = Self::default();
        for (line, number) in text.split_inclusive(|byte| *byte == b'\n').zip(1..) {
            let wrong = |reason| LedgerError {
                line: number,
                reason,
            };
            let content = line.strip_suffix(b"\n").ok_or(wrong("it was cut"))?;
            let entry: Entry =
                serde_json::from_slice(content).map_err(|_| wrong("it is no entry of a ledger"))?;
            if canonical(&entry) != content {
                return Err(wrong("it is not written as preflight writes it"));
            }
            if entry.previous() != ledger.head().as_ref() {
                return Err(wrong("the chain breaks here"));
            }
            let counted = match &entry {
                Entry::Begun(beginning) => beginning.attempt == ledger.next(&beginning.undertaking),
                Entry::Ended(ending) => {
                    ledger.beginning(ending.begun).is_some()
                        && ledger.ending(ending.begun).is_none()
                }
            };
            if !counted {
                return Err(wrong("it does not follow from the lines before it"));
            }
            ledger.push(entry, line);
        }
        Ok(ledger)
    }

    /// Begins an attempt; gives the line that is to be added to the file too.
    pub fn begin(
        &mut self,
        undertaking: Undertaking,
        circumstances: Circumstances,
        at: Timestamp,
    ) -> (Begun, Vec<u8>) {
        let attempt = self.next(&undertaking);
        let added = self.add(Entry::Begun(Beginning {
            attempt,
            at,
            undertaking,
            circumstances,
            previous_sha256: self.head(),
        }));
        let begun = Begun {
            line: self.entries.len(),
            number: attempt,
            ledger: self.text.clone(),
        };
        (begun, added)
    }

    /// Ends `begun`; gives the line that is to be added to the file.
    pub fn end(
        &mut self,
        begun: &Begun,
        exit: ExitStatus,
        runs: &[JudgedRun],
        manifest: Option<Sha256Hex>,
    ) -> Vec<u8> {
        self.add(Entry::Ended(Ending {
            begun: begun.line,
            exit: exit.code(),
            meaning: exit.meaning().to_owned(),
            runs: runs
                .iter()
                .map(|run| EndedRun {
                    subject: run.subject,
                    ended: run.ended,
                    head: run.history_head.clone(),
                })
                .collect(),
            manifest,
            previous_sha256: self.head(),
        }))
    }

    /// What the attempt that the last line begins discloses, if it was judged under `circumstances` and
    /// shows these subjects; none where the last line is not its beginning.
    #[must_use]
    pub fn disclosure(
        &self,
        circumstances: &Circumstances,
        target: Target,
        subjects: &[Subject],
    ) -> Option<Disclosure> {
        let own = self.beginning(self.entries.len())?;
        let is_own = own.circumstances == *circumstances
            && own.undertaking.target == target
            && subjects
                .iter()
                .all(|subject| own.undertaking.subjects.contains(subject));
        if !is_own {
            return None;
        }
        let mut before: Option<&Beginning> = None;
        let mut earlier = Vec::new();
        for (line, beginning) in self.attempts(&own.undertaking) {
            let changed = before.map_or_else(Vec::new, |before| {
                beginning.circumstances.changed_since(&before.circumstances)
            });
            let ending = self.ending(line);
            earlier.push(Earlier {
                number: beginning.attempt,
                at: beginning.at,
                ended: ending.map(|ending| (ending.exit, ending.meaning.clone())),
                changed,
            });
            before = Some(beginning);
        }
        let own = earlier.pop()?;
        Some(Disclosure {
            number: own.number,
            earlier,
            changed: own.changed,
        })
    }

    /// The digest of the last line.
    fn head(&self) -> Option<Sha256Hex> {
        let text = self.text.strip_suffix(b"\n")?;
        text.rsplit(|byte| *byte == b'\n').next().map(sha256)
    }

    fn add(&mut self, entry: Entry) -> Vec<u8> {
        let mut line = canonical(&entry);
        line.push(b'\n');
        self.push(entry, &line);
        line
    }

    fn push(&mut self, entry: Entry, line: &[u8]) {
        match &entry {
            Entry::Begun(it) => {
                self.counts.insert(it.undertaking.name(), it.attempt);
            }
            Entry::Ended(it) => {
                self.endings.insert(it.begun, self.entries.len());
            }
        }
        self.entries.push(entry);
        self.text.extend_from_slice(line);
    }

    /// The number of the next attempt at the same.
    fn next(&self, undertaking: &Undertaking) -> u64 {
        let last = self.counts.get(&undertaking.name());
        last.copied().unwrap_or_default() + 1
    }

    /// The attempts at the same, each with its line.
    fn attempts(&self, undertaking: &Undertaking) -> impl Iterator<Item = (usize, &Beginning)> {
        let name = undertaking.name();
        (1..)
            .zip(&self.entries)
            .filter_map(move |(line, entry)| match entry {
                Entry::Begun(it) if it.undertaking.name() == name => Some((line, it)),
                Entry::Begun(_) | Entry::Ended(_) => None,
            })
    }

    fn beginning(&self, line: usize) -> Option<&Beginning> {
        match self.entries.get(line.checked_sub(1)?)? {
            Entry::Begun(beginning) => Some(beginning),
            Entry::Ended(_) => None,
        }
    }

    fn ending(&self, begun: usize) -> Option<&Ending> {
        match self.entries.get(*self.endings.get(&begun)?)? {
            Entry::Ended(ending) => Some(ending),
            Entry::Begun(_) => None,
        }
    }
}

impl fmt::Display for Disclosure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let changed = |changed: &[&str]| match changed {
            [] => String::new(),
            changed => format!("; changed before it: {}", changed.join(", ")),
        };
        write!(formatter, "{}", self.number)?;
        match self.earlier.len() {
            0 => formatter.write_str(", the first")?,
            _ => write!(formatter, "{}", changed(&self.changed))?,
        }
        for earlier in &self.earlier {
            let ended = match &earlier.ended {
                Some((exit, meaning)) => format!("{meaning} (exit {exit})"),
                None => "broken off".to_owned(),
            };
            write!(
                formatter,
                "\n          {} on {}: {ended}{}",
                earlier.number,
                earlier.at.strftime("%Y-%m-%d %H:%M"),
                changed(&earlier.changed),
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Clock, later};
    use std::time::Duration;

    fn undertaking(subject: Subject) -> Undertaking {
        Undertaking {
            target: Target::Mock,
            subjects: vec![subject],
            plan: "ci".into(),
        }
    }

    fn circumstances(profile: &str) -> Circumstances {
        let profile = Profile::with_override(profile, "own.toml").unwrap();
        Circumstances::of(&profile, &Declaration::default(), &Expectations::default())
    }

    /// Three attempts at a connector, the first of them broken off, and one at an endpoint between.
    fn written() -> (Ledger, Begun) {
        let mut ledger = Ledger::default();
        let at = |minutes| later(Clock::logical_start(), Duration::from_mins(minutes));
        let connector = || undertaking(Subject::Connector);
        ledger.begin(connector(), circumstances(""), at(0));
        let (second, _) = ledger.begin(connector(), circumstances("rate = 8\n"), at(1));
        ledger.begin(undertaking(Subject::Endpoint), circumstances(""), at(2));
        ledger.end(&second, ExitStatus::NonConformant, &[], None);
        let (third, _) = ledger.begin(connector(), circumstances("rate = 8\n"), at(3));
        (ledger, third)
    }

    #[test]
    fn an_attempt_discloses_those_before_it_at_the_same_target() {
        let (_, third) = written();
        let read = Ledger::read(&third.ledger).unwrap();
        let subjects = [Subject::Connector];
        let told = read
            .disclosure(&circumstances("rate = 8\n"), Target::Mock, &subjects)
            .unwrap();
        insta::assert_snapshot!(told, @r"
        3
                  1 on 2026-01-01 00:00: broken off
                  2 on 2026-01-01 00:01: non-conformant (exit 1); changed before it: the profile
        ");
        let other = circumstances("");
        assert_eq!(read.disclosure(&other, Target::Mock, &subjects), None);
        let own = circumstances("rate = 8\n");
        assert_eq!(read.disclosure(&own, Target::Sandbox, &subjects), None);
        let stranger = [Subject::Endpoint];
        assert_eq!(read.disclosure(&own, Target::Mock, &stranger), None);
    }

    #[test]
    fn a_line_that_is_changed_taken_out_moved_or_cut_is_found() {
        let (_, third) = written();
        let lines: Vec<&[u8]> = third
            .ledger
            .split_inclusive(|byte| *byte == b'\n')
            .collect();
        assert_eq!(lines.len(), 5);
        for place in 0..lines.len() {
            let mut without = lines.clone();
            without.remove(place);
            // The end of a ledger may be missing: that is the ledger of an earlier attempt.
            let is_last = place + 1 == lines.len();
            assert_eq!(Ledger::read(&without.concat()).is_ok(), is_last, "{place}");
            let mut twice = lines.clone();
            twice.insert(place, lines[place]);
            assert!(Ledger::read(&twice.concat()).is_err());
            if place > 0 {
                let mut moved = lines.clone();
                moved.swap(place, place - 1);
                assert!(Ledger::read(&moved.concat()).is_err());
            }
        }
        // A changed byte leaves no ledger, or one that tells it: its last line has no follower.
        let last = third.ledger.len() - lines[4].len();
        for place in 0..last {
            let mut changed = third.ledger.clone();
            changed[place] ^= 1;
            assert!(Ledger::read(&changed).is_err(), "{place}");
        }
        let cut = &third.ledger[..third.ledger.len() - 1];
        let error = Ledger::read(cut).unwrap_err();
        assert_eq!(error.to_string(), "line 5: it was cut");
    }
}
