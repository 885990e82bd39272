//! The platform: every request passes its gates in one order.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use thiserror::Error;
use uuid::Uuid;

use super::answer::{self, Answer, Reply, http_date};
use super::defect::{Defect, Defects};
use super::endpoint::{self, Call};
use super::error::Refusal;
use super::fault::{Fault, Faults, second_from};
use super::idempotency::IdempotencyKeys;
use super::notify::{
    Delivery, Desk, Notification, NotificationCounters, NotificationEndpoint, Occurrence,
};
use super::route::{Caller, Destination, Routes};
use super::store::Store;
use super::tenant::{Credential, Initial, Tenant};
use super::throttle::{Throttle, whole_seconds};
use super::token::Tokens;
use crate::base::{Random, Timestamp, uuid};
use crate::event::FaultProof;
use crate::exchange::{Outcome, Request, Response};
use crate::profile::{Profile, RetryAfterHint, Setter, ThrottleScope, Treatment};

/// The mock of the platform. See the prose of the room.
#[derive(Clone, Debug)]
pub struct Platform {
    profile: Arc<Profile>,
    defects: Defects,
    tenant: Tenant,
    initial: Initial,
    routes: Routes,
    store: Store,
    tokens: Tokens,
    throttle: Throttle,
    faults: Faults,
    answers: IdempotencyKeys,
    interactions: BTreeSet<Uuid>,
    identifiers: Random,
    correlations: Random,
    latencies: Random,
    counters: Counters,
    endpoint: Option<NotificationEndpoint>,
    desk: Desk,
    notification_ids: Random,
}

/// What a platform has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Requests handled, whatever became of them.
    pub requests: usize,
    /// Tokens issued.
    pub tokens: usize,
    /// 429s of the throttle; scripted ones are in the proofs of the queues.
    pub throttled: usize,
    /// Scripted answers delivered.
    pub faults: usize,
}

/// No endpoint has that name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the platform has no operation `{operation}`; use one of {}", known.join(", "))]
pub struct UnknownOperation {
    operation: String,
    known: Vec<String>,
}

/// A product cannot give a subscription that status.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StatusRefused {
    /// There is no such subscription.
    #[error("there is no subscription {subscription}")]
    Unknown {
        /// The id.
        subscription: Uuid,
    },
    /// The flow has no such step, or somebody else takes it.
    #[error(
        "the flow does not let a product take subscription {subscription} from {from} to {to}; a profile file can say `by = \"product\"`"
    )]
    Forbidden {
        /// The id.
        subscription: Uuid,
        /// Its status.
        from: String,
        /// What it was to become.
        to: String,
    },
}

/// What became of a request inside.
enum Served {
    Response(Response),
    Cut,
}

/// How long tokens live, all defects considered.
fn lifetime(defects: &Defects, wanted: Duration) -> Duration {
    if defects.has(Defect::ShortTokens) {
        Duration::from_secs(2)
    } else {
        wanted
    }
}

impl Platform {
    /// A platform with the seeded tenant. All its chance comes from `seed`.
    #[must_use]
    pub fn new(profile: Arc<Profile>, seed: Random, defects: Defects) -> Self {
        let tenant = Tenant::seeded();
        let initial = Initial::of(&profile.flows);
        let lifetime = lifetime(&defects, profile.token_lifetime.value);
        Self {
            store: tenant.data(&initial, &profile.flows["subscription"]),
            routes: Routes::new(&profile.paths),
            tokens: Tokens::new(seed.fork("tokens"), lifetime),
            throttle: Throttle::new(&profile),
            faults: Faults::default(),
            answers: IdempotencyKeys::new(profile.idempotency_lifetime.value),
            interactions: BTreeSet::new(),
            identifiers: seed.fork("identifiers"),
            correlations: seed.fork("correlations"),
            latencies: seed.fork("latencies"),
            counters: Counters::default(),
            endpoint: None,
            desk: Desk::new(seed.fork("notifications")),
            notification_ids: seed.fork("notification ids"),
            profile,
            defects,
            tenant,
            initial,
        }
    }

