//! What is done for a notification, step by step.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use crate::base::{Timestamp, later};

use super::matter::Matter;
use super::offer::date;
use super::{Completion, Echo, Naming, Policy, Reasons, Resumption, Sequence, Settings, Step};

/// A request to the Provider API, without its headers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ask {
    pub(super) method: &'static str,
    /// The path after the origin.
    pub(super) path: String,
    pub(super) body: Option<Value>,
}

/// Work on one matter.
#[derive(Clone, Debug)]
pub(super) struct Errand {
    /// The path of its resource.
    path: String,
    steps: VecDeque<Step>,
    /// The resource as it was read last.
    data: Value,
    reads: u32,
    /// Requests that are not answered yet.
    outstanding: usize,
    until: Option<Timestamp>,
}

/// What an errand wants next.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Next {
    /// That these requests are sent.
    Ask(Vec<Ask>),
    /// Time.
    Time(Timestamp),
    /// An answer that is to come.
    Answers,
    /// Nothing: it is finished.
    Nothing,
}

impl Errand {
    /// The work on `matter`; a message has none beside its answer.
    pub(super) fn new(matter: &Matter, policy: &Policy, settings: &Settings) -> Option<Self> {
        let base = &settings.dialect.provider_api;
        let subscription = |id| format!("{base}/subscriptions/{id}");
        let (path, steps) = match matter {
            Matter::Configuration => (
                format!("{base}/providers/{}", settings.provider_id),
                policy.configuration.as_slice(),
            ),
            Matter::Subscription(id) => (subscription(id), policy.subscription.as_slice()),
            Matter::Change(id) => (subscription(id), [Step::Read].as_slice()),
            Matter::Batch(id) => (
                format!("{base}/batchpayments/{id}"),
                policy.batch.as_slice(),
            ),
            Matter::Message(_) => return None,
        };
        Some(Self {
            path,
            steps: steps.iter().cloned().collect(),
            data: Value::Null,
            reads: 0,
            outstanding: 0,
            until: None,
        })
    }

    /// Goes on as far as it can at `now`.
    pub(super) fn proceed(&mut self, now: Timestamp, policy: &Policy) -> Next {
        if self.outstanding > 0 {
            match policy.telling.sequence {
                // Without a first read nothing is known.
                Sequence::Overlapping if self.reads > 0 => {}
                Sequence::Overlapping | Sequence::Awaited => return Next::Answers,
            }
        }
        if let Some(until) = self.until {
            if until > now {
                return Next::Time(until);
            }
            self.until = None;
        }
        while let Some(step) = self.steps.pop_front() {
            if let Step::Work(time) = step {
                let until = later(now, time);
                if until > now {
                    self.until = Some(until);
                    return Next::Time(until);
                }
                continue;
            }
            let asks = self.asks(&step, now, policy);
            if !asks.is_empty() {
                self.outstanding += asks.len();
                return Next::Ask(asks);
            }
        }
        Next::Nothing
    }

    /// Takes note that a request succeeded; `answer` is the body, where there is one.
    pub(super) fn answered(&mut self, answer: Option<Value>, policy: &Policy) {
        self.outstanding = self.outstanding.saturating_sub(1);
        let Some(mut answer) = answer else { return };
        self.data = answer["data"].take();
        self.reads += 1;
        if self.reads == 1 {
            match policy.resumption {
                Resumption::Rest => self.skip(policy),
                Resumption::Everything => {}
            }
        }
    }

    /// Leaves out what the status says was done already, and everything where it says that there is
    /// nothing left to do.
    fn skip(&mut self, policy: &Policy) {
        let Some(status) = self.data["status"].as_str() else {
            return;
        };
        if policy.statuses.received.iter().any(|it| it == status) {
            return;
        }
        let done = self.steps.iter().rposition(|step| match step {
            Step::Set(sets) | Step::Offer(sets) | Step::Mark(sets) | Step::MarkEach(sets) => {
                sets == status
            }
            Step::Read
            | Step::Work(_)
            | Step::Pay
            | Step::Reverse
            | Step::Close
            | Step::Publish(_) => false,
        });
        match done {
            Some(last) => drop(self.steps.drain(..=last)),
            None => self.steps.clear(),
        }
    }

    fn asks(&self, step: &Step, now: Timestamp, policy: &Policy) -> Vec<Ask> {
        let update = |data: Value| {
            vec![Ask {
                method: "PATCH",
                path: self.path.clone(),
                body: Some(json!({"data": data})),
            }]
        };
        match step {
            Step::Read => vec![Ask {
                method: "GET",
                path: self.path.clone(),
                body: None,
            }],
            Step::Set(status) => update(json!({"status": status})),
            Step::Mark(status) => update(json!({"defaultStatus": status})),
            Step::Offer(status) => {
                let id = self.path.rsplit('/').next().unwrap_or_default();
                update(json!({"status": status, "links": policy.link.offered(id, now)}))
            }
            Step::MarkEach(status) => self.in_parts(policy, |payment| {
                Some(json!({"paymentId": payment.name(policy), "status": status}))
            }),
            Step::Pay => self.in_parts(policy, |payment| {
                let is_open = payment.status != policy.statuses.paid
                    && payment.status != policy.statuses.rejected;
                let wanted = match policy.resumption {
                    Resumption::Rest => is_open,
                    Resumption::Everything => true,
                };
                wanted.then(|| payment.outcome(payment.is_rejected(policy), now, policy))
            }),
            Step::Reverse => self.in_parts(policy, |payment| {
                Some(payment.outcome(!payment.is_rejected(policy), now, policy))
            }),
            Step::Close => update(json!({"status": self.final_status(policy)})),
            Step::Publish(publication) => update(publication.of(&self.data)),
            Step::Work(_) => Vec::new(),
        }
    }

