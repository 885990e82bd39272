//! A plan as it is played.

use std::time::Duration;

use super::{MessageKind, Templates};
use crate::base::Place;
use crate::mock::{Fault, NotificationDelivery, TokenAnswers};
use crate::profile::Paths;

/// An ordered list of scenarios.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Its name.
    pub name: String,
    /// What it is for, in a sentence.
    pub description: String,
    /// What payments, messages and subscriptions are made from.
    pub templates: Templates,
    /// The scenarios, in order.
    pub scenarios: Vec<Scenario>,
}

/// One scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Its name; no other of the plan has it.
    pub name: String,
    /// What happens in it.
    pub description: String,
    /// The checks that it exercises.
    pub exercises: Vec<String>,
    /// How long it may take at most.
    pub budget: Duration,
    /// How long nothing arrives before it ends.
    pub quiet: Duration,
    /// Under which subscription it is played.
    pub subscription: Venue,
    /// How long the tokens live that are issued meanwhile; none for as long as the profile says.
    pub token_lifetime: Option<Duration>,
    /// What token requests of the connector are answered with meanwhile.
    pub token_answers: TokenAnswers,
    /// How notifications are delivered meanwhile.
    pub delivery: NotificationDelivery,
    /// Scripted answers from its beginning.
    pub faults: Vec<FaultQueue>,
    /// What the product does.
    pub acts: Vec<Act>,
}

/// The subscription under which a scenario is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Venue {
    /// The one that is authorised from the start.
    Seeded,
    /// A new one: the timetable begins when it is authorised.
    New,
}

/// Scripted answers to one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultQueue {
    /// The operation: `PATCH {provider-api}/batchpayments/{batchId}`. The paths of the profile are
    /// named by placeholders: see [`FaultQueue::addressed`].
    pub operation: String,
    /// Where it stands in the file.
    pub place: Place,
    /// The answers, in order.
    pub answers: Vec<Fault>,
    /// Whether the scenario waits for their delivery.
    pub demand: Demand,
}

/// Whether a scenario waits until scripted answers were delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Demand {
    /// It does.
    #[default]
    Required,
    /// It does not: not every connector asks for the operation. So it is for all scripted answers of
    /// that operation in the scenario.
    Optional,
}

impl FaultQueue {
    /// The operation with the paths of a profile in place of their placeholders.
    #[must_use]
    pub fn addressed(&self, paths: &Paths) -> String {
        paths.addressed(&self.operation)
    }
}

/// Something that the product does, or that happens to the platform.
#[derive(Clone, Debug, PartialEq)]
pub struct Act {
    /// What.
    pub deed: Deed,
    /// When.
    pub cue: Cue,
    /// How many times, from 1.
    pub times: u32,
    /// Scripted answers from its moment, each time.
    pub faults: Vec<FaultQueue>,
}

/// When an act is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cue {
    /// So long after the subscription of the scenario can be used; the repetitions follow in equal
    /// steps.
    At {
        /// The first time.
        at: Duration,
        /// The step.
        every: Duration,
    },
    /// So long after everything that the acts before it asked for is done; so each repetition.
    After(Duration),
}

/// What is done.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// The product asks for another subscription.
    Subscribe,
    /// The product submits a batch.
    SubmitBatch {
        /// How many payments it has.
        payments: u32,
        /// How many of them, the last ones, are made from the template of rejected payments.
        rejected: u32,
        /// What they amount to, in turn; where there are none, what the templates say.
        amounts: Vec<String>,
    },
    /// The product sends a message.
    Send(MessageKind),
    /// The product reads the subscriptions and batches of the scenario.
    Read,
    /// The product gives the subscription of the scenario another status, where the flow lets it.
    SetStatus(String),
    /// Every token issued so far becomes invalid.
    RevokeTokens,
}

impl Plan {
    /// The same plan with the scenario of that name and no other; none where it has none.
    #[must_use]
    pub fn only(&self, scenario: &str) -> Option<Self> {
        let scenario = self.scenarios.iter().find(|it| it.name == scenario)?;
        Some(Self {
            scenarios: vec![scenario.clone()],
            ..self.clone()
        })
    }

    /// The scripted answers of the plan, in its order.
    pub fn faults(&self) -> impl Iterator<Item = &FaultQueue> {
        self.scenarios.iter().flat_map(|scenario| {
            let acts = scenario.acts.iter().flat_map(|act| &act.faults);
            scenario.faults.iter().chain(acts)
        })
    }

    /// The checks that it exercises, each once, in its order.
    #[must_use]
    pub fn exercises(&self) -> Vec<&str> {
        let mut checks: Vec<&str> = Vec::new();
        for check in self
            .scenarios
            .iter()
            .flat_map(|scenario| &scenario.exercises)
        {
            if !checks.contains(&check.as_str()) {
                checks.push(check);
            }
        }
        checks
    }
}
