//! Data files: one row for each iteration.

use serde_json::{Map, Value};

use super::{Document, Problem, ProblemCode, Problems, csv};

/// The rows of a data file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DataFile {
    rows: Vec<Map<String, Value>>,
}

impl DataFile {
    /// Reads a data file: JSON (a list of objects) if it is JSON, otherwise CSV, as newman does.
    pub fn read(name: &str, bytes: &[u8]) -> Result<Self, Problems> {
        match Document::parse_sensitive(name, bytes) {
            Ok(document) => Self::from_json(&document),
            Err(problems) if looks_like_json(problems.text()) => Err(problems),
            Err(problems) => {
                if problems
                    .iter()
                    .any(|problem| problem.code == ProblemCode::Encoding)
                {
                    return Err(problems);
                }
                Ok(Self {
                    rows: csv::rows(problems.text()),
                })
            }
        }
    }

    fn from_json(document: &Document) -> Result<Self, Problems> {
        let rows = match document.value() {
            Value::Array(rows) => rows.clone(),
            Value::Object(_) => vec![document.value().clone()],
            // A CSV file with one column of numbers is JSON too.
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
        };
        let mut problems = Vec::new();
        let rows = rows
            .into_iter()
            .enumerate()
            .filter_map(|(index, row)| {
                if let Value::Object(fields) = row {
                    return Some(fields);
                }
                problems.push(Problem {
                    code: ProblemCode::Shape,
                    offset: document.offset_of(&format!("/{index}")),
                    message: format!("row {} should be an object", index + 1),
                    remedy: "write each row as {\"name\": value, …}".into(),
                });
                None
            })
            .collect();
        if problems.is_empty() {
            Ok(Self { rows })
        } else {
            Err(document.problems(problems))
        }
    }

    /// The row of an iteration (from 0). After the last row the last one repeats.
    #[must_use]
    pub fn row(&self, iteration: u32) -> Map<String, Value> {
        let index = usize::try_from(iteration).unwrap_or(usize::MAX);
        self.rows
            .get(index)
            .or_else(|| self.rows.last())
            .cloned()
            .unwrap_or_default()
    }

    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

fn looks_like_json(text: &str) -> bool {
    text.trim_start().starts_with(['[', '{'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_csv_are_told_apart_and_the_last_row_repeats() {
        for text in [r#"[{"a":1},{"a":2}]"#, "a\n1\n2\n", "\u{FEFF}a\n1\n2"] {
            let data = DataFile::read("d", text.as_bytes()).unwrap();
            assert_eq!(
                (data.len(), &data.row(0)["a"], &data.row(9)["a"]),
                (2, &1.into(), &2.into())
            );
        }
    }

    #[test]
    fn broken_json_is_not_taken_for_csv() {
        let problems = DataFile::read("d.json", b"[{\"a\":1},\n 7]").unwrap_err();
        assert_eq!(
            problems.to_string(),
            "d.json:2:2: row 2 should be an object"
        );
        assert!(DataFile::read("d.json", b"[{\"a\":1,]").is_err());
    }
}
