//! What is signed: an in-toto statement about the manifest, so that it speaks of every file.
//!
//! Whoever seals a bundle states a test result. That predicate knows three outcomes only; what is not
//! simply passed or warned of counts as failed, and `results.json` says what it was.

use serde::{Deserialize, Serialize};

use crate::base::Sha256Hex;
use crate::conformance::{ExitStatus, GateOutcome, Level, Verdict};

// in-toto Attestation Framework, Statement v1 and predicate test-result v0.1.
const STATEMENT: &str = "https://in-toto.io/Statement/v1";
const TEST_RESULT: &str = "https://in-toto.io/attestation/test-result/v0.1";

/// A statement with the predicate `P`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Statement<P> {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Resource>,
    predicate_type: String,
    pub(super) predicate: P,
}

/// A file by its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Resource {
    name: String,
    digest: Digest,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Digest {
    sha256: Sha256Hex,
}

/// What came of the checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TestResult {
    result: String,
    configuration: Vec<Resource>,
    passed_tests: Vec<String>,
    warned_tests: Vec<String>,
    failed_tests: Vec<String>,
}

impl Resource {
    /// The file `name` with the digest `sha256`.
    pub(super) fn new(name: &str, sha256: Sha256Hex) -> Self {
        Self {
            name: name.to_owned(),
            digest: Digest { sha256 },
        }
    }
}

impl<P> Statement<P> {
    /// That `predicate`, which is of this type, holds of the manifest with `digest`.
    pub(super) fn about(digest: &Sha256Hex, predicate_type: &str, predicate: P) -> Self {
        Self {
            kind: STATEMENT.to_owned(),
            subject: vec![Resource::new(super::manifest::MANIFEST, digest.clone())],
            predicate_type: predicate_type.to_owned(),
            predicate,
        }
    }

    /// Whether it speaks of the manifest with `digest`, and of nothing else.
    pub(super) fn is_about(&self, digest: &Sha256Hex) -> bool {
        self.subject == [Resource::new(super::manifest::MANIFEST, digest.clone())]
    }
}

impl Statement<TestResult> {
    /// What is said of the manifest with `digest`, whose bundle holds `verdict`; `configuration` are
    /// the files that it was judged by.
    pub(super) fn of(
        digest: &Sha256Hex,
        verdict: &Verdict,
        outcome: &GateOutcome,
        configuration: Vec<Resource>,
    ) -> Self {
        let several = verdict.runs.len() > 1;
        let mut predicate = TestResult {
            result: String::new(),
            configuration,
            passed_tests: Vec::new(),
            warned_tests: Vec::new(),
            failed_tests: Vec::new(),
        };
        for finding in &verdict.findings {
            let name = if several {
                format!("{} ({})", finding.check, finding.subject)
            } else {
                finding.check.to_owned()
            };
            match finding.reported {
                Level::Pass => predicate.passed_tests.push(name),
                Level::Warn | Level::Review => predicate.warned_tests.push(name),
                Level::Fail | Level::NotExercised | Level::Inconclusive | Level::Error => {
                    predicate.failed_tests.push(name);
                }
                // Neither was anything to be met.
                Level::Info | Level::NotApplicable => {}
            }
        }
        let result = match (outcome.exit, predicate.warned_tests.is_empty()) {
            (ExitStatus::Met, true) => "PASSED",
            (ExitStatus::Met, false) => "WARNED",
            _ => "FAILED",
        };
        result.clone_into(&mut predicate.result);
        Self::about(digest, TEST_RESULT, predicate)
    }
}
