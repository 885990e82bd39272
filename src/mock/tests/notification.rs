//! Notifications as the provider's endpoint meets them.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::{As, Client};
use crate::base::Secret;
use crate::exchange::{Body, Failure, FailureKind, Outcome, Response};
use crate::mock::{
    Notification, NotificationCounters, NotificationDelivery, NotificationEndpoint, Tenant,
};

const TENANT: Tenant = Tenant::seeded();

fn endpoint() -> NotificationEndpoint {
    NotificationEndpoint {
        url: "https://provider.invalid/notifications".into(),
        header: "X-Provider-Key".into(),
        value: Secret::new("chosen-by-the-provider"),
    }
}

/// A product on a platform that notifies.
fn client(profile: &str) -> Client {
    let mut client = Client::with(profile, &[]);
    client.platform.set_notification_endpoint(Some(endpoint()));
    client
}

fn submit(client: &mut Client) -> String {
    let body = json!({"data": {
        "subscriptionId": TENANT.authorised_subscription_id,
        "payments": [{"amount": "1.00", "currency": "GBP"}],
    }});
    let response = client.call(As::Product, "POST", "/v3/batchpayments", &body);
    assert_eq!(response.status, 201, "{response:?}");
    let body = response.body.json().unwrap();
    body["data"]["batchId"].as_str().unwrap().to_owned()
}

fn send(client: &mut Client, kind: &str, data: &Value) {
    let body = json!({"subscriptionId": TENANT.authorised_subscription_id, "data": data});
    let path = format!("/api/msg-v1/{kind}");
    let response = client.call(As::Product, "POST", &path, &body);
    assert_eq!(response.status, 202, "{response:?}");
}

fn answered(status: u16, headers: &[(&str, &str)]) -> Outcome {
    Outcome::Response(Response {
        status,
        reason: String::new(),
        headers: headers.iter().copied().collect(),
        body: Body::default(),
    })
}

fn silence() -> Outcome {
    Outcome::Failure(Failure {
        kind: FailureKind::Timeout,
        message: "no answer".into(),
    })
}

/// Goes to the next moment at which something is to be sent, and takes it.
fn next(client: &mut Client) -> Vec<Notification> {
    if let Some(due) = client.platform.next_due() {
        client.now = client.now.max(due);
    }
    client.platform.due(client.now)
}

fn body(notification: &Notification) -> Value {
    notification.request.body.json().unwrap()
}

fn tell(client: &mut Client, notification: &Notification, outcome: &Outcome) {
    let number = notification.number;
    client.platform.notified(client.now, number, outcome);
}

/// The waits between the attempts at one notification that is answered by `outcome` each time, in
/// seconds.
fn waits(profile: &str, outcome: &Outcome) -> (Vec<i64>, NotificationCounters) {
    let mut client = client(profile);
    submit(&mut client);
    let mut waits = Vec::new();
    let mut before = None;
    loop {
        let attempts = next(&mut client);
        let [attempt] = attempts.as_slice() else {
            return (waits, client.platform.notifications());
        };
        if let Some(before) = before {
            waits.push(client.now.duration_since(before).as_secs());
        }
        before = Some(client.now);
        tell(&mut client, attempt, outcome);
    }
}

#[test]
fn a_notification_carries_what_the_provider_chose_and_a_token() {
    let mut client = client("");
    let batch = submit(&mut client);
    let notifications = next(&mut client);
    let [notification] = notifications.as_slice() else {
        panic!("{notifications:?}");
    };
    let request = &notification.request;
    assert_eq!((notification.number, notification.attempt), (1, 1));
    assert_eq!(notification.timeout, Duration::from_secs(10));
    assert_eq!(
        (request.method.as_str(), request.url.as_str()),
        ("POST", "https://provider.invalid/notifications")
    );
    let header = |name| request.headers.get(name).unwrap();
    assert_eq!(header("x-provider-key"), "chosen-by-the-provider");
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(header("x-fapi-interaction-id").len(), 36);
    let token = header("authorization").strip_prefix("Bearer ").unwrap();
    assert_eq!(token.split('.').count(), 3);
    assert_eq!(
        body(notification),
        json!({
            "type": "resourceCreated",
            "resource": {"id": batch, "type": "batch", "url": "NA"},
        })
    );
}

