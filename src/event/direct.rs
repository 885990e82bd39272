//! Reads the lines of exchanges without a document in between.
//!
//! An [`Event`] is read in any form that its format allows: fields in any order, fields that nobody
//! knows. What makes that possible, a flattened and tagged enum, is several times as dear as reading
//! the one form in which a recorder writes exchanges, and almost all lines of a large history are of
//! that form. So those are read here, and whatever is not exactly so is read as any other event: what
//! is accepted, and what is said of what is not, does not depend on this.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Attempt, Event, EventKind, Origin};
use crate::base::Timestamp;
use crate::exchange::{
    Body, Connection, Exchange, Failure, Outcome, Request, Response, Sharing, Timing, Vantage,
};

impl Event {
    /// The event of a line. What messages have in common is kept in `sharing`.
    ///
    /// # Errors
    /// If it is not the JSON of an event.
    pub fn read(line: &str, sharing: &mut Sharing) -> Result<Self, serde_json::Error> {
        match directly(line, sharing) {
            Some(event) => Ok(event),
            None => serde_json::from_str(line),
        }
    }
}

/// How much of a line is looked through for its kind, which stands behind number and time.
const HEAD: usize = 128;

/// The event of a line in the form in which recorders write exchanges.
fn directly(line: &str, sharing: &mut Sharing) -> Option<Event> {
    let head = &line.as_bytes()[..line.len().min(HEAD)];
    let kind = br#""kind":"exchange""#;
    if !head.windows(kind.len()).any(|part| part == kind) || !head.starts_with(b"{") {
        return None;
    }
    let line: Line<'_> = serde_json::from_str(line).ok()?;
    let Line {
        sequence,
        at,
        kind,
        step,
        origin,
        attempt,
        exchange: Object(exchange),
        _previous,
    } = line;
    if kind.as_ref() != "exchange" {
        return None;
    }
    Some(Event {
        sequence,
        at,
        kind: EventKind::Exchange {
            step,
            origin,
            attempt,
            exchange: Box::new(exchange.shared(sharing)?),
        },
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'l> {
    sequence: u64,
    at: Timestamp,
    #[serde(borrow)]
    kind: Text<'l>,
    step: u64,
    origin: Origin,
    attempt: Attempt,
    #[serde(borrow)]
    exchange: Object<WrittenExchange<'l>>,
    /// What the chain makes of it is the business of `history`.
    #[serde(borrow, rename = "previous_sha256")]
    _previous: Option<Text<'l>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenExchange<'l> {
    #[serde(borrow)]
    request: Object<WrittenRequest<'l>>,
    #[serde(borrow, default, deserialize_with = "present")]
    response: Option<Object<WrittenResponse<'l>>>,
    #[serde(default, deserialize_with = "present")]
    failure: Option<Failure>,
    timing: Timing,
    vantage: Vantage,
    #[serde(default, deserialize_with = "present")]
    connection: Option<Connection>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRequest<'l> {
    method: String,
    url: String,
    #[serde(borrow)]
    headers: Vec<(Text<'l>, Text<'l>)>,
    #[serde(borrow, default, deserialize_with = "present")]
    body: Option<Object<WrittenBody<'l>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenResponse<'l> {
    status: u16,
    reason: String,
    #[serde(borrow)]
    headers: Vec<(Text<'l>, Text<'l>)>,
    #[serde(borrow, default, deserialize_with = "present")]
    body: Option<Object<WrittenBody<'l>>>,
}

/// A body that is text, and whole.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenBody<'l> {
    #[serde(borrow)]
    text: Text<'l>,
}

/// A text that is not copied where the line has no escapes in it.
#[derive(Deserialize)]
struct Text<'l>(#[serde(borrow)] Cow<'l, str>);

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// What is read from an object alone: structs are read from lists too.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members(PhantomData))
    }
}

struct Members<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
    type Value = Object<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

/// A field that is there has a value.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl WrittenExchange<'_> {
    /// The exchange; none where it has no outcome, or two.
    fn shared(self, sharing: &mut Sharing) -> Option<Exchange> {
        let outcome = match (self.response, self.failure) {
            (Some(Object(response)), None) => Outcome::Response(Response {
                status: response.status,
                reason: response.reason,
                headers: sharing.headers(&response.headers),
                body: body(response.body, sharing),
            }),
            (None, Some(failure)) => Outcome::Failure(failure),
            (None, None) | (Some(_), Some(_)) => return None,
        };
        let Object(request) = self.request;
        Some(Exchange {
            request: Request {
                method: request.method,
                url: request.url,
                headers: sharing.headers(&request.headers),
                body: body(request.body, sharing),
            },
            outcome,
            timing: self.timing,
            vantage: self.vantage,
            connection: self.connection,
        })
    }
}

