//! The plans that come with preflight can be completed.

use std::time::Duration;

use super::theatre::{Habit, Theatre};
use crate::event::{End, EventKind};
use crate::observe::{Demand, Plan};

/// Plays a plan to its end; every scenario is completed, every scripted answer delivered that has
/// to be.
fn play(name: &str) -> Theatre {
    let plan = Plan::built_in(name).unwrap();
    let optional: Vec<String> = plan
        .scenarios
        .iter()
        .filter(|scenario| {
            let acts = scenario.acts.iter().flat_map(|act| &act.faults);
            let mut queues = scenario.faults.iter().chain(acts);
            queues.any(|queue| queue.demand == Demand::Optional)
        })
        .map(|scenario| scenario.name.clone())
        .collect();
    let theatre = Theatre::of("", plan, Habit::Works).play();
    assert_eq!(theatre.end(), Some(End::Complete));
    for (scenario, missing) in theatre.ended() {
        assert_eq!(missing, Vec::<String>::new(), "{scenario}");
    }
    for event in &theatre.events {
        if let EventKind::FaultProof(proof) = event
            && !optional.contains(&proof.scenario)
        {
            assert_eq!(proof.delivered, proof.answers.len(), "{proof:?}");
        }
    }
    theatre
}

#[test]
fn smoke_takes_seconds() {
    assert!(play("smoke").duration() < Duration::from_secs(10));
}

#[test]
fn ci_takes_about_three_minutes() {
    let duration = play("ci").duration();
    assert!(duration > Duration::from_mins(1), "{duration:?}");
    assert!(duration < Duration::from_secs(210), "{duration:?}");
}

#[test]
fn certification_takes_more_than_an_hour() {
    let duration = play("certification").duration();
    assert!(duration > Duration::from_hours(1), "{duration:?}");
    assert!(duration < Duration::from_hours(3), "{duration:?}");
}
