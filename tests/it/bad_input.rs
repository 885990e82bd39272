//! Input that cannot be used: exit code 2, nothing sent, and the place, reason and remedy on
//! stderr.

use crate::collection::{Item as _, collection, environment, folder, get};
use crate::server::Server;
use crate::workplace::{Workplace, repository};

fn shipped(name: &str) -> String {
    repository().join(name).display().to_string()
}

/// A workplace with a collection of one request to a server, an environment that names the server,
/// and the server.
fn workplace() -> (Workplace, Server) {
    let server = Server::echo();
    let place = Workplace::new();
    place.write_json("c.json", &collection(&[get("only", "{{base}}/x")]));
    place.write_json(
        "e.json",
        &environment(&[("base", &server.url(""), "default")]),
    );
    (place, server)
}

/// Runs a line that must be refused without a request, and shows it.
fn refused(line: &str, prepare: impl FnOnce(&Workplace)) -> String {
    let (place, server) = workplace();
    prepare(&place);
    let outcome = place.line(line).expect_refused();
    assert_eq!(server.log().len(), 0, "something was sent");
    assert!(!place.path("evidence").exists(), "evidence was begun");
    outcome.shown()
}

#[test]
fn a_collection_that_is_not_json_is_shown_with_the_place() {
    let text = "{\n  \"info\": {\"name\": \"C\"},\n  \"item\": [,]\n}\n";
    for (name, command) in [("run", "run"), ("certify", "certify --target mock")] {
        insta::assert_snapshot!(
            format!("collection_not_json_{name}"),
            refused(&format!("{command} broken.json"), |place| {
                place.write("broken.json", text);
            })
        );
    }
}

#[test]
fn a_collection_that_was_cut_off_is_told_apart() {
    insta::assert_snapshot!(refused("run cut.json", |place| {
        place.write(
            "cut.json",
            "{\n  \"info\": {\"name\": \"C\"},\n  \"item\": [{\"na",
        );
    }));
}

#[test]
fn an_empty_file_and_a_page_of_html_are_told_apart() {
    insta::assert_snapshot!(
        "empty_file",
        refused("run x.json", |place| place.write("x.json", ""))
    );
    insta::assert_snapshot!(
        "page_of_html",
        refused("run x.json", |place| place
            .write("x.json", "<!DOCTYPE html>\n<p>Log in"))
    );
}

#[test]
fn an_environment_given_as_collection_is_recognised() {
    insta::assert_snapshot!("environment_as_collection", refused("run e.json", |_| {}));
    insta::assert_snapshot!(
        "environment_as_collection_certify",
        refused("certify e.json", |_| {})
    );
}

#[test]
fn a_collection_given_as_environment_is_recognised() {
    insta::assert_snapshot!(
        "collection_as_environment",
        refused("run c.json -e c.json", |_| {})
    );
    insta::assert_snapshot!(
        "collection_as_environment_certify",
        refused("certify -e c.json", |_| {})
    );
    insta::assert_snapshot!(
        "collection_as_globals",
        refused("run c.json -g c.json", |_| {})
    );
}

#[test]
fn problems_of_a_collection_are_shown_together() {
    insta::assert_snapshot!(refused("run c.json", |place| {
        place.write(
            "c.json",
            "{\n  \"info\": {\"name\": \"C\"},\n  \"item\": [\n    \"not an item\",\n    \
             {\"name\": \"f\", \"item\": 7},\n    {\"name\": \"r\", \"request\": 8}\n  ]\n}\n",
        );
    }));
}

#[test]
fn an_environment_in_utf_16_with_a_byte_order_mark_is_read() {
    for big_endian in [false, true] {
        let (place, server) = workplace();
        let text = environment(&[("base", &server.url(""), "default"), ("ü", "ß", "default")]);
        let units =
            std::iter::once(0xFEFF).chain(text.to_string().encode_utf16().collect::<Vec<_>>());
        let bytes: Vec<u8> = units
            .flat_map(|unit: u16| {
                if big_endian {
                    unit.to_be_bytes()
                } else {
                    unit.to_le_bytes()
                }
            })
            .collect();
        place.write("e.json", bytes);
        place.line("run c.json -e e.json").expect(0);
        assert_eq!(server.log()[0].target(), "/x");
    }
}

