//! What is read of a declaration, and what is wrong with one.

use std::time::Duration;

use jiff::civil::date;
use proptest::prelude::*;

use super::{Around, AttestationKind, Declaration, DeclaredGrowth, DeclaredJitter, Support, Trust};

const EXAMPLE: &str = include_str!("../../fixtures/declaration/example.toml");

fn read(text: &str) -> Result<Declaration, String> {
    let variable = |name: &str| (name == "EXAMPLE_NOTIFICATION_KEY").then(|| "hunter2".to_owned());
    let around = Around {
        today: date(2026, 6, 1),
        variable: Some(&variable),
    };
    Declaration::read("own.toml", text, around).map_err(|errors| errors.to_string())
}

#[test]
fn the_example_is_read_key_by_key() {
    let declaration = read(EXAMPLE).unwrap();
    assert_eq!(
        declaration.provider.as_deref(),
        Some("Example Payments Ltd")
    );
    assert_eq!(declaration.product.unwrap().version, "4.2.0");
    assert!(declaration.key_delivery.unwrap().starts_with("one-time"));
    assert_eq!(declaration.token_skew, Some(Duration::from_mins(1)));
    assert_eq!(declaration.latency_target, Some(Duration::from_secs(5)));
    assert_eq!(declaration.instances, Some(2));
    let authorisation = declaration.authorisation_endpoint.production.unwrap();
    assert_eq!(authorisation, "https://pay.example.com/authorise");
    let notification = declaration.notification.unwrap();
    assert_eq!(notification.value.unwrap().expose(), "hunter2");
    assert_eq!(notification.test_issuer, Trust::Trusted);
    assert!(notification.read_back.unwrap().ends_with("/{id}"));
    let retry = declaration.retry.unwrap();
    assert_eq!(retry.growth, DeclaredGrowth::Exponential(2.0));
    assert_eq!(retry.jitter, DeclaredJitter::Full);
    assert_eq!((retry.base.as_secs(), retry.cap.as_secs()), (1, 60));
    assert_eq!(retry.attempts, Some(6));
    assert_eq!(declaration.features["payment-files"], Support::Unsupported);
    let attested = &declaration.attestations[&AttestationKind::BreachContact];
    assert_eq!(attested.date, date(2026, 3, 2));
    assert_eq!(declaration.attestations.len(), AttestationKind::ALL.len());
}

#[test]
fn an_empty_file_declares_nothing() {
    let declaration = read("").unwrap();
    assert!(declaration.provider.is_none() && declaration.notification.is_none());
    assert!(declaration.attestations.is_empty() && declaration.features.is_empty());
}

