//! Reads the lines of exchanges without a document in between.
//!
//! An [`Event`] is read in any form that its format allows: fields in any order, fields that nobody
//! knows. What makes that possible, a flattened and tagged enum, is many times as dear as reading
//! the one form in which a recorder writes exchanges, and almost all lines of a large history are of
//! that form. So those are read here, from left to right, and whatever is not exactly so is read as
//! any other event: what is accepted, and what is said of what is not, does not depend on this.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IntoDeserializer as _;
use serde::de::value::{Error, StrDeserializer};

use super::scan::Scan;
use super::{Attempt, Event, EventKind, Origin};
use crate::exchange::{
    Body, Connection, Exchange, Failure, Headers, Outcome, Request, Response, Sharing, Timing,
    Vantage,
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

/// The event of a line in the form in which recorders write exchanges.
fn directly(line: &str, sharing: &mut Sharing) -> Option<Event> {
    let scan = &mut Scan::of(line);
    scan.skip("{\"sequence\":")?;
    let sequence = scan.number()?;
    scan.skip(",\"at\":")?;
    let at = scan.moment()?;
    scan.skip(",\"kind\":\"exchange\",\"step\":")?;
    // Texts have no control characters; to be sure of it is cheapest for the whole line.
    if line.bytes().fold(u8::MAX, u8::min) < b' ' {
        return None;
    }
    let step = scan.number()?;
    scan.skip(",\"origin\":")?;
    let origin: Origin = name(scan)?;
    scan.skip(",\"attempt\":{\"group\":")?;
    let group = scan.number()?;
    scan.skip(",\"number\":")?;
    let number = scan.number()?.try_into().ok()?;
    scan.skip("},\"exchange\":")?;
    let exchange = Box::new(exchange(scan, sharing)?);
    if scan.skip(",\"previous_sha256\":").is_some() {
        // What the chain makes of it is the business of `history`.
        scan.text()?;
    }
    scan.skip("}")?;
    scan.is_at_end().then_some(Event {
        sequence,
        at,
        kind: EventKind::Exchange {
            step,
            origin,
            attempt: Attempt { group, number },
            exchange,
        },
    })
}

fn exchange(scan: &mut Scan<'_>, sharing: &mut Sharing) -> Option<Exchange> {
    scan.skip("{\"request\":{\"method\":")?;
    let method = scan.text()?.into_owned();
    scan.skip(",\"url\":")?;
    let url = scan.text()?.into_owned();
    let (headers, body) = message(scan, sharing)?;
    let request = Request {
        method,
        url,
        headers,
        body,
    };
    let outcome = if scan.skip(",\"response\":{\"status\":").is_some() {
        let status = scan.number()?.try_into().ok()?;
        scan.skip(",\"reason\":")?;
        let reason = scan.text()?.into_owned();
        let (headers, body) = message(scan, sharing)?;
        Outcome::Response(Response {
            status,
            reason,
            headers,
            body,
        })
    } else {
        scan.skip(",\"failure\":{\"kind\":")?;
        let kind = name(scan)?;
        scan.skip(",\"message\":")?;
        let message = scan.text()?.into_owned();
        scan.skip("}")?;
        Outcome::Failure(Failure { kind, message })
    };
    scan.skip(",\"timing\":{\"request_first\":")?;
    let request_first = scan.moment()?;
    scan.skip(",\"request_last\":")?;
    let request_last = scan.moment()?;
    scan.skip(",\"response_first\":")?;
    let response_first = scan.moment()?;
    scan.skip(",\"response_last\":")?;
    let response_last = scan.moment()?;
    scan.skip("},\"vantage\":")?;
    let vantage: Vantage = name(scan)?;
    let mut connection = None;
    if scan.skip(",\"connection\":{\"number\":").is_some() {
        let number = scan.number()?;
        scan.skip(",\"peer\":")?;
        let peer = scan.text()?.into_owned();
        scan.skip("}")?;
        connection = Some(Connection { number, peer });
    }
    scan.skip("}")?;
    Some(Exchange {
        request,
        outcome,
        timing: Timing {
            request_first,
            request_last,
            response_first,
            response_last,
        },
        vantage,
        connection,
    })
}

/// The headers and the body with which a message ends: a body that is text, and whole.
fn message(scan: &mut Scan<'_>, sharing: &mut Sharing) -> Option<(Headers, Body)> {
    scan.skip(",\"headers\":[")?;
    let mut headers: Vec<(Cow<'_, str>, Cow<'_, str>)> = Vec::with_capacity(8);
    while scan.skip("]").is_none() {
        if !headers.is_empty() {
            scan.skip(",")?;
        }
        scan.skip("[")?;
        let name = scan.text()?;
        scan.skip(",")?;
        headers.push((name, scan.text()?));
        scan.skip("]")?;
    }
    let headers = sharing.headers(&headers);
    let mut body = Body::default();
    if scan.skip(",\"body\":{\"text\":").is_some() {
        body = sharing.body(&scan.text()?);
        scan.skip("}")?;
    }
    scan.skip("}")?;
    Some((headers, body))
}

/// One of the names that a field may have as its value.
fn name<'l, T: Deserialize<'l>>(scan: &mut Scan<'l>) -> Option<T> {
    let Cow::Borrowed(name) = scan.text()? else {
        return None;
    };
    let name: StrDeserializer<'l, Error> = name.into_deserializer();
    T::deserialize(name).ok()
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
            (r#"{"group":2,"number":1}"#, "[2,1]", false),
            (r#""number":1}"#, r#""number":01}"#, false),
            (r#""number":1}"#, r#""number":4294967296}"#, false),
            (r#""group":2"#, r#""group":18446744073709551615"#, true),
            (r#""group":2"#, r#""group":18446744073709551616"#, false),
            (r#""step":0"#, r#""step":-0"#, false),
            (r#""step":0"#, r#""step":0.0"#, false),
            (r#""step":0"#, r#""step": 0"#, false),
            (r#""OK""#, r#""O\nK \u00fc\ud83d\ude00\/""#, true),
            (r#""OK""#, r#""\ud800""#, false),
            (r#""OK""#, r#""\x""#, false),
            (r#""OK""#, "\"\u{1}\"", false),
            (r#""OK""#, "\"\u{7f}ü\"", true),
            (r#""product""#, r#""prod\u0075ct""#, false),
            (r#""mock""#, r#""moon""#, false),
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
