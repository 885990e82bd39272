//! Whatever a provider sends, what the platform stores stays within the flows.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::client::{As, Client, batch, subscription};
use crate::mock::{Store, Tenant};
use crate::profile::{Flow, Profile};

const TENANT: Tenant = Tenant::seeded();

const STATUSES: [&str; 12] = [
    "Received",
    "Pending",
    "AwaitingAuthorisation",
    "Authorised",
    "Suspended",
    "Cancelled",
    "Rejected",
    "Processing",
    "Completed",
    "PartiallyCompleted",
    "Failed",
    "Bogus",
];

fn status() -> impl Strategy<Value = Option<&'static str>> {
    prop::option::of(prop::sample::select(&STATUSES[..]))
}

/// An update of the subscription, or of the batch with some of its payments.
fn update() -> impl Strategy<Value = (bool, Value)> {
    let payments = prop::collection::vec((0_usize..4, status()), 0..4);
    (any::<bool>(), status(), status(), payments).prop_map(
        |(is_batch, status, default, payments)| {
            let ids: Vec<_> = seeded().batches[&TENANT.batch_id]
                .payments
                .keys()
                .map(ToString::to_string)
                .collect();
            let payments: Vec<_> = payments
                .into_iter()
                .map(|(index, status)| json!({"paymentId": ids.get(index), "status": status}))
                .collect();
            let body = if is_batch {
                json!({"data": {"status": status, "defaultStatus": default, "payments": payments}})
            } else {
                json!({"data": {"status": status}})
            };
            (is_batch, body)
        },
    )
}

fn seeded() -> &'static Store {
    static SEEDED: LazyLock<Store> = LazyLock::new(|| Client::new().platform.store().clone());
    &SEEDED
}

/// The statuses of a store, each with its flow.
fn statuses<'f>(store: &Store, profile: &'f Profile) -> Vec<(&'f Flow, String)> {
    let flow = |name: &str| &profile.flows[name];
    let batch = &store.batches[&TENANT.batch_id];
    let subscription = &store.subscriptions[&TENANT.subscription_id];
    [
        (flow("subscription"), subscription.status.clone()),
        (flow("batch"), batch.status.clone()),
    ]
    .into_iter()
    .chain(
        batch
            .payments
            .values()
            .map(|payment| (flow("payment"), payment.status.clone())),
    )
    .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_updates_leaves_the_flows(updates in prop::collection::vec(update(), 1..25)) {
        let profile = Profile::built_in();
        let mut client = Client::new();
        for (is_batch, body) in updates {
            let before = client.platform.store().clone();
            let path = if is_batch {
                batch(TENANT.batch_id)
            } else {
                subscription(TENANT.subscription_id)
            };
            let response = client.call(As::Provider, "PATCH", &path, &body);
            let after = client.platform.store();
            if response.status == 204 {
                let steps = statuses(&before, &profile)
                    .into_iter()
                    .zip(statuses(after, &profile));
                for ((flow, from), (_, to)) in steps {
                    prop_assert!(from == to || flow.allows(&from, &to), "{from} to {to}: {body}");
                }
            } else {
                prop_assert!(matches!(response.status, 400 | 404 | 409), "{response:?}");
                prop_assert_eq!(after, &before, "a refused update has no effect");
            }
        }
    }

    #[test]
    fn no_body_breaks_the_platform(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let mut client = Client::new();
        let path = batch(TENANT.batch_id);
        let mut request = client.request(As::Provider, "PATCH", &path, &json!({}));
        request.body = bytes.into();
        prop_assert_eq!(client.send(&request).status, 400);
    }
}
