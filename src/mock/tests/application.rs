//! What holds for one Sage product only, and requests that name none.

use serde_json::{Value, json};

use super::client::{As, Client, batch, code, subscription};
use crate::mock::Tenant;

const TENANT: Tenant = Tenant::seeded();

#[test]
fn a_request_that_names_no_product_is_refused_only_if_the_profile_says_so() {
    for (setting, header, expected) in [
        ("accepted", None, ""),
        ("refused", None, "ApplicationMissing"),
        ("refused", Some(" "), "ApplicationMissing"),
        ("refused", Some("sage.intacct"), ""),
    ] {
        let profile = format!("application-header.missing = \"{setting}\"");
        let mut client = Client::with(&profile, &[]);
        for (who, path) in [
            (As::Provider, subscription(TENANT.subscription_id)),
            (As::Product, "/v3/providers".to_owned()),
        ] {
            let mut request = client.request(who, "GET", &path, &Value::Null);
            request.headers.remove("x-application");
            if let Some(value) = header {
                request.headers.push("x-application", value);
            }
            let response = client.send(&request);
            assert_eq!(code(&response), expected, "{setting} {header:?}");
            assert_eq!(response.status, if expected.is_empty() { 200 } else { 400 });
        }
    }
}

#[test]
fn limits_and_flows_of_an_application_hold_for_its_requests_only() {
    let profile = r#"
[application."sage.x3"]
limits.payments-per-batch = 1
interaction-id.missing = "refused"
[application."sage.x3".flows.batch]
initial = ["Received"]
terminal = ["Paid"]
edges = [{ from = "Received", to = ["Paid"] }]
"#;
    let payment = json!({"amount": "1.00", "currency": "GBP"});
    let two = json!({"data": {
        "subscriptionId": TENANT.authorised_subscription_id,
        "payments": [payment, payment],
    }});
    let paid = json!({"data": {"status": "Paid"}});
    // application, status of two payments, of the status Paid, of a GET without interaction id
    for (application, expected) in [
        ("sage.x3", [400, 204, 400]),
        ("sage.intacct", [201, 400, 200]),
    ] {
        let mut client = Client::with(profile, &[]);
        let path = batch(TENANT.batch_id);
        let mut statuses = Vec::new();
        for (who, method, path, body) in [
            (As::Product, "POST", "/v3/batchpayments", &two),
            (As::Provider, "PATCH", &path, &paid),
            (As::Provider, "GET", &path, &Value::Null),
        ] {
            let mut request = client.request(who, method, path, body);
            request.headers.set("x-application", application);
            if method == "GET" {
                request.headers.remove("x-fapi-interaction-id");
            }
            statuses.push(client.send(&request).status);
        }
        assert_eq!(statuses, expected, "{application}");
    }
}
