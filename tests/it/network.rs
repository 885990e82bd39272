//! What goes wrong on the way to the server is data: the run goes on, the reports are written, and
//! the exit code is 1.

use std::net::TcpListener;

use serde_json::Value;

use crate::collection::{Item as _, collection, get, post};
use crate::outcome::Outcome;
use crate::server::{Reply, Server};
use crate::tls::self_signed_server;
use crate::workplace::Workplace;

/// Runs a request to `url` and one to a server that works, with `extra` arguments; gives back the
/// first request's error and what was printed.
fn failing(url: &str, extra: &str) -> (String, Outcome) {
    let server = Server::echo();
    let place = Workplace::new();
    let reaches = "pm.test('the run goes on', () => pm.response.to.have.status(200));";
    place.write_json(
        "c.json",
        &collection(&[
            get("broken", url)
                .tested("pm.test('an answer', () => pm.response.to.have.status(200));"),
            get("works", &server.url("/x")).tested(reaches),
        ]),
    );
    let outcome = place
        .line(&format!(
            "run c.json -r cli,json,junit --reporter-json-export r.json \
             --reporter-junit-export r.xml {extra}"
        ))
        .expect(1);
    assert_eq!(server.log().len(), 1, "the run did not go on");
    let report = place.json("r.json");
    let executions = report["run"]["executions"].as_array().unwrap();
    assert_eq!(executions.len(), 2);
    assert_eq!(report["run"]["stats"]["requests"]["failed"], 1);
    assert!(place.read("r.xml").contains("<testsuite "));
    assert!(executions[0]["requestError"].is_object());
    let message = report["run"]["failures"]
        .as_array()
        .unwrap()
        .iter()
        .find(|failure| failure["at"] == "request")
        .and_then(|failure| failure["error"]["message"].as_str())
        .unwrap_or_else(|| panic!("no error of a request in {}", report["run"]["failures"]))
        .to_owned();
    assert!(
        outcome.stdout.contains(&message),
        "the console does not say «{message}»:\n{}",
        outcome.stdout
    );
    (message, outcome)
}

/// A port on which nobody listens.
fn deserted_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn a_variable_without_a_value_in_the_host_is_told() {
    let (message, _) = failing("https://{{nowhere}}/x", "");
    assert_eq!(
        message,
        "getaddrinfo ENOTFOUND {{nowhere}}: the variable has no value"
    );
}

#[test]
fn a_connection_that_is_refused_is_told_with_its_place() {
    let port = deserted_port();
    let (message, outcome) = failing(&format!("http://127.0.0.1:{port}/x"), "");
    assert_eq!(message, format!("connect ECONNREFUSED 127.0.0.1:{port}"));
    insta::assert_snapshot!(outcome.shown());
}

#[test]
fn a_certificate_that_nobody_trusts_is_told_with_what_to_do() {
    let (server, _) = self_signed_server();
    let url = format!("https://localhost:{}/x", server.address().port());
    let (message, _) = failing(&url, "");
    assert_eq!(
        message,
        "unable to verify the first certificate: no trusted authority issued it (name yours with \
         --ssl-extra-ca-certs)"
    );
    assert_eq!(server.log().len(), 0);
}

#[test]
fn a_certificate_that_nobody_trusts_is_accepted_where_asked_for() {
    let (server, certificate) = self_signed_server();
    let place = Workplace::new();
    let url = format!("https://localhost:{}/x", server.address().port());
    place.write_json("c.json", &collection(&[get("r", &url)]));
    place.write("ca.pem", certificate);
    place.line("run c.json --insecure").expect(0);
    place.line("run c.json -k").expect(0);
    place
        .line("run c.json --ssl-extra-ca-certs ca.pem")
        .expect(0);
    assert_eq!(server.log().len(), 3);
}

#[test]
fn plain_text_where_tls_was_asked_for_is_told() {
    let server = Server::echo();
    let (message, _) = failing(&format!("https://{}/x", server.address()), "");
    assert!(message.starts_with("TLS handshake failed: "), "{message}");
    let (insecure, _) = failing(&format!("https://{}/x", server.address()), "--insecure");
    assert_eq!(insecure, message);
    assert_eq!(server.log().len(), 0);
}

