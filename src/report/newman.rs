//! What a run came to, as newman counts it: the value from which newman's reports are made.

use serde_json::{Map, Value};

use crate::event::Listen;
use crate::exchange::{Body, Headers};

/// A run, ready to be reported in newman's shapes. The runner fills it; the reports only read it.
/// Failures are not kept a second time: they follow from the executions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunSummary {
    /// The collection as JSON, with an `id` on each item.
    pub collection: Value,
    /// The environment after the run: `{id, name, values}`.
    pub environment: Value,
    /// The globals after the run: `{id, values}`.
    pub globals: Value,
    /// One for each request that was sent or tried, in order. An item whose request a script
    /// skipped has none.
    pub executions: Vec<ExecutionSummary>,
    /// What was counted.
    pub stats: Stats,
    /// How long things took.
    pub timings: Timings,
    /// The sizes of all response bodies together, in bytes.
    pub response_total: u64,
    /// What ended the run early.
    pub error: Option<ErrorSummary>,
}

/// One item in one iteration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExecutionSummary {
    /// Where in the run.
    pub cursor: Cursor,
    /// The item as JSON, variables unresolved.
    pub item: Value,
    /// The request as JSON, variables resolved, with all its headers.
    pub request: Option<Value>,
    /// What came back.
    pub response: Option<ResponseSummary>,
    /// Why nothing did.
    pub request_error: Option<ErrorSummary>,
    /// For each prerequest script that ran, in order, the error in which it ended.
    pub prerequest_errors: Vec<Option<ErrorSummary>>,
    /// The same for the test scripts.
    pub test_errors: Vec<Option<ErrorSummary>>,
    /// The assertions, in order.
    pub assertions: Vec<AssertionSummary>,
    /// How many further times newman's report lists it: once for each request of its scripts.
    pub further_listings: usize,
    /// Why requests of its scripts brought no response, where that counts as a failure.
    pub script_request_errors: Vec<(Listen, ErrorSummary)>,
}

/// A place in a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The index of the item among those of the run, from 0.
    pub position: u64,
    /// The iteration, from 0.
    pub iteration: u64,
    /// The number of items of an iteration.
    pub length: u64,
    /// The number of iterations.
    pub cycles: u64,
    /// A UUID for this execution.
    pub reference: String,
    /// A UUID for its request.
    pub http_request_id: String,
}

/// A response.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResponseSummary {
    /// A UUID.
    pub id: String,
    /// The reason phrase.
    pub status: String,
    /// The status code.
    pub code: u16,
    /// The headers.
    pub headers: Headers,
    /// The decoded body.
    pub body: Body,
    /// The cookies as JSON.
    pub cookies: Vec<Value>,
    /// From sending to the last byte, in milliseconds.
    pub time_ms: u64,
    /// The size of the body in bytes.
    pub size: u64,
}

impl ResponseSummary {
    /// The size of status line, headers and body on the wire, in bytes.
    #[must_use]
    pub fn total_size(&self) -> u64 {
        self.size + headers_size(&self.status, &self.headers)
    }
}

/// The size of status line and headers in HTTP/1.1, in bytes.
pub(super) fn headers_size(reason: &str, headers: &Headers) -> u64 {
    let status_line = "HTTP/1.1 200 \r\n".len() + reason.len();
    let lines: usize = headers
        .iter()
        .map(|(name, value)| name.len() + value.len() + ": \r\n".len())
        .sum();
    u64::try_from(status_line + lines + "\r\n".len()).unwrap_or(u64::MAX)
}

/// An error as JavaScript knows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ErrorSummary {
    /// The class: `TypeError`.
    pub name: String,
    /// The text.
    pub message: String,
    /// The stack, if there is one.
    pub stack: Option<String>,
    /// Further members: `errno`, `code`, `syscall`, `address`, `port`.
    pub members: Map<String, Value>,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// The id of the script that failed, where one did.
    pub script_id: Option<String>,
}

/// An assertion.
#[derive(Clone, Debug, PartialEq)]
pub struct AssertionSummary {
    /// Its name.
    pub name: String,
    /// Its number in the script, from 0.
    pub index: u64,
    /// Which script.
    pub listen: Listen,
    /// Whether it was skipped.
    pub skipped: bool,
    /// Why it failed, if it did.
    pub error: Option<ErrorSummary>,
}

