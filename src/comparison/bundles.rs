//! Everything that differs between two bundles.

use serde::Serialize;

use super::Side;
use super::changes::{Change, CheckChange, changes};
use super::circumstance::{Circumstance, circumstances};
use super::drift::Drift;
use crate::conformance::{ExitStatus, GoldenState, Headline};

/// The version of the form.
const VERSION: u32 = 1;

/// Two bundles side by side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison<'s> {
    format: &'static str,
    version: u32,
    /// The older.
    pub then: BundleNote<'s>,
    /// The newer.
    pub now: BundleNote<'s>,
    /// What got worse, in words; empty where nothing did.
    pub worse: Vec<String>,
    /// What is odd about comparing these two.
    pub remarks: Vec<String>,
    /// What may explain the rest.
    pub circumstances: Vec<Circumstance>,
    /// Every check.
    pub checks: Vec<CheckChange>,
    /// Golden transcripts that compare otherwise than before.
    pub snapshots: Vec<Snapshot>,
    /// The runs, subject by subject.
    pub drift: Vec<Drift>,
}

/// A bundle, as far as it is named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BundleNote<'s> {
    /// How its file was named.
    pub name: &'s str,
    /// The digest that stands for it.
    pub manifest: &'s str,
    /// Which attempt it is; none where nobody counted.
    pub attempt: Option<u64>,
    /// What its verdict comes to.
    pub headline: &'s Headline,
    /// The gate that it was held against.
    pub gate: &'static str,
    /// With what exit code it ended.
    pub exit: u8,
    /// What that means.
    pub meaning: &'static str,
}

/// A golden transcript that compares otherwise than before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Snapshot {
    /// Its name.
    pub name: String,
    /// How the older run compared with it; none where it did not.
    pub then: Option<GoldenState>,
    /// How the newer does.
    pub now: Option<GoldenState>,
}

impl<'s> Comparison<'s> {
    /// Holds `then`, the older, against `now`.
    #[must_use]
    pub fn of(then: &Side<'s>, now: &Side<'s>) -> Self {
        let checks = changes(then.verdict, now.verdict);
        let snapshots = snapshots(then, now);
        Self {
            format: "preflight-comparison",
            version: VERSION,
            worse: worse(then, now, &checks, &snapshots),
            remarks: remarks(then, now),
            circumstances: circumstances(then, now),
            drift: drift(then, now),
            then: BundleNote::of(then),
            now: BundleNote::of(now),
            checks,
            snapshots,
        }
    }

    /// How the process ends: drift and figures that moved are told, and only what got worse counts.
    #[must_use]
    pub fn exit(&self) -> ExitStatus {
        if self.worse.is_empty() {
            ExitStatus::Met
        } else {
            ExitStatus::NonConformant
        }
    }

    /// Whether nothing at all differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let is_same = |check: &CheckChange| {
            check.change == Change::Same && check.figures.is_empty() && !check.margin_moved()
        };
        self.worse.is_empty()
            && self.circumstances.is_empty()
            && self.checks.iter().all(is_same)
            && self.snapshots.is_empty()
            && self.drift.iter().all(Drift::is_empty)
    }
}

impl<'s> BundleNote<'s> {
    fn of(side: &Side<'s>) -> Self {
        Self {
            name: side.name,
            manifest: side.manifest.as_str(),
            attempt: side.attempt,
            headline: &side.verdict.headline,
            gate: side.outcome.gate.name(),
            exit: side.outcome.exit.code(),
            meaning: side.outcome.exit.meaning(),
        }
    }
}

/// What got worse, in words.
fn worse(
    then: &Side<'_>,
    now: &Side<'_>,
    checks: &[CheckChange],
    snapshots: &[Snapshot],
) -> Vec<String> {
    let several = now.verdict.runs.len() > 1;
    let checks = checks.iter().filter(|check| check.worse).map(|check| {
        let subject = if several {
            format!(" ({})", check.subject)
        } else {
            String::new()
        };
        format!("{}{subject} {}", check.check, check.words())
    });
    let snapshots = snapshots
        .iter()
        .filter(|it| it.now == Some(GoldenState::Differs))
        .map(|it| format!("snapshot {} differs", it.name));
    let same_gate = then.outcome.gate == now.outcome.gate;
    let gate =
        (same_gate && then.outcome.exit == ExitStatus::Met && now.outcome.exit != ExitStatus::Met)
            .then(|| {
                format!(
                    "the gate {} is not met any more: {}",
                    now.outcome.gate,
                    now.outcome.exit.meaning()
                )
            });
    checks.chain(snapshots).chain(gate).collect()
}

fn remarks(then: &Side<'_>, now: &Side<'_>) -> Vec<String> {
    let mut remarks = Vec::new();
    if then.manifest == now.manifest {
        remarks.push("both are the same bundle".to_owned());
    }
    if is_later(then, now) {
        let remark = "the bundle that is named first is the newer one: the older comes first";
        remarks.push(remark.to_owned());
    }
    remarks
}

/// Whether `then` was made after `now`, as far as both can be put in order: on the logical clock all runs
/// begin together, and only the count of attempts tells.
fn is_later(then: &Side<'_>, now: &Side<'_>) -> bool {
    let is_real = |side: &Side<'_>| {
        let mut starts = side.runs.iter().map(|(history, _)| history.start());
        starts.all(|start| start.time == "real")
    };
    let began = |side: &Side<'_>| side.verdict.runs.iter().map(|run| run.began).min();
    match (is_real(then), is_real(now)) {
        (true, true) => began(then) > began(now),
        (false, false) => then
            .attempt
            .zip(now.attempt)
            .is_some_and(|(one, other)| one > other),
        (true, false) | (false, true) => false,
    }
}

fn snapshots(then: &Side<'_>, now: &Side<'_>) -> Vec<Snapshot> {
    let state = |side: &Side<'_>, name: &str| {
        let mut golden = side.verdict.golden.iter();
        golden.find(|it| it.name == name).map(|it| it.state)
    };
    let both = then.verdict.golden.iter().chain(&now.verdict.golden);
    let names: indexmap::IndexSet<&str> = both.map(|golden| golden.name.as_str()).collect();
    names
        .into_iter()
        .map(|name| Snapshot {
            name: name.to_owned(),
            then: state(then, name),
            now: state(now, name),
        })
        .filter(|it| it.then != it.now)
        .collect()
}

/// The runs of one subject, in their order, beside each other.
fn drift(then: &Side<'_>, now: &Side<'_>) -> Vec<Drift> {
    let mut waiting: Vec<_> = then.runs.iter().map(|(history, _)| history).collect();
    let mut found = Vec::new();
    for (history, _) in now.runs {
        let subject = history.start().subject;
        let place = waiting.iter().position(|it| it.start().subject == subject);
        if let Some(place) = place {
            let before = waiting.remove(place);
            found.push(Drift::between(
                (before, then.profile),
                (history, now.profile),
            ));
        }
    }
    found
}

/// The comparison for programs; `fixtures/schema/comparison.schema.json` describes it.
///
/// # Panics
/// If it has keys that are no texts, or numbers that JSON lacks: a fault of ours.
#[must_use]
pub fn comparison_json(comparison: &Comparison<'_>) -> String {
    let mut text = serde_json::to_string_pretty(comparison).expect("what we write has a JSON form");
    text.push('\n');
    text
}
