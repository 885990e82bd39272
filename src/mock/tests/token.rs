//! The token endpoint and the published keys, as a client meets them.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::client::{As, Client, code, subscription, token_request};
use crate::exchange::{Body, Headers, Request};
use crate::mock::{Credential, Tenant};

const TENANT: Tenant = Tenant::seeded();

fn request(body: &Value) -> Request {
    token_request(body)
}

/// What a client sends that proves who it is in the body.
fn in_body(credential: &Credential) -> Value {
    json!({
        "grant_type": "client_credentials",
        "client_id": credential.client_id,
        "client_secret": credential.client_secret,
        "audience": credential.audience,
    })
}

/// What a client sends that proves who it is by HTTP Basic.
fn by_basic(credential: &Credential, secret: &str) -> Request {
    let mut request = request(&json!({
        "grant_type": "client_credentials",
        "audience": credential.audience,
    }));
    let pair = STANDARD.encode(format!("{}:{secret}", credential.client_id));
    request
        .headers
        .push("authorization", format!("Basic {pair}"));
    request
}

#[test]
fn a_client_proves_who_it_is_as_the_profile_says() {
    let provider = TENANT.provider;
    let body = request(&in_body(&provider));
    let basic = by_basic(&provider, provider.client_secret);
    let mut both = body.clone();
    let pair = basic.headers.get("authorization").unwrap();
    both.headers.push("authorization", pair);
    let wrong = by_basic(&provider, "guess");
    let mut other_id = basic.clone();
    other_id.body = Body::from(
        json!({"grant_type": "client_credentials", "audience": provider.audience, "client_id": "x"})
            .to_string(),
    );
    let mut malformed = basic.clone();
    malformed.headers.set("authorization", "Basic :::");
    // setting, request, status, code
    let table = [
        ("body", &body, 200, ""),
        ("body", &basic, 401, "invalid_client"),
        ("body", &both, 400, "invalid_request"),
        ("basic", &body, 401, "invalid_client"),
        ("basic", &basic, 200, ""),
        ("basic", &both, 400, "invalid_request"),
        ("either", &body, 200, ""),
        ("either", &basic, 200, ""),
        ("either", &both, 400, "invalid_request"),
        ("either", &wrong, 401, "invalid_client"),
        ("either", &other_id, 400, "invalid_request"),
        ("either", &malformed, 401, "invalid_client"),
    ];
    for (setting, request, status, expected) in table {
        let profile = format!("token.client-authentication = \"{setting}\"");
        let response = Client::with(&profile, &[]).send(request);
        assert_eq!(
            (response.status, code(&response).as_str()),
            (status, expected),
            "{setting} {request:?}"
        );
        assert_eq!(
            response.headers.contains("www-authenticate"),
            status == 401,
            "{setting}"
        );
    }
}

#[test]
fn a_form_may_be_sent_and_names_nothing_twice() {
    let provider = TENANT.provider;
    let form = serde_urlencoded::to_string(in_body(&provider).as_object().unwrap()).unwrap();
    let twice = format!("{form}&client_id=x");
    for (form, status, expected) in [(form, 200, ""), (twice, 400, "invalid_request")] {
        let mut request = request(&Value::Null);
        request
            .headers
            .set("content-type", "application/x-www-form-urlencoded");
        request.body = Body::from(form);
        let response = Client::new().send(&request);
        assert_eq!(
            (response.status, code(&response).as_str()),
            (status, expected)
        );
    }
}

#[test]
fn a_basic_pair_is_form_encoded() {
    let provider = TENANT.provider;
    let encoded = provider.client_secret.replace('-', "%2D");
    let profile = "token.client-authentication = \"basic\"";
    let response = Client::with(profile, &[]).send(&by_basic(&provider, &encoded));
    assert_eq!(response.status, 200);
}

