//! `preflight judge traffic.har`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::outcome::Outcome;
use crate::workplace::Workplace;

const PROVIDER_API: &str = "https://api.example.org/api-provider-v1";

/// Secrets in the places where an archive has them; each is a value that occurs nowhere else.
const SECRETS: [&str; 13] = [
    "T0kenOpaque-7f3a91c2d4e5",
    "cl1ent-s3cret-0f9e8d7c6b5a",
    "k3y-of-the-api-11aa22bb33cc",
    "s1gnature-of-a-gateway-9a8b7c",
    "pa55-of-basic-55e6f7a8b9c0",
    "c00kie-session-0a1b2c3d4e5f",
    "set-c00kie-99f8e7d6c5b4a392",
    "gatew4y-token-4c3b2a190807f",
    "r3fresh-me-6d5c4b3a29181706",
    "deep-1n-json-aabbccddeeff00",
    "1n-a-form-ffeeddccbbaa9988",
    "els3where-token-1357924680",
    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzM2NyM3Qtc3ViamVjdCJ9.c2lnbmF0dXJl",
];

fn headers(pairs: &[(&str, &str)]) -> Value {
    pairs
        .iter()
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect()
}

fn entry(second: u32, method: &str, url: &str, sent: &[(&str, &str)], body: &str) -> Value {
    json!({
        "startedDateTime": format!("2026-03-31T09:{:02}:{:02}.125Z", second / 60, second % 60),
        "time": 40.0,
        "request": {
            "method": method,
            "url": url,
            "httpVersion": "HTTP/1.1",
            "headers": headers(sent),
            "postData": {"mimeType": "application/json", "text": body},
        },
        "response": {
            "status": 200,
            "statusText": "OK",
            "headers": [],
            "content": {"mimeType": "application/json", "text": "{}"},
        },
        "timings": {"send": 0, "wait": 40, "receive": 0},
    })
}

fn archive(entries: &[Value]) -> Value {
    json!({"log": {
        "version": "1.2",
        "creator": {"name": "Gateway", "version": "4.1"},
        "entries": entries,
    }})
}

/// An archive that is full of credentials, some of them shown before they are used.
fn full_of_secrets() -> Value {
    let bearer = format!("Bearer {}", SECRETS[0]);
    let provider = format!("{PROVIDER_API}/providers/6b0c7e0a-8f5d-4f0e-9a53-0d5b1f3c2a11");
    let mut entries = Vec::new();
    let mut first = entry(0, "GET", &provider, &[("Authorization", &bearer)], "");
    // A secret is told of before it stands where secrets stand.
    first["response"]["content"]["text"] = format!(
        "{{\"status\": \"{}\", \"x\": \"{}\"}}",
        SECRETS[2], SECRETS[11]
    )
    .into();
    entries.push(first);
    let token = json!({
        "grant_type": "client_credentials",
        "client_id": "the-client",
        "client_secret": SECRETS[1],
        "audience": "payments-out",
    });
    let mut issue = entry(
        1,
        "POST",
        "https://id.example.org/oauth/token",
        &[("content-type", "application/json")],
        &token.to_string(),
    );
    issue["response"]["content"]["text"] = json!({
        "access_token": SECRETS[0],
        "refresh_token": SECRETS[8],
        "token_type": "Bearer",
        "expires_in": 28800,
    })
    .to_string()
    .into();
    entries.push(issue);
    let basic = base64(&format!("user:{}", SECRETS[4]));
    let mut basic = entry(
        2,
        "POST",
        "https://id.example.org/oauth/token",
        &[
            ("Authorization", &format!("Basic {basic}")),
            ("content-type", "application/x-www-form-urlencoded"),
        ],
        &format!("grant_type=client_credentials&api_key={}", SECRETS[10]),
    );
    basic["response"]["status"] = 401.into();
    entries.push(basic);
    let url = format!("{provider}?sig={}&page=2", SECRETS[3]);
    let mut odd = entry(
        3,
        "GET",
        &url,
        &[
            ("Authorization", &bearer),
            ("x-api-key", SECRETS[2]),
            ("Cookie", &format!("session={}", SECRETS[5])),
            ("X-Gateway-Token", SECRETS[7]),
            ("X-Fapi-Interaction-Id", SECRETS[12]),
        ],
        "",
    );
    odd["response"]["headers"] =
        headers(&[("Set-Cookie", &format!("session={}; Path=/", SECRETS[6]))]);
    odd["response"]["content"]["text"] = json!({"data": [{"clientSecret": SECRETS[9]}]})
        .to_string()
        .into();
    odd["response"]["status"] = 429.into();
    entries.push(odd.clone());
    odd["startedDateTime"] = "2026-03-31T09:00:04.001Z".into();
    entries.push(odd);
    let elsewhere = format!("Bearer {}", SECRETS[11]);
    entries.push(entry(
        5,
        "GET",
        "https://elsewhere.example.org/",
        &[("Authorization", &elsewhere)],
        "",
    ));
    // More tokens than anything is taught.
    for number in 0..40 {
        let bearer = format!("Bearer {}", numbered(number));
        let url = format!("{provider}?access_token={}", numbered(number));
        entries.push(entry(
            10 + number,
            "GET",
            &url,
            &[("Authorization", &bearer)],
            "",
        ));
    }
    archive(&entries)
}

