//! What a verdict comes to, in a sentence or two.

use std::fmt::Write as _;

use serde::Serialize;

use super::matrix::Standing;
use super::verdict::{GoldenState, Verdict};
use super::{Finding, Keyword, Level, Overlay, OverlayKind, Stale};
use crate::event::Subject;

/// Whether the subject is ready.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Readiness {
    /// Nothing is open.
    Ready,
    /// Nothing blocks, but somebody has to assess what is open.
    SubjectToAssessment,
    /// Something failed, or evidence is missing.
    #[default]
    NotReady,
}

/// What a verdict comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Headline {
    /// Whether the subject is ready.
    pub readiness: Readiness,
    /// The sentence, with subject and profile named.
    pub text: String,
    /// What is open or what failed, item by item; empty where nothing is.
    pub items: Vec<String>,
    /// How many clauses a history of this subject cannot show.
    pub outside: usize,
}

/// The headline of `verdict`, whose own headline is not looked at.
pub(super) fn of(verdict: &Verdict) -> Headline {
    let mut blocking = Vec::new();
    let mut open = Vec::new();
    for run in &verdict.runs {
        blocking.extend(run.cut_short().map(str::to_owned));
    }
    let unfinished = verdict.runs.iter().flat_map(|run| &run.unfinished);
    blocking.extend(unfinished.map(|scenario| self::unfinished(scenario)));
    for finding in &verdict.findings {
        let item = item(verdict, finding);
        match finding.reported {
            Level::NotExercised
                if !finding.planned && !finding.is_overlaid(OverlayKind::Waived) =>
            {
                blocking.push(format!("{item} (not in the plan)"));
            }
            // Whoever waived it answers for it; it is told all the same.
            Level::Fail | Level::Inconclusive | Level::NotExercised
                if finding.is_overlaid(OverlayKind::Waived) =>
            {
                open.push(item);
            }
            Level::Fail | Level::Error | Level::Inconclusive | Level::NotExercised => {
                blocking.push(item);
            }
            Level::Review | Level::Warn => open.push(item),
            // A failure that may not be reported as one is told all the same.
            Level::Info if finding.raw != Level::Info => open.push(item),
            Level::Info | Level::Pass | Level::NotApplicable => {}
        }
    }
    open.extend(verdict.stale.iter().map(Stale::text));
    for golden in &verdict.golden {
        match golden.state {
            GoldenState::Match => {}
            GoldenState::Missing => open.push(format!("snapshot {} not accepted", golden.name)),
            GoldenState::Differs => blocking.push(format!("snapshot {} differs", golden.name)),
        }
    }
    let mut outside = 0;
    for row in &verdict.matrix {
        match row.standing {
            // What is said of a promised one follows.
            Standing::Judged { .. } | Standing::Promised | Standing::NothingAsked { .. } => {}
            Standing::OutsideThisVerdict => outside += 1,
        }
        if let Some(said) = row.said.as_ref().filter(|said| said.given.is_none())
            && row.clause.keyword != Keyword::Optional
        {
            open.push(format!("{} {}", row.clause.id, said.name()));
        }
    }
    let (readiness, items) = match (blocking.is_empty(), open.is_empty()) {
        (true, true) => (Readiness::Ready, Vec::new()),
        (true, false) => (Readiness::SubjectToAssessment, open),
        (false, _) => (Readiness::NotReady, blocking),
    };
    Headline {
        text: text(verdict, readiness, &items, outside),
        readiness,
        items,
        outside,
    }
}

fn text(verdict: &Verdict, readiness: Readiness, items: &[String], outside: usize) -> String {
    let subjects: Vec<&str> = verdict
        .runs
        .iter()
        .map(|run| match run.subject {
            Subject::Replay => "replay of the collections",
            Subject::Connector => "connector",
            Subject::Endpoint => "notification endpoint",
        })
        .collect();
    let subject = capitalised(&subjects.join(" and "));
    let items = items.join(", ");
    let mut text = match readiness {
        Readiness::Ready => format!("{subject}: ready."),
        Readiness::SubjectToAssessment => {
            format!("{subject}: ready subject to further assessment: {items}.")
        }
        Readiness::NotReady => format!("{subject}: not ready: {items}."),
    };
    match outside {
        0 => {}
        1 => text.push_str(" 1 clause is outside this verdict."),
        many => write!(text, " {many} clauses are outside this verdict.")
            .expect("writing to a String cannot fail"),
    }
    let profile = &verdict.profile;
    if !profile.overridden.is_empty() {
        write!(
            text,
            " Judged by the profile {}, which overrides {}.",
            profile.name,
            profile.overridden.join(", ")
        )
        .expect("writing to a String cannot fail");
    }
    if !profile.same_as_run {
        text.push_str(" The run was made under another profile.");
    }
    text
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

/// A scenario that was not completed, in a list.
pub(super) fn unfinished(scenario: &str) -> String {
    format!("scenario «{scenario}» was not completed")
}

/// A finding in a list: `BK-02 FAIL`, whom it judges where several are, and what a baseline or a
/// waiver says of it.
pub(super) fn item(verdict: &Verdict, finding: &Finding) -> String {
    let item = format!("{} {}", finding.check, finding.reported);
    let subject = (verdict.runs.len() > 1).then(|| finding.subject.to_string());
    let overlays = finding.overlays.iter().filter_map(remark);
    let remarks: Vec<String> = subject.into_iter().chain(overlays).collect();
    if remarks.is_empty() {
        item
    } else {
        format!("{item} ({})", remarks.join("; "))
    }
}

/// An overlay in a list; what is stale has a line of its own.
fn remark(overlay: &Overlay) -> Option<String> {
    let until = overlay
        .expires
        .map(|last| format!(" until {last}"))
        .unwrap_or_default();
    match overlay.kind {
        OverlayKind::Expected => Some(format!("expected{until}")),
        OverlayKind::Waived => Some(format!("waived by {}{until}", overlay.by)),
        OverlayKind::New => Some("new".to_owned()),
        OverlayKind::Stale => None,
    }
}
