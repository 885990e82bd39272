//! A small run with everything in it that can go wrong, for the tests of newman's reports.

use serde_json::{Value, json};

use super::newman::{
    AssertionSummary, Counter, Cursor, ErrorSummary, ExecutionSummary, ResponseSummary, RunSummary,
    Stats, Timings,
};
use crate::event::Listen;
use crate::exchange::Headers;

fn item(id: &str, name: &str) -> Value {
    json!({"id": id, "name": name, "request": {"method": "GET"}, "response": [], "event": []})
}

fn error(name: &str, message: &str, script: &str) -> ErrorSummary {
    ErrorSummary {
        name: name.into(),
        message: message.into(),
        stack: None,
        members: serde_json::Map::new(),
        at_ms: 1_767_225_600_100,
        script_id: Some(script.into()),
    }
}

fn assertion(name: &str, index: u64) -> AssertionSummary {
    AssertionSummary {
        name: name.into(),
        index,
        listen: Listen::Test,
        skipped: false,
        error: None,
    }
}

fn passing(iteration: u64) -> ExecutionSummary {
    let failed = ErrorSummary {
        stack: Some(
            "AssertionError: expected 1 to deeply equal 2\n   at Object.eval sandbox-script.js:3:1)"
                .into(),
        ),
        ..error("AssertionError", "expected 1 to deeply equal 2", "script-a")
    };
    ExecutionSummary {
        cursor: Cursor {
            position: 0,
            iteration,
            length: 3,
            cycles: 2,
            reference: format!("ref-{iteration}-0"),
            http_request_id: format!("request-{iteration}-0"),
        },
        item: item("aaaa", "passing"),
        request: Some(json!({
            "url": {"protocol": "http", "host": ["a", "invalid"], "path": ["x"], "query": [],
                "variable": []},
            "header": [],
            "method": "GET",
        })),
        response: Some(ResponseSummary {
            id: format!("response-{iteration}-0"),
            status: "OK".into(),
            code: 200,
            headers: Headers::from_iter([("Content-Type", "text/plain")]),
            body: "hi".to_owned().into(),
            cookies: Vec::new(),
            time_ms: 27,
            size: 2,
        }),
        test_errors: vec![None],
        assertions: vec![
            assertion("status is 200", 0),
            AssertionSummary {
                skipped: true,
                ..assertion("skipped one", 1)
            },
            AssertionSummary {
                error: Some(failed),
                ..assertion("fails & \"<falls>\"", 2)
            },
            assertion("status is 200", 3),
        ],
        ..ExecutionSummary::default()
    }
}

fn refused(iteration: u64) -> ExecutionSummary {
    let refusal = ErrorSummary {
        stack: Some(
            "Error: connect ECONNREFUSED 127.0.0.1:1\n    at TCPConnectWrap.afterConnect \
             [as oncomplete] (node:net:1611:16)"
                .into(),
        ),
        members: json!({"errno": -111, "code": "ECONNREFUSED", "syscall": "connect",
            "address": "127.0.0.1", "port": 1})
        .as_object()
        .cloned()
        .unwrap_or_default(),
        script_id: None,
        ..error("Error", "connect ECONNREFUSED 127.0.0.1:1", "")
    };
    ExecutionSummary {
        cursor: Cursor {
            position: 1,
            reference: format!("ref-{iteration}-1"),
            http_request_id: format!("request-{iteration}-1"),
            ..passing(iteration).cursor
        },
        item: item("bbbb", "refused"),
        request: passing(iteration).request,
        request_error: Some(refusal),
        prerequest_errors: vec![Some(error("TypeError", "before ]]> broke", "script-b"))],
        test_errors: vec![Some(error("Error", "script broke", "script-c"))],
        ..ExecutionSummary::default()
    }
}

fn quiet(iteration: u64) -> ExecutionSummary {
    ExecutionSummary {
        cursor: Cursor {
            position: 2,
            reference: format!("ref-{iteration}-2"),
            http_request_id: format!("request-{iteration}-2"),
            ..passing(iteration).cursor
        },
        item: item("cccc", "no tests <204>"),
        response: Some(ResponseSummary {
            status: "No Content".into(),
            code: 204,
            time_ms: 3,
            ..ResponseSummary::default()
        }),
        assertions: Vec::new(),
        ..passing(iteration)
    }
}

/// Two iterations of three items: one in a folder with four assertions of which one fails, one is
/// skipped and two share a name; one whose scripts and request fail; one without tests.
pub(super) fn example() -> RunSummary {
    let counter = |total, failed| Counter {
        total,
        pending: 0,
        failed,
    };
    let mut timings = Timings {
        started_ms: 1_767_225_600_000,
        completed_ms: 1_767_225_600_238,
        ..Timings::default()
    };
    for (time, count) in [(27.0, 1), (3.0, 3), (27.0, 4), (3.0, 6)] {
        timings.response.note(time, count);
    }
    RunSummary {
        collection: json!({
            "_": {"postman_id": "11111111-2222-4333-8444-555555555555"},
            "item": [
                {"id": "ffff", "name": "Folder one", "item": [item("aaaa", "passing")], "event": []},
                item("bbbb", "refused"),
                item("cccc", "no tests <204>"),
            ],
            "event": [],
            "variable": [],
            "info": {
                "_postman_id": "11111111-2222-4333-8444-555555555555",
                "name": "Example collection",
                "schema":
                    "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
            },
        }),
        environment: json!({"id": "e", "name": "env", "values": []}),
        globals: json!({"id": "g", "values": []}),
        executions: (0..2)
            .flat_map(|iteration| [passing(iteration), refused(iteration), quiet(iteration)])
            .collect(),
        stats: Stats {
            iterations: counter(2, 0),
            items: counter(6, 0),
            scripts: counter(6, 4),
            prerequests: counter(6, 0),
            requests: counter(6, 2),
            tests: counter(6, 0),
            assertions: counter(8, 2),
            test_scripts: counter(4, 2),
            prerequest_scripts: counter(2, 2),
        },
        timings,
        response_total: 4,
        error: None,
    }
}