#[test]
fn missing_files_are_named() {
    for (name, line) in [
        ("collection", "run absent.json"),
        ("environment", "run c.json -e absent.json"),
        ("globals", "run c.json -g absent.json"),
        ("data", "run c.json -d absent.csv"),
        ("profile", "run c.json --profile absent.toml"),
        ("certify_environment", "certify -e absent.json"),
        ("certify_collection", "certify absent.json"),
        ("certify_plan", "certify --plan absent.toml"),
        ("certify_profile", "certify --profile absent.toml"),
    ] {
        insta::assert_snapshot!(format!("missing_{name}"), refused(line, |_| {}));
    }
}

#[test]
fn a_folder_that_is_not_in_the_collection_is_refused_with_those_that_are() {
    insta::assert_snapshot!(refused("run c.json --folder Absent", |place| {
        place.write_json(
            "c.json",
            &collection(&[folder("Present", &[get("r", "{{base}}/x")])]),
        );
    }));
}

#[test]
fn a_data_file_that_cannot_be_used_is_refused() {
    for (name, text) in [("rows", "[1, 2]"), ("syntax", "[{\"a\": 1},")] {
        insta::assert_snapshot!(
            format!("data_{name}"),
            refused("run c.json -d data.json", |place| place
                .write("data.json", text))
        );
    }
}

#[test]
fn a_broken_plan_is_shown_with_the_place() {
    let plan = |collection: &str, rest: &str| {
        format!(
            "name = \"p\"\n\n[[scenario]]\nname = \"s\"\ncollection = \"{collection}\"\n{rest}\n"
        )
    };
    for (name, text) in [
        ("syntax", "name = \n".to_owned()),
        ("unknown_key", plan("c", "colour = \"red\"")),
        ("unknown_collection", plan("absent", "")),
        ("unknown_folder", plan("c", "folders = [\"Absent\"]")),
        (
            "unknown_item",
            plan(
                "c",
                "[[scenario.provokes]]\nitem = [\"Absent\"]\nprovokes = [\"bad-key\"]",
            ),
        ),
        (
            "unknown_provocation",
            plan(
                "c",
                "[[scenario.provokes]]\nitem = [\"only\"]\nprovokes = [\"bad-luck\"]",
            ),
        ),
        (
            "unknown_answer",
            plan(
                "c",
                "[[scenario.fault]]\noperation = \"GET /x\"\nanswers = [\"teapot\"]",
            ),
        ),
        (
            "unknown_operation",
            plan(
                "c",
                "[[scenario.fault]]\noperation = \"BREW /x\"\nanswers = [\"429\"]",
            ),
        ),
    ] {
        insta::assert_snapshot!(
            format!("plan_{name}"),
            refused("certify c.json -e e.json --plan p.toml", |place| {
                place.write("p.toml", text);
            })
        );
    }
}

#[test]
fn all_problems_of_a_profile_are_shown_at_once() {
    let profile = "name = \"mine\"\nrate = -1\nburst = \"many\"\ncolour = \"red\"\n\n\
                   [token]\nlifetime = \"soon\"\n";
    for (name, command) in [("run", "run c.json -e e.json"), ("certify", "certify")] {
        insta::assert_snapshot!(
            format!("profile_{name}"),
            refused(&format!("{command} --profile p.toml"), |place| {
                place.write("p.toml", profile);
            })
        );
    }
}

#[test]
fn a_wrong_map_is_refused_with_the_forms_that_are_right() {
    for (name, line) in [
        ("shape", "run c.json -e e.json --map https://api.example"),
        (
            "scheme",
            "run c.json -e e.json --map ftp://api.example=mock",
        ),
        (
            "target",
            "run c.json -e e.json --map https://api.example=ftp://other.example",
        ),
        ("certify_shape", "certify --map https://api.example"),
        (
            "certify_word",
            "certify --map https://api.example=production",
        ),
    ] {
        insta::assert_snapshot!(format!("map_{name}"), refused(line, |_| {}));
    }
}

#[test]
fn a_wrong_backoff_is_refused_with_the_forms_that_are_right() {
    for (name, line) in [
        ("run", "run c.json -e e.json --backoff sometimes"),
        ("certify", "certify --backoff fixed:-1s"),
    ] {
        insta::assert_snapshot!(format!("backoff_{name}"), refused(line, |_| {}));
    }
}

#[test]
fn an_unknown_defect_is_refused_with_the_known_ones() {
    insta::assert_snapshot!(refused("certify --mock-defect no-500", |_| {}));
}

