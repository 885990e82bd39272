//! Makes tokens, right ones and wrong ones.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::rsa::{KeyPair, PublicKeyComponents};
use ring::signature::RSA_PKCS1_SHA256;
use serde_json::{Value, json};

use crate::base::public_key_pem;
use crate::exchange::Body;

/// How many signatures are remembered.
const REMEMBERED: usize = 20_000;

/// A key of the forge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum KeyName {
    /// The issuer's first.
    First,
    /// The issuer's second.
    Second,
    /// Nobody's.
    Stranger,
}

impl KeyName {
    /// Its `kid`.
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::First => "preflight-1",
            Self::Second => "preflight-2",
            Self::Stranger => "preflight-stranger",
        }
    }
}

/// How a token is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Signature {
    /// By this key.
    By(KeyName),
    /// By the issuer's first key, and then one bit of it is changed.
    BitChanged,
    /// By the issuer's first key over other claims.
    Over(Value),
    /// It is empty.
    Empty,
    /// It is not there, nor the dot before it.
    Absent,
    /// HMAC under SHA-256 with the PEM of the issuer's first public key.
    HmacOfPem,
    /// The same with its modulus.
    HmacOfModulus,
}

/// Three key pairs, published and worth nothing, and the signatures that were made with them. Share
/// one among many blocks: signing is the dearest part of a probe, and the same token has the same
/// signature. So is the largest body, and it is always the same.
pub struct Forge {
    first: KeyPair,
    second: KeyPair,
    stranger: KeyPair,
    /// What was signed already, by key and text.
    made: Mutex<HashMap<(KeyName, String), String>>,
    /// The latest body that is there for its size.
    large: Mutex<Body>,
}

impl Default for Forge {
    fn default() -> Self {
        Self::new()
    }
}

impl Forge {
    /// A forge with its keys.
    #[must_use]
    pub fn new() -> Self {
        Self {
            first: key(include_str!("first-key.pem")),
            second: key(include_str!("second-key.pem")),
            stranger: key(include_str!("stranger-key.pem")),
            made: Mutex::default(),
            large: Mutex::default(),
        }
    }

    /// A JSON object of `size` bytes, or of few where `size` is less.
    pub(super) fn large_body(&self, size: usize) -> Body {
        const FRAME: [&str; 2] = [r#"{"preflight":""#, r#""}"#];
        let size = size.max(FRAME.concat().len());
        let mut large = self.large.lock().unwrap_or_else(PoisonError::into_inner);
        if large.len() != size {
            let mut text = String::with_capacity(size);
            text.push_str(FRAME[0]);
            text.extend(std::iter::repeat_n('x', size - FRAME.concat().len()));
            text.push_str(FRAME[1]);
            *large = Body::from(text);
        }
        large.clone()
    }

    /// The key set of the issuer.
    pub(super) fn key_set(&self) -> Value {
        json!({"keys": [self.public(KeyName::First), self.public(KeyName::Second)]})
    }

    /// The key set of a stranger.
    pub(super) fn strange_key_set(&self) -> Value {
        json!({"keys": [self.public(KeyName::Stranger)]})
    }

    /// A public key (RFC 7517 §4).
    pub(super) fn public(&self, name: KeyName) -> Value {
        let public = self.numbers(name);
        json!({
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": name.id(),
            "n": URL_SAFE_NO_PAD.encode(public.n),
            "e": URL_SAFE_NO_PAD.encode(public.e),
        })
    }

    /// The token that says `claims` under `header`.
    pub(super) fn token(&self, header: &Value, claims: &Value, signature: &Signature) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = |claims: &Value| format!("{}.{}", part(header), part(claims));
        let signed = text(claims);
        let made = match signature {
            Signature::By(name) => self.sign(*name, &signed),
            Signature::BitChanged => changed(&self.sign(KeyName::First, &signed)),
            Signature::Over(others) => self.sign(KeyName::First, &text(others)),
            Signature::Empty => String::new(),
            Signature::Absent => return signed,
            Signature::HmacOfPem => {
                let public = self.numbers(KeyName::First);
                authenticate(&public_key_pem(&public.n, &public.e), &signed)
            }
            Signature::HmacOfModulus => {
                let public = self.numbers(KeyName::First);
                authenticate(&URL_SAFE_NO_PAD.encode(public.n), &signed)
            }
        };
        format!("{signed}.{made}")
    }

