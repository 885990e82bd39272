//! What the platform sends to a provider's notification endpoint, and how often.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use toml::de::DeValue;

use super::Sourced;
use super::kind::{DURATION, Kind, OPTIONAL_TEXT};
use super::layer::whole;
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

    /// What `body` says in the place of each placeholder; none where it was not made from this
    /// template.
    #[must_use]
    pub fn read_back(&self, body: &Value) -> Option<BTreeMap<String, Value>> {
        let mut found = BTreeMap::new();
        read_back(&self.0, body, &mut found).then_some(found)
    }

    /// The body, each placeholder replaced by what `value` says of its name; null where it says
    /// nothing.
    pub fn fill(&self, value: impl Fn(&str) -> Option<Value>) -> Value {
        fill(&self.0, &value)
    }
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

/// Whether `body` was made from `template`; what stands in the place of placeholders is put into
/// `found`.
fn read_back(template: &Value, body: &Value, found: &mut BTreeMap<String, Value>) -> bool {
    match (template, body) {
        (Value::String(template), body) => {
            match (pieces(template).unwrap_or_default().as_slice(), body) {
                ([Piece::Placeholder(name)], body) => {
                    found.insert((*name).to_owned(), body.clone());
                    true
                }
                (pieces, Value::String(text)) => text_is_of(pieces, text, found),
                (_, _) => false,
            }
        }
        (Value::Array(template), Value::Array(body)) => {
            template.len() == body.len()
                && template
                    .iter()
                    .zip(body)
                    .all(|(template, body)| read_back(template, body, found))
        }
        (Value::Object(template), Value::Object(body)) => {
            template.len() == body.len()
                && template.iter().all(|(name, template)| {
                    body.get(name)
                        .is_some_and(|body| read_back(template, body, found))
                })
        }
        (template, body) => template == body,
    }
}

/// Whether `text` consists of `pieces`, of which a placeholder is as short as it can be.
fn text_is_of(pieces: &[Piece<'_>], text: &str, found: &mut BTreeMap<String, Value>) -> bool {
    match pieces {
        [] => text.is_empty(),
        [Piece::Text(first), rest @ ..] => text
            .strip_prefix(first)
            .is_some_and(|text| text_is_of(rest, text, found)),
        [Piece::Placeholder(name), rest @ ..] => {
            let end = match rest {
                [Piece::Text(next), ..] => text.find(next),
                [Piece::Placeholder(_), ..] | [] => Some(text.len()),
            };
            let Some((value, text)) = end.and_then(|end| text.split_at_checked(end)) else {
                return false;
            };
            found.insert((*name).to_owned(), Value::from(value));
            text_is_of(rest, text, found)
        }
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

const SUCCESS: Kind<u16> = Kind {
    expected: "a status from 200 to 299",
    example: "201",
    parse: |value| {
        whole(value)
            .and_then(|status| u16::try_from(status).ok())
            .filter(|status| (200..300).contains(status))
    },
};

const DURATIONS: Kind<Vec<Duration>> = Kind {
    expected: "a list of at most 20 durations",
    example: r#"["1s", "5s"]"#,
    parse: |value| {
        let list = value.as_array().filter(|list| list.len() <= 20)?;
        list.iter()
            .map(|wait| (DURATION.parse)(wait.get_ref()))
            .collect()
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
    fn a_body_is_told_by_the_template_from_which_it_was_made() {
        let of_a_path = BodyTemplate::read(r#"{"at":"/batches/{{batchId}}/x","n":1}"#).unwrap();
        let found = of_a_path.read_back(&json!({"at": "/batches/b-7/x", "n": 1}));
        assert_eq!(found.unwrap()["batchId"], json!("b-7"));
        for other in [
            json!({"at": "/batches/b-7", "n": 1}),
            json!({"at": "/batches/b-7/x", "n": 2}),
            json!({"at": "/batches/b-7/x"}),
            json!({"at": 7, "n": 1}),
        ] {
            assert_eq!(of_a_path.read_back(&other), None, "{other}");
        }
        let notifications = Profile::built_in().notifications;
        let body = notifications.batch.value.fill(value);
        let found = notifications.batch.value.read_back(&body).unwrap();
        assert_eq!(found["batchId"], json!("b-1"));
        assert_eq!(notifications.subscription.value.read_back(&body), None);
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
