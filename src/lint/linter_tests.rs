//! The rules on whole files.

use super::*;

/// Put together here, so that no file has it whole.
const SECRET: [&str; 2] = ["vK3nQ8xZ2mB7", "pL5tR9wY4cF6hJ1d"];

fn secret() -> String {
    SECRET.concat()
}

/// Rule, path and name of what is found.
fn found(text: &str) -> Vec<String> {
    let findings = Linter::new().lint("c.json", text.as_bytes(), Source::Now);
    for finding in &findings {
        let shown = format!("{finding:?}{}", serde_json::to_string(finding).unwrap());
        assert!(!shown.contains(&secret()[..4]), "{shown}");
    }
    findings
        .iter()
        .map(|finding| {
            let Finding {
                rule, path, what, ..
            } = finding;
            format!("{rule} {} {path}: {what}", finding.severity.name())
        })
        .collect()
}

/// A collection with one request.
fn collection(request: &str) -> String {
    format!(
        "{{\"info\": {{\"name\": \"C\", \"schema\": \"s\"}}, \"item\": [{{\"request\": {request}}}]}}"
    )
}

#[test]
fn credentials_are_found_wherever_a_request_has_them() {
    let secret = secret();
    let table = [
        (
            r#"{"header": [{"key": "x-api-key", "value": "SECRET"}]}"#,
            "LN-06 error item[0].request.header[0].value: header `x-api-key`",
        ),
        (
            r#"{"header": [{"key": "Cookie", "value": "theme=dark; SESSION=SECRET"}]}"#,
            "LN-06 error item[0].request.header[0].value: cookie `SESSION`",
        ),
        (
            r#"{"header": [{"key": "X-Custom", "value": "SECRET"}]}"#,
            "LN-07 warning item[0].request.header[0].value: header `X-Custom`",
        ),
        (
            r#"{"auth": {"type": "bearer", "bearer": [{"key": "token", "value": "SECRET", "type": "string"}]}}"#,
            "LN-05 error item[0].request.auth.bearer[0].value: `token` of the authorisation",
        ),
        (
            r#"{"auth": {"type": "bearer", "bearer": {"token": "SECRET"}}}"#,
            "LN-05 error item[0].request.auth.bearer.token: `token` of the authorisation",
        ),
        (
            r#"{"auth": {"type": "basic", "basic": [{"key": "password", "value": "hunter2"}]}}"#,
            "LN-04 error item[0].request.auth.basic[0].value: `password` of the authorisation",
        ),
        (
            r#"{"auth": {"type": "apikey", "apikey": [{"key": "value", "value": "SECRET"}]}}"#,
            "LN-06 error item[0].request.auth.apikey[0].value: `value` of the authorisation",
        ),
        (
            r#"{"auth": {"type": "apikey", "apikey": [{"key": "in", "value": "query"}]}}"#,
            "LN-11 error item[0].request.auth.apikey[0].value: the API key of the authorisation",
        ),
        (
            r#"{"auth": {"type": "oauth2", "oauth2": [{"key": "clientId", "value": "SECRET"}]}}"#,
            "LN-12 warning item[0].request.auth.oauth2[0].value: `clientId` of the authorisation",
        ),
        (
            r#"{"body": {"mode": "urlencoded", "urlencoded": [{"key": "client_secret", "value": "SECRET"}]}}"#,
            "LN-06 error item[0].request.body.urlencoded[0].value: `client_secret`",
        ),
        (
            r#"{"body": {"mode": "raw", "raw": "{\n  \"client_secret\": \"SECRET\"}"}}"#,
            "LN-06 error item[0].request.body.raw: `client_secret`",
        ),
        (
            r#"{"url": {"raw": "https://a/b?access_token=SECRET", "query": [{"key": "access_token", "value": "SECRET"}]}}"#,
            "LN-11 error item[0].request.url.raw: parameter `access_token`",
        ),
        (
            r#"{"url": {"raw": "{{u}}/b", "query": [{"key": "token", "value": "{{t}}"}]}}"#,
            "LN-11 warning item[0].request.url.query[0].value: parameter `token`, from a variable",
        ),
        (
            r#"{"url": "http://api.example.org/x"}"#,
            "LN-10 error item[0].request.url: http://api.example.org",
        ),
        (
            r#""http://api.example.org/x""#,
            "LN-10 error item[0].request: http://api.example.org",
        ),
        (
            r#"{"url": {"protocol": "http", "host": ["api", "example", "org"], "raw": "https://api.example.org"}}"#,
            "LN-10 error item[0].request.url.protocol: http://api.example.org",
        ),
        (
            r#"{"description": "curl -H 'Authorization: Bearer SECRET' https://a"}"#,
            "LN-05 error item[0].request.description: bearer token",
        ),
    ];
    for (request, expected) in table {
        let text = collection(&request.replace("SECRET", &secret));
        assert_eq!(found(&text), [expected], "{request}");
    }
}

