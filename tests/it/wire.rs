//! What goes over the wire: auth, cookies, redirects, encodings, backoff.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use preflight::base::Clock;
use serde_json::json;

use crate::collection::{Item as _, collection, environment, get, post};
use crate::server::{Incoming, Reply, Server};
use crate::workplace::Workplace;

/// Runs items against `server`, whose URL is `{{base}}`; every test must hold.
fn run(server: &Server, items: &[serde_json::Value], extra: &str) -> Vec<Incoming> {
    let place = Workplace::new();
    place.write_json("c.json", &collection(items));
    place.write_json(
        "e.json",
        &environment(&[
            ("base", &server.url(""), "default"),
            ("user", "ann", "default"),
            ("password", "pä:ss", "secret"),
        ]),
    );
    place
        .line(&format!("run c.json -e e.json {extra}"))
        .expect(0);
    server.log()
}

fn status(expected: u16) -> String {
    format!("pm.test('status', () => pm.response.to.have.status({expected}));")
}

#[test]
fn auth_of_three_kinds_reaches_the_server() {
    let basic = json!({ "type": "basic", "basic": [
        { "key": "username", "value": "{{user}}" }, { "key": "password", "value": "{{password}}" }
    ] });
    let bearer =
        json!({ "type": "bearer", "bearer": [{ "key": "token", "value": "tok-{{user}}" }] });
    let key = |place: &str| {
        json!({ "type": "apikey", "apikey": [
            { "key": "key", "value": "x-key" }, { "key": "value", "value": "k {{user}}" },
            { "key": "in", "value": place }
        ] })
    };
    let server = Server::echo();
    let log = run(
        &server,
        &[
            get("basic", "{{base}}/basic").auth(basic),
            get("bearer", "{{base}}/bearer").auth(bearer),
            get("header", "{{base}}/header").auth(key("header")),
            get("query", "{{base}}/query?a=1").auth(key("query")),
        ],
        "",
    );
    let expected = format!("Basic {}", STANDARD.encode("ann:pä:ss"));
    assert_eq!(log[0].header("authorization"), Some(expected.as_str()));
    assert_eq!(log[1].header("authorization"), Some("Bearer tok-ann"));
    assert_eq!(log[2].header("x-key"), Some("k ann"));
    assert_eq!(log[3].target(), "/query?a=1&x-key=k%20ann");
    assert_eq!(log[3].header("authorization"), None);
}

#[test]
fn auth_of_the_collection_counts_where_the_item_has_none() {
    let server = Server::echo();
    let place = Workplace::new();
    let mut whole = collection(&[
        get("inherits", &server.url("/inherits")),
        get("refuses", &server.url("/refuses")).auth(json!({ "type": "noauth" })),
    ]);
    whole["auth"] = json!({ "type": "bearer", "bearer": [{ "key": "token", "value": "all" }] });
    place.write_json("c.json", &whole);
    place.line("run c.json").expect(0);
    let log = server.log();
    assert_eq!(log[0].header("authorization"), Some("Bearer all"));
    assert_eq!(log[1].header("authorization"), None);
}

#[test]
fn cookies_are_kept_from_request_to_request() {
    let server = Server::new(|request| match request.path() {
        "/set" => Reply::answer(
            200,
            &[
                ("Set-Cookie", "session=s1; Path=/; HttpOnly"),
                ("Set-Cookie", "deep=d1; Path=/deep"),
            ],
            "",
        ),
        "/clear" => Reply::answer(200, &[("Set-Cookie", "session=; Path=/; Max-Age=0")], ""),
        _ => Reply::echo(request),
    });
    let log = run(
        &server,
        &[
            get("before", "{{base}}/before"),
            get("set", "{{base}}/set").tested(
                "pm.test('seen', () => pm.expect(pm.cookies.get('session')).to.eql('s1'));",
            ),
            get("after", "{{base}}/after"),
            get("deep", "{{base}}/deep/er"),
            get("clear", "{{base}}/clear"),
            get("cleared", "{{base}}/cleared"),
        ],
        "",
    );
    let cookies: Vec<_> = log.iter().map(|request| request.header("cookie")).collect();
    assert_eq!(cookies[..3], [None, None, Some("session=s1")]);
    let deep = cookies[3].unwrap();
    assert!(
        deep.contains("deep=d1") && deep.contains("session=s1"),
        "{deep}"
    );
    assert_eq!(cookies[5], None);
}

