//! The verdict of a live run is the verdict of its file.

use serde_json::Value;

use crate::workplace::Workplace;

/// The results that a run left behind, and those of `judge` on its history.
fn twice(place: &Workplace, run: &str, gate: &str) -> [Value; 2] {
    place.line(run);
    let live = place.json("evidence/results.json");
    let line = format!("judge evidence/history.ndjson --gate {gate} --json");
    let again = place.line(&line);
    [live, serde_json::from_str(&again.stdout).unwrap()]
}

fn fails(results: &Value) -> Vec<&str> {
    let checks = results["checks"].as_array().unwrap().iter();
    checks
        .filter(|check| check["raw"] == "FAIL")
        .map(|check| check["check"].as_str().unwrap())
        .collect()
}

#[test]
fn what_was_observed_is_judged_the_same_from_its_file() {
    // run, the checks that fail in it
    let table: [(&str, &[&str]); 3] = [
        ("observe --specimen reference --plan smoke", &[]),
        (
            "observe --specimen processing-left-out --plan smoke",
            &["ST-01", "ST-02"],
        ),
        ("observe --specimen reference --plan smoke --time real", &[]),
    ];
    for (run, failing) in table {
        let place = Workplace::new();
        let [live, again] = twice(&place, run, "ci");
        assert_eq!(live, again, "{run}");
        assert_eq!(fails(&live), failing, "{run}");
    }
}

#[test]
fn what_was_probed_is_judged_the_same_from_its_file() {
    for (specimen, failing) in [
        ("endpoint-reference", None),
        ("audience-unchecked", Some("NP-41")),
    ] {
        let place = Workplace::new();
        let run = format!("probe --specimen {specimen} --spare");
        let [live, again] = twice(&place, &run, "ci");
        assert_eq!(live, again, "{run}");
        assert_eq!(fails(&live), Vec::from_iter(failing), "{run}");
    }
}

/// A file knows nothing of the golden snapshots.
#[test]
fn what_was_replayed_is_judged_the_same_from_its_file() {
    let place = Workplace::new();
    let [live, again] = twice(&place, "certify", "certify");
    for part in ["runs", "checks", "clauses", "counts"] {
        assert_eq!(live[part], again[part], "{part}");
    }
    assert_eq!(fails(&live), Vec::<&str>::new());
}

#[test]
fn the_command_that_shows_a_finding_alone_can_be_pasted() {
    let place = Workplace::new();
    // Paths as people have them.
    place.write(
        "our declaration.toml",
        "[retry]\ngrowth = \"exponential\"\nfactor = 2.0\nbase = \"1s\"\ncap = \"32s\"\njitter = \"none\"\n",
    );
    let printed = place
        .preflight(&[
            "observe",
            "--specimen",
            "no-wait",
            "--plan",
            "ci",
            "--declaration",
            "our declaration.toml",
            "--evidence",
            "the evidence",
        ])
        .stdout;
    let mut checked = 0;
    let mut check = "";
    for line in printed.lines() {
        if !line.starts_with(' ')
            && let Some(id) = line.split(' ').next()
        {
            check = id;
        }
        let Some((_, command)) = line.split_once("these alone show it: preflight ") else {
            continue;
        };
        let words = shlex::split(command).unwrap();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let again = place.preflight(&words).stdout;
        assert!(again.starts_with(check), "{command}: {again}");
        assert!(again.contains("FAIL"), "{command}: {again}");
        checked += 1;
    }
    assert!(checked > 0, "{printed}");
}

#[test]
fn a_history_that_is_named_twice_does_not_count_for_two() {
    let place = Workplace::new();
    place
        .line("observe --specimen reference --plan smoke")
        .expect(0);
    place.write("twin.ndjson", place.bytes("evidence/history.ndjson"));
    let outcome = place
        .line("judge evidence/history.ndjson twin.ndjson")
        .expect(2);
    let told = "twin.ndjson is the same history as evidence/history.ndjson";
    assert!(outcome.stderr.contains(told), "{}", outcome.stderr);
}