    /// Updates that name payments, as many in each as the policy says.
    fn in_parts(
        &self,
        policy: &Policy,
        update: impl Fn(&Payment<'_>) -> Option<Value>,
    ) -> Vec<Ask> {
        let updates: Vec<Value> = self.payments().filter_map(|one| update(&one)).collect();
        updates
            .chunks(policy.payments_per_update.max(1))
            .map(|part| Ask {
                method: "PATCH",
                path: self.path.clone(),
                body: Some(json!({"data": {"payments": part}})),
            })
            .collect()
    }

    fn payments(&self) -> impl Iterator<Item = Payment<'_>> {
        let list = self.data["payments"].as_array();
        list.into_iter().flatten().filter_map(|payment| {
            Some(Payment {
                id: payment["paymentId"].as_str()?,
                data: payment,
                status: payment["status"].as_str().unwrap_or_default(),
                account: payment["creditor"]["bankAccount"]["accountNumber"]
                    .as_str()
                    .unwrap_or_default(),
            })
        })
    }

    /// The state of a batch whose payments are all paid or rejected.
    fn final_status<'p>(&self, policy: &'p Policy) -> &'p str {
        let statuses = &policy.statuses;
        let rejected = self
            .payments()
            .filter(|one| one.is_rejected(policy))
            .count();
        match (rejected, self.payments().count()) {
            (0, _) => &statuses.completed,
            (rejected, all) if rejected == all => &statuses.failed,
            _ => &statuses.partially_completed,
        }
    }
}

/// A payment as a read showed it.
struct Payment<'d> {
    id: &'d str,
    data: &'d Value,
    status: &'d str,
    account: &'d str,
}

impl Payment<'_> {
    fn is_rejected(&self, policy: &Policy) -> bool {
        policy.rejects.iter().any(|account| account == self.account)
    }

    /// The id by which it is named.
    fn name(&self, policy: &Policy) -> String {
        match policy.telling.naming {
            Naming::Platform => self.id.to_owned(),
            // The same digits from behind, with the hyphens where they were.
            Naming::Own => {
                let mut digits = self.id.chars().rev().filter(|digit| *digit != '-');
                let digit = |sign| {
                    if sign == '-' {
                        Some('-')
                    } else {
                        digits.next()
                    }
                };
                self.id.chars().filter_map(digit).collect()
            }
        }
    }

    /// Repeats what is the product's.
    fn echo(&self, echo: Echo, update: &mut Map<String, Value>) {
        let amount = self.data["amount"].as_str().unwrap_or_default();
        let amount = match echo {
            Echo::Nothing => return,
            Echo::Faithful => amount,
            Echo::Rounded => amount.split_once('.').map_or(amount, |(whole, _)| whole),
        };
        update.insert("amount".into(), json!(amount));
        update.insert("currency".into(), self.data["currency"].clone());
    }

    /// The update that ends it.
    fn outcome(&self, rejected: bool, now: Timestamp, policy: &Policy) -> Value {
        let statuses = &policy.statuses;
        let mut update = Map::new();
        update.insert("paymentId".into(), json!(self.name(policy)));
        self.echo(policy.telling.echo, &mut update);
        if rejected {
            update.insert("status".into(), json!(statuses.rejected));
            match policy.telling.reasons {
                Reasons::Given => {
                    update.insert("extendedStatus".into(), json!("AccountClosed"));
                    let reason = json!({"reason": "the creditor's account is closed"});
                    update.insert("additionalData".into(), reason);
                }
                Reasons::Withheld => {}
            }
        } else {
            update.insert("status".into(), json!(statuses.paid));
            let completed = match policy.telling.completion {
                Completion::Told => Some(now),
                Completion::Ahead(by) => Some(later(now, by)),
                Completion::Omitted => None,
            };
            if let Some(completed) = completed {
                update.insert("paymentCompletedDate".into(), json!(date(completed)));
            }
            // Products take a final update without a reference for a failure.
            let (reference, _) = self.id.split_once('-').unwrap_or((self.id, ""));
            let reference = json!({"providerReference": format!("SP-{reference}")});
            update.insert("additionalData".into(), reference);
        }
        if !policy.remark.is_empty() {
            update["additionalData"]["remark"] = json!(policy.remark);
        }
        Value::Object(update)
    }
}
