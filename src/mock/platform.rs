//! The platform: every request passes its gates in one order.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use thiserror::Error;
use uuid::Uuid;

use super::answer::{self, Answer, Delivery, Ending, Reply, http_date};
use super::defect::{Defect, Defects};
use super::endpoint::{self, Call};
use super::error::Refusal;
use super::fault::{Fault, FaultKind, Faults};
use super::gate::{self, Gates};
use super::idempotency::IdempotencyKeys;
use super::notify::{
    Desk, Notification, NotificationCounters, NotificationDelivery, NotificationEndpoint,
    Occurrence,
};
use super::route::{Caller, Destination, Routes};
use super::store::Store;
use super::tenant::{Credential, Initial, Tenant};
use super::token::Tokens;
use crate::base::{Random, Timestamp, uuid};
use crate::event::FaultProof;
use crate::exchange::{Outcome, Request, Response};
use crate::profile::{Profile, Setter};

/// The mock of the platform. See the prose of the room.
#[derive(Clone, Debug)]
pub struct Platform {
    profile: Arc<Profile>,
    defects: Defects,
    tenant: Tenant,
    initial: Initial,
    routes: Routes,
    store: Store,
    gates: Gates,
    faults: Faults,
    answers: IdempotencyKeys,
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
    Cut(Ending),
}

/// How the answer to a request leaves.
#[derive(Default)]
struct Manner {
    delay: Duration,
    delivery: Delivery,
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
            gates: Gates::new(Tokens::new(seed.fork("tokens"), lifetime), &profile),
            faults: Faults::default(),
            answers: IdempotencyKeys::new(profile.idempotency_lifetime.value),
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
            tokens: self.gates.tokens.issued(),
            throttled: self.gates.throttled(),
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
        self.gates
            .tokens
            .set_lifetime(self::lifetime(&self.defects, wanted));
    }

    /// Makes every token issued so far invalid.
    pub fn revoke_tokens(&mut self) {
        self.gates.tokens.revoke_all();
    }

    /// Sends notifications to `endpoint` from now on, or none; what was not delivered to the one
    /// before is forgotten.
    pub fn set_notification_endpoint(&mut self, endpoint: Option<NotificationEndpoint>) {
        self.endpoint = endpoint;
        self.desk.clear();
    }

    /// Delivers the notifications that are made from now on in that way.
    pub fn set_notification_delivery(&mut self, delivery: NotificationDelivery) {
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
        self.gates.tokens.issue(&credential, now)
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
        let mut manner = Manner::default();
        let mut response = match self.serve(now, request, &mut manner) {
            Ok(Served::Response(response)) => response,
            Ok(Served::Cut(ending)) => return Reply::Cut { latency, ending },
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
            delay: manner.delay,
            delivery: manner.delivery,
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
        manner: &mut Manner,
    ) -> Result<Served, Refusal> {
        let destination = self.routes.find(&request.method, request.path())?;
        let credential = match destination.operation.caller() {
            Caller::Anyone => endpoint::authenticate(request, &self.tenant)?,
            Caller::Provider => {
                let credential = self.tenant.provider;
                self.gates
                    .authenticate(&self.profile, &self.defects, credential, now, request)?
            }
            Caller::Product => {
                let credential = self.tenant.product;
                self.gates
                    .authenticate(&self.profile, &self.defects, credential, now, request)?
            }
        };
        if destination.operation.caller() == Caller::Provider {
            self.gates.check_interaction(&self.profile, request)?;
        }
        match self.next_fault(now, &destination) {
            None => {}
            Some(FaultKind::Delay(late)) => manner.delay = late,
            Some(FaultKind::SlowBody(time)) => manner.delivery = Delivery::Slow(time),
            Some(FaultKind::ResetMidAnswer) => manner.delivery = Delivery::Half(Ending::Reset),
            Some(FaultKind::Truncated) => manner.delivery = Delivery::Half(Ending::Closed),
            Some(FaultKind::Cut) => return Ok(Served::Cut(Ending::Closed)),
            Some(FaultKind::Reset) => return Ok(Served::Cut(Ending::Reset)),
            Some(FaultKind::CutAfterEffect) => {
                let _unheard = self.act(now, request, &destination, &credential);
                return Ok(Served::Cut(Ending::Closed));
            }
            Some(FaultKind::ResetAfterEffect) => {
                let _unheard = self.act(now, request, &destination, &credential);
                return Ok(Served::Cut(Ending::Reset));
            }
            Some(FaultKind::Revoke) => {
                return Err(self
                    .gates
                    .tokens
                    .revoke(request.headers.all("authorization")));
            }
            Some(FaultKind::Status {
                status,
                hints,
                delay,
            }) => {
                manner.delay = delay;
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

    fn next_fault(&mut self, now: Timestamp, destination: &Destination) -> Option<FaultKind> {
        let never_429 = self.defects.has(Defect::No429);
        let fault = self
            .faults
            .next(&destination.name, now, |kind| !(never_429 && kind.is_429()))?;
        self.counters.faults += 1;
        Some(fault)
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
        if !self.defects.has(Defect::No429) {
            let provider = self.tenant.provider_id;
            self.gates
                .check_rate(&self.profile, credential, provider, now)?;
        }
        let body = if destination.operation.takes_body() {
            gate::read_body(&self.profile, request)?
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
        let token = self.gates.tokens.issue(credential, now);
        let mut response = answer::json(
            200,
            &json!({
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": self.gates.tokens.expires_in(),
            }),
        );
        // RFC 6749 §5.1.
        response.headers.push("cache-control", "no-store");
        response.headers.push("pragma", "no-cache");
        response
    }
}
