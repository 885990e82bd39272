//! What the mock knows from the start: two providers and two Sage products, each with credentials
//! and data of its own. The shipped collections use the first ones; to them the second ones are
//! strangers, and the other way round.

use std::sync::LazyLock;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};
use uuid::{Uuid, uuid};

use super::jwt::{self, Claims};
use super::store::{Batch, Payment, Store, Subscription};
use crate::profile::{Flow, Profile};

/// The credentials of one client of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The client id of the token endpoint.
    pub client_id: &'static str,
    /// The client secret.
    pub client_secret: &'static str,
    /// The audience of its tokens.
    pub audience: &'static str,
    /// The API key.
    pub api_key: &'static str,
}

/// The seeded tenant. Its credentials are published: they open nothing but the mock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// The provider's credentials.
    pub provider: Credential,
    /// The Sage product's credentials.
    pub product: Credential,
    /// The provider.
    pub provider_id: Uuid,
    /// The product's organisation.
    pub organisation_id: Uuid,
    /// A subscription in the initial status.
    pub subscription_id: Uuid,
    /// A subscription that is `Authorised`.
    pub authorised_subscription_id: Uuid,
    /// A batch of three payments in the initial status, under the authorised subscription.
    pub batch_id: Uuid,
    /// The second provider's credentials.
    pub foreign_provider: Credential,
    /// The second product's credentials.
    pub foreign_product: Credential,
    /// The second provider.
    pub foreign_provider_id: Uuid,
    /// The second product's organisation.
    pub foreign_organisation_id: Uuid,
    /// The second organisation's subscription to the second provider, in the initial status.
    pub foreign_received_subscription_id: Uuid,
    /// Another, `Authorised`.
    pub foreign_subscription_id: Uuid,
    /// A batch of three payments under it.
    pub foreign_batch_id: Uuid,
}

/// The issuer of the expired token: that of the built-in profile.
const ISSUER: &str = "https://id.mock.invalid/";

/// 2020-01-01T00:00:00Z.
const LONG_AGO: i64 = 1_577_836_800;

impl Tenant {
    /// The one that every mock has.
    #[must_use]
    pub const fn seeded() -> Self {
        Self {
            provider: Credential {
                client_id: "mock-provider-client",
                client_secret: "mock-provider-secret-2f6c1a",
                audience: "payments-out/provider-mock",
                api_key: "mock-api-key-9d41c7e2",
            },
            product: Credential {
                client_id: "mock-product-client",
                client_secret: "mock-product-secret-b80e35",
                audience: "payments-out/consumer-mock",
                api_key: "mock-product-key-51fa90",
            },
            provider_id: uuid!("6b0c7e0a-8f5d-4f0e-9a53-0d5b1f3c2a11"),
            organisation_id: uuid!("c1f0a3de-5d0b-4c39-8a8e-2f7de0a9b6c4"),
            subscription_id: uuid!("3d2a9f40-6a1c-4d55-9f0b-7f6f0c1d2e3a"),
            authorised_subscription_id: uuid!("8a7b6c5d-4e3f-4a2b-9c1d-0e9f8a7b6c5d"),
            batch_id: uuid!("5e4d3c2b-1a09-4f8e-8d7c-6b5a49382716"),
            foreign_provider: Credential {
                client_id: "mock-second-provider-client",
                client_secret: "mock-second-provider-secret-7be04d",
                audience: "payments-out/second-provider-mock",
                api_key: "mock-second-api-key-c83e15a6",
            },
            foreign_product: Credential {
                client_id: "mock-second-product-client",
                client_secret: "mock-second-product-secret-45d9f2",
                audience: "payments-out/second-consumer-mock",
                api_key: "mock-second-product-key-e6027b",
            },
            foreign_provider_id: uuid!("d94f5e02-7c1b-4b60-8e35-1f2a3b4c5d6e"),
            foreign_organisation_id: uuid!("a7b81c92-3d4e-4f50-9617-28394a5b6c7d"),
            foreign_received_subscription_id: uuid!("e1f20314-2536-4758-897a-9bacbdcedff0"),
            foreign_subscription_id: uuid!("f0e1d2c3-b4a5-4968-8776-655443322110"),
            foreign_batch_id: uuid!("0f1e2d3c-4b5a-4697-8877-665544332211"),
        }
    }

    /// The same tenant as the second provider and product see it: to them the first ones are
    /// strangers.
    #[must_use]
    pub const fn second() -> Self {
        let first = Self::seeded();
        Self {
            provider: first.foreign_provider,
            product: first.foreign_product,
            provider_id: first.foreign_provider_id,
            organisation_id: first.foreign_organisation_id,
            subscription_id: first.foreign_received_subscription_id,
            authorised_subscription_id: first.foreign_subscription_id,
            batch_id: first.foreign_batch_id,
            foreign_provider: first.provider,
            foreign_product: first.product,
            foreign_provider_id: first.provider_id,
            foreign_organisation_id: first.organisation_id,
            foreign_received_subscription_id: first.subscription_id,
            foreign_subscription_id: first.authorised_subscription_id,
            foreign_batch_id: first.batch_id,
        }
    }

