//! The exchanges of all runs as an HTTP archive (HAR 1.2), for the tools of developers.
//!
//! It is written entry by entry: no tree of a whole run is ever in memory. What HAR has no word for
//! stands under names that begin with an underscore, which it leaves to whoever writes (HAR 1.2 §3).
//! Secrets are commitments already, as in the history. What a history does not know is told as HAR tells
//! it: -1 for sizes and phases, `unknown` for the version of HTTP. `preflight judge` reads it again.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::base::Timestamp;
use crate::event::{Attempt, EventKind, Origin, Subject};
use crate::exchange::{
    Body, Exchange, Failure, FailureKind, Headers, Outcome, Request, Timing, Vantage, between,
};
use crate::history::History;

/// What nobody knows (HAR 1.2 §3.16 and others).
const UNKNOWN: i8 = -1;

/// The media type of a body whose sender named none.
const NO_KIND: &str = "x-unknown";

/// The name of the archive in a folder of evidence.
///
/// It is as large as the histories, from which anybody writes it again: no bundle has it.
pub const TRAFFIC: &str = "traffic.har";

/// Writes the exchanges of `histories`, in their order: the same histories give the same bytes. `version`
/// is that of the preflight that recorded them.
///
/// # Errors
/// If `to` takes no more.
pub fn write_har<'h>(
    version: &str,
    histories: impl IntoIterator<Item = &'h History>,
    mut to: impl Write,
) -> io::Result<()> {
    let creator = Creator {
        name: "preflight",
        version,
    };
    to.write_all(b"{\"log\":{\"version\":\"1.2\",\"creator\":")?;
    serde_json::to_writer(&mut to, &creator)?;
    to.write_all(b",\"entries\":[")?;
    let mut separator: &[u8] = b"\n";
    for history in histories {
        let mut items = HashMap::new();
        for event in history.events() {
            if let EventKind::StepStarted { step, item, .. } = &event.kind {
                items.insert(*step, item.path.join(" › "));
            }
            let EventKind::Exchange {
                step,
                origin,
                attempt,
                exchange,
            } = &event.kind
            else {
                continue;
            };
            to.write_all(separator)?;
            let own = Own {
                event: event.sequence,
                subject: history.start().subject,
                origin: *origin,
                attempt: *attempt,
                vantage: exchange.vantage,
                failure: failure(exchange).map(|failure| failure.kind),
                peer: exchange.connection.as_ref().map(|it| it.peer.as_str()),
            };
            let item = items.get(step).map(String::as_str);
            serde_json::to_writer(&mut to, &entry(exchange, item, own))?;
            separator = b",\n";
        }
    }
    to.write_all(b"\n]}}\n")?;
    to.flush()
}

#[derive(Serialize)]
struct Creator<'h> {
    name: &'static str,
    version: &'h str,
}

/// HAR 1.2 §3.5.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'h> {
    started_date_time: Timestamp,
    /// In milliseconds, as all times.
    time: f64,
    request: Sent<'h>,
    response: Received<'h>,
    cache: Cache,
    timings: Phases,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<String>,
    /// The item of the collection.
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<&'h str>,
    #[serde(rename = "_preflight")]
    own: Own<'h>,
}

/// What a history knows beside.
#[derive(Serialize)]
struct Own<'h> {
    event: u64,
    subject: Subject,
    origin: Origin,
    attempt: Attempt,
    vantage: Vantage,
    /// Of what kind a failure is.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureKind>,
    /// The client of the connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<&'h str>,
}

#[derive(Serialize)]
struct Cache {}

/// HAR 1.2 §3.16.
#[derive(Serialize)]
struct Phases {
    blocked: i8,
    dns: i8,
    connect: i8,
    ssl: i8,
    send: f64,
    wait: f64,
    receive: f64,
}

#[derive(Serialize)]
struct Pair<'h> {
    name: Cow<'h, str>,
    value: Cow<'h, str>,
}

/// HAR 1.2 §3.6.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sent<'h> {
    method: &'h str,
    url: &'h str,
    http_version: &'static str,
    cookies: Vec<Pair<'h>>,
    headers: Vec<Pair<'h>>,
    query_string: Vec<Pair<'h>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    post_data: Option<PostData<'h>>,
    headers_size: i8,
    body_size: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PostData<'h> {
    mime_type: &'h str,
    text: Cow<'h, str>,
    /// HAR has no word for a request whose body is no text.
    #[serde(rename = "_encoding", skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
}

/// HAR 1.2 §3.7.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Received<'h> {
    status: u16,
    status_text: &'h str,
    http_version: &'static str,
    cookies: Vec<Pair<'h>>,
    headers: Vec<Pair<'h>>,
    content: Content<'h>,
    #[serde(rename = "redirectURL")]
    redirect_url: &'h str,
    headers_size: i8,
    body_size: i8,
    /// Why there is no response, as browsers write it.
    #[serde(rename = "_error", skip_serializing_if = "Option::is_none")]
    error: Option<&'h str>,
}

