//! The Sage product: what it asks of the platform, and how it copes with refusals.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::auth::client_basic;
use crate::base::{Random, Timestamp, later, uuid};
use crate::event::{Attempt, EventKind, Origin};
use crate::exchange::{
    Body, Exchange, Failure, FailureKind, Headers, Outcome, Request, Response, RetryAfter, Timing,
    Vantage,
};
use crate::mock::{Credential, Platform, Reply, Tenant};
use crate::observe::MessageKind;
use crate::profile::{ClientAuthentication, Profile};

/// How long the product waits before it tries again, where the platform does not say: at first, and
/// at most. It waits twice as long each time.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(32));

/// How many times it tries, and how many times it asks for a token.
const ATTEMPTS: u32 = 10;

/// What the product calls itself unless it is told otherwise.
const APPLICATION: &str = "sage.intacct";

/// The product as a client of the platform.
#[derive(Clone, Debug)]
pub(super) struct Product {
    chance: Random,
    /// What it calls itself: what a profile says of that alone holds for what it submits.
    application: String,
    token: Option<Token>,
    /// How often in a row it asked for a token and got none.
    vain: u32,
    groups: u64,
}

#[derive(Clone, Debug)]
struct Token {
    value: String,
    /// None where the platform does not say: it is used until it is refused.
    end: Option<Timestamp>,
}

/// Something that the product wants of the platform.
#[derive(Clone, Debug)]
pub(super) struct Errand {
    /// For what.
    pub(super) purpose: Purpose,
    method: &'static str,
    path: String,
    body: Option<Value>,
    key: Option<String>,
    group: u64,
    attempts: u32,
    renewals: u32,
}

/// What an errand is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The subscription under which the scenario is played.
    Venue,
    /// Another subscription.
    Subscription,
    /// A batch.
    Batch,
    /// A message under this subscription.
    Message(MessageKind, Uuid),
    /// To see how things stand.
    Read,
}

/// What the platform said.
#[derive(Clone, Debug)]
pub(super) enum Said {
    /// It did what it was asked.
    Done(Response),
    /// Not now; the product tries again then.
    Later(Timestamp),
    /// It will not.
    Refused(String),
}

impl Product {
    pub(super) fn new(chance: Random) -> Self {
        Self {
            chance,
            application: APPLICATION.to_owned(),
            token: None,
            vain: 0,
            groups: 0,
        }
    }

    /// The product under another name.
    pub(super) fn named(self, application: &str) -> Self {
        Self {
            application: application.to_owned(),
            ..self
        }
    }

    /// What it calls itself.
    pub(super) fn application(&self) -> &str {
        &self.application
    }

    /// An errand that was not run yet. With a body it is a POST, without one a GET.
    pub(super) fn errand(&mut self, purpose: Purpose, path: String, body: Option<Value>) -> Errand {
        self.groups += 1;
        Errand {
            purpose,
            method: if body.is_some() { "POST" } else { "GET" },
            path,
            key: body.is_some().then(|| uuid(&mut self.chance).to_string()),
            body,
            group: self.groups,
            attempts: 0,
            renewals: 0,
        }
    }

    /// Tries an errand at `now`; what went over the wire is added to `events`.
    pub(super) fn run(
        &mut self,
        now: Timestamp,
        platform: &mut Platform,
        errand: &mut Errand,
        events: &mut Vec<EventKind>,
    ) -> Said {
        loop {
            let token = match self.token(now, platform, events) {
                Ok(token) => token,
                Err(said) => return said,
            };
            let request = self.request(platform, errand, &token);
            errand.attempts += 1;
            let attempt = Attempt {
                group: errand.group,
                number: errand.attempts,
            };
            let response = exchange(now, platform, request, attempt, events);
            let Some(response) = response else {
                return Said::Later(later(now, patience(errand.attempts)));
            };
            match response.status {
                200..300 => return Said::Done(response),
                // Another token, once; the next one lives, unless the platform is broken.
                401 if errand.renewals == 0 => {
                    errand.renewals += 1;
                    self.token = None;
                }
                429 | 500..600 if errand.attempts < ATTEMPTS => {
                    return Said::Later(later(now, wait(&response, now, errand.attempts)));
                }
                _ => {
                    return Said::Refused(format!(
                        "the platform refuses the product {} {}: {}",
                        errand.method,
                        errand.path,
                        in_words(&response)
                    ));
                }
            }
        }
    }

