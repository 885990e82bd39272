//! `preflight plan`.

use crate::workplace::Workplace;

#[test]
fn the_built_in_plans_are_listed_with_what_they_exercise() {
    let outcome = Workplace::new().line("plan list").expect(0);
    for (name, kind) in [
        ("certification", "replay"),
        ("smoke", "observation"),
        ("ci", "observation"),
        ("certification", "observation"),
    ] {
        let line = format!("{name:<15}{kind}, ");
        assert!(outcome.stdout.contains(&line), "{}", outcome.stdout);
    }
    assert!(
        outcome.stdout.contains("    checks: BK-01 "),
        "{}",
        outcome.stdout
    );
}

#[test]
fn a_plan_is_shown_by_its_name_and_from_its_file() {
    let place = Workplace::new();
    let outcome = place.line("plan show smoke").expect(0);
    assert!(
        outcome.stdout.starts_with("smoke (observation)\n"),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome
            .stdout
            .contains("\n1. One subscription, one batch\n")
    );
    assert!(
        outcome
            .stdout
            .contains("do submit-batch; payments 2; rejected 1")
    );
    // Of that name there are two.
    let both = place.line("plan show certification").expect(0).stdout;
    assert!(
        both.contains("certification (replay)") && both.contains("certification (observation)")
    );
    place.write(
        "mine.toml",
        "name = \"mine\"\ndescription = \"d\"\n[[scenario]]\nname = \"s\"\ncollection = \"c\"\n",
    );
    let mine = place.line("plan show mine.toml").expect(0).stdout;
    assert!(
        mine.starts_with("mine (replay)\nd\n\n1. s\n   collection      c\n"),
        "{mine}"
    );
}

#[test]
fn a_plan_that_could_not_be_played_is_not_shown_either_and_all_that_is_wrong_is_told() {
    let place = Workplace::new();
    place.write(
        "mine.toml",
        "name = \"mine\"\ndescription = \"d\"\n[[scenario]]\nname = \"s\"\n\
         budget = \"1s\"\nexercises = [\"BK-99\", \"XX-01\"]\n\
         fault = [{ operation = \"GET /nowhere\", answers = [\"500\"] }]\n\
         [[scenario.act]]\ndo = \"read\"\n",
    );
    place.write(
        "replay.toml",
        "name = \"r\"\n[[scenario]]\nname = \"s\"\ncollection = \"c\"\nexercises = [\"BK-99\"]\n\
         fault = [{ operation = \"GET /nowhere\", answers = [\"200\"] }]\n",
    );
    for (line, told) in [
        (
            "plan show mine.toml",
            &["mine.toml:", "«GET /nowhere»", "«BK-99»", "«XX-01»"][..],
        ),
        (
            "observe --specimen reference --plan mine.toml",
            &["mine.toml:", "«GET /nowhere»", "«BK-99»", "«XX-01»"],
        ),
        (
            "plan show replay.toml",
            &["«GET /nowhere»", "«BK-99»", "`200`"],
        ),
    ] {
        let outcome = place.line(line).expect_refused();
        for part in told {
            assert!(outcome.stderr.contains(part), "{part}: {}", outcome.stderr);
        }
        assert!(
            outcome.stderr.contains("the operations are"),
            "{}",
            outcome.stderr
        );
    }
    assert!(!place.path("evidence").exists());
}

#[test]
fn what_is_no_plan_is_told() {
    let place = Workplace::new();
    place.write("mine.toml", "nonsense");
    for (name, told) in [
        ("nowhere", "there is no plan «nowhere»"),
        ("absent.toml", "cannot read absent.toml"),
        ("mine.toml", "mine.toml:1:"),
    ] {
        let outcome = place.line(&format!("plan show {name}")).expect_refused();
        assert!(outcome.stderr.contains(told), "{}", outcome.stderr);
    }
}
