//! Sends what the errands ask for: in order, at the agreed rate, with a token, as often as needed.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::base::{Random, Timestamp, uuid};
use crate::exchange::{Body, Headers, Outcome, Request, Response};

use super::effort::{Effort, Fate};
use super::errand::Ask;
use super::offer::date;
use super::pace::Pace;
use super::token::{self, Hope, Supply, Token, Tokens};
use super::{
    Application, Call, Flight, IdempotencyKey, InteractionId, Output, Pause, Policy, Refusal,
    Resent, Settings, TokenReuse,
};

/// What a connector sends and waits for.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    /// In the order in which they were asked for.
    waiting: BTreeMap<u64, Operation>,
    calls: BTreeMap<Call, Purpose>,
    /// Operations that were sent, or fetch a token for themselves.
    under_way: usize,
    tokens: Tokens,
    pace: Pace,
    /// Until when nothing is sent with the credential.
    paused: Timestamp,
    /// How often it was throttled since anything succeeded; what was under way together counts
    /// once.
    strain: u32,
    operations: u64,
    requests: u64,
    waits: Random,
    identifiers: Random,
    constant: String,
}

/// One thing to be done at the platform, however often it takes.
#[derive(Clone, Debug)]
struct Operation {
    number: u64,
    errand: u64,
    method: &'static str,
    url: String,
    body: Body,
    effort: Effort,
    /// When it may be sent.
    ready: Timestamp,
    /// The id that all its requests have, where the policy wants that.
    interaction: String,
    /// A token that it fetched for itself.
    own: Option<Token>,
}

/// Why a request was sent.
#[derive(Clone, Debug)]
enum Purpose {
    /// For a token for everybody.
    Token,
    /// For a token for this operation.
    OwnToken {
        operation: Operation,
        asked: Timestamp,
    },
    /// For the keys of the issuer of notifications.
    Keys,
    /// For this operation, with the token of that number.
    Operation { operation: Operation, token: u64 },
}

/// What an answer settles.
#[derive(Clone, Debug)]
pub(super) enum Settled {
    /// Operations of these errands: with the response, or lost.
    Operations(Vec<(u64, Option<Response>)>),
    /// The keys were asked for.
    Keys(Outcome),
}

impl Desk {
    pub(super) fn new(policy: &Policy, chance: &Random) -> Self {
        let mut identifiers = chance.fork("interaction ids");
        Self {
            waiting: BTreeMap::new(),
            calls: BTreeMap::new(),
            under_way: 0,
            tokens: Tokens::new(policy.tokens.clone()),
            pace: Pace::new(policy.pacing),
            paused: Timestamp::MIN,
            strain: 0,
            operations: 0,
            requests: 0,
            waits: chance.fork("waits"),
            constant: uuid(&mut identifiers).to_string(),
            identifiers,
        }
    }

    /// Puts in the queue what `errand` asks for.
    /// It is not sent before `ready`.
    pub(super) fn add(&mut self, ready: Timestamp, errand: u64, ask: Ask, settings: &Settings) {
        self.operations += 1;
        let number = self.operations;
        let operation = Operation {
            number,
            errand,
            method: ask.method,
            url: format!("{}{}", settings.api_url, ask.path),
            body: ask
                .body
                .map_or_else(Body::default, |body| Body::from(body.to_string())),
            effort: Effort::default(),
            ready,
            interaction: uuid(&mut self.identifiers).to_string(),
            own: None,
        };
        self.waiting.insert(number, operation);
    }

    /// Sends what can be sent at `now`.
    pub(super) fn send(
        &mut self,
        now: Timestamp,
        settings: &Settings,
        policy: &Policy,
        out: &mut Vec<Output>,
    ) {
        while self.under_way < policy.concurrency && self.paused <= now {
            let ready = self.waiting.values().find(|one| one.ready <= now);
            let Some(number) = ready.map(|operation| operation.number) else {
                return;
            };
            let own = ready.and_then(|operation| operation.own.clone());
            let token = match own.map_or_else(|| self.tokens.supply(now), Supply::Token) {
                Supply::Token(token) => token,
                Supply::Aging(token) => {
                    self.fetch_token(now, settings, policy, out);
                    token
                }
                Supply::None if fetches_for_itself(policy) => {
                    if let Some(operation) = self.waiting.remove(&number) {
                        self.under_way += 1;
                        let purpose = Purpose::OwnToken {
                            operation,
                            asked: now,
                        };
                        self.call(purpose, token::request(settings, policy), out);
                    }
                    continue;
                }
                Supply::None => {
                    self.fetch_token(now, settings, policy, out);
                    return;
                }
            };
            if self.pace.next(now).is_some() {
                return;
            }
            self.pace.take(now);
            self.tokens.take(token.number);
            if let Some(mut operation) = self.waiting.remove(&number) {
                operation.own = None;
                if policy.retry.resent == Resent::Anew && operation.effort.has_begun() {
                    operation.body = anew(&operation.body, now);
                }
                let request = self.request(&operation, &token, settings, policy);
                self.under_way += 1;
                let purpose = Purpose::Operation {
                    operation,
                    token: token.number,
                };
                self.call(purpose, request, out);
            }
        }
    }