    /// A live token; one is fetched once in its lifetime.
    fn token(
        &mut self,
        now: Timestamp,
        platform: &mut Platform,
        events: &mut Vec<EventKind>,
    ) -> Result<String, Said> {
        if let Some(token) = &self.token
            && token.end.is_none_or(|end| now < end)
        {
            return Ok(token.value.clone());
        }
        let credential = Tenant::seeded().product;
        let request = token_request(platform.profile(), credential);
        if self.vain == 0 {
            self.groups += 1;
        }
        self.vain += 1;
        let attempt = Attempt {
            group: self.groups,
            number: self.vain,
        };
        let vain = self.vain;
        let response = exchange(now, platform, request, attempt, events);
        // A profile may throttle token requests too.
        let resume = match &response {
            None => Some(later(now, patience(vain))),
            Some(response) if matches!(response.status, 429 | 500..600) => {
                Some(later(now, wait(response, now, vain)))
            }
            Some(_) => None,
        };
        match resume {
            Some(resume) if vain < ATTEMPTS => return Err(Said::Later(resume)),
            Some(_) | None => self.vain = 0,
        }
        let Some(response) = response else {
            return Err(Said::Refused(
                "the platform gives the product no token: it does not answer".into(),
            ));
        };
        let body = response.body.json().unwrap_or_default();
        let Some(value) = body["access_token"].as_str() else {
            return Err(Said::Refused(format!(
                "the platform gives the product no token: {}",
                in_words(&response)
            )));
        };
        let lifetime = body["expires_in"].as_u64().map(Duration::from_secs);
        let token = Token {
            value: value.to_owned(),
            end: lifetime.map(|lifetime| later(now, lifetime)),
        };
        self.token = Some(token);
        Ok(value.to_owned())
    }

    fn request(&mut self, platform: &Platform, errand: &Errand, token: &str) -> Request {
        let names = &platform
            .profile()
            .for_application(&self.application)
            .headers;
        let mut headers = Headers::from_iter([
            ("authorization", format!("Bearer {token}")),
            (
                names.api_key.value.as_str(),
                Tenant::seeded().product.api_key.to_owned(),
            ),
            (names.application.value.as_str(), self.application.clone()),
            (
                names.interaction_id.value.as_str(),
                uuid(&mut self.chance).to_string(),
            ),
        ]);
        if let Some(key) = &errand.key {
            headers.push(names.idempotency_key.value.clone(), key);
        }
        let body = match &errand.body {
            Some(body) => {
                headers.push("content-type", "application/json");
                Body::from(body.to_string())
            }
            None => Body::default(),
        };
        Request {
            method: errand.method.into(),
            url: format!("{}{}", Tenant::variables()["baseUrl"], errand.path),
            headers,
            body,
        }
    }
}

/// A request for a token in the way that the profile wants.
fn token_request(profile: &Profile, credential: Credential) -> Request {
    let mut body = json!({
        "grant_type": "client_credentials",
        "audience": credential.audience,
    });
    let mut headers = Headers::from_iter([("content-type", "application/json")]);
    let (id, secret) = (credential.client_id, credential.client_secret);
    match profile.token.client_authentication.value {
        ClientAuthentication::Body | ClientAuthentication::Either => {
            body["client_id"] = json!(id);
            body["client_secret"] = json!(secret);
        }
        ClientAuthentication::Basic => headers.push("authorization", client_basic(id, secret)),
    }
    Request {
        method: "POST".into(),
        url: format!(
            "{}{}",
            Tenant::variables()["tokenBaseUrl"],
            profile.paths.token.value
        ),
        headers,
        body: Body::from(body.to_string()),
    }
}

/// How long the product waits after `response`, which came at `now` to the attempt of that number.
fn wait(response: &Response, now: Timestamp, attempt: u32) -> Duration {
    RetryAfter::of(&response.headers, now)
        .map_or_else(|| patience(attempt), |hint| hint.wait.max(PATIENCE.0))
}

/// How long the product waits after the attempt of that number where nobody says.
fn patience(attempt: u32) -> Duration {
    let (first, longest) = PATIENCE;
    let growth = 2_u32.saturating_pow(attempt.saturating_sub(1));
    first.saturating_mul(growth).min(longest)
}

/// Sends a request; the response, if one came.
fn exchange(
    now: Timestamp,
    platform: &mut Platform,
    request: Request,
    attempt: Attempt,
    events: &mut Vec<EventKind>,
) -> Option<Response> {
    let reply = platform.handle_undisturbed(now, &request);
    let response = match reply {
        Reply::Answer(answer) => Some(answer.response),
        Reply::Cut { .. } => None,
    };
    let outcome = match &response {
        Some(response) => Outcome::Response(response.clone()),
        None => Outcome::Failure(Failure {
            kind: FailureKind::Cut,
            message: "the connection was closed without an answer".into(),
        }),
    };
    events.push(EventKind::Exchange {
        step: 0,
        origin: Origin::Product,
        attempt,
        exchange: Box::new(Exchange {
            request,
            outcome,
            timing: Timing {
                request_first: now,
                request_last: now,
                response_first: now,
                response_last: now,
            },
            vantage: Vantage::Mock,
            connection: None,
        }),
    });
    response
}

/// The status of a refusal with what its body says.
fn in_words(response: &Response) -> String {
    let body = response.body.json().unwrap_or_default();
    let error = &body["error"];
    match (error["code"].as_str(), error["message"].as_str()) {
        (Some(code), Some(message)) => format!("{} {code}, {message}", response.status),
        _ => response.status.to_string(),
    }
}
