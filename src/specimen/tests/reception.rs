//! The notification endpoint.

use std::sync::LazyLock;

use serde_json::json;

use super::signature::{public, sign};
use super::*;
use crate::specimen::{Claim, ReceptionPolicy, Repetition, TokenValidation, Validation};

/// 2026-01-01T00:00:00Z.
const START: i64 = 1_767_225_600;

static TOKEN: LazyLock<String> = LazyLock::new(|| sign(&header(), &claims()));

pub(super) fn token() -> &'static str {
    &TOKEN
}

pub(super) fn key_set() -> Value {
    json!({"keys": [public("k-1")]})
}

fn header() -> Value {
    json!({"alg": "RS256", "typ": "JWT", "kid": "k-1"})
}

/// Good for a day: the tests run for hours.
fn claims() -> Value {
    json!({
        "iss": "https://id.invalid/",
        "aud": "client",
        "sub": "payments-out-service",
        "iat": START,
        "exp": START + 86_000,
    })
}

fn with(mut value: Value, changes: &[(&str, Value)]) -> Value {
    for (name, change) in changes {
        if change.is_null() {
            value.as_object_mut().unwrap().remove(*name);
        } else {
            value[*name] = change.clone();
        }
    }
    value
}

fn policy(change: impl FnOnce(&mut ReceptionPolicy)) -> Policy {
    let mut policy = Policy::reference();
    change(&mut policy.reception);
    policy
}

/// How a request is answered, and how many subscriptions are read because of it.
fn status(policy: Policy, request: Request) -> (Option<u16>, usize) {
    let mut world = World::new(policy);
    let call = world.notify_with(1000, request);
    world.run_until(2000);
    let reads = world.matching("GET /api-provider-v1/subscriptions").len();
    (world.answer_to(call), reads)
}

fn subscription() -> Request {
    notification(&created("subscription", "s-1"))
}

fn with_token(token: &str) -> Request {
    let mut request = subscription();
    request
        .headers
        .replace("authorization", &format!("Bearer {token}"));
    request
}

#[test]
fn each_kind_is_answered_as_the_platform_expects() {
    let message = json!({
        "type": "resourceCreated",
        "resource": {"id": "s-1", "type": "creditorputs", "url": "NA"},
        "message": {"subscriptionId": "s-1", "data": {}},
    });
    let changed = updated("s-1");
    let table = [
        (created("subscription", "s-1"), 201),
        (created("batch", "b-1"), 201),
        (message, 202),
        (changed, 202),
        (created("moon", "m-1"), 202),
        (json!({"unheard": "of"}), 202),
    ];
    for (body, expected) in table {
        let (answered, _) = status(Policy::reference(), notification(&body));
        assert_eq!(answered, Some(expected), "{body}");
    }
    let other = policy(|reception| {
        reception.created = 200;
        reception.accepted = 204;
    });
    assert_eq!(status(other, subscription()).0, Some(200));
}

#[test]
fn the_keys_are_fetched_once_for_many_notifications() {
    let mut world = World::new(Policy::reference());
    let calls: Vec<Call> = (0..5)
        .map(|number| world.notify(1000 + number, &created("batch", &format!("b-{number}"))))
        .collect();
    let late = world.notify(500_000, &created("batch", "b-9"));
    world.run();
    assert_eq!(world.matching("GET /jwks").len(), 1);
    for call in calls {
        assert_eq!(world.answer_to(call), Some(201));
    }
    assert_eq!(world.answer_to(late), Some(201));
    assert!(
        world
            .answers
            .iter()
            .all(|(at, _, _)| *at == 1050 || *at == 500_000)
    );
}

#[test]
fn a_wrong_header_is_refused_without_effect_where_it_is_checked() {
    let mut requests = Vec::new();
    for value in [
        None,
        Some(""),
        Some("notify-"),
        Some("notify-12"),
        Some("NOTIFY-1"),
    ] {
        let mut request = subscription();
        request.headers.remove("x-notify-key");
        if let Some(value) = value {
            request.headers.push("X-Notify-Key", value);
        }
        requests.push(request);
    }
    let mut twice = subscription();
    twice.headers.push("x-notify-key", "notify-1");
    requests.push(twice);
    for request in requests {
        assert_eq!(status(Policy::reference(), request.clone()), (Some(401), 0));
        let careless = policy(|reception| reception.header = Validation::Ignored);
        assert_eq!(status(careless, request), (Some(201), 1));
    }
}

