//! What is not public of refusals and updates follows the profile.

use serde_json::json;

use super::client::{As, Client, batch, code, provider, subscription};
use crate::mock::Tenant;
use crate::profile::{Profile, Provenance};

const TENANT: Tenant = Tenant::seeded();

#[test]
fn an_illegal_transition_is_refused_with_the_status_of_the_profile() {
    for (setting, expected) in [
        ("", 409),
        ("refusals.illegal-transition = 422", 422),
        ("refusals.illegal-transition = 400", 400),
    ] {
        let mut client = Client::with(setting, &[]);
        let table = [
            (
                subscription(TENANT.authorised_subscription_id),
                json!({"status": "Received"}),
            ),
            (batch(TENANT.batch_id), json!({"status": "Completed"})),
            (
                batch(TENANT.batch_id),
                json!({"defaultStatus": "Completed"}),
            ),
        ];
        for (path, data) in table {
            assert_eq!(
                client.patch(&path, &json!({"data": data})),
                (expected, "IllegalTransition".into()),
                "{path} {setting}"
            );
        }
    }
}

#[test]
fn a_batch_without_authorisation_is_refused_with_the_status_of_the_profile() {
    let batch = json!({"data": {
        "subscriptionId": TENANT.subscription_id,
        "payments": [{"amount": "1.00", "currency": "GBP"}],
    }});
    for (setting, expected) in [("", 409), ("refusals.unauthorised-subscription = 403", 403)] {
        let mut client = Client::with(setting, &[]);
        let response = client.call(As::Product, "POST", "/v3/batchpayments", &batch);
        assert_eq!(response.status, expected, "{setting}");
        assert_eq!(code(&response), "SubscriptionNotAuthorised");
    }
}

#[test]
fn a_status_that_is_there_already_is_accepted_or_refused() {
    for (setting, expected) in [
        ("", 204),
        ("updates.repeated-status = \"accepted\"", 204),
        ("updates.repeated-status = \"refused\"", 409),
    ] {
        let mut client = Client::with(setting, &[]);
        for (path, member) in [
            (batch(TENANT.batch_id), "defaultStatus"),
            (subscription(TENANT.subscription_id), "status"),
        ] {
            let status = match member {
                "status" => "Pending",
                _ => "Processing",
            };
            let update = json!({"data": {member: status}});
            assert_eq!(client.patch(&path, &update).0, 204);
            assert_eq!(client.patch(&path, &update).0, expected, "{path} {setting}");
        }
    }
}

#[test]
fn a_default_status_holds_for_other_payments_or_for_all() {
    for (setting, named) in [
        ("", "Failed"),
        ("updates.default-status = \"others\"", "Failed"),
        ("updates.default-status = \"all\"", "Completed"),
    ] {
        let mut client = Client::with(setting, &[]);
        let path = batch(TENANT.batch_id);
        let processing = json!({"data": {"defaultStatus": "Processing"}});
        assert_eq!(client.patch(&path, &processing).0, 204);
        let ids: Vec<_> = client.platform.store().batches[&TENANT.batch_id]
            .payments
            .keys()
            .copied()
            .collect();
        let update = json!({"data": {
            "defaultStatus": "Completed",
            "payments": [{"paymentId": ids[1], "status": "Failed"}],
        }});
        assert_eq!(client.patch(&path, &update).0, 204);
        let payments = &client.platform.store().batches[&TENANT.batch_id].payments;
        let statuses: Vec<_> = ids.iter().map(|id| payments[id].status.as_str()).collect();
        assert_eq!(statuses, ["Completed", named, "Completed"], "{setting}");
    }
}

#[test]
fn an_update_of_the_configuration_is_answered_as_the_profile_says() {
    let update = json!({"data": {"name": "Northwind Payments", "country": ["GB"]}});
    for (setting, status) in [("", 204), ("updates.configuration-answer = 200", 200)] {
        let mut client = Client::with(setting, &[]);
        let response = client.call(As::Provider, "PATCH", &provider(), &update);
        assert_eq!(response.status, status);
        match response.body.json() {
            None => assert_eq!(status, 204),
            Some(body) => assert_eq!(body["data"]["name"], "Northwind Payments"),
        }
        assert_eq!(client.get(&provider())["data"]["country"], json!(["GB"]));
    }
}

#[test]
fn none_of_it_is_stated_and_nonsense_is_refused() {
    let profile = Profile::built_in();
    let ours: Vec<_> = profile
        .settings()
        .iter()
        .filter(|setting| {
            ["refusals.", "updates."]
                .iter()
                .any(|it| setting.key.starts_with(it))
        })
        .collect();
    assert_eq!(ours.len(), 5);
    assert!(ours.iter().all(|it| it.provenance == Provenance::Assumed));
    for nonsense in [
        "refusals.illegal-transition = 429",
        "refusals.unauthorised-subscription = 500",
        "updates.repeated-status = \"maybe\"",
        "updates.default-status = \"some\"",
        "updates.configuration-answer = 404",
    ] {
        assert!(
            Profile::with_override(nonsense, "own.toml").is_err(),
            "{nonsense}"
        );
    }
}
