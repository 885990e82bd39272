//! `Retry-After` on a 503 is obeyed as on a 429.
//!
//! # What is required
//!
//! After a 503 with `Retry-After` the same operation is not tried again earlier than asked.
//!
//! # Why
//!
//! A platform that is being restarted says so with 503. Clients that obey the hint on 429 only come
//! back all at once while it starts.
//!
//! # How it is judged
//!
//! As BK-02, for 503 in place of 429: dates are left to BK-06. NOT_EXERCISED where no 503 with a hint
//! came, or none of those operations was tried again.
//!
//! # An example that conforms
//!
//! `503` with `Retry-After: 3` ends at 10:02:00; the next attempt starts at 10:02:03.2.
//!
//! # Sources
//!
//! RFC 9110 §15.6.4 and §10.2.3. That the platform sends `Retry-After` is not public.

use super::hinted::{HintedWaits, is_expected};
use crate::conformance::check::{Check, Family};
use crate::conformance::{Evidence, Level, Ruling};
use crate::event::Subject;
use crate::exchange::Vantage;
use crate::profile::Profile;

/// BK-08.
pub const CHECK: Check = Check {
    id: "BK-08",
    family: Family::Backoff,
    title: "Retry-After on a 503 is obeyed as on a 429",
    clauses: &["PO-BACKOFF"],
    subjects: &[Subject::Connector],
    // As BK-02.
    vantages: &Vantage::ALL,
    provenance: |profile| profile.throttle.retry_after.provenance,
    severest: Level::Fail,
    flips_if: "the platform confirms that it sends Retry-After",
    source: include_str!("unavailable.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, profile: &Profile) -> Ruling {
    HintedWaits::of(evidence, |call, hint| {
        call.status() == Some(503) && is_expected(hint, evidence, profile)
    })
    .judge(
        profile.tolerances.early.value,
        "503 with seconds in Retry-After",
    )
}
