//! The access tokens that the platform issues and is shown.
//!
//! A token of the platform's own is recognised by its text, so that only a text never seen before
//! costs the check of a signature. A token that was issued so long ago that it is forgotten is
//! judged by what it says.

use std::borrow::Cow;
use std::time::Duration;

use super::error::Refusal;
use super::jwt::{self, Claims, Flaw, Signatures};
use super::recent::Recent;
use super::tenant::Credential;
use crate::base::{Random, Timestamp, later, uuid};
use crate::exchange::between;
use crate::profile::Presence;

/// How many tokens are remembered.
const REMEMBERED: usize = 100_000;

/// How long a token is remembered after its end.
const GRACE: Duration = Duration::from_hours(1);

/// What token requests of providers are answered with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenAnswers {
    /// Which token.
    pub text: TokenText,
    /// Whether the answer says `expires_in`; none for as the profile says.
    pub expires_in: Option<Presence>,
}

/// Which token a token request is answered with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenText {
    /// A new one each time.
    #[default]
    Fresh,
    /// The same as before while it lives for a second or more, with what is left of its life.
    Repeated,
}

/// The tokens of a platform.
#[derive(Clone, Debug)]
pub(super) struct Tokens {
    random: Random,
    issuer: String,
    /// Those that others made too.
    signatures: Option<Signatures>,
    issued: usize,
    /// By their text.
    known: Recent<String, Known>,
    /// The tokens with a lower number are not valid any more.
    revoked_below: usize,
    /// Nor are forgotten ones that were issued no later than this.
    revoked_until: Option<Timestamp>,
    /// Nor are these texts.
    revoked: Recent<String, ()>,
    latest: Timestamp,
}

#[derive(Clone, Debug)]
struct Known {
    number: usize,
    credential: Credential,
    /// The exact end: the claim has whole seconds only.
    end: Timestamp,
}

/// To whom a live token was issued, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) client_id: Cow<'static, str>,
    pub(super) audience: Cow<'static, str>,
}

impl Tokens {
    pub(super) fn new(random: Random, issuer: &str) -> Self {
        Self {
            random,
            issuer: issuer.to_owned(),
            signatures: None,
            issued: 0,
            known: Recent::new(REMEMBERED, usize::MAX),
            revoked_below: 0,
            revoked_until: None,
            revoked: Recent::new(REMEMBERED, usize::MAX),
            latest: Timestamp::UNIX_EPOCH,
        }
    }

    /// Makes no signature that stands in `signatures`.
    pub(super) fn share(&mut self, signatures: Signatures) {
        self.signatures = Some(signatures);
    }

    /// The claim `iss` of the tokens.
    #[cfg(test)]
    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Names another issuer in the tokens from now on; those of the old one are not valid any more.
    #[cfg(test)]
    pub(super) fn set_issuer(&mut self, issuer: &str) {
        self.revoke_all();
        issuer.clone_into(&mut self.issuer);
    }

    /// How many access tokens were issued.
    pub(super) fn issued(&self) -> usize {
        self.issued
    }

    /// A new access token of `credential`.
    pub(super) fn issue(
        &mut self,
        credential: &Credential,
        now: Timestamp,
        lifetime: Duration,
    ) -> String {
        let (token, end) = self.sign(credential.client_id, credential.audience, now, lifetime);
        self.latest = now;
        self.known
            .forget_while(|known| now > later(known.end, GRACE));
        let known = Known {
            number: self.issued,
            credential: *credential,
            end,
        };
        self.issued += 1;
        self.known.insert(token.clone(), known, 1);
        token
    }

    /// The token that `credential` was issued last, and what is left of its life in whole seconds,
    /// if it is valid and there is a second left.
    pub(super) fn repeat(&self, credential: &Credential, now: Timestamp) -> Option<(String, u64)> {
        let (token, known) = self
            .known
            .latest(|known| known.credential.client_id == credential.client_id)?;
        let is_valid = known.number >= self.revoked_below && self.revoked.get(token).is_none();
        let left = between(now, known.end).as_secs();
        (is_valid && left > 0).then(|| (token.clone(), left))
    }

