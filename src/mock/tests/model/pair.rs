//! Platform and model side by side.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::reference::{Model, ModelBatch, ModelFlow, ModelSubscription};
use super::step::{BatchUpdate, PaymentPick, Pick, Side, Step};
use crate::mock::tests::client::{As, Client};
use crate::mock::{Defect, Tenant};
use crate::profile::{Profile, Setter};

const TENANT: Tenant = Tenant::seeded();

/// Long-lived tokens, so that a year can pass.
const TOKENS: &str = "token.lifetime = \"87600h\"\n";

/// Both, side by side.
#[derive(Clone)]
pub struct Pair {
    client: Client,
    model: Model,
    last_patch: Option<(As, String, Value, Patched)>,
}

/// What the last PATCH was about, for the model.
#[derive(Clone, Debug)]
pub enum Patched {
    Subscription(Uuid, Option<&'static str>),
    Batch(Uuid, BatchUpdate, Vec<(Option<Uuid>, Option<&'static str>)>),
}

impl Pair {
    pub fn new(profile: &str, defects: &[Defect]) -> Self {
        let text = format!("{TOKENS}{profile}");
        let profile = Profile::with_override(&text, "own.toml").unwrap();
        let mut client = Client::with(&text, defects);
        for who in [As::SecondProvider, As::SecondProduct] {
            client.token(who);
        }
        let flows = ["subscription", "batch", "payment"].map(|name| {
            let flow = &profile.flows[name];
            let steps = flow
                .edges()
                .iter()
                .filter(|edge| edge.set_by == Setter::Provider);
            let model = ModelFlow {
                states: flow.states().map(str::to_owned).collect(),
                first: flow.initial().next().unwrap().to_owned(),
                steps: steps
                    .map(|edge| (edge.from.clone(), edge.to.clone()))
                    .collect(),
            };
            (name, model)
        });
        let flows = BTreeMap::from(flows);
        let first = flows["subscription"].first.clone();
        let subscription = |side, status: &str| ModelSubscription {
            provider: side,
            organisation: side,
            status: status.to_owned(),
        };
        let subscriptions = BTreeMap::from([
            (TENANT.subscription_id, subscription(Side::First, &first)),
            (
                TENANT.authorised_subscription_id,
                subscription(Side::First, "Authorised"),
            ),
            (
                TENANT.foreign_received_subscription_id,
                subscription(Side::Second, &first),
            ),
            (
                TENANT.foreign_subscription_id,
                subscription(Side::Second, "Authorised"),
            ),
        ]);
        let batches = [
            (TENANT.batch_id, TENANT.authorised_subscription_id),
            (TENANT.foreign_batch_id, TENANT.foreign_subscription_id),
        ]
        .map(|(id, subscription)| {
            let payments = client.platform.store().batches[&id].payments.keys();
            let batch = ModelBatch {
                subscription,
                status: flows["batch"].first.clone(),
                payments: payments
                    .map(|payment| (*payment, flows["payment"].first.clone()))
                    .collect(),
                submitted: 0,
            };
            (id, batch)
        });
        let model = Model {
            subscription_ids: subscriptions.keys().copied().collect(),
            subscriptions,
            batch_ids: batches.iter().map(|(id, _)| *id).collect(),
            batches: BTreeMap::from(batches),
            seconds: seconds_between_first_and_next(&client),
            flows,
        };
        Self {
            client,
            model,
            last_patch: None,
        }
    }

    fn call(&mut self, who: As, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let response = self.client.call(who, method, path, body);
        self.model.seconds += 1;
        (response.status, response.body.json().unwrap_or_default())
    }

    pub fn take(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match step {
            Step::Wait { days } => {
                self.client.now += Duration::from_hours(24 * days);
                self.model.seconds += days * 24 * 3600;
                Ok(())
            }
            Step::CreateSubscription {
                product,
                organisation,
                provider,
            } => self.create_subscription(*product, *organisation, *provider),
            Step::CreateBatch {
                product,
                subscription,
                payments,
            } => self.create_batch(*product, *subscription, *payments),
            Step::PatchSubscription {
                provider,
                subscription,
                status,
            } => {
                let id = chosen(&self.model.subscription_ids, *subscription);
                let path = format!("/api-provider-v1/subscriptions/{id}");
                let body = json!({"data": {"status": status}});
                let patched = Patched::Subscription(id, *status);
                self.patch(as_provider(*provider), path, body, patched)
            }
            Step::PatchBatch {
                provider,
                batch,
                update,
            } => {
                let id = chosen(&self.model.batch_ids, *batch);
                let path = format!("/api-provider-v1/batchpayments/{id}");
                let payments: Vec<_> = update
                    .payments
                    .iter()
                    .map(|(payment, status)| (self.payment(id, *payment), *status))
                    .collect();
                let list: Vec<_> = payments
                    .iter()
                    .map(|(payment, status)| json!({"paymentId": payment, "status": status}))
                    .collect();
                let body = json!({"data": {
                    "status": update.status,
                    "defaultStatus": update.default_status,
                    "payments": list,
                }});
                let patched = Patched::Batch(id, update.clone(), payments);
                self.patch(as_provider(*provider), path, body, patched)
            }
            Step::GetSubscription { who, subscription } => {
                let id = chosen(&self.model.subscription_ids, *subscription);
                self.get_subscription(*who, id)
            }
            Step::GetBatch { who, batch } => {
                let id = chosen(&self.model.batch_ids, *batch);
                self.get_batch(*who, id)
            }
            Step::Repeat => match self.last_patch.clone() {
                Some((who, path, body, patched)) => self.patch(who, path, body, patched),
                None => Ok(()),
            },
        }
    }

    /// The id of a payment; none where it is left out.
    fn payment(&self, batch: Uuid, pick: PaymentPick) -> Option<Uuid> {
        let of = |batch: Option<&ModelBatch>, index: prop::sample::Index| match batch {
            Some(batch) => batch.payments[index.index(batch.payments.len())].0,
            None => Uuid::nil(),
        };
        match pick {
            PaymentPick::OfTheBatch(index) => Some(of(self.model.batches.get(&batch), index)),
            PaymentPick::OfAnother(index) => {
                let other = self.model.batches.iter().find(|(id, _)| **id != batch);
                Some(of(other.map(|(_, other)| other), index))
            }
            PaymentPick::Unknown => Some(Uuid::nil()),
            PaymentPick::Missing => None,
        }
    }

    fn patch(
        &mut self,
        who: As,
        path: String,
        body: Value,
        patched: Patched,
    ) -> Result<(), TestCaseError> {
        let expected = match &patched {
            Patched::Subscription(id, status) => self.model.patch_subscription(who, *id, *status),
            Patched::Batch(id, update, payments) => {
                self.model.patch_batch(who, *id, update, payments)
            }
        };
        let (status, _) = self.call(who, "PATCH", &path, &body);
        prop_assert_eq!(status, expected, "{:?} {} {}", who, path, body);
        self.last_patch = Some((who, path, body, patched.clone()));
        match patched {
            Patched::Subscription(id, _) => self.get_subscription(who, id),
            Patched::Batch(id, ..) => self.get_batch(who, id),
        }
    }

    fn create_subscription(
        &mut self,
        product: Side,
        organisation: Side,
        provider: Option<Side>,
    ) -> Result<(), TestCaseError> {
        let organisation_id = match organisation {
            Side::First => TENANT.organisation_id,
            Side::Second => TENANT.foreign_organisation_id,
        };
        let provider_id = match provider {
            Some(Side::First) => TENANT.provider_id,
            Some(Side::Second) => TENANT.foreign_provider_id,
            None => Uuid::nil(),
        };
        let path = format!("/v3/subscriptions/organisations/{organisation_id}/subscriptions");
        let body = json!({"data": {"providerId": provider_id}});
        let (status, answer) = self.call(as_product(product), "POST", &path, &body);
        let expected = match provider {
            _ if organisation != product => 403,
            None => 404,
            Some(_) => 201,
        };
        prop_assert_eq!(status, expected, "{}", path);
        if let (201, Some(provider)) = (status, provider) {
            let id: Uuid = answer["data"]["subscriptionId"]
                .as_str()
                .unwrap()
                .parse()
                .unwrap();
            let first = self.model.flows["subscription"].first.clone();
            prop_assert_eq!(&answer["data"]["status"], &json!(first));
            self.model.subscription_ids.push(id);
            let made = ModelSubscription {
                provider,
                organisation,
                status: first,
            };
            self.model.subscriptions.insert(id, made);
        }
        Ok(())
    }

    fn create_batch(
        &mut self,
        product: Side,
        subscription: Pick,
        payments: usize,
    ) -> Result<(), TestCaseError> {
        let subscription = chosen(&self.model.subscription_ids, subscription);
        let who = as_product(product);
        let body = json!({"data": {
            "subscriptionId": subscription,
            "payments": vec![json!({"amount": "1.00", "currency": "GBP"}); payments],
        }});
        let submitted = self.model.seconds;
        let (status, answer) = self.call(who, "POST", "/v3/batchpayments", &body);
        let expected = match self.model.owns_subscription(who, subscription) {
            Err(code) => code,
            Ok(()) if self.model.subscriptions[&subscription].status != "Authorised" => 409,
            Ok(()) => 201,
        };
        prop_assert_eq!(status, expected, "{}", body);
        if status == 201 {
            let data = &answer["data"];
            let id: Uuid = data["batchId"].as_str().unwrap().parse().unwrap();
            let ids: Vec<Uuid> = data["payments"]
                .as_array()
                .unwrap()
                .iter()
                .map(|payment| payment["paymentId"].as_str().unwrap().parse().unwrap())
                .collect();
            prop_assert_eq!(ids.len(), payments);
            let first = &self.model.flows["payment"].first;
            let made = ModelBatch {
                subscription,
                status: self.model.flows["batch"].first.clone(),
                payments: ids.into_iter().map(|id| (id, first.clone())).collect(),
                submitted,
            };
            self.model.batch_ids.push(id);
            self.model.batches.insert(id, made);
            return self.get_batch(who, id);
        }
        Ok(())
    }

    fn get_subscription(&mut self, who: As, id: Uuid) -> Result<(), TestCaseError> {
        let path = format!("{}/subscriptions/{id}", base(who));
        let expected = self.model.owns_subscription(who, id).err().unwrap_or(200);
        let (status, answer) = self.call(who, "GET", &path, &Value::Null);
        prop_assert_eq!(status, expected, "{:?} {}", who, path);
        if status == 200 {
            let expected = json!(self.model.subscriptions[&id].status);
            prop_assert_eq!(&answer["data"]["status"], &expected, "{}", path);
        }
        Ok(())
    }

    fn get_batch(&mut self, who: As, id: Uuid) -> Result<(), TestCaseError> {
        let path = format!("{}/batchpayments/{id}", base(who));
        let expected = self.model.owns_batch(who, id).err().unwrap_or(200);
        let (status, answer) = self.call(who, "GET", &path, &Value::Null);
        prop_assert_eq!(status, expected, "{:?} {}", who, path);
        if status == 200 {
            let batch = &self.model.batches[&id];
            prop_assert_eq!(&answer["data"]["status"], &json!(batch.status), "{}", path);
            let shown: Vec<_> = answer["data"]["payments"]
                .as_array()
                .unwrap()
                .iter()
                .map(|payment| (payment["paymentId"].clone(), payment["status"].clone()))
                .collect();
            let expected: Vec<_> = batch
                .payments
                .iter()
                .map(|(id, status)| (json!(id), json!(status)))
                .collect();
            prop_assert_eq!(shown, expected, "{}", path);
        }
        Ok(())
    }

    /// Reads everything, as each of its owners.
    pub fn compare(&mut self) -> Result<(), TestCaseError> {
        for id in self.model.subscription_ids.clone() {
            for who in [As::Provider, As::SecondProvider] {
                self.get_subscription(who, id)?;
            }
        }
        for id in self.model.batch_ids.clone() {
            for who in [As::Provider, As::SecondProduct] {
                self.get_batch(who, id)?;
            }
        }
        Ok(())
    }
}

/// How much time passed since the first request, after which the seeded batches count as submitted.
fn seconds_between_first_and_next(client: &Client) -> u64 {
    let start = crate::base::Clock::logical_start();
    u64::try_from(client.now.duration_since(start).as_secs()).unwrap()
}

fn as_provider(side: Side) -> As {
    match side {
        Side::First => As::Provider,
        Side::Second => As::SecondProvider,
    }
}

fn as_product(side: Side) -> As {
    match side {
        Side::First => As::Product,
        Side::Second => As::SecondProduct,
    }
}

fn base(who: As) -> &'static str {
    match who {
        As::Provider | As::SecondProvider => "/api-provider-v1",
        As::Product | As::SecondProduct => "/v3",
    }
}

fn chosen(ids: &[Uuid], pick: Pick) -> Uuid {
    pick.map_or(Uuid::nil(), |index| ids[index.index(ids.len())])
}
