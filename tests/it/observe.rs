//! `preflight observe` where all goes well, and what it refuses before it begins.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;

use preflight::event::{End, EventKind};
use preflight::history::History;

use crate::mock_server::serve;
use crate::observation::{is_alive, observe, rehearsal, rogue, wait_for_log, wait_until};
use crate::workplace::{Running, Workplace, send};

/// The checks of a verdict and how each was reported.
fn levels(place: &Workplace) -> Vec<(String, String)> {
    let results = place.json("evidence/results.json");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    results["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| (text(&check["check"]), text(&check["reported"])))
        // In real time the door is on loopback, without TLS: there is nothing for it to judge.
        .filter(|(check, _)| check != "CR-04")
        .collect()
}

#[test]
fn the_reference_connector_passes_the_smallest_plan_in_both_times() {
    let place = Workplace::new();
    place
        .line("observe --specimen reference --plan smoke")
        .expect(0);
    let logical = levels(&place);
    let start = History::read(&place.path("evidence/history.ndjson")).unwrap();
    assert_eq!(start.start().time, "logical");
    let outcome = place
        .line("observe --specimen reference --plan smoke --time real")
        .expect(0);
    assert!(outcome.stdout.contains("gate met"), "{}", outcome.stdout);
    assert_eq!(levels(&place), logical);
    for name in ["history.ndjson", "results.json", "junit.xml", "report.html"] {
        assert!(place.path("evidence").join(name).exists(), "{name}");
    }
}

/// A platform of which nothing that is not public is as in the built-in profile.
const ANOTHER_PLATFORM: &str = r#"
token.client-authentication = "basic"
headers.api-key = "x-their-key"
headers.application = "x-their-product"
headers.interaction-id = "x-their-interaction"
headers.idempotency-key = "x-their-idempotency"
[paths]
token = "/identity/token"
key-set = "/identity/keys"
provider-api = "/provider/v2"
provider-messaging = "/provider/v2/messages"
consumer-api = "/consumer/v4"
consumer-messaging = "/consumer/v4/messages"
[notifications]
subscription = '{"event":"subscription.new","url":"/subscriptions/{{subscriptionId}}"}'
batch = '{"event":"batch.new","url":"/batches/{{batchId}}"}'
expected-answer = 200
[flows.subscription]
initial = ["Requested"]
terminal = ["Refused"]
edges = [{ from = "Requested", to = ["Authorised", "Refused"] }]
[flows.batch]
initial = ["New"]
terminal = ["Settled", "PartlySettled", "Bounced"]
edges = [
  { from = "New", to = ["Working"] },
  { from = "Working", to = ["Settled", "PartlySettled", "Bounced"] },
]
[flows.payment]
initial = ["New"]
terminal = ["Paid", "Bounced"]
edges = [
  { from = "New", to = ["Working"] },
  { from = "Working", to = ["Paid", "Bounced"] },
]
"#;

#[test]
fn the_reference_connector_follows_the_profile_in_both_times() {
    let place = Workplace::new();
    place.write("theirs.toml", ANOTHER_PLATFORM);
    for time in ["logical", "real"] {
        place
            .line(&format!(
                "observe --specimen reference --profile theirs.toml --plan smoke --time {time}"
            ))
            .expect(0);
        let history = History::read(&place.path("evidence/history.ndjson")).unwrap();
        let missing = history.events().iter().find_map(|event| match &event.kind {
            EventKind::ScenarioEnded { missing, .. } => Some(missing.clone()),
            _ => None,
        });
        assert_eq!(missing, Some(Vec::new()), "{time}");
        for (check, level) in levels(&place) {
            let held = ["FAIL", "WARN", "REVIEW"].contains(&level.as_str());
            assert!(!held, "{time}: {check} {level}");
        }
    }
}

#[test]
fn two_simulations_give_the_same_bytes() {
    let histories = [1, 2].map(|_| {
        let place = Workplace::new();
        place
            .line("observe --specimen reference --plan smoke --json")
            .expect(0);
        place.bytes("evidence/history.ndjson")
    });
    assert_eq!(histories[0], histories[1]);
}

#[test]
fn a_connector_that_already_runs_is_told_where_the_platform_is() {
    let place = rehearsal(3, 200);
    let port = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}/here", port.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in port.incoming().flatten() {
            let mut chunk = vec![0; 64 * 1024];
            while stream.read(&mut chunk).is_ok_and(|length| length > 0) {
                let answer = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n";
                let _ = stream.write_all(answer);
            }
        }
    });
    let outcome = place
        .preflight(&[
            "observe",
            "--attach",
            "--notify",
            &endpoint,
            "--plan",
            "short.toml",
            "--env-file",
            "theirs.env",
        ])
        .expect(6);
    assert!(
        outcome
            .stderr
            .contains("PREFLIGHT_API_URL=http://127.0.0.1:"),
        "{}",
        outcome.stderr
    );
    let told = place.read("theirs.env");
    assert!(told.contains("PREFLIGHT_CLIENT_SECRET=mock-provider-secret-2f6c1a"));
    let notified = place.read("evidence/history.ndjson");
    assert!(notified.contains(&endpoint), "it was notified");
}

