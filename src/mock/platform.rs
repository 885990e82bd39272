//! The platform: every request passes its gates in one order.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use thiserror::Error;

use super::answer::{self, Answer, Delivery, Ending, Reply, http_date};
use super::client::{Client, Clients, Owner};
use super::defect::{Defect, Defects};
use super::endpoint::{self, Call};
use super::error::Refusal;
use super::fault::{Fault, FaultKind, Faults};
use super::gate::{self, Gates};
use super::idempotency::IdempotencyKeys;
use super::initiative::NotificationToken;
use super::jwt::{self, Signatures};
use super::notify::{Desk, NotificationEndpoint, Occurrence};
use super::route::{Caller, Destination, Operation, Routes};
use super::rule::Rules;
use super::store::Store;
use super::tenant::Tenant;
use super::throttle::Asker;
use super::token::{TokenAnswers, TokenText, Tokens};
use crate::base::{Random, Timestamp, uuid};
use crate::event::FaultProof;
use crate::exchange::{Request, Response};
use crate::profile::{Profile, TokenThrottle};

/// The mock of the platform. See the prose of the room.
#[derive(Clone, Debug)]
pub struct Platform {
    pub(super) profile: Arc<Profile>,
    defects: Defects,
    pub(super) tenant: Tenant,
    clients: Clients,
    routes: Routes,
    pub(super) store: Store,
    /// Whether a request was handled.
    begun: bool,
    rules: Rules,
    /// How long new tokens live where it is not as the profile says.
    token_lifetime: Option<Duration>,
    token_answers: TokenAnswers,
    pub(super) gates: Gates,
    pub(super) faults: Faults,
    answers: IdempotencyKeys,
    identifiers: Random,
    correlations: Random,
    latencies: Random,
    counters: Counters,
    pub(super) endpoint: Option<NotificationEndpoint>,
    pub(super) desk: Desk,
    pub(super) notification_ids: Random,
    pub(super) notification_token: Option<NotificationToken>,
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

/// A request on its way, and what was found out of it.
#[derive(Clone, Copy)]
struct Passage<'a> {
    now: Timestamp,
    request: &'a Request,
    peer: Option<&'a str>,
    /// What holds for it.
    profile: &'a Profile,
    /// The Sage product, where the profile has settings of its own for it.
    application: Option<&'a str>,
}

impl Platform {
    /// A platform with the seeded tenant. All its chance comes from `seed`.
    #[must_use]
    pub fn new(profile: Arc<Profile>, seed: Random, defects: Defects) -> Self {
        let tenant = Tenant::seeded();
        let tokens = Tokens::new(seed.fork("tokens"), &profile.token.issuer.value);
        Self {
            store: tenant.data(&profile),
            begun: false,
            rules: Rules::default(),
            clients: Clients::of(&tenant),
            routes: Routes::new(&profile.paths),
            token_lifetime: None,
            token_answers: TokenAnswers::default(),
            gates: Gates::new(tokens),
            faults: Faults::default(),
            answers: IdempotencyKeys::new(),
            identifiers: seed.fork("identifiers"),
            correlations: seed.fork("correlations"),
            latencies: seed.fork("latencies"),
            counters: Counters::default(),
            endpoint: None,
            desk: Desk::new(seed.fork("notifications")),
            notification_ids: seed.fork("notification ids"),
            notification_token: None,
            profile,
            defects,
            tenant,
        }
    }

    /// It makes no signature that stands in `signatures`, and writes there what it makes. What it says
    /// stays the same.
    #[must_use]
    pub fn sharing(mut self, signatures: Signatures) -> Self {
        self.gates.tokens.share(signatures);
        self
    }

    /// The profile that it follows.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// What it knew from the start.
    #[must_use]
    pub fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// The claim `iss` of its tokens.
    #[cfg(test)]
    pub(crate) fn issuer(&self) -> &str {
        self.gates.tokens.issuer()
    }

    /// Names another issuer in its tokens than the profile; those issued so far become invalid.
    #[cfg(test)]
    pub(crate) fn set_issuer(&mut self, issuer: &str) {
        self.gates.tokens.set_issuer(issuer);
    }

