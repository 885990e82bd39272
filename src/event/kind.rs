//! The kinds of event, in the form of the history file.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{NoiseFloor, Noticed, ProbeStart, ProbeWithheld};
use crate::base::{Seed, Sha256Hex, Timestamp};
use crate::exchange::{Exchange, Failure};

/// Something that happened, with its place in the order of the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The place in the run, from 1, without gaps. A witness names events by it.
    pub sequence: u64,
    /// When it happened, by the clock of the run.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum EventKind {
    /// The run began; always the first event.
    RunStarted(Box<RunStart>),
    /// A scenario of the plan began.
    ScenarioStarted {
        /// Its name in the plan.
        scenario: String,
    },
    /// A scenario of an observation ended.
    ScenarioEnded {
        /// Its name in the plan.
        scenario: String,
        /// What it waited for in vain; none where it was completed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        missing: Vec<String>,
    },
    /// Something became of the connector's process.
    Connector {
        /// What.
        state: ConnectorState,
        /// In words.
        message: String,
    },
    /// A step began: one item of a collection in one iteration.
    StepStarted {
        /// The number of the step in the run, from 1.
        step: u64,
        /// The iteration, from 0 as Postman counts.
        iteration: u32,
        /// The item.
        item: ItemName,
        /// What the plan says that this step does wrong on purpose.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        provokes: Vec<Provocation>,
    },
    /// A request was answered or failed. Every attempt and every redirect is an exchange of its
    /// own.
    Exchange {
        /// The step to which it belongs; 0 where nobody steps: a connector that is observed.
        step: u64,
        /// Who sent it.
        origin: Origin,
        /// Which attempt of which operation it is.
        attempt: Attempt,
        /// The exchange.
        exchange: Box<Exchange>,
    },
    /// The runner waited.
    Waited {
        /// The step to which the wait belongs.
        step: u64,
        /// Why.
        reason: WaitReason,
        /// How long, in milliseconds.
        milliseconds: u64,
    },
    /// An assertion of a script was evaluated.
    Assertion(AssertionRecord),
    /// A request failed in a way that no exchange shows: nothing was sent, or redirects led round
    /// in circles.
    RequestFailed {
        /// The step.
        step: u64,
        /// Why.
        failure: Failure,
    },
    /// A script failed outside its assertions.
    ScriptFailed {
        /// The step.
        step: u64,
        /// Which script.
        listen: Listen,
        /// The error as shown: `TypeError: …`.
        message: String,
    },
    /// A script wrote to the console.
    Console {
        /// The step.
        step: u64,
        /// `log`, `info`, `warn`, `debug` or `error`.
        level: String,
        /// The text.
        message: String,
    },
    /// A script skipped its request (`pm.execution.skipRequest`).
    StepSkipped {
        /// The step.
        step: u64,
    },
    /// A step ended.
    StepEnded {
        /// The step.
        step: u64,
    },
    /// A queue of scripted answers: how much of it was delivered by the end of its scenario.
    FaultProof(FaultProof),
    /// A probe of a notification endpoint began.
    ProbeStarted(Box<ProbeStart>),
    /// A probe was not sent.
    ProbeWithheld(ProbeWithheld),
    /// A probe showed something beside its answer.
    ProbeNoticed {
        /// The step of the probe.
        step: u64,
        /// What.
        noticed: Noticed,
    },
    /// What the host itself adds to times that are measured on it.
    NoiseFloor(NoiseFloor),
    /// Something worth saying that no rule rests on.
    Notice {
        /// The text.
        message: String,
    },
    /// The run ended; always the last event of a whole history.
    RunEnded {
        /// How.
        end: End,
    },
}

impl EventKind {
    /// What is worth saying of the run itself, in words; nothing of most events.
    #[must_use]
    pub fn notice(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Notice { message } => Some(message.into()),
            Self::NoiseFloor(floor) => Some(floor.to_string().into()),
            Self::RunStarted(_)
            | Self::ScenarioStarted { .. }
            | Self::ScenarioEnded { .. }
            | Self::Connector { .. }
            | Self::StepStarted { .. }
            | Self::Exchange { .. }
            | Self::Waited { .. }
            | Self::Assertion(_)
            | Self::RequestFailed { .. }
            | Self::ScriptFailed { .. }
            | Self::Console { .. }
            | Self::StepSkipped { .. }
            | Self::StepEnded { .. }
            | Self::FaultProof(_)
            | Self::ProbeStarted(_)
            | Self::ProbeWithheld(_)
            | Self::ProbeNoticed { .. }
            | Self::RunEnded { .. } => None,
        }
    }
}

