//! The Consumer API: what a Sage product asks, so that a test can play the product.

use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Call;
use crate::base::uuid;
use crate::exchange::Response;
use crate::mock::answer;
use crate::mock::body::Part;
use crate::mock::client::Owner;
use crate::mock::error::Refusal;
use crate::mock::rule::Subject;
use crate::mock::store::{Batch, Payment, Subscription};
use crate::mock::tenant::Initial;
use crate::profile::Flow;

pub(super) fn create_subscription(call: &mut Call<'_>) -> Result<Response, Refusal> {
    let data = Part::data(call.body)?;
    let provider = data.need("providerId")?.id()?;
    // A text that holds what the provider needs, as JSON.
    let additional_data = match data.member("additionalData")? {
        Some(text) => json!(text.text()?),
        None => Value::Null,
    };
    let organisation = call.id("organisation")?;
    if call.client.owner != Owner::Product(organisation) {
        let id = organisation.to_string();
        return Err(if call.clients.has_organisation(organisation) {
            Refusal::foreign("organisation", &id)
        } else {
            Refusal::not_found("organisation", &id)
        });
    }
    if !call.store.providers.contains_key(&provider) {
        return Err(Refusal::not_found("provider", &provider.to_string()));
    }
    call.check_rules(provider, Subject::Subscription)?;
    let subscription = Subscription {
        id: uuid(call.identifiers),
        organisation,
        provider,
        status: Initial::of(call.profile).subscription,
        additional_data,
        links: Map::new(),
    };
    let response = answer::data(201, &subscription);
    call.store
        .subscriptions
        .insert(subscription.id, subscription);
    Ok(response)
}

pub(super) fn get_subscription(call: &mut Call<'_>) -> Result<Response, Refusal> {
    let id = call.id("subscription")?;
    call.own_subscription(id)?;
    Ok(answer::data(200, &call.store.subscriptions[&id]))
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
    let limit = call.profile.limits.payments_per_batch.value;
    check_count(&list, items.len(), u64::from(limit))?;
    for item in &items {
        check_payment(item)?;
    }

    call.own_subscription(id)?;
    let status = &call.store.subscriptions[&id].status;
    if status != Flow::AUTHORISED {
        return Err(Refusal::new(
            call.profile.refusals.unauthorised_subscription.value,
            "SubscriptionNotAuthorised",
            format!(
                "subscription {id} is {status}; a batch needs {}",
                Flow::AUTHORISED
            ),
        ));
    }
    let provider = call.store.subscriptions[&id].provider;
    if let Some(own) = own_limit(call, provider) {
        check_count(&list, items.len(), own)?;
    }
    call.check_rules(provider, Subject::Batch)?;
    let initial = Initial::of(call.profile);
    let mut batch = Batch {
        id: uuid(call.identifiers),
        subscription: id,
        external_id,
        status: initial.batch,
        extended_status: None,
        additional_data: Value::Null,
        links: Map::new(),
        payments: indexmap::IndexMap::new(),
    };
    for item in items {
        let id = uuid(call.identifiers);
        let mut details = item.object()?.clone();
        for own in Payment::OWN {
            details.shift_remove(own);
        }
        let payment = Payment::new(id, &initial.payment, details);
        batch.payments.insert(id, payment);
    }
    let response = answer::data(201, &view(&batch, call));
    call.store.submit(batch, call.now);
    Ok(response)
}

pub(super) fn get_batch(call: &mut Call<'_>) -> Result<Response, Refusal> {
    let id = call.id("batch")?;
    call.own_batch(id)?;
    Ok(answer::data(200, &view(&call.store.batches[&id], call)))
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
    answer::data(200, &found)
}

/// A batch as its product sees it.
#[derive(Serialize)]
struct Seen<'a> {
    #[serde(flatten)]
    batch: &'a Batch,
    #[serde(rename = "self")]
    own: String,
}

fn view<'a>(batch: &'a Batch, call: &Call<'_>) -> Seen<'a> {
    let base = &call.profile.paths.consumer_api.value;
    Seen {
        own: format!("{base}/batchpayments/{}", batch.id),
        batch,
    }
}

/// The provider's own limit.
fn own_limit(call: &Call<'_>, provider: Uuid) -> Option<u64> {
    call.store
        .providers
        .get(&provider)?
        .get("maximumPaymentCount")?
        .as_u64()
}

fn check_count(list: &Part<'_>, count: usize, limit: u64) -> Result<(), Refusal> {
    if (1..=limit).contains(&u64::try_from(count).unwrap_or(u64::MAX)) {
        return Ok(());
    }
    Err(list.refuse(format!(
        "has {count} payments, from 1 to {limit} are allowed"
    )))
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
