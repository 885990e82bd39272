//! What `certify` does between the command line and the exit code.
//!
//! [`Inputs`] is everything that was typed, read and checked; nothing is sent before it is whole.
//! [`replay`] runs the scenarios of the plan and writes the history. [`Conclusion`] reads that history
//! back from its file, and that of an observation where there was one, and judges it, so that what is judged is what a reviewer gets.

mod conclusion;
mod inputs;
mod replay;

pub use conclusion::Conclusion;
pub use inputs::{Inputs, LOGICAL_SEED};
pub use replay::replay;
