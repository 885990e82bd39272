//! A comparison for people.

use std::fmt::Write as _;

use indexmap::IndexMap;

use super::bundles::{BundleNote, Comparison};
use super::changes::{Change, CheckChange};
use super::circumstance::target_name;
use super::drift::{Difference, Drift, ExchangeDrift, Lonely};
use crate::base::plural;

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// What fits a few screens; how much there is beside it is said.
    Brief,
    /// Everything.
    All,
}

impl Extent {
    /// How many of `brief` lines are told.
    fn most(self, brief: usize) -> usize {
        match self {
            Self::Brief => brief,
            Self::All => usize::MAX,
        }
    }
}

/// How many lines of one kind a brief text has.
const MOST: usize = 20;

/// How many lines of a diff it has.
const MOST_DIFF: usize = 40;

/// The comparison as lines.
#[must_use]
pub fn comparison_text(comparison: &Comparison<'_>, extent: Extent) -> String {
    let mut page = Page {
        text: String::new(),
        extent,
    };
    page.bundle("old", &comparison.then);
    page.bundle("new", &comparison.now);
    for remark in &comparison.remarks {
        page.line(&format!("note: {remark}"));
    }
    if comparison.is_empty() {
        page.line("\nNothing differs.");
        return page.text;
    }
    page.worse(comparison);
    let circumstances = comparison.circumstances.iter();
    page.list(
        "what else is not as it was",
        circumstances.map(|it| format!("{}: {} → {}", it.what, it.then, it.now)),
    );
    page.checks(&comparison.checks);
    for drift in &comparison.drift {
        page.drift(drift);
    }
    page.text
}

/// How many checks have each change: `2 worse, 9 same`.
pub(super) fn counts(checks: &[CheckChange]) -> String {
    let counts: Vec<String> = Change::ALL
        .into_iter()
        .map(|change| {
            (
                change,
                checks.iter().filter(|it| it.change == change).count(),
            )
        })
        .filter(|(_, count)| *count > 0)
        .map(|(change, count)| format!("{count} {}", change.name()))
        .collect();
    counts.join(", ")
}

/// What is told of a check whose outcome is the same: figures that moved, another margin.
pub(super) fn moved(check: &CheckChange) -> Vec<String> {
    let margin = check.margin_moved().then(|| {
        let of = |outcome: &Option<super::Outcome>| {
            let margin = outcome.as_ref().and_then(|it| it.margin.clone());
            margin.unwrap_or_else(|| "none".to_owned())
        };
        format!(
            "the margin went from «{}» to «{}»",
            of(&check.then),
            of(&check.now)
        )
    });
    let figures = check.notable().map(super::Moved::words);
    figures.chain(margin).collect()
}

struct Page {
    text: String,
    extent: Extent,
}

impl Page {
    /// Adds a line; what was received may be in it, and no terminal obeys it.
    fn line(&mut self, line: &str) {
        let legible = line.chars().map(|it| match it {
            '\n' => '\n',
            control if control.is_control() => '\u{fffd}',
            other => other,
        });
        self.text.extend(legible);
        self.text.push('\n');
    }

    /// A heading and what stands below it; nothing where that is nothing.
    fn list(&mut self, heading: &str, lines: impl Iterator<Item = String>) {
        let lines: Vec<String> = lines.collect();
        if lines.is_empty() {
            return;
        }
        self.line(&format!("\n{heading}"));
        let most = self.extent.most(MOST);
        for line in lines.iter().take(most) {
            self.line(&format!("  {line}"));
        }
        self.more(lines.len().saturating_sub(most));
    }

    fn more(&mut self, count: usize) {
        if count > 0 {
            self.line(&format!("  and {count} more (--all)"));
        }
    }

    fn bundle(&mut self, age: &str, note: &BundleNote<'_>) {
        let attempt = note
            .attempt
            .map_or(String::new(), |it| format!(", attempt {it}"));
        self.line(&format!(
            "{age}  {}{attempt}, gate {}: {} (exit {})\n     {}",
            note.name, note.gate, note.meaning, note.exit, note.headline.text
        ));
    }

    fn worse(&mut self, comparison: &Comparison<'_>) {
        if comparison.worse.is_empty() {
            self.line("\nNothing got worse.");
        } else {
            self.list("worse", comparison.worse.iter().cloned());
        }
    }

