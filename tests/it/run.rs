//! How `preflight run` goes through a collection.

use serde_json::json;

use crate::collection::{Item as _, collection, environment, folder, get};
use crate::server::{Reply, Server};
use crate::workplace::{Workplace, repository};

/// The paths that a server was asked for.
fn paths(server: &Server) -> Vec<String> {
    server
        .log()
        .iter()
        .map(|request| request.target().to_owned())
        .collect()
}

#[test]
fn a_run_is_shown_as_newman_shows_it() {
    let server = Server::new(|request| match request.path() {
        "/made" => Reply::answer(201, &[("Content-Type", "application/json")], "{\"id\":7}"),
        _ => Reply::json("{}"),
    });
    let place = Workplace::new();
    let base = server.url("");
    place.write_json(
        "c.json",
        &collection(&[
            folder(
                "Making",
                &[get("Make", &format!("{base}/made")).tested(
                    "console.log('made', pm.response.json());\n\
                     pm.test('it was made', () => pm.response.to.have.status(201));",
                )],
            ),
            get("Look", &format!("{base}/look")).tested(
                "pm.test('it is there', () => pm.expect(pm.response.json().id).to.eql(7));",
            ),
        ]),
    );
    insta::assert_snapshot!("run_shown", place.line("run c.json").expect(1).shown());
    insta::assert_snapshot!(
        "run_shown_plain",
        place
            .line("run c.json --disable-unicode --reporter-cli-no-banner --reporter-cli-no-console")
            .expect(1)
            .shown()
    );
    let short = place.line(
        "run c.json --reporter-cli-no-summary --reporter-cli-no-failures \
         --reporter-cli-no-assertions",
    );
    let shown = short.expect(1);
    for absent in ["it was made", "AssertionError", "total run duration"] {
        assert!(
            !shown.stdout.contains(absent),
            "{absent}:\n{}",
            shown.stdout
        );
    }
}

#[test]
fn silence_prints_nothing_and_keeps_the_exit_code() {
    let server = Server::echo();
    let place = Workplace::new();
    let fails = "pm.test('no', () => { throw new Error('no'); });";
    place.write_json(
        "c.json",
        &collection(&[get("r", &server.url("/x")).tested(fails)]),
    );
    let silent = place.line("run c.json --silent").expect(1);
    assert_eq!((silent.stdout.as_str(), silent.stderr.as_str()), ("", ""));
    let no_console = place
        .line("run c.json -r json --reporter-json-export r.json")
        .expect(1);
    assert_eq!(no_console.stdout, "");
    let suppressed = place.line("run c.json -x").expect(0);
    assert!(suppressed.stdout.contains("no"), "{}", suppressed.stdout);
    place
        .line("run c.json --suppress-exit-code --silent")
        .expect(0);
}

#[test]
fn colours_come_only_where_they_are_wanted() {
    let server = Server::echo();
    let place = Workplace::new();
    place.write_json("c.json", &collection(&[get("r", &server.url("/x"))]));
    assert!(!place.line("run c.json").expect(0).stdout.contains('\u{1b}'));
    assert!(
        !place
            .line("run c.json --color off")
            .expect(0)
            .stdout
            .contains('\u{1b}')
    );
    assert!(
        place
            .line("run c.json --color on")
            .expect(0)
            .stdout
            .contains('\u{1b}')
    );
    let no_color = Workplace::new().with_variable("NO_COLOR", "1");
    no_color.write_json("c.json", &collection(&[get("r", &server.url("/x"))]));
    assert!(
        !no_color
            .line("run c.json")
            .expect(0)
            .stdout
            .contains('\u{1b}')
    );
}

#[test]
fn a_collection_is_run_as_often_as_asked() {
    let server = Server::echo();
    let place = Workplace::new();
    let item = get("r", &server.url("/x")).tested(
        "pm.test(`iteration ${pm.info.iteration} of ${pm.info.iterationCount}`, () => {});",
    );
    place.write_json("c.json", &collection(&[item]));
    let outcome = place.line("run c.json -n 3").expect(0);
    assert_eq!(paths(&server), ["/x", "/x", "/x"]);
    for iteration in 0..3 {
        assert!(
            outcome
                .stdout
                .contains(&format!("iteration {iteration} of 3"))
        );
    }
}

