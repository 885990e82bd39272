//! Every refusal of a body and of what it asks, each from a request with one thing wrong.

use serde_json::{Value, json};

use super::client::{As, Client, batch, code, provider, subscription, token_request};
use crate::mock::Tenant;

const TENANT: Tenant = Tenant::seeded();

#[test]
fn every_flaw_of_an_update_has_its_status_and_code() {
    let unknown = "11111111-2222-4333-8444-555555555555".parse().unwrap();
    let foreign = subscription(TENANT.foreign_subscription_id);
    let own = subscription(TENANT.subscription_id);
    let payments = batch(TENANT.batch_id);
    let pending = json!({"data": {"status": "Pending"}});
    let link = |link: Value| json!({"data": {"links": {"authorise": link}}});
    let payment = |payment: Value| json!({"data": {"payments": [payment]}});
    let id = "11111111-2222-4333-8444-555555555555";
    let rule = json!({"ruleId": "a", "validation": {"apiPath": "Creditors", "jsonPath": "$.a"}});
    // path, body, status, code
    let table = [
        (subscription(unknown), pending.clone(), 404, "NotFound"),
        (
            "/api-provider-v1/subscriptions/17".into(),
            pending.clone(),
            404,
            "NotFound",
        ),
        (foreign, pending, 403, "ForeignId"),
        (
            batch(unknown),
            json!({"data": {"status": "Processing"}}),
            404,
            "NotFound",
        ),
        (
            batch(TENANT.foreign_batch_id),
            json!({"data": {"status": "Processing"}}),
            403,
            "ForeignId",
        ),
        (
            format!("/api-provider-v1/providers/{unknown}"),
            json!({"data": {"name": "x"}}),
            404,
            "NotFound",
        ),
        (
            format!("/api-provider-v1/providers/{}", TENANT.foreign_provider_id),
            json!({"data": {"name": "x"}}),
            403,
            "ForeignId",
        ),
        (own.clone(), json!([]), 400, "InvalidBody"),
        (
            own.clone(),
            json!({"status": "Pending"}),
            400,
            "InvalidBody",
        ),
        (own.clone(), json!({"data": {}}), 400, "InvalidBody"),
        (
            own.clone(),
            json!({"data": {"status": 7}}),
            400,
            "InvalidBody",
        ),
        (
            own.clone(),
            json!({"data": {"status": "pending"}}),
            400,
            "InvalidBody",
        ),
        (
            own.clone(),
            json!({"data": {"additionalData": {"a": 1}}}),
            400,
            "InvalidBody",
        ),
        (own.clone(), link(json!({})), 400, "InvalidBody"),
        (
            own.clone(),
            link(json!({"href": "/relative"})),
            400,
            "InvalidBody",
        ),
        (
            own.clone(),
            link(json!({"href": "https://a.b/", "authoriseIssuedAt": "soon"})),
            400,
            "InvalidBody",
        ),
        (
            own.clone(),
            link(json!({"href": "https://a.b/", "issuedAt": "2026-01-01"})),
            400,
            "InvalidBody",
        ),
        (
            own,
            json!({"data": {"status": "Suspended"}}),
            409,
            "IllegalTransition",
        ),
        (
            payments.clone(),
            json!({"data": {"defaultStatus": "PartiallyCompleted"}}),
            400,
            "InvalidBody",
        ),
        (
            payments.clone(),
            json!({"data": {"payments": {}}}),
            400,
            "InvalidBody",
        ),
        (
            payments.clone(),
            payment(json!({"status": "Processing"})),
            400,
            "InvalidBody",
        ),
        (
            payments.clone(),
            payment(json!({"paymentId": id})),
            400,
            "InvalidBody",
        ),
        (
            payments.clone(),
            payment(json!({"paymentId": "7", "status": "Processing"})),
            400,
            "InvalidBody",
        ),
        (
            payments.clone(),
            payment(
                json!({"paymentId": id, "status": "Processing", "paymentCompletedDate": "now"}),
            ),
            400,
            "InvalidBody",
        ),
        (
            payments.clone(),
            json!({"data": {"payments": [{"paymentId": id, "status": "Processing"}, {"paymentId": id, "status": "Processing"}]}}),
            400,
            "InvalidBody",
        ),
        (
            payments.clone(),
            json!({"data": {"payments": vec![json!({"paymentId": id, "status": "Processing"}); 2001]}}),
            400,
            "InvalidBody",
        ),
        (
            payments.clone(),
            payment(json!({"paymentId": id, "status": "Processing"})),
            404,
            "NotFound",
        ),
        (
            payments.clone(),
            json!({"data": {"defaultStatus": "Completed"}}),
            409,
            "IllegalTransition",
        ),
        (
            payments,
            json!({"data": {"status": "Failed"}}),
            409,
            "IllegalTransition",
        ),
        (provider(), json!({"data": {}}), 400, "InvalidBody"),
        (
            provider(),
            json!({"data": {"country": "GB"}}),
            400,
            "InvalidBody",
        ),
        (
            provider(),
            json!({"data": {"country": ["gb"]}}),
            400,
            "InvalidBody",
        ),
        (
            provider(),
            json!({"data": {"maximumPaymentCount": 2001}}),
            400,
            "InvalidBody",
        ),
        (
            provider(),
            json!({"data": {"providerId": id}}),
            400,
            "InvalidBody",
        ),
        (
            provider(),
            json!({"data": {"accountType": {"validationRules": {}}}}),
            400,
            "InvalidBody",
        ),
        (
            provider(),
            json!({"data": {"accountType": {"validationRules": [rule, rule]}}}),
            400,
            "InvalidBody",
        ),
        (
            provider(),
            json!({"data": {"country": ["UK"]}}),
            400,
            "InvalidBody",
        ),
    ];
    for (path, body, status, expected) in table {
        let mut client = Client::new();
        let before = client.platform.store().clone();
        let (found, code) = client.patch(&path, &body);
        assert_eq!((found, code.as_str()), (status, expected), "{path} {body}");
        assert_eq!(
            *client.platform.store(),
            before,
            "{path} {body} had an effect"
        );
    }
}

