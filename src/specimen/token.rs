//! Keeps the access token.

use std::time::Duration;

use serde_json::json;

use crate::auth::client_basic;
use crate::base::{Random, Secret, Timestamp, later};
use crate::exchange::{Body, Headers, Outcome, Request};
use crate::profile::ClientAuthentication;

use super::effort::{Effort, Fate};
use super::{
    LifeCount, Patience, Policy, Refusal, RetryPolicy, Settings, TokenPolicy, TokenReuse,
    UnknownLife,
};

/// An access token.
#[derive(Clone, Debug)]
pub(super) struct Token {
    /// Its number among those that were received.
    pub(super) number: u64,
    /// What is sent.
    pub(super) value: Secret,
    /// When it was asked for: nobody can know more exactly when its life began.
    asked: Timestamp,
    lifetime: Option<Duration>,
    used: Use,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    NotYet,
    Before,
}

/// Whoever issues tokens with a shorter life than this has them used once all the same.
const SHORTEST_LIFE: Duration = Duration::from_secs(1);

/// The tokens of one client.
#[derive(Clone, Debug)]
pub(super) struct Tokens {
    policy: TokenPolicy,
    current: Option<Token>,
    received: u64,
    /// Of the fetch for everybody.
    effort: Effort,
    fetch: Fetch,
}

/// How far the fetch for everybody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fetch {
    /// There is none.
    Idle,
    /// It was sent at this moment.
    Asked(Timestamp),
    /// It failed, and is tried again at this moment.
    Resting(Timestamp),
}

/// What an operation can have.
#[derive(Clone, Debug)]
pub(super) enum Supply {
    /// This token.
    Token(Token),
    /// This one, while another is asked for.
    Aging(Token),
    /// None before another was asked for.
    None,
}

impl Tokens {
    pub(super) fn new(policy: TokenPolicy) -> Self {
        Self {
            policy,
            current: None,
            received: 0,
            effort: Effort::default(),
            fetch: Fetch::Idle,
        }
    }

    /// What there is at `now` for an operation that did not fetch one for itself.
    pub(super) fn supply(&self, now: Timestamp) -> Supply {
        let Some(token) = &self.current else {
            return Supply::None;
        };
        match (self.policy.reuse, token.lifetime) {
            (TokenReuse::Once, _) => Supply::None,
            (TokenReuse::UntilRefused, _)
            | (TokenReuse::UntilExpiry { .. } | TokenReuse::FixedSkew(_), None) => {
                match (self.policy.unknown, token.used) {
                    (UnknownLife::Once, Use::Before) => Supply::None,
                    (UnknownLife::Once, Use::NotYet) | (UnknownLife::UntilRefused, _) => {
                        Supply::Token(token.clone())
                    }
                }
            }
            (TokenReuse::FixedSkew(skew), Some(lifetime)) => {
                if token.used == Use::NotYet {
                    Supply::Token(token.clone())
                } else if now >= later(token.asked, lifetime.saturating_sub(skew)) {
                    Supply::None
                } else {
                    Supply::Token(token.clone())
                }
            }
            (TokenReuse::UntilExpiry { .. }, Some(lifetime))
                if lifetime < SHORTEST_LIFE && token.used == Use::NotYet =>
            {
                Supply::Token(token.clone())
            }
            (TokenReuse::UntilExpiry { skew }, Some(lifetime)) => {
                // The request is on its way for a while.
                let margin = Duration::from_secs(2).min(lifetime / 20);
                if now >= later(token.asked, lifetime.saturating_sub(margin)) {
                    Supply::None
                } else if now >= later(token.asked, lifetime.saturating_sub(skew.min(lifetime / 5)))
                {
                    Supply::Aging(token.clone())
                } else {
                    Supply::Token(token.clone())
                }
            }
        }
    }

    /// Whether a fetch for everybody may be sent at `now`; if so it counts as sent.
    pub(super) fn begin(&mut self, now: Timestamp) -> bool {
        let may = match self.fetch {
            Fetch::Idle => true,
            Fetch::Resting(until) => until <= now,
            Fetch::Asked(_) => false,
        };
        if may {
            self.fetch = Fetch::Asked(now);
        }
        may
    }

