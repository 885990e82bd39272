//! The gates that every request passes before an endpoint sees it: API key, token, interaction id,
//! throttle, and the media type, size and form of the body.

use serde_json::Value;
use uuid::Uuid;

use super::answer::http_date;
use super::client::{Client, Clients};
use super::defect::{Defect, Defects};
use super::error::Refusal;
use super::fault::second_from;
use super::recent::Recent;
use super::route::Caller;
use super::throttle::{Asker, Throttle, whole_seconds};
use super::token::Tokens;
use crate::base::Timestamp;
use crate::exchange::Request;
use crate::profile::{Profile, RetryAfterHint, Treatment};

/// How many interaction ids are remembered.
const INTERACTIONS: usize = 100_000;

/// What the gates remember.
#[derive(Clone, Debug)]
pub(super) struct Gates {
    pub(super) tokens: Tokens,
    throttle: Throttle,
    throttled: usize,
    interactions: Recent<Uuid, ()>,
}

impl Gates {
    pub(super) fn new(tokens: Tokens) -> Self {
        Self {
            tokens,
            throttle: Throttle::default(),
            throttled: 0,
            interactions: Recent::new(INTERACTIONS, usize::MAX),
        }
    }

    /// How many requests the throttle refused.
    pub(super) fn throttled(&self) -> usize {
        self.throttled
    }

    /// API key, then token, both of one client that may ask for operations of `caller`.
    pub(super) fn authenticate(
        &self,
        profile: &Profile,
        defects: &Defects,
        clients: &Clients,
        caller: Caller,
        now: Timestamp,
        request: &Request,
    ) -> Result<Client, Refusal> {
        let name = &profile.headers.api_key.value;
        let refuse = |code, message: &str| {
            Err(Refusal::new(401, code, message)
                .with("www-authenticate", format!(r#"ApiKey header="{name}""#)))
        };
        let mut keys = request.headers.all(name);
        let of_key = match (keys.next(), keys.next()) {
            _ if defects.has(Defect::AcceptAnyKey) => None,
            (None, _) => return refuse("ApiKeyMissing", "send the API key"),
            (Some(""), None) => return refuse("ApiKeyMissing", "the API key is empty"),
            (Some(key), None) => match clients.by_key(key, caller) {
                Some(client) => Some(client),
                None => return refuse("ApiKeyInvalid", "the API key is not valid here"),
            },
            (Some(_), Some(_)) => {
                return refuse("ApiKeyInvalid", "there is more than one API key");
            }
        };
        let holder = self
            .tokens
            .verify(request.headers.all("authorization"), now)?;
        clients
            .by_id(&holder.client_id)
            .filter(|client| client.owner.may_call(caller))
            .filter(|client| client.credential.audience == holder.audience)
            .filter(|client| of_key.is_none_or(|of_key| of_key == *client))
            .ok_or_else(|| {
                Refusal::new(
                    403,
                    "TokenForeign",
                    "the token belongs to another client or audience",
                )
            })
    }

    /// The header that names the Sage product.
    pub(super) fn check_application(profile: &Profile, request: &Request) -> Result<(), Refusal> {
        let name = &profile.headers.application.value;
        let named = request
            .headers
            .get(name)
            .is_some_and(|application| !application.trim().is_empty());
        match profile.missing_application.value {
            Treatment::Refused if !named => Err(Refusal::new(
                400,
                "ApplicationMissing",
                format!("{name} is missing"),
            )),
            Treatment::Refused | Treatment::Accepted => Ok(()),
        }
    }

    /// A new RFC 4122 UUID on each request; what else is refused, the profile says.
    pub(super) fn check_interaction(
        &mut self,
        profile: &Profile,
        request: &Request,
    ) -> Result<(), Refusal> {
        let name = &profile.headers.interaction_id.value;
        let rules = &profile.interaction_id;
        let mut ids = request.headers.all(name);
        let (treatment, code, message) = match (ids.next(), ids.next()) {
            (None, _) => (&rules.missing, "InteractionIdMissing", "is missing"),
            (Some(id), None) => match hyphenated(id) {
                None => (&rules.malformed, "InteractionIdMalformed", "is not a UUID"),
                Some(id) if self.interactions.get(&id).is_none() => {
                    self.interactions.insert(id, (), 1);
                    return Ok(());
                }
                Some(_) => (&rules.repeated, "InteractionIdRepeated", "was used before"),
            },
            (Some(_), Some(_)) => (
                &rules.malformed,
                "InteractionIdMalformed",
                "is there more than once",
            ),
        };
        match treatment.value {
            Treatment::Accepted => Ok(()),
            Treatment::Refused => Err(Refusal::new(400, code, format!("{name} {message}"))),
        }
    }

    /// The throttle.
    pub(super) fn check_rate(
        &mut self,
        profile: &Profile,
        asker: &Asker<'_>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let Err(too_early) = self.throttle.admit(profile, asker, now) else {
            return Ok(());
        };
        self.throttled += 1;
        let refusal = Refusal::new(
            429,
            "Throttled",
            format!("more than {} requests a second", too_early.rate),
        );
        let seconds = whole_seconds(too_early.wait);
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

/// A UUID in its hyphenated form; the parser would take other forms too.
fn hyphenated(text: &str) -> Option<Uuid> {
    (text.len() == 36)
        .then(|| Uuid::try_parse(text).ok())
        .flatten()
}

/// Media type, size, JSON.
pub(super) fn read_body(profile: &Profile, request: &Request) -> Result<Value, Refusal> {
    let media_type = request.headers.get("content-type").unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    if !request.body.is_empty() && !essence.eq_ignore_ascii_case("application/json") {
        return Err(Refusal::new(415, "MediaType", "send application/json"));
    }
    check_size(profile, request)?;
    serde_json::from_slice(request.body.bytes())
        .map_err(|error| Refusal::invalid_body("the body", format!("is not JSON: {error}")))
}

/// The largest body.
pub(super) fn check_size(profile: &Profile, request: &Request) -> Result<(), Refusal> {
    let (length, limit) = (request.body.len(), profile.limits.body_bytes.value);
    if length > limit {
        return Err(Refusal::new(
            413,
            "TooLarge",
            format!("the body has {length} bytes, {limit} are allowed"),
        ));
    }
    Ok(())
}
