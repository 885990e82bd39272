//! Plays a plan on a platform.

use serde::Serialize;

use crate::base::{Random, Timestamp};
use crate::event::{End, EventKind};
use crate::mock::Platform;

use super::Plan;

/// Plays the scenarios of a plan, one after the other.
#[derive(Clone, Debug)]
pub struct Director {
    plan: Plan,
    _chance: Random,
}

/// How far a director is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// The plan.
    pub plan: String,
    /// The scenario that is played; none before the first and after the last.
    pub scenario: Option<String>,
    /// How many scenarios have ended.
    pub ended: usize,
    /// How many there are.
    pub scenarios: usize,
    /// What the scenario still waits for.
    pub missing: Vec<String>,
}

impl Director {
    /// A director who has not begun. All his chance comes from `chance`.
    #[must_use]
    pub fn new(plan: Plan, chance: Random) -> Self {
        Self {
            plan,
            _chance: chance,
        }
    }

    /// Does on `platform` what is due at `now`, and says what happened. To be called after
    /// everything that may have changed the platform, and when [`Director::next_due`] has come.
    pub fn advance(&mut self, _now: Timestamp, _platform: &mut Platform) -> Vec<EventKind> {
        Vec::new()
    }

    /// Ends the scenario that is played, whatever it waits for, so that the next one begins.
    pub fn skip(&mut self, _now: Timestamp, _platform: &mut Platform) -> Vec<EventKind> {
        Vec::new()
    }

    /// When he has something to do, if nothing happens before.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        None
    }

    /// How the plan ended; none while it is played. A plan of which three scenarios in a row were
    /// not completed ends there: the target is unreachable.
    #[must_use]
    pub fn end(&self) -> Option<End> {
        Some(End::Complete)
    }

    /// How far he is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress {
            plan: self.plan.name.clone(),
            scenario: None,
            ended: 0,
            scenarios: self.plan.scenarios.len(),
            missing: Vec::new(),
        }
    }
}