    /// When the fetch for everybody is tried again.
    pub(super) fn rests_until(&self) -> Option<Timestamp> {
        match self.fetch {
            Fetch::Resting(until) => Some(until),
            Fetch::Idle | Fetch::Asked(_) => None,
        }
    }

    /// Takes note of what became of the fetch for everybody, and says whether there is hope.
    pub(super) fn settle(
        &mut self,
        policy: &RetryPolicy,
        now: Timestamp,
        outcome: &Outcome,
        chance: &mut Random,
    ) -> Hope {
        let Fetch::Asked(asked) = self.fetch else {
            return Hope::There;
        };
        let refusal = Refusal::GivenUp;
        let fate = self.effort.judge(policy, refusal, now, outcome, 0, chance);
        self.fetch = Fetch::Idle;
        match fate {
            Fate::Done => {
                self.effort = Effort::default();
                match self.receive(asked, outcome) {
                    Some(_) => Hope::There,
                    None => Hope::Gone,
                }
            }
            Fate::Again { at, .. } => {
                self.fetch = Fetch::Resting(match self.policy.patience {
                    Patience::AsElsewhere => at,
                    Patience::None => now,
                });
                Hope::There
            }
            Fate::Renewed | Fate::Lost => {
                self.effort = Effort::default();
                Hope::Gone
            }
        }
    }

    /// Keeps the token that an answer to a request of the moment `asked` holds.
    pub(super) fn receive(&mut self, asked: Timestamp, outcome: &Outcome) -> Option<Token> {
        let Outcome::Response(response) = outcome else {
            return None;
        };
        let answer = response.body.json()?;
        let value = answer["access_token"].as_str()?;
        self.received += 1;
        let said = answer["expires_in"].as_u64().map(Duration::from_secs);
        let earlier = self.current.as_ref();
        let earlier = earlier.filter(|earlier| earlier.value.expose() == value);
        let lifetime = match (self.policy.life, earlier) {
            (LifeCount::First, Some(earlier)) => earlier.lifetime,
            (LifeCount::First | LifeCount::Latest, _) => said,
        };
        let token = Token {
            number: self.received,
            value: Secret::new(value),
            asked,
            lifetime,
            used: Use::NotYet,
        };
        self.current = Some(token.clone());
        Some(token)
    }

    /// Takes note that the token `number` is sent.
    pub(super) fn take(&mut self, number: u64) {
        if let Some(token) = &mut self.current
            && token.number == number
        {
            token.used = Use::Before;
        }
    }

    /// Takes note that the platform refused the token `number`.
    pub(super) fn refuse(&mut self, number: u64) {
        if self
            .current
            .as_ref()
            .is_some_and(|token| token.number == number)
        {
            self.current = None;
        }
    }
}

/// Whether a token may still come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hope {
    There,
    Gone,
}

/// The request for a token.
pub(super) fn request(settings: &Settings, policy: &Policy) -> Request {
    let mut body = json!({
        "grant_type": "client_credentials",
        "audience": settings.audience,
    });
    let mut headers = Headers::from_iter([
        ("content-type", "application/json"),
        ("accept", "application/json"),
    ]);
    let (id, secret) = (&settings.client_id, settings.client_secret.expose());
    match settings.dialect.client_authentication {
        ClientAuthentication::Body | ClientAuthentication::Either => {
            body["client_id"] = json!(id);
            body["client_secret"] = json!(secret);
        }
        ClientAuthentication::Basic => headers.push("authorization", client_basic(id, secret)),
    }
    if let Some(scope) = &policy.tokens.scope {
        body["scope"] = json!(scope);
    }
    let mut request = Request {
        method: "POST".into(),
        url: settings.token_url.clone(),
        headers,
        body: Body::from(body.to_string()),
    };
    policy.exposure.mark_token_request(&mut request);
    request
}