#[test]
fn each_row_of_a_data_file_is_an_iteration() {
    for (name, data) in [
        ("data.csv", "who,count\nann,1\n\"bo b\",2\n".to_owned()),
        (
            "data.json",
            json!([{"who": "ann", "count": 1}, {"who": "bo b", "count": 2}]).to_string(),
        ),
    ] {
        let server = Server::echo();
        let place = Workplace::new();
        place.write(name, data);
        let url = server.url("/{{who}}?count={{count}}");
        let item = get("r", &url).tested(
            "pm.test(`${pm.iterationData.get('who')} ${data.count}`, () => {\n\
             pm.expect(pm.iterationData.get('count')).to.be.a('number'); });",
        );
        place.write_json("c.json", &collection(&[item]));
        let outcome = place.preflight(&["run", "c.json", "-d", name]).expect(0);
        assert_eq!(
            paths(&server),
            ["/ann?count=1", "/bo%20b?count=2"],
            "{name}"
        );
        assert!(outcome.stdout.contains("bo b 2"), "{}", outcome.stdout);
        // More iterations than rows: the last row repeats. Fewer: the rest is not used.
        place
            .preflight(&["run", "c.json", "-n", "3", "-d", name])
            .expect(0);
        assert_eq!(
            paths(&server)[2..],
            ["/ann?count=1", "/bo%20b?count=2", "/bo%20b?count=2"]
        );
        place
            .preflight(&["run", "c.json", "-n", "1", "-d", name])
            .expect(0);
        assert_eq!(paths(&server).len(), 6);
    }
}

#[test]
fn folders_are_chosen_by_name_and_id_in_the_order_of_the_collection() {
    let server = Server::echo();
    let place = Workplace::new();
    let request = |path: &str| get(path, &server.url(&format!("/{path}")));
    let mut with_id = folder("third", &[request("c1"), folder("inner", &[request("c2")])]);
    with_id["id"] = json!("the-id");
    place.write_json(
        "c.json",
        &collection(&[
            folder("first", &[request("a1"), request("a2")]),
            folder("second", &[request("b1")]),
            with_id,
        ]),
    );
    for (line, expected) in [
        ("--folder second", vec!["/b1"]),
        ("--folder second --folder first", vec!["/a1", "/a2", "/b1"]),
        ("--folder the-id", vec!["/c1", "/c2"]),
        ("--folder inner", vec!["/c2"]),
        ("--folder a2", vec!["/a2"]),
    ] {
        let before = server.log().len();
        place.line(&format!("run c.json {line}")).expect(0);
        assert_eq!(paths(&server)[before..], expected, "{line}");
    }
}

#[test]
fn a_script_says_which_request_is_next() {
    let server = Server::echo();
    let place = Workplace::new();
    let request = |name: &str| get(name, &server.url(&format!("/{name}")));
    place.write_json(
        "c.json",
        &collection(&[
            request("a").tested("pm.execution.setNextRequest('c');"),
            request("b").tested("pm.execution.setNextRequest(null);"),
            request("c").prepared("postman.setNextRequest('b');"),
            request("d"),
        ]),
    );
    place.line("run c.json -n 2").expect(0);
    assert_eq!(paths(&server), ["/a", "/c", "/b", "/a", "/c", "/b"]);
}

#[test]
fn a_script_skips_its_request() {
    let server = Server::echo();
    let place = Workplace::new();
    place.write_json(
        "c.json",
        &collection(&[
            get("skipped", &server.url("/skipped"))
                .prepared("pm.execution.skipRequest();")
                .tested("pm.test('never', () => {});"),
            get("sent", &server.url("/sent")),
        ]),
    );
    let outcome = place.line("run c.json").expect(0);
    assert_eq!(paths(&server), ["/sent"]);
    assert!(!outcome.stdout.contains("never"), "{}", outcome.stdout);
}

