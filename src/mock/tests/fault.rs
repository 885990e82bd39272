//! Scripted answers as a client meets them.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::{As, Client, batch, code, token_request};
use crate::mock::{Defect, Delivery, Ending, Reply, Tenant};

const GET_BATCH: &str = "GET /api-provider-v1/batchpayments/{batchId}";
const PATCH_BATCH: &str = "PATCH /api-provider-v1/batchpayments/{batchId}";

fn script(client: &mut Client, operation: &str, answers: &[&str]) {
    let answers = answers.iter().map(|text| text.parse().unwrap()).collect();
    client
        .platform
        .queue_faults("backoff", operation, answers)
        .unwrap();
}

fn reply(client: &mut Client, method: &str, body: &Value) -> Reply {
    let path = batch(Tenant::seeded().batch_id);
    let request = client.request(As::Provider, method, &path, body);
    let reply = client.platform.handle(client.now, &request);
    client.now += Duration::from_secs(1);
    reply
}

#[test]
fn each_scripted_answer_is_delivered_once_and_in_order() {
    let mut client = Client::new();
    let answers = [
        "429 retry-after=7",
        "429 retry-after=date+7",
        "429",
        "429 retry-after=abc",
        "429 retry-after=0",
        "503 retry-after=2",
        "500",
    ];
    script(&mut client, GET_BATCH, &answers);
    // The second request comes at 00:00:03.
    let expected = [
        (429, Some("7")),
        (429, Some("Thu, 01 Jan 2026 00:00:10 GMT")),
        (429, None),
        (429, Some("abc")),
        (429, Some("0")),
        (503, Some("2")),
        (500, None),
        (200, None),
    ];
    for (status, hint) in expected {
        let reply = reply(&mut client, "GET", &Value::Null);
        let response = reply.response().unwrap();
        assert_eq!(
            (response.status, response.headers.get("retry-after")),
            (status, hint)
        );
    }
    let proof = client.platform.fault_proofs().remove(0);
    assert_eq!((proof.delivered, proof.answers.len()), (7, 7));
    assert_eq!(proof.answers[0], "429 Retry-After: 7");
    assert_eq!(client.platform.counters().faults, 7);
    assert_eq!(
        client.platform.counters().throttled,
        0,
        "the throttle had no part in it"
    );
}

#[test]
fn a_scripted_answer_waits_for_an_authenticated_request_of_its_own_operation() {
    let mut client = Client::new();
    script(&mut client, GET_BATCH, &["500"]);
    let path = batch(Tenant::seeded().batch_id);
    let mut request = client.request(As::Provider, "GET", &path, &Value::Null);
    request.headers.remove("authorization");
    assert_eq!(code(&client.send(&request)), "TokenMissing");
    let patched = client.patch(&path, &json!({"data": {"defaultStatus": "Processing"}}));
    assert_eq!(patched.0, 204);
    assert_eq!(client.platform.take_fault_proofs()[0].delivered, 0);
    assert_eq!(
        reply(&mut client, "GET", &Value::Null)
            .response()
            .unwrap()
            .status,
        200
    );
}

#[test]
fn a_cut_comes_before_the_effect_unless_scripted_after_it() {
    let processing = json!({"data": {"defaultStatus": "Processing"}});
    // answer, how the connection ends, the status of the batch
    let table = [
        ("cut", Ending::Closed, "Received"),
        ("cut-after-effect", Ending::Closed, "Processing"),
        ("reset", Ending::Reset, "Received"),
        ("reset-after-effect", Ending::Reset, "Processing"),
    ];
    for (answer, expected, status) in table {
        let mut client = Client::new();
        script(&mut client, PATCH_BATCH, &[answer]);
        let Reply::Cut { ending, .. } = reply(&mut client, "PATCH", &processing) else {
            panic!("{answer} was answered");
        };
        assert_eq!(ending, expected, "{answer}");
        let batch = &client.platform.store().batches[&Tenant::seeded().batch_id];
        assert_eq!(batch.status, status, "{answer}");
    }
}

