//! A connector, watched from the platform's side.
//!
//! A [`Plan`] says what a Sage product does and what goes wrong meanwhile. The [`Director`] plays
//! it: it acts on the platform as the product would, scripts the faults, and waits for the
//! connector's work by state. The [`Stage`] is platform, director and record under one roof: whoever
//! drives it (a simulation in logical time, a door and a courier in real time) tells it what
//! arrived and asks it what is due.
//!
//! The room produces a history and judges nothing.

mod attempts;
mod direction;
mod logbook;
mod plan;
mod stage;

pub use attempts::Attempts;
pub use direction::{Director, Progress};
pub use logbook::Logbook;
pub use plan::{
    Act, Cue, Deed, FaultQueue, MessageKind, Plan, PlanError, PlanProblem, Scenario, Templates,
    Venue,
};
pub use stage::Stage;