/// How often something happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counter {
    /// How often in all.
    pub total: u64,
    /// How many began and did not end.
    pub pending: u64,
    /// How many failed.
    pub failed: u64,
}

impl Counter {
    /// Counts one that ended well or did not.
    pub fn count(&mut self, outcome: Counted) {
        self.total += 1;
        match outcome {
            Counted::Passed => {}
            Counted::Failed => self.failed += 1,
        }
    }
}

/// How something that is counted ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Well.
    Passed,
    /// Not well.
    Failed,
}

/// What newman counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stats {
    /// Iterations that ended.
    pub iterations: Counter,
    /// Items that ended.
    pub items: Counter,
    /// Scripts of either kind.
    pub scripts: Counter,
    /// Items whose prerequest scripts, if any, ended.
    pub prerequests: Counter,
    /// Requests, those of `pm.sendRequest` too.
    pub requests: Counter,
    /// Items whose test scripts, if any, ended.
    pub tests: Counter,
    /// Assertions, skipped ones too.
    pub assertions: Counter,
    /// Test scripts.
    pub test_scripts: Counter,
    /// Prerequest scripts.
    pub prerequest_scripts: Counter,
}

/// How long things took.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Timings {
    /// Whole responses.
    pub response: Spread,
    /// DNS look-ups; zero unless measured.
    pub dns: Spread,
    /// Up to the first byte; zero unless measured.
    pub first_byte: Spread,
    /// When the run began, in milliseconds since 1970.
    pub started_ms: i64,
    /// When it ended.
    pub completed_ms: i64,
}

/// Average and spread of times in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spread {
    /// The average.
    pub average: f64,
    /// The smallest; 0 while there is none.
    pub minimum: f64,
    /// The largest.
    pub maximum: f64,
    /// The standard deviation.
    pub deviation: f64,
}

impl Spread {
    /// Takes a time into account as newman does (Welford's algorithm). `count` is the number of
    /// requests so far, with those that failed: newman divides by it, although the failed ones
    /// have no time. Times of zero are left out.
    pub fn note(&mut self, milliseconds: f64, count: u64) {
        if milliseconds <= 0.0 || count == 0 {
            return;
        }
        let count = count as f64;
        let before = milliseconds - self.average;
        self.average = (self.average * (count - 1.0) + milliseconds) / count;
        let after = milliseconds - self.average;
        let variance = (self.deviation.powi(2) * (count - 1.0) + before * after) / count;
        self.deviation = variance.sqrt();
        self.maximum = self.maximum.max(milliseconds);
        self.minimum = if self.minimum == 0.0 {
            milliseconds
        } else {
            self.minimum.min(milliseconds)
        };
    }
}

/// Something that makes a run fail.
#[derive(Clone, Copy, Debug)]
pub struct Failure<'a> {
    /// The execution in which it happened.
    pub execution: &'a ExecutionSummary,
    /// What.
    pub error: &'a ErrorSummary,
    /// Where in the execution.
    pub at: FailurePlace<'a>,
}

/// Where in an execution something failed.
#[derive(Clone, Copy, Debug)]
pub enum FailurePlace<'a> {
    /// A script, outside its assertions.
    Script(Listen),
    /// The request.
    Request,
    /// An assertion.
    Assertion(&'a AssertionSummary),
}

impl RunSummary {
    /// All failures, in the order in which they happened.
    pub fn failures(&self) -> impl Iterator<Item = Failure<'_>> {
        self.executions.iter().flat_map(ExecutionSummary::failures)
    }

    /// The names of the folders around the item with this `id`, from the outermost, and the folder
    /// or collection that holds it directly.
    #[must_use]
    pub fn ancestry(&self, id: &str) -> Option<(Vec<String>, &Value)> {
        ancestry(&self.collection, id)
    }

    /// Folders and name of an item: `Folder / Request`.
    #[must_use]
    pub fn full_name(&self, item: &Value) -> String {
        let id = item["id"].as_str().unwrap_or_default();
        let name = item["name"].as_str().unwrap_or(id);
        let mut names = self
            .ancestry(id)
            .map(|(folders, _)| folders)
            .unwrap_or_default();
        names.push(name.to_owned());
        names.join(" / ")
    }

    /// The name of the collection.
    #[must_use]
    pub fn collection_name(&self) -> &str {
        self.collection["info"]["name"].as_str().unwrap_or_default()
    }
}

