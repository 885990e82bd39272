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
mod director;
mod logbook;
mod scenario;
mod stage;

pub use attempts::Attempts;
pub use director::{Director, Progress};
pub use logbook::Logbook;
pub use scenario::{Plan, PlanError, Scenario};
pub use stage::Stage;
