//! Every exchange by its interaction id, so that the platform can match a bundle with its own log.
//! What only the harness did shows nowhere else: an exchange that the platform's log does not have did
//! not happen there.

use super::Told;
use super::csv::row;
use crate::event::{Event, EventKind, Origin};
use crate::exchange::Outcome;
use crate::history::Endpoint;

const COLUMNS: [&str; 13] = [
    "run",
    "event",
    "interaction id",
    "began",
    "ended",
    "sent by",
    "method",
    "operation",
    "path",
    "status",
    "outcome",
    "attempt",
    "connection",
];

/// One row for each exchange, in the order of the histories.
#[must_use]
pub fn correlation_csv(told: Told<'_>) -> String {
    let mut table = String::new();
    row(&mut table, COLUMNS);
    for (history, _) in told.runs {
        let subject = history.start().subject.to_string();
        for event in history.events() {
            write(&mut table, told, &subject, event);
        }
    }
    table
}

fn write(table: &mut String, told: Told<'_>, subject: &str, event: &Event) {
    let EventKind::Exchange {
        origin,
        attempt,
        exchange,
        ..
    } = &event.kind
    else {
        return;
    };
    let request = &exchange.request;
    let endpoint = Endpoint::of(request, told.profile);
    // The method has a column of its own.
    let operation = endpoint.operation.split_once(' ');
    let name = told.profile.headers.interaction_id.value.as_str();
    let answered = exchange.response().map(|response| &response.headers);
    let id = request
        .headers
        .get(name)
        .or_else(|| answered?.get(name))
        .unwrap_or_default();
    let status = exchange.status().map(|status| status.to_string());
    let outcome = match &exchange.outcome {
        Outcome::Response(_) => "answered".to_owned(),
        Outcome::Failure(failure) => failure.message.clone(),
    };
    let connection = exchange.connection.as_ref();
    let connection = connection.map(|it| format!("{} {}", it.number, it.peer));
    row(
        table,
        [
            subject,
            &event.sequence.to_string(),
            id,
            &exchange.timing.request_first.to_string(),
            &exchange.timing.response_last.to_string(),
            sender(*origin),
            &request.method,
            operation.map_or("", |(_, operation)| operation),
            request.path(),
            &status.unwrap_or_default(),
            &outcome,
            &format!("{}.{}", attempt.group, attempt.number),
            &connection.unwrap_or_default(),
        ],
    );
}

/// Who sent a request, in a word.
pub(super) fn sender(origin: Origin) -> &'static str {
    match origin {
        Origin::Item => "item",
        Origin::Script => "script",
        Origin::Redirect => "redirect",
        Origin::Connector => "connector",
        Origin::Platform => "platform",
        Origin::Product => "product",
        Origin::Probe => "probe",
    }
}
