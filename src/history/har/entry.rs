//! One entry of an archive.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize as _;
use serde_json::Value;

use super::{EntryProblem, Omission};
use crate::base::{Timestamp, later};
use crate::exchange::{
    Body, Exchange, Failure, FailureKind, Headers, Outcome, Request, Response, Timing, Vantage,
};

/// The longest that a phase of an exchange may take: what is longer is a slip of its writer.
const LONGEST: Duration = Duration::from_hours(24);

/// The exchange of an entry; nothing where something is wrong with it.
pub(super) fn exchange(
    entry: &Value,
    place: &str,
    problems: &mut Vec<EntryProblem>,
    omissions: &mut Vec<Omission>,
) -> Option<Exchange> {
    let before = problems.len();
    let mut reader = Reader { place, problems };
    let started = reader.moment(entry, "startedDateTime");
    let request = request(&entry["request"], &mut reader, omissions);
    let timing = started.map(|started| timing(started, entry));
    let outcome = outcome(entry, &mut reader, omissions);
    if problems.len() > before {
        return None;
    }
    Some(Exchange {
        request: request?,
        outcome: outcome?,
        timing: timing?,
        vantage: Vantage::Client,
        connection: None,
    })
}

/// Tells what is wrong with an entry.
struct Reader<'p> {
    place: &'p str,
    problems: &'p mut Vec<EntryProblem>,
}

impl Reader<'_> {
    fn problem<T>(&mut self, path: &str, expected: &'static str) -> Option<T> {
        self.problems.push(EntryProblem {
            place: format!("{}.{path}", self.place),
            expected,
        });
        None
    }

    fn moment(&mut self, entry: &Value, name: &str) -> Option<Timestamp> {
        match entry[name].as_str().map(str::parse) {
            Some(Ok(moment)) => Some(moment),
            Some(Err(_)) | None => self.problem(
                name,
                "a moment with its offset, as 2026-03-31T09:00:00.000Z",
            ),
        }
    }

    fn base64(&mut self, text: &str, path: &str) -> Option<Body> {
        match STANDARD.decode(text.trim()) {
            Ok(bytes) => Some(Body::from(bytes)),
            Err(_) => self.problem(path, "base64, as its encoding says"),
        }
    }

    fn headers(&mut self, message: &Value, path: &str) -> Option<Headers> {
        let Some(list) = message["headers"].as_array() else {
            return self.problem(path, "a list of headers");
        };
        let mut headers = Headers::new();
        for (index, header) in list.iter().enumerate() {
            match (header["name"].as_str(), header["value"].as_str()) {
                // `:authority` and the like are HTTP/2's own (RFC 9113 §8.3).
                (Some(name), Some(_)) if name.starts_with(':') => {}
                (Some(name), Some(value)) => headers.push(name, value),
                _ => {
                    return self.problem(&format!("{path}[{index}]"), "a name and a value");
                }
            }
        }
        Some(headers)
    }
}

fn request(
    request: &Value,
    reader: &mut Reader<'_>,
    omissions: &mut Vec<Omission>,
) -> Option<Request> {
    let method = request["method"].as_str().filter(|method| {
        !method.is_empty()
            && method
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    });
    if method.is_none() {
        reader.problem::<()>("request.method", "a method");
    }
    let url = request["url"].as_str().filter(|url| url.contains("://"));
    if url.is_none() {
        reader.problem::<()>("request.url", "a URL with its scheme");
    }
    let headers = reader.headers(request, "request.headers");
    let data = &request["postData"];
    let body = match (data["text"].as_str(), data["params"].as_array()) {
        // HAR has no word for it; ours says it as a response does.
        (Some(text), _) if data["_encoding"].as_str() == Some("base64") => {
            reader.base64(text, "request.postData.text")?
        }
        (Some(text), _) if !text.is_empty() => Body::from(text.to_owned()),
        (_, Some(fields)) if !fields.is_empty() => Body::from(form(fields)),
        _ => {
            if had_body(request) {
                omissions.push(Omission::RequestBody);
            }
            Body::default()
        }
    };
    Some(Request {
        method: method?.to_owned(),
        url: url?.to_owned(),
        headers: headers?,
        body,
    })
}