#[test]
fn redirects_are_followed_unless_told_otherwise() {
    let handler = |request: &Incoming| match request.path() {
        "/start" => Reply::answer(302, &[("Location", "/middle?x=1")], ""),
        "/middle" => Reply::answer(307, &[("Location", "end")], ""),
        "/keep" => Reply::answer(308, &[("Location", "/end")], ""),
        _ => Reply::echo(request),
    };
    let server = Server::new(handler);
    let log = run(
        &server,
        &[
            get("followed", "{{base}}/start").tested(&status(200)),
            post("kept", "{{base}}/keep", "body").tested(&status(200)),
            post("changed", "{{base}}/start", "body").tested(&status(200)),
        ],
        "",
    );
    let lines: Vec<_> = log.iter().map(|request| request.line.as_str()).collect();
    assert_eq!(
        lines,
        [
            "GET /start HTTP/1.1",
            "GET /middle?x=1 HTTP/1.1",
            "GET /end HTTP/1.1",
            "POST /keep HTTP/1.1",
            "POST /end HTTP/1.1",
            "POST /start HTTP/1.1",
            "GET /middle?x=1 HTTP/1.1",
            "GET /end HTTP/1.1",
        ]
    );
    assert_eq!(log[4].text(), "body");

    let server = Server::new(handler);
    let items = [get("not followed", "{{base}}/start").tested(&status(302))];
    assert_eq!(run(&server, &items, "--ignore-redirects").len(), 1);

    let server = Server::new(handler);
    let mut item = get("not followed", "{{base}}/start").tested(&status(302));
    item["protocolProfileBehavior"] = json!({ "followRedirects": false });
    assert_eq!(run(&server, &[item], "").len(), 1);
}

#[test]
fn authorization_does_not_follow_to_another_host() {
    let other = Server::echo();
    let to = other.url("/end");
    let server = Server::new(move |_| Reply::answer(302, &[("Location", &to)], ""));
    let bearer = json!({ "type": "bearer", "bearer": [{ "key": "token", "value": "t" }] });
    let log = run(&server, &[get("r", "{{base}}/start").auth(bearer)], "");
    assert_eq!(log[0].header("authorization"), Some("Bearer t"));
    assert_eq!(other.log().len(), 1);
}

#[test]
fn a_circle_of_redirects_ends() {
    let server = Server::new(|_| Reply::answer(302, &[("Location", "/again")], ""));
    let place = Workplace::new();
    place.write_json("c.json", &collection(&[get("r", &server.url("/x"))]));
    let outcome = place.line("run c.json").expect(1);
    assert!(
        outcome.stdout.contains("maxRedirects"),
        "{}",
        outcome.stdout
    );
    assert_eq!(server.log().len(), 11);
}

#[test]
fn compressed_bodies_are_read() {
    let text = "{\"long\":\"".to_owned() + &"ä".repeat(5000) + "\"}";
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(text.as_bytes()).unwrap();
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(text.as_bytes()).unwrap();
    let mut raw = DeflateEncoder::new(Vec::new(), Compression::default());
    raw.write_all(text.as_bytes()).unwrap();
    let bodies = [
        ("gzip", gzip.finish().unwrap()),
        ("deflate", zlib.finish().unwrap()),
        ("deflate", raw.finish().unwrap()),
    ];
    for (encoding, body) in bodies {
        let server = Server::new(move |_| {
            let headers = [
                ("Content-Type", "application/json"),
                ("Content-Encoding", encoding),
            ];
            Reply::answer(200, &headers, &body)
        });
        let reads =
            "pm.test('read', () => pm.expect(pm.response.json().long.length).to.eql(5000));";
        let log = run(&server, &[get("r", "{{base}}/x").tested(reads)], "");
        assert!(log[0].header("accept-encoding").unwrap().contains("gzip"));
    }
}

