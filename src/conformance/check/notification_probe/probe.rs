//! What a check of this family says of its probes.

use crate::event::{Expectation, ProbeRole};

/// A probe as its check knows it. How it is made is the business of whoever sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Its name among the probes of its check.
    pub name: &'static str,
    /// What it is for.
    pub role: ProbeRole,
    /// How it ought to be answered.
    pub expect: Expectation,
}

/// A probe that shows that others are refused for what they differ in.
pub(super) const fn control(name: &'static str, expect: Expectation) -> Probe {
    let role = ProbeRole::Control;
    Probe { name, role, expect }
}

/// A probe that is wrong in one factor.
pub(super) const fn negative(name: &'static str, expect: Expectation) -> Probe {
    let role = ProbeRole::Negative;
    Probe { name, role, expect }
}

/// A probe that differs in a factor that does not matter.
pub(super) const fn positive(name: &'static str, expect: Expectation) -> Probe {
    let role = ProbeRole::Positive;
    Probe { name, role, expect }
}
