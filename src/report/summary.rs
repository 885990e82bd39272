//! A verdict for a pull request: one page of Markdown that says whether the gate is met, what
//! blocks and what to do next.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::Told;
use super::case::{Status, suites};
use super::markdown::{brief, plain};
use super::place::judged_again;
use crate::conformance::{ExitStatus, Finding, Level, Verdict, blocks};

/// How many lines of the table name what blocks.
const MOST_ROWS: usize = 20;

/// How many findings are named that are open and do not block.
const MOST_OPEN: usize = 30;

/// How many characters of a message are shown.
const MOST_SHOWN: usize = 240;

/// How many commands show a finding alone.
const MOST_COMMANDS: usize = 5;

/// The verdict in Markdown, on at most about sixty lines.
#[must_use]
pub fn summary_markdown(told: Told<'_>) -> String {
    let Told {
        verdict, outcome, ..
    } = told;
    let met = if outcome.exit == ExitStatus::Met {
        "met"
    } else {
        "not met"
    };
    let mut page = Page::default();
    page.line(&format!("# preflight: gate {} {met}", outcome.gate));
    page.line("");
    page.line(&brief(&verdict.headline.text, 1_200));
    page.line("");
    page.line("| | |");
    page.line("|---|---|");
    page.line(&format!(
        "| gate | {}: {} (exit {}) |",
        outcome.gate,
        outcome.exit.meaning(),
        outcome.exit.code()
    ));
    for run in verdict.runs.iter().take(4) {
        page.line(&format!(
            "| {} | {} events, head `{}` |",
            run.subject,
            run.events,
            &run.history_head.as_str()[..16]
        ));
    }
    page.line(&format!("| profile | {} |", plain(&verdict.profile.name)));
    page.line("");
    page.blocking(told);
    page.counts(verdict);
    page.open(told);
    page.next(told);
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

    /// What stands in the way, worst first as the cases have it.
    fn blocking(&mut self, told: Told<'_>) {
        let gate = told.outcome.gate;
        let mut rows: Vec<[String; 3]> = Vec::new();
        for case in suites(told.verdict, gate).iter().flat_map(|it| &it.cases) {
            let (kind, message) = match &case.status {
                Status::Failed { kind, message } => (kind.as_str(), message),
                Status::Error { message } => ("ERROR", message),
                Status::Passed | Status::Skipped { .. } | Status::Told { .. } => continue,
            };
            rows.push([plain(&case.name), plain(kind), brief(message, MOST_SHOWN)]);
        }
        // What stands in the way beside the verdict comes behind its own.
        let own = told.verdict.gate(gate).blockers.len();
        for blocker in told.outcome.blockers.iter().skip(own) {
            rows.push([brief(blocker, MOST_SHOWN), String::new(), String::new()]);
        }
        if rows.is_empty() {
            return;
        }
        self.line("## What blocks");
        self.line("");
        self.line("| what | outcome | found |");
        self.line("|---|---|---|");
        for [what, kind, message] in rows.iter().take(MOST_ROWS) {
            self.line(&format!("| {what} | {kind} | {message} |"));
        }
        self.line("");
        let more = rows.len().saturating_sub(MOST_ROWS);
        if more > 0 {
            self.line(&format!("And {more} more: see `results.json`."));
            self.line("");
        }
    }

    fn counts(&mut self, verdict: &Verdict) {
        let counts = verdict.counts();
        let counts = counts.iter().filter(|(_, count)| **count > 0);
        let (names, numbers): (Vec<String>, Vec<String>) = counts
            .map(|(level, count)| (level.to_string(), count.to_string()))
            .unzip();
        self.line("## Checks");
        self.line("");
        self.line(&format!("| {} | all |", names.join(" | ")));
        self.line(&format!("|{}---|", "---|".repeat(names.len())));
        self.line(&format!(
            "| {} | {} |",
            numbers.join(" | "),
            verdict.findings.len()
        ));
        self.line("");
    }

    fn open(&mut self, told: Told<'_>) {
        let open: Vec<String> = told
            .verdict
            .findings
            .iter()
            .filter(|finding| is_open(finding) && blocks(told.outcome.gate, finding).is_none())
            .map(|finding| format!("{} {}", finding.check, plain(finding.reported.name())))
            .collect();
        if open.is_empty() {
            return;
        }
        let more = open.len().saturating_sub(MOST_OPEN);
        let named = open[..open.len() - more].join(", ");
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        self.line(&format!("Open, and not in the way: {named}{more}."));
        self.line("");
    }

    fn next(&mut self, told: Told<'_>) {
        self.line("## What to do next");
        self.line("");
        let blocking: Vec<&Finding> = told
            .verdict
            .findings
            .iter()
            .filter(|finding| blocks(told.outcome.gate, finding).is_some())
            .collect();
        let at = |level: Level| {
            let found = blocking.iter().filter(move |it| it.reported == level);
            let ids: BTreeSet<&str> = found.map(|finding| finding.check).collect();
            ids
        };
        for finding in blocking
            .iter()
            .filter(|finding| !finding.witness.excerpt.is_empty())
            .take(MOST_COMMANDS)
        {
            let again = told
                .verdict
                .runs
                .get(finding.run)
                .zip(told.runs.get(finding.run))
                .map(|(run, (_, scope))| judged_again(run, scope, told.profile));
            self.line(&format!(
                "- {}: `{} --check {} --events {}` shows it alone.",
                finding.check,
                again.unwrap_or_default(),
                finding.check,
                finding.witness.excerpt_ranges()
            ));
        }
        if let Some(id) = at(Level::Fail).first() {
            self.line(&format!(
                "- Mend what fails; `preflight explain {id}` says what is required, why, and what conforms."
            ));
        }
        if !at(Level::NotExercised).is_empty() {
            self.line(
                "- Let the plan exercise what was not; `preflight plan list` names the plans.",
            );
        }
        if !at(Level::Inconclusive).is_empty() {
            self.line("- Run longer or from another place where evidence is too weak.");
        }
        if !at(Level::Review).is_empty() {
            self.line("- Let a person decide what waits for review; `questions.md` is what to ask the platform.");
        }
        let advice = match told.outcome.exit {
            ExitStatus::Met => "Give the bundle beside this folder to the reviewer.",
            ExitStatus::StaleBaseline => {
                "Take entries that are out of date out of the baseline and the waivers."
            }
            ExitStatus::Unreachable => "See why nothing answered, and run again.",
            ExitStatus::Interrupted | ExitStatus::Incomplete => "Let the run come to its end.",
            ExitStatus::HarnessFault => {
                "See `results.json` for what failed in the harness, and run again."
            }
            ExitStatus::Usage
            | ExitStatus::NonConformant
            | ExitStatus::ReviewPending
            | ExitStatus::Mismatch => "Run again, and hold the next summary against this one.",
        };
        self.line(&format!("- {advice}"));
        self.line("- Everything else stands in `results.json`; the bundle holds it with its evidence, and `preflight verify` checks it.");
    }
}

/// Whether somebody has to look at it.
fn is_open(finding: &Finding) -> bool {
    match finding.reported {
        Level::Error
        | Level::Fail
        | Level::NotExercised
        | Level::Inconclusive
        | Level::Review
        | Level::Warn => true,
        Level::Info => finding.raw != Level::Info,
        Level::Pass | Level::NotApplicable => false,
    }
}