#[test]
fn every_flaw_of_a_post_has_its_status_and_code() {
    let creation = format!(
        "/v3/subscriptions/organisations/{}/subscriptions",
        TENANT.organisation_id
    );
    let id = "11111111-2222-4333-8444-555555555555";
    let elsewhere = format!("/v3/subscriptions/organisations/{id}/subscriptions");
    let abroad = format!(
        "/v3/subscriptions/organisations/{}/subscriptions",
        TENANT.foreign_organisation_id
    );
    let batches = "/v3/batchpayments".to_owned();
    let message = "/api-provider-msg-v1/creditorputs".to_owned();
    let of = |subscription: uuid::Uuid, payments: Value| json!({"data": {"subscriptionId": subscription, "payments": payments}});
    let authorised = TENANT.authorised_subscription_id;
    let payment = json!({"amount": "1.00", "currency": "GBP"});
    let creditor =
        |creditor: Value| json!({"subscriptionId": authorised, "data": {"creditor": creditor}});
    // who, path, body, status, code
    let table = [
        (
            As::Product,
            creation.clone(),
            json!({"data": {}}),
            400,
            "InvalidBody",
        ),
        (
            As::Product,
            creation.clone(),
            json!({"data": {"providerId": TENANT.provider_id, "additionalData": {}}}),
            400,
            "InvalidBody",
        ),
        (
            As::Product,
            creation.clone(),
            json!({"data": {"providerId": id}}),
            404,
            "NotFound",
        ),
        (
            As::Product,
            elsewhere,
            json!({"data": {"providerId": TENANT.provider_id}}),
            404,
            "NotFound",
        ),
        (
            As::Product,
            abroad,
            json!({"data": {"providerId": TENANT.provider_id}}),
            403,
            "ForeignId",
        ),
        (
            As::Provider,
            creation,
            json!({"data": {"providerId": TENANT.provider_id}}),
            401,
            "ApiKeyInvalid",
        ),
        (
            As::Product,
            batches.clone(),
            of(authorised, json!([])),
            400,
            "InvalidBody",
        ),
        (
            As::Product,
            batches.clone(),
            of(authorised, json!(vec![payment.clone(); 2001])),
            400,
            "InvalidBody",
        ),
        (
            As::Product,
            batches.clone(),
            of(authorised, json!([{"amount": 0, "currency": "GBP"}])),
            400,
            "InvalidBody",
        ),
        (
            As::Product,
            batches.clone(),
            of(authorised, json!([{"amount": 1, "currency": "pounds"}])),
            400,
            "InvalidBody",
        ),
        (
            As::Product,
            batches.clone(),
            of(TENANT.foreign_subscription_id, json!([payment])),
            403,
            "ForeignId",
        ),
        (
            As::Product,
            batches.clone(),
            of(id.parse().unwrap(), json!([payment])),
            404,
            "NotFound",
        ),
        (
            As::Product,
            batches,
            of(TENANT.subscription_id, json!([payment])),
            409,
            "SubscriptionNotAuthorised",
        ),
        (
            As::Provider,
            message.clone(),
            json!({"data": {}}),
            400,
            "InvalidBody",
        ),
        (
            As::Provider,
            message.clone(),
            json!({"subscriptionId": authorised}),
            400,
            "InvalidBody",
        ),
        (
            As::Provider,
            message.clone(),
            json!({"subscriptionId": id, "data": {}}),
            404,
            "NotFound",
        ),
        (
            As::Provider,
            message.clone(),
            json!({"subscriptionId": TENANT.foreign_subscription_id, "data": {}}),
            403,
            "ForeignId",
        ),
        (
            As::Provider,
            message.clone(),
            creditor(json!({"creditorType": "Person"})),
            400,
            "InvalidBody",
        ),
        (
            As::Provider,
            message.clone(),
            creditor(json!({"postalAddress": {"addressLine2": "x".repeat(101)}})),
            400,
            "InvalidBody",
        ),
        (
            As::Provider,
            message,
            creditor(json!([{"postalAddress": {"countrySubdivision": "x".repeat(51)}}])),
            400,
            "InvalidBody",
        ),
        (
            As::Provider,
            "/api-provider-msg-v1/notifications".into(),
            json!({"subscriptionId": authorised, "data": {"message": {"data": {
                "creditor": {"postalAddress": {"addressLine1": "x".repeat(101)}},
            }}}}),
            400,
            "InvalidBody",
        ),
        (
            As::Product,
            "/api/msg-v1/creditorputs".into(),
            json!({"subscriptionId": authorised, "data": {
                "creditor": {"bankAccount": {"sortCode": "7"}},
            }}),
            400,
            "RuleViolated",
        ),
        (
            As::Product,
            "/api/msg-v1/creditorputs".into(),
            json!({"subscriptionId": TENANT.foreign_subscription_id, "data": {}}),
            403,
            "ForeignId",
        ),
    ];
    for (who, path, body, status, expected) in table {
        let mut client = Client::new();
        let before = client.platform.store().clone();
        let response = client.call(who, "POST", &path, &body);
        let shown: String = body.to_string().chars().take(200).collect();
        assert_eq!(
            (response.status, code(&response).as_str()),
            (status, expected),
            "{path} {shown}"
        );
        assert_eq!(
            *client.platform.store(),
            before,
            "{path} {shown} had an effect"
        );
    }
}

