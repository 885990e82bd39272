//! No secret of an environment reaches anything that preflight writes, in whatever encoding it
//! went over the wire.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::certification::CERTIFIED;
use crate::collection::{Item as _, collection, environment, get, post};
use crate::outcome::Outcome;
use crate::server::{Incoming, Reply, Server};
use crate::workplace::Workplace;

/// A secret of plain characters, that fits everywhere.
const KEY: &str = "pl4nt-Key-7f3e91";
/// A secret that looks different in every encoding.
const PASSWORD: &str = "p4ss w/rd\"é&<1>+%";
/// A secret that comes into being during the run.
const LATER: &str = "l4ter-Secret-55aa";

/// A secret in the encodings in which it might leak, by the encoding's name.
fn encodings(secret: &str) -> Vec<(String, Vec<u8>)> {
    let bytes = secret.as_bytes();
    let hex = |upper: bool| -> String {
        bytes.iter().fold(String::new(), |mut text, byte| {
            let _ = if upper {
                write!(text, "{byte:02X}")
            } else {
                write!(text, "{byte:02x}")
            };
            text
        })
    };
    let percent = |keep: fn(u8) -> bool, space: &str| -> String {
        bytes.iter().fold(String::new(), |mut text, byte| {
            match *byte {
                b' ' => text += space,
                byte if keep(byte) => text.push(char::from(byte)),
                byte => {
                    let _ = write!(text, "%{byte:02X}");
                }
            }
            text
        })
    };
    let strict = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let lenient = |byte: u8| byte.is_ascii_graphic() && !b"\"<>%".contains(&byte);
    let json = serde_json::to_string(secret).unwrap();
    let json = json.trim_matches('"').to_owned();
    let ascii_json: String = json
        .chars()
        .map(|character| match character {
            character if character.is_ascii() => character.to_string(),
            character => format!("\\u{:04x}", u32::from(character)),
        })
        .collect();
    let html = secret
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let numbers: Vec<String> = bytes.iter().map(ToString::to_string).collect();
    let utf_16: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut forms: Vec<(String, Vec<u8>)> = [
        ("raw", secret.to_owned()),
        ("hex", hex(false)),
        ("HEX", hex(true)),
        ("percent", percent(strict, "%20")),
        ("lenient percent", percent(lenient, "%20")),
        ("form", percent(strict, "+")),
        ("JSON", json.clone()),
        (
            "JSON in JSON",
            json.replace('\\', "\\\\").replace('"', "\\\""),
        ),
        ("ASCII JSON", ascii_json),
        ("HTML", html.clone()),
        ("HTML with quotes", html.replace('"', "&quot;")),
        ("bytes", numbers.join(",")),
        ("spaced bytes", numbers.join(", ")),
    ]
    .map(|(name, text)| (name.to_owned(), text.into_bytes()))
    .into();
    forms.push(("UTF-16".to_owned(), utf_16));
    for (name, engine) in [
        ("base64", &STANDARD_NO_PAD),
        ("base64url", &URL_SAFE_NO_PAD),
    ] {
        for before in 0..3 {
            // What stands before and after the secret changes the characters at its edges.
            let mut shifted = vec![b'x'; before];
            shifted.extend(bytes);
            let text = engine.encode(&shifted);
            let start = (before * 8).div_ceil(6);
            let end = (shifted.len() * 8) / 6;
            forms.push((format!("{name} after {before}"), text[start..end].into()));
        }
    }
    forms
}

/// Where in `text` a secret stands, by the encoding's name.
fn leaks(text: &[u8], secret: &str) -> Vec<String> {
    encodings(secret)
        .into_iter()
        .filter(|(_, form)| text.windows(form.len()).any(|window| window == form))
        .map(|(name, _)| name)
        .collect()
}

/// A server that says secrets back in every encoding.
fn echo(request: &Incoming) -> Reply {
    let forms: serde_json::Map<String, Value> = [KEY, PASSWORD]
        .iter()
        .flat_map(|secret| encodings(secret))
        .filter(|(name, _)| name != "UTF-16")
        .enumerate()
        .map(|(number, (name, form))| {
            (
                format!("{number} {name}"),
                String::from_utf8(form).unwrap().into(),
            )
        })
        .collect();
    match request.path() {
        "/token" => Reply::json(&json!({ "later": LATER, "access_token": LATER }).to_string()),
        "/text" => {
            let body: Vec<u8> = [KEY, PASSWORD]
                .iter()
                .flat_map(|secret| encodings(secret))
                .flat_map(|(_, form)| [form, b"\n".to_vec()].concat())
                .collect();
            let cookie = format!("k={KEY}; Path=/");
            Reply::answer(
                200,
                &[("Content-Type", "text/plain"), ("Set-Cookie", &cookie)],
                body,
            )
        }
        "/redirect" => {
            let location = format!("/end?k={KEY}");
            Reply::answer(302, &[("Location", &location)], "")
        }
        _ => Reply::json(&json!({ "request": request.whole(), "forms": forms }).to_string()),
    }
}

