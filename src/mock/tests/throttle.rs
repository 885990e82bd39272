//! The throttle as a client meets it.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::{As, Client, code, subscription, token_request};
use crate::exchange::Response;
use crate::mock::{Defect, Tenant};

/// The answers to `count` requests at one moment.
fn flood(client: &mut Client, who: As, count: usize) -> Vec<Response> {
    let path = match who {
        As::Provider | As::SecondProvider => subscription(Tenant::seeded().subscription_id),
        As::Product | As::SecondProduct => "/v3/providers".to_owned(),
    };
    (0..count)
        .map(|_| {
            let request = client.request(who, "GET", &path, &Value::Null);
            client.send_at_once(&request)
        })
        .collect()
}

fn throttled(responses: &[Response]) -> usize {
    responses
        .iter()
        .filter(|response| response.status == 429)
        .count()
}

#[test]
fn the_eleventh_request_at_once_is_throttled_with_a_hint_in_seconds() {
    let mut client = Client::new();
    let responses = flood(&mut client, As::Provider, 12);
    assert_eq!(throttled(&responses), 2);
    assert_eq!(code(&responses[10]), "Throttled");
    assert_eq!(responses[10].headers.get("retry-after"), Some("1"));
    assert_eq!(client.platform.counters().throttled, 2);
    client.now += Duration::from_secs(1);
    assert_eq!(throttled(&flood(&mut client, As::Provider, 10)), 0);
}

#[test]
fn the_hint_is_what_the_profile_says() {
    // setting, what is sent half a second after the second began
    let table = [
        ("seconds", Some("1")),
        ("date", Some("Thu, 01 Jan 2026 00:00:04 GMT")),
        ("absent", None),
    ];
    for (setting, hint) in table {
        let profile = format!("throttle.retry-after = \"{setting}\"");
        let mut client = Client::with(&profile, &[]);
        client.now += Duration::from_millis(500);
        let responses = flood(&mut client, As::Provider, 11);
        assert_eq!(responses[10].headers.get("retry-after"), hint, "{setting}");
        assert_eq!(
            responses[10].headers.get("date"),
            Some("Thu, 01 Jan 2026 00:00:02 GMT")
        );
    }
}

#[test]
fn a_product_never_empties_the_bucket_of_a_provider() {
    for scope in ["credential", "provider", "address", "endpoint-group"] {
        let profile = format!("throttle.scope = \"{scope}\"");
        let mut client = Client::with(&profile, &[]);
        assert_eq!(
            throttled(&flood(&mut client, As::Product, 12)),
            2,
            "{scope}"
        );
        assert_eq!(
            throttled(&flood(&mut client, As::Provider, 10)),
            0,
            "{scope}"
        );
    }
}

#[test]
fn an_address_has_a_bucket_where_the_profile_says_so() {
    let mut client = Client::with("throttle.scope = [\"address\", \"credential\"]", &[]);
    let path = subscription(Tenant::seeded().subscription_id);
    client.token(As::SecondProvider);
    let mut from = |peer, who| {
        let path = match who {
            As::Provider | As::SecondProvider => path.as_str(),
            As::Product | As::SecondProduct => "/v3/providers",
        };
        let request = client.request(who, "GET", path, &Value::Null);
        let reply = client
            .platform
            .handle_from(client.now, &request, Some(peer));
        reply.response().unwrap().status
    };
    let statuses: Vec<_> = (0..5)
        .flat_map(|_| [As::Provider, As::SecondProvider])
        .map(|who| from("192.0.2.1", who))
        .collect();
    assert!(!statuses.contains(&429), "{statuses:?}");
    assert_eq!(from("192.0.2.1", As::Provider), 429, "ten from one address");
    assert_eq!(
        from("192.0.2.2", As::Provider),
        200,
        "ten of the credential are not reached"
    );
}

#[test]
fn token_requests_are_throttled_where_the_profile_says_so() {
    let mut client = Client::with("throttle.token-endpoint = \"throttled\"\nburst = 2", &[]);
    let request = token_request(&json!({
        "grant_type": "client_credentials",
        "client_id": Tenant::seeded().provider.client_id,
        "client_secret": Tenant::seeded().provider.client_secret,
        "audience": Tenant::seeded().provider.audience,
    }));
    let statuses: Vec<_> = (0..3)
        .map(|_| client.send_at_once(&request).status)
        .collect();
    assert_eq!(statuses, [200, 200, 429]);
}

#[test]
fn an_application_has_the_rate_of_its_own() {
    let mut client = Client::with("[application.\"sage.intacct\"]\nburst = 3", &[]);
    assert_eq!(throttled(&flood(&mut client, As::Provider, 12)), 9);
    let path = subscription(Tenant::seeded().subscription_id);
    for number in 0..12 {
        let mut request = client.request(As::Provider, "GET", &path, &Value::Null);
        request.headers.set("x-application", "sage.x3");
        let status = client.send_at_once(&request).status;
        assert_eq!(status == 429, number >= 10, "{number}");
    }
}

#[test]
fn a_mock_without_429_never_throttles() {
    let mut client = Client::with("", &[Defect::No429]);
    assert_eq!(throttled(&flood(&mut client, As::Provider, 50)), 0);
}
