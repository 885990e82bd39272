//! A verdict for a person: the requirement matrix, what was found, and a summary that comes last.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::Colour;
use super::measured::measured;
use crate::conformance::{
    ExitStatus, Finding, GateOutcome, Given, Level, Overlay, Readiness, Row, Standing, Verdict,
};

/// How many blockers the summary names; it fits ten lines.
const BLOCKERS: usize = 3;

/// The verdict as text. The summary, of ten lines at most, comes last; each line says in words
/// what its colour says.
#[must_use]
pub fn matrix_text(verdict: &Verdict, gate: &GateOutcome, colour: Colour) -> String {
    matrix_text_with(verdict, gate, colour, &Again::default())
}

/// How the same histories are judged again, in the words of a shell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Again {
    /// The path of each run's history; its name where there are none.
    pub histories: Vec<String>,
    /// The options, each with a space before it: ` --profile ours.toml`.
    pub options: String,
}

/// The same; the commands that show a finding alone are those of `again`.
#[must_use]
pub fn matrix_text_with(
    verdict: &Verdict,
    gate: &GateOutcome,
    colour: Colour,
    again: &Again,
) -> String {
    let mut page = Page {
        text: String::new(),
        colour,
        again: again.clone(),
    };
    page.rows(&verdict.matrix);
    page.measured(verdict);
    page.findings(verdict);
    page.summary(verdict, gate);
    page.text
}

/// What each check finds, in full, without a gate.
#[must_use]
pub fn findings_text(findings: &[Finding]) -> String {
    let mut page = Page {
        text: String::new(),
        colour: Colour::Off,
        again: Again::default(),
    };
    for finding in findings {
        page.finding(finding, false, None);
        for (name, value) in &finding.parameters {
            page.line(&format!("  {name}: {}", legible(value)));
        }
    }
    page.text
}

struct Page {
    text: String,
    colour: Colour,
    again: Again,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn styled(&self, text: &str, style: Style) -> String {
        match self.colour {
            Colour::On => format!("{style}{text}{style:#}"),
            Colour::Off => text.to_owned(),
        }
    }

    fn rows(&mut self, rows: &[Row]) {
        let heading = columns("CLAUSE", "STANDING", "RAW", "RESTS ON", "CHECKS");
        let heading = self.styled(heading.trim_end(), Style::new().bold());
        self.line(&heading);
        for row in rows {
            let (raw, rests_on) = match row.standing {
                Standing::Judged {
                    raw, provenance, ..
                } => (raw.name(), provenance.name()),
                Standing::OutsideThisVerdict
                | Standing::NothingAsked { .. }
                | Standing::Promised => ("", ""),
            };
            let standing = format!("{:<21}", row.name());
            let line = columns(
                row.clause.id,
                row.name(),
                raw,
                rests_on,
                &legible(&evidence(row)),
            );
            let painted = self.styled(&standing, style_of_standing(row));
            self.line(&line.replacen(&standing, &painted, 1));
        }
    }

    /// The figures that are told whatever the verdict.
    fn measured(&mut self, verdict: &Verdict) {
        let lines = measured(&verdict.findings);
        if lines.is_empty() {
            return;
        }
        self.line("");
        let heading = self.styled("MEASURED", Style::new().bold());
        self.line(&heading);
        for line in lines {
            self.line(&legible(&line));
        }
    }

    /// What is not simply green, in full.
    fn findings(&mut self, verdict: &Verdict) {
        for finding in &verdict.findings {
            if finding.raw == Level::Pass && finding.reported == Level::Pass {
                continue;
            }
            self.line("");
            let mut runs = verdict.runs.iter();
            let place = runs.position(|run| run.subject == finding.subject);
            let named = place.and_then(|place| verdict.runs[place].file.clone());
            let path = place.and_then(|place| self.again.histories.get(place).cloned());
            self.finding(finding, verdict.runs.len() > 1, path.or(named).as_deref());
        }
        self.line("");
    }

    fn finding(&mut self, finding: &Finding, several: bool, file: Option<&str>) {
        let level = self.styled(finding.reported.name(), style_of_level(finding.reported));
        let raw = if finding.raw == finding.reported {
            format!("rests on what is {}", finding.provenance)
        } else {
            format!(
                "raw {}, rests on what is {}",
                finding.raw, finding.provenance
            )
        };
        let subject = if several {
            format!(" {}", finding.subject)
        } else {
            String::new()
        };
        let unplanned = if finding.planned {
            ""
        } else {
            "; the plan does not exercise it"
        };
        self.line(&format!(
            "{}{subject} {level} ({raw}{unplanned})",
            finding.check
        ));
        self.line(&format!("  {}", legible(&finding.message)));
        let witness = &finding.witness;
        if !witness.sequences.is_empty() {
            let margin = witness
                .margin
                .as_ref()
                .map(|margin| format!(": {}", legible(margin)))
                .unwrap_or_default();
            self.line(&format!("  events {}{margin}", witness.named()));
        }
        if !witness.excerpt.is_empty() {
            self.line(&format!(
                "  these alone show it: preflight judge {}{} --check {} --events {}",
                file.unwrap_or("history.ndjson"),
                self.again.options,
                finding.check,
                witness.excerpt_ranges()
            ));
        }
        for overlay in &finding.overlays {
            self.line(&format!("  {}", legible(&overlay_text(overlay))));
        }
        if let Some(would_flip) = &finding.would_flip {
            self.line(&format!("  {would_flip}"));
        }
    }