#[test]
fn a_template_is_filled_for_the_connector_and_removed_afterwards() {
    let place = rehearsal(1, 60_000);
    place.write("in.yaml", "url: {{PREFLIGHT_API_URL}}\n");
    let connector = "sh -c 'cat out.yaml; echo read; while :; do sleep 1; done'";
    let child = observe(
        &place,
        connector,
        &["--config-template", "in.yaml=out.yaml"],
    );
    wait_for_log(&place, "read\n");
    assert!(
        place
            .read("evidence/connector.log")
            .starts_with("url: http://127.0.0.1:")
    );
    send("INT", child.id());
    place.finish(child).expect(130);
    assert!(!place.path("out.yaml").exists());
}

#[test]
fn over_tls_the_authority_is_written_for_the_connector() {
    let place = rehearsal(1, 60_000);
    let connector = "sh -c 'echo $PREFLIGHT_API_URL; cat $PREFLIGHT_CA_FILE; echo read; sleep 60'";
    let child = observe(&place, connector, &["--tls"]);
    wait_for_log(&place, "read\n");
    let log = place.read("evidence/connector.log");
    assert!(log.starts_with("https://127.0.0.1:"), "{log}");
    assert!(log.contains("BEGIN CERTIFICATE"), "{log}");
    send("INT", child.id());
    place.finish(child).expect(130);
}

#[test]
fn what_cannot_be_is_refused_before_anything_begins() {
    let place = rehearsal(1, 60_000);
    place.write("bad.toml", "name = 1\n");
    place.write("in.yaml", "{{PREFLIGHT_NOTHING}}\n");
    place.write("there.yaml", "theirs\n");
    for (more, told) in [
        ("--connector x --plan nowhere", "no plan «nowhere»"),
        ("--connector x --plan bad.toml", "bad.toml:"),
        ("--connector x --plan absent.toml", "absent.toml"),
        ("--connector x --time logical", "logical clock"),
        ("--specimen nobody", "no specimen «nobody»"),
        ("--connector x --for 1m", "--proxy"),
        ("--attach --notify ftp://a", "http or https URL"),
        (
            "--connector x --notification-header none",
            "--notification-header",
        ),
        (
            "--connector x --config-template in.yaml=there.yaml",
            "there already",
        ),
        (
            "--connector x --config-template in.yaml=o.yaml --plan short.toml --env-file new.env",
            "PREFLIGHT_NOTHING at 1:1",
        ),
        ("--connector x --env-file there.yaml", "there already"),
        ("--connector x --ready-timeout soon", "length of time"),
        (
            "--specimen reference --env-file e.env --tls --admin 127.0.0.1:0 --notify http://a",
            "--tls, --admin, --notify, --env-file: of no use in logical time",
        ),
        (
            "--specimen reference --insecure",
            "--insecure: of no use in logical time",
        ),
        (
            "--specimen reference --time real --grace 1s",
            "--grace: of no use to a --specimen",
        ),
        (
            "--proxy http://a --plan smoke --seed 1",
            "--plan, --seed: of no use with --proxy",
        ),
        (
            "--proxy http://a --grace 1s",
            "--grace: of no use with --proxy",
        ),
        (
            "--attach --notify http://a --notify-path /b",
            "cannot be used with",
        ),
        (
            "--attach --notify http://me:hunter2@a",
            "a user name or a password",
        ),
    ] {
        let outcome = place.line(&format!("observe {more}")).expect_refused();
        assert!(outcome.stderr.contains(told), "{more}: {}", outcome.stderr);
        assert!(!outcome.stderr.contains("hunter2"), "{}", outcome.stderr);
    }
    assert!(!place.path("evidence").exists() && !place.path("new.env").exists());
    assert_eq!(place.read("there.yaml"), "theirs\n");
}

