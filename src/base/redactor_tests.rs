//! Each encoding is found; innocent text stays as it is.

use std::io::Write as _;

use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use proptest::prelude::*;

use super::*;

const SECRET: &str = r#"p@ss "wörd"/+?&<'\ 2f"#;

fn redactor() -> Redactor {
    let redactor = Redactor::new([1; 32]);
    assert_eq!(redactor.learn("apiKey", SECRET), Learned::New);
    redactor
}

fn percent(bytes: &[u8], keep: &str) -> String {
    bytes
        .iter()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || keep.as_bytes().contains(byte) {
                char::from(*byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn numbers(bytes: &[u8], between: &str) -> String {
    let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
    numbers.join(between)
}

#[test]
fn every_encoding_is_replaced_by_the_same_commitment() {
    let json = serde_json::to_string(SECRET).unwrap();
    let json = json.trim_matches('"').to_owned();
    let html = SECRET
        .replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
        .replace('\'', "&#39;");
    let table = [
        ("raw", SECRET.to_owned()),
        ("json", json.clone()),
        ("json, slash escaped", json.replace('/', "\\/")),
        ("json, all escaped", {
            let units: Vec<String> = SECRET
                .encode_utf16()
                .map(|unit| format!("\\u{unit:04X}"))
                .collect();
            units.concat()
        }),
        ("json in json", {
            let twice = serde_json::to_string(&json).unwrap();
            twice.trim_matches('"').to_owned()
        }),
        ("percent", percent(SECRET.as_bytes(), "-._~")),
        (
            "percent, lower case",
            percent(SECRET.as_bytes(), "").replace("%C3", "%c3"),
        ),
        (
            "percent as encodeURIComponent",
            percent(SECRET.as_bytes(), "-_.!~*'()"),
        ),
        ("percent in a query", percent(SECRET.as_bytes(), "@/+?&")),
        (
            "percent twice",
            percent(percent(SECRET.as_bytes(), "").as_bytes(), ""),
        ),
        ("form", percent(SECRET.as_bytes(), "").replace("%20", "+")),
        ("html", html.clone()),
        ("html, numeric", {
            let entities: Vec<String> = SECRET
                .chars()
                .map(|character| format!("&#x{:x};", u32::from(character)))
                .collect();
            entities.concat()
        }),
        (
            "json in html",
            json.replace('"', "&quot;").replace('&', "&amp;"),
        ),
        ("hex", hex(SECRET.as_bytes())),
        ("HEX", hex(SECRET.as_bytes()).to_uppercase()),
        ("base64", STANDARD.encode(SECRET)),
        ("base64url", URL_SAFE.encode(SECRET)),
        ("base64url unpadded", URL_SAFE_NO_PAD.encode(SECRET)),
        (
            "base64 in a query",
            percent(STANDARD.encode(SECRET).as_bytes(), ""),
        ),
        ("base64 of UTF-16", STANDARD.encode(utf16(SECRET))),
    ];
    let redactor = redactor();
    let expected = redactor.commitment(SECRET);
    assert!(expected.starts_with("[secret:") && expected.len() == 21);
    for (encoding, encoded) in table {
        assert!(encoded != expected);
        assert_eq!(
            redactor.redact(&format!("before={encoded};after")),
            format!("before={expected};after"),
            "{encoding}: {encoded}"
        );
        assert_eq!(
            redactor.contains_secret(encoded.as_bytes()).as_deref(),
            Some("apiKey"),
            "{encoding}"
        );
    }
}

#[test]
fn a_secret_is_found_at_every_alignment_of_base64() {
    let redactor = redactor();
    for lead in ["", "u", "us", "user:", "longer user:"] {
        for tail in ["", "x", "xy"] {
            let encoded = STANDARD.encode(format!("{lead}{SECRET}{tail}"));
            let redacted = redactor.redact(&format!("Authorization: Basic {encoded}"));
            assert!(
                redacted.contains(&redactor.commitment(SECRET)),
                "{redacted}"
            );
            let left = redacted.replace(&redactor.commitment(SECRET), "");
            assert!(
                left.len() <= 21 + 4 * (lead.len() + tail.len()) / 3 + 4,
                "{left}"
            );
        }
    }
}

#[test]
fn both_halves_of_a_basic_pair_are_hidden() {
    let redactor = redactor();
    redactor.learn("user", "some-user-name");
    let pair = STANDARD.encode(format!("some-user-name:{SECRET}"));
    let redacted = redactor.redact(&pair);
    assert!(redacted.contains(&redactor.commitment(SECRET)));
    assert!(redacted.contains(&redactor.commitment("some-user-name")));
    assert!(!redacted.contains(&pair[..8]));
}

#[test]
fn an_array_of_byte_numbers_stays_an_array() {
    let redactor = redactor();
    for between in [",", ", ", ",\n          "] {
        let body = format!("{{\"k\":{}}}", serde_json::to_string(SECRET).unwrap());
        let json = format!("{{\"data\":[{}]}}", numbers(body.as_bytes(), between));
        let redacted = redactor.redact(&json);
        let value: serde_json::Value = serde_json::from_str(&redacted).unwrap();
        let bytes: Vec<u8> = serde_json::from_value(value["data"].clone()).unwrap();
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            format!("{{\"k\":\"{}\"}}", redactor.commitment(SECRET))
        );
    }
}

#[test]
fn utf_16_bytes_are_found_in_both_orders() {
    let redactor = redactor();
    let big: Vec<u8> = SECRET.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for bytes in [utf16(SECRET), big] {
        let redacted = redactor.redact_bytes(&bytes).into_owned();
        assert!(String::from_utf8_lossy(&redacted).contains("[secret:"));
        assert!(redactor.contains_secret(&bytes).is_some());
    }
}

#[test]
fn payload_and_signature_of_a_jwt_are_secrets_and_its_header_is_not() {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#);
    let payload = URL_SAFE_NO_PAD.encode(r#"{"sub":"somebody"}"#);
    let token = format!("{header}.{payload}.c2lnbmF0dXJlLWJ5dGVz");
    let redactor = Redactor::new([1; 32]);
    redactor.learn("token", &token);
    assert_eq!(redactor.redact(&token), redactor.commitment(&token));
    assert_eq!(redactor.redact(&header), header);
    assert_eq!(redactor.redact(&payload), redactor.commitment(&payload));
    assert_eq!(
        redactor.contains_secret(b"c2lnbmF0dXJlLWJ5dGVz").as_deref(),
        Some("token (signature)")
    );
}

#[test]
fn short_values_are_refused_and_known_ones_recognised() {
    let redactor = Redactor::new([1; 32]);
    assert_eq!(redactor.learn("pin", "12345"), Learned::TooShort);
    assert_eq!(redactor.redact("pin 12345"), "pin 12345");
    assert_eq!(redactor.learn("a", "123456"), Learned::New);
    assert_eq!(redactor.clone().learn("b", "123456"), Learned::Known);
    assert_eq!(redactor.redact("123456"), redactor.commitment("123456"));
    assert_eq!(redactor.learn("c", "later-value"), Learned::New);
    assert_eq!(
        redactor.redact("later-value"),
        redactor.commitment("later-value")
    );
}

#[test]
fn of_overlapping_secrets_nothing_is_left() {
    let redactor = Redactor::new([1; 32]);
    redactor.learn("a", "abcdef");
    redactor.learn("b", "defghi");
    redactor.learn("c", "abcdefgh");
    let redacted = redactor.redact("<abcdefghi>");
    assert_eq!(
        redacted,
        format!(
            "<{}{}>",
            redactor.commitment("abcdefgh"),
            redactor.commitment("defghi")
        )
    );
}

#[test]
fn the_commitment_depends_on_the_key() {
    assert_ne!(
        Redactor::new([1; 32]).commitment("value"),
        Redactor::new([2; 32]).commitment("value")
    );
}

#[test]
fn the_debug_form_shows_nothing() {
    assert_eq!(format!("{:?}", redactor()), "Redactor(…)");
}

#[test]
fn compressed_data_is_looked_into() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let text = format!("nothing here, {}", hex(SECRET.as_bytes())).repeat(9);
    encoder.write_all(text.as_bytes()).unwrap();
    let gzip = encoder.finish().unwrap();
    let redactor = redactor();
    assert!(redactor.matcher().unwrap().first_secret(&gzip).is_none());
    assert_eq!(redactor.contains_secret(&gzip).as_deref(), Some("apiKey"));
    assert_eq!(redactor.contains_secret(b"nothing here"), None);
}

#[test]
fn a_large_text_is_searched_across_its_windows() {
    let redactor = redactor();
    let encoded = numbers(SECRET.as_bytes(), ", ");
    let step = WINDOW - encoded.len() / 2;
    let text = format!("{}{encoded}!", "y".repeat(step));
    assert!(!redactor.redact(&text).contains(&encoded));
    assert!(redactor.contains_secret(text.as_bytes()).is_some());
}

proptest! {
    #[test]
    fn text_without_the_secret_is_unchanged(text in "[ -~\\n\\\\%&]{0,300}") {
        prop_assert_eq!(redactor().redact(&text), text);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let redactor = redactor();
        redactor.learn("digits", "123456");
        redactor.learn("unicode", "ünïcödé");
        let _ = redactor.redact_bytes(&bytes);
        let _ = redactor.redact(&String::from_utf8_lossy(&bytes));
        let _ = redactor.contains_secret(&bytes);
    }

    #[test]
    fn a_planted_secret_never_survives(
        before in "[ -~]{0,40}",
        secret in "[!-~]{6,30}",
        after in "[ -~]{0,40}",
    ) {
        let redactor = Redactor::new([9; 32]);
        redactor.learn("planted", &secret);
        let redacted = redactor.redact(&format!("{before}{secret}{after}"));
        prop_assert!(!redacted.contains(&secret));
    }
}

#[test]
fn a_relative_knows_the_same_under_its_own_key_and_keeps_what_it_learns() {
    let ancestor = Redactor::ancestor();
    ancestor.learn("API key", "published-key");
    let table = [
        (ancestor.rekeyed([1; 32]), "first-secret"),
        (ancestor.rekeyed([2; 32]), "second-secret"),
        (ancestor.rekeyed([3; 32]), "first-secret"),
    ];
    for (relative, own) in &table {
        relative.learn("own", own);
    }
    for (number, (relative, own)) in (1..).zip(&table) {
        let alone = Redactor::new([number; 32]);
        alone.learn("API key", "published-key");
        alone.learn("own", own);
        let text = "published-key, first-secret, c2Vjb25kLXNlY3JldA== and ancestors";
        assert_eq!(relative.redact(text), alone.redact(text));
        assert_ne!(relative.redact(text), text);
        assert_eq!(relative.contains_secret(own.as_bytes()).unwrap(), "own");
    }
    assert_eq!(ancestor.knowledge(), 1);
}