#[test]
fn scripts_answers_and_variables_are_read_too() {
    let text = r#"{"item": [{"event": [{"listen": "test", "script": {"exec": [
        "// fetch",
        "pm.environment.set('apiKey', 'SECRET');",
        "const pem = '-----BEGIN PRIVATE KEY-----' +",
        "  'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj';",
        "pm.sendRequest('http://api.example.org/x', () => {});"]}}],
      "response": [{"body": "{\"access_token\":\"SECRET\"}",
        "header": [{"key": "X-Auth-Token", "value": "SECRET"}, {"key": "ETag", "value": "SECRET"}]}]}],
      "variable": [{"key": "clientSecret", "value": "SECRET"},
        {"key": "seed", "value": "SECRET"},
        {"key": "host", "value": "http://api.example.org"},
        {"key": "vaulted", "value": "SECRET", "type": "secret"}]}"#
        .replace("SECRET", &secret());
    insta::assert_snapshot!(found(&text).join("\n"), @r#"
    LN-06 error item[0].event[0].script.exec: `apiKey`
    LN-01 error item[0].event[0].script.exec: private key (PEM)
    LN-10 error item[0].event[0].script.exec: http://api.example.org
    LN-06 error item[0].response[0].body: `access_token`
    LN-06 error item[0].response[0].header[0].value: `X-Auth-Token`
    LN-06 error variable[0].value: `clientSecret`
    LN-07 warning variable[1].value: `seed`
    LN-10 error variable[2].value: http://api.example.org
    LN-09 warning variable[3].value: variable `vaulted`
    "#);
}

#[test]
fn a_collection_that_keeps_its_secrets_in_variables_is_clean() {
    let text = r#"{"info": {"name": "C", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json", "_postman_id": "c9a1f0de-6e1b-4b7a-9d1f-2f6c1a9d41c7"},
      "auth": {"type": "oauth2", "oauth2": [{"key": "clientSecret", "value": "{{clientSecret}}"}, {"key": "accessTokenUrl", "value": "https://id.example.com/oauth/token"}, {"key": "addTokenTo", "value": "header"}]},
      "item": [{"id": "c9a1f0de-6e1b-4b7a-9d1f-2f6c1a9d41c7", "request": {"url": {"raw": "{{baseUrl}}/a?page=2&nextPageToken=9f86d081884c7d659a2f", "query": [{"key": "page", "value": "2"}]},
        "header": [{"key": "Authorization", "value": "Bearer {{accessToken}}"}, {"key": "Content-Type", "value": "application/vnd.api+json;version=1"}]},
        "event": [{"script": {"exec": ["const token = pm.response.json().access_token;", "pm.environment.set('accessToken', token);", "pm.sendRequest('http://localhost:3000/x');"]}}]}],
      "variable": [{"key": "token", "value": ""}, {"key": "clientSecret", "value": "", "type": "secret"}, {"key": "apiKey", "value": "your-api-key"}]}"#;
    assert_eq!(found(text), [""; 0]);
}