    /// The keys with which its tokens are verified (RFC 7517 §5). They are served too, without
    /// credentials, at the path that the profile names.
    #[must_use]
    pub fn jwks(&self) -> Value {
        jwt::key_set()
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

    /// Whether every scripted answer was delivered.
    #[must_use]
    pub fn faults_are_drained(&self) -> bool {
        self.faults.are_drained()
    }

    /// As [`Platform::fault_proofs`], and the queues are gone: the end of a scenario.
    pub fn take_fault_proofs(&mut self) -> Vec<FaultProof> {
        self.faults.take_proofs()
    }

    /// As [`Platform::take_fault_proofs`], of those queues that are called `scenario` and of which
    /// nothing waits at `now`.
    pub fn take_delivered_fault_proofs(
        &mut self,
        now: Timestamp,
        scenario: &str,
    ) -> Vec<FaultProof> {
        self.faults.take_delivered(now, scenario)
    }

    /// How many answers the queues hold, delivered or not.
    #[must_use]
    pub fn scripted_answers(&self) -> usize {
        self.faults.answers()
    }

    /// Lets the tokens that are issued from now on live for `lifetime`, or as long as the profile
    /// says; the defect of short tokens stays.
    pub fn set_token_lifetime(&mut self, lifetime: Option<Duration>) {
        self.token_lifetime = lifetime;
    }

    /// Answers the token requests of providers in that way from now on.
    pub fn set_token_answers(&mut self, answers: TokenAnswers) {
        self.token_answers = answers;
    }

    /// The answer to a token request of `client`.
    fn grant(&mut self, profile: &Profile, client: &Client, now: Timestamp) -> Response {
        let answers = match client.owner {
            Owner::Provider(_) => self.token_answers,
            Owner::Product(_) => TokenAnswers::default(),
        };
        let tokens = &mut self.gates.tokens;
        let repeated = match answers.text {
            TokenText::Fresh => None,
            TokenText::Repeated => tokens.repeat(&client.credential, now),
        };
        let (token, seconds) = repeated.unwrap_or_else(|| {
            let lifetime = self.lifetime(profile);
            let tokens = &mut self.gates.tokens;
            let token = tokens.issue(&client.credential, now, lifetime);
            (token, lifetime.as_secs())
        });
        let expires_in = answers.expires_in.unwrap_or(profile.token.expires_in.value);
        endpoint::grant(expires_in, &token, seconds)
    }

    /// How long a token lives that is issued now, all defects considered.
    pub(super) fn lifetime(&self, profile: &Profile) -> Duration {
        if self.defects.has(Defect::ShortTokens) {
            Duration::from_secs(2)
        } else {
            self.token_lifetime.unwrap_or(profile.token_lifetime.value)
        }
    }

    /// Makes every token issued so far invalid.
    pub fn revoke_tokens(&mut self) {
        self.gates.tokens.revoke_all();
    }

    /// Answers `request`, which arrived at `now` from an address that does not matter. Moments
    /// never go back from call to call.
    pub fn handle(&mut self, now: Timestamp, request: &Request) -> Reply {
        self.handle_from(now, request, None)
    }

    /// As [`Platform::handle`]; `peer` is the address, without its port, that the request came
    /// from.
    pub fn handle_from(&mut self, now: Timestamp, request: &Request, peer: Option<&str>) -> Reply {
        self.counters.requests += 1;
        let everybody = Arc::clone(&self.profile);
        let application = request
            .headers
            .get(&everybody.headers.application.value)
            .map(str::trim);
        let profile = application.map_or(&*everybody, |name| everybody.for_application(name));
        let passage = Passage {
            now,
            request,
            peer,
            profile,
            application: application.filter(|_| !std::ptr::eq(profile, &raw const *everybody)),
        };
        if !std::mem::replace(&mut self.begun, true) {
            self.store.begin(now);
        }
        self.store.delete_old(now, profile.retention.batches.value);

        let model = &profile.latency_model;
        let latency = model.base.value + model.spread.value.mul_f64(self.latencies.unit());
        let own_id = uuid(&mut self.correlations);
        let interaction = request.headers.get(&profile.headers.interaction_id.value);
        let mut manner = Manner::default();
        let mut response = match self.serve(passage, &mut manner) {
            Ok(Served::Response(response)) => response,
            Ok(Served::Cut(ending)) => return Reply::Cut { latency, ending },
            Err(refusal) => {
                let correlation = interaction
                    .filter(|interaction| !interaction.trim().is_empty())
                    .map_or_else(|| own_id.to_string(), str::to_owned);
                refusal.into_response(request.path(), &correlation)
            }
        };
        if let Some(interaction) = interaction {
            let name = &profile.headers.interaction_id.value;
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

    fn serve(&mut self, passage: Passage<'_>, manner: &mut Manner) -> Result<Served, Refusal> {
        let Passage {
            now,
            request,
            profile,
            ..
        } = passage;
        let destination = self.routes.find(&request.method, request.path())?;
        let caller = destination.operation.caller();
        let client = match caller {
            Caller::Everybody => None,
            Caller::Client => Some(endpoint::authenticate(profile, request, &self.clients)?),
            Caller::Provider | Caller::Product => {
                let client = self.gates.authenticate(
                    profile,
                    &self.defects,
                    &self.clients,
                    caller,
                    now,
                    request,
                )?;
                Gates::check_application(profile, request)?;
                Some(client)
            }
        };
        if caller == Caller::Provider {
            self.gates.check_interaction(profile, request)?;
        }
        let client = client.as_ref();
        match self.next_fault(now, &destination) {
            None => {}
            Some(FaultKind::Delay(late)) => manner.delay = late,
            Some(FaultKind::SlowBody(time)) => manner.delivery = Delivery::Slow(time),
            Some(FaultKind::ResetMidAnswer) => manner.delivery = Delivery::Half(Ending::Reset),
            Some(FaultKind::Truncated) => manner.delivery = Delivery::Half(Ending::Closed),
            Some(FaultKind::Cut) => return Ok(Served::Cut(Ending::Closed)),
            Some(FaultKind::Reset) => return Ok(Served::Cut(Ending::Reset)),
            Some(FaultKind::CutAfterEffect) => {
                let _unheard = self.act(passage, &destination, client);
                return Ok(Served::Cut(Ending::Closed));
            }
            Some(FaultKind::ResetAfterEffect) => {
                let _unheard = self.act(passage, &destination, client);
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
        self.act(passage, &destination, client)
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
        passage: Passage<'_>,
        destination: &Destination,
        client: Option<&Client>,
    ) -> Result<Response, Refusal> {
        let Some(client) = client else {
            return Ok(answer::json(200, &self.jwks()));
        };
        let Passage {
            now,
            request,
            profile,
            ..
        } = passage;
        self.check_rate(passage, destination, client)?;
        if destination.operation == Operation::Token {
            return Ok(self.grant(profile, client, now));
        }
        let body = if destination.operation.takes_body() {
            gate::read_body(profile, request)?
        } else {
            Value::Null
        };
        let header = &profile.headers.idempotency_key.value;
        let key = request.headers.get(header).filter(|_| {
            destination.operation.caller() == Caller::Product && destination.operation.takes_body()
        });
        if let Some(key) = key
            && let Some(response) = self.answers.recall(client, key, request, now)?
        {
            return Ok(response);
        }
        let response = endpoint::serve(&mut Call {
            profile,
            defects: &self.defects,
            clients: &self.clients,
            client,
            store: &mut self.store,
            rules: &mut self.rules,
            identifiers: &mut self.identifiers,
            now,
            destination,
            request,
            body: &body,
        })?;
        if let Some(key) = key {
            let lifetime = profile.idempotency_lifetime.value;
            self.answers
                .remember(client, key, request, &response, now, lifetime);
        }
        if let Some(occurrence) =
            Occurrence::of(destination, &body, &response, &self.store, &self.tenant)
        {
            self.tell(now, &occurrence);
        }
        Ok(response)
    }

    fn check_rate(
        &mut self,
        passage: Passage<'_>,
        destination: &Destination,
        client: &Client,
    ) -> Result<(), Refusal> {
        let exempt = destination.operation == Operation::Token
            && passage.profile.throttle.token_endpoint.value == TokenThrottle::Exempt;
        if exempt || self.defects.has(Defect::No429) {
            return Ok(());
        }
        let asker = Asker {
            client_id: client.credential.client_id,
            owner: client.owner,
            peer: passage.peer,
            group: destination.operation.group(),
            application: passage.application,
        };
        self.gates.check_rate(passage.profile, &asker, passage.now)
    }
}
