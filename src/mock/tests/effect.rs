//! What requests that are served change and give back.

use serde_json::{Value, json};

use super::client::{As, Client, batch, provider, subscription};
use crate::mock::Tenant;

const TENANT: Tenant = Tenant::seeded();

/// The status of the batch, then those of its payments.
fn statuses(client: &mut Client) -> Vec<String> {
    let body = client.get(&batch(TENANT.batch_id));
    let data = &body["data"];
    std::iter::once(&data["status"])
        .chain(
            data["payments"]
                .as_array()
                .unwrap()
                .iter()
                .map(|payment| &payment["status"]),
        )
        .map(|status| status.as_str().unwrap().to_owned())
        .collect()
}

fn payment_ids(client: &Client) -> Vec<String> {
    client.platform.store().batches[&TENANT.batch_id]
        .payments
        .keys()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn the_seeded_subscription_is_shown_as_in_the_contract() {
    let body = Client::new().get(&subscription(TENANT.subscription_id));
    assert_eq!(
        body,
        json!({"data": {
            "subscriptionId": "3d2a9f40-6a1c-4d55-9f0b-7f6f0c1d2e3a",
            "organisationId": "c1f0a3de-5d0b-4c39-8a8e-2f7de0a9b6c4",
            "providerId": "6b0c7e0a-8f5d-4f0e-9a53-0d5b1f3c2a11",
            "status": "Received",
            "additionalData": null,
            "links": {},
        }})
    );
}

#[test]
fn a_subscription_gets_its_link_and_status() {
    let mut client = Client::new();
    let path = subscription(TENANT.subscription_id);
    let links = json!({"authorise": {
        "href": "https://connect.example/authorise/1",
        "authoriseIssuedAt": "2026-01-01T00:00:00Z",
        "authoriseExpiresAt": "2026-01-02T00:00:00Z",
    }});
    let update = json!({"data": {"status": "AwaitingAuthorisation", "links": links}});
    assert_eq!(client.patch(&path, &update).0, 204);
    assert_eq!(client.patch(&path, &update).0, 204, "an identical repeat");
    let data = client.get(&path)["data"].clone();
    assert_eq!(
        (&data["status"], &data["links"]),
        (&json!("AwaitingAuthorisation"), &links)
    );
}

#[test]
fn a_default_status_moves_the_batch_and_all_payments() {
    let mut client = Client::new();
    let processing = json!({"data": {"defaultStatus": "Processing"}});
    assert_eq!(client.patch(&batch(TENANT.batch_id), &processing).0, 204);
    assert_eq!(statuses(&mut client), ["Processing"; 4]);
}

#[test]
fn a_named_payment_has_its_own_status_and_an_explicit_batch_status_wins() {
    let mut client = Client::new();
    let path = batch(TENANT.batch_id);
    client.patch(&path, &json!({"data": {"defaultStatus": "Processing"}}));
    let ids = payment_ids(&client);
    let update = json!({"data": {
        "defaultStatus": "Completed",
        "status": "PartiallyCompleted",
        "extendedStatus": "ACSC",
        "additionalData": {"run": "7", "note": null},
        "payments": [{
            "paymentId": ids[1], "status": "Failed", "extendedStatus": "AC04",
            "paymentCompletedDate": "2026-01-01", "additionalData": {"reason": "closed"},
        }],
    }});
    assert_eq!(client.patch(&path, &update), (204, String::new()));
    assert_eq!(
        statuses(&mut client),
        ["PartiallyCompleted", "Completed", "Failed", "Completed"]
    );
    let data = client.get(&path)["data"].clone();
    assert_eq!(data["extendedStatus"], "ACSC");
    assert_eq!(data["additionalData"], json!({"run": "7", "note": null}));
    let payment = &data["payments"][1];
    assert_eq!(payment["extendedStatus"], "AC04");
    assert_eq!(payment["paymentCompletedDate"], "2026-01-01");
    assert_eq!(
        (&payment["amount"], &payment["currency"]),
        (&json!("2480.00"), &json!("GBP"))
    );
}

#[test]
fn a_batch_gets_its_link_with_its_validity() {
    let mut client = Client::new();
    let path = batch(TENANT.batch_id);
    assert_eq!(client.get(&path)["data"]["links"], json!({}));
    let links = json!({"authorise": {
        "href": "https://connect.example/authorise/1",
        "authoriseIssuedAt": "2026-01-01T00:00:00Z",
        "authoriseExpiresAt": "2026-01-02T00:00:00Z",
    }});
    let update = json!({"data": {"links": links}});
    assert_eq!(client.patch(&path, &update), (204, String::new()));
    let data = client.get(&path)["data"].clone();
    assert_eq!(
        (&data["links"], &data["status"]),
        (&links, &json!("Received"))
    );
    let seen = format!("/v3/batchpayments/{}", TENANT.batch_id);
    let seen = client.call(As::Product, "GET", &seen, &Value::Null);
    assert_eq!(seen.body.json().unwrap()["data"]["links"], links);
    let retired = json!({"data": {"links": {"authorise": {
        "href": "https://connect.example/", "expiresAt": "2026-01-02T00:00:00Z",
    }}}});
    assert_eq!(client.patch(&path, &retired).1, "InvalidBody");
}

#[test]
fn one_illegal_part_refuses_the_whole_update() {
    let mut client = Client::new();
    let ids = payment_ids(&client);
    let update = json!({"data": {"status": "Processing", "payments": [
        {"paymentId": ids[0], "status": "Processing"},
        {"paymentId": ids[1], "status": "Completed"},
    ]}});
    assert_eq!(
        client.patch(&batch(TENANT.batch_id), &update).1,
        "IllegalTransition"
    );
    assert_eq!(statuses(&mut client), ["Received"; 4]);
}

#[test]
fn a_configuration_is_replaced_by_omission() {
    let mut client = Client::new();
    let path = provider();
    let mut configuration = client.get(&path)["data"].clone();
    assert!(configuration["localInstruments"].is_array());
    configuration
        .as_object_mut()
        .unwrap()
        .shift_remove("localInstruments");
    let update = json!({"data": configuration});
    assert_eq!(client.patch(&path, &update), (204, String::new()));
    assert_eq!(client.get(&path), update);
    client.patch(&path, &json!({"data": {"name": "New"}}));
    assert_eq!(
        client.get(&path),
        json!({"data": {
            "providerId": TENANT.provider_id,
            "clientID": "mock-provider-client",
            "name": "New",
        }}),
        "what is the platform's stays"
    );
}

#[test]
fn messages_are_taken_with_202_and_no_body() {
    let mut client = Client::new();
    let body = json!({"subscriptionId": TENANT.authorised_subscription_id, "data": {}});
    let names: Vec<String> = client
        .platform
        .operations()
        .into_iter()
        .filter(|name| name.contains("msg-v1"))
        .map(str::to_owned)
        .collect();
    assert_eq!(names.len(), 13);
    for name in &names {
        let path = name.strip_prefix("POST ").unwrap();
        let who = if path.starts_with("/api/") {
            As::Product
        } else {
            As::Provider
        };
        let response = client.call(who, "POST", path, &body);
        assert_eq!((response.status, response.body.len()), (202, 0), "{name}");
        assert!(!response.headers.contains("content-type"));
    }
    let taken: Vec<_> = client
        .platform
        .store()
        .messages
        .iter()
        .map(|message| message.operation.clone())
        .collect();
    assert_eq!(taken, names);
}

#[test]
fn a_product_makes_a_subscription_that_the_provider_authorises_and_submits_a_batch() {
    let mut client = Client::new();
    let creation = format!(
        "/v3/subscriptions/organisations/{}/subscriptions",
        TENANT.organisation_id
    );
    let body = json!({"data": {"providerId": TENANT.provider_id, "additionalData": "{\"a\":1}"}});
    let response = client.call(As::Product, "POST", &creation, &body);
    assert_eq!(response.status, 201);
    let made = response.body.json().unwrap()["data"].clone();
    assert_eq!(
        (&made["status"], &made["additionalData"]),
        (&json!("Received"), &json!("{\"a\":1}"))
    );
    let id = made["subscriptionId"].as_str().unwrap().to_owned();
    let seen = client.call(
        As::Product,
        "GET",
        &format!("/v3/subscriptions/{id}"),
        &Value::Null,
    );
    assert_eq!(seen.body.json().unwrap()["data"], made);

    let path = subscription(id.parse().unwrap());
    client.patch(&path, &json!({"data": {"status": "Authorised"}}));
    let body = json!({"data": {"subscriptionId": id, "externalId": "RUN-1", "payments": [
        {"amount": 10.5, "currency": "GBP", "status": "Completed", "creditor": {"name": "A"}},
    ]}});
    let response = client.call(As::Product, "POST", "/v3/batchpayments", &body);
    assert_eq!(response.status, 201);
    let made = response.body.json().unwrap()["data"].clone();
    assert_eq!(made["status"], "Received");
    assert_eq!(
        made["payments"][0]["status"], "Received",
        "a product cannot set it"
    );
    let path = made["self"].as_str().unwrap().to_owned();
    let seen = client.call(As::Product, "GET", &path, &Value::Null);
    assert_eq!(seen.body.json().unwrap()["data"], made);
}

#[test]
fn the_same_idempotency_key_gives_the_same_answer_for_two_weeks() {
    let mut client = Client::new();
    let body = json!({"data": {
        "subscriptionId": TENANT.authorised_subscription_id,
        "payments": [{"amount": "1.00", "currency": "GBP"}],
    }});
    let mut request = client.request(As::Product, "POST", "/v3/batchpayments", &body);
    request.headers.push("x-idempotency-key", "key-1");
    let first = client.send(&request);
    let again = client.send(&request);
    assert_eq!((first.status, &first.body), (201, &again.body));
    let batches = client.platform.store().batches.len();
    assert_eq!(batches, 3, "two seeded and one made");

    let mut other = request.clone();
    other.body = crate::exchange::Body::from(body.to_string().replace("1.00", "2.00"));
    assert_eq!(
        super::client::code(&client.send(&other)),
        "IdempotencyKeyReused"
    );

    client.now += std::time::Duration::from_hours(14 * 24);
    client.renew_tokens();
    let token = format!("Bearer {}", client.token(As::Product));
    request.headers.set("authorization", token);
    assert_ne!(client.send(&request).body, first.body);
}

#[test]
fn providers_are_listed_by_country() {
    let mut client = Client::new();
    for (country, count) in [("GB", 1), ("CA", 0)] {
        let path = format!("/v3/providers?country={country}");
        let response = client.call(As::Product, "GET", &path, &Value::Null);
        let body = response.body.json().unwrap();
        assert_eq!(
            (response.status, body["data"].as_array().unwrap().len()),
            (200, count)
        );
    }
}

#[test]
fn revoked_tokens_are_invalid_and_new_ones_are_not() {
    let mut client = Client::new();
    let path = subscription(TENANT.subscription_id);
    client.platform.revoke_tokens();
    let response = client.call(As::Provider, "GET", &path, &Value::Null);
    assert_eq!(super::client::code(&response), "TokenInvalid");
    client.renew_tokens();
    client.get(&path);
    assert_eq!(client.platform.counters().tokens, 4);
}

#[test]
fn the_same_requests_are_answered_with_the_same_bytes() {
    let history = || {
        let mut client = Client::new();
        let replies: Vec<_> = (0..20)
            .map(|_| {
                let path = subscription(TENANT.subscription_id);
                let request = client.request(As::Provider, "PUT", &path, &Value::Null);
                client.platform.handle(client.now, &request)
            })
            .collect();
        replies
    };
    assert_eq!(history(), history());
}
