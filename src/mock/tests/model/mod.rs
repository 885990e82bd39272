//! The platform against a small model of it.
//!
//! The model is written from the profile's flows and from what is known of the Provider API, not
//! from the platform's code: maps and conditions, as plain as they get. Random sequences of calls
//! of two providers and two products must find both of one opinion, call by call: of the status
//! code, and of every status that can be read.
//!
//! `PREFLIGHT_MODEL_SEQUENCES` says how many sequences are tried.

mod comparison;
mod pair;
mod reference;
mod step;
