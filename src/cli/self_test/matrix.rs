//! The kill matrix: check by specimen.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Row;
use super::doubt::GROWTH;
use crate::conformance::{CHECKS, Check, Level};
use crate::event::Subject;
use crate::specimen::Nature;

/// What came of all trials.
pub struct Matrix {
    /// One row for each specimen.
    pub rows: Vec<Row>,
    /// The checks that can convict and have no specimen that shows it.
    pub unproved: Vec<&'static str>,
}

impl Matrix {
    /// The matrix of these rows. Whether every check has its specimen is asked of a whole gallery
    /// only.
    #[must_use]
    pub fn of(rows: Vec<Row>, whole: Wholeness) -> Self {
        let unproved = match whole {
            Wholeness::Whole => CHECKS
                .iter()
                .filter(|check| {
                    Self::needs_specimen(check) && !rows.iter().any(|row| is_of(row, check))
                })
                .map(|check| check.id)
                .collect(),
            Wholeness::Part => Vec::new(),
        };
        Self { rows, unproved }
    }

    /// Whether something has to show that `check` can convict. The collections assert their own;
    /// that faults were delivered is the harness's doing.
    #[must_use]
    pub fn needs_specimen(check: &Check) -> bool {
        let subjects = check.subjects.iter();
        let of_connectors = subjects
            .into_iter()
            .any(|subject| *subject != Subject::Replay);
        of_connectors && matches!(check.severest, Level::Fail | Level::Warn | Level::Review)
    }

    /// Whether everything came out as it should.
    #[must_use]
    pub fn is_green(&self) -> bool {
        self.unproved.is_empty() && self.rows.iter().all(Row::is_green)
    }

    /// In lines, one a specimen; what went wrong below.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let width = self.rows.iter().map(|row| row.specimen.name.len()).max();
        let width = width.unwrap_or_default();
        for row in &self.rows {
            let name = row.specimen.name;
            let (word, count) = match row.specimen.nature {
                Nature::Conforming => ("acquitted", row.trials),
                Nature::Broken { .. } => ("convicted", row.convicted),
            };
            let mark = if row.is_green() { "ok " } else { "BAD" };
            let against: Vec<String> = Self::against(row);
            writeln!(
                text,
                "{mark} {name:<width$}  {word} {count}/{}  {}",
                row.trials,
                against.join(", ")
            )
            .expect("writing to a String cannot fail");
            if row.doubted > 0.0 {
                writeln!(
                    text,
                    "      {GROWTH} may doubt it in {} by chance",
                    row.most_doubts()
                )
                .expect("writing to a String cannot fail");
            }
            for (seed, said) in row.escape.iter().chain(&row.surprise) {
                writeln!(text, "      seed {}: {said}", seed.0)
                    .expect("writing to a String cannot fail");
            }
        }
        if !self.unproved.is_empty() {
            let unproved = self.unproved.join(", ");
            writeln!(text, "No specimen shows that these can convict: {unproved}")
                .expect("writing to a String cannot fail");
        }
        let broken = self.rows.iter().filter(|row| is_broken(row)).count();
        let conforming = self.rows.len() - broken;
        let bad = self.rows.iter().filter(|row| !row.is_green()).count();
        writeln!(
            text,
            "{broken} broken and {conforming} conforming specimens, {} trials: {}",
            self.rows.iter().map(|row| row.trials).sum::<u64>(),
            match bad + self.unproved.len() {
                0 => "each was told from the others".to_owned(),
                wrong => format!("{wrong} came out wrong"),
            }
        )
        .expect("writing to a String cannot fail");
        text
    }

    /// What spoke against a specimen, its own check first.
    fn against(row: &Row) -> Vec<String> {
        let own = |id: &str| match row.specimen.nature {
            Nature::Conforming => false,
            Nature::Broken { check, .. } => check == id,
        };
        let mut against: Vec<_> = row.against.iter().collect();
        against.sort_by_key(|((id, level), _)| (!own(id), *id, *level));
        against
            .into_iter()
            .map(|((id, level), count)| {
                if *count == row.trials {
                    format!("{id} {level}")
                } else {
                    format!("{id} {level} {count}x")
                }
            })
            .collect()
    }

    /// For machines.
    #[must_use]
    pub fn json(&self) -> Value {
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|row| {
                let against: Vec<Value> = row
                    .against
                    .iter()
                    .map(|((check, level), count)| {
                        json!({"check": check, "raw": level, "trials": count})
                    })
                    .collect();
                let (check, consequences) = match row.specimen.nature {
                    Nature::Conforming => (None, &[][..]),
                    Nature::Broken {
                        check,
                        consequences,
                    } => (Some(check), consequences),
                };
                json!({
                    "specimen": row.specimen.name,
                    "differs": row.specimen.differs,
                    "check": check,
                    "consequences": consequences,
                    "trials": row.trials,
                    "convicted": row.convicted,
                    "green": row.is_green(),
                    "doubts": row.doubts(),
                    "most_doubts": row.most_doubts(),
                    "against": against,
                })
            })
            .collect();
        json!({
            "version": 1,
            "green": self.is_green(),
            "unproved": self.unproved,
            "specimens": rows,
        })
    }
}

/// Whether all specimens were tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wholeness {
    /// All of them.
    Whole,
    /// Those that were named.
    Part,
}

fn is_broken(row: &Row) -> bool {
    match row.specimen.nature {
        Nature::Conforming => false,
        Nature::Broken { .. } => true,
    }
}

/// Whether `row` is that of a specimen which `check` convicts.
fn is_of(row: &Row, check: &Check) -> bool {
    match row.specimen.nature {
        Nature::Conforming => false,
        Nature::Broken { check: own, .. } => own == check.id,
    }
}