    /// A token of the provider that expired in 2020, signed with the mock's key.
    #[must_use]
    pub fn expired_token() -> String {
        static SIGNED: LazyLock<String> = LazyLock::new(|| Tenant::seeded().token_of_2020());
        SIGNED.clone()
    }

    fn token_of_2020(&self) -> String {
        let claims = Claims {
            iss: ISSUER.into(),
            sub: self.provider.client_id.into(),
            aud: self.provider.audience.into(),
            iat: LONG_AGO,
            exp: LONG_AGO + 28_800,
            jti: "00000000-0000-4000-8000-000000002020".into(),
        };
        jwt::sign(&claims, None)
    }

    /// The tenant as the variables of the mock's environment.
    #[must_use]
    pub fn variables() -> IndexMap<&'static str, String> {
        Self::seeded().environment(Self::expired_token())
    }

    /// As [`Tenant::variables`], of [`Tenant::second`].
    #[cfg(test)]
    pub(crate) fn second_variables() -> IndexMap<&'static str, String> {
        let second = Self::second();
        second.environment(second.token_of_2020())
    }

    fn environment(&self, expired_token: String) -> IndexMap<&'static str, String> {
        let tenant = self;
        IndexMap::from([
            ("baseUrl", "https://api-payout.mock.invalid".to_owned()),
            ("tokenBaseUrl", "https://id.mock.invalid".to_owned()),
            ("clientId", tenant.provider.client_id.to_owned()),
            ("clientSecret", tenant.provider.client_secret.to_owned()),
            ("audience", tenant.provider.audience.to_owned()),
            ("apiKey", tenant.provider.api_key.to_owned()),
            ("consumerClientId", tenant.product.client_id.to_owned()),
            (
                "consumerClientSecret",
                tenant.product.client_secret.to_owned(),
            ),
            ("consumerAudience", tenant.product.audience.to_owned()),
            ("consumerApiKey", tenant.product.api_key.to_owned()),
            ("providerId", tenant.provider_id.to_string()),
            ("organisationId", tenant.organisation_id.to_string()),
            ("subscriptionId", tenant.subscription_id.to_string()),
            (
                "authorisedSubscriptionId",
                tenant.authorised_subscription_id.to_string(),
            ),
            ("batchId", tenant.batch_id.to_string()),
            (
                "foreignSubscriptionId",
                tenant.foreign_subscription_id.to_string(),
            ),
            ("foreignBatchId", tenant.foreign_batch_id.to_string()),
            ("expiredToken", expired_token),
        ])
    }

    /// The data that the mock starts with.
    ///
    /// A flow that does not know `Authorised` has no authorised subscription.
    pub(super) fn data(&self, profile: &Profile) -> Store {
        let flows = Initial::of(profile);
        let subscription = &profile.flows["subscription"];
        let authorised = if subscription.is_known(Flow::AUTHORISED) {
            Flow::AUTHORISED
        } else {
            flows.subscription.as_str()
        };
        let mut store = Store::default();
        store
            .providers
            .insert(self.provider_id, self.configuration());
        store
            .providers
            .insert(self.foreign_provider_id, self.foreign_configuration());
        let subscriptions = [
            (
                self.subscription_id,
                self.organisation_id,
                self.provider_id,
                flows.subscription.as_str(),
            ),
            (
                self.authorised_subscription_id,
                self.organisation_id,
                self.provider_id,
                authorised,
            ),
            (
                self.foreign_received_subscription_id,
                self.foreign_organisation_id,
                self.foreign_provider_id,
                flows.subscription.as_str(),
            ),
            (
                self.foreign_subscription_id,
                self.foreign_organisation_id,
                self.foreign_provider_id,
                authorised,
            ),
        ];
        for (id, organisation, provider, status) in subscriptions {
            store.subscriptions.insert(
                id,
                Subscription {
                    id,
                    organisation,
                    provider,
                    status: status.to_owned(),
                    additional_data: Value::Null,
                    links: Map::new(),
                },
            );
        }
        for (id, subscription) in [
            (self.batch_id, self.authorised_subscription_id),
            (self.foreign_batch_id, self.foreign_subscription_id),
        ] {
            store.batches.insert(
                id,
                Batch {
                    id,
                    subscription,
                    external_id: Some("INV-RUN-0001".into()),
                    status: flows.batch.clone(),
                    extended_status: None,
                    additional_data: Value::Null,
                    links: Map::new(),
                    payments: payments(id, &flows.payment),
                },
            );
        }
        store
    }

    /// The provider's configuration, in the fields that the platform's pages name.
    fn configuration(&self) -> Map<String, Value> {
        members(json!({
            "providerId": self.provider_id,
            "clientID": self.provider.client_id,
            "name": "Mock Provider",
            "author": "Mock Provider Ltd",
            "country": ["GB", "US"],
            "defaultLanguage": "en-GB",
            "supportedLanguages": ["en-GB", "en-US"],
            "maximumPaymentCount": 2000,
            "accountType": {"validationRules": [{
                "ruleId": "sort-code",
                "validation": {
                    "apiPath": "Creditors",
                    "jsonPath": "$.data.creditor.bankAccount.sortCode",
                    "optionality": "optional",
                    "regex": "^[0-9]{6}$",
                    "example": "200000",
                    "description": "The sort code of the vendor's bank account",
                    "errorMessage": "A sort code has six digits",
                },
            }]},
            "localInstruments": ["BACS", "FPS"],
            "defaultLocalInstrument": "BACS",
        }))
    }

    /// That of the second provider.
    fn foreign_configuration(&self) -> Map<String, Value> {
        members(json!({
            "providerId": self.foreign_provider_id,
            "clientID": self.foreign_provider.client_id,
            "name": "Second Mock Provider",
            "author": "Second Mock Provider SAS",
            "country": ["FR"],
            "defaultLanguage": "fr-FR",
            "supportedLanguages": ["fr-FR"],
            "maximumPaymentCount": 100,
            "accountType": {"validationRules": []},
            "localInstruments": ["SEPA"],
            "defaultLocalInstrument": "SEPA",
        }))
    }
}

