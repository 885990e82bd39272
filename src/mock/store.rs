//! What the platform remembers of subscriptions, batches, providers and messages.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::base::Timestamp;

/// The platform's data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Store {
    /// The configuration of each provider.
    pub providers: BTreeMap<Uuid, Map<String, Value>>,
    /// Subscriptions.
    pub subscriptions: BTreeMap<Uuid, Subscription>,
    /// Batches of payments.
    pub batches: BTreeMap<Uuid, Batch>,
    /// Messages accepted for forwarding, in order.
    pub messages: Vec<Message>,
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

impl Subscription {
    /// As the platform shows it.
    pub(super) fn view(&self) -> Value {
        json!({
            "subscriptionId": self.id,
            "organisationId": self.organisation,
            "providerId": self.provider,
            "status": self.status,
            "additionalData": self.additional_data,
            "links": self.links,
        })
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
    /// Its payments, in the order of submission.
    pub payments: IndexMap<Uuid, Payment>,
}

impl Batch {
    /// As the platform shows it.
    pub(super) fn view(&self) -> Map<String, Value> {
        let mut view = Map::new();
        view.insert("batchId".into(), json!(self.id));
        view.insert("subscriptionId".into(), json!(self.subscription));
        view.insert("externalId".into(), json!(self.external_id));
        view.insert("status".into(), json!(self.status));
        view.insert("extendedStatus".into(), json!(self.extended_status));
        view.insert("additionalData".into(), self.additional_data.clone());
        view.insert(
            "payments".into(),
            self.payments.values().map(Payment::view).collect(),
        );
        view
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

    fn view(&self) -> Value {
        let mut view = Map::new();
        view.insert("paymentId".into(), json!(self.id));
        view.insert("status".into(), json!(self.status));
        view.insert("extendedStatus".into(), json!(self.extended_status));
        view.insert("paymentCompletedDate".into(), json!(self.completed));
        view.insert("additionalData".into(), self.additional_data.clone());
        for (name, value) in &self.details {
            view.entry(name.clone()).or_insert_with(|| value.clone());
        }
        Value::Object(view)
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
