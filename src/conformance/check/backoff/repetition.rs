//! Whether two requests are the same, for rules on what is sent again.

use serde_json::Value;

use crate::exchange::Body;
use crate::history::Call;

/// Whether both ask for the same: method, path, query and body, JSON compared as a value.
pub(super) fn is_same(one: &Call<'_>, other: &Call<'_>) -> bool {
    is_same_target(one, other)
        && is_same_body(&one.exchange.request.body, &other.exchange.request.body)
}

/// Whether both have the same method, path and query.
fn is_same_target(one: &Call<'_>, other: &Call<'_>) -> bool {
    let (one, other) = (&one.exchange.request, &other.exchange.request);
    one.method == other.method && one.path() == other.path() && one.query() == other.query()
}

fn is_same_body(one: &Body, other: &Body) -> bool {
    if one.bytes() == other.bytes() {
        return true;
    }
    match (one.json(), other.json()) {
        (Some(one), Some(other)) => one == other,
        (None, None | Some(_)) | (Some(_), None) => false,
    }
}

/// The first place at which the same update was written anew: both have the same members, something
/// in them is equal, and whatever differs is a moment on both sides.
pub(super) fn written_anew(one: &Call<'_>, other: &Call<'_>) -> Option<String> {
    let one = one.exchange.request.body.json()?;
    let other = other.exchange.request.body.json()?;
    let mut comparison = Comparison::default();
    compare(&one, &other, "", &mut comparison).then_some(())?;
    (comparison.equal > 0)
        .then_some(comparison.anew)
        .and_then(|places| places.into_iter().next())
}

#[derive(Default)]
struct Comparison {
    equal: usize,
    /// Where moments differ.
    anew: Vec<String>,
}

/// Whether nothing but moments differs.
fn compare(one: &Value, other: &Value, place: &str, found: &mut Comparison) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| {
                    other
                        .get(name)
                        .is_some_and(|twin| compare(value, twin, &format!("{place}/{name}"), found))
                })
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .enumerate()
                    .all(|(index, (value, twin))| {
                        compare(value, twin, &format!("{place}/{index}"), found)
                    })
        }
        _ if one == other => {
            found.equal += 1;
            true
        }
        (Value::String(one), Value::String(other)) if is_moment(one) && is_moment(other) => {
            found.anew.push(place.to_owned());
            true
        }
        (
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_),
            _,
        ) => false,
    }
}

fn is_moment(text: &str) -> bool {
    text.parse::<jiff::Timestamp>().is_ok() || text.parse::<jiff::civil::DateTime>().is_ok()
}