    fn summary(&mut self, verdict: &Verdict, gate: &GateOutcome) {
        let style = match verdict.headline.readiness {
            Readiness::Ready => AnsiColor::Green.on_default().bold(),
            Readiness::SubjectToAssessment => AnsiColor::Yellow.on_default().bold(),
            Readiness::NotReady => AnsiColor::Red.on_default().bold(),
        };
        let headline = self.styled(&verdict.headline.text, style);
        self.line(&headline);
        let checks: Vec<String> = verdict
            .counts()
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(level, count)| format!("{count} {level}"))
            .collect();
        self.line(&format!(
            "checks    {} of {}",
            checks.join(", "),
            verdict.findings.len()
        ));
        self.line(&format!("clauses   {}", standings(&verdict.matrix)));
        if !verdict.golden.is_empty() {
            let golden: Vec<String> = verdict
                .golden
                .iter()
                .map(|golden| {
                    let state = serde_json::to_value(golden.state).ok();
                    let state = state.as_ref().and_then(serde_json::Value::as_str);
                    format!("{} {}", golden.name, state.unwrap_or_default())
                })
                .collect();
            self.line(&format!("snapshots {}", golden.join(", ")));
        }
        for run in &verdict.runs {
            let torn = if run.torn { ", its last line cut" } else { "" };
            self.line(&format!(
                "history   {} events{torn}, head {} ({})",
                run.events,
                &run.history_head.as_str()[..16],
                run.subject
            ));
        }
        let to_decide = verdict.to_decide();
        if let Some(first) = to_decide.first() {
            let whose = match verdict.runs.len() {
                0 | 1 => String::new(),
                _ => format!(" ({})", verdict.whose(first)),
            };
            self.line(&format!(
                "review    {} for a person to decide; the reviewer sees {}{whose} first",
                to_decide.len(),
                first.check
            ));
        }
        let outcome = format!(
            "gate      {}: {} (exit {})",
            gate.gate,
            gate.exit.meaning(),
            gate.exit.code()
        );
        let style = if gate.exit == ExitStatus::Met {
            AnsiColor::Green.on_default()
        } else {
            AnsiColor::Red.on_default()
        };
        let outcome = self.styled(&outcome, style);
        self.line(&outcome);
        // The line for the reviewer takes the place of one.
        let named = BLOCKERS - usize::from(!to_decide.is_empty());
        for blocker in gate.blockers.iter().take(named) {
            self.line(&format!("  {blocker}"));
        }
        match gate.blockers.len().saturating_sub(named) {
            0 => {}
            more => self.line(&format!("  and {more} more")),
        }
    }
}

/// The text on one line, and without what a terminal would obey: it may quote what was received.
fn legible(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\n' | '\r' | '\t' => ' ',
            control if control.is_control() => '\u{fffd}',
            other => other,
        })
        .collect()
}

/// `EXPECTED until 2026-12-31 (Sam Jones): The flow is not confirmed.`
fn overlay_text(overlay: &Overlay) -> String {
    let mut text = overlay.kind.name().to_owned();
    if let Some(last) = overlay.expires {
        write!(text, " until {last}").expect("writing to a String cannot fail");
    }
    if !overlay.by.is_empty() {
        write!(text, " ({})", overlay.by).expect("writing to a String cannot fail");
    }
    format!("{text}: {}", overlay.reason)
}

/// The checks of a clause, and who says what they cannot see.
fn evidence(row: &Row) -> String {
    let checks = row.checks.join(" ");
    let Some(said) = &row.said else {
        return checks;
    };
    match (checks.is_empty(), row.standing, &said.given) {
        // The standing says it already.
        (true, Standing::Promised, None | Some(Given::Declared)) => String::new(),
        (true, Standing::Promised, Some(Given::Attested { by, on })) => format!("by {by} on {on}"),
        (true, _, _) => said.text(),
        (false, _, _) => format!("{checks}; {}", said.text()),
    }
}

fn columns(clause: &str, standing: &str, raw: &str, rests_on: &str, checks: &str) -> String {
    format!("{clause:<19} {standing:<21} {raw:<14} {rests_on:<9} {checks}")
}

/// `5 judged, 2 outside this verdict, …`.
fn standings(rows: &[Row]) -> String {
    let mut counts: indexmap::IndexMap<&str, usize> = indexmap::IndexMap::new();
    for row in rows {
        let name = match row.standing {
            Standing::Judged { .. } => "judged",
            Standing::OutsideThisVerdict | Standing::NothingAsked { .. } | Standing::Promised => {
                row.name()
            }
        };
        *counts.entry(name).or_default() += 1;
    }
    let mut text = String::new();
    for (name, count) in counts {
        let comma = if text.is_empty() { "" } else { ", " };
        write!(text, "{comma}{count} {name}").expect("writing to a String cannot fail");
    }
    text
}

fn style_of_standing(row: &Row) -> Style {
    match row.standing {
        Standing::Judged { reported, .. } => style_of_level(reported),
        Standing::OutsideThisVerdict | Standing::NothingAsked { .. } => Style::new().dimmed(),
        Standing::Promised if row.said.as_ref().is_some_and(|said| said.given.is_some()) => {
            AnsiColor::Green.on_default()
        }
        Standing::Promised => AnsiColor::Yellow.on_default(),
    }
}

fn style_of_level(level: Level) -> Style {
    match level {
        Level::Pass => AnsiColor::Green.on_default(),
        Level::Fail | Level::Error => AnsiColor::Red.on_default().bold(),
        Level::NotExercised | Level::Inconclusive | Level::Review | Level::Warn => {
            AnsiColor::Yellow.on_default()
        }
        Level::Info | Level::NotApplicable => Style::new().dimmed(),
    }
}
