//! The gates before the body, each from a request with one thing wrong, and their order.

use serde_json::{Value, json};

use super::client::{As, Client, code, subscription};
use crate::exchange::{Body, Request};
use crate::mock::{Defect, Tenant};

const TENANT: Tenant = Tenant::seeded();

#[test]
fn every_flaw_outside_the_body_has_its_status_and_code() {
    type Flaw = fn(&mut Request, &mut Client);
    let table: [(&str, Flaw, u16, &str); 18] = [
        (
            "no such path",
            |request, _| request.url.push_str("/x"),
            404,
            "NoSuchEndpoint",
        ),
        (
            "wrong method",
            |request, _| request.method = "PUT".into(),
            405,
            "MethodNotAllowed",
        ),
        (
            "no key",
            |request, _| request.headers.remove("x-api-key"),
            401,
            "ApiKeyMissing",
        ),
        (
            "empty key",
            |request, _| request.headers.set("x-api-key", ""),
            401,
            "ApiKeyMissing",
        ),
        (
            "wrong key",
            |request, _| request.headers.set("x-api-key", "no"),
            401,
            "ApiKeyInvalid",
        ),
        (
            "key in capitals",
            |request, _| {
                request
                    .headers
                    .set("x-api-key", TENANT.provider.api_key.to_uppercase());
            },
            401,
            "ApiKeyInvalid",
        ),
        (
            "the product's key",
            |request, _| request.headers.set("x-api-key", TENANT.product.api_key),
            401,
            "ApiKeyInvalid",
        ),
        (
            "two keys",
            |request, _| request.headers.push("x-api-key", "no"),
            401,
            "ApiKeyInvalid",
        ),
        (
            "no token",
            |request, _| request.headers.remove("authorization"),
            401,
            "TokenMissing",
        ),
        (
            "no JWT",
            |request, _| request.headers.set("authorization", "Bearer abc"),
            401,
            "TokenMalformed",
        ),
        (
            "changed signature",
            |request, _| {
                let token = request.headers.get("authorization").unwrap().to_owned();
                let (signed, _) = token.rsplit_once('.').unwrap();
                request
                    .headers
                    .set("authorization", format!("{signed}.AAAA"));
            },
            401,
            "TokenInvalid",
        ),
        (
            "expired token",
            |request, _| {
                request.headers.set(
                    "authorization",
                    format!("Bearer {}", Tenant::expired_token()),
                );
            },
            401,
            "TokenExpired",
        ),
        (
            "the product's token",
            |request, client| {
                request.headers.set(
                    "authorization",
                    format!("Bearer {}", client.token(As::Product)),
                );
            },
            403,
            "TokenForeign",
        ),
        (
            "no media type",
            |request, _| request.headers.remove("content-type"),
            415,
            "MediaType",
        ),
        (
            "wrong media type",
            |request, _| request.headers.set("content-type", "text/plain"),
            415,
            "MediaType",
        ),
        (
            "too large",
            |request, _| request.body = Body::from(vec![b' '; 5_000_001]),
            413,
            "TooLarge",
        ),
        (
            "no body",
            |request, _| request.body = Body::default(),
            400,
            "InvalidBody",
        ),
        (
            "no JSON",
            |request, _| request.body = Body::from("{"),
            400,
            "InvalidBody",
        ),
    ];
    for (flaw, change, status, expected) in table {
        let mut client = Client::new();
        let path = subscription(TENANT.subscription_id);
        let body = json!({"data": {"status": "Pending"}});
        let mut request = client.request(As::Provider, "PATCH", &path, &body);
        change(&mut request, &mut client);
        let response = client.send(&request);
        assert_eq!(
            (response.status, code(&response).as_str()),
            (status, expected),
            "{flaw}"
        );
        assert_eq!(
            response.headers.contains("www-authenticate"),
            status == 401,
            "{flaw}"
        );
        let stored = &client.platform.store().subscriptions[&TENANT.subscription_id];
        assert_eq!(stored.status, "Received", "{flaw} had an effect");
    }
}

#[test]
fn a_bad_interaction_id_is_refused_only_if_the_profile_says_so() {
    type Flaw = fn(&mut Request);
    let header = "x-fapi-interaction-id";
    let table: [(&str, Flaw, &str); 4] = [
        (
            "missing",
            |request| request.headers.remove("x-fapi-interaction-id"),
            "InteractionIdMissing",
        ),
        (
            "malformed",
            |request| request.headers.set("x-fapi-interaction-id", "17"),
            "InteractionIdMalformed",
        ),
        (
            "malformed",
            |request| {
                let id = request
                    .headers
                    .get("x-fapi-interaction-id")
                    .unwrap()
                    .to_owned();
                request.headers.push("x-fapi-interaction-id", id);
            },
            "InteractionIdMalformed",
        ),
        ("repeated", |_| {}, "InteractionIdRepeated"),
    ];
    for (setting, change, expected) in table {
        for refused in [false, true] {
            let profile = format!("interaction-id.{setting} = \"refused\"");
            let mut client = Client::with(if refused { &profile } else { "" }, &[]);
            let path = subscription(TENANT.subscription_id);
            let mut request = client.request(As::Provider, "GET", &path, &Value::Null);
            assert_eq!(client.send(&request).status, 200);
            change(&mut request);
            let response = client.send(&request);
            assert_eq!(response.headers.get(header), request.headers.get(header));
            let expected = if refused { expected } else { "" };
            assert_eq!(code(&response), expected, "{setting}");
        }
    }
}