fn numbered(number: u32) -> String {
    format!("0paque-{number:04}-b7d1e9f3a5c2")
}

/// Base64 with padding (RFC 4648 §4).
fn base64(text: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let mut bytes = [0; 3];
        bytes[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]]);
        for place in 0..4 {
            let digit = (bits >> (18 - 6 * place)) & 63;
            encoded.push(if place <= chunk.len() {
                char::from(ALPHABET[digit as usize])
            } else {
                '='
            });
        }
    }
    encoded
}

/// The archive of what a connector sent in an observation, as a gateway would have written it.
fn archive_of(place: &Workplace, history: &str) -> Value {
    let entries: Vec<Value> = place
        .events(history)
        .into_iter()
        .filter(|event| event["kind"] == "exchange" && event["origin"] == "connector")
        .map(|event| as_entry(&event["exchange"]))
        .collect();
    archive(&entries)
}

fn as_entry(exchange: &Value) -> Value {
    let (request, response, timing) = (
        &exchange["request"],
        &exchange["response"],
        &exchange["timing"],
    );
    let pairs = |message: &Value| -> Value {
        message["headers"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|pair| json!({"name": pair[0], "value": raw(pair[1].as_str().unwrap())}))
            .collect()
    };
    let text = |message: &Value| {
        let body = &message["body"];
        let text = body["text"].as_str().map(raw);
        text.unwrap_or_default()
    };
    let moment =
        |name: &str| -> jiff::Timestamp { timing[name].as_str().unwrap().parse().unwrap() };
    let milliseconds = |from: &str, to: &str| -> f64 {
        moment(to).duration_since(moment(from)).as_secs_f64() * 1000.0
    };
    let started = moment("request_first")
        .round(jiff::Unit::Millisecond)
        .unwrap();
    json!({
        "startedDateTime": started.to_string(),
        "time": milliseconds("request_first", "response_last"),
        "request": {
            "method": request["method"],
            "url": request["url"],
            "headers": pairs(request),
            "postData": {"mimeType": "", "text": text(request)},
        },
        "response": {
            "status": response["status"].as_u64().unwrap_or(0),
            "statusText": "",
            "headers": pairs(response),
            "content": {"text": text(response)},
        },
        "timings": {
            "send": milliseconds("request_first", "request_last"),
            "wait": milliseconds("request_last", "response_first"),
            "receive": milliseconds("response_first", "response_last"),
        },
    })
}

/// With values where the history has commitments.
fn raw(text: &str) -> String {
    text.replace("[secret:", "raw-value-of-").replace(']', "")
}

fn findings(outcome: &Outcome) -> Vec<Value> {
    let results: Value = serde_json::from_str(&outcome.stdout).unwrap();
    results["checks"].as_array().unwrap().clone()
}