/// Whether a request whose body is not there was sent with one.
fn had_body(request: &Value) -> bool {
    let header = |wanted: &str| {
        request["headers"].as_array()?.iter().find_map(|header| {
            let name = header["name"].as_str()?;
            let value = header["value"].as_str()?;
            name.eq_ignore_ascii_case(wanted).then_some(value)
        })
    };
    let is_filled = |length: &str| length.trim().parse::<u64>().is_ok_and(|length| length > 0);
    match request["bodySize"].as_f64() {
        Some(size) if size >= 0.0 => size > 0.0,
        // Nobody knows (-1). A client that names a type in a request that writes has a body.
        Some(_) | None => {
            let writes = matches!(request["method"].as_str(), Some("POST" | "PUT" | "PATCH"));
            header("content-length")
                .map_or_else(|| writes && header("content-type").is_some(), is_filled)
        }
    }
}

/// The fields of a form, as they were sent (HAR 1.2 §3.11: names and values are decoded).
fn form(fields: &[Value]) -> String {
    let pairs: Vec<(&str, &str)> = fields
        .iter()
        .filter_map(|field| {
            Some((
                field["name"].as_str()?,
                field["value"].as_str().unwrap_or_default(),
            ))
        })
        .collect();
    serde_urlencoded::to_string(pairs).unwrap_or_default()
}

fn outcome(
    entry: &Value,
    reader: &mut Reader<'_>,
    omissions: &mut Vec<Omission>,
) -> Option<Outcome> {
    let response = &entry["response"];
    let status = response["status"]
        .as_f64()
        .filter(|status| status.fract() == 0.0);
    let status = match status {
        // What never came has status 0 or -1 (no part of the specification; all writers do it).
        Some(status) if status <= 0.0 => {
            // Archives of ours say of what kind it was.
            let kind = FailureKind::deserialize(&entry["_preflight"]["failure"]);
            return Some(Outcome::Failure(Failure {
                kind: kind.unwrap_or(FailureKind::Cut),
                message: "the archive has no response".into(),
            }));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is a whole number from 100 to 599"
        )]
        Some(status) if (100.0..600.0).contains(&status) => status as u16,
        Some(_) | None => {
            return reader.problem("response.status", "a status from 100 to 599, or 0");
        }
    };
    let headers = reader.headers(response, "response.headers")?;
    let content = &response["content"];
    let text = content["text"].as_str().unwrap_or_default();
    let body = if content["encoding"].as_str() == Some("base64") {
        reader.base64(text, "response.content.text")?
    } else {
        Body::from(text.to_owned())
    };
    if body.is_empty() && content["size"].as_f64().is_some_and(|size| size > 0.0) {
        omissions.push(Omission::ResponseBody);
    }
    Some(Outcome::Response(Response {
        status,
        reason: response["statusText"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        headers,
        body,
    }))
}

/// When the four moments were (HAR 1.2 §3.16). What a writer does not know is -1 or missing; `ssl`
/// is a part of `connect`.
fn timing(started: Timestamp, entry: &Value) -> Timing {
    let phase = |name: &str| milliseconds(&entry["timings"][name]);
    let waited = ["blocked", "dns", "connect"]
        .into_iter()
        .map(phase)
        .sum::<Duration>();
    let known = ["send", "wait", "receive"].map(phase);
    if known.iter().all(Duration::is_zero) {
        let end = later(started, milliseconds(&entry["time"]));
        return Timing {
            request_first: started,
            request_last: started,
            response_first: end,
            response_last: end,
        };
    }
    let [send, wait, receive] = known;
    let request_first = later(started, waited);
    let request_last = later(request_first, send);
    let response_first = later(request_last, wait);
    Timing {
        request_first,
        request_last,
        response_first,
        response_last: later(response_first, receive),
    }
}

fn milliseconds(value: &Value) -> Duration {
    let milliseconds = value.as_f64().unwrap_or_default();
    Duration::try_from_secs_f64(milliseconds.max(0.0) / 1000.0)
        .unwrap_or_default()
        .min(LONGEST)
}
