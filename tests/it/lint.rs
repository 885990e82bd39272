//! `preflight lint`.

use std::process::Command;

use serde_json::Value;

use crate::workplace::{Workplace, repository};

/// Put together here, so that no file has it whole.
const SECRET: [&str; 2] = ["vK3nQ8xZ2mB7", "pL5tR9wY4cF6hJ1d"];

fn secret() -> String {
    SECRET.concat()
}

/// A place in which git is found.
#[expect(clippy::disallowed_methods, reason = "git is where the user has it")]
fn place() -> Workplace {
    let path = std::env::var("PATH").expect("there is a PATH");
    Workplace::new().with_variable("PATH", path.leak())
}

fn collection(secret: &str) -> String {
    format!(
        r#"{{
  "info": {{"name": "C", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}},
  "item": [{{
    "name": "r",
    "request": {{
      "url": "http://api.example.org/x?access_token={{{{accessToken}}}}",
      "header": [{{"key": "x-api-key", "value": "{secret}"}}]
    }}
  }}]
}}"#
    )
}

/// Runs git in a folder of the place.
fn git(place: &Workplace, folder: &str, arguments: &[&str]) {
    let status = Command::new("git")
        .arg("-C")
        .arg(place.path(folder))
        .args(["-c", "user.name=N", "-c", "user.email=n@example.org"])
        .args([
            "-c",
            "commit.gpgsign=false",
            "-c",
            "init.defaultBranch=main",
        ])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "git {arguments:?}");
}

/// A repository whose first commit has the secret and whose second has it no longer.
fn place_with_history() -> Workplace {
    let place = place();
    place.write("theirs/c.json", collection(&secret()));
    git(&place, "theirs", &["init", "-q"]);
    git(&place, "theirs", &["add", "."]);
    git(&place, "theirs", &["commit", "-qm", "first"]);
    place.write(
        "theirs/c.json",
        collection("{{apiKey}}").replace("http:", "https:"),
    );
    git(&place, "theirs", &["commit", "-qam", "second"]);
    place
}

#[test]
fn findings_have_place_and_remedy_and_never_the_value() {
    let place = place();
    place.write("c.json", collection(&secret()));
    let outcome = place.line("lint c.json").expect(1);
    assert!(
        !outcome.stdout.contains(&secret()[..3]),
        "{}",
        outcome.stdout
    );
    insta::assert_snapshot!(outcome.stdout);
}

#[test]
fn what_was_removed_is_found_in_the_history() {
    let place = place_with_history();
    let outcome = place.line("lint theirs --fail-on error").expect(1);
    assert!(
        !outcome.stdout.contains(&secret()[..3]),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome.stdout.contains("error LN-06 theirs/c.json:7:49"),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome.stdout.contains("since commit "),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome
            .stdout
            .contains(" in 1 file and 2 versions in the history"),
        "{}",
        outcome.stdout
    );
    let outcome = place
        .line("lint theirs --no-history --fail-on error")
        .expect(0);
    assert!(!outcome.stdout.contains("LN-06"), "{}", outcome.stdout);
}

#[test]
fn a_shallow_clone_is_no_clean_one() {
    let place = place_with_history();
    let origin = format!("file://{}", place.path("theirs").display());
    git(
        &place,
        ".",
        &["clone", "-q", "--depth", "1", &origin, "clone"],
    );
    let outcome = place.line("lint clone --fail-on error").expect(3);
    assert!(
        outcome.stdout.contains("the clone is shallow"),
        "{}",
        outcome.stdout
    );
}

#[test]
fn a_repository_cannot_make_lint_run_a_program() {
    let place = place_with_history();
    let trap = place.path("trap");
    let command = format!("touch {}", trap.display());
    for name in [
        "core.fsmonitor",
        "core.pager",
        "diff.external",
        "core.sshCommand",
        "gpg.program",
    ] {
        git(&place, "theirs", &["config", name, &command]);
    }
    git(&place, "theirs", &["config", "log.showSignature", "true"]);
    place.line("lint theirs").expect(1);
    assert!(!trap.exists());
}

#[test]
fn an_allow_file_excuses_until_it_is_stale() {
    let place = place();
    place.write("c.json", collection(&secret()));
    let found = place.line("lint c.json --json").expect(1);
    let found: Value = serde_json::from_str(&found.stdout).unwrap();
    let entries = |expires: &str| {
        let findings = found["findings"].as_array().unwrap().iter();
        let entry = |finding: &Value| {
            let text = |name: &str| finding[name].as_str().unwrap().to_owned();
            format!(
                "[[allow]]\nrule = \"{}\"\npath = \"c.json\"\nfingerprint = \"{}\"\nowner = \"us\"\n\
                 reason = \"a test\"\nexpires = {expires}\n",
                text("rule"),
                text("fingerprint")
            )
        };
        findings.map(entry).collect::<String>()
    };
    place.write("allow.toml", entries("2099-12-31"));
    let outcome = place.line("lint c.json --allow allow.toml").expect(0);
    assert!(
        outcome.stdout.contains("0 errors, 0 warnings, 3 allowed"),
        "{}",
        outcome.stdout
    );
    place.write("allow.toml", entries("2020-01-01"));
    place.line("lint c.json --allow allow.toml").expect(1);
    place.write("clean.json", "{}");
    let outcome = place.line("lint clean.json --allow allow.toml").expect(5);
    assert!(
        outcome.stdout.contains("3 stale in the allow file"),
        "{}",
        outcome.stdout
    );
    place.write("allow.toml", "[[allow]]\nrule = \"LN-77\"\n");
    place
        .line("lint c.json --allow allow.toml")
        .expect_refused();
}

#[test]
fn machine_forms_say_the_same_as_the_text() {
    let place = place_with_history();
    let outcome = place.line("lint theirs --json").expect(1);
    let value: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let schema = std::fs::read(repository().join("fixtures/schema/lint.schema.json")).unwrap();
    let schema: Value = serde_json::from_slice(&schema).unwrap();
    let mut schemas = boon::Schemas::new();
    let mut compiler = boon::Compiler::new();
    compiler.add_resource("lint.json", schema).unwrap();
    let index = compiler.compile("lint.json", &mut schemas).unwrap();
    if let Err(error) = schemas.validate(&value, index) {
        panic!("{error:#}");
    }
    let sarif = place.line("lint theirs --sarif").expect(1);
    let sarif: Value = serde_json::from_str(&sarif.stdout).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), value["findings"].as_array().unwrap().len());
    assert!(!sarif.to_string().contains(&secret()[..3]));
}

#[test]
fn what_is_not_there_is_refused_and_what_cannot_be_read_is_told() {
    let place = place();
    place.line("lint absent.json").expect_refused();
    place.write("large.json", vec![b' '; 33 * 1024 * 1024]);
    let outcome = place.line("lint large.json").expect(3);
    assert!(
        outcome.stdout.contains("unread large.json"),
        "{}",
        outcome.stdout
    );
}

#[test]
fn what_is_shipped_is_clean() {
    let place = place();
    let shipped = ["collections", "fixtures", "fixtures/lint/allow.toml"]
        .map(|path| repository().join(path).display().to_string());
    let [collections, fixtures, allow] = shipped;
    let arguments = [
        "lint",
        "--no-history",
        &collections,
        &fixtures,
        "--allow",
        &allow,
    ];
    place.preflight(&arguments).expect(0);
}
