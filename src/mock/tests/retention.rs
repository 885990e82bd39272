//! What is left of a batch when its time is over.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::{As, Client, batch, code};
use crate::mock::Tenant;

const TENANT: Tenant = Tenant::seeded();
const DAY: Duration = Duration::from_hours(24);

fn submit(client: &mut Client) -> String {
    let body = json!({"data": {
        "subscriptionId": TENANT.authorised_subscription_id,
        "payments": [{"amount": "1.00", "currency": "GBP"}],
    }});
    let response = client.call(As::Product, "POST", "/v3/batchpayments", &body);
    let made = response.body.json().unwrap();
    made["data"]["batchId"].as_str().unwrap().to_owned()
}

/// The status and the code that a GET is answered with.
fn read(client: &mut Client, who: As, path: &str) -> (u16, String) {
    let response = client.call(who, "GET", path, &Value::Null);
    (response.status, code(&response))
}

#[test]
fn a_batch_is_deleted_365_days_after_its_submission() {
    let mut client = Client::new();
    let first = batch(TENANT.batch_id);
    client.get(&first);
    client.now += 100 * DAY;
    client.renew_tokens();
    let second = batch(submit(&mut client).parse().unwrap());
    client.now += 265 * DAY;
    client.renew_tokens();
    assert_eq!(
        read(&mut client, As::Provider, &first),
        (404, "NotFound".into())
    );
    client.get(&second);
    client.now += 100 * DAY;
    client.renew_tokens();
    assert_eq!(read(&mut client, As::Provider, &second).0, 404);
    assert!(client.platform.store().batches.is_empty());
}

#[test]
fn what_a_deleted_batch_is_said_to_be_is_in_the_profile_and_for_its_own_parties_only() {
    let profile = "retention = { batches = \"1h\", afterwards = \"gone\" }";
    let mut client = Client::with(profile, &[]);
    let product_path = format!("/v3/batchpayments/{}", TENANT.batch_id);
    client.now += Duration::from_hours(1);
    let provider_path = batch(TENANT.batch_id);
    let gone = (410, "Gone".to_owned());
    assert_eq!(read(&mut client, As::Provider, &provider_path), gone);
    assert_eq!(read(&mut client, As::Product, &product_path), gone);
    assert_eq!(
        read(&mut client, As::SecondProvider, &provider_path),
        (403, "ForeignId".into())
    );
    let update = json!({"data": {"defaultStatus": "Processing"}});
    assert_eq!(client.patch(&provider_path, &update), gone);
    let unknown = batch("11111111-2222-4333-8444-555555555555".parse().unwrap());
    assert_eq!(read(&mut client, As::Provider, &unknown).0, 404);
}
