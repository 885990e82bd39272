//! What the platform remembers of subscriptions, batches, providers and messages.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use indexmap::IndexMap;
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::recent::Recent;
use crate::base::Timestamp;

/// Of how many deleted batches the platform still knows that they were there.
const DELETED: usize = 100_000;

/// The platform's data.
#[derive(Clone, Debug, PartialEq)]
pub struct Store {
    /// The configuration of each provider.
    pub providers: BTreeMap<Uuid, Map<String, Value>>,
    /// Subscriptions.
    pub subscriptions: BTreeMap<Uuid, Subscription>,
    /// Batches of payments.
    pub batches: BTreeMap<Uuid, Batch>,
    /// Messages accepted for forwarding.
    pub messages: Messages,
    /// When each batch was submitted, in order.
    submitted: VecDeque<(Timestamp, Uuid)>,
    /// The subscriptions of deleted batches.
    deleted: Recent<Uuid, Uuid>,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            providers: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            batches: BTreeMap::new(),
            messages: Messages::default(),
            submitted: VecDeque::new(),
            deleted: Recent::new(DELETED, usize::MAX),
        }
    }
}

impl Store {
    /// Counts the batches that are there from the start as submitted now.
    pub(super) fn begin(&mut self, now: Timestamp) {
        self.submitted = self.batches.keys().map(|id| (now, *id)).collect();
    }

    /// Adds a batch that was submitted at `now`.
    pub(super) fn submit(&mut self, batch: Batch, now: Timestamp) {
        self.submitted.push_back((now, batch.id));
        self.batches.insert(batch.id, batch);
    }

    /// Deletes the batches that were submitted at least `age` before `now`.
    pub(super) fn delete_old(&mut self, now: Timestamp, age: Duration) {
        while let Some((submitted, id)) = self.submitted.front()
            && submitted.checked_add(age).is_ok_and(|end| end <= now)
        {
            if let Some(batch) = self.batches.remove(id) {
                self.deleted.insert(*id, batch.subscription, 1);
            }
            self.submitted.pop_front();
        }
    }

    /// The subscription of a batch that was deleted.
    pub(super) fn deleted(&self, batch: Uuid) -> Option<Uuid> {
        self.deleted.get(&batch).copied()
    }
}

/// A subscription of an organisation to a provider.
#[derive(Clone, Debug, PartialEq)]
pub struct Subscription {
    /// Its id.
    pub id: Uuid,
    /// The product's organisation.
    pub organisation: Uuid,
    /// The provider.
    pub provider: Uuid,
    /// Its status.
    pub status: String,
    /// What the provider asked the product for; a text that holds JSON, or an object.
    pub additional_data: Value,
    /// `authorise` and whatever else was put there.
    pub links: Map<String, Value>,
}

/// As the platform shows it.
impl Serialize for Subscription {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut view = serializer.serialize_map(None)?;
        view.serialize_entry("subscriptionId", &self.id)?;
        view.serialize_entry("organisationId", &self.organisation)?;
        view.serialize_entry("providerId", &self.provider)?;
        view.serialize_entry("status", &self.status)?;
        view.serialize_entry("additionalData", &self.additional_data)?;
        view.serialize_entry("links", &self.links)?;
        view.end()
    }
}

/// A batch of payments.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Its id.
    pub id: Uuid,
    /// The subscription under which it was submitted.
    pub subscription: Uuid,
    /// The product's own id for it.
    pub external_id: Option<String>,
    /// Its status.
    pub status: String,
    /// The provider's finer status.
    pub extended_status: Option<String>,
    /// Texts or nulls by name, or null.
    pub additional_data: Value,
    /// `authorise`, with its validity, and whatever else was put there.
    pub links: Map<String, Value>,
    /// Its payments, in the order of submission.
    pub payments: IndexMap<Uuid, Payment>,
}

/// As the platform shows it.
impl Serialize for Batch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut view = serializer.serialize_map(None)?;
        view.serialize_entry("batchId", &self.id)?;
        view.serialize_entry("subscriptionId", &self.subscription)?;
        view.serialize_entry("externalId", &self.external_id)?;
        view.serialize_entry("status", &self.status)?;
        view.serialize_entry("extendedStatus", &self.extended_status)?;
        view.serialize_entry("additionalData", &self.additional_data)?;
        view.serialize_entry("links", &self.links)?;
        view.serialize_entry("payments", &Payments(&self.payments))?;
        view.end()
    }
}

