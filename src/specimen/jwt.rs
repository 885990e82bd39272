//! Verifies the token of a notification: a JWT under RS256 (RFC 7515, RFC 7519, RFC 8725).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde_json::Value;

use crate::base::{Timestamp, later, public_key_pem};

use super::{Claim, TokenQuirk, TokenValidation};

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
    pub(super) subject: Option<&'a str>,
    pub(super) scope: Option<&'a str>,
    pub(super) now: Timestamp,
    /// How far the issuer's clock may be off.
    pub(super) leeway: Duration,
}

/// The keys that are known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'a> {
    /// Those of the issuer; none as long as they were not fetched.
    pub(super) issuers: Option<&'a [Key]>,
    /// Those that were found at an address that a token named, and that address.
    pub(super) strangers: Option<(&'a str, &'a [Key])>,
}

/// What is known of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is good.
    Good,
    /// It is not.
    Bad,
    /// It is good, and does not allow this.
    Insufficient,
    /// It names a key that is not among those that are known.
    UnknownKey,
    /// It says that its keys are at this address, and it is to be believed.
    KeysAt(String),
}

/// The RSA keys for signatures of a key set (RFC 7517), if it is one.
pub(super) fn keys(set: &Value) -> Option<Vec<Key>> {
    let keys = set["keys"].as_array()?;
    Some(keys.iter().filter_map(Key::of).collect())
}

impl Key {
    fn of(key: &Value) -> Option<Self> {
        let part = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str()?).ok();
        let signs = key["use"].as_str().is_none_or(|r#use| r#use == "sig");
        let suits = key["alg"].as_str().is_none_or(|alg| alg == "RS256");
        if key["kty"] != "RSA" || !signs || !suits {
            return None;
        }
        Some(Self {
            id: key["kid"].as_str().map(str::to_owned),
            modulus: part("n")?,
            exponent: part("e")?,
        })
    }

    fn signed(&self, token: &Opened<'_>) -> bool {
        let key = RsaPublicKeyComponents {
            n: &self.modulus,
            e: &self.exponent,
        };
        key.verify(
            &RSA_PKCS1_2048_8192_SHA256,
            token.signed.as_bytes(),
            &token.signature,
        )
        .is_ok()
    }

    /// Whether one of the texts of this public key was the secret of an HMAC.
    fn is_secret_of(&self, token: &Opened<'_>) -> bool {
        let texts = [
            public_key_pem(&self.modulus, &self.exponent),
            URL_SAFE_NO_PAD.encode(&self.modulus),
        ];
        texts.iter().any(|text| {
            let secret = hmac::Key::new(hmac::HMAC_SHA256, text.as_bytes());
            hmac::verify(&secret, token.signed.as_bytes(), &token.signature).is_ok()
        })
    }
}