    fn checks(&mut self, checks: &[CheckChange]) {
        let changed: Vec<&CheckChange> = Change::ALL
            .into_iter()
            .filter(|change| *change != Change::Same)
            .flat_map(|change| checks.iter().filter(move |it| it.change == change))
            .collect();
        let heading = format!("checks: {}", counts(checks));
        if changed.is_empty() {
            self.line(&format!("\n{heading}"));
        }
        self.list(
            &heading,
            changed.iter().map(|check| {
                let mut line = format!(
                    "{:<6} {:<5} {} ({})",
                    check.change.name(),
                    check.check,
                    check.words(),
                    check.subject
                );
                if let Some(now) = &check.now {
                    let margin = now.margin.as_deref().unwrap_or(&now.message);
                    write!(line, ": {margin}").expect("writing to a String cannot fail");
                }
                line
            }),
        );
        let same = checks.iter().filter(|check| check.change == Change::Same);
        let figures = same.flat_map(|check| {
            moved(check)
                .into_iter()
                .map(move |moved| format!("{} still {}, but {moved}", check.check, check.words()))
        });
        self.list("figures that moved", figures);
    }

    fn drift(&mut self, drift: &Drift) {
        let (then, now) = (&drift.then, &drift.now);
        let plan = if then.plan == now.plan {
            format!("plan {}", now.plan)
        } else {
            format!("plan {} → {}", then.plan, now.plan)
        };
        self.line(&format!(
            "\ndrift of the {}, {} → {}, {plan}: {} paired, {} answered differently, {} only in the old, \
             {} only in the new",
            drift.subject,
            target_name(then.target),
            target_name(now.target),
            exchanges(drift.pairs),
            drift.exchanges.len(),
            drift.only_then.len(),
            drift.only_now.len(),
        ));
        self.differences(&drift.exchanges);
        for (age, lonely) in [("old", &drift.only_then), ("new", &drift.only_now)] {
            self.list(
                &format!("only in the {age}"),
                lonely.iter().map(lonely_words),
            );
        }
        for flow in &drift.flows {
            let lines = flow.diff.lines().count();
            let most = self.extent.most(MOST_DIFF);
            self.line(&format!("\n{}", flow.name));
            for line in flow.diff.lines().take(most) {
                self.line(&format!("  {line}"));
            }
            self.more(lines.saturating_sub(most));
        }
    }

    /// Answers that differ in the same are told together, unless everything is told.
    fn differences(&mut self, all: &[ExchangeDrift]) {
        let mut groups: IndexMap<(&str, &[Difference]), Vec<&ExchangeDrift>> = IndexMap::new();
        for exchange in all {
            let key = (exchange.called.as_str(), exchange.differences.as_slice());
            groups.entry(key).or_default().push(exchange);
        }
        let most = self.extent.most(MOST);
        for ((called, differences), exchanges) in groups.iter().take(most) {
            let told = exchanges.iter().take(self.extent.most(1));
            let events: Vec<String> = told
                .map(|it| {
                    let item = it.place.item.as_deref().unwrap_or_default();
                    let item = if item.is_empty() {
                        ""
                    } else {
                        &format!(" «{item}»")
                    };
                    format!("{} | {}{item}", it.then, it.now)
                })
                .collect();
            let times = match exchanges.len() {
                1 => String::new(),
                many => format!(" {many} times"),
            };
            self.line(&format!("  {called}{times}: event {}", events.join("; ")));
            for difference in differences.iter().take(self.extent.most(MOST)) {
                let dot = if difference.at.is_empty() { "" } else { " " };
                self.line(&format!(
                    "    {}{dot}{}: {} → {}",
                    difference.aspect.name(),
                    difference.at,
                    difference.then,
                    difference.now
                ));
            }
            self.more(differences.len().saturating_sub(self.extent.most(MOST)));
        }
        self.more(groups.len().saturating_sub(most));
    }
}

/// `1 exchange`.
pub(super) fn exchanges(count: usize) -> String {
    format!("{count} {}", plural(count, "exchange"))
}

fn lonely_words(lonely: &Lonely) -> String {
    let place = &lonely.place;
    let whole = [&place.scenario, &place.item];
    let whole: Vec<&str> = whole.into_iter().flatten().map(String::as_str).collect();
    format!(
        "event {}: {}, attempt {} («{}»)",
        lonely.event,
        lonely.called,
        place.attempt,
        whole.join(" › ")
    )
}