struct Payments<'a>(&'a IndexMap<Uuid, Payment>);

impl Serialize for Payments<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.values())
    }
}

/// A payment.
#[derive(Clone, Debug, PartialEq)]
pub struct Payment {
    /// Its id.
    pub id: Uuid,
    /// Its status.
    pub status: String,
    /// The provider's finer status.
    pub extended_status: Option<String>,
    /// When it was completed, as the provider wrote it.
    pub completed: Option<String>,
    /// Texts or nulls by name, or null.
    pub additional_data: Value,
    /// What the product submitted: amount, currency, creditor. It never changes.
    pub details: Map<String, Value>,
}

impl Payment {
    /// What the platform and the provider say of a payment; a product cannot.
    pub(super) const OWN: [&str; 5] = [
        "paymentId",
        "status",
        "extendedStatus",
        "paymentCompletedDate",
        "additionalData",
    ];

    pub(super) fn new(id: Uuid, status: &str, details: Map<String, Value>) -> Self {
        Self {
            id,
            status: status.to_owned(),
            extended_status: None,
            completed: None,
            additional_data: Value::Null,
            details,
        }
    }
}

/// As the platform shows it.
impl Serialize for Payment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut view = serializer.serialize_map(None)?;
        view.serialize_entry("paymentId", &self.id)?;
        view.serialize_entry("status", &self.status)?;
        view.serialize_entry("extendedStatus", &self.extended_status)?;
        view.serialize_entry("paymentCompletedDate", &self.completed)?;
        view.serialize_entry("additionalData", &self.additional_data)?;
        for (name, value) in &self.details {
            if !Self::OWN.contains(&name.as_str()) {
                view.serialize_entry(name, value)?;
            }
        }
        view.end()
    }
}

/// A message that the platform took for forwarding.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// When.
    pub at: Timestamp,
    /// The operation: `POST /api-provider-msg-v1/creditorputs`.
    pub operation: String,
    /// By which it is routed.
    pub subscription: Uuid,
    /// The whole body.
    pub body: Value,
}

/// The messages that the platform took: all are counted, the latest are kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Messages {
    latest: VecDeque<(Message, usize)>,
    bytes: usize,
    taken: u64,
}

impl Messages {
    /// How many messages are kept at most.
    const KEPT: usize = 10_000;

    /// How many bytes their bodies had at most, together.
    const BYTES: usize = 32 * 1024 * 1024;

    /// How many were taken.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// How many are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.latest.len()
    }

    /// Whether none is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.latest.is_empty()
    }

    /// Those that are kept, the latest last.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Message> {
        self.latest.iter().map(|(message, _)| message)
    }

    /// Those that came after the first `taken` ones, as far as they are kept.
    pub fn since(&self, taken: u64) -> impl Iterator<Item = &Message> {
        let new = usize::try_from(self.taken.saturating_sub(taken)).unwrap_or(usize::MAX);
        let start = self.latest.len().saturating_sub(new);
        self.latest.range(start..).map(|(message, _)| message)
    }

    /// Takes a message whose body had so many `bytes`.
    pub(super) fn take(&mut self, message: Message, bytes: usize) {
        self.taken += 1;
        self.bytes += bytes;
        self.latest.push_back((message, bytes));
        while self.latest.len() > Self::KEPT || self.bytes > Self::BYTES {
            let Some((_, bytes)) = self.latest.pop_front() else {
                return;
            };
            self.bytes -= bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Clock;

    #[test]
    fn of_many_or_heavy_messages_the_latest_are_kept_and_all_counted() {
        let message = |number: usize| Message {
            at: Clock::logical_start(),
            operation: number.to_string(),
            subscription: Uuid::nil(),
            body: Value::Null,
        };
        let mut messages = Messages::default();
        for number in 0..Messages::KEPT + 5 {
            messages.take(message(number), 10);
        }
        assert_eq!(messages.len(), Messages::KEPT);
        assert_eq!(messages.taken(), 10_005);
        assert_eq!(messages.iter().next().unwrap().operation, "5");
        assert_eq!(messages.since(10_003).count(), 2);
        assert_eq!(messages.since(0).count(), Messages::KEPT);
        assert_eq!(messages.since(10_005).count(), 0);
        messages.take(message(7), Messages::BYTES);
        assert_eq!(messages.len(), 1);
        assert_eq!(messages.iter().next_back().unwrap().operation, "7");
    }
}
