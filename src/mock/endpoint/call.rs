//! An authenticated request on its way through one endpoint.

use serde_json::Value;
use uuid::Uuid;

use super::{batch, consumer, messaging, provider, subscription};
use crate::base::{Random, Timestamp};
use crate::exchange::{Request, Response};
use crate::mock::defect::Defects;
use crate::mock::error::Refusal;
use crate::mock::route::{Destination, Operation};
use crate::mock::store::Store;
use crate::mock::tenant::{Initial, Tenant};
use crate::profile::{Flow, Profile};

/// What an endpoint sees.
pub(in crate::mock) struct Call<'a> {
    pub(in crate::mock) profile: &'a Profile,
    pub(in crate::mock) defects: &'a Defects,
    pub(in crate::mock) tenant: &'a Tenant,
    pub(in crate::mock) initial: &'a Initial,
    pub(in crate::mock) store: &'a mut Store,
    pub(in crate::mock) identifiers: &'a mut Random,
    pub(in crate::mock) now: Timestamp,
    pub(in crate::mock) destination: &'a Destination,
    pub(in crate::mock) request: &'a Request,
    /// The body; null where the operation takes none.
    pub(in crate::mock) body: &'a Value,
}

/// Serves a call by its operation.
pub(in crate::mock) fn serve(call: &mut Call<'_>) -> Result<Response, Refusal> {
    match call.destination.operation {
        // Tokens are issued by the platform itself: whoever asks has none yet.
        Operation::Token => Err(Refusal::new(404, "NoSuchEndpoint", "no such endpoint")),
        Operation::GetProvider => provider::get(call),
        Operation::PatchProvider => provider::patch(call),
        Operation::GetSubscription => subscription::get(call),
        Operation::PatchSubscription => subscription::patch(call),
        Operation::GetBatch => batch::get(call),
        Operation::PatchBatch => batch::patch(call),
        Operation::ProviderMessage => messaging::from_provider(call),
        Operation::CreateSubscription => consumer::create_subscription(call),
        Operation::GetSubscriptionAsProduct => consumer::get_subscription(call),
        Operation::CreateBatch => consumer::create_batch(call),
        Operation::GetBatchAsProduct => consumer::get_batch(call),
        Operation::ListProviders => Ok(consumer::list_providers(call)),
        Operation::ProductMessage => messaging::from_product(call),
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Provider,
    Product,
}

impl Call<'_> {
    pub(super) fn flow(&self, name: &str) -> &Flow {
        &self.profile.flows[name]
    }

    /// The id in the path; what is no UUID names nothing.
    pub(super) fn id(&self, what: &str) -> Result<Uuid, Refusal> {
        let id = self.destination.id.as_deref().unwrap_or_default();
        id.parse().map_err(|_| Refusal::not_found(what, id))
    }

    /// That the subscription exists and is one of the caller's.
    pub(super) fn own_subscription(&self, id: Uuid, side: Side) -> Result<(), Refusal> {
        let subscription = self
            .store
            .subscriptions
            .get(&id)
            .ok_or_else(|| Refusal::not_found("subscription", &id.to_string()))?;
        let own = match side {
            Side::Provider => subscription.provider == self.tenant.provider_id,
            Side::Product => subscription.organisation == self.tenant.organisation_id,
        };
        if own {
            Ok(())
        } else {
            Err(Refusal::foreign("subscription", &id.to_string()))
        }
    }

    /// That the batch exists and is one of the caller's.
    pub(super) fn own_batch(&self, id: Uuid, side: Side) -> Result<(), Refusal> {
        let batch = self
            .store
            .batches
            .get(&id)
            .ok_or_else(|| Refusal::not_found("batch", &id.to_string()))?;
        self.own_subscription(batch.subscription, side)
            .map_err(|_| Refusal::foreign("batch", &id.to_string()))
    }
}