/// What is known of the token in the values of `Authorization`.
pub(super) fn verify(
    authorization: &[&str],
    validation: TokenValidation,
    keys: Known<'_>,
    expected: Expected<'_>,
) -> Verdict {
    let skips = |claim| validation == TokenValidation::CheckedExcept(claim);
    let quirk = match validation {
        TokenValidation::Present if authorization.is_empty() => return Verdict::Bad,
        TokenValidation::Ignored | TokenValidation::Present => return Verdict::Good,
        TokenValidation::Checked | TokenValidation::CheckedExcept(_) => None,
        TokenValidation::Quirky(quirk) => Some(quirk),
    };
    let Some(token) = Opened::of(authorization, quirk) else {
        return Verdict::Bad;
    };
    if !token.claims_hold(&expected, quirk, skips) {
        return Verdict::Bad;
    }
    let signed = if skips(Claim::Signature) {
        Verdict::Good
    } else {
        token.signature_holds(keys, quirk)
    };
    if signed == Verdict::Good && !skips(Claim::Scope) && !token.allows(expected.scope) {
        return Verdict::Insufficient;
    }
    signed
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
    fn of(authorization: &[&'t str], quirk: Option<TokenQuirk>) -> Option<Self> {
        let [value] = authorization else {
            return None;
        };
        // The scheme's case does not matter (RFC 9110 §11.1).
        let (scheme, token) = value.trim().split_once(' ')?;
        let spelled_right = quirk != Some(TokenQuirk::SchemeCase) || scheme == "Bearer";
        if !scheme.eq_ignore_ascii_case("bearer") || !spelled_right {
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

    fn claims_hold(
        &self,
        expected: &Expected<'_>,
        quirk: Option<TokenQuirk>,
        skips: impl Fn(Claim) -> bool,
    ) -> bool {
        let issuer = self.claims["iss"] == expected.issuer;
        let audience = match &self.claims["aud"] {
            Value::String(audience) => audience == expected.audience,
            Value::Array(several) => {
                quirk != Some(TokenQuirk::SingleAudience)
                    && several.iter().any(|one| one == expected.audience)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
        };
        let subject = expected
            .subject
            .is_none_or(|subject| self.claims["sub"] == subject);
        (issuer || skips(Claim::Issuer))
            && (audience || skips(Claim::Audience))
            && (subject || skips(Claim::Subject))
            && (self.is_access_token() || skips(Claim::Kind))
            && self.times_hold(expected, skips)
    }

    /// Whether it is no token of another kind (RFC 8725 §3.11, §3.12).
    fn is_access_token(&self) -> bool {
        let kind = self.header["typ"].as_str().is_none_or(|kind| {
            ["jwt", "at+jwt", "application/at+jwt"].contains(&kind.to_ascii_lowercase().as_str())
        });
        // What only an ID token says (OpenID Connect Core §2).
        let identity = ["nonce", "at_hash", "c_hash"];
        kind && !identity
            .iter()
            .any(|claim| self.claims.get(claim).is_some())
    }

    fn allows(&self, scope: Option<&str>) -> bool {
        scope.is_none_or(|scope| {
            let scopes = self.claims["scope"].as_str().unwrap_or_default();
            scopes.split(' ').any(|one| one == scope)
        })
    }

    fn signature_holds(&self, keys: Known<'_>, quirk: Option<TokenQuirk>) -> Verdict {
        let told = |good: bool| if good { Verdict::Good } else { Verdict::Bad };
        let algorithm = self.header["alg"].as_str().unwrap_or_default();
        if quirk == Some(TokenQuirk::Unsigned) && algorithm.eq_ignore_ascii_case("none") {
            return Verdict::Good;
        }
        if self.header.get("crit").is_some() && quirk != Some(TokenQuirk::Critical) {
            return Verdict::Bad;
        }
        let secret = quirk == Some(TokenQuirk::SharedSecret) && algorithm == "HS256";
        if algorithm != "RS256" && !secret {
            return Verdict::Bad;
        }
        if quirk == Some(TokenQuirk::OwnKey)
            && let Some(key) = self.header.get("jwk").and_then(Key::of)
        {
            return told(key.signed(self));
        }
        if quirk == Some(TokenQuirk::OwnAddress)
            && let Some(address) = self.own_address()
        {
            return match keys.strangers {
                Some((known, keys)) if known == address => {
                    told(keys.iter().any(|key| key.signed(self)))
                }
                Some(_) | None => Verdict::KeysAt(address.to_owned()),
            };
        }
        let Some(keys) = keys.issuers else {
            return Verdict::UnknownKey;
        };
        if secret {
            return told(keys.iter().any(|key| key.is_secret_of(self)));
        }
        let named = self.header["kid"].as_str();
        let mut candidates = keys
            .iter()
            .filter(|key| named.is_none() || key.id.as_deref() == named)
            .peekable();
        if candidates.peek().is_none() {
            return match quirk {
                Some(TokenQuirk::UnknownKey) => Verdict::Good,
                _ => Verdict::UnknownKey,
            };
        }
        told(candidates.any(|key| key.signed(self)))
    }

    /// Where it says that its keys are.
    fn own_address(&self) -> Option<&str> {
        let named = self.header["jku"].as_str();
        named.or_else(|| self.header["x5u"].as_str())
    }

    fn times_hold(&self, expected: &Expected<'_>, skips: impl Fn(Claim) -> bool) -> bool {
        let (now, leeway) = (expected.now, expected.leeway);
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
        // A moment that cannot be read is a wrong one.
        let expiry = match moment("exp") {
            Some(Some(expires)) => now < later(expires, leeway),
            Some(None) | None => false,
        };
        let begun = |moment: Timestamp| moment <= later(now, leeway);
        let begins = moment("nbf").is_some_and(|begins| begins.is_none_or(begun));
        let issued = moment("iat").is_some_and(|issued| {
            issued.is_none_or(|issued| begun(issued) && now < later(issued, OLDEST))
        });
        (expiry || skips(Claim::Expiry))
            && (begins || skips(Claim::NotBefore))
            && (issued || skips(Claim::IssuedAt))
    }
}
