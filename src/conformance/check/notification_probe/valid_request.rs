//! A valid notification is accepted.
//!
//! # What is required
//!
//! A notification with the right header, a right token and a known body is answered with 201 within
//! the time that the platform waits.
//!
//! # Why
//!
//! Whoever refuses everything passes every other probe. So a valid request, the control, goes
//! first, last and after every few probes, and the whole block is void where one is refused.
//!
//! # How it is judged
//!
//! PASS where every control was answered with 201, WARN where one was answered with another 2xx.
//! FAIL where one was refused, redirected, or answered with 5xx; the other checks of the block then
//! say NOT_EXERCISED unless something was let through. INCONCLUSIVE where one was throttled or the
//! endpoint could not be reached, ERROR where preflight could not send it. NOT_EXERCISED where no
//! control could be made because the endpoint trusts only the platform's own issuer: let the test
//! build trust the issuer and the key set that preflight serves.
//!
//! # An example that conforms
//!
//! Each of 9 controls is answered with 201 within 40 ms.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/integrate`,
//! `/payments-out/guides/consumer/submit-and-process-electronic-payments` (201 is expected for a
//! subscription and for a batch).

use super::probe::{Probe, control};
use super::probed::Block;
use super::rule::{FAMILY, STATED_ALREADY, judge, stated};
use super::weighing::weigh;
use crate::conformance::check::Check;
use crate::conformance::wording::{and_more, counted};
use crate::conformance::{Evidence, Level, Ruling, Witness};
use crate::event::{Expectation, Subject};
use crate::exchange::Vantage;
use crate::profile::Profile;

/// Its probes.
pub(super) const PROBES: &[Probe] = &[control("valid", Expectation::Created)];

/// NP-00.
pub const CHECK: Check = Check {
    id: "NP-00",
    family: FAMILY,
    title: "A valid notification is accepted",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    // What an endpoint answers is the same wherever it is read.
    vantages: &Vantage::ALL,
    provenance: stated,
    severest: Level::Fail,
    flips_if: STATED_ALREADY,
    source: include_str!("valid_request.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    let block = Block::of(evidence);
    let controls: Vec<_> = block.controls().collect();
    if controls.is_empty() {
        // Says why there are none.
        return judge(CHECK.id, PROBES, evidence);
    }
    for level in [Level::Fail, Level::Error, Level::Inconclusive, Level::Warn] {
        let of_level: Vec<_> = controls
            .iter()
            .filter(|control| weigh(control, Expectation::Created).level == level)
            .collect();
        if let Some(first) = of_level.first() {
            let message = format!(
                "The control {}{}.",
                weigh(first, Expectation::Created).said,
                and_more(of_level.len() - 1)
            );
            let witness = Witness::of([first.place()]).with_margin("expected 201");
            return Ruling::new(level, message).shown_by(witness);
        }
    }
    let message = format!("{} answered with 201.", counted(controls.len(), "control"));
    Ruling::new(Level::Pass, message)
}
