//! The Sage product: what it asks of the platform, and how it copes with refusals.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::base::{Random, Timestamp, later, uuid};
use crate::event::{Attempt, EventKind, Origin};
use crate::exchange::{
    Body, Exchange, Failure, FailureKind, Headers, Outcome, Request, Response, RetryAfter, Timing,
    Vantage,
};
use crate::mock::{Platform, Reply, Tenant};
use crate::observe::MessageKind;

/// How long the product waits before it tries again, where the platform does not say.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many times it tries.
const ATTEMPTS: u32 = 10;

/// The name of the product: what a profile says of it alone holds for what it submits.
pub(super) const APPLICATION: &str = "sage.intacct";

/// The product as a client of the platform.
#[derive(Clone, Debug)]
pub(super) struct Product {
    chance: Random,
    token: Option<Token>,
    groups: u64,
}

#[derive(Clone, Debug)]
struct Token {
    value: String,
    end: Timestamp,
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
            token: None,
            groups: 0,
        }
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
                return Said::Later(later(now, PATIENCE));
            };
            match response.status {
                200..300 => return Said::Done(response),
                // Another token, once; the next one lives, unless the platform is broken.
                401 if errand.renewals == 0 => {
                    errand.renewals += 1;
                    self.token = None;
                }
                429 | 500..600 if errand.attempts < ATTEMPTS => {
                    return Said::Later(later(now, wait(&response, now)));
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
            && now < token.end
        {
            return Ok(token.value.clone());
        }
        let credential = Tenant::seeded().product;
        let request = Request {
            method: "POST".into(),
            url: format!(
                "{}{}",
                Tenant::variables()["tokenBaseUrl"],
                platform.profile().paths.token.value
            ),
            headers: Headers::from_iter([("content-type", "application/json")]),
            body: Body::from(
                json!({
                    "grant_type": "client_credentials",
                    "client_id": credential.client_id,
                    "client_secret": credential.client_secret,
                    "audience": credential.audience,
                })
                .to_string(),
            ),
        };
        self.groups += 1;
        let attempt = Attempt {
            group: self.groups,
            number: 1,
        };
        let response = exchange(now, platform, request, attempt, events);
        let Some(response) = response.filter(|response| response.status < 500) else {
            return Err(Said::Later(later(now, PATIENCE)));
        };
        // A profile may throttle token requests too.
        if response.status == 429 {
            return Err(Said::Later(later(now, wait(&response, now))));
        }
        let body = response.body.json().unwrap_or_default();
        let Some(value) = body["access_token"].as_str() else {
            return Err(Said::Refused(format!(
                "the platform gives the product no token: {}",
                in_words(&response)
            )));
        };
        let lifetime = Duration::from_secs(body["expires_in"].as_u64().unwrap_or_default());
        let token = Token {
            value: value.to_owned(),
            end: later(now, lifetime),
        };
        self.token = Some(token);
        Ok(value.to_owned())
    }

    fn request(&mut self, platform: &Platform, errand: &Errand, token: &str) -> Request {
        let names = &platform.profile().headers;
        let mut headers = Headers::from_iter([
            ("authorization", format!("Bearer {token}")),
            (
                names.api_key.value.as_str(),
                Tenant::seeded().product.api_key.to_owned(),
            ),
            (names.application.value.as_str(), APPLICATION.to_owned()),
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

/// How long the product waits after `response`, which came at `now`.
fn wait(response: &Response, now: Timestamp) -> Duration {
    RetryAfter::of(&response.headers, now).map_or(PATIENCE, |hint| hint.wait.max(PATIENCE))
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