#[test]
fn everything_that_the_product_starts_is_told() {
    let mut client = client("");
    let path = format!(
        "/v3/subscriptions/organisations/{}/subscriptions",
        TENANT.organisation_id
    );
    let data = json!({"data": {"providerId": TENANT.provider_id}});
    client.call(As::Product, "POST", &path, &data);
    let kinds = [
        "debtoraccountputs",
        "debtoraccountlistqueries",
        "debtoraccountdeletes",
        "creditorputs",
        "creditorlistqueries",
        "creditordeletes",
    ];
    let creditor = json!({"creditor": {
        "name": "Northwind",
        "bankAccount": {"sortCode": "200000", "accountNumber": "55779911"},
    }});
    for kind in kinds {
        send(&mut client, kind, &creditor);
    }
    let bodies: Vec<_> = next(&mut client).iter().map(body).collect();
    assert_eq!(bodies.len(), 7);
    assert_eq!(bodies[0]["resource"]["type"], "subscription");
    for (body, kind) in bodies[1..].iter().zip(kinds) {
        assert_eq!(body["resource"]["type"], kind);
        assert_eq!(
            body["resource"]["id"],
            json!(TENANT.authorised_subscription_id)
        );
        assert_eq!(body["message"]["data"], creditor, "{kind}");
    }
}

#[test]
fn what_changes_nothing_for_the_provider_is_not_told() {
    let mut client = client("");
    let id = TENANT.authorised_subscription_id;
    client.call(
        As::Product,
        "GET",
        &format!("/v3/subscriptions/{id}"),
        &Value::Null,
    );
    let refused = json!({"data": {"subscriptionId": id, "payments": []}});
    client.call(As::Product, "POST", "/v3/batchpayments", &refused);
    let own = json!({"subscriptionId": id, "data": {}});
    client.call(
        As::Provider,
        "POST",
        "/api-provider-msg-v1/creditordeletes",
        &own,
    );
    assert_eq!(
        client.platform.notifications(),
        NotificationCounters::default()
    );
}

#[test]
fn a_request_that_is_repeated_with_its_key_is_told_once() {
    let mut client = client("");
    let data = json!({"data": {
        "subscriptionId": TENANT.authorised_subscription_id,
        "payments": [{"amount": "1.00", "currency": "GBP"}],
    }});
    let mut request = client.request(As::Product, "POST", "/v3/batchpayments", &data);
    request.headers.push("x-idempotency-key", "k-1");
    for _ in 0..2 {
        assert_eq!(client.send(&request).status, 201);
    }
    assert_eq!(client.platform.notifications().made, 1);
}

#[test]
fn without_an_endpoint_nothing_is_made_but_counted() {
    let mut client = Client::new();
    submit(&mut client);
    assert_eq!(client.platform.next_due(), None);
    assert_eq!(client.platform.notifications().unaddressed, 1);
    assert_eq!(client.platform.notifications().made, 0);
}

#[test]
fn a_status_is_told_where_the_flow_lets_the_product_set_it_and_the_profile_says_so() {
    let flow = r#"
[flows.subscription]
initial = ["Received"]
terminal = ["Cancelled"]
edges = [
  { from = "Received", to = ["Authorised"] },
  { from = "Authorised", to = ["Suspended"], by = "product" },
  { from = "Suspended", to = ["Cancelled"] },
]
"#;
    let silent = format!("[notifications]\nstatus-changes = \"silent\"\n{flow}");
    for (profile, told) in [(flow, 1), (&silent, 0)] {
        let mut client = client(profile);
        let id = TENANT.authorised_subscription_id;
        let change = |client: &mut Client, status| {
            let now = client.now;
            client
                .platform
                .change_subscription_as_product(now, "sage.intacct", id, status)
        };
        change(&mut client, "Suspended").unwrap();
        let error = change(&mut client, "Cancelled").unwrap_err().to_string();
        assert!(error.contains("from Suspended to Cancelled"), "{error}");
        let bodies: Vec<_> = next(&mut client).iter().map(body).collect();
        assert_eq!(bodies.len(), told);
        for body in bodies {
            assert_eq!(body["type"], "resourceUpdated");
            assert_eq!(body["additionalData"]["status"], "Suspended");
        }
    }
}

#[test]
fn the_body_is_what_the_profile_says() {
    let mut client = client(
        "[notifications]\nbatch = '{\"event\":\"new\",\"where\":\"/batches/{{batchId}}\",\"of\":\"{{organisationId}}\",\"now\":\"{{status}}\"}'\n",
    );
    let batch = submit(&mut client);
    let bodies: Vec<_> = next(&mut client).iter().map(body).collect();
    assert_eq!(
        bodies,
        [json!({
            "event": "new",
            "where": format!("/batches/{batch}"),
            "of": TENANT.organisation_id,
            "now": "Received",
        })]
    );
}

