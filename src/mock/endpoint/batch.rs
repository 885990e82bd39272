//! A provider reads its batches and reports what becomes of them and of their payments.
//!
//! `payments` names payments with their own status. `defaultStatus` is the status of all other
//! payments, and of the batch too if batches know it and no `status` says otherwise. One illegal
//! change refuses the whole PATCH.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::call::Side;
use super::{Call, transition};
use crate::exchange::Response;
use crate::mock::answer;
use crate::mock::body::Part;
use crate::mock::error::Refusal;
use crate::profile::Flow;

pub(super) fn get(call: &mut Call<'_>) -> Result<Response, Refusal> {
    let id = call.id("batch")?;
    call.own_batch(id, Side::Provider)?;
    let view = call.store.batches[&id].view();
    Ok(answer::json(200, &json!({"data": view})))
}

/// A PATCH as it was read.
struct Update {
    default_status: Option<String>,
    status: Option<String>,
    extended_status: Option<String>,
    additional_data: Option<Value>,
    payments: BTreeMap<Uuid, PaymentUpdate>,
}

struct PaymentUpdate {
    status: String,
    extended_status: Option<String>,
    completed: Option<String>,
    additional_data: Option<Value>,
}

pub(super) fn patch(call: &mut Call<'_>) -> Result<Response, Refusal> {
    let batches = call.flow("batch").clone();
    let payments = call.flow("payment").clone();
    let limit = call.profile.limits.payments_per_batch.value;
    let update = Update::read(&Part::data(call.body)?, &batches, &payments, limit)?;

    let id = call.id("batch")?;
    call.own_batch(id, Side::Provider)?;
    let defects = call.defects;
    // All or nothing: the changes are made to a copy that replaces the batch in the end.
    let mut batch = call.store.batches[&id].clone();
    for id in update.payments.keys() {
        if !batch.payments.contains_key(id) {
            return Err(Refusal::not_found("payment of this batch", &id.to_string()));
        }
    }
    for payment in batch.payments.values_mut() {
        let change = update.payments.get(&payment.id);
        let status = change
            .map(|change| &change.status)
            .or(update.default_status.as_ref());
        if let Some(status) = status {
            let what = format!("payment {}", payment.id);
            transition::allow(&payments, defects, &what, &payment.status, status)?;
            payment.status.clone_from(status);
        }
        if let Some(change) = change {
            payment.extended_status = change
                .extended_status
                .clone()
                .or(payment.extended_status.take());
            payment.completed = change.completed.clone().or(payment.completed.take());
            if let Some(data) = &change.additional_data {
                payment.additional_data = data.clone();
            }
        }
    }
    let default = update
        .default_status
        .as_ref()
        .filter(|status| batches.is_known(status));
    if let Some(status) = update.status.as_ref().or(default) {
        let what = format!("batch {id}");
        transition::allow(&batches, defects, &what, &batch.status, status)?;
        batch.status.clone_from(status);
    }
    batch.extended_status = update.extended_status.or(batch.extended_status);
    if let Some(data) = update.additional_data {
        batch.additional_data = data;
    }
    call.store.batches.insert(id, batch);
    Ok(answer::empty(204))
}

impl Update {
    fn read(data: &Part<'_>, batches: &Flow, payments: &Flow, limit: u32) -> Result<Self, Refusal> {
        let mut update = Self {
            default_status: status(data, "defaultStatus", payments)?,
            status: status(data, "status", batches)?,
            extended_status: text(data, "extendedStatus")?,
            additional_data: additional_data(data)?,
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
            || !update.payments.is_empty();
        if says_something {
            Ok(update)
        } else {
            Err(data.refuse(
                "has none of `defaultStatus`, `status`, `extendedStatus`, `additionalData` and \
                 `payments`",
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
