//! Issues and verifies the mock's access tokens: JWTs under HS256 (RFC 7515, RFC 7519).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::error::Refusal;
use super::tenant::Credential;
use crate::base::{Random, Timestamp, uuid};

/// The issuer of the mock's tokens.
pub(super) const ISSUER: &str = "https://id.mock.invalid/";

/// The mock's published test key. It protects nothing.
const KEY: &[u8] = b"preflight-mock-signing-key-published-for-tests-only";

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

/// The token that says `claims`.
pub(super) fn sign(claims: &Claims) -> String {
    let header = Header {
        alg: "HS256".into(),
        typ: "JWT".into(),
        kid: "mock-1".into(),
    };
    let part = |json: Result<Vec<u8>, serde_json::Error>| {
        URL_SAFE_NO_PAD.encode(json.expect("texts and numbers always make JSON"))
    };
    let signed = format!(
        "{}.{}",
        part(serde_json::to_vec(&header)),
        part(serde_json::to_vec(claims))
    );
    let signature = URL_SAFE_NO_PAD.encode(mac(&signed).finalize().into_bytes());
    format!("{signed}.{signature}")
}

fn mac(signed: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY).expect("HMAC takes a key of any length");
    mac.update(signed.as_bytes());
    mac
}

/// The tokens that a platform issued.
#[derive(Clone, Debug)]
pub(super) struct Tokens {
    random: Random,
    lifetime: Duration,
    /// The exact end of each, by `jti`: the claim has whole seconds only.
    ends: BTreeMap<String, Timestamp>,
    revoked: BTreeSet<String>,
}

impl Tokens {
    /// Lets the tokens that are issued from now on live for `lifetime`.
    pub(super) fn set_lifetime(&mut self, lifetime: Duration) {
        self.lifetime = lifetime;
    }

    pub(super) fn new(random: Random, lifetime: Duration) -> Self {
        Self {
            random,
            lifetime,
            ends: BTreeMap::new(),
            revoked: BTreeSet::new(),
        }
    }

    /// How many were issued.
    pub(super) fn issued(&self) -> usize {
        self.ends.len()
    }

    /// How long a new one lives, in whole seconds.
    pub(super) fn expires_in(&self) -> u64 {
        self.lifetime.as_secs()
    }

    /// A new token of `credential`.
    pub(super) fn issue(&mut self, credential: &Credential, now: Timestamp) -> String {
        let jti = uuid(&mut self.random).to_string();
        let end = now.checked_add(self.lifetime).unwrap_or(Timestamp::MAX);
        let token = sign(&Claims {
            iss: ISSUER.into(),
            sub: credential.client_id.into(),
            aud: credential.audience.into(),
            iat: now.as_second(),
            exp: end.as_second() + i64::from(end.subsec_nanosecond() > 0),
            jti: jti.clone(),
        });
        self.ends.insert(jti, end);
        token
    }

    /// From now on none of the tokens issued so far is valid.
    pub(super) fn revoke_all(&mut self) {
        self.revoked.extend(self.ends.keys().cloned());
    }

    /// From now on the token of an `Authorization` header is not valid; what its sender is told.
    pub(super) fn revoke<'a>(&mut self, authorization: impl Iterator<Item = &'a str>) -> Refusal {
        let claims = authorization
            .filter_map(bearer)
            .filter_map(|token| open(token).ok());
        self.revoked.extend(claims.map(|claims| claims.jti));
        unauthorised("TokenInvalid", "the token was revoked")
    }

    /// Whether the value of an `Authorization` header is a live token of `credential`.
    pub(super) fn verify(
        &self,
        authorization: &[&str],
        credential: &Credential,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let token = match authorization {
            [value] => bearer(value),
            [] => None,
            _ => return Err(malformed("there is more than one Authorization header")),
        };
        let token = token.ok_or_else(|| {
            // RFC 6750 §3.1: no error code where no authentication was tried.
            Refusal::new(
                401,
                "TokenMissing",
                "send the access token as `Authorization: Bearer …`",
            )
            .with("www-authenticate", r#"Bearer realm="payments-out""#)
        })?;
        let claims = open(token)?;
        let live = match self.ends.get(&claims.jti) {
            Some(end) => now < *end,
            None => now.as_second() < claims.exp,
        };
        if !live {
            return Err(unauthorised("TokenExpired", "the token has expired"));
        }
        if claims.iss != ISSUER || self.revoked.contains(&claims.jti) {
            return Err(unauthorised("TokenInvalid", "the token is not valid here"));
        }
        if claims.sub != credential.client_id || claims.aud != credential.audience {
            return Err(Refusal::new(
                403,
                "TokenForeign",
                "the token belongs to another client or audience",
            ));
        }
        Ok(())
    }
}

