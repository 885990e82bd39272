//! `preflight probe`.

use crate::server::{Reply, Server};
use crate::workplace::Workplace;

/// What the tests' endpoints ask for.
const VALUE: &str = "Correct-Horse-Battery-7";

fn place() -> Workplace {
    let place = Workplace::new().with_variable("NOTIFY_VALUE", VALUE);
    // A block in a second.
    place.write(
        "quick.toml",
        "rate = 1000\nprobe.refusals = 3\nprobe.timing-samples = 2\nprobe.large-body = 6_000_000\n\
         backoff.base = \"10ms\"\n",
    );
    place
}

/// How often each outcome was reported, and of which check: `("FAIL", "NP-10")`.
fn reported(place: &Workplace) -> Vec<(String, String)> {
    let results = place.json("evidence/results.json");
    let findings = results["checks"].as_array().unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    findings
        .iter()
        .map(|finding| (text(&finding["reported"]), text(&finding["check"])))
        .collect()
}

#[test]
fn the_reference_meets_the_gate_and_a_broken_one_does_not() {
    let place = place();
    place
        .line("probe --specimen reference --profile quick.toml")
        .expect(0);
    let outcome = place
        .line("probe --specimen algorithm-none --profile quick.toml")
        .expect(1);
    assert!(outcome.stdout.contains("NP-20 FAIL"), "{}", outcome.stdout);
    place.line("probe --specimen nobody").expect_refused();
}

#[test]
fn an_endpoint_that_takes_everything_fails_even_where_nothing_valid_can_be_sent() {
    let place = place();
    let server = Server::new(|_| Reply::answer(201, &[], ""));
    let url = server.url("/notifications");
    place
        .line(&format!(
            "probe {url} --header X-Notify --value-env NOTIFY_VALUE --profile quick.toml"
        ))
        .expect(1);
    let reported = reported(&place);
    let of = |id: &str| {
        let mut found = reported.iter().filter(|(_, check)| check == id);
        found.next().unwrap().0.clone()
    };
    for id in ["NP-10", "NP-12", "NP-20", "NP-22", "NP-24", "NP-30"] {
        assert_eq!(of(id), "FAIL", "{id}");
    }
    for id in ["NP-00", "NP-01", "NP-41"] {
        assert_eq!(of(id), "NOT_EXERCISED", "{id}");
    }
    let bytes = place.files("evidence");
    for (name, content) in bytes {
        let text = String::from_utf8_lossy(&content).into_owned();
        assert!(!text.contains(VALUE), "{name}");
        assert!(
            !text.contains("Correct-Horse-Battery-"),
            "{name}: a part of it"
        );
    }
    let asked = server.log();
    assert!(
        asked
            .iter()
            .all(|request| request.header("x-notify") == Some(VALUE)),
        "what cannot be told apart is not sent"
    );
}

#[test]
fn an_endpoint_that_refuses_everything_proves_nothing() {
    let place = place();
    let server = Server::new(|_| Reply::answer(401, &[("www-authenticate", "Bearer")], ""));
    let url = server.url("/notifications");
    place
        .line(&format!("probe {url} --profile quick.toml"))
        .expect(3);
    let reported = reported(&place);
    assert!(
        reported.iter().all(
            |(level, _)| ["NOT_EXERCISED", "INCONCLUSIVE", "NOT_APPLICABLE"]
                .contains(&level.as_str())
        ),
        "{reported:?}"
    );
}

#[test]
fn an_endpoint_that_cannot_be_reached_is_told() {
    let place = place();
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    place
        .line(&format!("probe http://{closed}/ --profile quick.toml"))
        .expect(6);
}

#[test]
fn production_is_not_probed_without_leave() {
    let place = place();
    let outcome = place
        .line("probe https://api-payout.sage.com/notifications")
        .expect_refused();
    assert!(
        outcome
            .stderr
            .contains("this is production: api-payout.sage.com"),
        "{}",
        outcome.stderr
    );
}
