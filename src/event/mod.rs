//! What happens in a run, and who listens.
//!
//! A run is one ordered stream of [`Event`]s. [`Events`] gives each its sequence number and hands
//! it to every [`Listener`] in turn: the recorder, the reports, the summary. The serialized form of
//! an event is a line of `history.ndjson`; what only reports need and no judgement may rest on
//! stays out of it. Listeners never change an event and never learn of each other.

mod direct;
mod kind;
mod noise;
mod probe;
mod scan;
mod stream;

pub use kind::{
    AssertionOutcome, AssertionRecord, Attempt, ConnectorState, End, Event, EventKind, FaultProof,
    ItemName, Listen, Origin, Provocation, RunStart, Subject, Target, WaitReason,
};
pub use noise::{Delays, NoiseFloor, NoiseMoment};
pub use probe::{Expectation, Noticed, ProbeRole, ProbeStart, ProbeWithheld, Withheld};
pub use stream::{Events, Listener, ListenerError, flush, tell};