#[test]
fn what_failed_before_a_request_was_skipped_is_told() {
    let server = Server::echo();
    let place = Workplace::new();
    place.write_json(
        "c.json",
        &collection(&[
            get("skipped", &server.url("/skipped")).prepared(
                "pm.test('too early', () => pm.expect(1).to.eql(2));\n\
                 pm.execution.skipRequest();",
            ),
            get("sent", &server.url("/sent")).tested("pm.test('fine', () => {});"),
        ]),
    );
    let outcome = place
        .line(
            "run c.json -r cli,json,junit --reporter-json-export r.json \
             --reporter-junit-export r.xml",
        )
        .expect(1);
    assert_eq!(paths(&server), ["/sent"]);
    assert!(
        outcome.stdout.contains("expected 1 to deeply equal 2"),
        "{}",
        outcome.stdout
    );
    let failures = place.json("r.json")["run"]["failures"].clone();
    assert_eq!(failures.as_array().unwrap().len(), 1, "{failures}");
    assert!(place.read("r.xml").contains("too early"));
}

#[test]
fn a_failure_ends_the_run_where_asked_for() {
    let fails = "pm.test('no', () => { throw new Error('no'); });";
    for bail in ["--bail", "--bail failure", "--bail folder"] {
        let server = Server::echo();
        let place = Workplace::new();
        place.write_json(
            "c.json",
            &collection(&[
                get("a", &server.url("/a")).tested(fails),
                get("b", &server.url("/b")),
            ]),
        );
        place
            .line(&format!(
                "run c.json -n 2 -r cli,json --reporter-json-export r.json {bail}"
            ))
            .expect(1);
        assert_eq!(paths(&server), ["/a"], "{bail}");
        assert_eq!(
            place.json("r.json")["run"]["failures"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
    }
}

#[test]
fn variables_of_the_command_line_come_before_those_of_the_file() {
    let server = Server::echo();
    let place = Workplace::new();
    place.write_json(
        "e.json",
        &environment(&[
            ("base", "http://nowhere.invalid", "default"),
            ("a", "file", "default"),
        ]),
    );
    place.write_json("g.json", &environment(&[("g", "file", "default")]));
    place.write_json(
        "c.json",
        &collection(&[get("r", "{{base}}/{{a}}/{{g}}/{{h}}")]),
    );
    let base = format!("base={}", server.url(""));
    place
        .preflight(&[
            "run",
            "c.json",
            "-e",
            "e.json",
            "-g",
            "g.json",
            "--env-var",
            &base,
            "--env-var",
            "a=x=y",
            "--global-var",
            "g=line",
            "--global-var",
            "h=new",
        ])
        .expect(0);
    assert_eq!(paths(&server), ["/x=y/line/new"]);
}

#[test]
fn an_unknown_reporter_is_a_warning() {
    let server = Server::echo();
    let place = Workplace::new();
    place.write_json("c.json", &collection(&[get("r", &server.url("/x"))]));
    let outcome = place.line("run c.json -r cli,htmlextra").expect(0);
    insta::assert_snapshot!(outcome.shown());
}

#[test]
fn reports_go_where_they_are_asked_for_and_elsewhere_to_a_folder_of_their_own() {
    let server = Server::echo();
    let place = Workplace::new();
    place.write_json(
        "c.json",
        &collection(&[get("r", &server.url("/x")).tested("pm.test('ok', () => {});")]),
    );
    place
        .line(
            "run c.json -r json,junit --reporter-json-export deep/er/r.json \
             --reporter-junit-export deep/r.xml",
        )
        .expect(0);
    let report = place.json("deep/er/r.json");
    assert_eq!(report["collection"]["info"]["name"], "Small");
    assert_eq!(report["run"]["stats"]["assertions"]["total"], 1);
    assert_eq!(report["run"]["executions"][0]["response"]["code"], 200);
    let junit = place.read("deep/r.xml");
    assert!(junit.contains("<testcase name=\"ok\""), "{junit}");
    place.line("run c.json -r json,junit").expect(0);
    let made: Vec<_> = place
        .files("newman")
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(made.len(), 2, "{made:?}");
}

#[test]
fn a_run_against_the_mock_says_where_requests_go() {
    let place = Workplace::new();
    let file = |name: &str| repository().join(name).display().to_string();
    let outcome = place
        .preflight(&[
            "run",
            &file("collections/payments-out-consumer-api.postman_collection.json"),
            "-e",
            &file("fixtures/environment/mock.postman_environment.json"),
            "--target",
            "mock",
        ])
        .expect(0);
    assert!(
        outcome
            .stderr
            .contains("https://api-payout.mock.invalid -> the embedded mock on 127.0.0.1:"),
        "{}",
        outcome.stderr
    );
}