#[test]
fn no_output_has_a_credential_of_the_archive() {
    let place = Workplace::new();
    let text = full_of_secrets().to_string();
    let mut secrets: Vec<String> = SECRETS.map(str::to_owned).to_vec();
    secrets.extend((0..40).map(numbered));
    for secret in &secrets[..4] {
        assert!(text.contains(secret.as_str()), "{secret} is in the archive");
    }
    place.write("traffic.har", &text);
    place.write("cut.har", &text[..text.len() - 3]);
    place.write(
        "odd.har",
        text.replace("\"status\":429", "\"status\":\"s3\"")
            .replace("2026-03-31T09:00:04.001Z", SECRETS[0]),
    );
    let checks = "AE-01 BK-02 CR-01 CR-02 CR-03 CR-04 IX-01 IX-02 PC-01 ST-01 TK-01 TK-05";
    let mut said = String::new();
    for line in [
        "judge traffic.har --evidence evidence",
        "evidence traffic.har --gate ci -o archive.preflight.zip",
        "judge traffic.har --json",
        "judge traffic.har traffic.har --gate certify",
        "judge cut.har",
        "judge odd.har",
    ] {
        let outcome = place.line(line);
        write!(said, "{}{}", outcome.stdout, outcome.stderr).unwrap();
    }
    for check in checks.split(' ') {
        for json in ["", "--json"] {
            let outcome = place.line(&format!("judge traffic.har --check {check} {json}"));
            write!(said, "{}{}", outcome.stdout, outcome.stderr).unwrap();
        }
    }
    for (_, bytes) in place.files("evidence") {
        said.push_str(&String::from_utf8(bytes).unwrap());
    }
    // It says something of them.
    assert!(said.contains("45 of 46 exchanges are with the platform"));
    assert!(said.contains("CR-01"), "{said}");
    for secret in &secrets {
        for form in [
            secret.clone(),
            base64(secret),
            base64(&format!("user:{secret}")),
        ] {
            assert!(!said.contains(&form), "{form} is shown");
        }
        // A third of it would be too much.
        let part = &secret[..secret.len() / 3 + 4];
        assert!(
            part.starts_with("eyJhbGci") || !said.contains(part),
            "{part} is shown"
        );
    }
}

#[test]
fn a_conforming_connector_is_not_convicted_by_its_archive() {
    let place = Workplace::new();
    place
        .line("observe --specimen reference --plan ci --evidence observed")
        .expect(0);
    let whole = archive_of(&place, "observed/history.ndjson");
    place.write_json("traffic.har", &whole);
    let mut doubled = whole.clone();
    let entries = whole["log"]["entries"].as_array().unwrap();
    doubled["log"]["entries"] = entries.iter().chain(entries).cloned().collect();
    place.write_json("doubled.har", &doubled);
    place.write_json("late.har", &archive(&entries[entries.len() / 3..]));
    let mut bare = whole.clone();
    for entry in bare["log"]["entries"].as_array_mut().unwrap() {
        entry["response"]["content"] = json!({"size": 100});
    }
    place.write_json("bare.har", &bare);
    for file in ["traffic.har", "doubled.har", "late.har", "bare.har"] {
        let outcome = place.line(&format!("judge {file} --json"));
        let findings = findings(&outcome);
        for finding in &findings {
            let raw = finding["raw"].as_str().unwrap();
            assert!(
                !["FAIL", "WARN", "REVIEW", "ERROR"].contains(&raw),
                "{file}: {finding:#}"
            );
            assert!(!finding["message"].as_str().unwrap().is_empty());
        }
        let passed = findings.iter().filter(|finding| finding["raw"] == "PASS");
        assert!(passed.count() > 15, "{file}");
    }
    // What it cannot show is said, and stands in the way of a certification.
    let outcome = place.line("judge traffic.har --gate certify").expect(3);
    assert!(
        outcome.stdout.contains(
            "NA-01 INCONCLUSIVE (rests on what is stated; the plan does not exercise it)\n  \
             Exchanges were observed from the client; this can be judged only from the mock."
        ),
        "{}",
        outcome.stdout
    );
    assert!(outcome.stdout.contains("BK-01 NOT_EXERCISED"));
    place.line("judge traffic.har --gate ci").expect(0);
}

#[test]
fn what_a_client_did_wrong_is_found_in_its_archive() {
    let place = Workplace::new();
    let url = format!("{PROVIDER_API}/providers/x");
    let sent = [
        ("authorization", "Bearer 0paque-b7d1e9f3a5c2"),
        ("x-api-key", "k3y-of-the-api-11aa22bb33cc"),
        (
            "x-fapi-interaction-id",
            "61c9e4d9-7f66-4a2c-9771-451f4d17dcce",
        ),
    ];
    let calls = [1, 20, 40].map(|second| entry(second, "GET", &url, &sent, ""));
    place.write_json("traffic", &archive(&calls));
    let outcome = place.line("judge traffic --gate ci").expect(1);
    assert!(outcome.stdout.contains("IX-01 FAIL"), "{}", outcome.stdout);
    assert!(
        outcome
            .stderr
            .contains("the times are those of Gateway 4.1, a browser's or a gateway's"),
        "{}",
        outcome.stderr
    );
    let results = place.line("judge traffic --json");
    assert!(
        results
            .stdout
            .contains("the times are those of Gateway 4.1"),
        "{}",
        results.stdout
    );
}