#[test]
fn what_is_tried_again_and_when_is_a_table() {
    let retry = answered(429, &[("retry-after", "7")]);
    let endless = answered(429, &[("retry-after", "86400")]);
    // profile, answer, waits, delivered, given up
    let table = [
        ("", answered(201, &[]), vec![], 1, 0),
        ("", answered(204, &[]), vec![], 1, 0),
        ("", answered(301, &[]), vec![], 0, 1),
        ("", answered(403, &[]), vec![], 0, 1),
        ("", answered(503, &[]), vec![1, 5, 30, 120], 0, 1),
        ("", silence(), vec![1, 5, 30, 120], 0, 1),
        ("", retry, vec![7, 7, 30, 120], 0, 1),
        ("", endless, vec![300; 4], 0, 1),
        (
            "[notifications]\nwaits = [\"3s\"]\n",
            silence(),
            vec![3],
            0,
            1,
        ),
        (
            "[notifications]\nretried = []\n",
            answered(500, &[]),
            vec![],
            0,
            1,
        ),
    ];
    for (profile, outcome, expected, delivered, given_up) in table {
        let (waits, counters) = waits(profile, &outcome);
        assert_eq!(waits, expected, "{profile} {outcome:?}");
        assert_eq!(
            (counters.delivered, counters.given_up, counters.waiting),
            (delivered, given_up, 0),
            "{profile} {outcome:?}"
        );
    }
}

#[test]
fn another_answer_than_the_expected_one_counts_where_one_is_stated() {
    let mut client = client("");
    submit(&mut client);
    send(&mut client, "creditorlistqueries", &json!({}));
    for notification in next(&mut client) {
        tell(&mut client, &notification, &answered(200, &[]));
    }
    let counters = client.platform.notifications();
    assert_eq!((counters.delivered, counters.unexpected), (2, 1));
}

#[test]
fn deliveries_are_held_lost_repeated_and_redelivered_as_the_scenario_says() {
    let mut client = client("");
    client
        .platform
        .set_notification_delivery(NotificationDelivery {
            hold: Duration::from_secs(4),
            shuffled_within: None,
            lost: 1,
            duplicates: 2,
            redelivered_after: Some(Duration::from_mins(1)),
        });
    let made = client.now;
    submit(&mut client);
    let mut deliveries = Vec::new();
    while client.platform.next_due().is_some() {
        for notification in next(&mut client) {
            deliveries.push((
                client.now.duration_since(made).as_secs(),
                notification.number,
                notification.attempt,
            ));
            tell(&mut client, &notification, &answered(201, &[]));
        }
    }
    // The first attempt left after 4 s, was lost, timed out after 10 s, and was tried again after 1 s.
    assert_eq!(deliveries, [(15, 1, 2), (15, 1, 3), (15, 1, 4), (75, 1, 5)]);
    let counters = client.platform.notifications();
    assert_eq!(
        (counters.made, counters.delivered, counters.repeated),
        (1, 1, 3)
    );
}

#[test]
fn a_lost_attempt_is_tried_again_only_where_no_answer_is() {
    let mut client = client("notifications.retried = [\"server-error\"]");
    client
        .platform
        .set_notification_delivery(NotificationDelivery {
            lost: 1,
            ..NotificationDelivery::default()
        });
    submit(&mut client);
    while client.platform.next_due().is_some() {
        assert!(next(&mut client).is_empty());
    }
    let counters = client.platform.notifications();
    assert_eq!((counters.delivered, counters.given_up), (0, 1));
}

#[test]
fn what_is_made_within_a_window_leaves_in_another_order_and_all_of_it() {
    let mut client = client("");
    client
        .platform
        .set_notification_delivery(NotificationDelivery {
            shuffled_within: Some(Duration::from_secs(30)),
            ..NotificationDelivery::default()
        });
    for _ in 0..5 {
        submit(&mut client);
    }
    assert!(client.platform.due(client.now).is_empty(), "not yet");
    let mut numbers = Vec::new();
    while client.platform.next_due().is_some() {
        for notification in next(&mut client) {
            numbers.push(notification.number);
            tell(&mut client, &notification, &answered(201, &[]));
        }
    }
    assert_ne!(numbers, [1, 2, 3, 4, 5]);
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3, 4, 5]);
}

#[test]
fn an_answer_to_nothing_and_another_endpoint_are_survived() {
    let mut client = client("");
    submit(&mut client);
    client
        .platform
        .notified(client.now, 17, &answered(201, &[]));
    let notifications = next(&mut client);
    client.platform.set_notification_endpoint(Some(endpoint()));
    tell(&mut client, &notifications[0], &silence());
    assert_eq!(client.platform.next_due(), None);
    assert_eq!(client.platform.notifications().waiting, 0);
}

#[test]
fn a_flood_of_notifications_does_not_fill_the_memory() {
    let mut client = client("rate = 1000000\nburst = 1000000\n");
    let data = json!({"subscriptionId": TENANT.authorised_subscription_id, "data": {}});
    let request = client.request(
        As::Product,
        "POST",
        "/api/msg-v1/creditorlistqueries",
        &data,
    );
    for _ in 0..10_100 {
        assert_eq!(client.send_at_once(&request).status, 202);
    }
    let counters = client.platform.notifications();
    assert_eq!((counters.made, counters.given_up), (10_100, 100));
    assert_eq!(counters.waiting, 10_000);
    assert_eq!(next(&mut client)[0].number, 101, "the oldest went");
}
