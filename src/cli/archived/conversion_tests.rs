use serde_json::{Value, json};

use super::*;

/// An archive of exchanges: time, method, URL, headers, body, status, headers, body.
fn archive(entries: &[Value]) -> Vec<u8> {
    json!({"log": {"creator": {"name": "Gate"}, "entries": entries}})
        .to_string()
        .into_bytes()
}

fn entry(second: u32, url: &str, sent: &Value, body: &str, answer: &str) -> Value {
    let headers: Vec<Value> = sent
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    json!({
        "startedDateTime": format!("2026-03-31T09:00:{second:02}.125Z"),
        "time": 40,
        "request": {
            "method": if body.is_empty() { "GET" } else { "POST" },
            "url": url,
            "headers": headers,
            "postData": {"text": body},
        },
        "response": {"status": 200, "headers": [], "content": {"text": answer}},
        "timings": {},
    })
}

fn read(entries: &[Value]) -> (Vec<String>, History) {
    let profile = Profile::built_in();
    let history = history(Path::new("a.har"), &archive(entries), &profile)
        .unwrap_or_else(|error| panic!("{error}"));
    let lines = String::from_utf8(History::lines(history.events())).unwrap();
    (lines.lines().map(str::to_owned).collect(), history)
}

const PROVIDER: &str = "https://a.example.org/api-provider-v1/providers/x";
const CONSUMER: &str = "https://a.example.org/v3/subscriptions/organisations/x/subscriptions";
const IDENTITY: &str = "https://id.example.org/oauth/token";

fn issue(second: u32, client: &str, token: &str) -> Value {
    let body = json!({"client_id": client, "client_secret": "0f9e8d7c6b5a"}).to_string();
    let answer = json!({"access_token": token, "expires_in": 60}).to_string();
    entry(second, IDENTITY, &json!({}), &body, &answer)
}

#[test]
fn what_is_a_credential_anywhere_is_none_in_the_history() {
    let secret = |place: usize| format!("s3cret{place:02}-b7d1e9f3a5c2");
    let bearer = |place: usize| format!("Bearer {}", secret(place));
    let mut set = entry(2, PROVIDER, &json!({"authorization": bearer(0)}), "", "{}");
    set["response"]["headers"] = json!([
        {"name": "set-cookie", "value": format!("a={}", secret(1))},
        {"name": "x-gateway-token", "value": secret(2)},
        {"name": "location", "value": format!("https://c.example.org/?code=1&token={}", secret(80))},
    ]);
    let form = format!(
        "grant_type=x&client_secret={}&api_key={}",
        secret(3),
        secret(4)
    );
    let url = format!("{PROVIDER}?page=2&sig={}", secret(5));
    let headers = json!({
        "authorization": bearer(6),
        "x-api-key": secret(7),
        "cookie": format!("b={}", secret(8)),
        "x-amz-security-token": secret(9),
    });
    let deep = json!({"data": [{"apiKey": secret(10)}], "x": secret(11)}).to_string();
    let body = json!({"client_secret": secret(12), "credentials": {"password": secret(13)}});
    let mut entries = vec![
        // Shown as text before it is used elsewhere.
        entry(
            1,
            PROVIDER,
            &headers,
            "",
            &json!({"x": secret(14)}).to_string(),
        ),
        set,
        entry(3, IDENTITY, &json!({}), &form, "{}"),
        entry(4, &url, &headers, "", &deep),
        entry(
            5,
            IDENTITY,
            &json!({}),
            &body.to_string(),
            &format!("{{\"refresh_token\": \"{}\"}}", secret(15)),
        ),
        entry(
            6,
            "https://b.example.org/",
            &json!({"authorization": bearer(14)}),
            "",
            "",
        ),
        entry(
            7,
            "https://b.example.org/",
            &json!({"proxy-authorization": secret(11)}),
            "",
            "",
        ),
    ];
    let url = PROVIDER.replace("://", &format!("://somebody:{}@", secret(81)));
    entries.push(entry(7, &url, &headers, "", "{}"));
    // More than are looked for everywhere.
    for place in 16..80 {
        let headers = json!({"authorization": bearer(place), "x-auth-token": secret(place)});
        let url = format!("{PROVIDER}?access_token={}", secret(place));
        let body = json!({"token": secret(place)}).to_string();
        entries.push(entry(8, &url, &headers, &body, &body));
    }
    let (lines, _) = read(&entries);
    for place in 0..82 {
        let secret = secret(place);
        let shown: Vec<&String> = lines.iter().filter(|it| it.contains(&secret)).collect();
        assert!(shown.is_empty(), "{secret}: {shown:#?}");
    }
    assert!(lines.iter().any(|it| it.contains("page=2&sig=[secret:")));
    // Equal values stay equal, wherever they stand.
    let last = lines
        .iter()
        .rfind(|it| it.contains("x-auth-token"))
        .unwrap();
    let (_, rest) = last.split_once("Bearer ").unwrap();
    let commitment = &rest[..rest.find(']').unwrap()];
    assert_eq!(last.matches(commitment).count(), 5, "{last}");
}

#[test]
fn the_product_is_known_by_its_paths_and_its_tokens() {
    let bearer = |token: &str| json!({"authorization": format!("Bearer {token}")});
    let (_, history) = read(&[
        issue(1, "product", "t0ken-of-product"),
        issue(2, "connector", "t0ken-of-connector"),
        entry(3, PROVIDER, &bearer("t0ken-of-connector"), "", "{}"),
        entry(4, CONSUMER, &bearer("t0ken-of-product"), "", "{}"),
        issue(5, "product", "t0ken-nobody-uses"),
        issue(6, "somebody", "t0ken-not-used-either"),
    ]);
    let origins: Vec<Origin> = history
        .events()
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Exchange { origin, .. } => Some(*origin),
            _ => None,
        })
        .collect();
    use Origin::{Connector, Product};
    assert_eq!(
        origins,
        [Product, Connector, Connector, Product, Product, Connector]
    );
}

#[test]
fn what_stands_there_twice_counts_once() {
    let call = entry(
        1,
        PROVIDER,
        &json!({"authorization": "Bearer 0paque-b7d1e9f3"}),
        "",
        "{}",
    );
    let mut later = call.clone();
    later["startedDateTime"] = "2026-03-31T09:00:01.126Z".into();
    let (lines, _) = read(&[call.clone(), later, call]);
    let calls = lines
        .iter()
        .filter(|it| it.contains("\"kind\":\"exchange\""));
    assert_eq!(calls.count(), 2);
    assert!(lines.iter().any(|it| it.contains("(1 left out)")));
}

#[test]
fn the_same_archive_gives_the_same_history() {
    let call = entry(
        1,
        PROVIDER,
        &json!({"authorization": "Bearer 0paque-b7d1e9f3"}),
        "",
        "{}",
    );
    let entries = [call];
    assert_eq!(read(&entries).1.head(), read(&entries).1.head());
}