#[test]
fn bodies_of_every_mode_are_sent() {
    let item = |name: &str, body: serde_json::Value| {
        let mut item = post(name, "{{base}}/x", "");
        item["request"]["body"] = body;
        item
    };
    let server = Server::echo();
    let log = run(
        &server,
        &[
            item(
                "json",
                json!({ "mode": "raw", "raw": "{\"a\": \"{{user}}\"}",
                    "options": { "raw": { "language": "json" } } }),
            ),
            item(
                "form",
                json!({ "mode": "urlencoded", "urlencoded": [
                    { "key": "a b", "value": "{{password}}&" },
                    { "key": "off", "value": "x", "disabled": true }
                ] }),
            ),
            item(
                "parts",
                json!({ "mode": "formdata", "formdata": [{ "key": "a", "value": "1", "type": "text" }] }),
            ),
            item(
                "graphql",
                json!({ "mode": "graphql", "graphql": { "query": "{ x }", "variables": "{\"v\":1}" } }),
            ),
        ],
        "",
    );
    assert_eq!(log[0].text(), "{\"a\": \"ann\"}");
    assert_eq!(log[0].header("content-type"), Some("application/json"));
    assert_eq!(log[1].text(), "a%20b=p%C3%A4%3Ass%26");
    assert_eq!(
        log[1].header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    let kind = log[2].header("content-type").unwrap();
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
    assert!(log[2].text().contains(boundary) && log[2].text().contains("name=\"a\""));
    let sent: serde_json::Value = serde_json::from_str(&log[3].text()).unwrap();
    assert_eq!(sent["query"], "{ x }");
}

#[test]
fn a_hint_to_wait_is_obeyed_only_where_asked_for() {
    let busy_once = |request: &Incoming| match request.number {
        0 => Reply::answer(429, &[("Retry-After", "1")], "busy"),
        _ => Reply::echo(request),
    };
    let server = Server::new(busy_once);
    let begun = Clock::system().now();
    let log = run(
        &server,
        &[get("r", "{{base}}/x").tested(&status(200))],
        "--backoff honour",
    );
    assert_eq!(log.len(), 2);
    assert!(
        Clock::system().now().duration_since(begun).as_millis() >= 1000,
        "nobody waited"
    );

    let server = Server::new(busy_once);
    let log = run(&server, &[get("r", "{{base}}/x").tested(&status(429))], "");
    assert_eq!(log.len(), 1);

    let server = Server::new(busy_once);
    let items = [get("r", "{{base}}/x").tested(&status(200))];
    assert_eq!(run(&server, &items, "--backoff fixed:10ms").len(), 2);
}

#[test]
fn a_map_sends_a_host_elsewhere() {
    let server = Server::echo();
    let place = Workplace::new();
    place.write_json(
        "c.json",
        &collection(&[get("r", "https://api.example.invalid/x?y=1").tested(&status(200))]),
    );
    let map = format!("https://api.example.invalid={}", server.url(""));
    place.preflight(&["run", "c.json", "--map", &map]).expect(0);
    assert_eq!(server.log()[0].target(), "/x?y=1");
}

#[test]
fn requests_of_scripts_are_sent_too() {
    let server = Server::echo();
    let log = run(
        &server,
        &[get("r", "{{base}}/item").prepared(
            "pm.sendRequest({ url: pm.environment.get('base') + '/script', method: 'PUT',\n\
             header: { 'x-from': 'script' }, body: { mode: 'raw', raw: 'hi' } }, (error, response) => {\n\
             pm.environment.set('seen', response.json().body);\n\
             pm.test('answered', () => pm.expect(response.code).to.eql(200)); });",
        ).header("x-seen", "{{seen}}")],
        "",
    );
    assert_eq!(log[0].line, "PUT /script HTTP/1.1");
    assert_eq!(log[0].header("x-from"), Some("script"));
    assert_eq!(log[1].header("x-seen"), Some("hi"));
}
