//! Messages between provider and product: taken with 202, routed by the subscription inside.

use uuid::Uuid;

use super::Call;
use crate::exchange::Response;
use crate::mock::answer;
use crate::mock::body::Part;
use crate::mock::error::Refusal;
use crate::mock::rule::Subject;
use crate::mock::store::Message;
use crate::profile::Limits;

/// What a creditor may be (`/payments-out/announcements/2021-07-08`).
const CREDITOR_TYPES: [&str; 3] = ["None", "Individual", "Organisation"];

/// The product's message that puts a creditor.
const CREDITOR_PUTS: &str = "/creditorputs";

pub(super) fn from_provider(call: &mut Call<'_>) -> Result<Response, Refusal> {
    read(call)?;
    take(call)
}

pub(super) fn from_product(call: &mut Call<'_>) -> Result<Response, Refusal> {
    let subscription = read(call)?;
    if call.destination.name.ends_with(CREDITOR_PUTS) {
        let provider = call.store.subscriptions[&subscription].provider;
        call.check_rules(provider, Subject::Creditor)?;
    }
    take(call)
}

/// The subscription of a message whose form is right; it is one of the caller's.
fn read(call: &Call<'_>) -> Result<Uuid, Refusal> {
    let whole = Part::whole(call.body);
    let subscription = whole.need("subscriptionId")?.id()?;
    let data = whole.need("data")?;
    data.object()?;
    if let Some(links) = data.member("links")? {
        links.links()?;
    }
    check_creditors(&data, &call.profile.limits)?;
    // A notification carries the message that it is about.
    for message in [whole.member("message")?, data.member("message")?] {
        if let Some(message) = message
            && let Some(data) = message.member("data")?
        {
            check_creditors(&data, &call.profile.limits)?;
        }
    }
    call.own_subscription(subscription)?;
    Ok(subscription)
}

fn take(call: &mut Call<'_>) -> Result<Response, Refusal> {
    let message = Message {
        at: call.now,
        operation: call.destination.name.to_string(),
        subscription: Part::whole(call.body).need("subscriptionId")?.id()?,
        body: call.body.clone(),
    };
    call.store.messages.take(message, call.request.body.len());
    Ok(answer::empty(202))
}

fn check_creditors(data: &Part<'_>, limits: &Limits) -> Result<(), Refusal> {
    let Some(creditor) = data.member("creditor")? else {
        return Ok(());
    };
    let creditors = if creditor.value().is_array() {
        creditor.items()?
    } else {
        vec![creditor]
    };
    creditors
        .iter()
        .try_for_each(|creditor| check_creditor(creditor, limits))
}

fn check_creditor(creditor: &Part<'_>, limits: &Limits) -> Result<(), Refusal> {
    if let Some(kind) = creditor.member("creditorType")?
        && !CREDITOR_TYPES.contains(&kind.text()?)
    {
        return Err(kind.refuse(format!("is not one of {}", CREDITOR_TYPES.join(", "))));
    }
    if let Some(address) = creditor.member("postalAddress")? {
        for line in ["addressLine1", "addressLine2", "addressLine3"] {
            address.short(line, limits.address_line_characters.value)?;
        }
        address.short(
            "countrySubdivision",
            limits.country_subdivision_characters.value,
        )?;
    }
    Ok(())
}
