//! Which requests of a history are the same, each compared with one of its kind and not with all.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher as _;

use foldhash::fast::{FixedState, RandomState};

use super::repetition::is_same;
use crate::conformance::Evidence;
use crate::conformance::series::Series;
use crate::history::Call;

/// The requests that are the same as others.
pub(super) struct Alike<'e> {
    kinds: Vec<Series<'e>>,
    /// The place of the kind of each call, by its sequence number.
    places: HashMap<u64, usize, RandomState>,
}

impl<'e> Alike<'e> {
    /// Whatever in `evidence` has the method and path of one of `wanted`.
    pub(super) fn of(evidence: &'e Evidence<'_>, wanted: &[&'e Call<'e>]) -> Self {
        let targets: HashSet<_, RandomState> = wanted.iter().map(|call| target(call)).collect();
        let mut kinds: Vec<Series<'e>> = Vec::new();
        let mut places = HashMap::default();
        // Other requests may have the same number.
        let mut by_number: HashMap<u64, Vec<usize>, RandomState> = HashMap::default();
        for call in evidence.calls() {
            if !targets.contains(&target(call)) {
                continue;
            }
            let near = by_number.entry(number(call)).or_default();
            let known = near.iter().copied().find(|place| {
                let first = kinds[*place].calls().first();
                first.is_some_and(|first| is_same(first, call))
            });
            let place = known.unwrap_or_else(|| {
                near.push(kinds.len());
                kinds.push(Series::default());
                kinds.len() - 1
            });
            kinds[place].push(call);
            places.insert(call.sequence, place);
        }
        Self { kinds, places }
    }

    /// The requests that are the same as `call`, which is among them.
    pub(super) fn to(&self, call: &Call<'_>) -> Option<&Series<'e>> {
        self.places
            .get(&call.sequence)
            .map(|place| &self.kinds[*place])
    }
}

fn target<'e>(call: &'e Call<'_>) -> (&'e str, &'e str) {
    (&call.exchange.request.method, call.path())
}

/// What is equal for requests that are the same.
fn number(call: &Call<'_>) -> u64 {
    let request = &call.exchange.request;
    let target = (&request.method, request.path(), request.query());
    let state = FixedState::default();
    match request.body.json() {
        Some(body) => state.hash_one((target, body)),
        None => state.hash_one((target, request.body.bytes())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::conformance::fixture::{BATCH, PROVIDER};
    use crate::event::Subject;
    use crate::exchange::Body;
    use crate::history::composer::Composer;
    use crate::profile::Profile;

    proptest! {
        #[test]
        fn those_of_a_kind_are_those_that_comparing_each_with_each_finds(
            sent in prop::collection::vec((0_usize..3, 0_usize..6), 1..12),
        ) {
            let targets = [("GET", PROVIDER), ("PATCH", PROVIDER), ("PATCH", BATCH)];
            // The first two are the same, and so are the last two but for their kind of number.
            let bodies = [r#"{"a":1,"b":2}"#, r#"{ "b": 2, "a": 1 }"#, "", "a", "[1]", "[1.0]"];
            let mut run = Composer::of(Subject::Connector);
            for (target, body) in sent {
                let (method, path) = targets[target];
                run.send(method, path, json!({}), 404, Value::Null);
                run.with(|exchange| exchange.request.body = Body::from(bodies[body]));
            }
            let history = run.history();
            let evidence = Evidence::of(&history, &Profile::built_in());
            let wanted: Vec<&Call<'_>> = evidence.provider_calls().collect();
            let alike = Alike::of(&evidence, &wanted);
            for call in &wanted {
                let expected = wanted.iter().filter(|other| is_same(call, other));
                let found = alike.to(call).unwrap().calls().iter();
                let found: Vec<u64> = found.map(|call| call.sequence).collect();
                prop_assert_eq!(found, expected.map(|call| call.sequence).collect::<Vec<u64>>());
            }
        }
    }
}
