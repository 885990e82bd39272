//! A provider reads its batches and reports what becomes of them and of their payments.
//!
//! `payments` names payments with their own status. `defaultStatus` is the status of all other
//! payments, or of all by profile, and of the batch too if batches know it and no `status` says
//! otherwise. One illegal change refuses the whole PATCH.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Call, transition};
use crate::exchange::Response;
use crate::mock::answer;
use crate::mock::body::Part;
use crate::mock::error::Refusal;
use crate::profile::{DefaultStatus, Flow};

pub(super) fn get(call: &mut Call<'_>) -> Result<Response, Refusal> {
    let id = call.id("batch")?;
    call.own_batch(id)?;
    Ok(answer::data(200, &call.store.batches[&id]))
}

/// A PATCH as it was read.
struct Update {
    default_status: Option<String>,
    status: Option<String>,
    extended_status: Option<String>,
    additional_data: Option<Value>,
    links: Option<Map<String, Value>>,
    payments: BTreeMap<Uuid, PaymentUpdate>,
}

struct PaymentUpdate {
    status: String,
    extended_status: Option<String>,
    completed: Option<String>,
    additional_data: Option<Value>,
}

pub(super) fn patch(call: &mut Call<'_>) -> Result<Response, Refusal> {
    let batches = call.flow("batch");
    let payments = call.flow("payment");
    let limit = call.profile.limits.payments_per_batch.value;
    let update = Update::read(&Part::data(call.body)?, batches, payments, limit)?;

    let id = call.id("batch")?;
    call.own_batch(id)?;
    let rule = call.profile.updates.default_status.value;
    let (law_of_batches, law_of_payments) = (call.law(batches), call.law(payments));
    let batch = call.store.batches.get_mut(&id).expect("own_batch found it");
    let default = update
        .default_status
        .as_ref()
        .filter(|status| batches.is_known(status));
    let status = update.status.as_ref().or(default).cloned();

    // All or nothing: everything is looked at before anything changes.
    for id in update.payments.keys() {
        if !batch.payments.contains_key(id) {
            return Err(Refusal::not_found("payment of this batch", &id.to_string()));
        }
    }
    for payment in batch.payments.values() {
        if let Some(status) = update.status_of(payment.id, rule) {
            let what = || format!("payment {}", payment.id);
            transition::allow(law_of_payments, what, &payment.status, status)?;
        }
    }
    if let Some(status) = &status {
        let what = || format!("batch {id}");
        transition::allow(law_of_batches, what, &batch.status, status)?;
    }

    for payment in batch.payments.values_mut() {
        if let Some(status) = update.status_of(payment.id, rule) {
            status.clone_into(&mut payment.status);
        }
        if let Some(change) = update.payments.get(&payment.id) {
            set(
                &mut payment.extended_status,
                change.extended_status.as_ref(),
            );
            set(&mut payment.completed, change.completed.as_ref());
            if let Some(data) = &change.additional_data {
                payment.additional_data.clone_from(data);
            }
        }
    }
    if let Some(status) = status {
        batch.status = status;
    }
    set(&mut batch.extended_status, update.extended_status.as_ref());
    if let Some(data) = update.additional_data {
        batch.additional_data = data;
    }
    batch.links.extend(update.links.into_iter().flatten());
    Ok(answer::empty(204))
}

/// What is not mentioned stays.
fn set(stored: &mut Option<String>, wanted: Option<&String>) {
    if let Some(wanted) = wanted {
        *stored = Some(wanted.clone());
    }
}

impl Update {
    /// What becomes of the status of a payment: its own, or the default.
    fn status_of(&self, payment: Uuid, rule: DefaultStatus) -> Option<&str> {
        let own = self.payments.get(&payment).map(|change| &change.status);
        let default = self.default_status.as_ref();
        match rule {
            DefaultStatus::Others => own.or(default),
            DefaultStatus::All => default.or(own),
        }
        .map(String::as_str)
    }

    fn read(data: &Part<'_>, batches: &Flow, payments: &Flow, limit: u32) -> Result<Self, Refusal> {
        let mut update = Self {
            default_status: status(data, "defaultStatus", payments)?,
            status: status(data, "status", batches)?,
            extended_status: text(data, "extendedStatus")?,
            additional_data: additional_data(data)?,
            links: match data.member("links")? {
                Some(links) => Some(links.links()?.clone()),
                None => None,
            },
            payments: BTreeMap::new(),
        };
        let list = data.member("payments")?;
        if let Some(list) = &list {
            let items = list.items()?;
            if !u32::try_from(items.len()).is_ok_and(|count| count <= limit) {
                return Err(
                    list.refuse(format!("has {} payments, {limit} are allowed", items.len()))
                );
            }
            for item in items {
                let id = item.need("paymentId")?;
                let change = PaymentUpdate {
                    status: item.need("status")?.status(payments)?.to_owned(),
                    extended_status: text(&item, "extendedStatus")?,
                    completed: item
                        .member("paymentCompletedDate")?
                        .map(|date| date.date().map(str::to_owned))
                        .transpose()?,
                    additional_data: additional_data(&item)?,
                };
                if update.payments.insert(id.id()?, change).is_some() {
                    return Err(id.refuse("names a payment a second time"));
                }
            }
        }
        let says_something = update.default_status.is_some()
            || update.status.is_some()
            || update.extended_status.is_some()
            || update.additional_data.is_some()
            || update.links.is_some()
            || !update.payments.is_empty();
        if says_something {
            Ok(update)
        } else {
            Err(data.refuse(
                "has none of `defaultStatus`, `status`, `extendedStatus`, `additionalData`, \
                 `links` and `payments`",
            ))
        }
    }
}

fn status(part: &Part<'_>, name: &str, flow: &Flow) -> Result<Option<String>, Refusal> {
    part.member(name)?
        .map(|status| status.status(flow).map(str::to_owned))
        .transpose()
}

fn text(part: &Part<'_>, name: &str) -> Result<Option<String>, Refusal> {
    part.member(name)?
        .map(|text| text.text().map(str::to_owned))
        .transpose()
}

fn additional_data(part: &Part<'_>) -> Result<Option<Value>, Refusal> {
    part.member("additionalData")?
        .map(|data| data.additional_data())
        .transpose()
}
