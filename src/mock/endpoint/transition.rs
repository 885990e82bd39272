//! Whether one status may follow another.

use crate::mock::defect::{Defect, Defects};
use crate::mock::error::Refusal;
use crate::profile::{Flow, Setter};

/// That the provider may change the status of `what` from `from` to `to`. The same status again
/// is no change and always allowed.
pub(super) fn allow(
    flow: &Flow,
    defects: &Defects,
    what: impl FnOnce() -> String,
    from: &str,
    to: &str,
) -> Result<(), Refusal> {
    if from == to
        || flow.allows_to(Setter::Provider, from, to)
        || defects.has(Defect::AcceptIllegalTransition)
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
        409,
        "IllegalTransition",
        format!("{} cannot go from {from} to {to}; {rest}", what()),
    ))
}