#[test]
fn everything_wrong_is_told_at_once() {
    let text = r#"
provder = "x"
token-skew = 60
instances = 0
[product]
name = "x"
digest = "sha256:12"
[authorisation-endpoint]
sandbox = "http://pay.example.com/a"
production = "pay.example.com"
[notification]
header = "authorization"
value = "env:NOT_SET"
read-back = "https://pay.example.com/"
test-issuer = "yes"
[retry]
growth = "fixed"
factor = 2
base = "90s"
cap = "60s"
jitter = "some"
attempts = -1
[features]
notifications = "unsupported"
telepathy = "supported"
[attestation.owner]
statement = ""
date = 2027-01-01
[attestation.else]
name = "x"
"#;
    insta::assert_snapshot!(read(text).unwrap_err(), @r#"
    own.toml:2:1: unknown-key: there is no key `provder`; remove it, or use one of provider, key-delivery, token-skew, latency-target, instances, product, authorisation-endpoint, features, notification, retry, attestation
    own.toml:3:14: wrong-value: `token-skew` is not a duration; write, for example, `token-skew = "60s"`
    own.toml:4:13: wrong-value: `instances` is not a whole number from 1 to 10000; write, for example, `instances = 3`
    own.toml:5:1: missing: there is no `product.version`; write, for example, `version = "4.2.0"`
    own.toml:7:10: wrong-value: `product.digest` is not `sha256:` and 64 hexadecimal digits in lower case; write, for example, `digest = "sha256:9f86d0…"`
    own.toml:9:11: in-clear: `authorisation-endpoint.sandbox` is an http URL: what is sent there can be read on its way; write an https URL; http is for a sandbox on this machine only
    own.toml:10:14: wrong-value: `authorisation-endpoint.production` is not an absolute http(s) URL without user, password and fragment; write, for example, `production = "https://pay.example.com/…"`
    own.toml:11:1: contradiction: `notification` describes what `features.notifications` says there is not; remove one of them
    own.toml:11:1: contradiction: `notification.header` has no endpoint that could require it; write `sandbox = "https://pay.example.com/…"` beside it, or remove the header
    own.toml:12:10: wrong-value: `notification.header` is not the name of a header that is yours to choose; write, for example, `header = "x-example-notification-key"`
    own.toml:13:9: missing: `notification.value` names a variable NOT_SET that is not set; set it in the environment of preflight
    own.toml:14:13: wrong-value: `notification.read-back` is not a URL in which `{id}` stands for the id of a resource; write, for example, `read-back = "https://pay.example.com/batches/{id}"`
    own.toml:15:15: wrong-value: `notification.test-issuer` is not one of "trusted", "untrusted"; write, for example, `test-issuer = "trusted"`
    own.toml:18:10: contradiction: `retry.factor` says by how much the wait grows, and only exponential growth has one; remove it, or write `growth = "exponential"`
    own.toml:19:8: contradiction: `retry.base` is longer than `retry.cap`, the longest wait; write the first wait as base and the longest as cap
    own.toml:21:10: wrong-value: `retry.jitter` is not "none", "equal", "full", "decorrelated", { proportional = 0.0 to 1.0 } or { additive = a duration }; write, for example, `jitter = "full"`
    own.toml:22:12: wrong-value: `retry.attempts` is not a whole number from 1 to 10000; write, for example, `attempts = 3`
    own.toml:25:1: unknown-key: there is no key `features.telepathy`; remove it, or use one of authorise-link, messaging, notifications, payment-files, rules
    own.toml:26:1: missing: there is no `attestation.owner.name`; write, for example, `name = "Jo Smith, CISO"`
    own.toml:27:13: wrong-value: `attestation.owner.statement` is not a text with something in it; write, for example, `statement = "Keys are kept in a vault."`
    own.toml:28:8: contradiction: `attestation.owner.date` lies in the future: today is 2026-06-01; write the day on which it was attested
    own.toml:29:14: unknown-key: there is no key `attestation.else`; remove it, or use one of credential-storage, breach-contact, owner
    "#);
}

#[test]
fn urls_are_https_and_differ() {
    let table = [
        ("sandbox = 'http://localhost:9443/a'", None),
        ("sandbox = 'http://127.0.0.1/a'", None),
        ("sandbox = 'http://10.0.0.1/a'", Some("in-clear")),
        ("production = 'http://localhost/a'", Some("in-clear")),
        ("production = 'https://localhost/a'", Some("contradiction")),
        ("production = 'https://u:p@h/a'", Some("wrong-value")),
        ("production = 'ftp://h/a'", Some("wrong-value")),
        (
            "sandbox = 'https://h/a'\nproduction = 'https://H/a'",
            Some("contradiction"),
        ),
        ("sandbox = 'https://h/a'\nproduction = 'https://h/b'", None),
    ];
    for (lines, code) in table {
        let found = read(&format!("[authorisation-endpoint]\n{lines}")).err();
        match (&found, code) {
            (None, None) => {}
            (Some(found), Some(code)) => assert!(found.contains(&format!(": {code}: ")), "{found}"),
            (_, _) => panic!("{lines}: {found:?}"),
        }
    }
}

#[test]
fn jitter_is_a_word_or_says_how_much() {
    let table = [
        ("'none'", Some(DeclaredJitter::None)),
        ("'equal'", Some(DeclaredJitter::Equal)),
        ("'full'", Some(DeclaredJitter::Full)),
        ("'decorrelated'", Some(DeclaredJitter::Decorrelated)),
        (
            "{ proportional = 0.2 }",
            Some(DeclaredJitter::Proportional(0.2)),
        ),
        ("{ proportional = 1.5 }", None),
        (
            "{ additive = '1s' }",
            Some(DeclaredJitter::Additive(Duration::from_secs(1))),
        ),
        ("{ additive = '1s', proportional = 0.2 }", None),
    ];
    for (written, expected) in table {
        let text =
            format!("[retry]\ngrowth = 'exponential'\nbase = '1s'\ncap = '9s'\njitter = {written}");
        let found = read(&text).ok().map(|found| found.retry.unwrap().jitter);
        assert_eq!(found, expected, "{written}");
    }
}

#[test]
fn a_header_needs_an_endpoint_and_a_value_needs_a_header() {
    let found = read("[notification]\nheader = 'x-mine'").unwrap_err();
    assert!(
        found.contains("no endpoint that could require it"),
        "{found}"
    );
    let found = read("[notification]\nsandbox = 'https://h/a'\nvalue = 'hunter2'").unwrap_err();
    assert!(found.contains("no `notification.header`"), "{found}");
    assert!(!found.contains("hunter2"), "{found}");
}

#[test]
fn no_message_shows_a_value() {
    for text in [
        "[notification]\nvalue = 'hunter2\n'",
        "[notification]\nvalue = \"hunter2\\n\"\nheader = 'x'\nsandbox = 'https://h'",
        "[notification]\nvalue = ['hunter2']",
        "[notification]\nvalue = 'env:hunter2'",
        "[authorisation-endpoint]\nsandbox = 'https://u:hunter2@h/'",
        "[notification]\nheader = 'x hunter2'",
    ] {
        let found = read(text).unwrap_err();
        assert!(!found.contains("hunter2"), "{found}");
    }
}

#[test]
fn a_declaration_never_shows_its_secret() {
    let shown = format!("{:?}", read(EXAMPLE).unwrap());
    assert!(!shown.contains("hunter2"), "{shown}");
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC*") {
        let _ = read(&text);
    }

    /// A good file with one piece cut out or doubled is read or refused, and never more than that.
    #[test]
    fn no_damage_makes_the_reader_panic(at in 0..EXAMPLE.len(), length in 0_usize..40, twice in any::<bool>()) {
        let bytes = EXAMPLE.as_bytes();
        let end = (at + length).min(bytes.len());
        let kept = if twice { end } else { at };
        let damaged = [&bytes[..kept], &bytes[if twice { at } else { end }..]].concat();
        let _ = read(&String::from_utf8_lossy(&damaged));
    }
}

#[test]
fn who_needs_no_secret_needs_no_variable() {
    let around = Around {
        today: date(2026, 6, 1),
        variable: None,
    };
    let declaration = Declaration::read("own.toml", EXAMPLE, around).unwrap();
    let notification = declaration.notification.unwrap();
    assert!(notification.value.is_none() && notification.header.is_some());
}
