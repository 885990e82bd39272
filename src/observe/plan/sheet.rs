//! A table of a TOML file that is read key by key, and that keeps what is wrong with it.

use std::cell::RefCell;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::PlanProblem;
use crate::base::{Place, place_of};

/// The largest number of anything in a plan.
const MOST: u32 = 100_000;

/// The text, and everything wrong with it so far.
pub(super) struct Paper<'t> {
    text: &'t str,
    problems: RefCell<Vec<PlanProblem>>,
}

impl<'t> Paper<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            problems: RefCell::default(),
        }
    }

    /// The whole text as a table; none if it is no TOML.
    pub(super) fn sheet(&self) -> Option<Sheet<'t, '_>> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for error in &errors {
            let start = error.span().map_or(0, |span| span.start);
            let message = error.message().trim().replace('\n', ", ");
            self.problem(start, message, "write the file as TOML 1.0");
        }
        errors.is_empty().then(|| Sheet {
            paper: self,
            start: 0,
            table: table.into_inner(),
            known: Vec::new(),
        })
    }

    pub(super) fn problem(
        &self,
        offset: usize,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.problems.borrow_mut().push(PlanProblem {
            place: self.place(offset),
            message: message.into(),
            remedy: remedy.into(),
        });
    }

    pub(super) fn place(&self, offset: usize) -> Place {
        place_of(self.text, offset)
    }

    /// Everything wrong, in the order of the text.
    pub(super) fn problems(self) -> Vec<PlanProblem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| problem.place);
        problems
    }
}

/// A table. What is asked for is taken out; what is left in the end is unknown.
pub(super) struct Sheet<'t, 'p> {
    paper: &'p Paper<'t>,
    /// Where it begins.
    pub(super) start: usize,
    table: DeTable<'t>,
    /// The keys that were asked for.
    known: Vec<&'static str>,
}

/// A value that was read, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) start: usize,
}

impl<T: Default> Found<T> {
    /// The value, where there is one.
    pub(super) fn or_default(found: Option<Self>) -> T {
        found.map(|found| found.value).unwrap_or_default()
    }
}

impl<'t, 'p> Sheet<'t, 'p> {
    fn take(&mut self, key: &'static str) -> Option<Spanned<DeValue<'t>>> {
        self.known.push(key);
        self.table.remove(key)
    }

    /// The value under `key` as `read` reads it; a problem where it cannot.
    pub(super) fn read<T>(
        &mut self,
        key: &'static str,
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
                format!("`{key}` is not {expected}"),
                format!("write, for example, `{key} = {example}`"),
            );
        }
        found.map(|value| Found { value, start })
    }

    /// Whether there is such a key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// It is a problem where the key is missing.
    pub(super) fn need(&mut self, key: &'static str, example: &str, holder: &str) {
        if !self.has(key) {
            self.paper.problem(
                self.start,
                format!("{holder} lacks `{key}`"),
                format!("write, for example, `{key} = {example}`"),
            );
        }
    }

    pub(super) fn text(&mut self, key: &'static str, example: &str) -> Option<Found<String>> {
        self.read(key, "a text with something in it", example, |value| {
            value
                .as_str()
                .filter(|text| !text.trim().is_empty())
                .map(str::to_owned)
        })
    }

    pub(super) fn duration(&mut self, key: &'static str) -> Option<Found<Duration>> {
        self.read(key, "a duration", r#""30s""#, |value| {
            Duration::try_from(value.as_str()?.parse::<SignedDuration>().ok()?).ok()
        })
    }

    /// A whole number of `least` or more, up to [`MOST`].
    pub(super) fn count(&mut self, key: &'static str, least: u32) -> Option<Found<u32>> {
        let expected = format!("a whole number from {least} to {MOST}");
        let example = least.max(1).to_string();
        self.read(key, &expected, &example, |value| match value {
            DeValue::Integer(number) => u32::from_str_radix(number.as_str(), number.radix())
                .ok()
                .filter(|number| (least..=MOST).contains(number)),
            _ => None,
        })
    }

    /// A list of texts, each with its place.
    pub(super) fn texts(
        &mut self,
        key: &'static str,
        example: &str,
    ) -> Option<Found<Vec<Found<String>>>> {
        self.read(key, "a list of texts", example, |value| {
            value
                .as_array()?
                .iter()
                .map(|item| {
                    Some(Found {
                        value: item.get_ref().as_str()?.to_owned(),
                        start: item.span().start,
                    })
                })
                .collect::<Option<Vec<_>>>()
        })
    }

    /// The table under `key`.
    pub(super) fn sheet(&mut self, key: &'static str) -> Option<Sheet<'t, 'p>> {
        let value = self.take(key)?;
        let start = value.span().start;
        self.open(key, value, start)
    }

    /// The tables under `key`, in order.
    pub(super) fn sheets(&mut self, key: &'static str) -> Vec<Sheet<'t, 'p>> {
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
        self.paper.problem(
            start,
            format!("`{key}` is not a list of tables"),
            format!("begin each with `[[…{key}]]`"),
        );
        Vec::new()
    }

    fn open(&self, key: &str, value: Spanned<DeValue<'t>>, start: usize) -> Option<Sheet<'t, 'p>> {
        if let DeValue::Table(table) = value.into_inner() {
            return Some(Sheet {
                paper: self.paper,
                start,
                table,
                known: Vec::new(),
            });
        }
        self.paper.problem(
            start,
            format!("`{key}` is not a table"),
            format!("write its members under `[{key}]`"),
        );
        None
    }

    /// The table under `key` as JSON.
    pub(super) fn object(&mut self, key: &'static str) -> Option<Map<String, Value>> {
        self.sheet(key).map(|sheet| object(sheet.table))
    }

    /// A problem with the table at `offset`.
    pub(super) fn problem(
        &self,
        offset: usize,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.paper.problem(offset, message, remedy);
    }

    pub(super) fn place(&self, offset: usize) -> Place {
        self.paper.place(offset)
    }

    /// Whatever nobody asked for is a problem; `holder` is what the table is.
    pub(super) fn finish(self, holder: &str) {
        for key in self.table.keys() {
            self.paper.problem(
                key.span().start,
                format!("{holder} has no `{}`", key.get_ref()),
                format!("remove it, or use one of {}", self.known.join(", ")),
            );
        }
    }
}

fn object(table: DeTable<'_>) -> Map<String, Value> {
    let mut members: Vec<_> = table.into_iter().collect();
    members.sort_by_key(|(key, _)| key.span().start);
    members
        .into_iter()
        .map(|(key, value)| (key.get_ref().to_string(), json(value.into_inner())))
        .collect()
}

fn json(value: DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::from(text.into_owned()),
        DeValue::Integer(number) => {
            Value::from(i64::from_str_radix(number.as_str(), number.radix()).unwrap_or_default())
        }
        DeValue::Float(number) => Value::from(number.as_str().parse::<f64>().unwrap_or_default()),
        DeValue::Boolean(truth) => Value::from(truth),
        DeValue::Datetime(moment) => Value::from(moment.to_string()),
        DeValue::Array(items) => items
            .into_iter()
            .map(|item| json(item.into_inner()))
            .collect(),
        DeValue::Table(table) => Value::Object(object(table)),
    }
}
