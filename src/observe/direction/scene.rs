//! One scenario while it is played.

use std::collections::VecDeque;

use indexmap::IndexSet;
use serde_json::json;
use uuid::Uuid;

use super::{Errand, Expectations, Product, Purpose, Said, Timetable};
use crate::base::{Timestamp, later};
use crate::event::EventKind;
use crate::exchange::Response;
use crate::mock::{Platform, Tenant};
use crate::observe::{Deed, Demand, FaultQueue, Scenario, Templates, Venue};
use crate::profile::Flow;

/// A scenario that has begun and not ended.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    /// When its budget is used up.
    curtain: Timestamp,
    /// The subscription under which it is played, as soon as it is known.
    venue: Option<Uuid>,
    /// The acts to come, as soon as the subscription can be used.
    timetable: Option<Timetable>,
    /// What the product is about to ask, in order, and not before when.
    errands: VecDeque<Errand>,
    resume: Option<Timestamp>,
    expectations: Expectations,
    /// What the platform refused.
    refused: Vec<String>,
    /// How many requests the platform had seen when last was looked.
    requests: usize,
    /// Since when nothing arrived.
    quiet_since: Timestamp,
    /// Whether everything was done when last was looked.
    done: bool,
    number: u64,
}

/// Who and what a scene needs.
pub(super) struct Cast<'a> {
    pub(super) now: Timestamp,
    pub(super) platform: &'a mut Platform,
    pub(super) product: &'a mut Product,
    pub(super) templates: &'a Templates,
    pub(super) scenario: &'a Scenario,
    pub(super) events: &'a mut Vec<EventKind>,
}

/// What a scenario came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It goes on.
    Open,
    /// It is over; what it waited for in vain, if anything.
    Over(Vec<String>),
}

impl Scene {
    /// Begins a scenario; its payments and messages are numbered on from `number`.
    pub(super) fn begin(cast: &mut Cast<'_>, number: u64) -> Self {
        let scenario = cast.scenario;
        cast.events.push(EventKind::ScenarioStarted {
            scenario: scenario.name.clone(),
        });
        let platform = &mut *cast.platform;
        platform.set_token_lifetime(scenario.token_lifetime);
        platform.set_token_answers(scenario.token_answers);
        platform.set_notification_delivery(scenario.delivery.clone());
        let mut scene = Self {
            curtain: later(cast.now, scenario.budget),
            venue: None,
            timetable: None,
            errands: VecDeque::new(),
            resume: None,
            expectations: Expectations::new(platform, cast.product.application()),
            refused: Vec::new(),
            requests: platform.counters().requests,
            quiet_since: cast.now,
            done: false,
            number,
        };
        scene.queue(&scenario.faults, cast);
        match scenario.subscription {
            Venue::Seeded => {
                scene.venue = Some(Tenant::seeded().authorised_subscription_id);
            }
            Venue::New => scene.subscribe(Purpose::Venue, cast),
        }
        scene
    }

    /// Does what is due.
    pub(super) fn advance(&mut self, cast: &mut Cast<'_>) -> Step {
        if cast.platform.counters().requests != self.requests {
            self.quiet_since = cast.now;
        }
        self.expectations.hear(cast.platform);
        loop {
            self.run_errands(cast);
            self.open(cast);
            let idle = self.errands.is_empty();
            let expectations = &self.expectations;
            let platform = &*cast.platform;
            let is_settled = || idle && expectations.are_met(platform);
            let due = self
                .timetable
                .as_mut()
                .and_then(|timetable| timetable.take(cast.now, is_settled));
            match due {
                Some(act) => self.perform(act, cast),
                None => break,
            }
        }
        self.requests = cast.platform.counters().requests;
        self.done = self.is_done(cast.platform);
        if self.done {
            if later(self.quiet_since, cast.scenario.quiet) <= cast.now {
                return Step::Over(Vec::new());
            }
        } else {
            // The quiet begins when everything is done.
            self.quiet_since = cast.now;
        }
        if self.curtain <= cast.now {
            let missing = self.missing(cast.platform);
            return Step::Over(if missing.is_empty() {
                vec!["requests still arrive although everything is done".into()]
            } else {
                missing
            });
        }
        Step::Open
    }

    /// When something is to be done, if nothing happens before.
    pub(super) fn next_due(&self, scenario: &Scenario) -> Timestamp {
        let quiet = self.done.then(|| later(self.quiet_since, scenario.quiet));
        let act = self.timetable.as_ref().and_then(Timetable::next_due);
        [quiet, act, self.resume]
            .into_iter()
            .flatten()
            .fold(self.curtain, Timestamp::min)
    }

    /// The number of the last payment or message.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Whether [`Scene::missing`] has nothing to say. Asked after every exchange.
    fn is_done(&self, platform: &Platform) -> bool {
        self.refused.is_empty()
            && self.errands.is_empty()
            && self.timetable.as_ref().is_some_and(|it| it.len() == 0)
            && self.expectations.faults_are_delivered(platform)
            && self.expectations.are_met(platform)
    }

    /// What it still waits for, each sentence once.
    pub(super) fn missing(&self, platform: &Platform) -> Vec<String> {
        let mut missing: IndexSet<String> = self.refused.iter().cloned().collect();
        missing.extend(self.expectations.missing(platform));
        if !self.errands.is_empty() {
            let count = self.errands.len();
            missing.insert(format!("requests of the product still to be made: {count}"));
        }
        match &self.timetable {
            Some(timetable) if timetable.len() > 0 => {
                let count = timetable.len();
                missing.insert(format!("acts of the timetable still to come: {count}"));
            }
            Some(_) => {}
            None => {
                missing.insert(
                    "the timetable has not begun: its subscription is not authorised".into(),
                );
            }
        }
        missing.into_iter().collect()
    }

