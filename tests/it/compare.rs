//! Two bundles side by side.

use crate::workplace::Workplace;

/// The arguments of a certification that takes a second.
fn certify(place: &Workplace, folder: &str, more: &str) {
    let outcome = place.line(&format!("certify --evidence {folder} {more}"));
    assert!(matches!(outcome.code, Some(0 | 1)), "{outcome:?}");
}

#[test]
fn two_runs_of_one_plan_differ_in_nothing() {
    let place = Workplace::new();
    certify(&place, "one", "");
    certify(&place, "two", "");
    let same = place.line("compare one.preflight.zip two.preflight.zip");
    assert_eq!(same.code, Some(0), "{same:?}");
    assert!(same.stdout.ends_with("\nNothing differs.\n"), "{same:?}");
}

#[test]
fn what_a_defect_of_the_mock_changes_is_told_check_by_check_and_exchange_by_exchange() {
    let place = Workplace::new();
    certify(&place, "good", "");
    certify(&place, "bad", "--mock-defect accept-illegal-transition");
    let worse = place.line("compare good bad");
    assert_eq!(worse.code, Some(1), "{worse:?}");
    for told in [
        "worse  RP-01 PASS → FAIL (replay): ",
        "mock defects: none → accept-illegal-transition",
        "drift of the replay, mock → mock, plan certification: ",
        "    status: 409 → 204",
    ] {
        assert!(worse.stdout.contains(told), "{told}: {}", worse.stdout);
    }
    // The other way round the same is better.
    let better = place.line("compare bad good --json");
    assert_eq!(better.code, Some(0), "{better:?}");
    let better: serde_json::Value = serde_json::from_str(&better.stdout).unwrap();
    assert_eq!(better["worse"], serde_json::json!([]));
    let checks = better["checks"].as_array().unwrap();
    let replay = checks.iter().find(|it| it["check"] == "RP-01").unwrap();
    assert_eq!(replay["change"], "better");
    let page = place.line("compare good bad --markdown");
    assert!(
        page.stdout.contains("| RP-01 | replay | PASS → FAIL | "),
        "{page:?}"
    );
}

#[test]
fn a_later_attempt_that_is_named_first_is_told() {
    let place = Workplace::new();
    certify(&place, "out", "");
    std::fs::rename(place.path("out.preflight.zip"), place.path("first.zip")).unwrap();
    certify(&place, "out", "");
    let right = place.line("compare first.zip out");
    assert!(!right.stdout.contains("note: "), "{right:?}");
    let wrong = place.line("compare out first.zip");
    assert_eq!(wrong.code, Some(0), "{wrong:?}");
    assert!(
        wrong
            .stdout
            .contains("note: the bundle that is named first is the newer one"),
        "{wrong:?}"
    );
    // Attempts are not what differs.
    assert!(wrong.stdout.ends_with("\nNothing differs.\n"), "{wrong:?}");
}

#[test]
fn a_bundle_that_does_not_hold_together_is_named() {
    let place = Workplace::new();
    certify(&place, "out", "");
    let mut bytes = place.bytes("out.preflight.zip");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    place.write("broken.zip", &bytes);
    place.write("text.zip", "no bundle");
    for (line, named) in [
        (
            "compare out.preflight.zip broken.zip",
            "broken.zip does not hold together",
        ),
        (
            "compare broken.zip out.preflight.zip",
            "broken.zip does not hold together",
        ),
        (
            "compare out.preflight.zip text.zip",
            "text.zip does not hold together",
        ),
    ] {
        let refused = place.line(line);
        assert_eq!(refused.code, Some(8), "{refused:?}");
        assert!(refused.stderr.contains(named), "{refused:?}");
        assert_eq!(refused.stdout, "");
    }
    let missing = place.line("compare out.preflight.zip nowhere.zip");
    assert_eq!(missing.code, Some(2), "{missing:?}");
    assert!(
        missing.stderr.contains("cannot read nowhere.zip"),
        "{missing:?}"
    );
    place.line("key new stranger");
    let stranger = place.line("compare out out --trust stranger.pub");
    assert_eq!(stranger.code, Some(8), "{stranger:?}");
}
