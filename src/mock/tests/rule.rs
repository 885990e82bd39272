//! A provider's rules, from their PATCH to what a product is told.

use serde_json::{Value, json};

use super::client::{As, Client, code, provider};
use crate::exchange::Response;
use crate::mock::Tenant;

const TENANT: Tenant = Tenant::seeded();

fn rule(api_path: &str, json_path: &str, optionality: &str) -> Value {
    json!({"ruleId": "code", "validation": {
        "apiPath": api_path,
        "jsonPath": json_path,
        "optionality": optionality,
        "regex": "^[0-9]{6}$",
        "example": "200000",
        "errorMessage": "A code has six digits",
    }})
}

/// A client whose provider has these rules.
fn with(rules: &Value) -> Client {
    let mut client = Client::new();
    let body = json!({"data": {"accountType": {"validationRules": rules}}});
    assert_eq!(client.patch(&provider(), &body), (204, String::new()));
    client
}

fn create_subscription(client: &mut Client, additional_data: &str) -> Response {
    let path = format!(
        "/v3/subscriptions/organisations/{}/subscriptions",
        TENANT.organisation_id
    );
    let body = json!({"data": {
        "providerId": TENANT.provider_id,
        "additionalData": additional_data,
    }});
    client.call(As::Product, "POST", &path, &body)
}

fn put_creditor(client: &mut Client, who: As, creditor: &Value) -> Response {
    let base = match who {
        As::Product | As::SecondProduct => "/api/msg-v1",
        As::Provider | As::SecondProvider => "/api-provider-msg-v1",
    };
    let body = json!({
        "subscriptionId": TENANT.authorised_subscription_id,
        "data": {"creditor": creditor},
    });
    client.call(who, "POST", &format!("{base}/creditorputs"), &body)
}

fn create_batch(client: &mut Client, codes: &[&str]) -> Response {
    let payments: Vec<_> = codes
        .iter()
        .map(|code| json!({"amount": "1.00", "currency": "GBP", "creditor": {"code": code}}))
        .collect();
    let body = json!({"data": {
        "subscriptionId": TENANT.authorised_subscription_id,
        "payments": payments,
    }});
    client.call(As::Product, "POST", "/v3/batchpayments", &body)
}

#[test]
fn a_violation_names_the_rule_its_place_and_its_message() {
    let rules = json!([rule("Creditors", "$.data.creditor.code", "required")]);
    let mut client = with(&rules);
    let response = put_creditor(&mut client, As::Product, &json!({"code": "12"}));
    let error = response.body.json().unwrap()["error"].clone();
    assert_eq!(
        (response.status, &error["code"]),
        (400, &json!("RuleViolated"))
    );
    assert_eq!(
        error["message"],
        "rule code: $.data.creditor.code has not the right form: A code has six digits"
    );
    assert!(client.platform.store().messages.is_empty());
}

#[test]
fn the_rules_of_each_path_hold_for_what_it_names() {
    let six = json!({"code": "200000"});
    let none = json!({});
    let refused = |response: &Response| code(response) == "RuleViolated";

    for api_path in ["Creditors", "CreditorPut"] {
        let mut client = with(&json!([rule(api_path, "$.data.creditor.code", "required")]));
        assert!(!refused(&put_creditor(&mut client, As::Product, &six)));
        assert!(refused(&put_creditor(&mut client, As::Product, &none)));
        assert!(
            !refused(&put_creditor(&mut client, As::Provider, &none)),
            "the rules are for products"
        );
        assert!(!refused(&create_subscription(&mut client, "{}")));
        assert!(!refused(&create_batch(&mut client, &["x"])));
    }

    let mut client = with(&json!([rule(
        "Subscriptions",
        "$.data.additionalData.code",
        "required"
    )]));
    assert!(!refused(&create_subscription(
        &mut client,
        r#"{"code": "200000"}"#
    )));
    assert!(refused(&create_subscription(&mut client, "{}")));
    assert!(refused(&create_subscription(&mut client, "no JSON")));

    let path = "$.data.payments[*].creditor.code";
    let mut client = with(&json!([rule("BatchPayments", path, "required")]));
    assert!(!refused(&create_batch(&mut client, &["200000", "200001"])));
    assert!(refused(&create_batch(&mut client, &["200000", "12"])));

    let mut client = with(&json!([rule("Unheard", "$.data", "notAllowed")]));
    assert!(!refused(&create_batch(&mut client, &["x"])));
}

#[test]
fn rules_that_are_left_out_hold_no_more() {
    let rules = json!([rule("Creditors", "$.data.creditor", "notAllowed")]);
    let mut client = with(&rules);
    let creditor = json!({"name": "A"});
    assert_eq!(
        put_creditor(&mut client, As::Product, &creditor).status,
        400
    );
    let without = json!({"data": {"name": "New"}});
    assert_eq!(client.patch(&provider(), &without).0, 204);
    assert_eq!(
        put_creditor(&mut client, As::Product, &creditor).status,
        202
    );
}

#[test]
fn the_seeded_rule_holds_from_the_start() {
    let mut client = Client::new();
    let creditor = |sort_code: &str| json!({"bankAccount": {"sortCode": sort_code}});
    for (sort_code, status) in [("200000", 202), ("20-00-00", 400)] {
        let response = put_creditor(&mut client, As::Product, &creditor(sort_code));
        assert_eq!(response.status, status, "{sort_code}");
    }
}

#[test]
fn the_words_of_the_rules_are_those_of_the_profile() {
    let profile = "[rules]\nrequired = \"MUST\"\nbatches = [\"Payments\"]\n";
    let mut client = Client::with(profile, &[]);
    let rules = |word| {
        json!({"data": {"accountType": {"validationRules": [
            rule("Payments", "$.data.payments[*].creditor.iban", word)
        ]}}})
    };
    assert_eq!(client.patch(&provider(), &rules("required")).0, 400);
    assert_eq!(client.patch(&provider(), &rules("MUST")).0, 204);
    assert_eq!(code(&create_batch(&mut client, &["x"])), "RuleViolated");
}

#[test]
fn a_configuration_whose_rules_cannot_be_right_is_refused_with_its_place() {
    // what is changed, to what, beginning of the message
    let place = "data.accountType.validationRules[0]";
    let table = [
        (
            "regex",
            json!("["),
            format!("{place}.validation.regex: is no pattern"),
        ),
        (
            "example",
            json!("x"),
            format!("{place}.validation.regex: does not match"),
        ),
        (
            "jsonPath",
            json!("code"),
            format!("{place}.validation.jsonPath: is no JSONPath"),
        ),
        (
            "optionality",
            json!(true),
            format!("{place}.validation.optionality: is not a text"),
        ),
    ];
    for (member, value, expected) in table {
        let mut client = Client::new();
        let mut rule = rule("Creditors", "$.a", "required");
        rule["validation"][member] = value;
        let body = json!({"data": {"accountType": {"validationRules": [rule]}}});
        let response = client.call(As::Provider, "PATCH", &provider(), &body);
        let error = response.body.json().unwrap()["error"].clone();
        assert_eq!(error["code"], "InvalidBody", "{member}");
        let message = error["message"].as_str().unwrap();
        assert!(message.starts_with(&expected), "{message}");
    }
}
