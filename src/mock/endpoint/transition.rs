//! Whether one status may follow another.

use crate::mock::defect::{Defect, Defects};
use crate::mock::error::Refusal;
use crate::profile::{Flow, Profile, Setter, Treatment};

/// What decides whether a status may follow another.
#[derive(Clone, Copy)]
pub(super) struct Law<'a> {
    pub(super) profile: &'a Profile,
    pub(super) defects: &'a Defects,
    pub(super) flow: &'a Flow,
}

/// That the provider may change the status of `what` from `from` to `to`.
pub(super) fn allow(
    law: Law<'_>,
    what: impl FnOnce() -> String,
    from: &str,
    to: &str,
) -> Result<(), Refusal> {
    let flow = law.flow;
    let is_repeat = match law.profile.updates.repeated_status.value {
        Treatment::Accepted => from == to,
        Treatment::Refused => false,
    };
    if is_repeat
        || flow.allows_to(Setter::Provider, from, to)
        || law.defects.has(Defect::AcceptIllegalTransition)
    {
        return Ok(());
    }
    let allowed: Vec<_> = flow
        .successors(from)
        .filter(|next| flow.allows_to(Setter::Provider, from, next))
        .collect();
    let rest = if allowed.is_empty() {
        format!("{from} is final")
    } else {
        format!("allowed from {from}: {}", allowed.join(", "))
    };
    Err(Refusal::new(
        law.profile.refusals.illegal_transition.value,
        "IllegalTransition",
        format!("{} cannot go from {from} to {to}; {rest}", what()),
    ))
}
