//! Those that conform, each in its own way.

use super::{Nature, Specimen, Trial};
use crate::profile::Declaration;

/// They are acquitted of everything.
pub const SPECIMENS: &[Specimen] = &[Specimen {
    name: "reference",
    nature: Nature::Conforming,
    differs: "It is the one that the others differ from",
    change: |_| {},
    declaration: Declaration::default,
    profile: "",
    trial: Trial::Scenario("Everything in small"),
}];