    /// Begins the timetable when the subscription can be used.
    fn open(&mut self, cast: &Cast<'_>) {
        if self.timetable.is_some() {
            return;
        }
        let Some(venue) = self.venue else {
            return;
        };
        let status = |id: &Uuid| {
            cast.platform
                .store()
                .subscriptions
                .get(id)
                .map(|it| &it.status)
        };
        if status(&venue).is_some_and(|status| status == Flow::AUTHORISED) {
            self.timetable = Some(Timetable::new(&cast.scenario.acts, cast.now));
        }
    }

    fn run_errands(&mut self, cast: &mut Cast<'_>) {
        while let Some(errand) = self.errands.front_mut()
            && self.resume.is_none_or(|resume| resume <= cast.now)
        {
            self.resume = None;
            let said = cast
                .product
                .run(cast.now, cast.platform, errand, cast.events);
            let purpose = errand.purpose;
            match said {
                Said::Later(resume) => {
                    self.resume = Some(resume);
                    return;
                }
                Said::Done(response) => self.note(purpose, &response),
                Said::Refused(reason) => self.refused.push(reason),
            }
            self.errands.pop_front();
        }
    }

    fn note(&mut self, purpose: Purpose, response: &Response) {
        let body = response.body.json().unwrap_or_default();
        let id = |member: &str| body["data"][member].as_str().and_then(|id| id.parse().ok());
        match purpose {
            Purpose::Venue | Purpose::Subscription => {
                if let Some(id) = id("subscriptionId") {
                    self.expectations.subscription(id);
                    if purpose == Purpose::Venue {
                        self.venue = Some(id);
                    }
                }
            }
            Purpose::Batch => {
                if let Some(id) = id("batchId") {
                    self.expectations.batch(id);
                }
            }
            Purpose::Message(kind, subscription) => {
                self.expectations.message(kind, subscription);
            }
            Purpose::Read => {}
        }
    }

    fn perform(&mut self, index: usize, cast: &mut Cast<'_>) {
        let scenario = cast.scenario;
        let Some(act) = scenario.acts.get(index) else {
            return;
        };
        self.queue(&act.faults, cast);
        let Some(venue) = self.venue else {
            return;
        };
        let paths = cast.platform.profile().paths.clone();
        match &act.deed {
            Deed::Subscribe => self.subscribe(Purpose::Subscription, cast),
            Deed::SubmitBatch {
                payments,
                rejected,
                amounts,
            } => {
                let number = &mut self.number;
                let payments = cast
                    .templates
                    .payments(*payments, *rejected, amounts, number);
                let body = json!({"data": {
                    "subscriptionId": venue,
                    "externalId": format!("BATCH-{}", self.number),
                    "payments": payments,
                }});
                let path = format!("{}/batchpayments", paths.consumer_api.value);
                self.ask(Purpose::Batch, path, Some(body), cast);
            }
            Deed::Send(kind) => {
                self.number += 1;
                let body = json!({
                    "subscriptionId": venue,
                    "data": cast.templates.message(*kind, self.number),
                });
                let path = format!("{}/{}", paths.consumer_messaging.value, kind.question());
                self.ask(Purpose::Message(*kind, venue), path, Some(body), cast);
            }
            Deed::Read => {
                let (subscriptions, batches) = self.expectations.resources();
                let base = &paths.consumer_api.value;
                let subscriptions = subscriptions
                    .iter()
                    .map(|id| format!("{base}/subscriptions/{id}"));
                let batches = batches
                    .iter()
                    .map(|id| format!("{base}/batchpayments/{id}"));
                let paths: Vec<_> = subscriptions.chain(batches).collect();
                for path in paths {
                    self.ask(Purpose::Read, path, None, cast);
                }
            }
            Deed::SetStatus(status) => {
                if let Err(error) = cast.platform.change_subscription_as_product(
                    cast.now,
                    cast.product.application(),
                    venue,
                    status,
                ) {
                    cast.events.push(EventKind::Notice {
                        message: format!("the product leaves the subscription as it is: {error}"),
                    });
                }
            }
            Deed::RevokeTokens => cast.platform.revoke_tokens(),
        }
    }

    fn subscribe(&mut self, purpose: Purpose, cast: &mut Cast<'_>) {
        self.number += 1;
        let tenant = Tenant::seeded();
        let mut data = cast.templates.subscription(self.number);
        data.insert("providerId".into(), json!(tenant.provider_id));
        let path = format!(
            "{}/subscriptions/organisations/{}/subscriptions",
            cast.platform.profile().paths.consumer_api.value,
            tenant.organisation_id
        );
        self.ask(purpose, path, Some(json!({"data": data})), cast);
    }

    fn ask(
        &mut self,
        purpose: Purpose,
        path: String,
        body: Option<serde_json::Value>,
        cast: &mut Cast<'_>,
    ) {
        let errand = cast.product.errand(purpose, path, body);
        self.errands.push_back(errand);
    }

    fn queue(&mut self, queues: &[FaultQueue], cast: &mut Cast<'_>) {
        for queue in queues {
            let name = &cast.scenario.name;
            let operation = queue.addressed(&cast.platform.profile().paths);
            let queued = cast
                .platform
                .queue_faults(name, &operation, queue.answers.clone());
            if let Err(error) = queued {
                self.refused.push(error.to_string());
            }
            match queue.demand {
                Demand::Required => {}
                Demand::Optional => self.expectations.forgive(operation),
            }
        }
    }
}
