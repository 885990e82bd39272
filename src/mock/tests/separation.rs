//! Two providers and two products: each sees its own, and only that.

use serde_json::{Value, json};

use super::client::{As, Client, code};
use crate::mock::Tenant;

const TENANT: Tenant = Tenant::seeded();

const ALL: [As; 4] = [
    As::Provider,
    As::Product,
    As::SecondProvider,
    As::SecondProduct,
];

/// What somebody is told who reads each of these.
fn verdicts(client: &mut Client, who: As, paths: &[String]) -> Vec<String> {
    paths
        .iter()
        .map(|path| {
            let response = client.call(who, "GET", path, &Value::Null);
            match response.status {
                200 => "own".to_owned(),
                _ => code(&response),
            }
        })
        .collect()
}

#[test]
fn a_provider_reads_its_own_things_and_no_others() {
    let api = "/api-provider-v1";
    let own = [
        format!("{api}/providers/{}", TENANT.provider_id),
        format!("{api}/subscriptions/{}", TENANT.subscription_id),
        format!("{api}/batchpayments/{}", TENANT.batch_id),
    ];
    let foreign = [
        format!("{api}/providers/{}", TENANT.foreign_provider_id),
        format!("{api}/subscriptions/{}", TENANT.foreign_subscription_id),
        format!("{api}/batchpayments/{}", TENANT.foreign_batch_id),
    ];
    let mut client = Client::new();
    assert_eq!(verdicts(&mut client, As::Provider, &own), ["own"; 3]);
    assert_eq!(
        verdicts(&mut client, As::Provider, &foreign),
        ["ForeignId"; 3]
    );
    assert_eq!(
        verdicts(&mut client, As::SecondProvider, &own),
        ["ForeignId"; 3]
    );
    assert_eq!(
        verdicts(&mut client, As::SecondProvider, &foreign),
        ["own"; 3]
    );
}

#[test]
fn a_product_reads_its_own_things_and_no_others() {
    let own = [
        format!("/v3/subscriptions/{}", TENANT.subscription_id),
        format!("/v3/batchpayments/{}", TENANT.batch_id),
    ];
    let foreign = [
        format!("/v3/subscriptions/{}", TENANT.foreign_subscription_id),
        format!("/v3/batchpayments/{}", TENANT.foreign_batch_id),
    ];
    let mut client = Client::new();
    assert_eq!(verdicts(&mut client, As::Product, &own), ["own"; 2]);
    assert_eq!(
        verdicts(&mut client, As::Product, &foreign),
        ["ForeignId"; 2]
    );
    assert_eq!(
        verdicts(&mut client, As::SecondProduct, &own),
        ["ForeignId"; 2]
    );
    assert_eq!(
        verdicts(&mut client, As::SecondProduct, &foreign),
        ["own"; 2]
    );
}

#[test]
fn a_subscription_belongs_to_the_provider_that_it_names() {
    let mut client = Client::new();
    let path = format!(
        "/v3/subscriptions/organisations/{}/subscriptions",
        TENANT.organisation_id
    );
    let body = json!({"data": {"providerId": TENANT.foreign_provider_id}});
    let response = client.call(As::Product, "POST", &path, &body);
    let made = response.body.json().unwrap();
    let id = made["data"]["subscriptionId"].as_str().unwrap();
    let path = [format!("/api-provider-v1/subscriptions/{id}")];
    assert_eq!(verdicts(&mut client, As::SecondProvider, &path), ["own"]);
    assert_eq!(verdicts(&mut client, As::Provider, &path), ["ForeignId"]);
}

#[test]
fn key_and_token_belong_to_one_client_of_the_right_side() {
    let provider_path = format!("/api-provider-v1/providers/{}", TENANT.provider_id);
    for key in ALL {
        for token in ALL {
            for (path, own, other) in [
                (provider_path.as_str(), As::Provider, As::SecondProvider),
                ("/v3/providers", As::Product, As::SecondProduct),
            ] {
                let mut client = Client::new();
                let token_text = client.token(token);
                let mut request = client.request(key, "GET", path, &Value::Null);
                request
                    .headers
                    .set("authorization", format!("Bearer {token_text}"));
                let response = client.send(&request);
                let expected = if key != own && key != other {
                    "ApiKeyInvalid"
                } else if key != token {
                    "TokenForeign"
                } else if key == As::SecondProvider {
                    "ForeignId"
                } else {
                    ""
                };
                assert_eq!(code(&response), expected, "{path} {key:?} {token:?}");
            }
        }
    }
}

#[test]
fn an_idempotency_key_belongs_to_its_client() {
    let mut client = Client::new();
    let mut create = |who, subscription| {
        let body = json!({"data": {
            "subscriptionId": subscription,
            "payments": [{"amount": "1.00", "currency": "EUR"}],
        }});
        let mut request = client.request(who, "POST", "/v3/batchpayments", &body);
        request.headers.push("x-idempotency-key", "key-1");
        client.send(&request).status
    };
    assert_eq!(create(As::Product, TENANT.authorised_subscription_id), 201);
    assert_eq!(
        create(As::SecondProduct, TENANT.foreign_subscription_id),
        201
    );
}

#[test]
fn a_batch_has_no_more_payments_than_its_provider_takes() {
    // The second provider takes 100.
    for (count, status) in [(100, 201), (101, 400)] {
        let body = json!({"data": {
            "subscriptionId": TENANT.foreign_subscription_id,
            "payments": vec![json!({"amount": "1.00", "currency": "EUR"}); count],
        }});
        let mut client = Client::new();
        let response = client.call(As::SecondProduct, "POST", "/v3/batchpayments", &body);
        assert_eq!(response.status, status, "{count}");
    }
}
