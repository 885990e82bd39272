//! `preflight mock`.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use preflight::event::End;
use preflight::history::History;

use crate::workplace::{Running, Workplace, send};

/// A mock that serves, and its origin.
pub fn serve(place: &Workplace, more: &[&str]) -> (Running, String) {
    let mut arguments = vec!["mock", "--listen", "127.0.0.1:0"];
    arguments.extend(more);
    let mut child = Running::start(&mut place.command(&arguments));
    let stdout = child.stdout();
    let mut lines = BufReader::new(stdout).lines();
    let token = lines
        .by_ref()
        .map_while(Result::ok)
        .find_map(|line| line.trim().strip_prefix("token ").map(str::to_owned))
        .expect("the mock says where tokens are asked for");
    std::thread::spawn(move || lines.count());
    let origin = token.trim().trim_end_matches("/oauth/token").to_owned();
    (child, origin)
}

#[test]
fn collections_run_against_it_with_the_environment_that_it_writes() {
    let place = Workplace::new();
    let (child, _) = serve(&place, &["--history", "h.ndjson"]);
    let collection = crate::workplace::repository()
        .join("collections/payments-out-provider-api.postman_collection.json");
    let outcome = place.preflight(&[
        "run",
        collection.to_str().unwrap(),
        "-e",
        "preflight-mock.postman_environment.json",
    ]);
    outcome.expect(0);
    send("INT", child.id());
    let outcome = place.finish(child).expect(0);
    assert!(
        outcome.stderr.contains("stopped; 41 requests served"),
        "{}",
        outcome.stderr
    );
    let history = History::read(&place.path("h.ndjson")).unwrap();
    assert_eq!(history.end(), Some(End::Complete));
    let text = place.read("h.ndjson");
    for secret in [
        "mock-provider-secret-2f6c1a",
        "mock-api-key-9d41c7e2",
        "eyJ",
    ] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[test]
fn it_stops_at_sigterm_too_although_connections_are_open() {
    let place = Workplace::new();
    let (child, origin) = serve(&place, &["--export-environment", "mine.json"]);
    assert_eq!(
        place.json("mine.json")["values"][0]["value"],
        origin.as_str()
    );
    let mut stream = TcpStream::connect(origin.trim_start_matches("http://")).unwrap();
    stream
        .write_all(b"GET /nowhere HTTP/1.1\r\nhost: a\r\n\r\n")
        .unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 404");
    send("TERM", child.id());
    let outcome = place.finish(child).expect(0);
    assert!(
        outcome.stderr.contains("1 request served"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_port_that_is_taken_is_told() {
    let place = Workplace::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let outcome = place
        .preflight(&["mock", "--listen", &address, "--history", "h.ndjson"])
        .expect_refused();
    assert!(!place.path("h.ndjson").exists());
    assert!(outcome.stderr.contains(&address), "{}", outcome.stderr);
    assert!(
        outcome.stderr.contains("with --listen"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn what_it_would_ignore_make_or_show_is_refused() {
    let place = Workplace::new();
    for (more, told) in [
        (
            "--notify http://user:hunter2@127.0.0.1:9/n",
            "a user name or a password",
        ),
        (
            "--notification-header x-mine=hunter2 --insecure",
            "--notification-header, --insecure: for --notify only",
        ),
        ("--export-environment new/e.json", "there is no folder new"),
        ("--history new/h.ndjson", "there is no folder new"),
        ("--tls --ca-file new/ca.pem", "there is no folder new"),
    ] {
        let line = format!("mock --listen 127.0.0.1:0 {more}");
        let outcome = place.line(&line).expect_refused();
        assert!(outcome.stderr.contains(told), "{more}: {}", outcome.stderr);
        assert!(!outcome.stderr.contains("hunter2"), "{}", outcome.stderr);
    }
    assert!(!place.path("new").exists());
}

#[test]
fn with_tls_its_authority_is_written() {
    let place = Workplace::new();
    let (child, origin) = serve(&place, &["--tls", "--ca-file", "ca.pem"]);
    assert!(origin.starts_with("https://127.0.0.1:"), "{origin}");
    assert!(place.read("ca.pem").contains("BEGIN CERTIFICATE"));
    let collection = crate::workplace::repository()
        .join("collections/payments-out-consumer-api.postman_collection.json");
    place
        .preflight(&[
            "run",
            collection.to_str().unwrap(),
            "-e",
            "preflight-mock.postman_environment.json",
            "--ssl-extra-ca-certs",
            "ca.pem",
        ])
        .expect(0);
    send("INT", child.id());
    place.finish(child).expect(0);
}

#[test]
fn a_full_disk_ends_it_with_a_fault() {
    let place = Workplace::new();
    let outcome = place
        .line("mock --listen 127.0.0.1:0 --history /dev/full")
        .expect(7);
    assert!(outcome.stderr.contains("/dev/full"), "{}", outcome.stderr);
}

#[test]
fn its_admin_interface_is_where_it_says() {
    let place = Workplace::new();
    let arguments = ["mock", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
    let mut child = Running::start(&mut place.command(&arguments));
    let stdout = child.stdout();
    let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
    let url = lines
        .find_map(|line| line.trim().strip_prefix("admin ").map(str::to_owned))
        .expect("the mock says where its admin interface is");
    std::thread::spawn(move || lines.count());
    let host = url.trim().trim_start_matches("http://");
    let (host, path) = host.split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let request = format!("GET /{path}state HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    send("INT", child.id());
    place.finish(child).expect(0);
}

#[test]
fn a_provider_is_told_what_notifications_prove_themselves_with() {
    let place = Workplace::new();
    let listen = ["mock", "--listen", "127.0.0.1:0"];
    let notify = ["--notify", "http://127.0.0.1:9/n", "--seed", "1"];
    for (more, value, hidden) in [
        (&[][..], "x-preflight-notification: ", "hunter2"),
        (
            &["--notification-header", "x-mine=hunter2"][..],
            "x-mine: (the value that you gave)",
            "hunter2",
        ),
    ] {
        let arguments = [&listen[..], &notify[..], more].concat();
        let mut child = Running::start(&mut place.command(&arguments));
        let stdout = child.stdout();
        let told: Vec<String> = BufReader::new(stdout)
            .lines()
            .map_while(Result::ok)
            .take_while(|line| !line.trim().starts_with("organisation"))
            .collect();
        send("INT", child.id());
        place.finish(child).expect(0);
        let told = told.join("\n");
        assert!(told.contains(value), "{told}");
        assert!(told.contains("/.well-known/jwks.json"), "{told}");
        assert!(
            told.contains("token issuer  https://id.mock.invalid/"),
            "{told}"
        );
        assert!(!told.contains(hidden), "{told}");
    }
}

#[test]
fn a_mock_does_not_outlive_a_test_that_fails() {
    let place = Workplace::new();
    let (child, origin) = serve(&place, &[]);
    drop(child);
    assert!(TcpStream::connect(origin.trim_start_matches("http://")).is_err());
}

#[test]
fn of_what_it_served_a_reset_forgets_nothing() {
    let place = Workplace::new();
    let arguments = ["mock", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
    let mut child = Running::start(&mut place.command(&arguments));
    let told: Vec<String> = BufReader::new(child.stdout())
        .lines()
        .map_while(Result::ok)
        .take_while(|line| !line.trim().starts_with("environment"))
        .collect();
    let url = |name: &str| {
        let line = told.iter().find_map(|line| line.trim().strip_prefix(name));
        line.expect("it is told")
            .trim()
            .trim_start_matches("http://")
            .to_owned()
    };
    let ask = |request: &str, url: &str| {
        let (host, path) = url.split_once('/').unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        let head = format!("{request} /{path}");
        let (method, path) = head.split_once(' ').unwrap();
        let text = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        stream.write_all(text.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    ask("POST", &url("token "));
    let reset = ask("POST", &format!("{}reset", url("admin ")));
    assert!(reset.starts_with("HTTP/1.1 200"), "{reset}");
    send("INT", child.id());
    let outcome = place.finish(child).expect(0);
    let told = "stopped; 1 request served";
    assert!(outcome.stderr.contains(told), "{}", outcome.stderr);
}