#[test]
fn a_body_that_is_cut_off_is_told() {
    let whole = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";
    for (head, body) in [
        ("Content-Length: 100\r\n\r\n", "the first half"),
        ("Transfer-Encoding: chunked\r\n\r\n", "40\r\nhalf a chunk"),
    ] {
        let bytes = format!("{whole}{head}{body}").into_bytes();
        let server = Server::new(move |_| Reply::Bytes(bytes.clone()));
        let (message, _) = failing(&server.url("/x"), "");
        assert_eq!(message, "aborted", "{head}");
    }
}

#[test]
fn a_server_that_hangs_up_is_told() {
    let server = Server::new(|_| Reply::Bytes(Vec::new()));
    let (message, _) = failing(&server.url("/x"), "");
    assert_eq!(message, "socket hang up");
}

#[test]
fn an_answer_that_is_no_http_is_told() {
    let server = Server::new(|_| Reply::Bytes(b"SSH-2.0-OpenSSH_9.6\r\n\r\n".to_vec()));
    let (message, _) = failing(&server.url("/x"), "");
    assert!(message.starts_with("Parse Error: "), "{message}");
}

#[test]
fn a_request_that_takes_too_long_is_told() {
    let server = Server::new(|_| Reply::Silence);
    let (message, _) = failing(&server.url("/x"), "--timeout-request 300");
    assert_eq!(message, "ESOCKETTIMEDOUT");
}

#[test]
fn a_name_that_nobody_knows_is_told() {
    let (message, _) = failing("http://no-such-host.invalid/x", "");
    assert!(
        message.starts_with("getaddrinfo E") && message.ends_with("no-such-host.invalid"),
        "{message}"
    );
}

#[test]
fn an_upload_that_is_not_there_is_told_and_the_run_goes_on() {
    let server = Server::echo();
    let place = Workplace::new();
    let mut upload = post("upload", &server.url("/upload"), "");
    upload["request"]["body"] =
        serde_json::json!({ "mode": "file", "file": { "src": "absent.bin" } });
    place.write_json(
        "c.json",
        &collection(&[upload, get("after", &server.url("/after"))]),
    );
    let outcome = place.line("run c.json -r cli,json --reporter-json-export r.json");
    assert!(
        server
            .log()
            .iter()
            .any(|request| request.path() == "/after"),
        "the run did not go on"
    );
    let told = outcome.stdout.clone() + &place.json("r.json").to_string();
    assert!(
        told.contains("absent.bin"),
        "nobody hears of the file: {told}"
    );
}

#[test]
fn the_time_for_a_whole_run_ends_it_and_is_told() {
    let server = Server::echo();
    let place = Workplace::new();
    let spin = "const end = Date.now() + 120; while (Date.now() < end) {}";
    let item = get("slow", &server.url("/x")).prepared(spin);
    place.write_json("c.json", &collection(&[item]));
    let outcome = place.line("run c.json -n 1000 --timeout 400").expect(1);
    assert!(outcome.stderr.contains("--timeout"), "{}", outcome.stderr);
    assert!(server.log().len() < 10);
}

#[test]
fn certify_says_unreachable_where_nobody_answers() {
    let place = Workplace::new();
    let base = format!("http://127.0.0.1:{}", deserted_port());
    let items: Vec<Value> = (0..2)
        .map(|number| get(&format!("r{number}"), &format!("{base}/x")))
        .collect();
    place.write_json("c.json", &collection(&items));
    place.write_json(
        "e.json",
        &crate::collection::environment(&[("base", &base, "default")]),
    );
    place
        .line("certify c.json -e e.json --target sandbox")
        .expect(6);
    let events = place.events("evidence/history.ndjson");
    assert_eq!(events.last().unwrap()["end"], "TARGET_UNREACHABLE");
    assert!(place.path("evidence/results.json").exists());
    assert!(place.path("evidence/junit.xml").exists());
}