/// What a history says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunStart {
    /// The version of the history format: 1.
    pub format: u32,
    /// The version of preflight.
    pub harness: String,
    /// Where the requests go.
    pub target: Target,
    /// Who is judged.
    pub subject: Subject,
    /// The name of the profile.
    pub profile: String,
    /// The digest of the profile's text.
    pub profile_sha256: Sha256Hex,
    /// Whether a file replaced values of the built-in profile.
    pub profile_overridden: bool,
    /// `logical` or `real`.
    pub time: String,
    /// The seed of all chance.
    pub seed: Seed,
    /// Origins whose requests go elsewhere than they say: `https://a.example -> mock`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub map: Vec<String>,
    /// What the mock does wrong on purpose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mock_defects: Vec<String>,
    /// What the runner does on 429 and 503, where it is not told to honour the platform's hint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backoff: Option<String>,
    /// Whether any TLS certificate is accepted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub insecure: bool,
    /// The plan.
    pub plan: String,
    /// The checks that the plan exercises, by id; none where it exercises all. A check outside is
    /// judged all the same; at the gate `ci` it does not block for not having been exercised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exercises: Option<BTreeSet<String>>,
    /// The collections, by name, in order.
    pub collections: Vec<String>,
    /// The environment, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
}

/// Where requests go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// The environment's own URLs.
    Sandbox,
    /// The embedded mock.
    Mock,
}

/// Who is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// The collections, driven by our runner.
    Replay,
    /// The provider's connector, observed from the platform's side.
    Connector,
    /// The provider's notification endpoint, probed.
    Endpoint,
}

impl Subject {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Replay, Self::Connector, Self::Endpoint];
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Replay => "replay",
            Self::Connector => "connector",
            Self::Endpoint => "endpoint",
        })
    }
}

/// An item of a collection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemName {
    /// Its id in the collection.
    pub id: String,
    /// Collection, folders and the item's own name.
    pub path: Vec<String>,
}

/// What a step does wrong on purpose. The rules that it would break leave its exchanges out and say
/// so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provocation {
    /// Exceeds the agreed rate.
    Throttle,
    /// Asks for a transition that the status flows forbid, or names a state that does not exist.
    IllegalTransition,
    /// Uses an expired, malformed or missing token.
    BadToken,
    /// Leaves the API key out or sends a wrong one.
    BadKey,
    /// Names an id that does not exist or belongs to somebody else.
    ForeignId,
    /// Leaves `x-fapi-interaction-id` out, repeats it, or sends something else in it.
    BadInteractionId,
    /// Sends a body that the schema forbids.
    BadBody,
}

/// Who sent a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The item itself.
    Item,
    /// `pm.sendRequest` in one of its scripts.
    Script,
    /// The runner, following a redirect.
    Redirect,
    /// A connector, observed.
    Connector,
    /// The platform: a notification to the provider.
    Platform,
    /// The Sage product that a plan plays.
    Product,
    /// A probe, in the platform's place.
    Probe,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Item => "item",
            Self::Script => "script",
            Self::Redirect => "redirect",
            Self::Connector => "connector",
            Self::Platform => "platform",
            Self::Product => "product",
            Self::Probe => "probe",
        })
    }
}

/// Which attempt of which operation. Retries of one request share a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The group, unique in the run, from 1.
    pub group: u64,
    /// The number of the attempt in its group, from 1.
    pub number: u32,
}

/// What became of a connector's process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectorState {
    /// It was started, or attached to.
    Started,
    /// It can be spoken to.
    Ready,
    /// It was asked to stop, and did.
    Stopped,
    /// It ended by itself.
    Exited,
    /// It had to be killed.
    Killed,
}

/// Why the runner waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaitReason {
    /// Backoff before another attempt, as the response's `Retry-After` asked.
    RetryAfter,
    /// Backoff before another attempt, by the runner's own policy.
    Backoff,
    /// To stay within the agreed rate.
    Pace,
    /// `--delay-request`.
    Delay,
}

/// Which of an item's scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Listen {
    /// Before the request.
    Prerequest,
    /// After the response.
    Test,
}

/// One evaluated assertion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssertionRecord {
    /// The step.
    pub step: u64,
    /// Which script.
    pub listen: Listen,
    /// The name given to `pm.test`.
    pub name: String,
    /// The outcome.
    #[serde(flatten)]
    pub outcome: AssertionOutcome,
}

/// The outcome of an assertion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum AssertionOutcome {
    /// It held.
    Passed,
    /// It did not hold.
    Failed {
        /// The error as shown: `AssertionError: …`.
        message: String,
    },
    /// `pm.test.skip`.
    Skipped,
}

/// How much of a queue of scripted answers was delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultProof {
    /// The scenario that queued it.
    pub scenario: String,
    /// The operation to which it answers: `PATCH /api-provider-v1/batchpayments/{batchId}`.
    pub operation: String,
    /// What it answers, in order: `429 Retry-After: 7`.
    pub answers: Vec<String>,
    /// How many of them were delivered.
    pub delivered: usize,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum End {
    /// All of it was done.
    Complete,
    /// The user stopped it.
    AbortedByUser,
    /// The target does not answer.
    TargetUnreachable,
    /// preflight itself failed.
    HarnessFault,
    /// Its time was used up.
    TimeBudget,
}
