//! An item's request: resolved, signed, sent, and sent again where the server asks for proof.

use serde_json::Value;

use super::dispatcher::{Dispatch, Dispatched};
use super::execution::{Execution, ScriptRequest};
use super::request::{ResolvedRequest, SignContext, SignedRequest};
use super::scripting::{received, script_response};
use super::session::{RunError, Session, Stage};
use crate::auth::AuthError;
use crate::collection::RequestTemplate;
use crate::event::{EventKind, Listen, Origin};
use crate::exchange::{Failure, FailureKind, Headers, Outcome};
use crate::script::ScriptResponse;
use crate::variable::Resolver;

/// How often a request is sent again to prove who sends it (newman).
const MOST_REPLAYS: usize = 3;

impl Session {
    /// Resolves, signs and sends the item's request.
    pub(super) async fn send(
        &mut self,
        stage: &Stage<'_>,
        template: &RequestTemplate,
        auth: Option<&Value>,
        execution: &mut Execution,
    ) -> Result<Option<ScriptResponse>, RunError> {
        let now = self.clock.now();
        let mut resolver = Resolver::new(&self.scopes, &mut self.chance, now);
        let mut resolved = ResolvedRequest::resolve(template, auth, &mut resolver);
        execution.request = Some(resolved.shown());
        if resolved.is_without_url() {
            let failure = Failure {
                kind: FailureKind::Address,
                message: "runtime:extensions~request: request url is empty".into(),
            };
            self.fail(stage, failure, execution)?;
            return Ok(None);
        }
        if let Some(auth) = resolved.auth_mut() {
            self.fetch_token(stage, auth).await?;
        }
        let owner = stage.step.auth.as_ref();
        let signed = resolved.sign(SignContext {
            behavior: &stage.step.behavior,
            files: stage.host.files,
            chance: &mut self.chance,
            user_agent: &self.options.user_agent,
            compatibility: self.options.compatibility,
            now,
            challenge: self.proofs.challenge(owner),
        });
        let mut signed = match signed {
            Ok(signed) => signed,
            Err(error) => {
                self.refuse(stage, &error, execution)?;
                return Ok(None);
            }
        };
        for message in std::mem::take(&mut signed.warnings) {
            let level = "warn".to_owned();
            self.dispatcher.emit(EventKind::Console {
                step: stage.number,
                level,
                message,
            })?;
        }
        let mut replays = 0;
        loop {
            let sent = self.put_on_the_wire(stage, &signed, execution).await?;
            let exchange = &sent.exchange;
            let asked = match exchange.response() {
                Some(response) => {
                    let challenge = self.proofs.challenge_mut(owner);
                    resolved.answered(response, challenge, &mut self.chance)
                }
                None => Ok(false),
            };
            match asked {
                Ok(true) if replays < MOST_REPLAYS => {}
                Ok(_) => {
                    let wire_size = sent.wire_size;
                    return Ok(script_response(&self.dispatcher, exchange, wire_size).ok());
                }
                Err(error) => {
                    self.refuse(stage, &error, execution)?;
                    return Ok(None);
                }
            }
            replays += 1;
            // newman counts and lists what was refused, as it does with the requests of scripts.
            if let (Some(request), Some(response)) = (&execution.request, &execution.response) {
                stage.host.requests.borrow_mut().push(ScriptRequest {
                    listen: Listen::Prerequest,
                    request: request.clone(),
                    outcome: Ok(response.clone()),
                });
            }
            let cookies = exchange.request.headers.get("cookie").map(str::to_owned);
            let challenge = self.proofs.challenge(owner);
            let now = self.clock.now();
            signed = match resolved.sign_again(signed, cookies, challenge, now, &mut self.chance) {
                Ok(signed) => signed,
                Err(error) => {
                    self.refuse(stage, &error, execution)?;
                    return Ok(None);
                }
            };
        }
    }

    /// Sends a signed request and notes what became of it.
    async fn put_on_the_wire(
        &mut self,
        stage: &Stage<'_>,
        signed: &SignedRequest,
        execution: &mut Execution,
    ) -> Result<Dispatched, RunError> {
        execution.request = Some(signed.shown.clone());
        let dispatched = self
            .dispatcher
            .dispatch(Dispatch {
                step: stage.number,
                origin: Origin::Item,
                request: signed.request.clone(),
                retried: true,
                paced: stage.host.paced,
                redirects: stage.host.redirects,
                cookies: stage.step.behavior.get("disableCookies") != Some(&Value::Bool(true)),
                timeout: self.options.request_timeout,
            })
            .await?;
        let exchange = &dispatched.exchange;
        if let Some(shown) = &mut execution.request {
            show_values(shown, &exchange.request.headers);
        }
        match &exchange.outcome {
            Outcome::Failure(failure) => execution.request_error = Some(failure.clone()),
            Outcome::Response(response) => {
                let wire_size = dispatched.wire_size;
                let received = received(&self.dispatcher, exchange, response, wire_size);
                execution.response = Some(received);
            }
        }
        Ok(dispatched)
    }

    /// Notes that the request cannot be signed.
    fn refuse(
        &self,
        stage: &Stage<'_>,
        error: &AuthError,
        execution: &mut Execution,
    ) -> Result<(), RunError> {
        let failure = Failure {
            kind: FailureKind::Address,
            message: error.to_string(),
        };
        self.fail(stage, failure, execution)
    }

    /// Notes that nothing is sent.
    fn fail(
        &self,
        stage: &Stage<'_>,
        failure: Failure,
        execution: &mut Execution,
    ) -> Result<(), RunError> {
        self.dispatcher.emit(EventKind::RequestFailed {
            step: stage.number,
            failure: failure.clone(),
        })?;
        execution.request_error = Some(failure);
        Ok(())
    }
}

/// Gives the header rows of the shown request the values that were sent last: another attempt may
/// have had fresh ones.
fn show_values(shown: &mut Value, sent: &Headers) {
    for row in shown["header"].as_array_mut().into_iter().flatten() {
        let is_enabled = row.get("disabled") != Some(&Value::Bool(true));
        let value = row.get("key").and_then(Value::as_str).and_then(|key| {
            // Of repeated headers only the collection knows which is which.
            let mut values = sent.all(key);
            values
                .next()
                .filter(|_| is_enabled && values.next().is_none())
                .map(str::to_owned)
        });
        if let Some(value) = value {
            row["value"] = Value::String(value);
        }
    }
}
