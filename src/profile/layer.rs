//! One TOML text as settings by dotted key, each with its place.

use std::str::FromStr as _;

use indexmap::IndexMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Problem, Provenance};
use crate::base::place_of;

/// A value as it stands in a text.
pub(super) struct Leaf<'t> {
    pub(super) value: Spanned<DeValue<'t>>,
    /// What the text says of the value, or of all its values.
    pub(super) provenance: Option<Provenance>,
    pub(super) source: Option<String>,
}

/// The settings of one text, in its order.
pub(super) struct Layer<'t> {
    pub(super) text: &'t str,
    /// What stands before each key: `application."sage.intacct".`, or nothing.
    pub(super) prefix: String,
    pub(super) name: Option<String>,
    pub(super) leaves: IndexMap<String, Leaf<'t>>,
    /// What holds for single applications, by the value of their header.
    pub(super) applications: IndexMap<String, Layer<'t>>,
}

/// The settings that hold for all applications: the platform has to know them before it knows
/// which application it serves. What ends with a dot is a group.
const FOR_ALL_APPLICATIONS: [&str; 6] = [
    "application-header.",
    "headers.application",
    "paths.",
    "production-hosts",
    "retention.",
    "token.issuer",
];

/// Which keys there may be.
pub(super) enum Known<'k> {
    /// The text is the built-in profile: it decides.
    Any,
    /// These, and any flow.
    Only(&'k [String]),
}

impl<'t> Layer<'t> {
    /// Reads `text`; what is wrong is added to `problems`.
    pub(super) fn read(text: &'t str, known: &Known<'_>, problems: &mut Vec<Problem>) -> Self {
        let mut layer = Self::empty(text, String::new());
        let (table, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            problems.extend(errors.iter().map(|error| Problem {
                place: place_of(text, error.span().map_or(0, |span| span.start)),
                key: String::new(),
                message: error.message().trim().replace('\n', ", "),
                remedy: "write the file as TOML 1.0".into(),
            }));
            return layer;
        }
        let mut table = table.into_inner();
        let applications = table.remove("application");
        let mut flattening = Flattening {
            text,
            prefix: "",
            known,
            problems,
            leaves: &mut layer.leaves,
            provenance: None,
            source: None,
        };
        layer.name = flattening.take_text(&mut table, "name", "name");
        flattening.provenance = flattening.take_provenance(&mut table, "provenance");
        flattening.source = flattening.take_text(&mut table, "source", "source");
        flattening.flatten("", table);
        let (provenance, source) = (flattening.provenance, flattening.source);
        if let Some(applications) = applications {
            layer.applications =
                Self::applications(text, known, problems, applications, provenance, source);
        }
        layer
    }

    fn empty(text: &'t str, prefix: String) -> Self {
        Self {
            text,
            prefix,
            name: None,
            leaves: IndexMap::new(),
            applications: IndexMap::new(),
        }
    }

    /// The tables below `[application]`.
    fn applications(
        text: &'t str,
        known: &Known<'_>,
        problems: &mut Vec<Problem>,
        applications: Spanned<DeValue<'t>>,
        provenance: Option<Provenance>,
        source: Option<String>,
    ) -> IndexMap<String, Self> {
        let mut layers = IndexMap::new();
        let refusal = |start: usize, key: String| Problem {
            place: place_of(text, start),
            key,
            message: "an application is a table of settings".into(),
            remedy: r#"write `[application."sage.intacct"]`, then its settings"#.into(),
        };
        let start = applications.span().start;
        let mut entries: Vec<_> = match applications.into_inner() {
            DeValue::Table(table) => table.into_iter().collect(),
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_) => {
                problems.push(refusal(start, "application".into()));
                return layers;
            }
        };
        entries.sort_by_key(|(name, _)| name.span().start);
        for (name, value) in entries {
            let start = name.span().start;
            let name = name.get_ref().to_string();
            let DeValue::Table(mut table) = value.into_inner() else {
                problems.push(refusal(start, format!("application.{name:?}")));
                continue;
            };
            layers.insert(name.clone(), {
                let prefix = format!("application.{name:?}.");
                let mut layer = Self::empty(text, prefix.clone());
                let mut flattening = Flattening {
                    text,
                    prefix: &prefix,
                    known,
                    problems: &mut *problems,
                    leaves: &mut layer.leaves,
                    provenance: None,
                    source: None,
                };
                flattening.provenance = flattening
                    .take_provenance(&mut table, "provenance")
                    .or(provenance);
                flattening.source = flattening
                    .take_text(&mut table, "source", "source")
                    .or_else(|| source.clone());
                flattening.flatten("", table);
                layer
            });
        }
        layers
    }
}

struct Flattening<'a, 't> {
    text: &'t str,
    prefix: &'a str,
    known: &'a Known<'a>,
    problems: &'a mut Vec<Problem>,
    leaves: &'a mut IndexMap<String, Leaf<'t>>,
    /// What the text says at its top.
    provenance: Option<Provenance>,
    source: Option<String>,
}

