//! What a run exports: the environment and the globals as scripts left them.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::collection::{Item as _, collection, environment, get};
use crate::server::Server;
use crate::workplace::Workplace;

const SECRET: &str = "pla1nt-secret-value";

/// A workplace whose collection sets variables of both scopes.
fn workplace() -> (Workplace, Server) {
    let server = Server::echo();
    let place = Workplace::new();
    place.write_json(
        "e.json",
        &environment(&[
            ("base", &server.url(""), "default"),
            ("token", SECRET, "secret"),
            ("later", "", "secret"),
            ("gone", "x", "default"),
        ]),
    );
    place.write_json(
        "g.json",
        &environment(&[("count", "1", "default"), ("globalToken", SECRET, "secret")]),
    );
    place.write_json(
        "c.json",
        &collection(&[get("r", "{{base}}/x").tested(
            "pm.environment.set('made', {deep: [1]});\n\
             pm.environment.set('later', 'set-by-a-script-1');\n\
             pm.environment.unset('gone');\n\
             pm.globals.set('count', 2);",
        )]),
    );
    (place, server)
}

fn value(export: &Value, key: &str) -> Option<Value> {
    export["values"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["key"] == key)
        .map(|row| row["value"].clone())
}

#[test]
fn exports_hold_what_scripts_left_and_no_secret() {
    let (place, _server) = workplace();
    place
        .line(
            "run c.json -e e.json -g g.json --export-environment out/e.json \
             --export-globals out/g.json",
        )
        .expect(0);
    let exported = place.json("out/e.json");
    assert_eq!(exported["name"], "Small environment");
    assert_eq!(exported["_postman_variable_scope"], "environment");
    assert_eq!(value(&exported, "token"), Some("".into()));
    assert_eq!(value(&exported, "later"), Some("".into()));
    assert_eq!(value(&exported, "gone"), None);
    assert!(value(&exported, "made").is_some());
    let globals = place.json("out/g.json");
    assert_eq!(globals["_postman_variable_scope"], "globals");
    assert_eq!(value(&globals, "globalToken"), Some("".into()));
    assert!(matches!(value(&globals, "count"), Some(count) if count == 2 || count == "2"));
    for name in ["out/e.json", "out/g.json"] {
        let mode = std::fs::metadata(place.path(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
        assert!(!place.read(name).contains(SECRET));
    }
    place
        .line("run c.json -e out/e.json -g out/g.json")
        .expect(0);
}

#[test]
fn secrets_are_exported_where_asked_for() {
    for extra in ["--export-secrets", "--compat newman"] {
        let (place, _server) = workplace();
        place
            .line(&format!(
                "run c.json -e e.json --export-environment out.json {extra}"
            ))
            .expect(0);
        let exported = place.json("out.json");
        assert_eq!(value(&exported, "token"), Some(SECRET.into()), "{extra}");
        assert_eq!(
            value(&exported, "later"),
            Some("set-by-a-script-1".into()),
            "{extra}"
        );
        let mode = std::fs::metadata(place.path("out.json"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{extra}");
    }
}

#[test]
fn a_file_that_others_could_read_becomes_private() {
    let (place, _server) = workplace();
    place.write("out.json", "{}");
    std::fs::set_permissions(
        place.path("out.json"),
        std::fs::Permissions::from_mode(0o644),
    )
    .unwrap();
    place
        .line("run c.json -e e.json --export-environment out.json --export-secrets")
        .expect(0);
    let mode = std::fs::metadata(place.path("out.json"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn an_export_that_cannot_be_written_is_a_fault_with_its_place() {
    let (place, _server) = workplace();
    place.write("file", "in the way");
    let outcome = place
        .line("run c.json -e e.json --export-environment file/e.json")
        .expect(7);
    insta::assert_snapshot!(outcome.shown());
}
