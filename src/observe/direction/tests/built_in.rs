//! The plans that come with preflight can be completed.

use std::time::Duration;

use super::theatre::{Habit, Theatre};
use crate::event::{End, EventKind};
use crate::observe::Plan;

/// Plays a plan to its end; every scenario is completed, every scripted answer delivered.
fn play(name: &str) -> Theatre {
    let theatre = Theatre::of("", Plan::built_in(name).unwrap(), Habit::Works).play();
    assert_eq!(theatre.end(), Some(End::Complete));
    for (scenario, missing) in theatre.ended() {
        assert_eq!(missing, Vec::<String>::new(), "{scenario}");
    }
    for event in &theatre.events {
        // Who only writes, as this one does, never meets what refuses a read for good.
        if let EventKind::FaultProof(proof) = event
            && proof.scenario != "Refused for good"
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
fn ci_takes_about_two_minutes() {
    let duration = play("ci").duration();
    assert!(duration > Duration::from_mins(1), "{duration:?}");
    assert!(duration < Duration::from_secs(150), "{duration:?}");
}

#[test]
fn certification_takes_more_than_an_hour() {
    let duration = play("certification").duration();
    assert!(duration > Duration::from_hours(1), "{duration:?}");
    assert!(duration < Duration::from_hours(3), "{duration:?}");
}
