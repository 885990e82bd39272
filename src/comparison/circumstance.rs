//! What else is not as it was: it may explain what changed.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde::Serialize;

use super::Side;
use crate::event::{RunStart, Target};
use crate::profile::Profile;

/// A circumstance that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Circumstance {
    /// What.
    pub what: String,
    /// How it was.
    pub then: String,
    /// How it is.
    pub now: String,
}

/// What stands for something that is not there.
const NOTHING: &str = "none";

/// All that differ between two bundles, but for what happened in the runs.
pub(super) fn circumstances(then: &Side<'_>, now: &Side<'_>) -> Vec<Circumstance> {
    let mut found = differing(&of_side(then), &of_side(now));
    found.extend(differing(&settings(then.profile), &settings(now.profile)));
    let subjects = |side: &Side<'_>| -> BTreeSet<String> {
        let runs = side.verdict.runs.iter();
        runs.map(|run| run.subject.to_string()).collect()
    };
    for subject in subjects(then).intersection(&subjects(now)) {
        let run = |side: &Side<'_>| {
            let mut starts = side.runs.iter().map(|(history, _)| history.start());
            let start = starts.find(|start| start.subject.to_string() == *subject);
            start
                .map(|start| of_run(start, subject))
                .unwrap_or_default()
        };
        found.extend(differing(&run(then), &run(now)));
    }
    found
}

/// Circumstances by name.
type Named = IndexMap<String, String>;

fn differing(then: &Named, now: &Named) -> Vec<Circumstance> {
    let names: indexmap::IndexSet<&String> = then.keys().chain(now.keys()).collect();
    let of = |all: &Named, name: &String| all.get(name).map_or(NOTHING, String::as_str).to_owned();
    names
        .into_iter()
        .map(|name| Circumstance {
            what: name.clone(),
            then: of(then, name),
            now: of(now, name),
        })
        .filter(|it| it.then != it.now)
        .collect()
}

fn named<const N: usize>(all: [(&str, String); N]) -> Named {
    all.map(|(name, value)| (name.to_owned(), value)).into()
}

fn of_side(side: &Side<'_>) -> Named {
    let declarations = side.runs.iter().map(|(_, scope)| &scope.declaration);
    let products: BTreeSet<String> = declarations
        .clone()
        .filter_map(|declaration| Some(declaration.product.as_ref()?.to_string()))
        .collect();
    // What `Debug` shows of a declaration has no secrets in it; only whether it is the same is told.
    let declared: BTreeSet<String> = declarations.map(|it| format!("{it:?}")).collect();
    let declared: Vec<String> = declared.into_iter().collect();
    let digest = crate::base::sha256(declared.join("\n").as_bytes());
    let overlays: BTreeSet<String> = side
        .verdict
        .findings
        .iter()
        .flat_map(|finding| finding.overlays.iter().map(move |it| (finding.check, it)))
        .map(|(check, overlay)| format!("{check} {}", overlay.kind.name()))
        .collect();
    named([
        ("preflight", side.harness.to_owned()),
        ("product", or_nothing(products)),
        ("declaration", digest.as_str()[..16].to_owned()),
        ("gate", side.outcome.gate.to_string()),
        ("expected and waived", or_nothing(overlays)),
    ])
}

fn or_nothing(values: impl IntoIterator<Item = String>) -> String {
    let values: Vec<String> = values.into_iter().collect();
    if values.is_empty() {
        NOTHING.to_owned()
    } else {
        values.join(", ")
    }
}

/// Every value of a profile, with what it rests on.
fn settings(profile: &Profile) -> Named {
    let settings = profile.settings().iter().map(|setting| {
        let value = format!("{} ({})", setting.value, setting.provenance);
        (format!("profile {}", setting.key), value)
    });
    settings.collect()
}

fn of_run(start: &RunStart, subject: &str) -> Named {
    let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
    let all = [
        ("preflight that recorded", start.harness.clone()),
        ("target", target_name(start.target).to_owned()),
        ("plan", start.plan.clone()),
        ("time", start.time.clone()),
        ("seed", start.seed.0.to_string()),
        (
            "profile of the run",
            start.profile_sha256.as_str()[..16].to_owned(),
        ),
        ("collections", or_nothing(start.collections.clone())),
        ("environment", or_nothing(start.environment.clone())),
        ("map", or_nothing(start.map.clone())),
        ("mock defects", or_nothing(start.mock_defects.clone())),
        ("backoff", or_nothing(start.backoff.clone())),
        ("any certificate accepted", yes(start.insecure)),
    ];
    all.map(|(name, value)| (format!("{subject}: {name}"), value))
        .into()
}

/// The word for a target.
pub(super) fn target_name(target: Target) -> &'static str {
    match target {
        Target::Sandbox => "sandbox",
        Target::Mock => "mock",
    }
}
