//! Header and token are required, each by itself.
//!
//! # What is required
//!
//! A right header does not make up for a wrong token, nor a right token for a wrong header; and the
//! refusals do not tell which it was.
//!
//! # Why
//!
//! An endpoint that asks for one *or* the other passes every probe that leaves one out while the
//! other is right. Answers that differ tell a stranger how far they came.
//!
//! # How it is judged
//!
//! Two probes: right header with a token of a stranger, wrong header with a right token. Expected
//! is 401. FAIL where a probe is accepted (2xx), answered with 5xx or 3xx, left without an answer
//! for longer than the platform waits, or refused and yet had an effect. Another 4xx than the one
//! that is expected is WARN. A refusal counts only in a block whose controls were accepted before
//! and after. WARN where the bodies of the refusals with 401 differ in this block, ids, digits and
//! moments left out.
//!
//! # An example that conforms
//!
//! Both are answered with 401 and the same empty body.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/setup` (a provider that supports the notification
//! endpoint validates the API-key header and the Sage ID token); `spec/judging.md` 5.5 (pairwise,
//! no oracle).

use super::probe::{Probe, negative};
use super::rule::{FAMILY, STATED_ALREADY, judge, stated};
use std::collections::BTreeMap;

use super::probed::{Block, told_in};
use crate::conformance::check::Check;
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::{Expectation, Subject};
use crate::exchange::Vantage;
use crate::profile::Profile;

/// Its probes.
pub(super) const PROBES: &[Probe] = &[
    negative("bad-token", Expectation::Refused),
    negative("bad-header", Expectation::Refused),
];

/// NP-12.
pub const CHECK: Check = Check {
    id: "NP-12",
    family: FAMILY,
    title: "Header and token are required, each by itself",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    // What an endpoint answers is the same wherever it is read.
    vantages: &Vantage::ALL,
    provenance: stated,
    severest: Level::Fail,
    flips_if: STATED_ALREADY,
    source: include_str!("both_required.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    let ruling = judge(CHECK.id, PROBES, evidence);
    if ruling.level == Level::Pass {
        told_apart(&Block::of(evidence)).unwrap_or(ruling)
    } else {
        ruling
    }
}

/// Two refusals that can be told apart by their bodies.
fn told_apart(block: &Block<'_>) -> Option<Ruling> {
    let mut bodies = BTreeMap::new();
    for probed in block.negatives() {
        let refusal = probed
            .calls
            .last()
            .filter(|call| call.status() == Some(401));
        if let Some(call) = refusal {
            bodies.entry(told_in(call.exchange)).or_insert(probed);
        }
    }
    let mut different = bodies.values();
    let (first, second) = (different.next()?, different.next()?);
    let message = format!(
        "The refusals of «{}» ({}) and «{}» ({}) have different bodies: they tell a stranger how \
         far they came.",
        first.start.probe, first.start.check, second.start.probe, second.start.check
    );
    let witness = Witness::of([first.place(), second.place()])
        .with_margin(format!("{} different bodies", bodies.len()));
    Some(Ruling::new(Level::Warn, message).shown_by(witness))
}