#[test]
fn the_audience_and_the_lifetime_can_be_left_out_where_the_profile_says_so() {
    let mut body = in_body(&TENANT.provider);
    body.as_object_mut().unwrap().shift_remove("audience");
    let profile = "[token]\naudience = \"optional\"\nexpires-in = \"optional\"";
    let mut client = Client::with(profile, &[]);
    let response = client.send(&request(&body));
    let answer = response.body.json().unwrap();
    assert_eq!((response.status, answer.get("expires_in")), (200, None));
    let token = answer["access_token"].as_str().unwrap();
    let path = subscription(TENANT.subscription_id);
    let mut call = client.request(As::Provider, "GET", &path, &Value::Null);
    call.headers.set("authorization", format!("Bearer {token}"));
    assert_eq!(client.send(&call).status, 200);

    body["audience"] = json!(TENANT.product.audience);
    assert_eq!(code(&client.send(&request(&body))), "invalid_target");
}

#[test]
fn an_answer_says_how_long_the_token_lives() {
    let response = Client::new().send(&request(&in_body(&TENANT.provider)));
    let answer = response.body.json().unwrap();
    assert_eq!(answer["expires_in"], 28_800);
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(response.headers.get("cache-control"), Some("no-store"));
}

#[test]
fn a_token_request_that_is_too_large_is_refused() {
    let mut body = in_body(&TENANT.provider);
    body["padding"] = json!("x".repeat(5_000_000));
    let response = Client::new().send(&request(&body));
    assert_eq!(
        (response.status, code(&response).as_str()),
        (413, "TooLarge")
    );
}

fn claims(token: &str) -> Value {
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

#[test]
fn the_keys_are_published_without_credentials() {
    let mut client = Client::with("paths.key-set = \"/keys\"", &[]);
    let mut request = Request {
        method: "GET".into(),
        url: "https://id.mock.invalid/keys".into(),
        headers: Headers::new(),
        body: Body::default(),
    };
    let response = client.send(&request);
    assert_eq!(response.status, 200);
    assert_eq!(response.body.json().unwrap(), client.platform.jwks());
    request.method = "POST".into();
    assert_eq!(client.send(&request).status, 405);
}

#[test]
fn a_notification_token_says_who_sent_it_and_opens_nothing() {
    let mut client = Client::with("token.issuer = \"https://id.example/\"", &[]);
    let now = client.now;
    let token = client.platform.sign_notification_token(now, "provider");
    let claims = claims(&token);
    assert_eq!(claims["iss"], "https://id.example/");
    assert_eq!(claims["iss"], client.platform.issuer());
    assert_eq!(claims["sub"], "payments-out-service");
    assert_eq!(claims["aud"], "provider");
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        28_800
    );
    let other = client.platform.sign_notification_token(now, "provider");
    assert_ne!(token, other, "each has an id of its own");
    assert_eq!(client.platform.counters().tokens, 2, "those of the client");

    let path = subscription(TENANT.subscription_id);
    let mut call = client.request(As::Provider, "GET", &path, &Value::Null);
    call.headers.set("authorization", format!("Bearer {token}"));
    assert_eq!(code(&client.send(&call)), "TokenForeign");
}

#[test]
fn another_issuer_makes_the_tokens_of_the_old_one_invalid() {
    let mut client = Client::new();
    client.platform.set_issuer("http://127.0.0.1:8080/");
    let path = subscription(TENANT.subscription_id);
    let response = client.call(As::Provider, "GET", &path, &Value::Null);
    assert_eq!(code(&response), "TokenInvalid");
    client.now += std::time::Duration::from_secs(1);
    client.renew_tokens();
    let token = client.token(As::Provider);
    assert_eq!(claims(&token)["iss"], "http://127.0.0.1:8080/");
    client.get(&path);
}

#[test]
fn after_a_reset_no_earlier_token_is_valid() {
    let mut client = Client::with("", &[]);
    let initial = client.platform.clone();
    let path = subscription(TENANT.subscription_id);
    let call = client.request(As::Provider, "GET", &path, &Value::Null);
    let mut again = call.clone();
    again.headers.set(
        "x-fapi-interaction-id",
        "5d0c1a52-9f6e-4f5e-8f0a-0d2b6c1e7a11",
    );
    assert_eq!(client.send(&call).status, 200);
    let now = client.now;
    client.platform.reset(&initial, now);
    assert_eq!(code(&client.send(&again)), "TokenInvalid");
}