fn body(body: Option<Object<WrittenBody<'_>>>, sharing: &mut Sharing) -> Body {
    body.map(|Object(body)| sharing.body(body.text.as_ref()))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LINE: &str = r#"{"sequence":3,"at":"2026-01-01T00:00:00Z","kind":"exchange","step":0,"origin":"product","attempt":{"group":2,"number":1},"exchange":{"request":{"method":"POST","url":"https://id.mock.invalid/oauth/token","headers":[["content-type","application/json"],["x-id","3d2a9f40-6a1c-4d55-9f0b-7f6f0c1d2e3a"]],"body":{"text":"{\"grant_type\":\"client_credentials\"}"}},"response":{"status":200,"reason":"OK","headers":[["date","Thu, 01 Jan 2026 00:00:00 GMT"]],"body":{"text":"{}"}},"timing":{"request_first":"2026-01-01T00:00:00Z","request_last":"2026-01-01T00:00:00Z","response_first":"2026-01-01T00:00:00Z","response_last":"2026-01-01T00:00:00.25Z"},"vantage":"mock","connection":{"number":1,"peer":"specimen"}},"previous_sha256":"17a7"}"#;

    /// Whether `line` was read directly, and that both ways to read it agree.
    fn is_read_directly(line: &str) -> bool {
        let read = directly(line, &mut Sharing::default());
        if let Some(event) = &read {
            let general: Event = serde_json::from_str(line).unwrap_or_else(|error| {
                panic!("read directly, but not otherwise: {error}: {line}")
            });
            assert_eq!(*event, general, "{line}");
        }
        read.is_some()
    }

    #[test]
    fn what_a_recorder_writes_is_read_directly_and_what_is_odd_is_not() {
        assert!(is_read_directly(LINE));
        let failed = r#""failure":{"kind":"cut","message":"cut"}"#;
        let response =
            &LINE[LINE.find(r#""response":{"#).unwrap()..LINE.find(r#","timing""#).unwrap()];
        // Another text, and whether it is read directly all the same.
        let table = [
            (response, failed, true),
            (response, r#""nothing":{}"#, false),
            (response, &format!("{response},{failed}"), false),
            (r#","connection":{"number":1,"peer":"specimen"}"#, "", true),
            (r#"{"number":1,"peer":"specimen"}"#, "null", false),
            (r#","body":{"text":"{}"}"#, "", true),
            (r#"{"text":"{}"}"#, "null", false),
            (r#"{"text":"{}"}"#, r#"["{}"]"#, false),
            (r#"{"text":"{}"}"#, r#"{"base64":"AAAA"}"#, false),
            (r#"{"text":"{}"}"#, r#"{"text":"{}","length":9}"#, false),
            (r#""sequence":3"#, r#""sequence":3,"sequence":3"#, false),
            (r#""sequence":3"#, r#""sequence":3,"unknown":1"#, false),
            (r#""sequence":3"#, r#""sequence":"3""#, false),
            (r#""kind":"exchange""#, r#""kind":"notice""#, false),
            (r#""kind":"exchange""#, r#""kind":{"exchange":null}"#, false),
            (r#"{"group":2,"number":1}"#, "[2,1]", true),
            (r#""17a7""#, "1e999", false),
        ];
        for (from, to, expected) in table {
            let line = LINE.replacen(from, to, 1);
            assert_ne!(line, LINE, "{from}");
            assert_eq!(is_read_directly(&line), expected, "{from} {to}");
        }
    }

    /// What a value of an object or a list may be replaced by.
    const OTHERS: [&str; 10] = [
        "null",
        "[]",
        "{}",
        "1",
        "-1",
        "1.5",
        r#""x""#,
        r#""\ud800""#,
        "[1,2]",
        "1e999",
    ];

    /// Where values begin in `LINE`, and where they end.
    fn values() -> Vec<(usize, usize)> {
        let starts = LINE.char_indices().filter(|(place, _)| *place > 0);
        starts
            .filter_map(|(place, _)| {
                let rest = &LINE[place..];
                let mut parsed =
                    serde_json::Deserializer::from_str(rest).into_iter::<serde_json::Value>();
                let begins = LINE[..place].ends_with([':', '[', ',']);
                let whole = begins && parsed.next()?.is_ok();
                whole.then(|| (place, place + parsed.byte_offset()))
            })
            .collect()
    }

    proptest! {
        #[test]
        fn both_ways_to_read_a_line_agree(
            changes in prop::collection::vec((any::<prop::sample::Index>(), 0..OTHERS.len()), 1..3),
            cut in prop::option::of((0..LINE.len(), 0..LINE.len())),
        ) {
            let values = values();
            let mut line = LINE.to_owned();
            for (place, other) in &changes {
                let (start, end) = values[place.index(values.len())];
                if line.is_char_boundary(start) && end <= line.len() {
                    line.replace_range(start..end, OTHERS[*other]);
                }
            }
            is_read_directly(&line);
            if let Some((start, end)) = cut {
                let mut line = LINE.to_owned();
                line.replace_range(start.min(end)..start.max(end), "");
                is_read_directly(&line);
            }
        }
    }
}
