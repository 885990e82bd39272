//! What is known of a verdict does not stop a CI gate, and what is out of date does.

use serde_json::Value;

use crate::workplace::{Workplace, repository};

/// A place with a history in which a final status is changed.
fn place() -> Workplace {
    let place = Workplace::new();
    let history = repository().join("fixtures/check/ST-03/breaking.ndjson");
    place.write("history.ndjson", std::fs::read(history).unwrap());
    place
}

fn results(place: &Workplace, code: i32) -> Value {
    let line = "judge history.ndjson --gate ci --json --baseline known.toml";
    let outcome = place.line(line).expect(code);
    serde_json::from_str(&outcome.stdout).unwrap()
}

/// A baseline of all that is not green.
fn baseline(results: &Value) -> String {
    let checks = results["checks"].as_array().unwrap().iter();
    let entries: Vec<String> = checks
        .filter(|check| {
            !["PASS", "INFO", "NOT_APPLICABLE"].contains(&check["reported"].as_str().unwrap())
        })
        .map(|check| {
            format!(
                "[[expected]]\ncheck = {}\noutcome = {}\nowner = 'Jo'\nreason = 'known'\n\
                 expires = 2999-12-31\n",
                check["check"], check["reported"]
            )
        })
        .collect();
    entries.concat()
}

#[test]
fn a_baseline_of_what_is_known_meets_the_ci_gate_and_only_that() {
    let place = place();
    let before = place
        .line("judge history.ndjson --gate ci --json")
        .expect(3);
    let before: Value = serde_json::from_str(&before.stdout).unwrap();
    place.write("known.toml", baseline(&before));
    let after = results(&place, 0);
    let level = |results: &Value| -> Vec<Value> {
        let checks = results["checks"].as_array().unwrap().iter();
        checks.map(|check| check["reported"].clone()).collect()
    };
    assert_eq!(level(&before), level(&after), "outcomes are never edited");
    let checks = after["checks"].as_array().unwrap();
    let known = checks
        .iter()
        .find(|check| check["check"] == "ST-03")
        .unwrap();
    assert_eq!(known["overlays"][0]["kind"], "EXPECTED");
    place
        .line("judge history.ndjson --gate certify --baseline known.toml")
        .expect(3);

    let stale = baseline(&before)
        + "[[expected]]\ncheck = 'ST-99'\noutcome = 'FAIL'\n\
        owner = 'Jo'\nreason = 'known'\nexpires = 2999-12-31\n";
    place.write("known.toml", stale);
    let stale = results(&place, 5);
    assert_eq!(stale["stale"][0]["check"], "ST-99");
    assert_eq!(stale["gate"]["blockers"].as_array().unwrap().len(), 1);
}

#[test]
fn a_wrong_baseline_or_waiver_stops_every_command_before_anything_is_sent() {
    let place = place();
    place.write(
        "wrong.toml",
        "[[expected]]\noutcome = 'GREEN'\n[[waiver]]\noutcome = 'GREEN'\n",
    );
    for command in [
        "certify --baseline wrong.toml",
        "certify --waivers wrong.toml",
        "observe --specimen reference --baseline wrong.toml",
        "probe --specimen reference --baseline wrong.toml",
        "judge history.ndjson --waivers wrong.toml",
    ] {
        let outcome = place.line(command).expect_refused();
        assert!(outcome.stderr.contains("wrong-value"), "{}", outcome.stderr);
        assert!(!place.path("evidence").exists());
    }
}
