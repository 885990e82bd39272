//! What a provider is told of.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::exchange::Response;
use crate::mock::route::{Destination, Operation};
use crate::mock::store::{Store, Subscription};
use crate::mock::tenant::Tenant;
use crate::profile::{Notifications, Telling};

/// Something that needs the provider's attention.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::mock) enum Occurrence {
    /// The product created a subscription.
    Subscription {
        subscription: Uuid,
        organisation: Uuid,
        status: String,
    },
    /// The product changed the status of a subscription.
    StatusChange {
        subscription: Uuid,
        organisation: Uuid,
        status: String,
    },
    /// The product submitted a batch.
    Batch {
        batch: Uuid,
        subscription: Uuid,
        organisation: Uuid,
        status: String,
    },
    /// The product sent a message.
    Message {
        subscription: Uuid,
        organisation: Uuid,
        /// `creditorputs`.
        kind: String,
        /// As the product sent it.
        message: Value,
    },
}

impl Occurrence {
    /// What the seeded provider is told of a call of the product that succeeded: something new, or
    /// a message, under one of its subscriptions.
    pub(in crate::mock) fn of(
        destination: &Destination,
        body: &Value,
        response: &Response,
        store: &Store,
        tenant: &Tenant,
    ) -> Option<Self> {
        let created = |member: &str| -> Option<Uuid> {
            let answer = response.body.json()?;
            answer["data"][member].as_str()?.parse().ok()
        };
        let own = |id: Uuid| {
            let subscription = store.subscriptions.get(&id)?;
            (subscription.provider == tenant.provider_id).then_some(subscription)
        };
        match destination.operation {
            Operation::CreateSubscription => {
                let subscription = own(created("subscriptionId")?)?;
                Some(Self::Subscription {
                    subscription: subscription.id,
                    organisation: subscription.organisation,
                    status: subscription.status.clone(),
                })
            }
            Operation::CreateBatch => {
                let batch = store.batches.get(&created("batchId")?)?;
                let subscription = own(batch.subscription)?;
                Some(Self::Batch {
                    batch: batch.id,
                    subscription: subscription.id,
                    organisation: subscription.organisation,
                    status: batch.status.clone(),
                })
            }
            Operation::ProductMessage => {
                let subscription = own(body["subscriptionId"].as_str()?.parse().ok()?)?;
                let (_, kind) = destination.name.rsplit_once('/')?;
                Some(Self::Message {
                    subscription: subscription.id,
                    organisation: subscription.organisation,
                    kind: kind.to_owned(),
                    message: body.clone(),
                })
            }
            Operation::Token
            | Operation::GetKeys
            | Operation::GetProvider
            | Operation::PatchProvider
            | Operation::GetSubscription
            | Operation::PatchSubscription
            | Operation::GetBatch
            | Operation::PatchBatch
            | Operation::ProviderMessage
            | Operation::GetSubscriptionAsProduct
            | Operation::GetBatchAsProduct
            | Operation::ListProviders => None,
        }
    }

    /// That the product gave `subscription` the status that it has.
    pub(in crate::mock) fn status_change(subscription: &Subscription) -> Self {
        Self::StatusChange {
            subscription: subscription.id,
            organisation: subscription.organisation,
            status: subscription.status.clone(),
        }
    }

    /// The body of the notification; none where the profile says that the provider is not told.
    pub(super) fn body(&self, profile: &Notifications) -> Option<Value> {
        let template = match self {
            Self::Subscription { .. } => &profile.subscription,
            Self::StatusChange { .. } => match profile.status_changes.value {
                Telling::Sent => &profile.status_change,
                Telling::Silent => return None,
            },
            Self::Batch { .. } => &profile.batch,
            Self::Message { .. } => &profile.message,
        };
        Some(template.value.fill(|name| self.value(name)))
    }

    /// Whether the profile says with which status the endpoint answers.
    pub(super) fn expects_an_answer(&self) -> bool {
        match self {
            Self::Subscription { .. } | Self::Batch { .. } => true,
            Self::StatusChange { .. } | Self::Message { .. } => false,
        }
    }

    /// What a placeholder of a template stands for.
    fn value(&self, name: &str) -> Option<Value> {
        match (self, name) {
            (
                Self::Subscription { subscription, .. }
                | Self::StatusChange { subscription, .. }
                | Self::Batch { subscription, .. }
                | Self::Message { subscription, .. },
                "subscriptionId",
            ) => Some(json!(subscription)),
            (
                Self::Subscription { organisation, .. }
                | Self::StatusChange { organisation, .. }
                | Self::Batch { organisation, .. }
                | Self::Message { organisation, .. },
                "organisationId",
            ) => Some(json!(organisation)),
            (
                Self::Subscription { status, .. }
                | Self::StatusChange { status, .. }
                | Self::Batch { status, .. },
                "status",
            ) => Some(json!(status)),
            (Self::Batch { batch, .. }, "batchId") => Some(json!(batch)),
            (Self::Message { kind, .. }, "kind") => Some(json!(kind)),
            (Self::Message { message, .. }, "message") => Some(message.clone()),
            _ => None,
        }
    }
}
