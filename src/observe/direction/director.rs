//! Goes through the scenarios of a plan.

use serde::Serialize;

use super::scene::Cast;
use super::{Product, Scene, Step};
use crate::base::{Random, Timestamp};
use crate::event::{End, EventKind};
use crate::mock::{NotificationDelivery, Platform, TokenAnswers};
use crate::observe::Plan;

/// After so many scenarios in a row that were not completed the target counts as unreachable
/// (`spec/judging.md`, 6.2).
const PATIENCE: u32 = 3;

/// Plays the scenarios of a plan, one after the other.
#[derive(Clone, Debug)]
pub struct Director {
    plan: Plan,
    product: Product,
    position: Position,
    /// How many scenarios have ended.
    ended: usize,
    /// How many in a row were not completed.
    failures: u32,
    /// The number of the last payment or message.
    number: u64,
}

#[derive(Clone, Debug)]
enum Position {
    /// Nothing has begun.
    Waiting,
    /// The next scenario is to begin.
    Between,
    Playing(Box<Scene>),
    Ended(End),
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
            product: Product::new(chance.fork("product")),
            position: Position::Waiting,
            ended: 0,
            failures: 0,
            number: 0,
        }
    }

    /// The product calls itself `application`: what a profile says of that alone holds for it.
    #[must_use]
    pub fn with_application(mut self, application: &str) -> Self {
        self.product = self.product.named(application);
        self
    }

    /// Whether he was called upon.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        !matches!(self.position, Position::Waiting)
    }

    /// Does on `platform` what is due at `now`, and says what happened. To be called after
    /// everything that may have changed the platform, and when [`Director::next_due`] has come.
    pub fn advance(&mut self, now: Timestamp, platform: &mut Platform) -> Vec<EventKind> {
        let mut events = Vec::new();
        loop {
            self.begin(now, platform, &mut events);
            let Position::Playing(scene) = &mut self.position else {
                return events;
            };
            let step = scene.advance(&mut Cast {
                now,
                platform,
                product: &mut self.product,
                templates: &self.plan.templates,
                scenario: &self.plan.scenarios[self.ended],
                events: &mut events,
            });
            match step {
                Step::Open => return events,
                Step::Over(missing) => {
                    self.failures = if missing.is_empty() {
                        0
                    } else {
                        self.failures + 1
                    };
                    self.close(missing, platform, &mut events);
                }
            }
        }
    }

    /// Ends the scenario that is played, whatever it waits for, so that the next one begins. That
    /// is nobody's failure. Does nothing where none is played.
    pub fn skip(&mut self, now: Timestamp, platform: &mut Platform) -> Vec<EventKind> {
        let mut events = Vec::new();
        if let Position::Playing(scene) = &self.position {
            let mut missing = vec!["it was skipped".to_owned()];
            missing.extend(scene.missing(platform));
            self.close(missing, platform, &mut events);
            events.extend(self.advance(now, platform));
        }
        events
    }

    /// When he has something to do, if nothing happens before. Before he was first called upon he
    /// has no moment of his own.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        match &self.position {
            Position::Playing(scene) => Some(scene.next_due(&self.plan.scenarios[self.ended])),
            Position::Waiting | Position::Between | Position::Ended(_) => None,
        }
    }

    /// How the plan ended; none while it is played. A plan of which three scenarios in a row were
    /// not completed ends there: the target is unreachable.
    #[must_use]
    pub fn end(&self) -> Option<End> {
        match &self.position {
            Position::Ended(end) => Some(*end),
            Position::Waiting | Position::Between | Position::Playing(_) => None,
        }
    }

    /// How far he is with what he plays on `platform`.
    #[must_use]
    pub fn progress(&self, platform: &Platform) -> Progress {
        let (scenario, missing) = match &self.position {
            Position::Playing(scene) => (
                Some(self.plan.scenarios[self.ended].name.clone()),
                scene.missing(platform),
            ),
            Position::Waiting | Position::Between | Position::Ended(_) => (None, Vec::new()),
        };
        Progress {
            plan: self.plan.name.clone(),
            scenario,
            ended: self.ended,
            scenarios: self.plan.scenarios.len(),
            missing,
        }
    }

    fn begin(&mut self, now: Timestamp, platform: &mut Platform, events: &mut Vec<EventKind>) {
        if !matches!(self.position, Position::Waiting | Position::Between) {
            return;
        }
        self.position = match self.plan.scenarios.get(self.ended) {
            _ if self.failures >= PATIENCE => Position::Ended(End::TargetUnreachable),
            None => Position::Ended(End::Complete),
            Some(scenario) => Position::Playing(Box::new(Scene::begin(
                &mut Cast {
                    now,
                    platform,
                    product: &mut self.product,
                    templates: &self.plan.templates,
                    scenario,
                    events,
                },
                self.number,
            ))),
        };
    }

    /// Ends the scenario; what it set is undone, what the platform holds stays.
    fn close(
        &mut self,
        missing: Vec<String>,
        platform: &mut Platform,
        events: &mut Vec<EventKind>,
    ) {
        if let Position::Playing(scene) = &self.position {
            self.number = scene.number();
        }
        let proofs = platform.take_fault_proofs();
        events.extend(proofs.into_iter().map(EventKind::FaultProof));
        events.push(EventKind::ScenarioEnded {
            scenario: self.plan.scenarios[self.ended].name.clone(),
            missing,
        });
        platform.set_token_lifetime(None);
        platform.set_token_answers(TokenAnswers::default());
        platform.set_notification_delivery(NotificationDelivery::default());
        self.ended += 1;
        self.position = Position::Between;
    }
}