    fn pair(&self, name: KeyName) -> &KeyPair {
        match name {
            KeyName::First => &self.first,
            KeyName::Second => &self.second,
            KeyName::Stranger => &self.stranger,
        }
    }

    fn numbers(&self, name: KeyName) -> PublicKeyComponents<Vec<u8>> {
        PublicKeyComponents::from(self.pair(name).public())
    }

    fn sign(&self, name: KeyName, text: &str) -> String {
        let made = || self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (name, text.to_owned());
        if let Some(signature) = made().get(&key) {
            return signature.clone();
        }
        // Others need not wait; who makes the same meanwhile makes the same.
        let pair = self.pair(name);
        let mut signature = vec![0; pair.public().modulus_len()];
        // The padding of PKCS #1 v1.5 draws no chance.
        pair.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            text.as_bytes(),
            &mut signature,
        )
        .expect("a key of 2048 bits signs a digest of 256");
        let signature = URL_SAFE_NO_PAD.encode(signature);
        let mut made = made();
        if made.len() >= REMEMBERED {
            made.clear();
        }
        made.insert(key, signature.clone());
        signature
    }
}

fn key(pem: &str) -> KeyPair {
    let base64: String = pem
        .lines()
        .skip_while(|line| !line.starts_with("-----BEGIN"))
        .filter(|line| !line.starts_with("-----"))
        .collect();
    let document = STANDARD.decode(base64).ok();
    document
        .and_then(|document| KeyPair::from_pkcs8(&document).ok())
        .expect("the published keys are RSA keys in PKCS #8")
}

/// A signature with one bit changed, in its middle.
fn changed(signature: &str) -> String {
    let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte ^= 1;
    }
    URL_SAFE_NO_PAD.encode(bytes)
}

fn authenticate(secret: &str, text: &str) -> String {
    let secret = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    URL_SAFE_NO_PAD.encode(hmac::sign(&secret, text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_signature_differs_in_one_bit() {
        let forge = Forge::new();
        let (header, claims) = (json!({"alg": "RS256"}), json!({"sub": "x"}));
        let right = forge.token(&header, &claims, &Signature::By(KeyName::First));
        let wrong = forge.token(&header, &claims, &Signature::BitChanged);
        let bytes = |token: &str| {
            URL_SAFE_NO_PAD
                .decode(token.rsplit('.').next().unwrap())
                .unwrap()
        };
        let bits: u32 = bytes(&right)
            .iter()
            .zip(bytes(&wrong))
            .map(|(one, other)| (one ^ other).count_ones())
            .sum();
        assert_eq!(bits, 1);
    }

    #[test]
    fn an_unsigned_token_keeps_its_dot_and_a_stripped_one_does_not() {
        let forge = Forge::new();
        let (header, claims) = (json!({}), json!({}));
        assert_eq!(forge.token(&header, &claims, &Signature::Empty), "e30.e30.");
        assert_eq!(forge.token(&header, &claims, &Signature::Absent), "e30.e30");
    }

    #[test]
    fn the_large_body_has_its_size_and_is_made_once() {
        let forge = Forge::new();
        for size in [100, 5_000, 100, 0] {
            let body = forge.large_body(size);
            assert_eq!(body.len(), size.max(16));
            assert!(body.json().unwrap()["preflight"].is_string());
            assert_eq!(
                body.bytes().as_ptr(),
                forge.large_body(size).bytes().as_ptr()
            );
        }
    }
}