    /// A new token that says `subject` and `audience`, and its exact end. Nobody remembers it.
    pub(super) fn sign(
        &mut self,
        subject: &str,
        audience: &str,
        now: Timestamp,
        lifetime: Duration,
    ) -> (String, Timestamp) {
        let end = later(now, lifetime);
        let claims = Claims {
            iss: self.issuer.clone(),
            sub: subject.to_owned(),
            aud: audience.to_owned(),
            iat: now.as_second(),
            exp: end.as_second() + i64::from(end.subsec_nanosecond() > 0),
            jti: uuid(&mut self.random).to_string(),
        };
        (jwt::sign(&claims, self.signatures.as_ref()), end)
    }

    /// From now on none of the access tokens issued so far is valid.
    pub(super) fn revoke_all(&mut self) {
        self.revoked_below = self.issued;
        self.revoked_until = Some(self.latest);
    }

    /// From now on none of the access tokens issued until `now` is valid, known here or not.
    pub(super) fn revoke_until(&mut self, now: Timestamp) {
        self.latest = now;
        self.revoke_all();
    }

    /// From now on the token of an `Authorization` header is not valid; what its sender is told.
    pub(super) fn revoke<'a>(&mut self, authorization: impl Iterator<Item = &'a str>) -> Refusal {
        for token in authorization.filter_map(bearer) {
            self.revoked.insert(token.to_owned(), (), 1);
        }
        unauthorised("TokenInvalid", "the token was revoked")
    }

    fn is_revoked(&self, token: &str) -> bool {
        self.revoked.get(token).is_some()
    }

    /// To whom the token of an `Authorization` header belongs, if it is live.
    pub(super) fn verify<'a>(
        &self,
        mut authorization: impl Iterator<Item = &'a str>,
        now: Timestamp,
    ) -> Result<Holder, Refusal> {
        let token = match (authorization.next(), authorization.next()) {
            (Some(value), None) => bearer(value),
            (None, _) => None,
            (Some(_), Some(_)) => {
                return Err(malformed("there is more than one Authorization header"));
            }
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
        let expired = || unauthorised("TokenExpired", "the token has expired");
        let invalid = || unauthorised("TokenInvalid", "the token is not valid here");
        if let Some(known) = self.known.get(token) {
            return if now >= known.end {
                Err(expired())
            } else if known.number < self.revoked_below || self.is_revoked(token) {
                Err(invalid())
            } else {
                Ok(Holder {
                    client_id: known.credential.client_id.into(),
                    audience: known.credential.audience.into(),
                })
            };
        }
        let claims = jwt::open(token).map_err(|flaw| match flaw {
            Flaw::Form(message) => malformed(message),
            Flaw::Signature => unauthorised("TokenInvalid", "the token's signature is not ours"),
        })?;
        let revoked = self
            .revoked_until
            .is_some_and(|until| claims.iat <= until.as_second());
        if now.as_second() >= claims.exp {
            Err(expired())
        } else if claims.iss != self.issuer || revoked || self.is_revoked(token) {
            Err(invalid())
        } else {
            Ok(Holder {
                client_id: claims.sub.into(),
                audience: claims.aud.into(),
            })
        }
    }
}

