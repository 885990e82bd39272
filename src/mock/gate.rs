//! The gates that every request passes before an endpoint sees it: API key, token, interaction id,
//! throttle, and the media type, size and form of the body.

use std::collections::BTreeSet;

use serde_json::Value;
use uuid::Uuid;

use super::answer::http_date;
use super::defect::{Defect, Defects};
use super::error::Refusal;
use super::fault::second_from;
use super::tenant::Credential;
use super::throttle::{Throttle, whole_seconds};
use super::token::Tokens;
use crate::base::Timestamp;
use crate::exchange::Request;
use crate::profile::{Profile, RetryAfterHint, ThrottleScope, Treatment};

/// What the gates remember.
#[derive(Clone, Debug)]
pub(super) struct Gates {
    pub(super) tokens: Tokens,
    throttle: Throttle,
    throttled: usize,
    interactions: BTreeSet<Uuid>,
}

impl Gates {
    pub(super) fn new(tokens: Tokens, profile: &Profile) -> Self {
        Self {
            tokens,
            throttle: Throttle::new(profile),
            throttled: 0,
            interactions: BTreeSet::new(),
        }
    }

    /// How many requests the throttle refused.
    pub(super) fn throttled(&self) -> usize {
        self.throttled
    }

    /// API key, then token.
    pub(super) fn authenticate(
        &self,
        profile: &Profile,
        defects: &Defects,
        credential: Credential,
        now: Timestamp,
        request: &Request,
    ) -> Result<Credential, Refusal> {
        let name = &profile.headers.api_key.value;
        let keys: Vec<_> = request.headers.all(name).collect();
        let refuse = |code, message: &str| {
            Err(Refusal::new(401, code, message)
                .with("www-authenticate", format!(r#"ApiKey header="{name}""#)))
        };
        match keys.as_slice() {
            _ if defects.has(Defect::AcceptAnyKey) => {}
            [] => return refuse("ApiKeyMissing", "send the API key"),
            [""] => return refuse("ApiKeyMissing", "the API key is empty"),
            [key] if *key == credential.api_key => {}
            _ => return refuse("ApiKeyInvalid", "the API key is not valid here"),
        }
        let authorization: Vec<_> = request.headers.all("authorization").collect();
        self.tokens.verify(&authorization, &credential, now)?;
        Ok(credential)
    }

    /// A new RFC 4122 UUID on each request; what else is refused, the profile says.
    pub(super) fn check_interaction(
        &mut self,
        profile: &Profile,
        request: &Request,
    ) -> Result<(), Refusal> {
        let name = &profile.headers.interaction_id.value;
        let rules = &profile.interaction_id;
        let ids: Vec<_> = request.headers.all(name).collect();
        let (treatment, code, message) = match ids.as_slice() {
            [] => (&rules.missing, "InteractionIdMissing", "is missing"),
            // Hyphenated only: the parser would take other forms too.
            [id] if id.len() == 36 && Uuid::try_parse(id).is_ok() => {
                let id = Uuid::try_parse(id).unwrap_or_default();
                if self.interactions.insert(id) {
                    return Ok(());
                }
                (&rules.repeated, "InteractionIdRepeated", "was used before")
            }
            _ => (&rules.malformed, "InteractionIdMalformed", "is not a UUID"),
        };
        match treatment.value {
            Treatment::Accepted => Ok(()),
            Treatment::Refused => Err(Refusal::new(400, code, format!("{name} {message}"))),
        }
    }

    pub(super) fn check_rate(
        &mut self,
        profile: &Profile,
        credential: &Credential,
        provider: Uuid,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let scopes = &profile.throttle.scope.value;
        let owner = if scopes.contains(&ThrottleScope::Provider) {
            provider.to_string()
        } else {
            credential.client_id.to_owned()
        };
        let Err(wait) = self.throttle.admit(&owner, now) else {
            return Ok(());
        };
        self.throttled += 1;
        let rate = profile.rate.value;
        let refusal = Refusal::new(
            429,
            "Throttled",
            format!("more than {rate} requests a second"),
        );
        let seconds = whole_seconds(wait);
        Err(match profile.throttle.retry_after.value {
            RetryAfterHint::Seconds => refusal.with("retry-after", seconds.to_string()),
            RetryAfterHint::Date => {
                let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
                refusal.with("retry-after", http_date(second_from(now, seconds)))
            }
            RetryAfterHint::Absent => refusal,
        })
    }
}

/// Media type, size, JSON.
pub(super) fn read_body(profile: &Profile, request: &Request) -> Result<Value, Refusal> {
    let media_type = request.headers.get("content-type").unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    if !request.body.is_empty() && !essence.eq_ignore_ascii_case("application/json") {
        return Err(Refusal::new(415, "MediaType", "send application/json"));
    }
    let limit = profile.limits.body_bytes.value;
    if request.body.len() > limit {
        return Err(Refusal::new(
            413,
            "TooLarge",
            format!(
                "the body has {} bytes, {limit} are allowed",
                request.body.len()
            ),
        ));
    }
    serde_json::from_slice(request.body.bytes())
        .map_err(|error| Refusal::invalid_body("the body", format!("is not JSON: {error}")))
}
