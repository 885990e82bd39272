//! A small connector on a platform, without sockets and in logical time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::base::{Clock, Random, Secret, Seed, Timestamp, uuid};
use crate::event::{End, EventKind};
use crate::exchange::{Body, Headers, Outcome, Request, Response, RetryAfter};
use crate::mock::{Defects, Delivery, NotificationEndpoint, Platform, Reply, Tenant};
use crate::observe::{Director, Plan};
use crate::profile::Profile;

const API: &str = "https://api-payout.mock.invalid";

/// What the connector does with its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// All of it.
    Works,
    /// It takes notifications and does nothing.
    Ignores,
    /// It refuses notifications with 403.
    Refuses,
    /// It does all of it, and stops at a batch that is processing.
    StopsAtProcessing,
    /// It does all of it, but for the payments of a batch.
    ForgetsPayments,
    /// It does all of it, but leaves it to a user to authorise a subscription.
    AsksTheUser,
    /// It does all of it, and then asks for its configuration every second.
    NeverRests,
}

/// Platform, director and connector.
pub struct Theatre {
    pub platform: Platform,
    pub director: Director,
    pub now: Timestamp,
    pub events: Vec<EventKind>,
    /// The bodies of all notifications that arrived, in order.
    pub notified: Vec<Value>,
    habit: Habit,
    chance: Random,
    token: Option<String>,
    jobs: VecDeque<Job>,
    seen: BTreeMap<String, u32>,
}

/// A call that the connector has to make.
struct Job {
    ready: Timestamp,
    method: &'static str,
    path: String,
    body: Option<Value>,
    /// What is to be done after it.
    then: Vec<(&'static str, String, Option<Value>)>,
}

impl Theatre {
    pub fn new(plan: &str, habit: Habit) -> Self {
        Self::with("", plan, habit)
    }

    /// With a profile of its own.
    pub fn with(profile: &str, plan: &str, habit: Habit) -> Self {
        let plan = Plan::read("own.plan.toml", plan).unwrap();
        Self::of(profile, plan, habit)
    }

    pub fn of(profile: &str, plan: Plan, habit: Habit) -> Self {
        let profile = Profile::with_override(profile, "own.toml").unwrap();
        let chance = Random::from_seed(Seed(7));
        let mut platform =
            Platform::new(Arc::new(profile), chance.fork("mock"), Defects::default());
        platform.set_notification_endpoint(Some(NotificationEndpoint {
            url: "http://127.0.0.1:9000/notifications".into(),
            header: "x-provider-key".into(),
            value: Secret::new("provider-notification-value"),
        }));
        Self {
            platform,
            director: Director::new(plan, chance.fork("director")),
            now: Clock::logical_start(),
            events: Vec::new(),
            notified: Vec::new(),
            habit,
            chance: chance.fork("connector"),
            token: None,
            jobs: VecDeque::new(),
            seen: BTreeMap::new(),
        }
    }

    /// Uses up what the product may ask for now.
    pub fn exhaust(&mut self) {
        let credential = Tenant::seeded().product;
        let body = json!({
            "grant_type": "client_credentials",
            "client_id": credential.client_id,
            "client_secret": credential.client_secret,
            "audience": credential.audience,
        });
        let request = Request {
            method: "POST".into(),
            url: format!("{API}/oauth/token"),
            headers: Headers::from_iter([("content-type", "application/json")]),
            body: Body::from(body.to_string()),
        };
        self.platform.handle(self.now, &request);
    }

    /// Plays to the end.
    pub fn play(mut self) -> Self {
        for _ in 0..200_000 {
            if !self.step() {
                return self;
            }
        }
        panic!(
            "the plan does not end: {:?}",
            self.director.progress(&self.platform)
        );
    }

    /// Does what is due and goes on to the next moment; whether there is one.
    pub fn step(&mut self) -> bool {
        self.direct();
        for notification in self.platform.due(self.now) {
            let outcome = self.take(&notification.request);
            self.platform
                .notified(self.now, notification.number, &outcome);
        }
        self.direct();
        if self.director.end().is_some() {
            return false;
        }
        let ready = self
            .jobs
            .iter()
            .enumerate()
            .min_by_key(|(index, job)| (job.ready, *index))
            .map(|(index, job)| (index, job.ready));
        if let Some((index, at)) = ready
            && at <= self.now
        {
            let job = self.jobs.remove(index).unwrap();
            self.call(job);
            self.direct();
            return true;
        }
        let moments = [
            ready.map(|(_, at)| at),
            self.director.next_due(),
            self.platform.next_due(),
        ];
        let next = moments.into_iter().flatten().min().unwrap();
        assert!(next >= self.now, "{next} was missed");
        self.now = next;
        true
    }

    fn direct(&mut self) {
        let events = self.director.advance(self.now, &mut self.platform);
        self.events.extend(events);
    }

    /// Each ended scenario with what it waited for in vain.
    pub fn ended(&self) -> Vec<(String, Vec<String>)> {
        self.events
            .iter()
            .filter_map(|event| match event {
                EventKind::ScenarioEnded { scenario, missing } => {
                    Some((scenario.clone(), missing.clone()))
                }
                _ => None,
            })
            .collect()
    }

    pub fn end(&self) -> Option<End> {
        self.director.end()
    }

    /// What the product asked and how it was answered: `POST /v3/batchpayments 201`.
    pub fn product(&self) -> Vec<String> {
        self.events
            .iter()
            .filter_map(|event| match event {
                EventKind::Exchange { exchange, .. } => Some(format!(
                    "{} {} {}",
                    exchange.request.method,
                    exchange.request.path(),
                    exchange.status().unwrap_or_default()
                )),
                _ => None,
            })
            .collect()
    }

