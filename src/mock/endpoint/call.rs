//! An authenticated request on its way through one endpoint.

use serde_json::Value;
use uuid::Uuid;

use super::transition::Law;
use super::{batch, consumer, messaging, provider, subscription};
use crate::base::{Random, Timestamp};
use crate::exchange::{Request, Response};
use crate::mock::client::{Client, Clients, Owner};
use crate::mock::defect::Defects;
use crate::mock::error::Refusal;
use crate::mock::route::{Destination, Operation};
use crate::mock::rule::{Rules, Subject};
use crate::mock::store::Store;
use crate::profile::{Afterwards, Flow, Profile};

/// What an endpoint sees.
pub(in crate::mock) struct Call<'a> {
    pub(in crate::mock) profile: &'a Profile,
    pub(in crate::mock) defects: &'a Defects,
    pub(in crate::mock) clients: &'a Clients,
    /// Who asks.
    pub(in crate::mock) client: &'a Client,
    pub(in crate::mock) store: &'a mut Store,
    pub(in crate::mock) rules: &'a mut Rules,
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
        // Tokens and keys are the platform's own: whoever asks for them has no token yet.
        Operation::Token | Operation::GetKeys => {
            Err(Refusal::new(404, "NoSuchEndpoint", "no such endpoint"))
        }
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

impl<'a> Call<'a> {
    pub(super) fn flow(&self, name: &str) -> &'a Flow {
        &self.profile.flows[name]
    }

    /// What decides whether a status of `flow` may follow another.
    pub(super) fn law(&self, flow: &'a Flow) -> Law<'a> {
        Law {
            profile: self.profile,
            defects: self.defects,
            flow,
        }
    }

    /// The id in the path; what is no UUID names nothing.
    pub(super) fn id(&self, what: &str) -> Result<Uuid, Refusal> {
        let id = self.destination.id.as_deref().unwrap_or_default();
        id.parse().map_err(|_| Refusal::not_found(what, id))
    }

    /// That the subscription exists and is one of the caller's.
    pub(super) fn own_subscription(&self, id: Uuid) -> Result<(), Refusal> {
        let subscription = self
            .store
            .subscriptions
            .get(&id)
            .ok_or_else(|| Refusal::not_found("subscription", &id.to_string()))?;
        let own = match self.client.owner {
            Owner::Provider(provider) => subscription.provider == provider,
            Owner::Product(organisation) => subscription.organisation == organisation,
        };
        if own {
            Ok(())
        } else {
            Err(Refusal::foreign("subscription", &id.to_string()))
        }
    }

    /// That the batch exists and is one of the caller's.
    pub(super) fn own_batch(&self, id: Uuid) -> Result<(), Refusal> {
        let kept = self.store.batches.get(&id).map(|batch| batch.subscription);
        let subscription = kept
            .or_else(|| self.store.deleted(id))
            .ok_or_else(|| Refusal::not_found("batch", &id.to_string()))?;
        self.own_subscription(subscription)
            .map_err(|_| Refusal::foreign("batch", &id.to_string()))?;
        match (kept, self.profile.retention.afterwards.value) {
            (Some(_), _) => Ok(()),
            (None, Afterwards::NotFound) => Err(Refusal::not_found("batch", &id.to_string())),
            (None, Afterwards::Gone) => Err(Refusal::new(
                410,
                "Gone",
                format!("the batch {id} was kept for as long as agreed and is deleted"),
            )),
        }
    }

    /// That the body keeps the rules of `provider`.
    pub(super) fn check_rules(&mut self, provider: Uuid, subject: Subject) -> Result<(), Refusal> {
        let Some(configuration) = self.store.providers.get(&provider) else {
            return Ok(());
        };
        self.rules.check(
            provider,
            configuration,
            &self.profile.rules,
            subject,
            self.body,
        )
    }
}