#[test]
fn the_password_of_a_second_run_is_not_that_of_the_first() {
    // What preflight makes up follows from the seed; without one from the operating system.
    let values: Vec<String> = (0..2)
        .map(|_| {
            let place = rehearsal(1, 60_000);
            let child = observe(
                &place,
                &rogue("listens_and_does_nothing"),
                &["--env-file", "e.env"],
            );
            wait_for_log(&place, "pid ");
            let id = child.id();
            send("INT", id);
            place.finish(child).expect(130);
            wait_until("preflight", || !is_alive(id));
            let history = History::read(&place.path("evidence/history.ndjson")).unwrap();
            assert_eq!(history.end(), Some(End::AbortedByUser));
            place
                .read("e.env")
                .lines()
                .find_map(|line| line.strip_prefix("PREFLIGHT_NOTIFICATION_VALUE="))
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_ne!(values[0], values[1]);
}

#[test]
fn a_proxy_records_what_passes_and_judges_it() {
    let place = Workplace::new();
    let (sandbox, origin) = serve(&place, &["--export-environment", "e.json"]);
    let arguments = ["observe", "--proxy", &origin, "--evidence", "seen"];
    let mut proxy = Running::start(&mut place.command(&arguments));
    let mut stderr = BufReader::new(proxy.stderr()).lines();
    let line = stderr.next().expect("it says where it is").unwrap();
    let address = line.split(' ').next().unwrap().to_owned();
    let rest = std::thread::spawn(move || stderr.map_while(Result::ok).collect::<Vec<_>>());
    let collection = crate::workplace::repository()
        .join("collections/payments-out-provider-api.postman_collection.json");
    place
        .preflight(&[
            "run",
            collection.to_str().unwrap(),
            "-e",
            "e.json",
            "--env-var",
            &format!("baseUrl={address}"),
            "--env-var",
            &format!("tokenBaseUrl={address}"),
        ])
        .expect(0);
    send("INT", proxy.id());
    // The collection asks for what the flows forbid, on purpose.
    place.finish(proxy).expect(4);
    let rest = rest.join().unwrap().join("\n");
    assert!(rest.contains("stopped; 41 requests forwarded"), "{rest}");
    send("INT", sandbox.id());
    place.finish(sandbox).expect(0);
    let history = History::read(&place.path("seen/history.ndjson")).unwrap();
    assert_eq!(history.end(), Some(End::Complete));
    let results = place.json("seen/results.json");
    assert_eq!(results["runs"][0]["target"], "sandbox");
    let text = place.read("seen/history.ndjson");
    assert_eq!(text.matches("\"vantage\":\"proxy\"").count(), 41);
    assert!(text.contains(&format!("\"url\":\"{origin}/oauth/token\"")));
    for secret in [
        "mock-provider-secret-2f6c1a",
        "mock-api-key-9d41c7e2",
        "eyJ",
    ] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[test]
fn a_proxy_that_nothing_passed_has_observed_nothing() {
    let place = Workplace::new();
    place
        .line("observe --proxy http://127.0.0.1:9 --for 200ms")
        .expect(6);
}

#[test]
fn a_proxy_before_production_is_refused() {
    let place = Workplace::new();
    let outcome = place
        .line("observe --proxy https://api-payout.sage.com")
        .expect_refused();
    assert!(
        outcome.stderr.contains("--allow-production"),
        "{}",
        outcome.stderr
    );
    assert!(!place.path("evidence").exists());
}

#[test]
fn a_certification_may_observe_a_connector_too() {
    let place = Workplace::new();
    let outcome = place
        .line("certify --specimen reference --observe-plan smoke --gate ci --require connector")
        .expect(0);
    assert!(outcome.stdout.contains("(replay)") && outcome.stdout.contains("(connector)"));
    let results = place.json("evidence/results.json");
    let subjects: Vec<_> = results["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["subject"].as_str().unwrap())
        .collect();
    assert_eq!(subjects, ["replay", "connector"]);
    for name in ["history.ndjson", "observation.ndjson"] {
        let history = History::read(&place.path("evidence").join(name)).unwrap();
        assert_eq!(history.end(), Some(End::Complete));
    }
    // What is left of it does not stand beside a run without a connector.
    place.line("certify").expect(0);
    assert!(!place.path("evidence/observation.ndjson").exists());
    for (line, told) in [
        (
            "certify --env-file e.env --observe-plan ci",
            "--env-file, --observe-plan: for --connector or --specimen only",
        ),
        (
            "certify --target sandbox --mock-defect no-429",
            "--mock-defect: for the embedded mock only",
        ),
    ] {
        let outcome = place.line(line).expect_refused();
        assert!(outcome.stderr.contains(told), "{}", outcome.stderr);
    }
}