    /// How long it took.
    pub fn duration(&self) -> Duration {
        Duration::try_from(self.now.duration_since(Clock::logical_start())).unwrap()
    }

    fn take(&mut self, request: &Request) -> Outcome {
        let body = request.body.json().unwrap();
        self.notified.push(body.clone());
        if self.habit == Habit::Refuses {
            return answered(403);
        }
        if self.habit != Habit::Ignores && self.is_new(&body) {
            self.work(&body);
        }
        answered(201)
    }

    /// A notification that comes again is work only where it is a message: those have no id.
    fn is_new(&mut self, body: &Value) -> bool {
        let seen = self.seen.entry(body.to_string()).or_default();
        *seen += 1;
        *seen == 1
    }

    fn work(&mut self, body: &Value) {
        let id = body["resource"]["id"].as_str().unwrap();
        let answer = match body["resource"]["type"].as_str().unwrap() {
            "subscription" if body["type"] == "resourceUpdated" => return,
            "subscription" => {
                let path = format!("/api-provider-v1/subscriptions/{id}");
                let status = if self.habit == Habit::AsksTheUser {
                    "AwaitingAuthorisation"
                } else {
                    "Authorised"
                };
                let status = json!({"data": {"status": status}});
                self.push(
                    "GET",
                    path.clone(),
                    None,
                    vec![("PATCH", path, Some(status))],
                );
                return;
            }
            "batch" => {
                let path = format!("/api-provider-v1/batchpayments/{id}");
                let mut steps = vec![json!({"data": {"defaultStatus": "Processing"}})];
                match self.habit {
                    Habit::StopsAtProcessing => {}
                    Habit::ForgetsPayments => steps.push(json!({"data": {"status": "Completed"}})),
                    _ => steps.push(
                        json!({"data": {"defaultStatus": "Completed", "status": "Completed"}}),
                    ),
                }
                let then = steps
                    .into_iter()
                    .map(|body| ("PATCH", path.clone(), Some(body)))
                    .collect();
                self.push("GET", path.clone(), None, then);
                return;
            }
            "debtoraccountlistqueries" => "debtoraccountlistqueryresponses",
            "creditorlistqueries" => "creditorlistqueryresponses",
            other => other,
        };
        let path = format!("/api-provider-msg-v1/{answer}");
        let message = json!({"subscriptionId": id, "data": {}});
        self.push("POST", path, Some(message), Vec::new());
    }

    fn push(
        &mut self,
        method: &'static str,
        path: String,
        body: Option<Value>,
        then: Vec<(&'static str, String, Option<Value>)>,
    ) {
        self.jobs.push_back(Job {
            ready: self.now + Duration::from_millis(100),
            method,
            path,
            body,
            then,
        });
    }

    fn call(&mut self, mut job: Job) {
        let Some(token) = self.token.clone() else {
            self.token = self.fetch_token();
            job.ready = self.now + Duration::from_secs(1);
            self.jobs.push_back(job);
            return;
        };
        let mut headers = Headers::from_iter([
            ("authorization", format!("Bearer {token}")),
            ("x-api-key", Tenant::seeded().provider.api_key.to_owned()),
            ("x-application", "sage.intacct".to_owned()),
            ("x-fapi-interaction-id", uuid(&mut self.chance).to_string()),
        ]);
        let body = job.body.as_ref().map_or_else(Body::default, |body| {
            headers.push("content-type", "application/json");
            Body::from(body.to_string())
        });
        let request = Request {
            method: job.method.into(),
            url: format!("{API}{}", job.path),
            headers,
            body,
        };
        let wait = match self.platform.handle(self.now, &request) {
            Reply::Answer(answer) if matches!(answer.delivery, Delivery::Half(_)) => {
                Duration::from_secs(1)
            }
            Reply::Answer(answer) if answer.response.status < 300 => {
                if self.habit == Habit::NeverRests && job.then.is_empty() {
                    let id = Tenant::seeded().provider_id;
                    let path = format!("/api-provider-v1/providers/{id}");
                    self.push("GET", path, None, Vec::new());
                } else if !job.then.is_empty() {
                    let (method, path, body) = job.then.remove(0);
                    self.push(method, path, body, job.then);
                }
                return;
            }
            Reply::Answer(answer) if answer.response.status == 401 => {
                self.token = None;
                Duration::from_millis(100)
            }
            Reply::Answer(answer) => {
                let status = answer.response.status;
                assert!(matches!(status, 429 | 500..), "{request:?} {answer:?}");
                RetryAfter::of(&answer.response.headers, self.now)
                    .map_or(Duration::from_secs(1), |hint| hint.wait)
            }
            Reply::Cut { .. } => Duration::from_secs(1),
        };
        job.ready = self.now + wait;
        self.jobs.push_back(job);
    }

    fn fetch_token(&mut self) -> Option<String> {
        let credential = Tenant::seeded().provider;
        let body = json!({
            "grant_type": "client_credentials",
            "client_id": credential.client_id,
            "client_secret": credential.client_secret,
            "audience": credential.audience,
        });
        let request = Request {
            method: "POST".into(),
            url: "https://id.mock.invalid/oauth/token".into(),
            headers: Headers::from_iter([("content-type", "application/json")]),
            body: Body::from(body.to_string()),
        };
        let reply = self.platform.handle(self.now, &request);
        let body = reply.response()?.body.json()?;
        body["access_token"].as_str().map(str::to_owned)
    }
}

fn answered(status: u16) -> Outcome {
    Outcome::Response(Response {
        status,
        reason: String::new(),
        headers: Headers::new(),
        body: Body::default(),
    })
}