#[test]
fn the_value_of_a_secret_variable_is_found_elsewhere_in_any_encoding() {
    let linter = Linter::new();
    let environment = r#"{"name": "E", "values": [
        {"key": "clientSecret", "value": "correct horse battery", "type": "secret"},
        {"key": "short", "value": "abc", "type": "secret"},
        {"key": "host", "value": "https://a.example", "type": "default"}]}"#;
    assert_eq!(linter.learn("e.json", environment.as_bytes()), 1);
    assert_eq!(linter.learn("e.json", environment.as_bytes()), 0);
    for text in [
        collection(r#"{"body": {"raw": "say correct horse battery"}}"#),
        collection(r#"{"header": [{"key": "a", "value": "Y29ycmVjdCBob3JzZSBiYXR0ZXJ5"}]}"#),
        "KEY = 'correct%20horse%20battery'".to_owned(),
    ] {
        let findings = linter.lint("c.json", text.as_bytes(), Source::Now);
        let rules: Vec<Rule> = findings.iter().map(|finding| finding.rule).collect();
        assert_eq!(rules, [Rule::LeakedSecret], "{text}");
        assert!(findings[0].what.ends_with("`clientSecret`"));
    }
    let own = linter.lint("e.json", environment.as_bytes(), Source::Now);
    let own: Vec<(Rule, Severity)> = own.iter().map(|it| (it.rule, it.severity)).collect();
    assert_eq!(own[0], (Rule::FilledSecret, Severity::Warning));
    let committed = linter.lint("e.json", environment.as_bytes(), Source::Commit("abc"));
    assert_eq!(committed[0].severity, Severity::Error);
}

#[test]
fn places_are_right_behind_escapes_and_other_alphabets() {
    let secret = secret();
    let text = format!(
        "{{\"item\":[],\n\"description\": \"Z\u{fc}rich \\u00fc \\ud83d\\ude00\\n\\t\\\"token: {secret}\"}}"
    );
    let findings = Linter::new().lint("c.json", text.as_bytes(), Source::Now);
    let line = text.lines().nth(1).unwrap();
    let column = line[..line.find(&secret).unwrap()].chars().count() + 1;
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(
        (findings[0].place.line, findings[0].place.column),
        (2, column)
    );
}

#[test]
fn what_is_no_json_is_read_as_text_and_what_is_no_text_not_at_all() {
    let text = format!("# settings\nCLIENT_SECRET={}\n", secret());
    let findings = Linter::new().lint(".env", text.as_bytes(), Source::Now);
    assert_eq!(findings[0].place.to_string(), "2:15");
    assert_eq!(findings[0].path, "");
    assert!(
        Linter::new()
            .lint("x", b"\xff\xfe\x00\xd8", Source::Now)
            .is_empty()
    );
}

#[test]
fn a_name_that_is_a_credential_itself_is_not_shown() {
    let text = format!(
        "{{\"item\": [], \"{}\": {{\"token\": \"{}\"}}}}",
        secret(),
        secret()
    );
    assert_eq!(
        found(&text)[0],
        "LN-06 error (name of 28 characters).token: `token`"
    );
}

mod allowing {
    use jiff::civil::date;

    use super::*;
    use crate::lint::{AllowList, Excuse, StaleEntry, Survey};

    fn findings() -> Vec<Finding> {
        let text = format!("api_key = {}", secret());
        Linter::new().lint("their/settings.txt", text.as_bytes(), Source::Now)
    }

    fn entry(path: &str, fingerprint: &str) -> String {
        format!(
            "[[allow]]\nrule = \"LN-06\"\npath = \"{path}\"\nfingerprint = \"{fingerprint}\"\n\
             owner = \"payments team\"\nreason = \"public\"\nexpires = 2026-06-30\n"
        )
    }

    #[test]
    fn an_entry_allows_what_it_names_until_its_day_is_over() {
        let fingerprint = findings()[0].fingerprint.clone();
        // path, fingerprint, today, whether it stands, what becomes of the entry
        let table = [
            (
                "settings.txt",
                fingerprint.as_str(),
                date(2026, 6, 30),
                0,
                Excuse::Used,
            ),
            (
                "their/settings.txt",
                fingerprint.as_str(),
                date(2026, 1, 1),
                0,
                Excuse::Used,
            ),
            (
                "settings.txt",
                fingerprint.as_str(),
                date(2026, 7, 1),
                1,
                Excuse::Expired,
            ),
            (
                "tings.txt",
                fingerprint.as_str(),
                date(2026, 6, 30),
                1,
                Excuse::Unused,
            ),
            (
                "settings.txt",
                "LN-06:000:28",
                date(2026, 6, 30),
                1,
                Excuse::Unused,
            ),
        ];
        for (path, fingerprint, today, standing, expected) in table {
            let list = AllowList::read("allow.toml", &entry(path, fingerprint)).unwrap();
            let (stands, allowed, excuses) = list.part(findings(), today);
            assert_eq!(
                (stands.len(), allowed.len()),
                (standing, 1 - standing),
                "{path} {today}"
            );
            assert_eq!(excuses[0].1, expected, "{path} {today}");
            let stale = StaleEntry::of(excuses[0].0, excuses[0].1);
            assert_eq!(stale.is_some(), expected != Excuse::Used);
        }
    }

    #[test]
    fn everything_that_is_wrong_with_an_allow_file_is_told() {
        let text = "[[allow]]\nrule = \"LN-77\"\nfingerprint = \"x\"\nsurprise = 1\n[[allow]]\nrule = \"LN-01\"\nfingerprint = \"LN-02:abc:3\"\n";
        insta::assert_snapshot!(AllowList::read("allow.toml", text).unwrap_err(), @r#"
        allow.toml:1:1: missing: there is no `allow.path`; write, for example, `path = "collections/ours.postman_collection.json"`
        allow.toml:1:1: missing: there is no `allow.owner`; write, for example, `owner = "payments team"`
        allow.toml:1:1: missing: there is no `allow.reason`; write, for example, `reason = "a public test value"`
        allow.toml:1:1: missing: there is no `allow.expires`; write, for example, `expires = 2026-12-31`
        allow.toml:2:8: wrong-value: `allow.rule` is not one of "LN-01", "LN-02", "LN-03", "LN-04", "LN-05", "LN-06", "LN-07", "LN-08", "LN-09", "LN-10", "LN-11", "LN-12"; write, for example, `rule = "LN-01"`
        allow.toml:4:1: unknown-key: there is no key `allow.surprise`; remove it, or use one of rule, path, fingerprint, owner, reason, expires
        allow.toml:5:1: missing: there is no `allow.path`; write, for example, `path = "collections/ours.postman_collection.json"`
        allow.toml:5:1: missing: there is no `allow.owner`; write, for example, `owner = "payments team"`
        allow.toml:5:1: missing: there is no `allow.reason`; write, for example, `reason = "a public test value"`
        allow.toml:5:1: missing: there is no `allow.expires`; write, for example, `expires = 2026-12-31`
        allow.toml:7:15: contradiction: the fingerprint is none of LN-01; copy rule and fingerprint from the output of `preflight lint`
        "#);
    }

    #[test]
    fn what_the_history_has_too_is_one_finding_that_names_the_commit() {
        let text = format!("api_key = {}\n", secret());
        let older = Linter::new().lint(
            "their/settings.txt",
            text.as_bytes(),
            Source::Commit("c0ffee"),
        );
        let joined = Survey::join(findings(), older.clone());
        assert_eq!(joined.len(), 1);
        assert_eq!(joined[0].commit.as_deref(), Some("c0ffee"));
        let gone = Survey::join(Vec::new(), [older.clone(), older].concat());
        assert_eq!(gone.len(), 1);
    }
}

#[test]
fn a_saved_answer_may_hold_the_cookie_of_a_session() {
    let response = |cookie: &str| {
        format!(
            "{{\"info\": {{\"name\": \"C\", \"schema\": \"s\"}}, \"item\": [{{\"request\": \"https://a\", \
             \"response\": [{{\"header\": [{{\"key\": \"Set-Cookie\", \"value\": \"{cookie}\"}}]}}]}}]}}"
        )
    };
    let set = format!("SESSION={}; Path=/; HttpOnly", secret());
    assert_eq!(
        found(&response(&set)),
        ["LN-06 error item[0].response[0].header[0].value: cookie `SESSION`"]
    );
    let quoted = format!("SESSION=\\\"{}\\\"; Path=/", secret());
    assert_eq!(found(&response(&quoted)).len(), 1);
    for harmless in ["theme=dark; Path=/", "SESSION={{session}}", "SESSION="] {
        assert_eq!(found(&response(harmless)), [""; 0], "{harmless}");
    }
}