impl<'t> Flattening<'_, 't> {
    fn flatten(&mut self, group: &str, table: DeTable<'t>) {
        let mut entries: Vec<_> = table.into_iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (name, value) in entries {
            let start = name.span().start;
            let key = match group {
                "" => name.get_ref().to_string(),
                _ => format!("{group}.{}", name.get_ref()),
            };
            let is_flow = group == "flows";
            let is_setting = match self.known {
                Known::Any => false,
                Known::Only(keys) => keys.contains(&key),
            };
            let span = value.span();
            match value.into_inner() {
                DeValue::Table(mut table) if is_flow => {
                    let provenance = self.take_provenance(&mut table, &key);
                    let source = self.take_text(&mut table, "source", &key);
                    self.keep(
                        key,
                        Spanned::new(span, DeValue::Table(table)),
                        provenance,
                        source,
                    );
                }
                DeValue::Table(mut table) => match table.remove("value") {
                    Some(value) => {
                        let provenance = self.take_provenance(&mut table, &key);
                        let source = self.take_text(&mut table, "source", &key);
                        for rest in table.keys() {
                            self.problem(
                                rest.span().start,
                                &format!("{key}.{}", rest.get_ref()),
                                "a setting has no such part".into(),
                                "use only `value`, `provenance` and `source`".into(),
                            );
                        }
                        if self.knows(start, &key) {
                            self.keep(key, value, provenance, source);
                        }
                    }
                    None if is_setting => self.problem(
                        start,
                        &key,
                        "the setting has no value".into(),
                        "write `value = …` between the braces".into(),
                    ),
                    None => self.flatten(&key, table),
                },
                value => {
                    if self.knows(start, &key) {
                        self.keep(key, Spanned::new(span, value), None, None);
                    }
                }
            }
        }
    }

    fn keep(
        &mut self,
        key: String,
        value: Spanned<DeValue<'t>>,
        provenance: Option<Provenance>,
        source: Option<String>,
    ) {
        let provenance = provenance.or(self.provenance);
        let source = source.or_else(|| self.source.clone());
        self.leaves.insert(
            key,
            Leaf {
                value,
                provenance,
                source,
            },
        );
    }

    /// Whether there is such a setting; if not, that is a problem.
    fn knows(&mut self, start: usize, key: &str) -> bool {
        let Known::Only(keys) = self.known else {
            return true;
        };
        if keys.iter().any(|known| known == key) {
            let for_all = FOR_ALL_APPLICATIONS
                .iter()
                .any(|known| *known == key || (known.ends_with('.') && key.starts_with(known)));
            if !for_all || self.prefix.is_empty() {
                return true;
            }
            self.problem(
                start,
                key,
                "this holds for all applications".into(),
                "set it outside of `[application]`".into(),
            );
            return false;
        }
        let group = format!("{key}.");
        let (message, remedy) = if keys.iter().any(|known| known.starts_with(&group)) {
            let members: Vec<_> = keys
                .iter()
                .filter_map(|known| known.strip_prefix(&group))
                .collect();
            (
                "this is a group of settings, not a setting".to_owned(),
                format!("set one of its members: {}", members.join(", ")),
            )
        } else {
            let nearest = keys.iter().min_by_key(|known| distance(known, key));
            (
                "there is no such setting".to_owned(),
                nearest.map_or_else(
                    || "remove it".to_owned(),
                    |nearest| format!("remove it, or use `{nearest}` if that was meant"),
                ),
            )
        };
        self.problem(start, key, message, remedy);
        false
    }

    fn take_provenance(&mut self, table: &mut DeTable<'t>, key: &str) -> Option<Provenance> {
        let value = table.remove("provenance")?;
        let provenance = value.get_ref().as_str().and_then(|text| {
            Provenance::ALL
                .into_iter()
                .find(|provenance| provenance.name() == text)
        });
        if provenance.is_none() {
            self.problem(
                value.span().start,
                key,
                format!("{} is not a provenance", describe(value.get_ref())),
                r#"write "stated", "inferred" or "assumed""#.into(),
            );
        }
        provenance
    }

    fn take_text(&mut self, table: &mut DeTable<'t>, part: &str, key: &str) -> Option<String> {
        let value = table.remove(part)?;
        let text = value.get_ref().as_str().map(str::to_owned);
        if text.is_none() {
            self.problem(
                value.span().start,
                key,
                format!("`{part}` is {}, not a text", describe(value.get_ref())),
                format!("write `{part}` between quotes"),
            );
        }
        text
    }

    fn problem(&mut self, offset: usize, key: &str, message: String, remedy: String) {
        self.problems.push(Problem {
            place: place_of(self.text, offset),
            key: format!("{}{key}", self.prefix),
            message,
            remedy,
        });
    }
}

/// A value as a message names it.
pub(super) fn describe(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("the text {text:?}"),
        DeValue::Integer(number) => format!("the number {number}"),
        DeValue::Float(number) => format!("the number {number}"),
        DeValue::Boolean(truth) => format!("`{truth}`"),
        DeValue::Datetime(moment) => format!("the date {moment}"),
        DeValue::Array(_) => "a list".into(),
        DeValue::Table(_) => "a table".into(),
    }
}

/// The number of an integer, if it is within `i64`.
pub(super) fn whole(value: &DeValue<'_>) -> Option<i64> {
    match value {
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok(),
        DeValue::String(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_)
        | DeValue::Table(_) => None,
    }
}

/// The number of a float or an integer.
pub(super) fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Float(number) => f64::from_str(number.as_str()).ok(),
        DeValue::Integer(number) => f64::from_str(number.as_str())
            .ok()
            .filter(|_| number.radix() == 10),
        DeValue::String(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_)
        | DeValue::Table(_) => None,
    }
}

/// The edit distance of two keys (Levenshtein).
fn distance(one: &str, two: &str) -> usize {
    let two: Vec<char> = two.chars().collect();
    let mut row: Vec<usize> = (0..=two.len()).collect();
    for (line, left) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, right) in two.iter().enumerate() {
            let substitution = diagonal + usize::from(left != *right);
            diagonal = row[column + 1];
            row[column + 1] = substitution.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[two.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edit_distance_counts_single_changes() {
        for (one, two, expected) in [("rate", "rate", 0), ("rate", "rte", 1), ("", "ab", 2)] {
            assert_eq!(distance(one, two), expected, "{one} {two}");
        }
    }
}
