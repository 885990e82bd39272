//! Messages between provider and product: taken with 202, routed by the subscription inside.

use super::Call;
use super::call::Side;
use crate::exchange::Response;
use crate::mock::answer;
use crate::mock::body::Part;
use crate::mock::error::Refusal;
use crate::mock::store::Message;
use crate::profile::Limits;

/// What a creditor may be (`/payments-out/announcements/2021-07-08`).
const CREDITOR_TYPES: [&str; 3] = ["None", "Individual", "Organisation"];

pub(super) fn from_provider(call: &mut Call<'_>) -> Result<Response, Refusal> {
    take(call, Side::Provider)
}

pub(super) fn from_product(call: &mut Call<'_>) -> Result<Response, Refusal> {
    take(call, Side::Product)
}

fn take(call: &mut Call<'_>, side: Side) -> Result<Response, Refusal> {
    let whole = Part::whole(call.body);
    let subscription = whole.need("subscriptionId")?.id()?;
    let data = whole.need("data")?;
    data.object()?;
    if let Some(links) = data.member("links")? {
        links.links()?;
    }
    if let Some(creditor) = data.member("creditor")? {
        let creditors = if creditor.value().is_array() {
            creditor.items()?
        } else {
            vec![creditor]
        };
        for creditor in &creditors {
            check_creditor(creditor, &call.profile.limits)?;
        }
    }
    call.own_subscription(subscription, side)?;
    call.store.messages.push(Message {
        at: call.now,
        operation: call.destination.name.clone(),
        subscription,
        body: call.body.clone(),
    });
    Ok(answer::empty(202))
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