#[test]
fn certificates_that_are_none_are_refused() {
    for (name, command) in [("run", "run c.json -e e.json"), ("certify", "certify")] {
        insta::assert_snapshot!(
            format!("certificates_{name}"),
            refused(&format!("{command} --ssl-extra-ca-certs ca.pem"), |place| {
                place.write(
                    "ca.pem",
                    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                );
            })
        );
    }
}

#[test]
fn a_sandbox_does_not_follow_the_logical_clock() {
    insta::assert_snapshot!(refused(
        "certify c.json -e e.json --target sandbox --time logical",
        |_| {}
    ));
}

#[test]
fn a_sandbox_needs_an_environment() {
    insta::assert_snapshot!(refused("certify c.json --target sandbox", |_| {}));
}

#[test]
fn production_is_refused_unless_allowed() {
    let production = environment(&[
        ("base", "https://API-Payout.sage.com/", "default"),
        ("tokenBaseUrl", "https://id.sage.com", "default"),
    ]);
    insta::assert_snapshot!(refused(
        "certify c.json -e production.json --target sandbox",
        |place| place.write_json("production.json", &production)
    ));
}

#[test]
fn production_that_is_mapped_away_may_be_allowed_by_name() {
    let (place, server) = workplace();
    place.write_json(
        "production.json",
        &environment(&[("base", "https://api-payout.sage.com", "default")]),
    );
    place.write_json(
        "c.json",
        &collection(&[get("only", "{{base}}/x").tested("pm.test('ok', () => {})")]),
    );
    let map = format!("https://api-payout.sage.com={}", server.url(""));
    place.preflight(&[
        "certify",
        "c.json",
        "-e",
        "production.json",
        "--target",
        "sandbox",
        "--map",
        &map,
        "--allow-production",
    ]);
    assert_eq!(server.log().len(), 1, "the mapped server is asked");
}

#[test]
fn two_collections_of_one_name_are_refused() {
    insta::assert_snapshot!(refused("certify c.json other/c.json -e e.json", |place| {
        place.write_json("other/c.json", &collection(&[get("only", "{{base}}/x")]));
    }));
}

#[test]
fn arguments_that_nobody_knows_are_refused() {
    insta::assert_snapshot!("unknown_option", refused("run c.json --colour red", |_| {}));
    insta::assert_snapshot!("unknown_command", refused("fly c.json", |_| {}));
    insta::assert_snapshot!("no_iteration", refused("run c.json -n 0", |_| {}));
    insta::assert_snapshot!("no_collection", refused("run", |_| {}));
}

#[test]
fn help_and_version_are_data() {
    let place = Workplace::new();
    let version = place.line("--version").expect(0);
    assert_eq!(
        version.stdout,
        concat!("preflight ", env!("CARGO_PKG_VERSION"), "\n")
    );
    for command in ["", "run", "certify", "snapshot", "doctor"] {
        let help = place.line(&format!("{command} --help")).expect(0);
        assert_eq!(help.stderr, "", "{command}");
        assert!(
            help.stdout.contains("Usage:") || help.stdout.contains("Usage"),
            "{command}"
        );
    }
}

#[test]
fn a_file_of_the_repository_is_read_from_elsewhere() {
    let place = Workplace::new();
    let collection = shipped("collections/payments-out-consumer-api.postman_collection.json");
    let environment = shipped("fixtures/environment/mock.postman_environment.json");
    let outcome = place
        .preflight(&["run", &collection, "-e", &environment, "--target", "mock"])
        .expect(0);
    assert!(
        outcome.stdout.contains("Making payments"),
        "{}",
        outcome.stdout
    );
}

#[test]
fn what_is_only_in_a_cloud_is_not_fetched() {
    for (name, collection) in [
        ("uid", "12345678-0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0"),
        ("url", "https://collections.invalid/c.json"),
    ] {
        insta::assert_snapshot!(
            format!("collection_elsewhere_{name}"),
            refused(&format!("run {collection}"), |_| {})
        );
    }
}

#[test]
fn certificates_and_cookies_that_are_none_are_told() {
    for (name, option) in [
        ("certificate", "--ssl-client-cert text"),
        ("lone_key", "--ssl-client-key text"),
        (
            "passphrase",
            "--ssl-client-cert text --ssl-client-passphrase x",
        ),
        ("certificate_list", "--ssl-client-cert-list text"),
        ("cookie_jar", "--cookie-jar list.json"),
    ] {
        insta::assert_snapshot!(
            format!("newman_option_{name}"),
            refused(&format!("run c.json -e e.json {option}"), |place| {
                place.write("text", "text");
                place.write("list.json", "[]");
            })
        );
    }
}