/// A workplace with the secrets in an environment and a collection that sends them everywhere.
fn workplace() -> (Workplace, Server) {
    let server = Server::new(echo);
    let place = Workplace::new();
    place.write_json(
        "e.json",
        &environment(&[
            ("base", &server.url(""), "default"),
            ("key", KEY, "secret"),
            ("password", PASSWORD, "secret"),
            ("later", "", "secret"),
        ]),
    );
    let basic = json!({ "type": "basic", "basic": [
        { "key": "username", "value": "ann" }, { "key": "password", "value": "{{password}}" }
    ] });
    let mut form = post("form", "{{base}}/form", "");
    form["request"]["body"] = json!({ "mode": "urlencoded", "urlencoded": [
        { "key": "password", "value": "{{password}}" }
    ] });
    let tells = "const secret = pm.environment.get('password');\n\
        console.log('it is', secret, { secret }, btoa(pm.environment.get('key')));\n\
        console.error(encodeURIComponent(secret), JSON.stringify({ deep: JSON.stringify(secret) }));\n\
        pm.test('named ' + secret, () => pm.expect(secret).to.eql('something else'));\n\
        pm.test('passes with ' + pm.environment.get('key'), () => {});\n\
        pm.environment.set('copy', secret);\n\
        throw new Error('about ' + secret);";
    place.write_json(
        "c.json",
        &collection(&[
            get("url", "{{base}}/url/{{key}}?password={{password}}"),
            get("header", "{{base}}/header").header("x-key", "{{key}}"),
            post(
                "raw",
                "{{base}}/raw",
                "{\"key\":\"{{key}}\",\"p\":\"{{password}}\"}",
            ),
            form,
            get("basic", "{{base}}/basic").auth(basic),
            get("tells", "{{base}}/tells").tested(tells),
            get("sends", "{{base}}/sends").prepared(
                "pm.sendRequest(pm.environment.get('base') + '/script?k=' + \
                 encodeURIComponent(pm.environment.get('password')), () => {});",
            ),
            get("text", "{{base}}/text").tested("console.log(pm.response.text());"),
            get("redirect", "{{base}}/redirect"),
            get("nobody", "http://{{key}}.invalid/x"),
            get("token", "{{base}}/token")
                .tested("pm.environment.set('later', pm.response.json().later);"),
            get("uses", "{{base}}/uses").header("authorization", "Bearer {{later}}"),
        ]),
    );
    (place, server)
}

