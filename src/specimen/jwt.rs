//! Verifies the token of a notification: a JWT under RS256 (RFC 7515, RFC 7519, RFC 8725).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde_json::Value;

use crate::base::{Timestamp, later};

use super::{Claim, TokenValidation};

/// How far the issuer's clock may be off.
const LEEWAY: Duration = Duration::from_secs(10);

/// How old a token may be, whatever it says of its end.
const OLDEST: Duration = Duration::from_hours(24);

/// A key of the issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    id: Option<String>,
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

/// What a token has to say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) audience: &'a str,
    pub(super) now: Timestamp,
}

/// What is known of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is good.
    Good,
    /// It is not.
    Bad,
    /// It names a key that is not among those that are known.
    UnknownKey,
}

/// The RSA keys for signatures of a key set (RFC 7517), if it is one.
pub(super) fn keys(set: &Value) -> Option<Vec<Key>> {
    let keys = set["keys"].as_array()?;
    let part = |key: &Value, name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str()?).ok();
    let usable = keys.iter().filter_map(|key| {
        let signs = key["use"].as_str().is_none_or(|r#use| r#use == "sig");
        let suits = key["alg"].as_str().is_none_or(|alg| alg == "RS256");
        if key["kty"] != "RSA" || !signs || !suits {
            return None;
        }
        Some(Key {
            id: key["kid"].as_str().map(str::to_owned),
            modulus: part(key, "n")?,
            exponent: part(key, "e")?,
        })
    });
    Some(usable.collect())
}

/// What is known of the token in the values of `Authorization`; `keys` are none as long as they
/// were not fetched.
pub(super) fn verify(
    authorization: &[&str],
    validation: TokenValidation,
    keys: Option<&[Key]>,
    expected: Expected<'_>,
) -> Verdict {
    let skips = |claim| validation == TokenValidation::CheckedExcept(claim);
    match validation {
        TokenValidation::Ignored => return Verdict::Good,
        TokenValidation::Present => {
            return if authorization.is_empty() {
                Verdict::Bad
            } else {
                Verdict::Good
            };
        }
        TokenValidation::Checked | TokenValidation::CheckedExcept(_) => {}
    }
    let Some(token) = Opened::of(authorization) else {
        return Verdict::Bad;
    };
    if !token.claims_hold(&expected, skips) {
        return Verdict::Bad;
    }
    if skips(Claim::Signature) {
        return Verdict::Good;
    }
    if token.header["alg"] != "RS256" || token.header.get("crit").is_some() {
        return Verdict::Bad;
    }
    let Some(keys) = keys else {
        return Verdict::UnknownKey;
    };
    let named = token.header["kid"].as_str();
    let mut candidates = keys
        .iter()
        .filter(|key| named.is_none() || key.id.as_deref() == named)
        .peekable();
    if candidates.peek().is_none() {
        return Verdict::UnknownKey;
    }
    let good = candidates.any(|key| {
        let key = RsaPublicKeyComponents {
            n: &key.modulus,
            e: &key.exponent,
        };
        key.verify(
            &RSA_PKCS1_2048_8192_SHA256,
            token.signed.as_bytes(),
            &token.signature,
        )
        .is_ok()
    });
    if good { Verdict::Good } else { Verdict::Bad }
}

/// A token whose parts were decoded.
struct Opened<'t> {
    header: Value,
    claims: Value,
    /// Header and claims as they were signed.
    signed: &'t str,
    signature: Vec<u8>,
}

impl<'t> Opened<'t> {
    fn of(authorization: &[&'t str]) -> Option<Self> {
        let [value] = authorization else {
            return None;
        };
        // The scheme's case does not matter (RFC 9110 §11.1).
        let (scheme, token) = value.trim().split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let (signed, signature) = token.trim().rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let json = |part: &str| serde_json::from_slice::<Value>(&decode(part)?).ok();
        Some(Self {
            header: json(header).filter(Value::is_object)?,
            claims: json(claims).filter(Value::is_object)?,
            signed,
            signature: decode(signature)?,
        })
    }

    fn claims_hold(&self, expected: &Expected<'_>, skips: impl Fn(Claim) -> bool) -> bool {
        let issuer = self.claims["iss"] == expected.issuer;
        let audience = match &self.claims["aud"] {
            Value::String(audience) => audience == expected.audience,
            Value::Array(several) => several.iter().any(|one| one == expected.audience),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
        };
        (issuer || skips(Claim::Issuer))
            && (audience || skips(Claim::Audience))
            && (self.times_hold(expected.now) || skips(Claim::Expiry))
    }

    fn times_hold(&self, now: Timestamp) -> bool {
        let moment = |name: &str| match &self.claims[name] {
            Value::Null => Some(None),
            Value::Number(seconds) => {
                // A part of a second is allowed (RFC 7519 §2) and forgiven.
                #[expect(clippy::cast_possible_truncation, reason = "the second that has begun")]
                let seconds = seconds
                    .as_i64()
                    .or(seconds.as_f64().map(|part| part as i64));
                seconds
                    .and_then(|seconds| Timestamp::from_second(seconds).ok())
                    .map(Some)
            }
            Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
        };
        let (Some(Some(expires)), Some(issued), Some(begins)) =
            (moment("exp"), moment("iat"), moment("nbf"))
        else {
            return false;
        };
        let begun =
            |moment: Option<Timestamp>| moment.is_none_or(|moment| moment <= later(now, LEEWAY));
        now < later(expires, LEEWAY)
            && begun(issued)
            && begun(begins)
            && issued.is_none_or(|issued| now < later(issued, OLDEST))
    }
}
