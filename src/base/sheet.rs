//! A TOML file of the user's that is read key by key, and that keeps everything wrong with it.

use std::cell::RefCell;
use std::fmt;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::civil::Date;
use serde::Serialize;
use thiserror::Error;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Place, place_of};

/// What kind of thing is wrong: stable words, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flaw {
    /// The text is no TOML.
    Syntax,
    /// There is no such key.
    UnknownKey,
    /// The value is not of the kind that the key has.
    WrongValue,
    /// A key is missing that another one needs.
    Missing,
    /// Two values contradict each other, or one contradicts the world.
    Contradiction,
    /// A URL is in clear where it must not be.
    InClear,
}

impl Flaw {
    /// The word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::UnknownKey => "unknown-key",
            Self::WrongValue => "wrong-value",
            Self::Missing => "missing",
            Self::Contradiction => "contradiction",
            Self::InClear => "in-clear",
        }
    }
}

/// One thing wrong with a file. Neither message nor remedy quotes a value, which may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SheetProblem {
    /// Where, in the file.
    pub place: Place,
    /// What kind of thing it is.
    pub code: Flaw,
    /// What is there and what was expected.
    pub message: String,
    /// What to write instead.
    pub remedy: String,
}

/// All that is wrong with a file, in its order.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct SheetErrors {
    /// How the user called the file.
    pub file: String,
    /// Never empty.
    pub problems: Vec<SheetProblem>,
}

impl fmt::Display for SheetErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            let SheetProblem {
                place,
                code,
                message,
                remedy,
            } = problem;
            let code = code.name();
            write!(
                formatter,
                "{}:{place}: {code}: {message}; {remedy}",
                self.file
            )?;
        }
        Ok(())
    }
}

/// The text, and everything wrong with it so far.
pub struct Paper<'t> {
    text: &'t str,
    problems: RefCell<Vec<SheetProblem>>,
}

impl<'t> Paper<'t> {
    /// A text with which nothing is wrong yet.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        Self {
            text,
            problems: RefCell::default(),
        }
    }

    /// The whole text as a table; none if it is no TOML.
    pub fn sheet(&self) -> Option<Sheet<'t, '_>> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for error in &errors {
            let start = error.span().map_or(0, |span| span.start);
            let message = error.message().trim().replace('\n', ", ");
            self.problem(start, Flaw::Syntax, message, "write the file as TOML 1.0");
        }
        errors.is_empty().then(|| Sheet {
            paper: self,
            name: String::new(),
            start: 0,
            table: table.into_inner(),
            known: Vec::new(),
        })
    }

    fn problem(
        &self,
        offset: usize,
        code: Flaw,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.problems.borrow_mut().push(SheetProblem {
            place: place_of(self.text, offset),
            code,
            message: message.into(),
            remedy: remedy.into(),
        });
    }

    /// `value`, unless something is wrong with the text; `file` is how the user calls it.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the text.
    pub fn finish<T>(self, file: &str, value: Option<T>) -> Result<T, SheetErrors> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| problem.place);
        match value {
            Some(value) if problems.is_empty() => Ok(value),
            Some(_) | None => Err(SheetErrors {
                file: file.to_owned(),
                problems,
            }),
        }
    }
}

/// A table. What is asked for is taken out; what is left in the end is unknown.
pub struct Sheet<'t, 'p> {
    paper: &'p Paper<'t>,
    /// Its dotted key; empty for the whole file.
    name: String,
    /// Where it begins.
    start: usize,
    table: DeTable<'t>,
    /// The keys that were asked for.
    known: Vec<String>,
}

/// A value that was read, and where it stands.
#[derive(Clone, Debug)]
pub struct Found<T> {
    /// The value.
    pub value: T,
    /// The byte at which it begins.
    pub start: usize,
}

impl<T> Found<T> {
    /// The value, where there is one.
    pub fn value(found: Option<Self>) -> Option<T> {
        found.map(|found| found.value)
    }
}

