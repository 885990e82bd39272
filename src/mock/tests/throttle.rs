//! The throttle as a client meets it.

use std::time::Duration;

use serde_json::Value;

use super::client::{As, Client, code, subscription};
use crate::exchange::Response;
use crate::mock::{Defect, Tenant};

/// The answers to `count` requests at one moment.
fn flood(client: &mut Client, who: As, count: usize) -> Vec<Response> {
    let path = match who {
        As::Provider => subscription(Tenant::seeded().subscription_id),
        As::Product => "/v3/providers".to_owned(),
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
fn a_bucket_belongs_to_a_credential_or_to_the_provider() {
    for (setting, expected) in [("credential", 0), ("provider", 10)] {
        let profile = format!("throttle.scope = \"{setting}\"");
        let mut client = Client::with(&profile, &[]);
        assert_eq!(throttled(&flood(&mut client, As::Provider, 10)), 0);
        assert_eq!(
            throttled(&flood(&mut client, As::Product, 10)),
            expected,
            "{setting}"
        );
    }
}

#[test]
fn asking_for_tokens_is_not_throttled() {
    let mut client = Client::new();
    for _ in 0..20 {
        client.renew_tokens();
    }
    assert_eq!(client.platform.counters().throttled, 0);
}

#[test]
fn a_mock_without_429_never_throttles() {
    let mut client = Client::with("", &[Defect::No429]);
    assert_eq!(throttled(&flood(&mut client, As::Provider, 50)), 0);
}
