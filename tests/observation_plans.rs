//! The built-in plans fit the checks, the platform, and each other.

use std::collections::BTreeSet;
use std::sync::Arc;

use preflight::base::{Random, Seed};
use preflight::conformance::is_known;
use preflight::mock::{Defects, FaultKind, Hint, Platform};
use preflight::observe::{Cue, Deed, FaultQueue, Plan, Scenario};
use preflight::profile::Profile;

/// How many attempts a conforming connector makes at least, by the built-in profile.
fn attempts() -> usize {
    let attempts = Profile::built_in().backoff.maximum_attempts.value;
    usize::try_from(attempts).expect("a handful")
}

fn plans() -> Vec<Plan> {
    Plan::BUILT_IN
        .iter()
        .map(|name| Plan::built_in(name).expect("it is built in"))
        .collect()
}

fn plan(name: &str) -> Plan {
    Plan::built_in(name).expect("it is built in")
}

#[test]
fn every_plan_exercises_known_checks_and_the_larger_ones_all_of_the_smaller() {
    for plan in plans() {
        for check in plan.exercises() {
            assert!(is_known(check), "{}: {check}", plan.name);
        }
    }
    let exercised = |name| -> BTreeSet<String> {
        plan(name)
            .exercises()
            .into_iter()
            .map(str::to_owned)
            .collect()
    };
    assert!(exercised("ci").is_superset(&exercised("smoke")));
    assert!(exercised("certification").is_superset(&exercised("ci")));
}

#[test]
fn every_check_of_a_connector_is_exercised_by_the_certification() {
    use preflight::conformance::{CHECKS, Level};
    use preflight::event::Subject;
    let plan = plan("certification");
    let exercised = plan.exercises();
    for check in CHECKS.iter() {
        let is_ours = check.subjects.contains(&Subject::Connector);
        if check.severest == Level::NotApplicable {
            continue;
        }
        assert_eq!(exercised.contains(&check.id), is_ours, "{}", check.id);
    }
}

#[test]
fn every_scripted_answer_is_that_of_an_operation_of_the_platform() {
    // The messaging base path is given in two ways, and an agreement may give others.
    for paths in [
        "",
        "paths.provider-messaging = \"/api-provider-v1\"",
        "paths.provider-api = \"/own\"\npaths.token = \"/token\"",
    ] {
        let chance = Random::from_seed(Seed(1));
        let profile = Profile::with_override(paths, "own.toml").expect("a profile");
        let platform = Platform::new(Arc::new(profile), chance, Defects::default());
        let operations = platform.operations();
        for plan in plans() {
            for queue in plan.faults() {
                let operation = queue.addressed(&platform.profile().paths);
                let operation = operation.as_str();
                assert!(
                    operations.contains(&operation),
                    "{}: {operation}",
                    queue.place
                );
            }
        }
    }
}

#[test]
fn a_connector_that_tries_five_times_gets_through() {
    for plan in plans() {
        for scenario in &plan.scenarios {
            // What comes after everything before it is done meets an operation of its own.
            let (later, together): (Vec<_>, Vec<_>) = scenario
                .acts
                .iter()
                .partition(|act| matches!(act.cue, Cue::After(_)));
            let from_the_start: Vec<&FaultQueue> = scenario
                .faults
                .iter()
                .chain(together.iter().flat_map(|act| &act.faults))
                .collect();
            let of_their_own = later.iter().map(|act| act.faults.iter().collect());
            for queues in std::iter::once(from_the_start).chain(of_their_own) {
                for queue in &queues {
                    let refused: usize = queues
                        .iter()
                        .filter(|other| other.operation == queue.operation)
                        .map(|other| other.answers.len())
                        .sum();
                    assert!(
                        refused < attempts(),
                        "{}, {}: {} is refused {refused} times in a row",
                        plan.name,
                        scenario.name,
                        queue.operation
                    );
                }
            }
        }
    }
}

