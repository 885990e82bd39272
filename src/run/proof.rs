//! What servers want to see of a client, kept for the requests that have the same auth.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::dispatcher::Dispatch;
use super::session::{RunError, Session, Stage};
use crate::auth::{Challenge, TokenRequest};
use crate::base::{Timestamp, later};
use crate::collection::Compatibility;
use crate::event::{EventKind, Origin};

/// A token is fetched anew so long before it ends.
const MARGIN: Duration = Duration::from_secs(10);

/// Challenges and tokens of a run.
#[derive(Default)]
pub(super) struct Proofs {
    /// By the auth of the collection, the folder or the item that has it.
    challenges: HashMap<usize, Challenge>,
    tokens: Vec<Token>,
    none: Challenge,
}

/// A token that was fetched.
struct Token {
    request: TokenRequest,
    answer: Value,
    ends: Option<Timestamp>,
}

impl Proofs {
    /// What a server asked of whoever has `auth`.
    pub(super) fn challenge(&self, auth: Option<&Arc<Value>>) -> &Challenge {
        self.challenges.get(&identity(auth)).unwrap_or(&self.none)
    }

    /// The same, to learn more.
    pub(super) fn challenge_mut(&mut self, auth: Option<&Arc<Value>>) -> &mut Challenge {
        self.challenges.entry(identity(auth)).or_default()
    }
}

/// Which auth it is: those that are inherited are one.
fn identity(auth: Option<&Arc<Value>>) -> usize {
    auth.map_or(0, |auth| Arc::as_ptr(auth).addr())
}

impl Session {
    /// Gives an `oauth2` auth the token that it describes and does not have. newman never does.
    pub(super) async fn fetch_token(
        &mut self,
        stage: &Stage<'_>,
        auth: &mut Value,
    ) -> Result<(), RunError> {
        let Some(request) = TokenRequest::of(auth) else {
            return Ok(());
        };
        if self.options.compatibility == Compatibility::Newman {
            return Ok(());
        }
        let now = self.clock.now();
        let tokens = &mut self.proofs.tokens;
        tokens.retain(|token| token.ends.is_none_or(|ends| now < ends));
        if let Some(token) = tokens.iter().find(|token| token.request == request) {
            TokenRequest::put(auth, &token.answer);
            return Ok(());
        }
        let dispatched = self
            .dispatcher
            .dispatch(Dispatch {
                step: stage.number,
                origin: Origin::Script,
                request: request.request().clone(),
                retried: true,
                paced: stage.host.paced,
                redirects: stage.host.redirects,
                cookies: false,
                timeout: self.options.request_timeout,
            })
            .await?;
        let response = dispatched.exchange.response();
        let answer = response.and_then(|response| response.body.json());
        if let Some(answer) = answer.filter(|answer| TokenRequest::put(auth, answer)) {
            let lifetime = answer.get("expires_in").and_then(Value::as_u64);
            let ends = lifetime
                .map(|seconds| later(now, Duration::from_secs(seconds).saturating_sub(MARGIN)));
            self.proofs.tokens.push(Token {
                request,
                answer,
                ends,
            });
            return Ok(());
        }
        let said = match response {
            Some(response) => format!("answered {}", response.status),
            None => "did not answer".to_owned(),
        };
        let url = &request.request().url;
        self.dispatcher.emit(EventKind::Console {
            step: stage.number,
            level: "warn".to_owned(),
            message: format!("no access token was fetched: {url} {said}"),
        })?;
        Ok(())
    }
}