#[test]
fn a_wrong_token_is_refused_without_effect() {
    let good = token();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (head, body) = signed.split_once('.').unwrap();
    let other_claims = sign(&header(), &with(claims(), &[("sub", json!("x"))]));
    let other_body = other_claims.split('.').nth(1).unwrap();
    let none = sign(&with(header(), &[("alg", json!("none"))]), &claims());
    let none = none.rsplit_once('.').unwrap().0;
    let claim = |name: &str, value: Value| sign(&header(), &with(claims(), &[(name, value)]));
    let head_with = |name: &str, value: Value| sign(&with(header(), &[(name, value)]), &claims());
    let bad = [
        String::new(),
        "garbage".into(),
        format!("{head}.{body}"),
        format!("{head}.{body}."),
        format!("{head}.{other_body}.{signature}"),
        format!("{none}."),
        head_with("alg", json!("HS256")),
        head_with("crit", json!(["b64"])),
        head_with("kid", json!("k-2")),
        claim("iss", json!("https://id.invalid")),
        claim("iss", Value::Null),
        claim("aud", json!("somebody")),
        claim("aud", Value::Null),
        claim("aud", json!(["somebody"])),
        claim("exp", json!(START - 61)),
        claim("exp", Value::Null),
        claim("exp", json!("2030")),
        claim("nbf", json!(START + 600)),
        claim("iat", json!(START + 600)),
        claim("iat", json!(START - 604_800)),
    ];
    for token in bad {
        let answered = status(Policy::reference(), with_token(&token));
        assert_eq!(answered, (Some(401), 0), "{token}");
    }
    let mut without = subscription();
    without.headers.remove("authorization");
    let mut basic = subscription();
    basic.headers.replace("authorization", "Basic YTpi");
    let mut twice = subscription();
    twice
        .headers
        .push("authorization", format!("Bearer {good}"));
    for request in [without, basic, twice] {
        assert_eq!(status(Policy::reference(), request), (Some(401), 0));
    }
}

#[test]
fn a_right_token_is_taken_in_each_of_its_forms() {
    let mut lower = subscription();
    lower
        .headers
        .replace("authorization", &format!("bearer {}", token()));
    let several = claims_with("aud", json!(["somebody", "client"]));
    let nameless = sign(&with(header(), &[("kid", Value::Null)]), &claims());
    let just_expired = claims_with("exp", json!(START - 3));
    for request in [
        lower,
        with_token(&several),
        with_token(&nameless),
        with_token(&just_expired),
    ] {
        assert_eq!(status(Policy::reference(), request), (Some(201), 1));
    }
}

fn claims_with(name: &str, value: Value) -> String {
    sign(&header(), &with(claims(), &[(name, value)]))
}

#[test]
fn a_careless_endpoint_takes_exactly_what_it_does_not_look_at() {
    let (signed, _) = token().rsplit_once('.').unwrap();
    let forged = format!("{signed}.AAAA");
    let tokens = [
        (Claim::Signature, forged),
        (Claim::Issuer, claims_with("iss", json!("x"))),
        (Claim::Audience, claims_with("aud", json!("x"))),
        (Claim::Expiry, claims_with("exp", json!(START - 3600))),
    ];
    for (wrong, token) in &tokens {
        for (left_out, _) in &tokens {
            let careless =
                policy(|reception| reception.token = TokenValidation::CheckedExcept(*left_out));
            let expected = if left_out == wrong { 201 } else { 401 };
            let (answered, _) = status(careless, with_token(token));
            assert_eq!(answered, Some(expected), "{wrong:?} without {left_out:?}");
        }
        for validation in [TokenValidation::Present, TokenValidation::Ignored] {
            let careless = policy(|reception| reception.token = validation);
            assert_eq!(status(careless, with_token(token)).0, Some(201));
        }
    }
    let mut without = subscription();
    without.headers.remove("authorization");
    for (validation, expected) in [
        (TokenValidation::Present, 401),
        (TokenValidation::Ignored, 201),
    ] {
        let careless = policy(|reception| reception.token = validation);
        assert_eq!(status(careless, without.clone()).0, Some(expected));
    }
}

