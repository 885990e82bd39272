//! The value of the agreed header is compared exactly.
//!
//! # What is required
//!
//! Upper and lower case are told apart in the value.
//!
//! # Why
//!
//! Names of headers have no case, their values do. A comparison that ignores case halves the
//! alphabet of a secret, and shows that the value passes through something that treats it as a
//! name.
//!
//! # How it is judged
//!
//! One probe: the value with the case of its letters flipped. Expected is 401. FAIL where a probe
//! is accepted (2xx), answered with 5xx or 3xx, left without an answer for longer than the platform
//! waits, or refused and yet had an effect. Another 4xx than the one that is expected is WARN. A
//! refusal counts only in a block whose controls were accepted before and after. A value without
//! letters cannot be flipped; the probe is not sent then.
//!
//! # An example that conforms
//!
//! `Abc-123` is agreed; `aBC-123` is answered with 401.
//!
//! # Sources
//!
//! `/payments-out/provider-api/get-started/setup` (a provider that supports the notification
//! endpoint validates the API-key header and the Sage ID token); RFC 9110 §5.5.

use super::probe::{Probe, negative};
use super::rule::{FAMILY, STATED_ALREADY, judge, stated};
use crate::conformance::check::Check;
use crate::conformance::{Evidence, Level, Ruling};
use crate::event::{Expectation, Subject};
use crate::exchange::Vantage;
use crate::profile::Profile;

/// Its probes.
pub(super) const PROBES: &[Probe] = &[negative("case-flipped", Expectation::Refused)];

/// NP-03.
pub const CHECK: Check = Check {
    id: "NP-03",
    family: FAMILY,
    title: "The value of the agreed header is compared exactly",
    clauses: &["PO-NOTIFY-AUTH"],
    subjects: &[Subject::Endpoint],
    // What an endpoint answers is the same wherever it is read.
    vantages: &Vantage::ALL,
    provenance: stated,
    severest: Level::Fail,
    flips_if: STATED_ALREADY,
    source: include_str!("header_value_case.rs"),
    rule,
};

fn rule(evidence: &Evidence<'_>, _: &Profile) -> Ruling {
    judge(CHECK.id, PROBES, evidence)
}