/// Holds streams and files of a run to holding no secret.
#[track_caller]
fn sweep(outcome: &Outcome, files: &[(String, Vec<u8>)]) {
    let mut texts = vec![
        ("stdout".to_owned(), outcome.stdout.clone().into_bytes()),
        ("stderr".to_owned(), outcome.stderr.clone().into_bytes()),
    ];
    texts.extend(files.iter().cloned());
    let mut found = Vec::new();
    for (name, text) in texts {
        for secret in [KEY, PASSWORD, LATER] {
            for encoding in leaks(&text, secret) {
                found.push(format!("{secret} as {encoding} in {name}"));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// The requests that the server got must hold the secrets: otherwise the sweep proves nothing.
fn sent(server: &Server) {
    let log: String = server.log().iter().map(Incoming::whole).collect();
    for (secret, expected) in [
        (KEY, vec!["raw"]),
        (PASSWORD, vec!["raw", "percent", "base64 after 1"]),
        (LATER, vec!["raw"]),
    ] {
        let found = leaks(log.as_bytes(), secret);
        for encoding in expected {
            assert!(
                found.iter().any(|name| name == encoding),
                "{secret} was never sent as {encoding}, only as {found:?}:\n{log}"
            );
        }
    }
}

#[test]
fn the_sweep_finds_every_encoding() {
    let request = Incoming {
        number: 0,
        line: "GET /text HTTP/1.1".to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
    };
    let Reply::Bytes(answer) = echo(&request) else {
        panic!("it answers");
    };
    for secret in [KEY, PASSWORD] {
        let all: Vec<_> = encodings(secret)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(leaks(&answer, secret), all);
        let basic = STANDARD.encode(format!("ann:{secret}"));
        assert!(!leaks(basic.as_bytes(), secret).is_empty(), "{basic}");
    }
    assert_eq!(leaks(b"nothing to see", KEY), Vec::<String>::new());
}

#[test]
fn a_run_leaves_no_secret_anywhere() {
    let (place, server) = workplace();
    let outcome = place
        .line(
            "run c.json -e e.json -r cli,json,junit --reporter-json-export out/r.json \
             --reporter-junit-export out/r.xml --export-environment exported.json",
        )
        .expect(1);
    sent(&server);
    assert!(outcome.stdout.contains("[secret:"), "{}", outcome.stdout);
    sweep(&outcome, &place.files("out"));
    // A copy that a script made is no secret by its type, and its value all the same.
    assert!(!leaks(&place.bytes("exported.json"), KEY).contains(&"raw".to_owned()));
    let report = place.json("out/r.json");
    assert_eq!(report["run"]["executions"].as_array().unwrap().len(), 12);
}

#[test]
fn a_run_in_newmans_manner_leaves_no_secret_in_its_reports_either() {
    let (place, _server) = workplace();
    let outcome = place
        .line(
            "run c.json -e e.json --compat newman -r cli,json,junit \
             --reporter-json-export out/r.json --reporter-junit-export out/r.xml --verbose",
        )
        .expect(1);
    sweep(&outcome, &place.files("out"));
}

#[test]
fn a_certification_leaves_no_secret_anywhere() {
    let (place, server) = workplace();
    let outcome = place
        .line("certify c.json -e e.json --target sandbox --snapshots evidence/golden --gate ci");
    assert_ne!(outcome.code, Some(0));
    sent(&server);
    assert!(place.read("evidence/history.ndjson").contains("[secret:"));
    sweep(&outcome, &place.files("evidence"));
    let (place, _server) = workplace();
    let outcome = place.line("certify c.json -e e.json --target sandbox --json");
    sweep(&outcome, &place.files("evidence"));
}

#[test]
fn a_secret_of_the_command_line_is_one_too() {
    let (place, server) = workplace();
    let other = "0ther-secret-of-the-line";
    let outcome = place
        .preflight(&[
            "run",
            "c.json",
            "-e",
            "e.json",
            "--folder",
            "header",
            "--env-var",
            &format!("key={other}"),
            "-r",
            "cli,json",
            "--reporter-json-export",
            "out/r.json",
        ])
        .expect(0);
    assert_eq!(server.log()[0].header("x-key"), Some(other));
    for (name, text) in place.files("out") {
        assert_eq!(leaks(&text, other), Vec::<String>::new(), "{name}");
    }
    assert_eq!(
        leaks(outcome.stdout.as_bytes(), other),
        Vec::<String>::new()
    );
}

#[test]
fn secrets_are_exported_only_where_asked_for() {
    let (place, _server) = workplace();
    place.line("run c.json -e e.json --export-environment a.json");
    assert_eq!(leaks(&place.bytes("a.json"), KEY), Vec::<String>::new());
    assert_eq!(leaks(&place.bytes("a.json"), LATER), Vec::<String>::new());
    place.line("run c.json -e e.json --export-environment b.json --export-secrets");
    assert!(leaks(&place.bytes("b.json"), KEY).contains(&"raw".to_owned()));
    assert!(leaks(&place.bytes("b.json"), LATER).contains(&"raw".to_owned()));
}

#[test]
fn the_shipped_certification_shows_neither_keys_nor_tokens() {
    let secrets: Vec<String> = preflight::mock::Tenant::variables()
        .into_iter()
        .filter(|(name, _)| {
            let name = name.to_ascii_lowercase();
            name.ends_with("secret") || name.ends_with("apikey") || name == "expiredtoken"
        })
        .map(|(_, value)| value.clone())
        .collect();
    assert!(secrets.len() >= 4, "{secrets:?}");
    for (name, text) in CERTIFIED.files("evidence") {
        for secret in &secrets {
            assert_eq!(
                leaks(&text, secret),
                Vec::<String>::new(),
                "{secret} in {name}"
            );
        }
        let text = String::from_utf8(text).unwrap();
        assert!(!text.contains("eyJ"), "a token in {name}");
    }
}