#[test]
fn another_request_than_a_notification_is_refused_after_its_credentials() {
    let mut get = subscription();
    get.method = "GET".into();
    let mut form = subscription();
    form.headers.replace("content-type", "text/plain");
    let mut broken = subscription();
    broken.body = Body::from("{".to_owned());
    let mut huge = subscription();
    huge.body = Body::from(vec![b' '; 5_000_001]);
    let mut broken_stranger = broken.clone();
    broken_stranger.headers.remove("authorization");
    for (request, expected) in [
        (get, 405),
        (form, 415),
        (broken, 400),
        (huge, 413),
        (broken_stranger, 401),
    ] {
        assert_eq!(status(Policy::reference(), request), (Some(expected), 0));
    }
}

#[test]
fn a_redelivered_notification_has_one_effect_unless_the_policy_says_otherwise() {
    let message = json!({
        "type": "resourceCreated",
        "resource": {"id": "s-1", "type": "creditorputs", "url": "NA"},
        "message": {"subscriptionId": "s-1", "data": {"creditor": {"name": "A"}}},
    });
    // body, what it causes
    let table = [
        (
            created("subscription", "s-1"),
            "GET /api-provider-v1/subscriptions",
            2,
        ),
        (
            created("batch", "b-1"),
            "GET /api-provider-v1/batchpayments",
            2,
        ),
        (message, "POST /api-provider-msg-v1/creditorputs", 1),
    ];
    for (body, operation, usual) in table {
        for (repetition, times) in [(Repetition::Recognised, 1), (Repetition::Repeated, 2)] {
            let mut world = World::new(policy(|reception| reception.repetition = repetition));
            let first = world.notify(1000, &body);
            let again = world.notify(60_000, &body);
            world.run();
            assert_eq!(world.answer_to(first), world.answer_to(again));
            assert_eq!(
                world.matching(operation).len(),
                usual * times,
                "{operation}"
            );
        }
    }
}

#[test]
fn a_message_that_comes_again_after_a_while_is_another_one() {
    let message = json!({
        "type": "resourceCreated",
        "resource": {"id": "s-1", "type": "creditorputs", "url": "NA"},
        "message": {"subscriptionId": "s-1", "data": {}},
    });
    let mut world = World::new(Policy::reference());
    world.notify(0, &message);
    world.notify(1_800_000, &message);
    world.run_until(3_600_000);
    assert_eq!(world.matching("creditorputs").len(), 2);
}

#[test]
fn an_answer_takes_as_long_as_the_policy_says() {
    let mut world = World::new(policy(|reception| {
        reception.delay = Duration::from_secs(20);
    }));
    let call = world.notify(1000, &created("subscription", "s-1"));
    world.run();
    assert_eq!(world.answers, [(21_050, call, 201)]);
}

#[test]
fn without_keys_notifications_are_put_off_and_the_next_one_tries_again() {
    let mut asked = 0;
    let mut world = World::new(Policy::reference()).scripted(move |sent| {
        if sent.operation() != "GET /jwks" {
            return None;
        }
        asked += 1;
        (asked <= 3).then(|| answer(500, &Value::Null))
    });
    let early = world.notify(1000, &created("subscription", "s-1"));
    let late = world.notify(60_000, &created("subscription", "s-1"));
    world.run();
    assert_eq!(world.answer_to(early), Some(503));
    assert_eq!(world.answer_to(late), Some(201));
    assert_eq!(world.matching("GET /jwks").len(), 4);
}

#[test]
fn an_unknown_key_is_looked_for_once_a_minute() {
    let mut world = World::new(Policy::reference());
    world.notify(1000, &created("subscription", "s-1"));
    let unknown = sign(&with(header(), &[("kid", json!("k-2"))]), &claims());
    let calls: Vec<Call> = [2000, 100_000, 110_000]
        .into_iter()
        .map(|at| world.notify_with(at, with_token(&unknown)))
        .collect();
    world.run();
    assert_eq!(world.moments("GET /jwks"), [1000, 100_000]);
    for call in calls {
        assert_eq!(world.answer_to(call), Some(401));
    }
}
