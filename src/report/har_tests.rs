//! What is written as an HTTP archive is one, and reads as what was recorded.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::base::Clock;
use crate::history::Archive;
use crate::history::composer::Composer;

fn written(history: &History) -> String {
    let mut bytes = Vec::new();
    write_har("0.1.0", [history], &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// A run with everything that HAR has a word for.
fn run() -> History {
    let mut run = Composer::replay();
    run.step("Ask")
        .send(
            "POST",
            "/v3/batchpayments?a=1&b=%C3%BC",
            json!({"data": 1}),
            201,
            json!({"data": {}}),
        )
        .with(|exchange| {
            exchange.request.headers.push("Cookie", "one=1; two=2");
        })
        .answered_with("Set-Cookie", "three=3; Path=/; HttpOnly")
        .answered_with("Location", "/elsewhere")
        .step("Bytes")
        .send("GET", "/picture", Value::Null, 200, Value::Null)
        .with(|exchange| {
            exchange.request.body = vec![0xff, 0x00].into();
            if let Outcome::Response(response) = &mut exchange.outcome {
                response.body = vec![0xfe].into();
            }
        })
        .step("Cut")
        .send("GET", "/slow", Value::Null, 200, Value::Null)
        .cut();
    run.history()
}

fn schema() -> (boon::Schemas, boon::SchemaIndex) {
    let schema: Value =
        serde_json::from_str(include_str!("../../fixtures/schema/har.schema.json")).unwrap();
    let mut compiler = boon::Compiler::new();
    compiler.add_resource("har.json", schema).unwrap();
    let mut schemas = boon::Schemas::new();
    let index = compiler.compile("har.json", &mut schemas).unwrap();
    (schemas, index)
}

#[test]
fn it_is_valid_by_its_schema() {
    let (schemas, index) = schema();
    for history in [run(), Composer::replay().history()] {
        let written: Value = serde_json::from_str(&written(&history)).unwrap();
        if let Err(error) = schemas.validate(&written, index) {
            panic!("{error:#}");
        }
    }
    let mut broken: Value = serde_json::from_str(&written(&run())).unwrap();
    broken["log"]["entries"][0]["timings"]["wait"] = json!(-1);
    assert!(schemas.validate(&broken, index).is_err());
}

#[test]
fn another_reader_reads_what_was_meant() {
    let read = har::from_str(&written(&run())).unwrap();
    let har::Spec::V1_2(log) = read.log else {
        panic!("another version");
    };
    assert_eq!(log.creator.name, "preflight");
    let statuses: Vec<i64> = log.entries.iter().map(|it| it.response.status).collect();
    assert_eq!(statuses, [201, 200, 0]);
    let first = &log.entries[0];
    assert_eq!(first.comment.as_deref(), Some("Composed › Ask"));
    assert_eq!(first.response.redirect_url.as_deref(), Some("/elsewhere"));
    let pairs: Vec<(&str, &str)> = first
        .request
        .query_string
        .iter()
        .map(|it| (it.name.as_str(), it.value.as_str()))
        .collect();
    assert_eq!(pairs, [("a", "1"), ("b", "ü")]);
    let cookies: Vec<&str> = first
        .request
        .cookies
        .iter()
        .map(|it| it.name.as_str())
        .collect();
    assert_eq!(cookies, ["one", "two"]);
    assert_eq!(first.response.cookies.len(), 1);
    assert_eq!(first.response.cookies[0].value, "3");
    let bytes = &log.entries[1].response.content;
    assert_eq!(bytes.encoding.as_deref(), Some("base64"));
    assert_eq!(bytes.text.as_deref(), Some("/g=="));
}

#[test]
fn why_nothing_came_is_told() {
    let written: Value = serde_json::from_str(&written(&run())).unwrap();
    let entry = &written["log"]["entries"][2];
    assert_eq!(entry["_preflight"]["failure"], "cut");
    assert!(entry["response"]["_error"].is_string(), "{entry:#}");
    assert!(
        written["log"]["entries"][0]["response"]
            .get("_error")
            .is_none()
    );
}

#[test]
fn a_failure_is_read_with_its_kind() {
    let history = run();
    let archive = Archive::parse(written(&history).as_bytes()).unwrap();
    let kinds = archive
        .exchanges
        .iter()
        .filter_map(failure)
        .map(|it| it.kind);
    assert_eq!(kinds.collect::<Vec<_>>(), [FailureKind::Cut]);
}

/// An exchange that may have been recorded.
fn any_exchange() -> impl Strategy<Value = Exchange> {
    let body = prop::collection::vec(any::<u8>(), 0..12);
    let value = "[ -~]{0,12}";
    let headers = prop::collection::vec(("[a-zA-Z-]{1,8}", value), 0..4);
    let phases = prop::array::uniform3(0_u64..90_000_000_000);
    let request = (
        "(GET|POST|PATCH|PURGE)",
        "[a-z0-9/?&=%]{0,12}",
        headers.clone(),
        body.clone(),
    );
    let response = (100_u16..600, "[ -~]{0,8}", headers, body);
    (request, response, phases, 0_u64..1_000_000_000).prop_map(
        |(request, response, phases, start)| {
            let after = |at: Timestamp, nanoseconds| {
                crate::base::later(at, std::time::Duration::from_nanos(nanoseconds))
            };
            let request_first = after(Clock::logical_start(), start);
            let request_last = after(request_first, phases[0]);
            let response_first = after(request_last, phases[1]);
            Exchange {
                request: Request {
                    method: request.0,
                    url: format!("https://a.example/{}", request.1),
                    headers: request.2.into_iter().collect(),
                    body: request.3.into(),
                },
                outcome: Outcome::Response(crate::exchange::Response {
                    status: response.0,
                    reason: response.1,
                    headers: response.2.into_iter().collect(),
                    body: response.3.into(),
                }),
                timing: Timing {
                    request_first,
                    request_last,
                    response_first,
                    response_last: after(response_first, phases[2]),
                },
                vantage: Vantage::Client,
                connection: None,
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read_again(mut exchanges in prop::collection::vec(any_exchange(), 0..4)) {
        let mut run = Composer::replay();
        for exchange in &exchanges {
            run.send("GET", "/x", Value::Null, 200, Value::Null)
                .with(|it| it.clone_from(exchange));
        }
        let written = written(&run.history());
        let archive = Archive::parse(written.as_bytes()).unwrap();
        exchanges.sort_by_key(|it| (it.timing.response_last, it.timing.request_first));
        prop_assert_eq!(archive.exchanges, exchanges);
        prop_assert!(archive.omissions.is_empty());
        let (schemas, index) = schema();
        let value: Value = serde_json::from_str(&written).unwrap();
        prop_assert!(schemas.validate(&value, index).is_ok());
    }
}