#[test]
fn an_error_has_one_shape() {
    let mut client = Client::new();
    let path = subscription(TENANT.subscription_id);
    let body = json!({"data": {"status": "Suspended"}});
    let mut request = client.request(As::Provider, "PATCH", &path, &body);
    request.headers.set(
        "x-fapi-interaction-id",
        "2b1c0d9e-0000-4000-8000-000000000001",
    );
    let response = client.send(&request);
    assert_eq!(
        response.body.json().unwrap(),
        json!({"error": {
            "code": "IllegalTransition",
            "message": "subscription 3d2a9f40-6a1c-4d55-9f0b-7f6f0c1d2e3a cannot go from Received \
                to Suspended; allowed from Received: Pending, AwaitingAuthorisation, Authorised, \
                Rejected",
            "path": path,
            "correlationId": "2b1c0d9e-0000-4000-8000-000000000001",
        }})
    );
    assert_eq!(
        response.headers.get("content-type"),
        Some("application/json; charset=utf-8")
    );
    assert_eq!(
        response.headers.get("date"),
        Some("Thu, 01 Jan 2026 00:00:02 GMT")
    );
}

#[test]
fn an_error_has_a_correlation_id_even_if_the_interaction_id_is_empty() {
    let mut client = Client::new();
    let mut request = client.request(As::Provider, "GET", "/nowhere", &Value::Null);
    request.headers.set("x-fapi-interaction-id", "");
    let reply = client.platform.handle(client.now, &request);
    let body = reply.response().unwrap().body.json().unwrap();
    let correlation = body["error"]["correlationId"].as_str().unwrap();
    assert!(correlation.parse::<uuid::Uuid>().is_ok(), "{body}");
}

#[test]
fn the_first_gate_that_is_shut_answers() {
    let mut client = Client::new();
    let path = subscription(TENANT.foreign_subscription_id);
    let mut request = client.request(
        As::Provider,
        "PATCH",
        &path,
        &json!({"data": {"status": "x"}}),
    );
    request.headers.set("x-api-key", "no");
    request.headers.set("authorization", "Bearer abc");
    request.headers.set("content-type", "text/plain");
    let mut expect = |request: &Request, expected: &str| {
        assert_eq!(code(&client.send(request)), expected);
        client.token(As::Provider)
    };
    expect(&request, "ApiKeyInvalid");
    request.headers.set("x-api-key", TENANT.provider.api_key);
    let token = expect(&request, "TokenMalformed");
    request
        .headers
        .set("authorization", format!("Bearer {token}"));
    expect(&request, "MediaType");
    request
        .headers
        .set("content-type", "application/json; charset=utf-8");
    expect(&request, "InvalidBody");
    request.body = Body::from(json!({"data": {"status": "Received"}}).to_string());
    expect(&request, "ForeignId");
}

#[test]
fn a_defect_opens_exactly_its_own_gate() {
    let path = subscription(TENANT.subscription_id);
    let illegal = json!({"data": {"status": "Suspended"}});

    let mut client = Client::with("", &[Defect::AcceptIllegalTransition]);
    assert_eq!(client.patch(&path, &illegal).0, 204);
    assert_eq!(
        client.patch(&path, &json!({"data": {"status": "x"}})).0,
        400
    );

    for key in [Some("no"), None] {
        let mut client = Client::with("", &[Defect::AcceptAnyKey]);
        let mut request = client.request(As::Provider, "GET", &path, &Value::Null);
        request.headers.remove("x-api-key");
        if let Some(key) = key {
            request.headers.push("x-api-key", key);
        }
        assert_eq!(client.send(&request).status, 200);
        request.headers.remove("authorization");
        assert_eq!(code(&client.send(&request)), "TokenMissing");
    }

    let mut client = Client::with("", &[Defect::ShortTokens]);
    client.renew_tokens();
    let request = client.request(As::Provider, "GET", &path, &Value::Null);
    client.now += std::time::Duration::from_secs(2);
    assert_eq!(code(&client.send(&request)), "TokenExpired");
}
