//! A connector, watched from the platform's side.
//!
//! A [`Plan`] says what a Sage product does and what goes wrong meanwhile. The [`Director`] plays
//! it: it acts on the platform as the product would, scripts the faults, and waits for the
//! connector's work by state. The [`Stage`] is platform, director and record under one roof: whoever
//! drives it (a simulation in logical time, a door and a courier in real time) tells it what
//! arrived and asks it what is due.
//!
//! In real time a [`Performance`] joins a stage, a door and a courier of notifications. The
//! [`Connector`] is the process that is watched, [`Orphans`] what it leaves behind, its [`ConnectorLog`] what it says, its
//! [`Briefing`] what it is told before it begins. [`Administration`] is what can be asked and told
//! meanwhile. [`Discretion`] keeps the credentials that come up out of the record.
//!
//! A [`Proxy`] records a connector that speaks to the real sandbox, without a plan.
//!
//! In logical time [`simulate`] joins a stage and a specimen, without sockets.
//!
//! [`probe`] turns round: it sends what the platform would, and what it never would, to a notification
//! endpoint.
//!
//! The room produces a history and judges nothing.

mod administration;
mod attempts;
mod briefing;
mod connector;
mod connector_log;
mod direction;
mod discretion;
mod disturbances;
mod logbook;
mod orphans;
mod performance;
mod plan;
pub mod probe;
mod proxy;
mod simulation;
mod stage;

pub use administration::Administration;
pub use attempts::Attempts;
pub use briefing::{Briefing, TemplateError};
pub use connector::{Connector, Departure, Leash, SIGNING_AGENT, SIGNING_KEY, StartError, split};
pub use connector_log::ConnectorLog;
pub use direction::{Director, Progress};
pub use discretion::{Discretion, conceal_tokens};
use disturbances::Disturbances;
pub use logbook::Logbook;
pub use orphans::Orphans;
pub use performance::{Finale, Performance};
pub use plan::{
    Act, Cue, Deed, Demand, FaultQueue, MessageKind, Plan, PlanError, PlanProblem, Scenario,
    Templates, Venue,
};
pub use proxy::{Proxy, Upstream};
pub use simulation::{SimulationError, simulate};
pub use stage::Stage;
