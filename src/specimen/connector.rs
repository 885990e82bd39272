//! The connector: told what happened, it says what it wants done.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use crate::base::{Random, Timestamp, later};
use crate::exchange::{Outcome, Request, Response};

use super::desk::{Desk, Settled};
use super::errand::{Ask, Errand, Next};
use super::matter::{Matter, Message};
use super::messaging::Ledger;
use super::reception::Reception;
use super::{Messages, Policy, Settings};

/// The number of a request that a connector sends, or of a notification that it receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Call(pub u64);

/// What happened to a connector.
#[derive(Clone, Debug)]
pub enum Input {
    /// It was started.
    Started,
    /// The answer to one of its requests came, or none will.
    Answered(Call, Outcome),
    /// A request arrived at its notification endpoint; it is to be answered under this number.
    Notified(Call, Request),
    /// A moment came for which it asked.
    Woken,
}

/// What a connector wants done.
#[derive(Clone, Debug)]
pub enum Output {
    /// Send this request.
    Send(Call, Request),
    /// Answer this notification.
    Answer(Call, Response),
    /// Wake it not before this moment.
    Wake(Timestamp),
}

/// A connector.
#[derive(Clone, Debug)]
pub struct Connector {
    settings: Settings,
    policy: Policy,
    desk: Desk,
    reception: Reception,
    ledger: Ledger,
    errands: BTreeMap<u64, Errand>,
    begun: u64,
    key_waits: Random,
    /// The earliest moment for which it asked and that has not come.
    wake: Option<Timestamp>,
}

impl Connector {
    /// A connector that was not started yet.
    #[must_use]
    pub fn new(settings: Settings, policy: Policy, random: Random) -> Self {
        Self {
            desk: Desk::new(&policy, &random),
            reception: Reception::default(),
            ledger: Ledger::default(),
            errands: BTreeMap::new(),
            begun: 0,
            key_waits: random.fork("key waits"),
            wake: None,
            settings,
            policy,
        }
    }

    /// How long it waits for the answer to a request; after that it is to be told of a failure.
    #[must_use]
    pub fn patience(&self) -> Duration {
        self.policy.patience
    }

    /// Tells it what happened at `now`. Moments never go back from call to call.
    pub fn handle(&mut self, now: Timestamp, input: Input) -> Vec<Output> {
        let mut out = Vec::new();
        match input {
            Input::Started => self.attend(now, &Matter::Configuration),
            Input::Answered(call, outcome) => self.answered(now, call, outcome, &mut out),
            Input::Notified(call, request) => self.notified(now, call, request, &mut out),
            Input::Woken => {}
        }
        self.proceed(now, &mut out);
        for output in &mut out {
            if let Output::Answer(_, response) = output {
                self.policy.exposure.mark_answer(response, &self.settings);
            }
        }
        out
    }

    fn notified(&mut self, now: Timestamp, call: Call, request: Request, out: &mut Vec<Output>) {
        let matter = self
            .reception
            .receive(now, call, request, &self.settings, &self.policy, out);
        if let Some(matter) = matter {
            self.attend(now, &matter);
        }
    }

    fn answered(&mut self, now: Timestamp, call: Call, outcome: Outcome, out: &mut Vec<Output>) {
        match self.desk.answered(now, call, outcome, &self.policy) {
            Settled::Operations(operations) => {
                for (errand, response) in operations {
                    self.settle(errand, response);
                }
            }
            Settled::Keys(outcome) => {
                let held =
                    self.reception
                        .settle(now, &outcome, &self.policy, &mut self.key_waits, out);
                for (call, request) in held {
                    self.notified(now, call, request, out);
                }
            }
        }
    }

    /// Tells an errand what became of one of its requests; a lost one is the end of it.
    fn settle(&mut self, errand: u64, response: Option<Response>) {
        match response {
            Some(response) => {
                if let Some(errand) = self.errands.get_mut(&errand) {
                    errand.answered(response.body.json(), &self.policy);
                }
            }
            None => drop(self.errands.remove(&errand)),
        }
    }

    /// Begins an errand.
    fn attend(&mut self, now: Timestamp, matter: &Matter) {
        self.begun += 1;
        let errand = match matter {
            Matter::Message(message) => {
                self.reply(now, message);
                return;
            }
            Matter::Configuration
            | Matter::Subscription(_)
            | Matter::Change(_)
            | Matter::Batch(_) => Errand::new(matter, &self.policy, &self.settings),
        };
        if let Some(errand) = errand {
            self.errands.insert(self.begun, errand);
        }
    }

    /// Answers a message of the product as the policy says.
    fn reply(&mut self, now: Timestamp, message: &Message) {
        let policy = self.policy.messages;
        let Some(mut reply) = self.ledger.attend(message, policy) else {
            return;
        };
        let (at, times) = match policy {
            Messages::Answered | Messages::Echoed | Messages::Ignored => (now, 1),
            Messages::Late(time) => (later(now, time), 1),
            Messages::Doubled => (now, 2),
            Messages::Misrouted => {
                reply.body["subscriptionId"] = json!(self.settings.provider_id);
                (now, 1)
            }
        };
        let ask = Ask {
            method: "POST",
            path: format!(
                "{}/{}",
                self.settings.dialect.provider_messaging, reply.endpoint
            ),
            body: Some(reply.body),
        };
        for _ in 0..times {
            self.desk.add(at, self.begun, ask.clone(), &self.settings);
        }
    }

    /// Does everything that can be done at `now`, and asks to be woken for the rest.
    fn proceed(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        let mut due = Vec::new();
        let mut finished = Vec::new();
        for (number, errand) in &mut self.errands {
            match errand.proceed(now, &self.policy) {
                Next::Ask(asks) => {
                    for ask in asks {
                        self.desk.add(now, *number, ask, &self.settings);
                    }
                }
                Next::Time(until) => due.push(until),
                Next::Answers => {}
                Next::Nothing => finished.push(*number),
            }
        }
        for number in finished {
            self.errands.remove(&number);
        }
        self.reception.answer_late(now, out);
        if let Some(url) = self.reception.begin_fetch(now, &self.settings) {
            self.desk.fetch_keys(url, out);
        }
        self.desk.send(now, &self.settings, &self.policy, out);
        due.extend(self.reception.next_due());
        due.extend(self.desk.next_due(now, &self.policy));
        self.ask_to_be_woken(now, due.into_iter().min(), out);
    }

    /// Asks for `due` unless it was asked for, or something earlier.
    fn ask_to_be_woken(&mut self, now: Timestamp, due: Option<Timestamp>, out: &mut Vec<Output>) {
        self.wake = self.wake.filter(|wake| *wake > now);
        if let Some(due) = due
            && self.wake.is_none_or(|wake| due < wake)
        {
            self.wake = Some(due);
            out.push(Output::Wake(due));
        }
    }
}