#[test]
fn the_usual_answer_leaves_in_the_scripted_manner() {
    // answer, manner
    let table = [
        ("slow-body=5s", Delivery::Slow(Duration::from_secs(5))),
        ("reset-mid-answer", Delivery::Half(Ending::Reset)),
        ("truncated", Delivery::Half(Ending::Closed)),
        ("delay=1s", Delivery::Whole),
    ];
    for (text, delivery) in table {
        let mut client = Client::new();
        script(&mut client, PATCH_BATCH, &[text]);
        let processing = json!({"data": {"defaultStatus": "Processing"}});
        let Reply::Answer(answer) = reply(&mut client, "PATCH", &processing) else {
            panic!("{text} was not answered");
        };
        assert_eq!((answer.response.status, answer.delivery), (204, delivery));
        let batch = &client.platform.store().batches[&Tenant::seeded().batch_id];
        assert_eq!(batch.status, "Processing", "{text}");
    }
}

#[test]
fn a_revoked_token_is_refused_from_then_on_and_a_new_one_is_not() {
    let mut client = Client::new();
    script(&mut client, GET_BATCH, &["revoke"]);
    let path = batch(Tenant::seeded().batch_id);
    let request = client.request(As::Provider, "GET", &path, &Value::Null);
    for _ in 0..2 {
        let response = client.send(&request);
        assert_eq!(
            (response.status, code(&response).as_str()),
            (401, "TokenInvalid")
        );
    }
    assert_eq!(client.platform.fault_proofs()[0].delivered, 1);
    client.renew_tokens();
    let request = client.request(As::Provider, "GET", &path, &Value::Null);
    assert_eq!(client.send(&request).status, 200);
}

#[test]
fn the_token_endpoint_can_be_down_for_a_time() {
    let mut client = Client::new();
    script(&mut client, "POST /oauth/token", &["503 for=10s"]);
    let provider = Tenant::seeded().provider;
    let body = json!({
        "grant_type": "client_credentials",
        "client_id": provider.client_id,
        "client_secret": provider.client_secret,
        "audience": provider.audience,
    });
    for (wait, status) in [(0, 503), (4, 503), (5, 503), (1, 200)] {
        client.now += Duration::from_secs(wait);
        let reply = client.platform.handle(client.now, &token_request(&body));
        assert_eq!(reply.response().unwrap().status, status);
    }
    assert_eq!(client.platform.fault_proofs()[0].delivered, 1);
}

#[test]
fn a_scripted_delay_is_part_of_the_usual_answer() {
    let mut client = Client::new();
    script(&mut client, GET_BATCH, &["delay=3s"]);
    let Reply::Answer(answer) = reply(&mut client, "GET", &Value::Null) else {
        panic!("the connection was cut");
    };
    assert_eq!(
        (answer.response.status, answer.delay),
        (200, Duration::from_secs(3))
    );
}

#[test]
fn a_token_request_can_be_answered_by_script_after_the_client_was_known() {
    let mut client = Client::new();
    script(&mut client, "POST /oauth/token", &["503 retry-after=2"]);
    let provider = Tenant::seeded().provider;
    let mut body = json!({
        "grant_type": "client_credentials",
        "client_id": provider.client_id,
        "client_secret": "guess",
        "audience": provider.audience,
    });
    assert_eq!(client.send(&token_request(&body)).status, 401);
    body["client_secret"] = json!(provider.client_secret);
    assert_eq!(client.send(&token_request(&body)).status, 503);
    assert_eq!(client.send(&token_request(&body)).status, 200);
}

#[test]
fn a_mock_without_429_keeps_scripted_ones_to_itself() {
    let mut client = Client::with("", &[Defect::No429]);
    script(&mut client, GET_BATCH, &["503", "429 retry-after=7"]);
    for status in [503, 200, 200] {
        assert_eq!(
            reply(&mut client, "GET", &Value::Null)
                .response()
                .unwrap()
                .status,
            status
        );
    }
    assert_eq!(client.platform.fault_proofs()[0].delivered, 1);
}

#[test]
fn an_unknown_operation_is_answered_with_the_known_ones() {
    let error = Client::new()
        .platform
        .queue_faults("x", "GET /nowhere", Vec::new())
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with(
            "the platform has no operation `GET /nowhere`; use one of POST /oauth/token, "
        ),
        "{error}"
    );
}
