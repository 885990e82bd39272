//! What ended at the same instant may be written down in any order. A replay and the probes of an
//! endpoint go step by step; only a connector does two things at once.

use super::story::{Story, cases, differences, findings};
use crate::base::{Random, Seed};
use crate::event::Subject;

/// How many orders are tried of each pair.
const ORDERS: u64 = 3;

#[test]
fn the_order_of_independent_operations_that_end_together_does_not_matter() {
    let cases = cases(Subject::Connector);
    let mut found = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        let story = case.story();
        let mut random = Random::from_seed(Seed(index as u64));
        let partner = &cases[usize::try_from(random.between(0, cases.len() as u64 - 1)).unwrap()];
        for partner in [case, partner] {
            let other: Story = partner.story();
            let mut first = None;
            for _ in 0..ORDERS {
                let history = story.woven(&other, &mut random).history();
                let after = findings(&history, &case.declaration);
                let before = first.get_or_insert_with(|| after.clone());
                for difference in differences(before, &after) {
                    found.push(format!(
                        "{} with {}: {difference}",
                        case.name(),
                        partner.name()
                    ));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