/// The token behind the scheme `Bearer`, whose case does not matter (RFC 9110 §11.1).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// The claims of a token whose signature is right.
fn open(token: &str) -> Result<Claims, Refusal> {
    let mut parts = token.rsplitn(2, '.');
    let (Some(signature), Some(signed)) = (parts.next(), parts.next()) else {
        return Err(malformed("the token is not a JWT"));
    };
    let Some((header, claims)) = signed.split_once('.') else {
        return Err(malformed("the token is not a JWT"));
    };
    let decode = |part: &str| {
        URL_SAFE_NO_PAD
            .decode(part)
            .map_err(|_| malformed("a part of the token is not base64url"))
    };
    let header: Header = serde_json::from_slice(&decode(header)?)
        .map_err(|_| malformed("the token's header is not that of a JWT"))?;
    let signature = decode(signature)?;
    let claims = decode(claims)?;
    if header.alg != "HS256" || mac(signed).verify_slice(&signature).is_err() {
        return Err(unauthorised(
            "TokenInvalid",
            "the token's signature is not ours",
        ));
    }
    serde_json::from_slice(&claims).map_err(|_| malformed("the token lacks a claim"))
}

fn malformed(message: &str) -> Refusal {
    unauthorised("TokenMalformed", message)
}

fn unauthorised(code: &'static str, message: &str) -> Refusal {
    Refusal::new(401, code, message).with(
        "www-authenticate",
        format!(
            r#"Bearer realm="payments-out", error="invalid_token", error_description="{message}""#
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Clock, Seed};
    use crate::mock::Tenant;

    fn verdict(tokens: &Tokens, authorization: &[&str], now: Timestamp) -> &'static str {
        tokens
            .verify(authorization, &Tenant::seeded().provider, now)
            .map_or_else(|refusal| refusal.code, |()| "")
    }

    #[test]
    fn a_token_is_valid_for_its_client_until_its_exact_end() {
        let now = Clock::logical_start() + Duration::from_millis(700);
        let mut tokens = Tokens::new(Random::from_seed(Seed(1)), Duration::from_secs(2));
        let tenant = Tenant::seeded();
        let token = format!("Bearer {}", tokens.issue(&tenant.provider, now));
        let at = |milliseconds| {
            verdict(
                &tokens,
                &[&token],
                now + Duration::from_millis(milliseconds),
            )
        };
        assert_eq!(at(0), "");
        assert_eq!(at(1999), "");
        assert_eq!(at(2000), "TokenExpired");
        assert_eq!(
            tokens
                .verify(&[&token], &tenant.product, now)
                .unwrap_err()
                .code,
            "TokenForeign"
        );
        tokens.revoke_all();
        assert_eq!(verdict(&tokens, &[&token], now), "TokenInvalid");
    }

    #[test]
    fn whatever_is_not_a_token_of_ours_is_refused() {
        let tokens = Tokens::new(Random::from_seed(Seed(1)), Duration::from_mins(1));
        let now = Clock::logical_start();
        let good = Tenant::expired_token();
        let (signed, _) = good.rsplit_once('.').unwrap();
        let none = format!(
            "{}.{}.",
            URL_SAFE_NO_PAD.encode(br#"{"alg":"none","typ":"JWT","kid":""}"#),
            signed.split_once('.').unwrap().1
        );
        // header, code
        let table = [
            (vec![], "TokenMissing"),
            (vec!["Bearer".to_owned()], "TokenMissing"),
            (vec!["Bearer ".to_owned()], "TokenMissing"),
            (vec!["Basic YTpi".to_owned()], "TokenMissing"),
            (vec!["Bearer abc".to_owned()], "TokenMalformed"),
            (vec!["Bearer a.b.c".to_owned()], "TokenMalformed"),
            (vec!["Bearer a".to_owned(); 2], "TokenMalformed"),
            (vec![format!("Bearer {signed}.AAAA")], "TokenInvalid"),
            (vec![format!("Bearer {none}")], "TokenInvalid"),
            (vec![format!("bearer {good}")], "TokenExpired"),
        ];
        for (headers, code) in table {
            let headers: Vec<_> = headers.iter().map(String::as_str).collect();
            assert_eq!(verdict(&tokens, &headers, now), code, "{headers:?}");
        }
    }
}
