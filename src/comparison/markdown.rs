//! A comparison for a pull request: one page of Markdown.

use std::fmt::Write as _;

use super::bundles::{BundleNote, Comparison};
use super::changes::Change;
use super::circumstance::target_name;
use super::text::{counts, exchanges, moved};
use crate::report::{brief, plain};

/// How many rows a table has.
const MOST: usize = 30;

/// How many characters of a text are shown.
const MOST_SHOWN: usize = 240;

/// The comparison in Markdown.
#[must_use]
pub fn comparison_markdown(comparison: &Comparison<'_>) -> String {
    let mut page = Page::default();
    let worse = comparison.worse.len();
    page.line(&match worse {
        0 => "# preflight: nothing got worse".to_owned(),
        1 => "# preflight: 1 thing got worse".to_owned(),
        many => format!("# preflight: {many} things got worse"),
    });
    page.line("");
    page.line("| | bundle | attempt | gate |");
    page.line("|---|---|---|---|");
    page.bundle("old", &comparison.then);
    page.bundle("new", &comparison.now);
    page.line("");
    for remark in &comparison.remarks {
        page.line(&format!("Note: {}.\n", plain(remark)));
    }
    if comparison.is_empty() {
        page.line("Nothing differs.");
        return page.text;
    }
    page.table(
        "Worse",
        ["what"],
        comparison.worse.iter().map(|it| [brief(it, MOST_SHOWN)]),
    );
    let checks = &comparison.checks;
    page.table(
        &format!("Checks: {}", counts(checks)),
        ["check", "subject", "outcome", "found"],
        checks
            .iter()
            .filter(|check| check.change != Change::Same)
            .map(|check| {
                let found = check.now.as_ref().map_or("", |it| it.message.as_str());
                let subject = check.subject.to_string();
                [
                    check.check.to_owned(),
                    subject,
                    plain(&check.words()),
                    brief(found, MOST_SHOWN),
                ]
            }),
    );
    let same = checks.iter().filter(|check| check.change == Change::Same);
    page.table(
        "Figures that moved",
        ["check", "outcome", "figure"],
        same.flat_map(|check| {
            let words = plain(&check.words());
            moved(check).into_iter().map(move |moved| {
                [
                    check.check.to_owned(),
                    words.clone(),
                    brief(&moved, MOST_SHOWN),
                ]
            })
        }),
    );
    page.table(
        "What else is not as it was",
        ["what", "old", "new"],
        comparison.circumstances.iter().map(|it| {
            [
                plain(&it.what),
                brief(&it.then, MOST_SHOWN),
                brief(&it.now, MOST_SHOWN),
            ]
        }),
    );
    page.table(
        "Drift",
        [
            "subject",
            "old",
            "new",
            "paired",
            "answered differently",
            "only in the old",
            "only in the new",
        ],
        comparison
            .drift
            .iter()
            .filter(|it| !it.is_empty())
            .map(|drift| {
                [
                    drift.subject.to_string(),
                    format!(
                        "{}, plan {}",
                        target_name(drift.then.target),
                        plain(&drift.then.plan)
                    ),
                    format!(
                        "{}, plan {}",
                        target_name(drift.now.target),
                        plain(&drift.now.plan)
                    ),
                    exchanges(drift.pairs),
                    drift.exchanges.len().to_string(),
                    drift.only_then.len().to_string(),
                    drift.only_now.len().to_string(),
                ]
            }),
    );
    page.text
}

#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn line(&mut self, line: &str) {
        writeln!(self.text, "{line}").expect("writing to a String cannot fail");
    }

    fn bundle(&mut self, age: &str, note: &BundleNote<'_>) {
        let attempt = note.attempt.map_or(String::new(), |it| it.to_string());
        self.line(&format!(
            "| {age} | {}, manifest `{}` | {attempt} | {}: {} (exit {}) |",
            plain(note.name),
            &note.manifest[..16],
            note.gate,
            note.meaning,
            note.exit
        ));
    }

    /// A heading and a table; nothing where that has no rows.
    fn table<const N: usize>(
        &mut self,
        heading: &str,
        columns: [&str; N],
        rows: impl Iterator<Item = [String; N]>,
    ) {
        let rows: Vec<[String; N]> = rows.collect();
        if rows.is_empty() {
            return;
        }
        self.line(&format!("## {heading}\n"));
        self.line(&format!("| {} |", columns.join(" | ")));
        self.line(&format!("|{}", "---|".repeat(N)));
        for row in rows.iter().take(MOST) {
            self.line(&format!("| {} |", row.join(" | ")));
        }
        let more = rows.len().saturating_sub(MOST);
        if more > 0 {
            self.line(&format!(
                "\nAnd {more} more: `preflight compare` with `--all` tells them."
            ));
        }
        self.line("");
    }
}