#[test]
fn every_flaw_of_a_token_request_has_its_status_and_code() {
    let good = json!({
        "grant_type": "client_credential",
        "client_id": TENANT.provider.client_id,
        "client_secret": TENANT.provider.client_secret,
        "audience": TENANT.provider.audience,
    });
    // member, value, status, code
    let table = [
        (
            "grant_type",
            json!("password"),
            400,
            "unsupported_grant_type",
        ),
        ("grant_type", Value::Null, 400, "invalid_request"),
        ("client_id", json!("nobody"), 401, "invalid_client"),
        ("client_secret", json!("guess"), 401, "invalid_client"),
        (
            "client_secret",
            json!(TENANT.product.client_secret),
            401,
            "invalid_client",
        ),
        (
            "audience",
            json!(TENANT.product.audience),
            400,
            "invalid_target",
        ),
        ("audience", Value::Null, 400, "invalid_request"),
    ];
    for (member, value, status, expected) in table {
        let mut client = Client::new();
        let mut body = good.clone();
        body[member] = value;
        let response = client.send(&token_request(&body));
        assert_eq!(
            (response.status, code(&response).as_str()),
            (status, expected),
            "{body}"
        );
        assert!(response.body.json().unwrap()["error_description"].is_string());
    }
    let mut request = token_request(&good);
    assert_eq!(
        Client::new().send(&request).status,
        200,
        "the guide's spelling of the grant"
    );
    request.headers.set("content-type", "text/plain");
    assert_eq!(code(&Client::new().send(&request)), "MediaType");
}
