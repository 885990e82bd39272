//! The clients that the platform knows, and whose things each may see.

use uuid::Uuid;

use super::route::Caller;
use super::tenant::{Credential, Tenant};

/// For whom a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Owner {
    /// A provider, by the id of its configuration.
    Provider(Uuid),
    /// A Sage product, by its organisation.
    Product(Uuid),
}

impl Owner {
    /// Whether an operation of `caller` is for it.
    pub(super) fn may_call(self, caller: Caller) -> bool {
        match caller {
            Caller::Everybody | Caller::Client => true,
            Caller::Provider => matches!(self, Self::Provider(_)),
            Caller::Product => matches!(self, Self::Product(_)),
        }
    }
}

/// A client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Client {
    pub(super) credential: Credential,
    pub(super) owner: Owner,
}

/// All clients.
#[derive(Clone, Debug)]
pub(super) struct Clients([Client; 4]);

impl Clients {
    pub(super) fn of(tenant: &Tenant) -> Self {
        let provider = |credential, id| Client {
            credential,
            owner: Owner::Provider(id),
        };
        let product = |credential, id| Client {
            credential,
            owner: Owner::Product(id),
        };
        Self([
            provider(tenant.provider, tenant.provider_id),
            product(tenant.product, tenant.organisation_id),
            provider(tenant.foreign_provider, tenant.foreign_provider_id),
            product(tenant.foreign_product, tenant.foreign_organisation_id),
        ])
    }

    /// The client with this API key, if operations of `caller` are for it.
    pub(super) fn by_key(&self, key: &str, caller: Caller) -> Option<Client> {
        self.find(|client| client.credential.api_key == key && client.owner.may_call(caller))
    }

    /// The client with this id.
    pub(super) fn by_id(&self, id: &str) -> Option<Client> {
        self.find(|client| client.credential.client_id == id)
    }

    /// Whether there is an organisation with this id.
    pub(super) fn has_organisation(&self, id: Uuid) -> bool {
        self.find(|client| client.owner == Owner::Product(id))
            .is_some()
    }

    fn find(&self, is_wanted: impl Fn(&Client) -> bool) -> Option<Client> {
        self.0.iter().copied().find(is_wanted)
    }
}
