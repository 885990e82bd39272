//! Signs tokens for the tests.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};

/// A key that signs nothing but these tests.
pub(super) fn key() -> RsaKeyPair {
    let pem: String = include_str!("signing-key.pem")
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect();
    RsaKeyPair::from_pkcs8(&STANDARD.decode(pem).unwrap()).unwrap()
}

pub(super) fn public(id: &str) -> Value {
    let key = key();
    let public: ring::rsa::PublicKeyComponents<Vec<u8>> = key.public_key().into();
    json!({
        "kty": "RSA",
        "use": "sig",
        "alg": "RS256",
        "kid": id,
        "n": URL_SAFE_NO_PAD.encode(public.n),
        "e": URL_SAFE_NO_PAD.encode(public.e),
    })
}

/// A token with these parts, signed by that key.
pub(super) fn sign(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let key = key();
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        signed.as_bytes(),
        &mut signature,
    )
    .unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}
