//! The formats: what is changed, who reads it, and how it says no.

use std::fmt::Display;
use std::path::Path;

use jiff::civil::date;
use preflight::base::Random;
use preflight::cli::archived;
use preflight::conformance::{Gate, Scope, judge};
use preflight::history::History;
use preflight::profile::{Around, Declaration, Profile};
use preflight::report::{Colour, Told, matrix_text, reports};

use crate::json::JsonSeed;
use crate::{json, seeds, text};

/// What is read of what users hand over.
#[derive(Clone, Copy, Debug)]
pub enum Format {
    /// `history.ndjson`.
    History,
    /// `traffic.har`.
    Archive,
    /// `--profile`.
    Profile,
    /// `--declaration`.
    Declaration,
}

/// What becomes of an input.
pub enum Fate {
    /// It was read, and judged.
    Read,
    /// It was refused, with this message.
    Refused(String),
}

/// What a format is tried with.
pub struct Ground {
    format: Format,
    lines: Vec<Vec<JsonSeed>>,
    texts: Vec<String>,
    profile: Profile,
    /// What changed profiles and declarations are applied to.
    histories: Vec<History>,
}

/// What stands for credentials in the archives; no message shows it.
pub const CREDENTIAL: &str = "raw-value-of-";

impl Format {
    /// Reads the seeds.
    pub fn ground(self) -> Ground {
        let (lines, texts) = match self {
            Self::History => (seeds::histories(), Vec::new()),
            Self::Archive => (seeds::archives(), Vec::new()),
            Self::Profile => (Vec::new(), seeds::profiles()),
            Self::Declaration => (Vec::new(), seeds::declarations()),
        };
        Ground {
            format: self,
            lines,
            texts,
            profile: Profile::built_in(),
            histories: seeds::whole_histories(),
        }
    }

    /// What is wrong with how an input was refused.
    pub fn objection(self, reason: &str) -> Option<String> {
        let is_placed = |line: &str| {
            let place = line.strip_prefix("a.toml:");
            place.is_some_and(|place| place.starts_with(|it: char| it.is_ascii_digit()))
        };
        let has_place = match self {
            Self::History => reason.contains("line ") || reason.contains("the history has "),
            Self::Archive => {
                reason.contains("log.entries")
                    || reason.contains("a.har: ")
                    || reason.contains(": not JSON")
            }
            Self::Profile | Self::Declaration => reason.lines().all(is_placed),
        };
        if !has_place {
            return Some(format!("refused without a place: {reason}"));
        }
        // What the others hold are no credentials.
        let tells = matches!(self, Self::Archive) && reason.contains(CREDENTIAL);
        tells.then(|| format!("refused with a credential: {reason}"))
    }
}

/// The message with those below it.
fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(source) = below {
        text += &format!("\n{source}");
        below = source.source();
    }
    text
}

fn refused(error: &dyn std::error::Error) -> Fate {
    Fate::Refused(whole(error))
}

impl Ground {
    /// The next input.
    pub fn change(&self, random: &mut Random) -> Vec<u8> {
        match self.format {
            Format::History => json::history(random, &self.lines),
            Format::Archive => json::archive(random, &self.lines),
            Format::Profile | Format::Declaration => text::sheet(random, &self.texts),
        }
    }

    /// Reads an input as a user's file is read, and judges what was read.
    pub fn try_out(&self, input: &[u8]) -> Fate {
        match self.format {
            Format::History => match History::parse(input) {
                Ok(history) => pronounce(&history, &self.profile, Declaration::default()),
                Err(error) => refused(&error),
            },
            Format::Archive => match archived::history(Path::new("a.har"), input, &self.profile) {
                Ok(history) => pronounce(&history, &self.profile, Declaration::default()),
                Err(error) => refused(&error),
            },
            Format::Profile => {
                // A file that is not UTF-8 is refused before it gets here.
                let text = String::from_utf8_lossy(input);
                match Profile::with_override(&text, "a.toml") {
                    Ok(profile) => {
                        let _ = profile.lowered();
                        pronounce(self.one(input), &profile, Declaration::default())
                    }
                    Err(error) => refused(&error),
                }
            }
            Format::Declaration => {
                let text = String::from_utf8_lossy(input);
                let around = Around {
                    today: date(2026, 6, 1),
                    variable: None,
                };
                match Declaration::read("a.toml", &text, around) {
                    Ok(declaration) => pronounce(self.one(input), &self.profile, declaration),
                    Err(error) => refused(&error),
                }
            }
        }
    }

    /// One of the histories, always the same for the same input.
    fn one(&self, input: &[u8]) -> &History {
        let sum: usize = input.iter().map(|byte| usize::from(*byte)).sum();
        &self.histories[sum % self.histories.len()]
    }
}

/// Judges, and makes every report of it.
fn pronounce(history: &History, profile: &Profile, declaration: Declaration) -> Fate {
    let scope = Scope {
        declaration,
        ..Scope::default()
    };
    let mut verdict = judge(history, profile, &scope);
    // To look for the smallest part of a history that fails takes hundreds of verdicts.
    if history.head().as_str().starts_with('0') {
        verdict = verdict.with_excerpts(&[(history, &scope)], profile);
    }
    for gate in Gate::ALL {
        let outcome = verdict.gate(gate);
        shown(&matrix_text(&verdict, &outcome, Colour::Off));
        for report in reports(Told {
            verdict: &verdict,
            outcome: &outcome,
            profile,
            runs: &[(history, &scope)],
        }) {
            shown(&String::from_utf8(report.bytes).expect("every report is text"));
        }
    }
    Fate::Read
}

fn shown(text: &impl Display) {
    assert!(!text.to_string().is_empty(), "a report is never empty");
}
