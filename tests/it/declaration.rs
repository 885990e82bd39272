//! What a provider declares, and what becomes of it.

use crate::workplace::{Workplace, repository};

fn example() -> String {
    let path = repository().join("fixtures/declaration/example.toml");
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn the_example_is_checked_and_its_secret_comes_from_a_variable() {
    let place = Workplace::new().with_variable("EXAMPLE_NOTIFICATION_KEY", "hunter2hunter2");
    place.write("our.toml", example());
    let outcome = place.line("declaration check our.toml").expect(0);
    assert!(
        outcome.stdout.contains("nothing is wrong"),
        "{}",
        outcome.stdout
    );

    let place = Workplace::new();
    place.write("our.toml", example());
    let outcome = place.line("declaration check our.toml").expect(2);
    let told = "our.toml:39:9: missing: `notification.value` names a variable \
                EXAMPLE_NOTIFICATION_KEY that is not set";
    assert!(outcome.stderr.contains(told), "{}", outcome.stderr);
}

#[test]
fn everything_wrong_stops_every_command_before_anything_is_sent() {
    let place = Workplace::new();
    place.write("our.toml", "instances = 0\nsurprise = 1\n");
    for command in [
        "declaration check our.toml",
        "certify --declaration our.toml",
        "observe --specimen reference --declaration our.toml",
    ] {
        let outcome = place.line(command).expect(2);
        for told in ["our.toml:1:13: wrong-value", "our.toml:2:1: unknown-key"] {
            assert!(outcome.stderr.contains(told), "{}", outcome.stderr);
        }
        assert!(!place.path("evidence").exists());
    }
}

#[test]
fn nobody_is_asked_who_is_not_at_a_terminal_and_no_file_is_replaced() {
    let place = Workplace::new();
    let outcome = place.line("declaration init").expect(2);
    assert!(
        outcome.stderr.contains("at a terminal"),
        "{}",
        outcome.stderr
    );
    assert!(!place.path("declaration.toml").exists());
    place.write("declaration.toml", "provider = 'x'\n");
    let outcome = place.line("declaration init").expect(2);
    assert!(
        outcome.stderr.contains("is there already"),
        "{}",
        outcome.stderr
    );
    let outcome = place.line("declaration init no/such/folder.toml").expect(2);
    assert!(
        outcome.stderr.contains("there is no folder"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn the_declared_secret_reaches_no_file_and_no_line() {
    for written in [
        "'hunter2hunter2'",
        "\"hunter\\u0032hunter2\"",
        "\"\"\"\\\n  hunter2\\\n  hunter2\"\"\"",
    ] {
        let place = Workplace::new();
        place.write(
            "our.toml",
            format!(
                "[notification]\nsandbox = 'https://h/n'\nheader = 'x-mine'\nvalue = {written}\n"
            ),
        );
        let outcome = place
            .line("observe --specimen reference --plan smoke --declaration our.toml")
            .expect(0);
        assert!(!outcome.stdout.contains("hunter"), "{}", outcome.stdout);
        assert!(!outcome.stderr.contains("hunter"), "{}", outcome.stderr);
        place
            .line("evidence evidence/history.ndjson --gate ci --declaration our.toml -o again.zip")
            .expect(0);
        for name in [
            "evidence/history.ndjson",
            "evidence/results.json",
            "evidence/junit.xml",
            "evidence/report.html",
            "evidence.preflight.zip",
            "again.zip",
        ] {
            let text = String::from_utf8_lossy(&place.bytes(name)).into_owned();
            assert!(!text.contains("hunter"), "{written}: {name}");
        }
    }
}
