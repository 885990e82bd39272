//! What is printed of a review.

use std::fmt::Write as _;

use crate::conformance::{Decision, Decisions, GateOutcome};
use crate::evidence::Signer;

/// How many of the things that still block are named.
const BLOCKERS: usize = 3;

/// How much a bundle is worth that holds together, by whoever sealed it.
#[must_use]
pub fn worth(maker: &Signer) -> String {
    match maker {
        Signer::Trusted(key) => format!("verified: signed with the trusted key {key}"),
        Signer::Unknown(key) => format!("consistent, signer unknown: signed with the key {key}"),
        Signer::Nobody => "consistent, and signed by nobody".to_owned(),
    }
}

/// How many were decided, each with its reason, and what the verdict comes to with that.
#[must_use]
pub fn review_text(decisions: &Decisions, outcome: &GateOutcome) -> String {
    let decided = decisions.decided();
    let count = |decision| decided.iter().filter(|it| it.decision == decision).count();
    let all = decided.len() + decisions.open();
    let mut text = match all {
        0 => "nothing waited for a decision\n".to_owned(),
        _ => format!(
            "{} of {all} decided: {} accepted, {} rejected\n",
            decided.len(),
            count(Decision::Accept),
            count(Decision::Reject)
        ),
    };
    let mut say = |line: &str| writeln!(text, "{line}").expect("writing to a String cannot fail");
    for one in decided {
        let done = one.decision.past();
        say(&format!(
            "  {done}  {} {}: {}",
            one.check, one.subject, one.reason
        ));
    }
    say(&format!(
        "decided   {}: {} (exit {})",
        outcome.gate,
        outcome.exit.meaning(),
        outcome.exit.code()
    ));
    for blocker in outcome.blockers.iter().take(BLOCKERS) {
        say(&format!("  {blocker}"));
    }
    match outcome.blockers.len().saturating_sub(BLOCKERS) {
        0 => {}
        more => say(&format!("  and {more} more")),
    }
    text
}