    /// Asks for the keys of the issuer of notifications.
    pub(super) fn fetch_keys(&mut self, url: String, out: &mut Vec<Output>) {
        let request = Request {
            method: "GET".into(),
            url,
            headers: Headers::from_iter([("accept", "application/json")]),
            body: Body::default(),
        };
        self.call(Purpose::Keys, request, out);
    }

    /// Takes note of the outcome of a request, and says what it settles.
    pub(super) fn answered(
        &mut self,
        now: Timestamp,
        call: Call,
        outcome: Outcome,
        policy: &Policy,
    ) -> Settled {
        let settled = match self.calls.remove(&call) {
            // An answer to nothing: whoever runs the connector made it up.
            None => Vec::new(),
            Some(Purpose::Keys) => return Settled::Keys(outcome),
            Some(Purpose::Token) => {
                let retry = &policy.retry;
                match self.tokens.settle(retry, now, &outcome, &mut self.waits) {
                    Hope::There => Vec::new(),
                    // Without a token nothing can be done.
                    Hope::Gone => std::mem::take(&mut self.waiting)
                        .into_values()
                        .map(|operation| (operation.errand, None))
                        .collect(),
                }
            }
            Some(Purpose::OwnToken {
                mut operation,
                asked,
            }) => {
                self.under_way -= 1;
                operation.own = self.tokens.receive(asked, &outcome);
                if operation.own.is_some() {
                    operation.ready = now;
                    self.waiting.insert(operation.number, operation);
                    Vec::new()
                } else if matches!(status(&outcome), Some(200..=299)) {
                    // An answer without a token is not the answer to the operation.
                    vec![(operation.errand, None)]
                } else {
                    self.judge(now, operation, outcome, Refusal::GivenUp, policy)
                }
            }
            Some(Purpose::Operation { operation, token }) => {
                self.under_way -= 1;
                match status(&outcome) {
                    Some(401) if policy.tokens.refusal == Refusal::Renewed => {
                        self.tokens.refuse(token);
                    }
                    Some(429) if self.paused <= now => self.strain += 1,
                    Some(200..=299) => self.strain = 0,
                    Some(_) | None => {}
                }
                self.judge(now, operation, outcome, policy.tokens.refusal, policy)
            }
        };
        Settled::Operations(settled)
    }

    /// When something can be sent that cannot be sent at `now`, if nothing is answered before.
    pub(super) fn next_due(&self, now: Timestamp, policy: &Policy) -> Option<Timestamp> {
        if self.under_way >= policy.concurrency {
            return None;
        }
        let ready = self.waiting.values().map(|operation| operation.ready).min();
        let due = ready?.max(self.paused);
        if due > now {
            return Some(due);
        }
        let has_token = self
            .waiting
            .values()
            .any(|one| one.own.is_some() && one.ready <= now);
        match self.tokens.supply(now) {
            Supply::None if !has_token => self.tokens.rests_until(),
            Supply::Token(_) | Supply::Aging(_) | Supply::None => self.pace.next(now),
        }
    }

    fn judge(
        &mut self,
        now: Timestamp,
        mut operation: Operation,
        outcome: Outcome,
        refusal: Refusal,
        policy: &Policy,
    ) -> Vec<(u64, Option<Response>)> {
        let strain = match policy.retry.pause {
            Pause::Credential if status(&outcome) == Some(429) => self.strain,
            Pause::Credential | Pause::Operation => 0,
        };
        let retry = &policy.retry;
        let fate = operation
            .effort
            .judge(retry, refusal, now, &outcome, strain, &mut self.waits);
        operation.ready = match fate {
            Fate::Done | Fate::Lost => {
                let response = match outcome {
                    Outcome::Response(response) if fate == Fate::Done => Some(response),
                    Outcome::Response(_) | Outcome::Failure(_) => None,
                };
                return vec![(operation.errand, response)];
            }
            Fate::Renewed => now,
            Fate::Again { at, pause } => {
                self.paused = self.paused.max(pause.unwrap_or(Timestamp::MIN));
                at
            }
        };
        self.waiting.insert(operation.number, operation);
        Vec::new()
    }

