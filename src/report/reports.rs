//! All files that tell a verdict: one list, for the folder of the evidence and for the bundle.

use super::{junit_xml, results_json};
use crate::conformance::{GateOutcome, Verdict};

/// The name of the report that all others are projections of.
pub const RESULTS: &str = "results.json";

/// What the reports tell. They follow from it: whoever has it writes the same bytes again.
#[derive(Clone, Copy, Debug)]
pub struct Told<'v> {
    /// The verdict.
    pub verdict: &'v Verdict,
    /// What it comes to.
    pub outcome: &'v GateOutcome,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its name, in the folder and in the bundle.
    pub name: &'static str,
    /// What stands in it.
    pub bytes: Vec<u8>,
}

/// The reports, `results.json` first.
#[must_use]
pub fn reports(told: Told<'_>) -> Vec<Report> {
    let Told { verdict, outcome } = told;
    let texts = [
        (RESULTS, results_json(verdict, outcome)),
        ("junit.xml", junit_xml(verdict, outcome.gate)),
    ];
    texts
        .into_iter()
        .map(|(name, text)| Report {
            name,
            bytes: text.into_bytes(),
        })
        .collect()
}