fn members(object: Value) -> Map<String, Value> {
    match object {
        Value::Object(members) => members,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}

/// The statuses in which things are created.
#[derive(Clone, Debug)]
pub(super) struct Initial {
    pub(super) subscription: String,
    pub(super) batch: String,
    pub(super) payment: String,
}

impl Initial {
    pub(super) fn of(profile: &Profile) -> Self {
        let first = |name: &str| {
            let flow = &profile.flows[name];
            flow.states()
                .find(|state| flow.is_initial(state))
                .expect("a profile refuses a flow without an initial state")
                .to_owned()
        };
        Self {
            subscription: first("subscription"),
            batch: first("batch"),
            payment: first("payment"),
        }
    }
}

/// Three payments whose ids follow from that of their batch.
fn payments(batch: Uuid, status: &str) -> IndexMap<Uuid, Payment> {
    let vendors = [
        ("Northwind Paper Ltd", "125.50", "200000", "55779911"),
        ("Harbour Tools Ltd", "2480.00", "200415", "38290008"),
        ("Elm Street Catering", "73.25", "309070", "01273801"),
    ];
    (1_u128..)
        .zip(vendors)
        .map(|(number, (name, amount, sort_code, account))| {
            let id = uuid::Builder::from_u128(batch.as_u128() ^ (number << 96))
                .with_version(uuid::Version::Random)
                .into_uuid();
            let details = json!({
                "amount": amount,
                "currency": "GBP",
                "reference": format!("INV-{number:04}"),
                "creditor": {
                    "name": name,
                    "bankAccount": {"sortCode": sort_code, "accountNumber": account},
                },
            });
            let details = details.as_object().cloned().unwrap_or_default();
            (id, Payment::new(id, status, details))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeded_batch_has_three_payments_of_its_own() {
        let profile = Profile::built_in();
        let tenant = Tenant::seeded();
        let store = tenant.data(&profile);
        let own: Vec<_> = store.batches[&tenant.batch_id].payments.keys().collect();
        let foreign: Vec<_> = store.batches[&tenant.foreign_batch_id]
            .payments
            .keys()
            .collect();
        assert_eq!((own.len(), foreign.len()), (3, 3));
        assert!(own.iter().all(|id| !foreign.contains(id)));
        assert!(own.iter().all(|id| id.get_version_num() == 4));
    }

    #[test]
    fn what_is_foreign_to_the_first_is_the_second_s_own_and_the_other_way_round() {
        let (first, second) = (Tenant::variables(), Tenant::second_variables());
        assert!(first.keys().eq(second.keys()));
        let pairs = [
            ("foreignBatchId", "batchId"),
            ("foreignSubscriptionId", "authorisedSubscriptionId"),
        ];
        for (foreign, own) in pairs {
            assert_eq!(first[foreign], second[own]);
            assert_eq!(second[foreign], first[own]);
        }
        for name in [
            "clientId",
            "clientSecret",
            "apiKey",
            "audience",
            "expiredToken",
        ] {
            assert_ne!(first[name], second[name], "{name}");
        }
    }

    #[test]
    fn the_credentials_of_the_second_ones_are_published() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/fixtures/environment/README.md"
        );
        let published = std::fs::read_to_string(path).unwrap();
        let tenant = Tenant::second();
        for credential in [tenant.provider, tenant.product] {
            let Credential {
                client_id,
                client_secret,
                audience,
                api_key,
            } = credential;
            let row = format!("| `{client_id}` | `{client_secret}` | `{audience}` | `{api_key}` |");
            assert!(published.contains(&row), "{row}");
        }
    }

    #[test]
    fn the_expired_token_names_the_issuer_of_the_built_in_profile() {
        assert_eq!(Profile::built_in().token.issuer.value, ISSUER);
    }

    #[test]
    fn the_expired_token_never_changes() {
        assert_eq!(Tenant::expired_token(), Tenant::variables()["expiredToken"]);
        assert_eq!(Tenant::expired_token().split('.').count(), 3);
    }
}
