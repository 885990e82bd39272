//! Every exchange by its interaction id, so that the platform can match a bundle with its own log.
//! What only the harness did shows nowhere else: an exchange that the platform's log does not have did
//! not happen there.

use super::Told;
use super::csv::row;
use crate::event::{Event, EventKind};
use crate::exchange::{Exchange, Outcome};
use crate::history::Endpoint;
use crate::profile::Profile;

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
    let id = interaction_id(exchange, told.profile).unwrap_or_default();
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
            &origin.to_string(),
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

/// The id by which both sides find an exchange in their logs: that of the request, or else of the answer.
pub(super) fn interaction_id<'e>(exchange: &'e Exchange, profile: &Profile) -> Option<&'e str> {
    let name = profile.headers.interaction_id.value.as_str();
    let answered = exchange.response().map(|response| &response.headers);
    let asked = exchange.request.headers.get(name);
    asked.or_else(|| answered?.get(name))
}
