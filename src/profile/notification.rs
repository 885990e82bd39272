//! What the platform sends to a provider's notification endpoint, and how often.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use toml::de::DeValue;

use super::Sourced;
use super::kind::{DURATION, DURATIONS, Kind, OPTIONAL_TEXT, SUCCESS};
use super::reader::Reader;

/// Notifications to the provider.
#[derive(Clone, Debug, PartialEq)]
pub struct Notifications {
    /// The body for a new subscription.
    pub subscription: Sourced<BodyTemplate>,
    /// The body for a subscription whose status the product changed.
    pub status_change: Sourced<BodyTemplate>,
    /// The body for a new batch.
    pub batch: Sourced<BodyTemplate>,
    /// The body for a message of the product.
    pub message: Sourced<BodyTemplate>,
    /// Whether the provider is told of status changes that the product makes.
    pub status_changes: Sourced<Telling>,
    /// The status with which a new subscription or batch is to be answered.
    pub expected_answer: Sourced<u16>,
    /// How long an answer may take.
    pub timeout: Sourced<Duration>,
    /// How long is waited before each further attempt; so many there are.
    pub waits: Sourced<Vec<Duration>>,
    /// The longest wait that an endpoint can ask for with `Retry-After`.
    pub longest_wait: Sourced<Duration>,
    /// After which outcomes another attempt is made.
    pub retried: Sourced<Vec<Retried>>,
    /// The audience of the token; none for the provider's client id.
    pub audience: Sourced<Option<String>>,
}

/// Whether somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// A notification is sent.
    Sent,
    /// None is.
    Silent,
}

/// An outcome after which a notification is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retried {
    /// No whole answer came in time.
    NoAnswer,
    /// 500 to 599.
    ServerError,
    /// 429; `Retry-After` is honoured where it asks for more than the wait.
    Throttled,
}

impl Retried {
    /// All of them.
    const ALL: [Self; 3] = [Self::NoAnswer, Self::ServerError, Self::Throttled];

    fn name(self) -> &'static str {
        match self {
            Self::NoAnswer => "no-answer",
            Self::ServerError => "server-error",
            Self::Throttled => "throttled",
        }
    }
}

/// A JSON object with placeholders in its texts: `{{batchId}}`. A text that is a placeholder and
/// nothing else becomes the value itself, of whatever type it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyTemplate(Value);

/// The names that a template may use.
const PLACEHOLDERS: [&str; 6] = [
    "subscriptionId",
    "organisationId",
    "batchId",
    "status",
    "kind",
    "message",
];

impl BodyTemplate {
    fn read(text: &str) -> Option<Self> {
        let body: Value = serde_json::from_str(text).ok()?;
        (body.is_object() && texts_are_known(&body)).then_some(Self(body))
    }

    /// The body, each placeholder replaced by what `value` says of its name; null where it says
    /// nothing.
    pub fn fill(&self, value: impl Fn(&str) -> Option<Value>) -> Value {
        fill(&self.0, &value)
    }

    /// The values that stand in `body` where this has its placeholders; none if `body` was not made
    /// from this. What `body` has beyond does not matter. Of two placeholders side by side the
    /// first is empty.
    #[must_use]
    pub fn values_in<'t>(&'t self, body: &Value) -> Option<BTreeMap<&'t str, Value>> {
        let mut values = BTreeMap::new();
        values_in(&self.0, body, &mut values).then_some(values)
    }
}

/// Whether `body` was made from `template`; what stands at its placeholders is added to `values`.
fn values_in<'t>(template: &'t Value, body: &Value, values: &mut BTreeMap<&'t str, Value>) -> bool {
    match (template, body) {
        (Value::String(text), _) => match (pieces(text).unwrap_or_default().as_slice(), body) {
            ([Piece::Placeholder(name)], _) => note(name, body.clone(), values),
            (pieces, Value::String(found)) => texts_in(pieces, found, values),
            _ => false,
        },
        (Value::Array(items), Value::Array(found)) => {
            items.len() == found.len()
                && items
                    .iter()
                    .zip(found)
                    .all(|(item, found)| values_in(item, found, values))
        }
        (Value::Object(members), Value::Object(found)) => members.iter().all(|(name, member)| {
            found
                .get(name)
                .is_some_and(|found| values_in(member, found, values))
        }),
        (template, body) => template == body,
    }
}