/// The token behind the scheme `Bearer`, whose case does not matter (RFC 9110 §11.1).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
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
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;
    use crate::base::{Clock, Seed};
    use crate::mock::Tenant;

    const ISSUER: &str = "https://id.mock.invalid/";

    fn tokens(seed: u64) -> Tokens {
        Tokens::new(Random::from_seed(Seed(seed)), ISSUER)
    }

    fn verdict(tokens: &Tokens, authorization: &[&str], now: Timestamp) -> &'static str {
        tokens
            .verify(authorization.iter().copied(), now)
            .map_or_else(|refusal| refusal.code, |_| "")
    }

    #[test]
    fn a_token_is_valid_until_its_exact_end() {
        let now = Clock::logical_start() + Duration::from_millis(700);
        let mut tokens = tokens(1);
        let provider = Tenant::seeded().provider;
        let token = tokens.issue(&provider, now, Duration::from_secs(2));
        let token = format!("Bearer {token}");
        let at = |milliseconds| {
            let now = now + Duration::from_millis(milliseconds);
            verdict(&tokens, &[&token], now)
        };
        assert_eq!(at(0), "");
        assert_eq!(at(1999), "");
        assert_eq!(at(2000), "TokenExpired");
        let holder = tokens.verify([token.as_str()].into_iter(), now).unwrap();
        assert_eq!(holder.client_id, provider.client_id);
        assert_eq!(holder.audience, provider.audience);
    }

    #[test]
    fn the_latest_token_is_repeated_while_a_second_of_its_life_is_left() {
        let now = Clock::logical_start();
        let Tenant {
            provider, product, ..
        } = Tenant::seeded();
        let mut tokens = tokens(1);
        assert_eq!(tokens.repeat(&provider, now), None);
        tokens.issue(&provider, now, Duration::from_secs(9));
        let latest = tokens.issue(&provider, now, Duration::from_secs(5));
        tokens.issue(&product, now, Duration::from_secs(5));
        let at = |tokens: &Tokens, milliseconds| {
            tokens.repeat(&provider, now + Duration::from_millis(milliseconds))
        };
        assert_eq!(at(&tokens, 1_500), Some((latest.clone(), 3)));
        assert_eq!(at(&tokens, 4_100), None);
        tokens.revoke([format!("Bearer {latest}").as_str()].into_iter());
        assert_eq!(at(&tokens, 1_500), None);
    }

    #[test]
    fn a_revoked_token_is_invalid_whether_it_is_remembered_or_not() {
        let now = Clock::logical_start();
        let hour = Duration::from_hours(1);
        let provider = Tenant::seeded().provider;
        let mut tokens = tokens(1);
        let issue = |tokens: &mut Tokens| {
            let token = tokens.issue(&provider, now, hour);
            format!("Bearer {token}")
        };
        let (first, second) = (issue(&mut tokens), issue(&mut tokens));
        let refusal = tokens.revoke([first.as_str()].into_iter());
        assert_eq!(refusal.code, "TokenInvalid");
        assert_eq!(verdict(&tokens, &[&first], now), "TokenInvalid");
        assert_eq!(verdict(&tokens, &[&second], now), "");
        tokens.revoke_all();
        assert_eq!(verdict(&tokens, &[&second], now), "TokenInvalid");
        tokens.known = Recent::new(1, 1);
        assert_eq!(verdict(&tokens, &[&second], now), "TokenInvalid");
        let later = now + Duration::from_secs(1);
        let third = tokens.issue(&provider, later, hour);
        assert_eq!(verdict(&tokens, &[&format!("Bearer {third}")], later), "");
        assert_eq!(tokens.issued(), 3);
    }

    #[test]
    fn a_forgotten_token_is_judged_by_what_it_says() {
        let now = Clock::logical_start();
        let mut elsewhere = tokens(2);
        let provider = Tenant::seeded().provider;
        let token = elsewhere.issue(&provider, now, Duration::from_mins(1));
        let token = format!("Bearer {token}");
        let mut tokens = tokens(1);
        assert_eq!(verdict(&tokens, &[&token], now), "");
        let later = now + Duration::from_mins(1);
        assert_eq!(verdict(&tokens, &[&token], later), "TokenExpired");
        tokens.set_issuer("https://id.example/");
        assert_eq!(verdict(&tokens, &[&token], now), "TokenInvalid");
    }

    #[test]
    fn whatever_is_not_a_token_of_ours_is_refused() {
        let tokens = tokens(1);
        let now = Clock::logical_start();
        let good = Tenant::expired_token();
        let (signed, _) = good.rsplit_once('.').unwrap();
        let header = |text: &[u8]| {
            let header = URL_SAFE_NO_PAD.encode(text);
            format!("{header}.{}.", signed.split_once('.').unwrap().1)
        };
        let none = header(br#"{"alg":"none","typ":"JWT","kid":""}"#);
        // The public key as the secret of an HMAC, as some libraries let themselves be told.
        let symmetric = header(br#"{"alg":"HS256","typ":"JWT","kid":"mock-1"}"#);
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
            (vec![format!("Bearer {symmetric}AAAA")], "TokenInvalid"),
            (vec![format!("bearer {good}")], "TokenExpired"),
        ];
        for (headers, code) in table {
            let headers: Vec<_> = headers.iter().map(String::as_str).collect();
            assert_eq!(verdict(&tokens, &headers, now), code, "{headers:?}");
        }
    }
}
