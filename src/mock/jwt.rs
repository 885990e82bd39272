//! JSON Web Tokens under RS256 (RFC 7515, RFC 7518 §3.3, RFC 7519), and the key that signs them.
//!
//! The key is published with the mock and protects nothing. Signatures under RS256 follow from
//! what they sign: the same claims always make the same token.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::rsa::{KeyPair, PublicKeyComponents};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::recent::Recent;

/// The name of the key in tokens and in the key set.
const KEY_ID: &str = "mock-1";

static KEY: LazyLock<KeyPair> = LazyLock::new(|| {
    let text = include_str!("test-signing-key.pem");
    let base64: String = text
        .lines()
        .skip_while(|line| !line.starts_with("-----BEGIN"))
        .filter(|line| !line.starts_with("-----"))
        .collect();
    STANDARD
        .decode(base64)
        .ok()
        .and_then(|document| KeyPair::from_pkcs8(&document).ok())
        .expect("the published key is an RSA key in PKCS #8")
});

/// The claims of a token, dates in seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claims {
    pub(super) iss: String,
    pub(super) sub: String,
    pub(super) aud: String,
    pub(super) iat: i64,
    pub(super) exp: i64,
    pub(super) jti: String,
}

#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

/// Why a text is not a token of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// It has not the form of a token; why.
    Form(&'static str),
    /// Somebody else signed it, or nobody.
    Signature,
}

/// How many signatures are remembered.
const REMEMBERED: usize = 5_000;

/// The latest signatures that were made, by what they sign: for platforms that say much the same, as
/// those of a self-test do. Clones share what they know.
#[derive(Clone, Debug)]
pub struct Signatures(Arc<Mutex<Recent<String, String>>>);

impl Default for Signatures {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Recent::new(REMEMBERED, usize::MAX))))
    }
}

impl Signatures {
    /// The signature over `text`, in base64.
    fn of(&self, text: &str) -> String {
        if let Some(made) = self.made().get(text) {
            return made.clone();
        }
        // Others need not wait; who makes the same meanwhile makes the same.
        let signature = signature(text);
        self.made().insert(text.to_owned(), signature.clone(), 1);
        signature
    }

    fn made(&self) -> std::sync::MutexGuard<'_, Recent<String, String>> {
        // A panic elsewhere cannot leave a signature half made.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The token that says `claims`; its signature is made anew unless `signatures` know it.
pub(super) fn sign(claims: &Claims, signatures: Option<&Signatures>) -> String {
    let header = Header {
        alg: "RS256".into(),
        typ: "JWT".into(),
        kid: KEY_ID.into(),
    };
    let part = |json: Result<Vec<u8>, serde_json::Error>| {
        URL_SAFE_NO_PAD.encode(json.expect("texts and numbers always make JSON"))
    };
    let signed = format!(
        "{}.{}",
        part(serde_json::to_vec(&header)),
        part(serde_json::to_vec(claims))
    );
    let signature = signatures.map_or_else(|| signature(&signed), |made| made.of(&signed));
    format!("{signed}.{signature}")
}

/// The signature over `text`, in base64.
fn signature(text: &str) -> String {
    let mut signature = vec![0; KEY.public().modulus_len()];
    // The padding of PKCS #1 v1.5 draws no chance: nothing of this source enters the signature.
    KEY.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        text.as_bytes(),
        &mut signature,
    )
    .expect("a key of 2048 bits signs a digest of 256");
    URL_SAFE_NO_PAD.encode(signature)
}

/// The claims of a token whose signature is right.
pub(super) fn open(token: &str) -> Result<Claims, Flaw> {
    let mut parts = token.rsplitn(2, '.');
    let (Some(signature), Some(signed)) = (parts.next(), parts.next()) else {
        return Err(Flaw::Form("the token is not a JWT"));
    };
    let Some((header, claims)) = signed.split_once('.') else {
        return Err(Flaw::Form("the token is not a JWT"));
    };
    let decode = |part: &str| {
        URL_SAFE_NO_PAD
            .decode(part)
            .map_err(|_| Flaw::Form("a part of the token is not base64url"))
    };
    let header: Header = serde_json::from_slice(&decode(header)?)
        .map_err(|_| Flaw::Form("the token's header is not that of a JWT"))?;
    let signature = decode(signature)?;
    let claims = decode(claims)?;
    let verified = header.alg == "RS256"
        && UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, KEY.public().as_ref())
            .verify(signed.as_bytes(), &signature)
            .is_ok();
    if !verified {
        return Err(Flaw::Signature);
    }
    serde_json::from_slice(&claims).map_err(|_| Flaw::Form("the token lacks a claim"))
}

/// The key set with which tokens are verified (RFC 7517 §5).
pub(super) fn key_set() -> Value {
    let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(KEY.public());
    json!({"keys": [{
        "kty": "RSA",
        "use": "sig",
        "alg": "RS256",
        "kid": KEY_ID,
        "n": URL_SAFE_NO_PAD.encode(n),
        "e": URL_SAFE_NO_PAD.encode(e),
    }]})
}

#[cfg(test)]
mod tests {
    use ring::signature::RsaPublicKeyComponents;

    use super::*;

    fn claims() -> Claims {
        Claims {
            iss: "https://id.example/".into(),
            sub: "somebody".into(),
            aud: "something".into(),
            iat: 1,
            exp: 2,
            jti: "one".into(),
        }
    }

    #[test]
    fn a_token_is_read_back_and_always_the_same() {
        let token = sign(&claims(), None);
        assert_eq!(open(&token), Ok(claims()));
        assert_eq!(sign(&claims(), None), token);
    }

    #[test]
    fn a_changed_token_is_noticed() {
        let token = sign(&claims(), None);
        let (header, rest) = token.split_once('.').unwrap();
        let (_, signature) = rest.split_once('.').unwrap();
        let other = Claims {
            sub: "somebody else".into(),
            ..claims()
        };
        let other = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&other).unwrap());
        assert_eq!(
            open(&format!("{header}.{other}.{signature}")),
            Err(Flaw::Signature)
        );
    }

    #[test]
    fn the_published_key_set_verifies_a_token() {
        let set = key_set();
        let key = &set["keys"][0];
        let number = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
        let public = RsaPublicKeyComponents {
            n: number("n"),
            e: number("e"),
        };
        let token = sign(&claims(), None);
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        public
            .verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature)
            .unwrap();
        let header = URL_SAFE_NO_PAD
            .decode(token.split('.').next().unwrap())
            .unwrap();
        let header: Value = serde_json::from_slice(&header).unwrap();
        assert_eq!(header["kid"], key["kid"]);
    }

    #[test]
    fn a_signature_that_is_shared_is_the_one_that_would_be_made() {
        let signatures = Signatures::default();
        let token = sign(&claims(), Some(&signatures));
        assert_eq!(token, sign(&claims(), None));
        assert_eq!(token, sign(&claims(), Some(&signatures.clone())));
        assert_eq!(open(&token), Ok(claims()));
    }
}