/// Whether `text` was made from `pieces`.
fn texts_in<'t>(pieces: &[Piece<'t>], text: &str, values: &mut BTreeMap<&'t str, Value>) -> bool {
    match pieces {
        [] => text.is_empty(),
        [Piece::Text(literal), rest @ ..] => text
            .strip_prefix(literal)
            .is_some_and(|text| texts_in(rest, text, values)),
        [Piece::Placeholder(name)] => note(name, Value::from(text), values),
        [Piece::Placeholder(name), rest @ ..] => {
            let end = match rest {
                [Piece::Text(literal), ..] => text.find(literal),
                _ => Some(0),
            };
            end.is_some_and(|end| {
                let (found, text) = text.split_at(end);
                note(name, Value::from(found), values) && texts_in(rest, text, values)
            })
        }
    }
}

/// Adds a value, unless another one stands where the same placeholder was before.
fn note<'t>(name: &'t str, value: Value, values: &mut BTreeMap<&'t str, Value>) -> bool {
    *values.entry(name).or_insert_with(|| value.clone()) == value
}

fn texts_are_known(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => pieces(text).is_some_and(|pieces| {
            pieces.iter().all(|piece| match piece {
                Piece::Text(_) => true,
                Piece::Placeholder(name) => PLACEHOLDERS.contains(name),
            })
        }),
        Value::Array(items) => items.iter().all(texts_are_known),
        Value::Object(members) => members.values().all(texts_are_known),
    }
}

fn fill(template: &Value, value: &impl Fn(&str) -> Option<Value>) -> Value {
    match template {
        Value::Null | Value::Bool(_) | Value::Number(_) => template.clone(),
        Value::String(text) => match pieces(text).unwrap_or_default().as_slice() {
            [Piece::Placeholder(name)] => value(name).unwrap_or_default(),
            pieces => Value::String(
                pieces
                    .iter()
                    .map(|piece| match piece {
                        Piece::Text(text) => (*text).to_owned(),
                        Piece::Placeholder(name) => match value(name) {
                            Some(Value::String(text)) => text,
                            Some(other) => other.to_string(),
                            None => String::new(),
                        },
                    })
                    .collect(),
            ),
        },
        Value::Array(items) => items.iter().map(|item| fill(item, value)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| (name.clone(), fill(member, value)))
            .collect(),
    }
}

/// A part of a text.
enum Piece<'t> {
    Text(&'t str),
    Placeholder(&'t str),
}

/// The parts of `text`; none where a `{{` has no end.
fn pieces(text: &str) -> Option<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}")?;
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        pieces.push(Piece::Placeholder(name.trim()));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    Some(pieces)
}

const TEMPLATE: Kind<BodyTemplate> = Kind {
    expected: "a text that holds a JSON object with the placeholders {{subscriptionId}}, \
               {{organisationId}}, {{batchId}}, {{status}}, {{kind}} and {{message}}",
    example: r#"'{"type":"resourceCreated","resource":{"id":"{{batchId}}","type":"batch"}}'"#,
    parse: |value| value.as_str().and_then(BodyTemplate::read),
};

const TELLING: Kind<Telling> = Kind {
    expected: "\"sent\" or \"silent\"",
    example: r#""sent""#,
    parse: |value| match value.as_str()? {
        "sent" => Some(Telling::Sent),
        "silent" => Some(Telling::Silent),
        _ => None,
    },
};

const RETRIED: Kind<Vec<Retried>> = Kind {
    expected: "a list of \"no-answer\", \"server-error\" and \"throttled\"",
    example: r#"["no-answer", "server-error"]"#,
    parse: |value| {
        value
            .as_array()?
            .iter()
            .map(|item| retried(item.get_ref()))
            .collect()
    },
};

fn retried(value: &DeValue<'_>) -> Option<Retried> {
    let word = value.as_str()?;
    Retried::ALL
        .into_iter()
        .find(|retried| retried.name() == word)
}

