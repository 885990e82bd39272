use std::time::Duration;

use serde_json::json;

use super::*;
use crate::exchange::{Outcome, Vantage};

fn entry() -> Value {
    json!({
        "startedDateTime": "2026-03-31T09:00:00.000+02:00",
        "time": 175.0,
        "request": {
            "method": "POST",
            "url": "https://api.example.org/x?y=1",
            "headers": [
                {"name": ":authority", "value": "api.example.org"},
                {"name": "Authorization", "value": "Bearer T0PS3CR3T"}
            ],
            "postData": {"mimeType": "application/json", "text": "{}"}
        },
        "response": {
            "status": 201,
            "statusText": "Created",
            "headers": [],
            "content": {"size": 2, "text": "aGk=", "encoding": "base64"}
        },
        "timings": {"blocked": 10, "dns": -1, "connect": 20, "ssl": 15, "send": 5, "wait": 100, "receive": 40}
    })
}

fn read(entries: &[Value]) -> Result<Archive, ArchiveError> {
    let har = json!({"log": {"version": "1.2", "creator": {"name": "Gate", "version": "3"}, "entries": entries}});
    Archive::parse(har.to_string().as_bytes())
}

fn failure(bytes: &[u8]) -> String {
    Archive::parse(bytes).err().unwrap().to_string()
}

#[test]
fn an_entry_is_an_exchange_seen_by_the_client() {
    let archive = read(&[entry()]).unwrap();
    assert_eq!(archive.creator, "Gate 3");
    assert_eq!(archive.omissions, []);
    let exchange = &archive.exchanges[0];
    assert_eq!(exchange.vantage, Vantage::Client);
    assert_eq!(exchange.request.headers.len(), 1);
    assert_eq!(exchange.response().unwrap().body.text(), Some("hi"));
    let timing = exchange.timing;
    assert_eq!(timing.request_first.to_string(), "2026-03-31T07:00:00.03Z");
    assert_eq!(timing.total(), Duration::from_millis(145));
    assert_eq!(timing.first_byte(), Duration::from_millis(100));
}

#[test]
fn exchanges_stand_in_the_order_in_which_they_ended() {
    let (mut slow, quick) = (entry(), entry());
    slow["timings"]["wait"] = 9000.into();
    slow["request"]["url"] = "https://slow.example.org/".into();
    let archive = read(&[slow, quick]).unwrap();
    assert!(archive.exchanges[1].request.url.contains("slow"));
}

#[test]
fn forms_and_what_never_came_are_read() {
    let mut form = entry();
    form["request"]["postData"] =
        json!({"mimeType": "x", "params": [{"name": "a b", "value": "c&d"}, {"name": "e"}]});
    form["response"] = json!({"status": 0, "headers": [], "content": {}});
    let archive = read(&[form]).unwrap();
    assert_eq!(
        archive.exchanges[0].request.body.text(),
        Some("a+b=c%26d&e=")
    );
    assert!(matches!(archive.exchanges[0].outcome, Outcome::Failure(_)));
}

#[test]
fn what_a_writer_left_out_is_told() {
    let mut bare = entry();
    bare["request"]["postData"] = Value::Null;
    bare["request"]["bodySize"] = 12.into();
    bare["response"]["content"] = json!({"size": 5});
    let archive = read(&[bare]).unwrap();
    assert_eq!(
        archive.omissions,
        [Omission::RequestBody, Omission::ResponseBody]
    );
}

#[test]
fn a_body_of_which_nothing_is_known_was_there_if_its_headers_say_so() {
    for (method, size, header, was_there) in [
        ("POST", -1, ("Content-Length", "12"), true),
        ("POST", -1, ("Content-Length", "0"), false),
        ("POST", -1, ("Content-Type", "application/json"), true),
        ("POST", 0, ("Content-Type", "application/json"), false),
        ("GET", -1, ("Content-Type", "application/json"), false),
        ("POST", -1, ("Accept", "*/*"), false),
    ] {
        let mut bare = entry();
        bare["request"]["method"] = method.into();
        bare["request"]["postData"] = Value::Null;
        bare["request"]["bodySize"] = size.into();
        bare["request"]["headers"] = json!([{"name": header.0, "value": header.1}]);
        let omitted = !read(&[bare]).unwrap().omissions.is_empty();
        assert_eq!(omitted, was_there, "{method} {size} {header:?}");
    }
}

#[test]
fn times_that_cannot_be_are_held_within_bounds() {
    for (started, wait) in [
        ("9999-12-31T23:59:59.999999999Z", json!(1e300)),
        ("-009999-01-02T01:59:59Z", json!(-1e300)),
        ("2026-01-01T00:00:00Z", json!("soon")),
    ] {
        let mut odd = entry();
        odd["startedDateTime"] = started.into();
        odd["timings"]["wait"] = wait;
        let timing = read(&[odd]).ok().map(|archive| archive.exchanges[0].timing);
        assert!(timing.is_none_or(|timing| timing.total() <= Duration::from_hours(25)));
    }
}

#[test]
fn everything_that_is_wrong_is_told_at_once_without_a_value() {
    let mut broken = entry();
    broken["startedDateTime"] = "T0PS3CR3T".into();
    broken["request"]["url"] = "T0PS3CR3T".into();
    broken["request"]["method"] = 7.into();
    broken["response"]["status"] = 99.into();
    let mut other = entry();
    other["response"]["headers"] = json!([{"name": "x"}]);
    other["request"]["headers"] = Value::Null;
    let message = read(&[broken, other]).err().unwrap().to_string();
    insta::assert_snapshot!(message, @"
    log.entries[0].startedDateTime is not a moment with its offset, as 2026-03-31T09:00:00.000Z
      log.entries[0].request.method is not a method
      log.entries[0].request.url is not a URL with its scheme
      log.entries[0].response.status is not a status from 100 to 599, or 0
      log.entries[1].request.headers is not a list of headers
      log.entries[1].response.headers[0] is not a name and a value
      export the archive again, or mend these entries (HAR 1.2 §3)
    ");
}

#[test]
fn what_is_no_archive_is_refused_with_its_place() {
    assert!(failure(b"{\"log\": {\"entries\": [\n{]").starts_with("2:2: not JSON (a character"));
    assert!(failure(b"{\"log\": ").contains("it ends too early"));
    assert!(failure(b"").contains("it ends too early"));
    for other in ["[]", "{}", "{\"log\": {\"entries\": 1}}", "null"] {
        assert!(
            failure(other.as_bytes()).starts_with("there is no `log.entries`"),
            "{other}"
        );
    }
}

#[test]
fn an_archive_is_told_from_a_history() {
    for (text, is_one) in [
        ("{\"log\": {}}", true),
        ("\u{feff}  {\n \"log\": {}}", true),
        ("{\"sequence\":1,\"kind\":\"run-started\"}", false),
        ("", false),
        ("log", false),
    ] {
        assert_eq!(Archive::is_one(text.as_bytes()), is_one, "{text}");
    }
}
