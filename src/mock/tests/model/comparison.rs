//! The comparison.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::pair::Pair;
use super::step::{Step, step};
use crate::mock::Defect;

/// Other flows than the built-in ones: batches and payments share fewer names, a payment can fail
/// at once, and not every step is the provider's.
const OTHER_FLOWS: &str = r#"
[flows.subscription]
initial = ["Pending"]
terminal = ["Cancelled"]
edges = [
  { from = "Pending", to = ["Authorised"], by = "provider" },
  { from = "Authorised", to = ["Cancelled"], by = "product" },
  { from = "Authorised", to = ["Suspended"], by = "platform" },
  { from = "Suspended", to = ["Authorised"], by = "provider" },
]
[flows.batch]
initial = ["Received"]
terminal = ["Completed", "Failed"]
edges = [{ from = "Received", to = ["Completed", "Failed"], by = "provider" }]
[flows.payment]
initial = ["Received"]
terminal = ["Completed", "Rejected"]
edges = [
  { from = "Received", to = ["Processing", "Rejected"], by = "provider" },
  { from = "Processing", to = ["Completed", "Rejected"], by = "provider" },
]
"#;

#[expect(
    clippy::disallowed_methods,
    reason = "asked for by whoever has the time for a long run"
)]
fn sequences() -> u32 {
    std::env::var("PREFLIGHT_MODEL_SEQUENCES")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(200)
}

/// Which flows, and what is done.
fn sequence() -> impl Strategy<Value = (bool, Vec<Step>)> {
    (any::<bool>(), prop::collection::vec(step(), 1..30))
}

/// Tries sequences until platform and model are of two opinions.
fn compare(cases: u32, starts: &[Pair; 2]) -> Result<(), String> {
    let mut runner = TestRunner::new(ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let verdict = runner.run(&sequence(), |(other_flows, steps)| {
        let mut pair = starts[usize::from(other_flows)].clone();
        for step in &steps {
            pair.take(step)?;
        }
        pair.compare()
    });
    verdict.map_err(|difference| difference.to_string())
}

#[test]
fn platform_and_model_are_of_one_opinion() {
    let starts = ["", OTHER_FLOWS].map(|flows| Pair::new(flows, &[]));
    assert_eq!(compare(sequences(), &starts), Ok(()));
}

#[test]
fn the_model_notices_a_platform_that_is_wrong() {
    let wrong = [Defect::AcceptIllegalTransition];
    let starts = ["", OTHER_FLOWS].map(|flows| Pair::new(flows, &wrong));
    assert!(compare(200, &starts).is_err());
}