/// What happens in a scenario, each kind of thing in a word or two.
fn features(scenario: &Scenario) -> BTreeSet<String> {
    let mut features = BTreeSet::new();
    for act in &scenario.acts {
        features.insert(match &act.deed {
            Deed::SubmitBatch {
                payments, rejected, ..
            } => match (payments, rejected) {
                (1, 0) => "batch of one".into(),
                (_, 0) => "batch".into(),
                (payments, rejected) if payments == rejected => "batch all rejected".into(),
                _ => "mixed batch".into(),
            },
            Deed::Send(kind) => kind.question().to_owned(),
            Deed::SetStatus(_) => "set-status".into(),
            Deed::Subscribe => "subscribe".into(),
            Deed::Read => "read".into(),
            Deed::RevokeTokens => "revoke-tokens".into(),
        });
    }
    features.insert(format!("{:?}", scenario.subscription));
    if scenario.token_lifetime.is_some() {
        features.insert("short tokens".into());
    }
    let delivery = &scenario.delivery;
    for (feature, is_there) in [
        ("hold", !delivery.hold.is_zero()),
        ("shuffled", delivery.shuffled_within.is_some()),
        ("lost", delivery.lost > 0),
        ("duplicates", delivery.duplicates > 0),
        ("redelivered", delivery.redelivered_after.is_some()),
    ] {
        if is_there {
            features.insert(feature.into());
        }
    }
    let queues = scenario.acts.iter().flat_map(|act| &act.faults);
    for fault in scenario
        .faults
        .iter()
        .chain(queues)
        .flat_map(|it| &it.answers)
    {
        let lasting = if fault.period.is_some() {
            " for a time"
        } else {
            ""
        };
        features.insert(match &fault.kind {
            FaultKind::Status { status, hints, .. } => {
                let hints: Vec<_> = hints
                    .iter()
                    .map(|hint| match hint {
                        Hint::Seconds(0) => "zero",
                        Hint::Seconds(_) => "seconds",
                        Hint::Date(_) => "date",
                        Hint::Malformed(_) => "malformed",
                    })
                    .collect();
                format!("{status} {hints:?}{lasting}")
            }
            kind => {
                let kind = format!("{kind:?}");
                kind.split('(').next().unwrap_or_default().to_owned()
            }
        });
    }
    features
}

#[test]
fn certification_covers_whatever_ci_covers_and_ci_whatever_smoke_does() {
    let features =
        |name| -> BTreeSet<String> { plan(name).scenarios.iter().flat_map(features).collect() };
    let (smoke, ci, certification) = (features("smoke"), features("ci"), features("certification"));
    let missing: Vec<_> = smoke.difference(&ci).collect();
    assert!(missing.is_empty(), "ci lacks {missing:?}");
    let missing: Vec<_> = ci.difference(&certification).collect();
    assert!(missing.is_empty(), "certification lacks {missing:?}");
    for kind in preflight::observe::MessageKind::ALL {
        assert!(ci.contains(kind.question()), "{kind:?}");
    }
    for feature in [
        "batch of one",
        "mixed batch",
        "batch all rejected",
        "429 [\"seconds\"]",
        "429 [\"date\"]",
        "429 []",
        "429 [\"malformed\"]",
        "503 [\"seconds\"]",
        "Cut",
        "Revoke",
        "503 [] for a time",
        "short tokens",
        "shuffled",
        "duplicates",
        "redelivered",
    ] {
        assert!(ci.contains(feature), "ci lacks {feature}");
    }
}

#[test]
fn certification_has_what_a_judgement_of_backoff_needs() {
    let plan = plan("certification");
    let hints: BTreeSet<u64> = plan
        .faults()
        .flat_map(|queue| &queue.answers)
        .filter_map(|fault| match &fault.kind {
            FaultKind::Status {
                status: 429, hints, ..
            } => match hints.as_slice() {
                [Hint::Seconds(seconds)] => Some(*seconds),
                _ => None,
            },
            _ => None,
        })
        .collect();
    // `spec/judging.md`, BK-05.
    for seconds in [2, 7, 12, 65, 305] {
        assert!(hints.contains(&seconds), "{seconds}");
    }
    // `spec/judging.md`, 5.2, Route B: eight independent episodes.
    let episodes: u32 = plan
        .scenarios
        .iter()
        .flat_map(|scenario| &scenario.acts)
        .filter(|act| {
            act.faults.iter().any(|queue| {
                queue.answers.len() == 4 && queue.answers.iter().all(|it| it.to_string() == "429")
            })
        })
        .map(|act| act.times)
        .sum();
    assert_eq!(episodes, 8);
    let largest = plan
        .scenarios
        .iter()
        .flat_map(|scenario| &scenario.acts)
        .filter_map(|act| match act.deed {
            Deed::SubmitBatch { payments, .. } => Some(payments),
            _ => None,
        })
        .max();
    assert_eq!(largest, Some(2000));
}
