//! The Consumer API: what a Sage product asks, so that a test can play the product.

use serde_json::{Map, Value, json};

use super::Call;
use super::call::Side;
use crate::base::uuid;
use crate::exchange::Response;
use crate::mock::answer;
use crate::mock::body::Part;
use crate::mock::error::Refusal;
use crate::mock::store::{Batch, Payment, Subscription};

/// The one status under which a batch can be submitted
/// (`/payments-out/guides/consumer/retrieve-subscription-details`).
const AUTHORISED: &str = "Authorised";

pub(super) fn create_subscription(call: &mut Call<'_>) -> Result<Response, Refusal> {
    let data = Part::data(call.body)?;
    let provider = data.need("providerId")?.id()?;
    // A text that holds what the provider needs, as JSON.
    let additional_data = match data.member("additionalData")? {
        Some(text) => json!(text.text()?),
        None => Value::Null,
    };
    let organisation = call.id("organisation")?;
    if organisation == call.tenant.foreign_organisation_id {
        return Err(Refusal::foreign("organisation", &organisation.to_string()));
    }
    if organisation != call.tenant.organisation_id {
        return Err(Refusal::not_found(
            "organisation",
            &organisation.to_string(),
        ));
    }
    if !call.store.providers.contains_key(&provider) {
        return Err(Refusal::not_found("provider", &provider.to_string()));
    }
    let subscription = Subscription {
        id: uuid(call.identifiers),
        organisation,
        provider,
        status: call.initial.subscription.clone(),
        additional_data,
        links: Map::new(),
    };
    let view = subscription.view();
    call.store
        .subscriptions
        .insert(subscription.id, subscription);
    Ok(answer::json(201, &json!({"data": view})))
}

pub(super) fn get_subscription(call: &mut Call<'_>) -> Result<Response, Refusal> {
    let id = call.id("subscription")?;
    call.own_subscription(id, Side::Product)?;
    let view = call.store.subscriptions[&id].view();
    Ok(answer::json(200, &json!({"data": view})))
}

pub(super) fn create_batch(call: &mut Call<'_>) -> Result<Response, Refusal> {
    let data = Part::data(call.body)?;
    let id = data.need("subscriptionId")?.id()?;
    let external_id = data
        .member("externalId")?
        .map(|external| external.text().map(str::to_owned))
        .transpose()?;
    let list = data.need("payments")?;
    let items = list.items()?;
    let limit = payment_limit(call);
    if items.is_empty() || items.len() > limit {
        return Err(list.refuse(format!(
            "has {} payments, from 1 to {limit} are allowed",
            items.len()
        )));
    }
    for item in &items {
        check_payment(item)?;
    }

    call.own_subscription(id, Side::Product)?;
    let status = &call.store.subscriptions[&id].status;
    if status != AUTHORISED {
        return Err(Refusal::new(
            409,
            "SubscriptionNotAuthorised",
            format!("subscription {id} is {status}; a batch needs {AUTHORISED}"),
        ));
    }
    let mut batch = Batch {
        id: uuid(call.identifiers),
        subscription: id,
        external_id,
        status: call.initial.batch.clone(),
        extended_status: None,
        additional_data: Value::Null,
        payments: indexmap::IndexMap::new(),
    };
    for item in items {
        let id = uuid(call.identifiers);
        let mut details = item.object()?.clone();
        // The platform gives these; a product cannot.
        for own in [
            "paymentId",
            "status",
            "extendedStatus",
            "paymentCompletedDate",
        ] {
            details.shift_remove(own);
        }
        let payment = Payment::new(id, &call.initial.payment, details);
        batch.payments.insert(id, payment);
    }
    let view = view(&batch, call);
    call.store.batches.insert(batch.id, batch);
    Ok(answer::json(201, &json!({"data": view})))
}

pub(super) fn get_batch(call: &mut Call<'_>) -> Result<Response, Refusal> {
    let id = call.id("batch")?;
    call.own_batch(id, Side::Product)?;
    let view = view(&call.store.batches[&id], call);
    Ok(answer::json(200, &json!({"data": view})))
}

pub(super) fn list_providers(call: &Call<'_>) -> Response {
    let wanted: Vec<String> =
        url::form_urlencoded::parse(call.request.query().unwrap_or_default().as_bytes())
            .filter(|(name, _)| name == "country")
            .map(|(_, country)| country.into_owned())
            .collect();
    let serves = |configuration: &Map<String, Value>| {
        let countries = configuration.get("country").and_then(Value::as_array);
        wanted.iter().all(|country| {
            countries.is_some_and(|countries| countries.iter().any(|known| known == country))
        })
    };
    let found: Vec<_> = call
        .store
        .providers
        .values()
        .filter(|configuration| serves(configuration))
        .collect();
    answer::json(200, &json!({"data": found}))
}

/// A batch as its product sees it.
fn view(batch: &Batch, call: &Call<'_>) -> Map<String, Value> {
    let mut view = batch.view();
    let base = &call.profile.paths.consumer_api.value;
    view.insert(
        "self".into(),
        json!(format!("{base}/batchpayments/{}", batch.id)),
    );
    view
}

/// The platform's limit, or the provider's own if that is less.
fn payment_limit(call: &Call<'_>) -> usize {
    let platform = u64::from(call.profile.limits.payments_per_batch.value);
    let own = call
        .store
        .providers
        .get(&call.tenant.provider_id)
        .and_then(|configuration| configuration.get("maximumPaymentCount"))
        .and_then(Value::as_u64);
    usize::try_from(own.map_or(platform, |own| own.min(platform))).unwrap_or(usize::MAX)
}

fn check_payment(payment: &Part<'_>) -> Result<(), Refusal> {
    let amount = payment.need("amount")?;
    let number = match amount.value() {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    if !number.is_some_and(|number: f64| number.is_finite() && number > 0.0) {
        return Err(amount.refuse("is not an amount above zero"));
    }
    let currency = payment.need("currency")?;
    let code = currency.text()?;
    if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(currency.refuse("is not a currency code of ISO 4217"));
    }
    if let Some(creditor) = payment.member("creditor")? {
        creditor.object()?;
    }
    Ok(())
}