impl Notifications {
    /// The group `notifications`.
    pub(super) fn read(reader: &mut Reader<'_, '_>) -> Self {
        Self {
            subscription: reader.read("notifications.subscription", &TEMPLATE),
            status_change: reader.read("notifications.status-change", &TEMPLATE),
            batch: reader.read("notifications.batch", &TEMPLATE),
            message: reader.read("notifications.message", &TEMPLATE),
            status_changes: reader.read("notifications.status-changes", &TELLING),
            expected_answer: reader.read("notifications.expected-answer", &SUCCESS),
            timeout: reader.read("notifications.timeout", &DURATION),
            waits: reader.read("notifications.waits", &DURATIONS),
            longest_wait: reader.read("notifications.longest-wait", &DURATION),
            retried: reader.read("notifications.retried", &RETRIED),
            audience: reader.read("notifications.audience", &OPTIONAL_TEXT),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::profile::Profile;

    fn value(name: &str) -> Option<Value> {
        match name {
            "batchId" => Some(json!("b-1")),
            "message" => Some(json!({"data": {"creditor": {}}})),
            _ => None,
        }
    }

    #[test]
    fn placeholders_stand_alone_or_within_a_text() {
        let template = r#"{"a":"{{batchId}}","b":["/batches/{{ batchId }}?{{status}}"],"c":"{{message}}","d":"{{kind}}","e":1}"#;
        assert_eq!(
            BodyTemplate::read(template).unwrap().fill(value),
            json!({
                "a": "b-1",
                "b": ["/batches/b-1?"],
                "c": {"data": {"creditor": {}}},
                "d": null,
                "e": 1,
            })
        );
    }

    #[test]
    fn what_a_template_was_filled_with_can_be_read_back() {
        let template = BodyTemplate::read(
            r#"{"a":"{{batchId}}","b":["/batches/{{batchId}}?{{status}}!"],"c":"{{message}}","d":1}"#,
        )
        .unwrap();
        let message = json!({"data": [1]});
        let body = json!({
            "a": "b-1", "b": ["/batches/b-1?Paid!"], "c": message, "d": 1, "more": true,
        });
        let found = template.values_in(&body).unwrap();
        assert_eq!(found["batchId"], "b-1");
        assert_eq!(
            (&found["status"], &found["message"]),
            (&json!("Paid"), &message)
        );
        for (member, value) in [
            ("a", json!("b-2")),
            ("b", json!([])),
            ("b", json!(["/batches/b-1?Paid"])),
            ("b", json!(7)),
            ("d", json!(2)),
            ("d", json!(null)),
        ] {
            let mut other = body.clone();
            other[member] = value;
            assert!(template.values_in(&other).is_none(), "{other}");
        }
        assert!(template.values_in(&json!({"a": "b-1"})).is_none());
        assert!(template.values_in(&json!([])).is_none());
    }

    #[test]
    fn what_is_no_template_is_refused_where_it_is_read() {
        for text in [
            "",
            "[]",
            r#"{"a":"{{batch}}"}"#,
            r#"{"a":"{{batchId"}"#,
            "{",
        ] {
            assert!(BodyTemplate::read(text).is_none(), "{text}");
        }
        let problem = Profile::with_override("[notifications]\nbatch = '[]'\n", "own.toml")
            .unwrap_err()
            .to_string();
        assert!(
            problem.starts_with(
                "own.toml:2:9: notifications.batch: the text \"[]\" is not a text that holds a JSON object"
            ),
            "{problem}"
        );
    }

    #[test]
    fn the_policy_can_be_replaced_and_is_checked() {
        let own = Profile::with_override(
            "[notifications]\nwaits = [\"2s\", \"500ms\"]\nretried = [\"throttled\"]\nexpected-answer = 202\nstatus-changes = \"silent\"\n",
            "own.toml",
        )
        .unwrap()
        .notifications;
        assert_eq!(
            own.waits.value,
            [Duration::from_secs(2), Duration::from_millis(500)]
        );
        assert_eq!(own.retried.value, [Retried::Throttled]);
        assert_eq!(own.expected_answer.value, 202);
        assert_eq!(own.status_changes.value, Telling::Silent);
        let problems = Profile::with_override(
            "[notifications]\nwaits = [\"soon\"]\nretried = [\"always\"]\nexpected-answer = 404\n",
            "own.toml",
        )
        .unwrap_err()
        .problems;
        assert_eq!(problems.len(), 3, "{problems:?}");
    }
}