fn ancestry<'a>(group: &'a Value, id: &str) -> Option<(Vec<String>, &'a Value)> {
    for item in group["item"].as_array()? {
        if item.get("item").is_some() {
            if let Some((mut folders, parent)) = ancestry(item, id) {
                let name = item["name"].as_str().or_else(|| item["id"].as_str());
                folders.insert(0, name.unwrap_or_default().to_owned());
                return Some((folders, parent));
            }
        } else if item["id"] == id {
            return Some((Vec::new(), group));
        }
    }
    None
}

impl ExecutionSummary {
    /// The id of the item.
    #[must_use]
    pub fn id(&self) -> &str {
        self.item["id"].as_str().unwrap_or_default()
    }

    /// Whether it has failures.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.failures().next().is_some()
    }

    /// Its failures in order: before the request, the request, after it; in each script the
    /// assertions before the error that ended it.
    pub fn failures(&self) -> impl Iterator<Item = Failure<'_>> {
        self.of_script(Listen::Prerequest)
            .chain(self.request_error.iter().map(|error| Failure {
                execution: self,
                error,
                at: FailurePlace::Request,
            }))
            .chain(self.of_script(Listen::Test))
    }

    fn of_script(&self, listen: Listen) -> impl Iterator<Item = Failure<'_>> {
        let assertions = self
            .assertions
            .iter()
            .filter(move |assertion| assertion.listen == listen)
            .filter_map(move |assertion| {
                Some(Failure {
                    execution: self,
                    error: assertion.error.as_ref()?,
                    at: FailurePlace::Assertion(assertion),
                })
            });
        let errors = match listen {
            Listen::Prerequest => &self.prerequest_errors,
            Listen::Test => &self.test_errors,
        };
        let requests = self
            .script_request_errors
            .iter()
            .filter(move |(at, _)| *at == listen)
            .map(move |(_, error)| Failure {
                execution: self,
                error,
                at: FailurePlace::Request,
            });
        let assertions = requests.chain(assertions);
        assertions.chain(errors.iter().flatten().map(move |error| Failure {
            execution: self,
            error,
            at: FailurePlace::Script(listen),
        }))
    }
}

/// How newman calls a script: `test-script`.
pub(super) fn script_name(listen: Listen) -> &'static str {
    match listen {
        Listen::Prerequest => "prerequest-script",
        Listen::Test => "test-script",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_spread_is_the_one_that_newman_computed() {
        // Times and counts of a probed run: the third and seventh requests failed.
        let mut spread = Spread::default();
        for (time, count) in [(27.0, 1), (7.0, 2), (2.0, 4), (3.0, 5), (3.0, 6), (2.0, 8)] {
            spread.note(time, count);
        }
        assert!((spread.average - 8.854_166_666_666_668).abs() < 1e-12);
        assert!((spread.deviation - 9.772_387_936_027_828).abs() < 1e-12);
        assert!((spread.minimum - 2.0).abs() < 1e-12);
        assert!((spread.maximum - 27.0).abs() < 1e-12);
    }

    #[test]
    fn names_hold_the_folders() {
        let summary = RunSummary {
            collection: json!({"info": {"name": "C"}, "item": [
                {"id": "f", "name": "Outer", "item": [
                    {"id": "g", "name": "Inner", "item": [{"id": "a", "name": "deep"}]}]},
                {"id": "b", "name": "flat"}]}),
            ..RunSummary::default()
        };
        assert_eq!(
            summary.full_name(&json!({"id": "a", "name": "deep"})),
            "Outer / Inner / deep"
        );
        assert_eq!(
            summary.full_name(&json!({"id": "b", "name": "flat"})),
            "flat"
        );
        assert_eq!(summary.full_name(&json!({"id": "zz"})), "zz");
        assert_eq!(summary.ancestry("a").unwrap().1["id"], "g");
        assert_eq!(summary.ancestry("b").unwrap().1["info"]["name"], "C");
    }

    #[test]
    fn the_size_of_a_response_counts_its_headers() {
        let response = ResponseSummary {
            status: "OK".into(),
            headers: Headers::from_iter([
                ("Content-Type", "application/json; charset=utf-8"),
                ("Date", "Sun, 22 Nov 2026 17:24:47 GMT"),
                ("Connection", "keep-alive"),
                ("Keep-Alive", "timeout=5"),
                ("Content-Length", "291"),
            ]),
            size: 291,
            ..ResponseSummary::default()
        };
        // As newman shows it for this response.
        assert_eq!(response.total_size(), 462);
    }
}
