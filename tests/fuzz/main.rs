//! Whatever a user hands over is read or refused: no panic, no hang, every refusal with its place.
//!
//! Inputs are valid files, changed by a seeded mutator in their bytes and in their structure:
//! histories (linked again, so that what is changed reaches the rules), HTTP archives, profiles and
//! declarations. What is read is judged too. Every input has a number from which it follows, so that
//! a failure is repeated by its number alone.
//!
//! A run in CI is short. `PREFLIGHT_FUZZ_INPUTS=10000000 cargo test --release --test fuzz` is long:
//! a quarter of the inputs for each format. `PREFLIGHT_FUZZ_FROM=1234 PREFLIGHT_FUZZ_INPUTS=4`
//! repeats input 1234 of each.

#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]
#![allow(clippy::print_stdout, reason = "a long run tells how far it is")]

mod format;
mod json;
mod seeds;
mod text;
mod trial;

use format::Format;

#[test]
fn a_changed_history_is_judged_or_refused() {
    trial::run(Format::History);
}

#[test]
fn a_changed_archive_is_judged_or_refused() {
    trial::run(Format::Archive);
}

#[test]
fn a_changed_profile_is_judged_by_or_refused() {
    trial::run(Format::Profile);
}

#[test]
fn a_changed_declaration_is_judged_by_or_refused() {
    trial::run(Format::Declaration);
}