impl<'t, 'p> Sheet<'t, 'p> {
    fn take(&mut self, key: &str) -> Option<Spanned<DeValue<'t>>> {
        self.known.push(key.to_owned());
        self.table.remove(key)
    }

    /// The dotted key of a member.
    #[must_use]
    pub fn key(&self, key: &str) -> String {
        match self.name.as_str() {
            "" => key.to_owned(),
            name => format!("{name}.{key}"),
        }
    }

    /// Where the table begins.
    #[must_use]
    pub fn start(&self) -> usize {
        self.start
    }

    /// The keys that are there, in the order of the text.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        let mut keys: Vec<_> = self.table.keys().collect();
        keys.sort_by_key(|key| key.span().start);
        let keys = keys.into_iter();
        keys.map(|key| key.get_ref().to_string()).collect()
    }

    /// The value under `key` as `read` reads it; a problem where it cannot.
    pub fn read<T>(
        &mut self,
        key: &str,
        expected: &str,
        example: &str,
        read: impl FnOnce(&DeValue<'t>) -> Option<T>,
    ) -> Option<Found<T>> {
        let value = self.take(key)?;
        let start = value.span().start;
        let found = read(value.get_ref());
        if found.is_none() {
            self.paper.problem(
                start,
                Flaw::WrongValue,
                format!("`{}` is not {expected}", self.key(key)),
                format!("write, for example, `{key} = {example}`"),
            );
        }
        found.map(|value| Found { value, start })
    }

    /// Whether there is such a key.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// It is a problem where the key is missing.
    pub fn need(&self, key: &str, example: &str) {
        if !self.has(key) {
            self.problem(
                self.start,
                Flaw::Missing,
                format!("there is no `{}`", self.key(key)),
                format!("write, for example, `{key} = {example}`"),
            );
        }
    }

    /// A text with something in it.
    pub fn text(&mut self, key: &str, example: &str) -> Option<Found<String>> {
        self.read(key, "a text with something in it", example, |value| {
            value
                .as_str()
                .filter(|text| !text.trim().is_empty())
                .map(str::to_owned)
        })
    }

    /// One of `words`.
    pub fn word<T: Copy>(&mut self, key: &str, words: &[(&str, T)]) -> Option<Found<T>> {
        let all: Vec<String> = words.iter().map(|(word, _)| format!("{word:?}")).collect();
        let example = all.first().cloned().unwrap_or_default();
        let expected = format!("one of {}", all.join(", "));
        self.read(key, &expected, &example, |value| {
            let text = value.as_str()?;
            let mut words = words.iter();
            words.find(|(word, _)| *word == text).map(|(_, it)| *it)
        })
    }

    /// A duration from zero: `1s`, `50ms`, `1m 30s`.
    pub fn duration(&mut self, key: &str, example: &str) -> Option<Found<Duration>> {
        self.read(key, "a duration", example, |value| {
            duration(value.as_str()?)
        })
    }

    /// A whole number from 1 to `most`.
    pub fn count(&mut self, key: &str, most: u32) -> Option<Found<u32>> {
        let expected = format!("a whole number from 1 to {most}");
        self.read(key, &expected, "3", |value| match value {
            DeValue::Integer(number) => u32::from_str_radix(number.as_str(), number.radix())
                .ok()
                .filter(|number| (1..=most).contains(number)),
            DeValue::String(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => None,
        })
    }

    /// A number between two others.
    pub fn number(&mut self, key: &str, least: f64, most: f64) -> Option<Found<f64>> {
        let expected = format!("a number from {least} to {most}");
        let example = if least > 1.0 { "2.0" } else { "0.2" };
        self.read(key, &expected, example, |value| {
            let text = match value {
                DeValue::Float(number) => number.as_str(),
                DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
                DeValue::Integer(_)
                | DeValue::String(_)
                | DeValue::Boolean(_)
                | DeValue::Datetime(_)
                | DeValue::Array(_)
                | DeValue::Table(_) => return None,
            };
            let number: f64 = text.parse().ok()?;
            (least..=most).contains(&number).then_some(number)
        })
    }

    /// A day: `2026-03-31`, with or without quotes.
    pub fn date(&mut self, key: &str) -> Option<Found<Date>> {
        self.read(key, "a day", "2026-03-31", |value| match value {
            DeValue::String(text) => text.parse().ok(),
            DeValue::Datetime(moment) => moment.to_string().parse().ok().filter(|date: &Date| {
                // A time of day would be lost.
                date.to_string() == moment.to_string()
            }),
            DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => None,
        })
    }

    /// The table under `key`.
    pub fn sheet(&mut self, key: &str) -> Option<Sheet<'t, 'p>> {
        let value = self.take(key)?;
        let start = value.span().start;
        self.open(key, value, start)
    }

    /// The tables under `key`, in order.
    pub fn sheets(&mut self, key: &str) -> Vec<Sheet<'t, 'p>> {
        let Some(value) = self.take(key) else {
            return Vec::new();
        };
        let start = value.span().start;
        if let DeValue::Array(items) = value.into_inner() {
            return items
                .into_iter()
                .filter_map(|item| {
                    let start = item.span().start;
                    self.open(key, item, start)
                })
                .collect();
        }
        let name = self.key(key);
        self.problem(
            start,
            Flaw::WrongValue,
            format!("`{name}` is not a list of tables"),
            format!("begin each with `[[{name}]]`"),
        );
        Vec::new()
    }

    fn open(&self, key: &str, value: Spanned<DeValue<'t>>, start: usize) -> Option<Sheet<'t, 'p>> {
        let name = self.key(key);
        if let DeValue::Table(table) = value.into_inner() {
            return Some(Sheet {
                paper: self.paper,
                name,
                start,
                table,
                known: Vec::new(),
            });
        }
        self.problem(
            start,
            Flaw::WrongValue,
            format!("`{name}` is not a table"),
            format!("write its members under `[{name}]`"),
        );
        None
    }

    /// A problem at `offset`.
    pub fn problem(
        &self,
        offset: usize,
        code: Flaw,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.paper.problem(offset, code, message, remedy);
    }

    /// Whatever nobody asked for is a problem.
    pub fn finish(self) {
        let known: Vec<&str> = self.known.iter().map(String::as_str).collect();
        for key in self.table.keys() {
            self.problem(
                key.span().start,
                Flaw::UnknownKey,
                format!("there is no key `{}`", self.key(key.get_ref())),
                format!("remove it, or use one of {}", known.join(", ")),
            );
        }
    }
}

/// A duration of zero or more, as jiff reads it.
fn duration(text: &str) -> Option<Duration> {
    Duration::try_from(text.parse::<SignedDuration>().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_wrong_is_told_in_the_order_of_the_text() {
        let text = "surprise = 1\nwait = 3\ndate = 2026-02-30T10:00:00\n[group]\ncount = 0\n";
        let paper = Paper::new(text);
        let read = paper.sheet().map(|mut sheet| {
            sheet.duration("wait", r#""1s""#);
            sheet.date("date");
            if let Some(mut group) = sheet.sheet("group") {
                group.count("count", 10);
                group.need("name", r#""x""#);
                group.finish();
            }
            sheet.finish();
        });
        // The date does not exist: TOML itself refuses it.
        assert!(read.is_none());
        let text = text.replace("02-30T10:00:00", "02-28T10:00:00");
        let paper = Paper::new(&text);
        let read = paper.sheet().map(|mut sheet| {
            sheet.duration("wait", r#""1s""#);
            sheet.date("date");
            if let Some(mut group) = sheet.sheet("group") {
                group.count("count", 10);
                group.need("name", r#""x""#);
                group.finish();
            }
            sheet.finish();
        });
        insta::assert_snapshot!(paper.finish("own.toml", read).unwrap_err(), @r#"
        own.toml:1:1: unknown-key: there is no key `surprise`; remove it, or use one of wait, date, group
        own.toml:2:8: wrong-value: `wait` is not a duration; write, for example, `wait = "1s"`
        own.toml:3:8: wrong-value: `date` is not a day; write, for example, `date = 2026-03-31`
        own.toml:4:1: missing: there is no `group.name`; write, for example, `name = "x"`
        own.toml:5:9: wrong-value: `group.count` is not a whole number from 1 to 10; write, for example, `count = 3`
        "#);
    }

    #[test]
    fn days_are_read_with_and_without_quotes() {
        for text in ["day = 2026-03-31", "day = \"2026-03-31\""] {
            let paper = Paper::new(text);
            let day = paper.sheet().and_then(|mut sheet| sheet.date("day"));
            let day = Found::value(day).unwrap();
            assert_eq!(day.to_string(), "2026-03-31");
        }
    }

    #[test]
    fn numbers_keep_to_their_bounds() {
        for (text, there) in [("2", true), ("0.5", false), ("nan", false), ("0x2", false)] {
            let text = format!("factor = {text}");
            let paper = Paper::new(&text);
            let read = paper
                .sheet()
                .map(|mut sheet| sheet.number("factor", 1.0, 10.0));
            assert_eq!(read.unwrap().is_some(), there, "{text}");
        }
    }
}
