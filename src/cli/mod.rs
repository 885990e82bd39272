//! What was typed, what it means, what is printed and how the process ends.
//!
//! [`args`] is the command line as clap reads it. Each subcommand has a file in [`command`]; what
//! they share — where requests go, which files are read, what a session is set up from — is here
//! beside it. What is long between a command and its verdict is in `certification` and
//! `observation`; `judgement` makes the verdict of both; `reviewing` takes what a person decides of it. [`printer`] alone prints, [`diagnostic`] alone draws problems of the user's files,
//! [`surroundings`] alone reads the process environment. Exit codes are those of
//! [`ExitStatus`](crate::conformance::ExitStatus).
//!
//! The room promises that nothing is sent before everything that was typed has been read and
//! understood, and that whatever leaves the process has passed the redactor.

pub mod archived;
pub mod args;
mod attempt;
mod certification;
pub mod command;
mod console_listener;
mod declaration;
mod declared;
pub mod diagnostic;
mod evidence_args;
mod examination;
pub mod failure;
mod files;
mod golden;
mod judgement;
mod judging_args;
mod linting;
mod newman_args;
mod newmanrc;
mod observation;
mod observation_args;
mod plans;
pub mod printer;
mod probe_args;
mod probing;
mod profile_args;
mod progress;
mod reviewing;
mod sealing;
mod self_test;
mod shipped;
mod signing_agent;
mod start;
mod summary;
pub mod surroundings;
mod target;
mod terms;
mod workshop;

pub use start::start;
