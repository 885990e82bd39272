//! Scripts that fail are data too: the run goes on and says which script it was and why.

use serde_json::Value;

use crate::collection::{Item as _, collection, get};
use crate::outcome::Outcome;
use crate::server::Server;
use crate::workplace::Workplace;

/// Runs a request with a test script, and one after it; gives back the failures of the report.
fn failures(test: &str, extra: &str) -> (Vec<Value>, Outcome) {
    let server = Server::echo();
    let place = Workplace::new();
    place.write_json(
        "c.json",
        &collection(&[
            get("first", &server.url("/first")).tested(test),
            get("second", &server.url("/second")).tested("pm.test('later', () => {});"),
        ]),
    );
    let outcome = place
        .line(&format!(
            "run c.json -r cli,json,junit --reporter-json-export r.json \
             --reporter-junit-export r.xml {extra}"
        ))
        .expect(1);
    let asked: Vec<_> = server
        .log()
        .iter()
        .map(|request| request.path().to_owned())
        .collect();
    assert_eq!(asked, ["/first", "/second"], "the run did not go on");
    let report = place.json("r.json");
    let failures = report["run"]["failures"].as_array().unwrap().clone();
    let junit = place.read("r.xml");
    for failure in &failures {
        let message = failure["error"]["message"].as_str().unwrap();
        assert!(
            outcome.stdout.contains(message),
            "{message}:\n{}",
            outcome.stdout
        );
    }
    assert!(
        junit.contains("<failure") || junit.contains("<error") || junit.contains("<system-err"),
        "{junit}"
    );
    (failures, outcome)
}

fn error(failure: &Value) -> (&str, &str) {
    let text = |key: &str| failure["error"][key].as_str().unwrap();
    (text("name"), text("message"))
}

#[test]
fn a_syntax_error_is_told() {
    let (failures, outcome) = failures("pm.test('never', () => {\n  let = ;", "");
    assert_eq!(failures.len(), 1);
    assert_eq!(error(&failures[0]).0, "SyntaxError");
    assert_eq!(failures[0]["at"], "test-script");
    assert!(!outcome.stdout.contains("never"), "{}", outcome.stdout);
}

#[test]
fn a_script_that_throws_is_told_and_its_earlier_tests_count() {
    let (failures, outcome) = failures(
        "pm.test('before', () => {});\nthrow new TypeError('no such thing');\n\
         pm.test('after', () => {});",
        "",
    );
    assert_eq!(failures.len(), 1);
    assert_eq!(error(&failures[0]), ("TypeError", "no such thing"));
    assert!(outcome.stdout.contains("✓  before"), "{}", outcome.stdout);
    assert!(!outcome.stdout.contains("after"), "{}", outcome.stdout);
    insta::assert_snapshot!(outcome.shown());
}

#[test]
fn a_script_that_throws_no_error_is_told_all_the_same() {
    let (failures, _) = failures("throw 'just a text';", "");
    assert_eq!(failures.len(), 1);
    assert!(
        failures[0]["error"].to_string().contains("just a text"),
        "{}",
        failures[0]
    );
}

#[test]
fn a_script_that_never_ends_is_stopped() {
    for script in [
        "while (true) {}",
        "new Promise(() => { while (true) {} });",
        "/(a+)+$/.test('a'.repeat(60) + '!');",
    ] {
        let (failures, _) = failures(script, "--timeout-script 300");
        let told = failures
            .iter()
            .any(|failure| error(failure).1.contains("timeout"));
        assert!(told, "{script}: {failures:?}");
    }
}

#[test]
fn a_timer_that_never_fires_in_time_is_stopped() {
    let (failures, _) = failures(
        "setTimeout(() => {}, 1000000);\npm.test('done', () => {});",
        "--timeout-script 300",
    );
    assert_eq!(failures.len(), 1);
}

#[test]
fn a_failed_assertion_shows_what_was_expected() {
    let (failures, outcome) = failures(
        "pm.test('the status', () => pm.response.to.have.status(201));\n\
         pm.test('the body', () => pm.expect(pm.response.json().line).to.eql('GET'));\n\
         pm.test.skip('later', () => {});",
        "",
    );
    assert_eq!(failures.len(), 2);
    assert_eq!(
        error(&failures[0]),
        (
            "AssertionError",
            "expected response to have status code 201 but got 200"
        )
    );
    assert_eq!(
        error(&failures[1]).1,
        "expected 'GET /first HTTP/1.1' to deeply equal 'GET'"
    );
    insta::assert_snapshot!(outcome.shown());
}

#[test]
fn an_assertion_that_never_settles_is_told_in_strict_mode() {
    let (failures, _) = failures(
        "pm.test('never calls back', (done) => {});",
        "--timeout-script 300",
    );
    assert!(!failures.is_empty());
}

#[test]
fn a_rejected_promise_of_a_test_fails_it() {
    let (failures, _) = failures(
        "pm.test('asynchronous', async () => { pm.expect(1).to.eql(2); });",
        "",
    );
    assert_eq!(failures.len(), 1);
    assert_eq!(error(&failures[0]).1, "expected 1 to deeply equal 2");
}

#[test]
fn scripts_of_postmans_first_years_run() {
    let (failures, outcome) = failures(
        "tests['has'] = responseBody.has('GET /first') && !responseBody.has(/POST/);\n\
         tests['status'] = responseCode.code === 200;\n\
         tests['wrong'] = JSON.parse(responseBody).line === 'x';\n\
         pm.test('comes first', () => {});",
        "",
    );
    assert_eq!(failures.len(), 1);
    let shown = &outcome.stdout;
    let place = |text: &str| {
        shown
            .find(text)
            .unwrap_or_else(|| panic!("{text}:\n{shown}"))
    };
    assert!(place("✓  comes first") < place("✓  has"));
    assert!(place("✓  status") < place("1. wrong"));
}