    fn fetch_token(
        &mut self,
        now: Timestamp,
        settings: &Settings,
        policy: &Policy,
        out: &mut Vec<Output>,
    ) {
        if self.tokens.begin(now) {
            self.call(Purpose::Token, token::request(settings, policy), out);
        }
    }

    fn call(&mut self, purpose: Purpose, request: Request, out: &mut Vec<Output>) {
        self.requests += 1;
        let call = Call(self.requests);
        self.calls.insert(call, purpose);
        out.push(Output::Send(call, request));
    }

    fn request(
        &mut self,
        operation: &Operation,
        token: &Token,
        settings: &Settings,
        policy: &Policy,
    ) -> Request {
        let dialect = &settings.dialect;
        let mut headers = Headers::from_iter([
            (
                "authorization",
                format!("Bearer {}", token.value.expose()).as_str(),
            ),
            (&dialect.api_key_header, settings.api_key.expose()),
            ("accept", "application/json"),
        ]);
        match policy.application {
            Application::Named => {
                headers.push(&dialect.application_header, settings.application.as_str());
            }
            Application::Absent => {}
        }
        if !operation.body.is_empty() {
            headers.push("content-type", "application/json");
        }
        let interaction = match policy.interaction_id {
            InteractionId::Fresh => Some(uuid(&mut self.identifiers).to_string()),
            InteractionId::PerOperation => Some(operation.interaction.clone()),
            InteractionId::Constant => Some(self.constant.clone()),
            InteractionId::Malformed => Some(format!("request-{}", self.requests + 1)),
            InteractionId::Absent => None,
        };
        if let Some(interaction) = interaction {
            headers.push(dialect.interaction_id_header.clone(), interaction);
        }
        let key = match policy.telling.key {
            IdempotencyKey::Absent => None,
            IdempotencyKey::PerOperation => Some(&operation.interaction),
            IdempotencyKey::Constant => Some(&self.constant),
        };
        if let Some(key) = key.filter(|_| operation.method == "PATCH") {
            headers.push(dialect.idempotency_key_header.clone(), key.clone());
        }
        let mut request = Request {
            method: operation.method.into(),
            url: operation.url.clone(),
            headers,
            body: operation.body.clone(),
        };
        let exposure = policy.exposure;
        exposure.mark_request(&mut request, token.value.expose(), settings);
        request
    }
}

fn status(outcome: &Outcome) -> Option<u16> {
    match outcome {
        Outcome::Response(response) => Some(response.status),
        Outcome::Failure(_) => None,
    }
}

/// A body whose moments are those of `now`.
fn anew(body: &Body, now: Timestamp) -> Body {
    match body.json() {
        Some(mut json) => {
            set_moments(&mut json, &date(now));
            Body::from(json.to_string())
        }
        None => body.clone(),
    }
}

fn set_moments(value: &mut Value, moment: &str) {
    match value {
        Value::String(text) if text.parse::<Timestamp>().is_ok() => moment.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|item| set_moments(item, moment)),
        Value::Object(members) => {
            members
                .values_mut()
                .for_each(|member| set_moments(member, moment));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whether each operation that has no token fetches one for itself.
fn fetches_for_itself(policy: &Policy) -> bool {
    policy.tokens.flight == Flight::Each || policy.tokens.reuse == TokenReuse::Once
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_anew_has_other_moments_and_nothing_else() {
        let body = r#"{"data":{"payments":[{"at":"2026-01-01T00:00:00Z","id":"p-1","n":1}]}}"#;
        let now: Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
        assert_eq!(
            anew(&Body::from(body.to_owned()), now).text(),
            Some(r#"{"data":{"payments":[{"at":"2026-03-01T10:00:00Z","id":"p-1","n":1}]}}"#)
        );
        let words = Body::from("no JSON".to_owned());
        assert_eq!(anew(&words, now).text(), Some("no JSON"));
    }
}
