//! Each thing that can be wrong is found by the check that is there for it, with a witness.

use serde_json::Value;

use crate::certification::check;
use crate::workplace::Workplace;

/// Certifies with `extra`, which must not pass; gives back results and workplace.
fn found(extra: &str) -> (Value, Workplace) {
    let place = Workplace::new();
    let outcome = place.line(&format!("certify {extra}")).expect(1);
    let results = place.json("evidence/results.json");
    assert_eq!(results["gate"]["met"], false);
    assert_eq!(results["gate"]["exit"], 1);
    for blocker in results["gate"]["blockers"].as_array().unwrap() {
        let blocker = blocker.as_str().unwrap();
        assert!(
            outcome.stdout.contains(blocker),
            "«{blocker}» is not printed:\n{}",
            outcome.stdout
        );
    }
    (results, place)
}

/// The witness of a check: events that are there, at the times that they have.
fn witness(place: &Workplace, results: &Value, id: &str) -> Vec<Value> {
    let events = place.events("evidence/history.ndjson");
    let witness = &check(results, id)["witness"];
    let list = |key: &str| witness[key].as_array().unwrap().clone();
    let (sequences, times) = (list("sequences"), list("times"));
    assert!(!sequences.is_empty(), "{id} has no witness");
    assert_eq!(sequences.len(), times.len());
    sequences
        .iter()
        .zip(times)
        .map(|(sequence, time)| {
            let index = usize::try_from(sequence.as_u64().unwrap()).unwrap() - 1;
            let event = events[index].clone();
            assert_eq!(event["sequence"], *sequence);
            let at =
                |value: &Value| -> jiff::Timestamp { value.as_str().unwrap().parse().unwrap() };
            // The witness names when the exchange began, or when the event was written.
            assert!(at(&time) <= at(&event["at"]), "{id}: {time} after {event}");
            event
        })
        .collect()
}

/// What RP-01 complains of is these assertions, which failed.
fn failed_assertions(place: &Workplace, results: &Value) -> Vec<String> {
    assert_eq!(check(results, "RP-01")["reported"], "FAIL");
    witness(place, results, "RP-01")
        .iter()
        .map(|event| {
            assert_eq!(event["outcome"], "failed", "{event}");
            event["name"].as_str().unwrap().to_owned()
        })
        .collect()
}

#[test]
fn an_illegal_transition_that_is_accepted_is_found() {
    let (results, place) = found("--mock-defect accept-illegal-transition");
    let finding = check(&results, "ST-02");
    assert_eq!(finding["raw"], "FAIL");
    // The flows are assumed: only their confirmation makes it a failure.
    assert_eq!(finding["reported"], "REVIEW");
    assert!(finding["would_flip"].as_str().unwrap().contains("FAIL"));
    assert_eq!(
        finding["witness"]["margin"],
        "Authorised → AwaitingAuthorisation"
    );
    let events = witness(&place, &results, "ST-02");
    assert!(events.iter().all(|event| event["kind"] == "exchange"));
    let refused = failed_assertions(&place, &results);
    assert!(
        refused.iter().any(|name| name.contains("409")),
        "{refused:?}"
    );
}

#[test]
fn a_platform_that_never_throttles_is_found() {
    let (results, place) = found("--mock-defect no-429");
    for id in ["BK-01", "BK-02"] {
        assert_eq!(check(&results, id)["reported"], "NOT_EXERCISED", "{id}");
    }
    let refused = failed_assertions(&place, &results);
    assert!(
        refused.iter().any(|name| name.contains("429")),
        "{refused:?}"
    );
}

#[test]
fn tokens_that_live_shorter_than_they_say_are_found() {
    let (results, place) = found("--mock-defect short-tokens");
    let late = check(&results, "TK-05");
    assert_eq!(late["reported"], "FAIL");
    assert!(
        late["witness"]["margin"]
            .as_str()
            .unwrap()
            .contains("ms late")
    );
    assert_eq!(witness(&place, &results, "TK-05").len(), 2);
    // Fetching anew what has expired is right, however often.
    assert_eq!(check(&results, "TK-01")["reported"], "PASS");
    let failed = failed_assertions(&place, &results);
    assert!(
        failed.iter().any(|name| name.contains("fetched anew")),
        "{failed:?}"
    );
}

#[test]
fn a_platform_that_takes_any_key_is_found() {
    let (results, place) = found("--mock-defect accept-any-key");
    let refused = failed_assertions(&place, &results);
    assert!(
        refused.iter().any(|name| name.contains("401")),
        "{refused:?}"
    );
    let blockers = &results["gate"]["blockers"];
    assert_eq!(*blockers, serde_json::json!(["RP-01 FAIL"]));
}

#[test]
fn a_client_that_never_tries_again_is_found() {
    let (results, place) = found("--backoff none");
    assert_eq!(check(&results, "BK-02")["reported"], "NOT_EXERCISED");
    assert_eq!(check(&results, "BK-01")["reported"], "NOT_EXERCISED");
    assert!(!failed_assertions(&place, &results).is_empty());
}

#[test]
fn a_client_that_does_not_wait_as_long_as_it_is_told_is_found_with_the_margin() {
    let (results, place) = found("--backoff fixed:1s");
    let early = check(&results, "BK-02");
    assert_eq!(
        (&early["raw"], &early["reported"]),
        (&"FAIL".into(), &"REVIEW".into())
    );
    assert!(
        early["witness"]["margin"]
            .as_str()
            .unwrap()
            .starts_with("64000 ms early"),
        "{early}"
    );
    let events = witness(&place, &results, "BK-02");
    let [refused, retried] = &events[..] else {
        panic!("a refusal and its retry: {events:?}");
    };
    assert_eq!(refused["exchange"]["response"]["status"], 429, "{refused}");
    assert_eq!(refused["attempt"]["group"], retried["attempt"]["group"]);
    assert_eq!(
        refused["attempt"]["number"].as_u64().unwrap() + 1,
        retried["attempt"]["number"].as_u64().unwrap()
    );
    let (results, _) = found("--backoff exponential");
    assert_eq!(check(&results, "BK-02")["raw"], "FAIL");
}

#[test]
fn what_only_a_person_can_decide_blocks_the_gate_of_continuous_integration_too() {
    let (results, _) = found("--gate ci --backoff fixed:1s");
    assert_eq!(results["gate"]["name"], "ci");
    assert_eq!(check(&results, "BK-02")["reported"], "REVIEW");
}