#[test]
fn an_archive_without_what_a_verdict_needs_is_refused() {
    let place = Workplace::new();
    let url = format!("{PROVIDER_API}/providers/x");
    let authorised = [("Authorization", "Bearer 0paque-b7d1e9f3a5c2")];
    let post = |headers: &[(&str, &str)]| {
        let mut post = entry(1, "POST", &url, headers, "");
        post["request"]["postData"] = Value::Null;
        post
    };
    let mut whole_seconds = Vec::new();
    for second in 0..8 {
        let mut entry = entry(second, "GET", &url, &authorised, "");
        entry["startedDateTime"] = format!("2026-03-31T09:00:{second:02}Z").into();
        whole_seconds.push(entry);
    }
    let typed = [authorised[0], ("content-type", "application/json")];
    let cases = [
        (
            "elsewhere",
            vec![entry(1, "GET", "https://a.example.org/", &[], "")],
        ),
        ("sanitised", vec![entry(1, "GET", &url, &[], "")]),
        (
            "redacted",
            vec![entry(
                1,
                "GET",
                &url,
                &[("authorization", "Bearer [REDACTED]")],
                "",
            )],
        ),
        ("without bodies", vec![post(&typed)]),
        ("whole seconds", whole_seconds),
    ];
    let mut said = String::new();
    for (name, entries) in cases {
        place.write_json("traffic.har", &archive(&entries));
        let outcome = place.line("judge traffic.har").expect(2);
        write!(said, "{name}\n{}", outcome.stderr).unwrap();
    }
    for (name, text) in [
        ("no JSON", "{\"log\": {\n  oops}"),
        ("cut", "{\"log\": {\"entries\": ["),
        ("no archive", "{\"logs\": []}"),
        ("no entry", "{\"log\": {\"entries\": [{\"request\": 1}]}}"),
        ("empty", ""),
    ] {
        place.write("traffic.har", text);
        let outcome = place.line("judge traffic.har").expect(2);
        write!(said, "{name}\n{}", outcome.stderr).unwrap();
    }
    let outcome = place.line("judge missing.har").expect(2);
    write!(said, "missing\n{}", outcome.stderr).unwrap();
    insta::assert_snapshot!(said);
}

/// The raw outcome of each check on a record.
fn outcomes(place: &Workplace, record: &str) -> std::collections::BTreeMap<String, String> {
    let judged = place.line(&format!("judge {record} --json"));
    let results: Value = serde_json::from_str(&judged.stdout).unwrap();
    let checks = results["checks"].as_array().unwrap().iter();
    checks
        .map(|it| (it["check"].as_str().unwrap(), it["raw"].as_str().unwrap()))
        .map(|(check, raw)| (check.to_owned(), raw.to_owned()))
        .collect()
}

#[test]
fn the_archive_of_an_observation_is_judged_as_its_history_as_far_as_one_shows_it() {
    for (specimen, broken) in [
        ("reference", None),
        ("token-per-request", Some("TK-01")),
        ("refused-token-again", Some("TK-04")),
    ] {
        let place = Workplace::new();
        place.line(&format!(
            "observe --specimen {specimen} --plan ci --time logical --gate ci --evidence out"
        ));
        let recorded = outcomes(&place, "out/history.ndjson");
        let archived = outcomes(&place, "out/traffic.har");
        assert_eq!(recorded.len(), archived.len());
        let mut same = 0;
        for (check, raw) in &archived {
            if recorded[check] == *raw {
                same += 1;
                continue;
            }
            // An archive shows less, and never something else.
            assert!(
                ["INCONCLUSIVE", "NOT_EXERCISED"].contains(&raw.as_str()),
                "{specimen}: {check} {} {raw}",
                recorded[check]
            );
        }
        assert!(same > 50, "{specimen}: {same}");
        if let Some(check) = broken {
            assert_eq!(archived[check], "FAIL", "{specimen}");
        }
    }
}
