//! The shape of a JSON value: which fields it has and of which types, whatever their values.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The types at each place: `data.payments[].status` → `string`. The value itself has the place ``.
pub(super) type Shape = BTreeMap<String, BTreeSet<&'static str>>;

/// That of `value`. The elements of an array count as one; so do members that are named by an id.
pub(super) fn shape(value: &Value) -> Shape {
    let mut shape = Shape::new();
    describe(value, String::new(), &mut shape);
    shape
}

fn describe(value: &Value, place: String, shape: &mut Shape) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(elements) => {
            for element in elements {
                describe(element, format!("{place}[]"), shape);
            }
            "array"
        }
        Value::Object(members) => {
            for (name, member) in members {
                let name = match uuid::Uuid::try_parse(name) {
                    Ok(_) => "{id}",
                    Err(_) => name.as_str(),
                };
                let dot = if place.is_empty() { "" } else { "." };
                describe(member, format!("{place}{dot}{name}"), shape);
            }
            "object"
        }
    };
    shape.entry(place).or_default().insert(kind);
}

/// The places at which two shapes differ, with the types that each has there; nothing where it has no
/// such place. Below a place that one of them lacks, or has no members at, nothing is told, nor of an array that is
/// empty.
pub(super) fn differences(then: &Shape, now: &Shape) -> Vec<(String, String, String)> {
    let places: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
    let mut lacking: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for place in places {
        let is_below = |above: &&str| {
            let rest = place.strip_prefix(*above);
            rest.is_some_and(|rest| rest.starts_with(['.', '[']))
        };
        if lacking.iter().any(is_below) {
            continue;
        }
        let (before, after) = (then.get(place), now.get(place));
        if before == after {
            continue;
        }
        let has_members =
            |types: Option<&BTreeSet<&str>>| types.is_some_and(|it| it.contains("object"));
        if has_members(before) != has_members(after) {
            lacking.push(place);
        }
        if before.is_none() || after.is_none() {
            lacking.push(place);
            // Where there are no elements nothing can be said of them.
            let array = place.strip_suffix("[]");
            if array.is_some_and(|array| then.contains_key(array) && now.contains_key(array)) {
                continue;
            }
        }
        found.push((place.clone(), words(before), words(after)));
    }
    found
}

fn words(types: Option<&BTreeSet<&'static str>>) -> String {
    let Some(types) = types else {
        return "missing".to_owned();
    };
    let types: Vec<&str> = types.iter().copied().collect();
    types.join(" or ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn told(then: &Value, now: &Value) -> Vec<String> {
        differences(&shape(then), &shape(now))
            .into_iter()
            .map(|(place, then, now)| format!("{place}: {then} → {now}"))
            .collect()
    }

    #[test]
    fn fields_and_their_types_count_and_values_do_not() {
        let then = json!({"data": {"id": "a", "amount": 1, "payments": [{"status": "Received"}]}});
        let now = json!({"data": {"id": "b", "amount": "1", "payments": [{"status": "Failed"}, {"status": null}]}});
        assert_eq!(
            told(&then, &now),
            [
                "data.amount: number → string",
                "data.payments[].status: string → null or string",
            ]
        );
    }

    #[test]
    fn of_what_is_missing_the_uppermost_is_told() {
        let then = json!({"data": {"provider": {"id": 1, "tags": ["x"]}}});
        assert_eq!(
            told(&then, &json!({"data": {}})),
            ["data.provider: object → missing"]
        );
        assert_eq!(
            told(
                &json!({"data": {}, "data2": 1}),
                &json!({"data": "", "data2": 1, "meta": 1})
            ),
            ["data: object → string", "meta: missing → number"]
        );
    }

    #[test]
    fn nothing_is_said_of_the_elements_of_an_array_that_is_empty() {
        assert_eq!(
            told(&json!({"a": []}), &json!({"a": [{"b": {"c": 1}}]})),
            [""; 0]
        );
    }

    #[test]
    fn members_that_are_named_by_an_id_count_as_one() {
        let with = |id: &str| json!({ id: {"n": 1} });
        assert_eq!(
            told(
                &with("5e4d3c2b-1a09-4f8e-8d7c-6b5a49382716"),
                &with("00000000-1a09-4f8e-8d7c-6b5a49382716")
            ),
            [""; 0]
        );
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-z\\[\\].]{0,4}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-c\\[\\].]{0,3}", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_value_has_its_own_shape_and_the_order_of_two_does_not_matter(
            one in any_value(),
            other in any_value(),
        ) {
            prop_assert!(told(&one, &one.clone()).is_empty());
            let there = differences(&shape(&one), &shape(&other));
            let back: Vec<_> = differences(&shape(&other), &shape(&one))
                .into_iter()
                .map(|(place, then, now)| (place, now, then))
                .collect();
            prop_assert_eq!(there, back);
        }
    }
}