/// HAR 1.2 §3.14.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Content<'h> {
    size: usize,
    mime_type: &'h str,
    text: Cow<'h, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
}

fn entry<'h>(exchange: &'h Exchange, item: Option<&'h str>, own: Own<'h>) -> Entry<'h> {
    let timings = phases(&exchange.timing);
    Entry {
        started_date_time: exchange.timing.request_first,
        time: timings.send + timings.wait + timings.receive,
        request: sent(&exchange.request),
        response: received(exchange),
        cache: Cache {},
        timings,
        connection: exchange.connection.as_ref().map(|it| it.number.to_string()),
        comment: item,
        own,
    }
}

fn failure(exchange: &Exchange) -> Option<&Failure> {
    match &exchange.outcome {
        Outcome::Response(_) => None,
        Outcome::Failure(failure) => Some(failure),
    }
}

fn phases(timing: &Timing) -> Phases {
    let phase = |from, to| between(from, to).as_secs_f64() * 1_000.0;
    Phases {
        blocked: UNKNOWN,
        dns: UNKNOWN,
        connect: UNKNOWN,
        ssl: UNKNOWN,
        send: phase(timing.request_first, timing.request_last),
        wait: phase(timing.request_last, timing.response_first),
        receive: phase(timing.response_first, timing.response_last),
    }
}

fn sent(request: &Request) -> Sent<'_> {
    let query = request.query().unwrap_or_default();
    let query: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    let (text, encoding) = text(&request.body);
    Sent {
        method: &request.method,
        url: &request.url,
        http_version: "unknown",
        cookies: cookies(&request.headers, "cookie", ';'),
        headers: pairs(&request.headers),
        query_string: query
            .into_iter()
            .map(|(name, value)| Pair {
                name: name.into(),
                value: value.into(),
            })
            .collect(),
        post_data: (!request.body.is_empty()).then(|| PostData {
            mime_type: kind(&request.headers),
            text,
            encoding,
        }),
        headers_size: UNKNOWN,
        body_size: request.body.len(),
    }
}

/// A request that was never answered has the status 0, as browsers write it.
fn received(exchange: &Exchange) -> Received<'_> {
    let Some(response) = exchange.response() else {
        return Received {
            status: 0,
            status_text: "",
            http_version: "unknown",
            cookies: Vec::new(),
            headers: Vec::new(),
            content: Content {
                size: 0,
                mime_type: NO_KIND,
                text: "".into(),
                encoding: None,
            },
            redirect_url: "",
            headers_size: UNKNOWN,
            body_size: UNKNOWN,
            error: failure(exchange).map(|failure| failure.message.as_str()),
        };
    };
    let (text, encoding) = text(&response.body);
    Received {
        status: response.status,
        status_text: &response.reason,
        http_version: "unknown",
        cookies: cookies(&response.headers, "set-cookie", '\n'),
        headers: pairs(&response.headers),
        content: Content {
            size: response.body.len(),
            mime_type: kind(&response.headers),
            text,
            encoding,
        },
        redirect_url: response.headers.get("location").unwrap_or_default(),
        headers_size: UNKNOWN,
        // What came before its encoding was undone is not recorded.
        body_size: UNKNOWN,
        error: None,
    }
}

fn pairs(headers: &Headers) -> Vec<Pair<'_>> {
    let pairs = headers.iter().map(|(name, value)| Pair {
        name: name.into(),
        value: value.into(),
    });
    pairs.collect()
}

/// Name and value of each cookie in the headers called `name`, in which `separator` stands between two.
fn cookies<'h>(headers: &'h Headers, name: &'h str, separator: char) -> Vec<Pair<'h>> {
    headers
        .all(name)
        .flat_map(|value| value.split(separator))
        .filter_map(|cookie| {
            // Attributes come behind (RFC 6265 §4.1.1).
            let pair = cookie.split(';').next()?;
            let (name, value) = pair.split_once('=')?;
            Some(Pair {
                name: name.trim().into(),
                value: value.trim().into(),
            })
        })
        .collect()
}

fn kind(headers: &Headers) -> &str {
    headers.get("content-type").unwrap_or(NO_KIND)
}

/// A body, and its encoding where it is no text.
fn text(body: &Body) -> (Cow<'_, str>, Option<&'static str>) {
    match body.text() {
        Some(text) => (text.into(), None),
        None => (STANDARD.encode(body.bytes()).into(), Some("base64")),
    }
}

#[cfg(test)]
#[path = "har_tests.rs"]
mod tests;