    /// The profile that it follows.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Its data.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What it has done so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        Counters {
            tokens: self.tokens.issued(),
            ..self.counters
        }
    }

    /// The operations to which answers can be scripted: `METHOD /path/{template}`.
    #[must_use]
    pub fn operations(&self) -> Vec<&str> {
        self.routes.names()
    }

    /// Scripts the answers to the next requests of `operation` (`METHOD /path/{template}`), after
    /// those that wait already. `scenario` is what the proof calls them.
    ///
    /// # Errors
    /// If there is no such operation.
    pub fn queue_faults(
        &mut self,
        scenario: &str,
        operation: &str,
        answers: Vec<Fault>,
    ) -> Result<(), UnknownOperation> {
        if !self.operations().contains(&operation) {
            return Err(UnknownOperation {
                operation: operation.to_owned(),
                known: self.operations().into_iter().map(str::to_owned).collect(),
            });
        }
        self.faults.queue(scenario, operation, answers);
        Ok(())
    }

    /// How much of each queue of scripted answers was delivered, in the order of the queues.
    #[must_use]
    pub fn fault_proofs(&self) -> Vec<FaultProof> {
        self.faults.proofs()
    }

    /// As [`Platform::fault_proofs`], and the queues are gone: the end of a scenario.
    pub fn take_fault_proofs(&mut self) -> Vec<FaultProof> {
        self.faults.take_proofs()
    }

    /// Lets the tokens that are issued from now on live for `lifetime`, or as long as the profile
    /// says; the defect of short tokens stays.
    pub fn set_token_lifetime(&mut self, lifetime: Option<Duration>) {
        let wanted = lifetime.unwrap_or(self.profile.token_lifetime.value);
        self.tokens
            .set_lifetime(self::lifetime(&self.defects, wanted));
    }

    /// Makes every token issued so far invalid.
    pub fn revoke_tokens(&mut self) {
        self.tokens.revoke_all();
    }

    /// Sends notifications to `endpoint` from now on, or none; what was not delivered to the one
    /// before is forgotten.
    pub fn set_notification_endpoint(&mut self, endpoint: Option<NotificationEndpoint>) {
        self.endpoint = endpoint;
        self.desk.clear();
    }

    /// Delivers the notifications that are made from now on in that way.
    pub fn set_delivery(&mut self, delivery: Delivery) {
        self.desk.set_delivery(delivery);
    }

    /// What became of the notifications.
    #[must_use]
    pub fn notifications(&self) -> NotificationCounters {
        self.desk.counters()
    }

    /// When [`Platform::due`] has something to give, as far as is known now.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        self.desk.next_due()
    }

    /// The notifications that are to be sent at `now`. What becomes of each is to be told to
    /// [`Platform::notified`].
    pub fn due(&mut self, now: Timestamp) -> Vec<Notification> {
        let Some(endpoint) = self.endpoint.clone() else {
            return Vec::new();
        };
        let outgoing = self.desk.due(now, &self.profile.notifications);
        if outgoing.is_empty() {
            return Vec::new();
        }
        let own = self.tenant.provider.client_id;
        let policy = &self.profile.notifications;
        let audience = policy.audience.value.clone().unwrap_or_else(|| own.into());
        let token = self.sign_notification_token(now, &audience);
        let ids = &mut self.notification_ids;
        outgoing
            .into_iter()
            .map(|outgoing| outgoing.address(&endpoint, &token, &self.profile, uuid(ids)))
            .collect()
    }

    /// Takes note of what became of an attempt to deliver the notification `number`.
    pub fn notified(&mut self, now: Timestamp, number: u64, outcome: &Outcome) {
        let policy = &self.profile.notifications;
        self.desk.answered(now, number, outcome, policy);
    }

    /// As [`Platform::handle`], but scripted answers are left to others: they are meant for the
    /// connector, not for the product that somebody plays.
    pub fn handle_undisturbed(&mut self, now: Timestamp, request: &Request) -> Reply {
        let faults = std::mem::take(&mut self.faults);
        let reply = self.handle(now, request);
        self.faults = faults;
        reply
    }

    /// Gives a subscription another status, as its product would; the provider is told. How a
    /// product does it is not public, so there is no endpoint for it.
    ///
    /// # Errors
    /// If there is no such subscription, or the flow does not let a product do it.
    pub fn change_subscription_as_product(
        &mut self,
        now: Timestamp,
        id: Uuid,
        status: &str,
    ) -> Result<(), StatusRefused> {
        let flow = &self.profile.flows["subscription"];
        let subscription = self.store.subscriptions.get_mut(&id);
        let subscription = subscription.ok_or(StatusRefused::Unknown { subscription: id })?;
        if !flow.allows_to(Setter::Product, &subscription.status, status) {
            return Err(StatusRefused::Forbidden {
                subscription: id,
                from: subscription.status.clone(),
                to: status.to_owned(),
            });
        }
        status.clone_into(&mut subscription.status);
        if subscription.provider == self.tenant.provider_id {
            let occurrence = Occurrence::status_change(subscription);
            self.tell(now, &occurrence);
        }
        Ok(())
    }

    /// Lets the provider know what the product did.
    fn tell(&mut self, now: Timestamp, occurrence: &Occurrence) {
        if self.endpoint.is_none() {
            self.desk.count_unaddressed();
        } else {
            let policy = &self.profile.notifications;
            self.desk.make(now, occurrence, policy);
        }
    }

    /// A token of the issuer for `audience`.
    fn sign_notification_token(&mut self, now: Timestamp, audience: &str) -> String {
        let credential = Credential {
            audience: "",
            ..self.tenant.product
        };
        let _ = audience;
        self.tokens.issue(&credential, now)
    }

    /// Answers `request`, which arrived at `now` from an address that does not matter. Moments
    /// never go back from call to call.
    pub fn handle(&mut self, now: Timestamp, request: &Request) -> Reply {
        self.handle_from(now, request, None)
    }

    /// As [`Platform::handle`]; `peer` is the address, without its port, that the request came
    /// from.
    pub fn handle_from(&mut self, now: Timestamp, request: &Request, _peer: Option<&str>) -> Reply {
        self.counters.requests += 1;
        let latency = self.latency();
        let own_id = uuid(&mut self.correlations).to_string();
        let interaction = request
            .headers
            .get(&self.profile.headers.interaction_id.value);
        let correlation = interaction.unwrap_or(&own_id);
        let mut delay = Duration::ZERO;
        let mut response = match self.serve(now, request, &mut delay) {
            Ok(Served::Response(response)) => response,
            Ok(Served::Cut) => return Reply::Cut { latency },
            Err(refusal) => refusal.into_response(request.path(), correlation),
        };
        if let Some(interaction) = interaction {
            let name = &self.profile.headers.interaction_id.value;
            response.headers.push(name.clone(), interaction);
        }
        response.headers.push("date", http_date(now));
        Reply::Answer(Answer {
            response,
            latency,
            delay,
        })
    }

    /// The modelled latency of one exchange.
    fn latency(&mut self) -> Duration {
        let model = &self.profile.latency_model;
        model.base.value + model.spread.value.mul_f64(self.latencies.unit())
    }

    fn serve(
        &mut self,
        now: Timestamp,
        request: &Request,
        delay: &mut Duration,
    ) -> Result<Served, Refusal> {
        let destination = self.routes.find(&request.method, request.path())?;
        let credential = match destination.operation.caller() {
            Caller::Anyone => endpoint::authenticate(request, &self.tenant)?,
            Caller::Provider => self.authenticate(self.tenant.provider, now, request)?,
            Caller::Product => self.authenticate(self.tenant.product, now, request)?,
        };
        if destination.operation.caller() == Caller::Provider {
            self.check_interaction(request)?;
        }
        match self.next_fault(&destination) {
            None => {}
            Some(Fault::Delay(late)) => *delay = late,
            Some(Fault::Cut) => return Ok(Served::Cut),
            Some(Fault::CutAfterEffect) => {
                let _unheard = self.act(now, request, &destination, &credential);
                return Ok(Served::Cut);
            }
            Some(Fault::Status {
                status,
                hints,
                delay: late,
            }) => {
                *delay = late;
                let code = match status {
                    429 => "Throttled",
                    500 => "InternalError",
                    503 => "Unavailable",
                    _ => "Scripted",
                };
                let refusal = Refusal::new(status, code, "a scripted answer");
                return Err(hints.iter().fold(refusal, |refusal, hint| {
                    refusal.with("retry-after", hint.value(now))
                }));
            }
        }
        self.act(now, request, &destination, &credential)
            .map(Served::Response)
    }

    fn next_fault(&mut self, destination: &Destination) -> Option<Fault> {
        let never_429 = self.defects.has(Defect::No429);
        let fault = self
            .faults
            .next(&destination.name, |fault| !(never_429 && fault.is_429()))?;
        self.counters.faults += 1;
        Some(fault)
    }

    /// API key, then token.
    fn authenticate(
        &self,
        credential: Credential,
        now: Timestamp,
        request: &Request,
    ) -> Result<Credential, Refusal> {
        let name = &self.profile.headers.api_key.value;
        let keys: Vec<_> = request.headers.all(name).collect();
        let refuse = |code, message: &str| {
            Err(Refusal::new(401, code, message)
                .with("www-authenticate", format!(r#"ApiKey header="{name}""#)))
        };
        match keys.as_slice() {
            _ if self.defects.has(Defect::AcceptAnyKey) => {}
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
    fn check_interaction(&mut self, request: &Request) -> Result<(), Refusal> {
        let name = &self.profile.headers.interaction_id.value;
        let rules = &self.profile.interaction_id;
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

    /// Throttle, body, endpoint.
    fn act(
        &mut self,
        now: Timestamp,
        request: &Request,
        destination: &Destination,
        credential: &Credential,
    ) -> Result<Response, Refusal> {
        if destination.operation.caller() == Caller::Anyone {
            return Ok(self.issue_token(credential, now));
        }
        self.check_rate(credential, now)?;
        let body = if destination.operation.takes_body() {
            self.read_body(request)?
        } else {
            Value::Null
        };
        let header = &self.profile.headers.idempotency_key.value;
        let key = request.headers.get(header).filter(|_| {
            destination.operation.caller() == Caller::Product && destination.operation.takes_body()
        });
        if let Some(key) = key
            && let Some(response) = self.answers.recall(key, request, now)?
        {
            return Ok(response);
        }
        let response = endpoint::serve(&mut Call {
            profile: &self.profile,
            defects: &self.defects,
            tenant: &self.tenant,
            initial: &self.initial,
            store: &mut self.store,
            identifiers: &mut self.identifiers,
            now,
            destination,
            request,
            body: &body,
        })?;
        if let Some(key) = key {
            self.answers.remember(key, request, &response, now);
        }
        if let Some(occurrence) =
            Occurrence::of(destination, &body, &response, &self.store, &self.tenant)
        {
            self.tell(now, &occurrence);
        }
        Ok(response)
    }

    fn issue_token(&mut self, credential: &Credential, now: Timestamp) -> Response {
        let token = self.tokens.issue(credential, now);
        let mut response = answer::json(
            200,
            &json!({
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": self.tokens.expires_in(),
            }),
        );
        // RFC 6749 §5.1.
        response.headers.push("cache-control", "no-store");
        response.headers.push("pragma", "no-cache");
        response
    }

    fn check_rate(&mut self, credential: &Credential, now: Timestamp) -> Result<(), Refusal> {
        if self.defects.has(Defect::No429) {
            return Ok(());
        }
        let owner = match self.profile.throttle.scope.value {
            ThrottleScope::Credential => credential.client_id.to_owned(),
            ThrottleScope::Provider => self.tenant.provider_id.to_string(),
        };
        let Err(wait) = self.throttle.admit(&owner, now) else {
            return Ok(());
        };
        self.counters.throttled += 1;
        let rate = self.profile.rate.value;
        let refusal = Refusal::new(
            429,
            "Throttled",
            format!("more than {rate} requests a second"),
        );
        let seconds = whole_seconds(wait);
        Err(match self.profile.throttle.retry_after.value {
            RetryAfterHint::Seconds => refusal.with("retry-after", seconds.to_string()),
            RetryAfterHint::Date => {
                let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
                refusal.with("retry-after", http_date(second_from(now, seconds)))
            }
            RetryAfterHint::Absent => refusal,
        })
    }

    /// Media type, size, JSON.
    fn read_body(&self, request: &Request) -> Result<Value, Refusal> {
        let media_type = request.headers.get("content-type").unwrap_or_default();
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        if !request.body.is_empty() && !essence.eq_ignore_ascii_case("application/json") {
            return Err(Refusal::new(415, "MediaType", "send application/json"));
        }
        let limit = self.profile.limits.body_bytes.value;
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
}
