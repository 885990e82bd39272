//! Plays a plan.
//!
//! The [`Director`] goes through the scenarios one after the other. In each the product acts by the
//! timetable, through the Consumer API and with a token of its own like any product, so that rules,
//! limits and idempotency keys hold for it too; scripted answers are meant for the connector, and
//! the product is spared them. A scenario is over by state, not by time: when everything that was
//! asked for is done ([`Expectations`]), and then nothing arrived for a while, so that late retries
//! are seen. Past its budget it is not completed, and the end of it says what was waited for.

mod director;
mod expectations;
mod product;
mod scene;
mod timetable;

#[cfg(test)]
mod tests;

pub use director::{Director, Progress};
use expectations::Expectations;
use product::{Errand, Product, Purpose, Said};
use scene::{Scene, Step};
use timetable::Timetable;
